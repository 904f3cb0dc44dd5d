/* SPDX-License-Identifier: Apache-2.0 */
#include "vcn/guest/ingress.h"

#include <dlfcn.h>
#include <errno.h>
#include <net/if.h>
#include <sched.h>
#include <string.h>

#include <nftables/libnftables.h>

#include "base/file.h"
#include "base/text.h"
#include "base/trailer.h"
#include "vcn/common/patience.h"
#include "vcn/guest/nftables.h"
#include "vcn/guest/tap.h"

enum {
	CHILD_TIMEOUT_MS = 10000,
	SAID_MAX = 1 << 20,
	SAID_FAULT = '!', /* before what went wrong; a transaction does not begin so */
	SENTENCE_MAX = 200,
};

#define LIBRARY "libnftables.so.1"
#define CHAIN "ingress"

/* The rules */

static const char *const always[] = {
	/* what bridges tell each other: STP, pause, LLDP (IEEE 802.1Q table 8-1) */
	"ether daddr & ff:ff:ff:ff:ff:f0 == 01:80:c2:00:00:00 drop",
	/* the same by Cisco: CDP, VTP, and PVST+, which makes a switch close its port */
	"ether daddr 01:00:0c:cc:cc:cc-01:00:0c:cc:cc:cd drop",
	/* tags of IEEE 802.1Q, 802.1ad, and what switches took before that */
	"ether type 0x8100 drop",
	"ether type 0x88a8 drop",
	"ether type 0x9100 drop",
};

/* No guest is a DHCP server, for IPv4 or IPv6, or a router. */
static const char *const roles[] = {
	"udp sport 67 drop",
	"udp sport 547 drop",
	/* A fragment can hide its type behind another header (RFC 7112), a fragment's too. */
	"frag nexthdr 0 drop",
	"frag nexthdr 43 drop",
	"frag nexthdr 44 drop",
	"frag nexthdr 60 drop",
	"icmpv6 type nd-router-advert drop",
	"icmpv6 type nd-redirect drop",
	"arp htype != 1 drop",
	"arp ptype != 0x0800 drop",
	"arp hlen != 6 drop",
	"arp plen != 4 drop",
};

/* Of a guest whose addresses are known; the chains are add_senders(). */
static const char *const senders[] = {
	"ether type 0x0806 jump arp-sender",
	/* A sender of zero only asks (RFC 5227): for its own. */
	"arp saddr ip 0.0.0.0 jump arp-asked",
	/* Before it has its address: DHCP; duplicate detection, group reports, solicitation. */
	"ip saddr 0.0.0.0 udp sport 68 udp dport 67 accept",
	"ip6 saddr :: icmpv6 type nd-router-solicit accept",
	"ip6 saddr :: icmpv6 type mld-listener-report accept",
	"ip6 saddr :: icmpv6 type mld2-listener-report accept",
	/* for its own: else it could keep others from theirs */
	"ip6 saddr :: icmpv6 type nd-neighbor-solicit jump target",
	"ether type 0x0800 jump ip-sender",
	"ether type 0x86dd jump ip6-sender",
	"icmpv6 type nd-neighbor-advert jump target",
};

/*
 * Where a packet is longer than its frame, or its headers have no end in it, no rule above sees what it
 * carries, and it has no protocol.
 */
static const char *const readable[] = {
	"ether type != 0x0800 ether type != 0x86dd accept",
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

/* A chain that drops what has no address of the guest's, or @other, where @what says. */
static void add_senders(struct buffer *b, const struct ingress *chain, const char *name,
	const char *what, uint8_t family, const char *other)
{
	char text[IP_TEXT_MAX];

	buffer_printf(b, "\tchain %s {\n", name);
	if (other != NULL)
		buffer_printf(b, "\t\t%s %s return\n", what, other);
	for (size_t i = 0; i < chain->n_addresses; i++)
		if (chain->addresses[i].family == family)
			buffer_printf(b, "\t\t%s %s return\n", what,
				ip_format(chain->addresses[i], text));
	buffer_add_text(b, "\t\tdrop\n\t}\n");
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

static void add_own(struct buffer *b, const struct ingress *chain)
{
	char text[IP_TEXT_MAX];
	const char *local = ip_format(link_local(chain->mac), text);

	add_targets(b, chain);
	add_senders(b, chain, "arp-sender", "arp saddr ip", 4, "0.0.0.0");
	add_senders(b, chain, "arp-asked", "arp daddr ip", 4, "0.0.0.0");
	add_senders(b, chain, "ip-sender", "ip saddr", 4, NULL);
	add_senders(b, chain, "ip6-sender", "ip6 saddr", 6, local);
}

static void add_chain(struct buffer *b, const struct ingress *chain)
{
	char mac[MAC_TEXT_MAX];
	bool knows_addresses = chain->filters && chain->n_addresses > 0;

	if (knows_addresses)
		add_own(b, chain);
	buffer_add_text(b, "\tchain " CHAIN " {\n");
	add_rows(b, always, ARRAY_SIZE(always));
	if (chain->filters) {
		add_rows(b, roles, ARRAY_SIZE(roles));
		buffer_printf(b, "\t\tarp saddr ether != %s drop\n",
			mac_format(chain->mac, mac));
	}
	if (knows_addresses)
		add_rows(b, senders, ARRAY_SIZE(senders));
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
	TMP_CTX(tmp);
	const char *line =
		mem_printf(tmp, "%c%.*s", SAID_FAULT, (int)strcspn(text, "\n"), text);

	(void)!file_write_all(fd, line, strlen(line));
}

/* What the kernel has made of the text, as a transaction. */
static void tell_copy(const char *tap, int fd)
{
	TMP_CTX(tmp);
	struct nftables *nft = nftables_open(tmp);
	struct buffer *b = buffer_new(tmp);
	int r = nft == NULL ? -errno : nftables_copy(nft, tap, CHAIN, b);

	if (r < 0)
		say(fd, strerror(-r));
	else
		(void)!file_write_all(fd, b->data, b->len);
}

/*
 * libnftables reads all tables first, and once more for whatever somebody has changed meanwhile. So
 * its network is an empty one: what the host has, and how many do the same, costs nothing.
 * Where there can be none it is the host's own, and the chain has no hook yet.
 */
static void make_rules(const void *user, int fd)
{
	const struct ingress *chain = user;
	TMP_CTX(tmp);
	struct library library;
	struct nft_ctx *context = NULL;

	if (!open_library(&library)) {
		say(fd, LIBRARY " is not here");
		return;
	}
	(void)!(unshare(CLONE_NEWNET) == 0 || unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0);
	context = library.new(NFT_CTX_DEFAULT);
	if (context == NULL || library.buffer_error(context) != 0)
		say(fd, LIBRARY " does not work here");
	else if (library.run(context, ingress_text(tmp, chain)) != 0)
		say(fd, library.error(context));
	else
		tell_copy(chain->tap, fd);
}

static const char *fault_of(TALLOC_CTX *mem_ctx, int error)
{
	return mem_printf(mem_ctx, "nftables: %s", strerror(error));
}

/* The chain's rules, once for all times; a sentence where there are none. */
static const char *take_rules(TALLOC_CTX *mem_ctx, struct ingress *chain)
{
	TMP_CTX(tmp);
	char *said;
	size_t len;
	int r = patience_read(
		tmp, CHILD_TIMEOUT_MS, SAID_MAX, make_rules, chain, NULL, &said, &len);

	chain->is_due = r < 0;
	if (r < 0)
		return fault_of(mem_ctx, -r);
	if (len > 0 && said[0] == SAID_FAULT)
		return mem_printf(mem_ctx, "nftables: %s",
			text_printable(mem_ctx, said + 1,
				len - 1 < SENTENCE_MAX ? len - 1 : SENTENCE_MAX));
	buffer_add(chain->rules, said, len);
	return NULL;
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
	const char *fault = NULL;

	if (nft == NULL)
		return "nftables: this kernel has none";
	if (chain->rules->len == 0)
		fault = take_rules(mem_ctx, chain);
	if (fault != NULL)
		return fault;
	int r = nftables_send(nft, chain->rules);

	chain->is_due = r < 0;
	if (r < 0)
		return fault_of(mem_ctx, -r);
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
