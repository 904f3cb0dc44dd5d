/* SPDX-License-Identifier: Apache-2.0 */
#include "vcn/guest/nftables.h"

#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <time.h>

#include <libmnl/libmnl.h>

enum {
	MESSAGE_ROOM = 1024,
	ANSWER_ROOM = 32768,
	TRIES_MAX = 100, /* of a dump that others' changes interrupt */
};

struct nftables {
	struct mnl_socket *socket;
	unsigned sequence;
	char message[MESSAGE_ROOM]; /* the one being built */
};

static int close_nftables(struct nftables *nft)
{
	mnl_socket_close(nft->socket);
	return 0;
}

struct nftables *nftables_open(TALLOC_CTX *mem_ctx)
{
	struct nftables *nft = mem_new(mem_ctx, struct nftables);

	nft->socket = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);
	if (nft->socket == NULL) {
		talloc_free(nft);
		return NULL;
	}
	nft->sequence = (unsigned)time(NULL);
	talloc_set_destructor(nft, close_nftables);
	if (mnl_socket_bind(nft->socket, 0, MNL_SOCKET_AUTOPID) == 0)
		return nft;
	talloc_free(nft);
	return NULL;
}

/* A message of the same sequence number as the last, at @at of the room for it. */
static struct nlmsghdr *put(struct nftables *nft, size_t at, uint16_t type,
	uint16_t flags, const struct nfgenmsg *about)
{
	struct nlmsghdr *message = mnl_nlmsg_put_header(nft->message + at);
	struct nfgenmsg *header = mnl_nlmsg_put_extra_header(message, sizeof(*header));

	message->nlmsg_type = type;
	message->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
	message->nlmsg_seq = nft->sequence;
	*header = *about;
	return message;
}

static struct nlmsghdr *put_question(
	struct nftables *nft, size_t at, uint16_t type, uint16_t flags)
{
	static const struct nfgenmsg about = {
		.nfgen_family = NFPROTO_NETDEV, .version = NFNETLINK_V0};

	return put(nft, at, (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | type), flags, &about);
}

static struct nlmsghdr *start(struct nftables *nft, uint16_t type, uint16_t flags)
{
	nft->sequence++;
	return put_question(nft, 0, type, flags);
}

/* The rest of a dump that was interrupted is no answer to the next question. */
static void drain(struct nftables *nft)
{
	char answer[ANSWER_ROOM];

	while (recv(mnl_socket_get_fd(nft->socket), answer, sizeof(answer),
		       MSG_DONTWAIT) > 0)
		;
}

/*
 * Sends and reads until the answer is complete: an ack, or the end of a dump. -EINTR where
 * somebody has changed tables meanwhile, whosever: then the dump may lack some.
 */
static int talk(struct nftables *nft, size_t len, mnl_cb_t callback, void *data)
{
	char answer[ANSWER_ROOM];
	unsigned port = mnl_socket_get_portid(nft->socket);
	int r = MNL_CB_OK;

	if (mnl_socket_sendto(nft->socket, nft->message, len) < 0)
		return -errno;
	while (r > MNL_CB_STOP) {
		ssize_t n = mnl_socket_recvfrom(nft->socket, answer, sizeof(answer));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		r = mnl_cb_run(answer, (size_t)n, nft->sequence, port, callback, data);
	}
	int error = errno;

	if (r < 0)
		drain(nft);
	return r < 0 ? -error : 0;
}

/* Tables */

struct listing {
	TALLOC_CTX *mem_ctx;
	struct nftables_table *tables;
	size_t n;
};

static int take_table(const struct nlmsghdr *message, void *data)
{
	struct listing *listing = data;
	struct nftables_table table = {0};
	const struct nlattr *attribute;

	mnl_attr_for_each(attribute, message, sizeof(struct nfgenmsg))
	{
		uint16_t type = mnl_attr_get_type(attribute);
		uint16_t len = mnl_attr_get_payload_len(attribute);

		if (type == NFTA_TABLE_NAME && len > 0)
			table.name = mem_strndup(
				listing->mem_ctx, mnl_attr_get_str(attribute), len - 1U);
		if (type == NFTA_TABLE_HANDLE && len == sizeof(uint64_t))
			table.handle = be64toh(mnl_attr_get_u64(attribute));
	}
	if (table.name != NULL)
		*mem_push(listing->mem_ctx, &listing->tables, &listing->n) = table;
	return MNL_CB_OK;
}

int nftables_list(struct nftables *nft, TALLOC_CTX *mem_ctx,
	struct nftables_table **ret_tables, size_t *ret_n)
{
	struct listing listing;
	int r, tries = TRIES_MAX;

	do {
		listing = (struct listing){.mem_ctx = mem_ctx};
		r = talk(nft, start(nft, NFT_MSG_GETTABLE, NLM_F_DUMP)->nlmsg_len,
			take_table, &listing);
	} while (r == -EINTR && --tries > 0);
	*ret_tables = listing.tables;
	*ret_n = listing.n;
	return r;
}

/* A change stands between the begin and the end of its transaction. */
static size_t put_batch(struct nftables *nft, size_t at, uint16_t type)
{
	const struct nfgenmsg about = {
		.nfgen_family = AF_UNSPEC,
		.version = NFNETLINK_V0,
		.res_id = htobe16(NFNL_SUBSYS_NFTABLES),
	};

	return put(nft, at, type, 0, &about)->nlmsg_len;
}

int nftables_delete(struct nftables *nft, uint64_t handle)
{
	nft->sequence++;
	size_t len = put_batch(nft, 0, NFNL_MSG_BATCH_BEGIN);
	struct nlmsghdr *message = put_question(nft, len, NFT_MSG_DELTABLE, NLM_F_ACK);

	mnl_attr_put_u64(message, NFTA_TABLE_HANDLE, htobe64(handle));
	len += message->nlmsg_len;
	len += put_batch(nft, len, NFNL_MSG_BATCH_END);
	return talk(nft, len, NULL, NULL);
}

/* Chain and rules */

/* Without the headers, which count requests and changes of others. */
static int take_bytes(const struct nlmsghdr *message, void *data)
{
	const size_t header = sizeof(struct nfgenmsg);

	if (mnl_nlmsg_get_payload_len(message) > header)
		buffer_add(data, mnl_nlmsg_get_payload_offset(message, header),
			mnl_nlmsg_get_payload_len(message) - header);
	return MNL_CB_OK;
}

static int print_once(
	struct nftables *nft, const char *table, const char *chain, struct buffer *b)
{
	struct nlmsghdr *message = start(nft, NFT_MSG_GETCHAIN, NLM_F_ACK);

	mnl_attr_put_strz(message, NFTA_CHAIN_TABLE, table);
	mnl_attr_put_strz(message, NFTA_CHAIN_NAME, chain);
	int r = talk(nft, message->nlmsg_len, take_bytes, b);

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	message = start(nft, NFT_MSG_GETRULE, NLM_F_DUMP);
	mnl_attr_put_strz(message, NFTA_RULE_TABLE, table);
	return talk(nft, message->nlmsg_len, take_bytes, b);
}

int nftables_print(
	struct nftables *nft, const char *table, const char *chain, struct buffer *b)
{
	size_t before = b->len;
	int r, tries = TRIES_MAX;

	do {
		buffer_truncate(b, before);
		r = print_once(nft, table, chain, b);
	} while (r == -EINTR && --tries > 0);
	return r;
}
