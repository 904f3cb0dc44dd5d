/* SPDX-License-Identifier: Apache-2.0 */
#include "vcn/guest/nftables.h"

#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <string.h>
#include <time.h>

#include <libmnl/libmnl.h>

#include "base/text.h"

enum {
	MESSAGE_ROOM = 1024, /* but for a rule's expressions */
	ANSWER_ROOM = 32768,
	TRIES_MAX = 100, /* of a dump that others' changes interrupt */
};

struct nftables {
	struct mnl_socket *socket;
	unsigned sequence;
	struct buffer *out; /* the messages being built */
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
	nft->out = buffer_new(nft);
	talloc_set_destructor(nft, close_nftables);
	if (mnl_socket_bind(nft->socket, 0, MNL_SOCKET_AUTOPID) == 0)
		return nft;
	talloc_free(nft);
	return NULL;
}

/* A message of the same sequence number as the last; behind its attributes comes put_end(). */
static struct nlmsghdr *put(struct nftables *nft, struct buffer *out, uint16_t type,
	uint16_t flags, const struct nfgenmsg *about)
{
	struct nlmsghdr *message =
		mnl_nlmsg_put_header(buffer_reserve(out, MESSAGE_ROOM));
	struct nfgenmsg *header = mnl_nlmsg_put_extra_header(message, sizeof(*header));

	message->nlmsg_type = type;
	message->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
	message->nlmsg_seq = nft->sequence;
	*header = *about;
	return message;
}

static void put_end(struct buffer *out, const struct nlmsghdr *message)
{
	buffer_grown(out, message->nlmsg_len);
}

static struct nlmsghdr *put_question(
	struct nftables *nft, struct buffer *out, uint16_t type, uint16_t flags)
{
	static const struct nfgenmsg about = {
		.nfgen_family = NFPROTO_NETDEV, .version = NFNETLINK_V0};

	return put(nft, out, (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | type), flags, &about);
}

static struct nlmsghdr *start(struct nftables *nft, uint16_t type, uint16_t flags)
{
	nft->sequence++;
	buffer_truncate(nft->out, 0);
	return put_question(nft, nft->out, type, flags);
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
static int talk(
	struct nftables *nft, const struct buffer *out, mnl_cb_t callback, void *data)
{
	char answer[ANSWER_ROOM];
	unsigned port = mnl_socket_get_portid(nft->socket);
	int r = MNL_CB_OK;

	if (mnl_socket_sendto(nft->socket, out->data, out->len) < 0)
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

static int ask(struct nftables *nft, const struct nlmsghdr *question, mnl_cb_t callback,
	void *data)
{
	put_end(nft->out, question);
	return talk(nft, nft->out, callback, data);
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
		r = ask(nft, start(nft, NFT_MSG_GETTABLE, NLM_F_DUMP), take_table,
			&listing);
	} while (r == -EINTR && --tries > 0);
	*ret_tables = listing.tables;
	*ret_n = listing.n;
	return r;
}

/* A change stands between the begin and the end of its transaction. */
static void put_batch(struct nftables *nft, struct buffer *out, uint16_t type)
{
	const struct nfgenmsg about = {
		.nfgen_family = AF_UNSPEC,
		.version = NFNETLINK_V0,
		.res_id = htobe16(NFNL_SUBSYS_NFTABLES),
	};

	put_end(out, put(nft, out, type, 0, &about));
}

int nftables_delete(struct nftables *nft, uint64_t handle)
{
	nft->sequence++;
	buffer_truncate(nft->out, 0);
	put_batch(nft, nft->out, NFNL_MSG_BATCH_BEGIN);
	struct nlmsghdr *message =
		put_question(nft, nft->out, NFT_MSG_DELTABLE, NLM_F_ACK);

	mnl_attr_put_u64(message, NFTA_TABLE_HANDLE, htobe64(handle));
	put_end(nft->out, message);
	put_batch(nft, nft->out, NFNL_MSG_BATCH_END);
	return talk(nft, nft->out, NULL, NULL);
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
	int r = ask(nft, message, take_bytes, b);

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	message = start(nft, NFT_MSG_GETRULE, NLM_F_DUMP);
	mnl_attr_put_strz(message, NFTA_RULE_TABLE, table);
	return ask(nft, message, take_bytes, b);
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

/* A table again */

struct copy {
	struct nftables *nft;
	const char *table, *base; /* the chain at the TAP */
	const char *chain; /* of the last rule */
	struct buffer *chains, *rules;
};

static void put_table(
	const struct copy *copy, struct buffer *out, uint16_t type, uint16_t flags)
{
	struct nlmsghdr *message = put_question(copy->nft, out, type, flags);

	mnl_attr_put_strz(message, NFTA_TABLE_NAME, copy->table);
	put_end(out, message);
}

static void put_hook(const struct copy *copy, struct nlmsghdr *message)
{
	struct nlattr *hook = mnl_attr_nest_start(message, NFTA_CHAIN_HOOK);

	mnl_attr_put_u32(message, NFTA_HOOK_HOOKNUM, htobe32(NF_NETDEV_INGRESS));
	mnl_attr_put_u32(message, NFTA_HOOK_PRIORITY, 0);
	mnl_attr_put_strz(message, NFTA_HOOK_DEV, copy->table);
	mnl_attr_nest_end(message, hook);
	mnl_attr_put_u32(message, NFTA_CHAIN_POLICY, htobe32(NF_ACCEPT));
	mnl_attr_put_strz(message, NFTA_CHAIN_TYPE, "filter");
}

static void put_chain(const struct copy *copy)
{
	struct nlmsghdr *message =
		put_question(copy->nft, copy->chains, NFT_MSG_NEWCHAIN, NLM_F_CREATE);

	mnl_attr_put_strz(message, NFTA_CHAIN_TABLE, copy->table);
	mnl_attr_put_strz(message, NFTA_CHAIN_NAME, copy->chain);
	if (strcmp(copy->chain, copy->base) == 0)
		put_hook(copy, message);
	put_end(copy->chains, message);
}

static void put_rule(const struct copy *copy, const struct nlattr *expressions)
{
	uint16_t len = mnl_attr_get_payload_len(expressions);

	(void)!buffer_reserve(copy->rules, MESSAGE_ROOM + (size_t)len);
	struct nlmsghdr *message = put_question(
		copy->nft, copy->rules, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND);

	mnl_attr_put_strz(message, NFTA_RULE_TABLE, copy->table);
	mnl_attr_put_strz(message, NFTA_RULE_CHAIN, copy->chain);
	mnl_attr_put(message, NLA_F_NESTED | NFTA_RULE_EXPRESSIONS, len,
		mnl_attr_get_payload(expressions));
	put_end(copy->rules, message);
}

/* The kernel tells the rules chain by chain. */
static int copy_rule(const struct nlmsghdr *message, void *data)
{
	struct copy *copy = data;
	const struct nlattr *attribute, *expressions = NULL;
	const char *chain = NULL;

	mnl_attr_for_each(attribute, message, sizeof(struct nfgenmsg))
	{
		if (mnl_attr_get_type(attribute) == NFTA_RULE_CHAIN)
			chain = mnl_attr_get_str(attribute);
		if (mnl_attr_get_type(attribute) == NFTA_RULE_EXPRESSIONS)
			expressions = attribute;
	}
	if (chain == NULL || expressions == NULL)
		return MNL_CB_OK;
	if (text_compare(chain, copy->chain) != 0) {
		copy->chain = mem_strdup(copy->chains, chain);
		put_chain(copy);
	}
	put_rule(copy, expressions);
	return MNL_CB_OK;
}

static int copy_rules(struct copy *copy)
{
	struct nlmsghdr *message = start(copy->nft, NFT_MSG_GETRULE, NLM_F_DUMP);

	copy->chain = NULL;
	buffer_truncate(copy->chains, 0);
	buffer_truncate(copy->rules, 0);
	mnl_attr_put_strz(message, NFTA_RULE_TABLE, copy->table);
	return ask(copy->nft, message, copy_rule, copy);
}

int nftables_copy(
	struct nftables *nft, const char *table, const char *base, struct buffer *b)
{
	TMP_CTX(tmp);
	struct copy copy = {
		.nft = nft,
		.table = table,
		.base = base,
		.chains = buffer_new(tmp),
		.rules = buffer_new(tmp),
	};
	int r, tries = TRIES_MAX;

	do
		r = copy_rules(&copy);
	while (r == -EINTR && --tries > 0);
	if (r == 0 && copy.rules->len == 0)
		r = -ENOENT;
	if (r < 0)
		return r;
	put_batch(nft, b, NFNL_MSG_BATCH_BEGIN);
	/* made where it is not there, so that it can be removed */
	put_table(&copy, b, NFT_MSG_NEWTABLE, 0);
	put_table(&copy, b, NFT_MSG_DELTABLE, 0);
	put_table(&copy, b, NFT_MSG_NEWTABLE, 0);
	buffer_add(b, copy.chains->data, copy.chains->len);
	buffer_add(b, copy.rules->data, copy.rules->len);
	/* Changes nothing: an answer to the last one comes behind what went wrong before. */
	put_table(&copy, b, NFT_MSG_NEWTABLE, NLM_F_ACK);
	put_batch(nft, b, NFNL_MSG_BATCH_END);
	return 0;
}

int nftables_send(struct nftables *nft, const struct buffer *transaction)
{
	const struct nlmsghdr *first = (const void *)transaction->data;

	nft->sequence = first->nlmsg_seq;
	return talk(nft, transaction, NULL, NULL);
}
