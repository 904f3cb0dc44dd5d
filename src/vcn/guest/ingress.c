/* SPDX-License-Identifier: Apache-2.0 */
#include "vcn/guest/ingress.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <string.h>
#include <sys/file.h>

#include <nftables/libnftables.h>

#include "base/file.h"
#include "base/text.h"
#include "base/trailer.h"
#include "vcn/common/patience.h"
#include "vcn/guest/nftables.h"
#include "vcn/guest/tap.h"

enum { CHILD_TIMEOUT_MS = 10000, SAID_MAX = 4096, SENTENCE_MAX = 200 };

#define LIBRARY "libnftables.so.1"
#define CHAIN "ingress"

/* The rules */

static const char *const always[] = {
	/* what bridges tell each other: STP, pause, LLDP (IEEE 802.1Q table 8-1) */
	"ether daddr & ff:ff:ff:ff:ff:f0 == 01:80:c2:00:00:00 drop",
	/* the same by Cisco: CDP, VTP, and PVST+, which makes a switch close its port */
	"ether daddr 01:00:0c:cc:cc:cc-01:00:0c:cc:cc:cd drop",
	/* tags of IEEE 802.1Q, 802.1ad, and what switches took before that */
	"ether type { 0x8100, 0x88a8, 0x9100 } drop",
};

/* No guest is a DHCP server, for IPv4 or IPv6, or a router. */
static const char *const roles[] = {
	"udp sport { 67, 547 } drop",
	/* A fragment can hide its type behind another header (RFC 7112), a fragment's too. */
	"frag nexthdr { 0, 43, 44, 60 } drop",
	"icmpv6 type { nd-router-advert, nd-redirect } drop",
	"arp htype != 1 drop",
	"arp ptype != 0x0800 drop",
	"arp hlen != 6 drop",
	"arp plen != 4 drop",
};

/* Before a guest has its address: DHCP; duplicate detection, group reports, solicitation. */
static const char *const beginners[] = {
	"ip saddr 0.0.0.0 udp sport 68 udp dport 67 accept",
	("ip6 saddr :: icmpv6 type { nd-router-solicit, mld-listener-report, "
	 "mld2-listener-report } accept"),
	/* for its own: else it could keep others from theirs */
	"ip6 saddr :: icmpv6 type nd-neighbor-solicit jump target",
};

/*
 * Where a packet is longer than its frame, or its headers have no end in it, no rule above sees what it
 * carries, and it has no protocol.
 */
static const char *const readable[] = {
	"ether type != { 0x0800, 0x86dd } accept",
	"meta l4proto 0-255 accept",
	"drop",
};

static void add_rows(struct buffer *b, const char *const *rows, size_t n)
{
	for (size_t i = 0; i < n; i++)
		buffer_printf(b, "\t\t%s\n", rows[i]);
}

/* fe80::/64 with the interface identifier made of the MAC (RFC 4291, appendix A) */
static struct ip link_local(struct mac mac)
{
	const uint8_t *m = mac.bytes;

	return (struct ip){.family = 6,
		.bytes = {0xfe, 0x80, 0, 0, 0, 0, 0, 0, m[0] ^ 2, m[1], m[2], 0xff, 0xfe,
			m[3], m[4], m[5]}};
}

static const char *list_family(TALLOC_CTX *mem_ctx, const struct ingress *chain,
	uint8_t family, const char *first)
{
	struct buffer *b = buffer_new(mem_ctx);
	char text[IP_TEXT_MAX];

	buffer_add_text(b, first);
	for (size_t i = 0; i < chain->n_addresses; i++)
		if (chain->addresses[i].family == family)
			buffer_printf(b, ", %s", ip_format(chain->addresses[i], text));
	return b->data;
}

/* Whose address it is about: 16 bytes behind the first 8 of the message (RFC 4861). */
static void add_target(struct buffer *b, struct ip address)
{
	buffer_add_text(b, "\t\t@th,64,128 0x");
	for (size_t i = 0; i < sizeof(address.bytes); i++)
		buffer_printf(b, "%02x", address.bytes[i]);
	buffer_add_text(b, " accept\n");
}

static void add_targets(struct buffer *b, const struct ingress *chain)
{
	buffer_add_text(b, "\tchain target {\n");
	add_target(b, link_local(chain->mac));
	for (size_t i = 0; i < chain->n_addresses; i++)
		if (chain->addresses[i].family == 6)
			add_target(b, chain->addresses[i]);
	buffer_add_text(b, "\t\tdrop\n\t}\n");
}

static void add_sources(struct buffer *b, const struct ingress *chain)
{
	TMP_CTX(tmp);
	char text[IP_TEXT_MAX];
	const char *ip4 = list_family(tmp, chain, 4, "0.0.0.0");
	const char *ip6 =
		list_family(tmp, chain, 6, ip_format(link_local(chain->mac), text));

	/* A sender of zero only asks (RFC 5227): for its own. */
	buffer_printf(b, "\t\tarp saddr ip != { %s } drop\n", ip4);
	buffer_printf(b, "\t\tarp saddr ip 0.0.0.0 arp daddr ip != { %s } drop\n", ip4);
	add_rows(b, beginners, ARRAY_SIZE(beginners));
	/* As a source zero is a beginner's only, so it is not in this list. */
	buffer_printf(b, "\t\tip saddr 0.0.0.0 drop\n\t\tip saddr != { %s } drop\n", ip4);
	buffer_printf(b, "\t\tip6 saddr != { %s } drop\n", ip6);
	buffer_add_text(b, "\t\ticmpv6 type nd-neighbor-advert jump target\n");
}

static void add_chain(struct buffer *b, const struct ingress *chain)
{
	char mac[MAC_TEXT_MAX];
	bool knows_addresses = chain->filters && chain->n_addresses > 0;

	if (knows_addresses)
		add_targets(b, chain);
	buffer_printf(b,
		"\tchain " CHAIN " {\n\t\ttype filter hook ingress device \"%s\" "
		"priority 0; policy accept;\n",
		chain->tap);
	add_rows(b, always, ARRAY_SIZE(always));
	if (chain->filters) {
		add_rows(b, roles, ARRAY_SIZE(roles));
		buffer_printf(b, "\t\tarp saddr ether != %s drop\n",
			mac_format(chain->mac, mac));
	}
	if (knows_addresses)
		add_sources(b, chain);
	if (chain->filters)
		add_rows(b, readable, ARRAY_SIZE(readable));
	buffer_add_text(b, "\t}\n");
}

const char *ingress_text(TALLOC_CTX *mem_ctx, const struct ingress *chain)
{
	struct buffer *b = buffer_new(mem_ctx);

	/* Made where it is not there, so that it can be removed. */
	buffer_printf(
		b, "table netdev %s\ndelete table netdev %s\n", chain->tap, chain->tap);
	buffer_printf(b, "table netdev %s {\n", chain->tap);
	add_chain(b, chain);
	buffer_add_text(b, "}\n");
	return b->data;
}

/* The child */

struct library {
	__typeof__(nft_ctx_new) *new;
	__typeof__(nft_ctx_buffer_error) *buffer_error;
	__typeof__(nft_run_cmd_from_buffer) *run;
	__typeof__(nft_ctx_get_error_buffer) *error;
};

static void *symbol(void *handle, const char *name)
{
	return handle == NULL ? NULL : dlsym(handle, name);
}

static bool open_library(struct library *ret)
{
	void *handle = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);

	*(void **)&ret->new = symbol(handle, "nft_ctx_new");
	*(void **)&ret->buffer_error = symbol(handle, "nft_ctx_buffer_error");
	*(void **)&ret->run = symbol(handle, "nft_run_cmd_from_buffer");
	*(void **)&ret->error = symbol(handle, "nft_ctx_get_error_buffer");
	return ret->new != NULL && ret->buffer_error != NULL && ret->run != NULL &&
	       ret->error != NULL;
}

/* Writes the first line of what went wrong. */
static void say(int fd, const char *text)
{
	(void)!file_write_all(fd, text, strcspn(text, "\n"));
}

/*
 * One at a time: libnftables reads all tables first, and once more for whatever somebody has changed
 * meanwhile, so that twenty at once take as long as a hundred one by one. The file is root's: what
 * others could lock they could keep from us.
 */
static void wait_for_turn(void)
{
	int turn = open("/run/vcn/.nft.lock",
		O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);

	if (turn >= 0)
		(void)!flock(turn, LOCK_EX);
}

static void run_text(const void *text, int fd)
{
	struct library library;
	struct nft_ctx *context = NULL;

	if (!open_library(&library)) {
		say(fd, LIBRARY " is not here");
		return;
	}
	context = library.new(NFT_CTX_DEFAULT);
	if (context == NULL || library.buffer_error(context) != 0) {
		say(fd, LIBRARY " does not work here");
		return;
	}
	wait_for_turn();
	if (library.run(context, text) != 0)
		say(fd, library.error(context));
}

/* What nftables says of the text; NULL: nothing. *ret_is_due: it may have not come to it. */
static const char *order(TALLOC_CTX *mem_ctx, const char *text, bool *ret_is_due)
{
	char *said;
	size_t len;
	int r = patience_read(
		mem_ctx, CHILD_TIMEOUT_MS, SAID_MAX, run_text, text, NULL, &said, &len);

	*ret_is_due = r < 0;
	if (r < 0)
		return mem_printf(mem_ctx, "nftables: %s", strerror(-r));
	if (len == 0)
		return NULL;
	return mem_printf(mem_ctx, "nftables: %s",
		text_printable(mem_ctx, said, len < SENTENCE_MAX ? len : SENTENCE_MAX));
}

/* Looking */

/* "" where there is none. */
static void read_digest(struct nftables *nft, const char *tap, char ret[SHA256_TEXT_MAX])
{
	TMP_CTX(tmp);
	struct buffer *b = buffer_new(tmp);
	uint8_t digest[SHA256_BYTES];

	ret[0] = '\0';
	if (nft == NULL || nftables_print(nft, tap, CHAIN, b) < 0 || b->len == 0)
		return;
	sha256(b->data, b->len, digest);
	sha256_text(digest, ret);
}

const char *ingress_write(TALLOC_CTX *mem_ctx, struct ingress *chain)
{
	TMP_CTX(tmp);
	struct nftables *nft = nftables_open(tmp);
	const char *text = ingress_text(tmp, chain);
	const char *fault = nft == NULL ? "nftables: this kernel has none"
					: order(mem_ctx, text, &chain->is_due);

	if (fault != NULL)
		return fault;
	read_digest(nft, chain->tap, chain->digest);
	return chain->digest[0] != '\0'
		       ? NULL
		       : "nftables: a chain that was written is not there";
}

bool ingress_is_whole(const struct ingress *chain)
{
	TMP_CTX(tmp);
	char digest[SHA256_TEXT_MAX];

	read_digest(nftables_open(tmp), chain->tap, digest);
	return strcmp(digest, chain->digest) == 0;
}

/* Is it one of ours without its TAP, of those that are asked for? */
static bool is_left(const char *name, const char *const *taps, size_t n_taps)
{
	bool is_meant = taps == NULL;

	for (size_t i = 0; i < n_taps && !is_meant; i++)
		is_meant = strcmp(name, taps[i]) == 0;
	return is_meant && tap_is_ours(name) && if_nametoindex(name) == 0;
}

void ingress_sweep(const char *const *taps, size_t n_taps)
{
	TMP_CTX(tmp);
	struct nftables *nft = nftables_open(tmp);
	struct nftables_table *tables;
	size_t n;

	if (nft == NULL || nftables_list(nft, tmp, &tables, &n) < 0)
		return;
	for (size_t i = 0; i < n; i++)
		/* by handle: of the same name there may be a new one by then */
		if (is_left(tables[i].name, taps, n_taps))
			(void)!nftables_delete(nft, tables[i].handle);
}
