/* SPDX-License-Identifier: Apache-2.0 */
#include <limits.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "ldapcc/import.h"
#include "model/dhcp_option.h"

/*
 * dhcpd.conf(5) of ISC's server. A statement is words up to a semicolon, or up to a block in
 * braces; which of them say something to clients that our schema has a place for stands in
 * tables, everything else is named.
 */

enum { FILE_MAX = 64 * 1024 * 1024, INCLUDES_MAX = 16, WORDS_MAX = 256 };

struct parser {
	struct import *im;
	const char *file;
	const char *at, *end;
	unsigned line, depth;
	bool is_muted; /* inside of what is not taken over as a whole */
	struct table *arch_options; /* names that `option NAME code 93 = …` gives */
	const struct parser *outer; /* of the file that includes this one */
	struct table *files; /* path -> struct file_text, of what was included */
};

struct file_text {
	char *text;
	size_t len;
	int failed;
};

/*
 * What a scope says holds for all declarations in it, also for those above the statement: so
 * each block is read twice.
 */
enum pass { PASS_LINES, PASS_SCOPES };

struct statement {
	char *words[WORDS_MAX + 1]; /* strings without their quotes */
	bool is_string[WORDS_MAX + 1];
	size_t n;
	struct loc where;
	bool has_block;
};

/* A pool's ranges wait until all of it is read: whom they are for may stand behind them. */
struct pool {
	struct statement *ranges;
	size_t n_ranges;
	bool has_allow, lets_unknown, denies_unknown;
};

/* Where a statement stands. */
struct around {
	struct import_scope scope; /* what holds here */
	struct import_scope groups; /* what a host takes from the groups around it */
	const char *shared;
	struct import_network *network; /* NULL: outside of subnets */
	struct import_host *host;
	struct pool *pool; /* NULL: outside of pools */
	bool has_names; /* use-host-decl-names */
	bool is_top; /* of the whole server */
	unsigned
		taken; /* boot files that branches above an `else` have set, a bit each */
};

/* Words */

static struct loc here(const struct parser *p)
{
	return loc_at(p->file, p->line, 0);
}

static void skip_blank(struct parser *p)
{
	while (p->at < p->end) {
		if (*p->at == '#')
			while (p->at < p->end && *p->at != '\n')
				p->at++;
		else if (strchr(" \t\r\n", *p->at) == NULL)
			return;
		else
			p->line += *p->at++ == '\n';
	}
}

static char *take_string(struct parser *p)
{
	struct buffer *b = buffer_new(p->im->mem_ctx);

	for (p->at++; p->at < p->end && *p->at != '"'; p->at++) {
		if (*p->at == '\\' && p->at + 1 < p->end)
			p->at++;
		p->line += *p->at == '\n';
		buffer_add_byte(b, *p->at);
	}
	p->at += p->at < p->end;
	return b->data;
}

static char *take_word(struct parser *p)
{
	static const char single[] = ",=()";
	const char *start = p->at;

	if (strchr(single, *start) != NULL) {
		p->at++;
		return mem_strndup(p->im->mem_ctx, start, 1);
	}
	while (p->at < p->end && strchr(" \t\r\n;{}#\",=()", *p->at) == NULL)
		p->at++;
	return mem_strndup(p->im->mem_ctx, start, (size_t)(p->at - start));
}

/* The next statement up to its semicolon or block; false at the end, or at a brace. */
static bool next_statement(struct parser *p, struct statement *s)
{
	memset(s, 0, sizeof(*s));
	skip_blank(p);
	s->where = here(p);
	for (;; skip_blank(p)) {
		if (p->at >= p->end)
			return s->n > 0;
		if (*p->at == '}')
			return s->n > 0;
		if (*p->at == ';' || *p->at == '{') {
			s->has_block = *p->at++ == '{';
			return true;
		}
		bool is_string = *p->at == '"';
		char *word = is_string ? take_string(p) : take_word(p);

		if (s->n < WORDS_MAX) {
			s->is_string[s->n] = is_string;
			s->words[s->n++] = word;
		}
	}
}

static bool is(const struct statement *s, size_t i, const char *word)
{
	return i < s->n && text_equal_case(s->words[i], word);
}

static const char *joined(TALLOC_CTX *mem_ctx, const struct statement *s, size_t from)
{
	struct buffer *b = buffer_new(mem_ctx);

	for (size_t i = from; i < s->n; i++)
		buffer_printf(b, "%s%s", i == from ? "" : " ", s->words[i]);
	return b->data;
}

/* The words from @from on without the commas between, with one blank. */
static const char *list_of(TALLOC_CTX *mem_ctx, const struct statement *s, size_t from)
{
	struct buffer *b = buffer_new(mem_ctx);

	for (size_t i = from; i < s->n; i++)
		if (strcmp(s->words[i], ",") != 0)
			buffer_printf(b, "%s%s", b->len == 0 ? "" : " ", s->words[i]);
	return b->data;
}

static void left(struct parser *p, const struct statement *s, const char *why)
{
	TMP_CTX(tmp);
	const char *text = joined(tmp, s, 0);

	if (!p->is_muted)
		import_left(p->im, s->where, "'%s' %s",
			text_printable(tmp, text, strlen(text)), why);
}

/* What is told to clients */

static void set(
	struct around *a, enum import_option option, const char *text, struct loc where)
{
	const struct import_value value = {text, where};

	a->scope.values[option] = value;
	if (!a->is_top)
		a->groups.values[option] = value;
}

static bool is_url(const char *text)
{
	return strstr(text, "://") != NULL;
}

/* A boot file for every kind of client that has none of @taken: HTTP boot wants a URL. */
static void set_boot_files(struct parser *p, struct around *a, const char *text,
	unsigned taken, struct loc where)
{
	for (enum import_option option = IMPORT_BOOT_FILE; option <= IMPORT_BOOT_URL;
		option++) {
		bool is_fit =
			option != IMPORT_BOOT_URL || is_url(text) || text[0] == '\0';

		if ((taken & 1U << option) != 0)
			continue;
		set(a, option, is_fit ? text : "", where);
		if (!is_fit && text[0] != '\0' && a->host == NULL && !p->is_muted)
			diag_add(p->im->diags, SEVERITY_NOTE, NULL, where,
				"'%s' is no URL: HTTP boot clients, which got it too, get "
				"nothing",
				text);
	}
}

/* Options and parameters with a place; the option's words begin behind @n_words. */
static const struct row {
	const char *words[2];
	enum import_option option;
} rows[] = {
	{{"option", "routers"}, IMPORT_ROUTERS},
	{{"option", "domain-name-servers"}, IMPORT_NAME_SERVERS},
	{{"option", "domain-name"}, IMPORT_DOMAIN},
	{{"option", "domain-search"}, IMPORT_SEARCH},
	{{"option", "dhcp6.name-servers"}, IMPORT_NAME_SERVERS},
	{{"option", "dhcp6.domain-search"}, IMPORT_SEARCH},
	{{"option", "ntp-servers"}, IMPORT_TIME_SERVERS},
	{{"option", "interface-mtu"}, IMPORT_MTU},
	{{"default-lease-time", NULL}, IMPORT_LEASE},
	{{"next-server", NULL}, IMPORT_NEXT_SERVER},
	{{"filename", NULL}, IMPORT_BOOT_FILE},
	{{"option", "bootfile-name"}, IMPORT_BOOT_FILE},
};

/* What is the server's own, and no client's: it stays in the file that includes ours. */
static const char *const of_the_server[] = {"authoritative", "ddns-update-style",
	"ddns-updates", "log-facility", "ping-check", "ping-timeout", "pid-file-name",
	"lease-file-name", "local-address", "omapi-port", "omapi-key",
	"one-lease-per-client", "update-static-leases", "min-lease-time", "key", "zone",
	"failover"};

static bool is_server_word(const char *word)
{
	for (size_t i = 0; i < ARRAY_SIZE(of_the_server); i++)
		if (text_equal_case(word, of_the_server[i]))
			return true;
	return false;
}

/* What both families are told at the top of their files is one list in a directory. */
static const char *with_both(struct parser *p, const char *before, const char *text)
{
	if (before == NULL || before[0] == '\0' || import_is_said(before, text) ||
		strcmp(before, text) == 0)
		return text;
	return mem_printf(p->im->mem_ctx, "%s %s", before, text);
}

static bool set_known(struct parser *p, struct around *a, const struct statement *s)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		size_t n = rows[i].words[1] == NULL ? 1 : 2;

		if (!is(s, 0, rows[i].words[0]) ||
			(n == 2 && !is(s, 1, rows[i].words[1])) || s->n <= n)
			continue;
		if (rows[i].option == IMPORT_BOOT_FILE) {
			set_boot_files(p, a, s->words[n], 0, s->where);
			return true;
		}
		if (rows[i].option == IMPORT_ROUTERS && s->n > n + 1)
			left(p, s,
				"has several routers: the first of each network is taken");
		const char *text = list_of(p->im->mem_ctx, s, n);

		if (a->is_top && n == 2 && text_has_prefix(rows[i].words[1], "dhcp6."))
			text = with_both(p, a->scope.values[rows[i].option].text, text);
		set(a, rows[i].option, text, s->where);
		return true;
	}
	return false;
}

/* The mask and the broadcast address follow from the network. */
static bool is_derived(
	struct parser *p, const struct around *a, const struct statement *s)
{
	bool is_mask = is(s, 0, "option") && is(s, 1, "subnet-mask");
	bool is_broadcast = is(s, 0, "option") && is(s, 1, "broadcast-address");
	struct ip ip;

	if ((!is_mask && !is_broadcast) || s->n != 3)
		return false;
	if (a->network == NULL || !ip_parse(s->words[2], &ip) ||
		ip_compare(ip, is_mask ? prefix_netmask(a->network->prefix)
				       : prefix_last(a->network->prefix)) != 0)
		left(p, s,
			"is not taken over: mask and broadcast address follow from "
			"the network");
	return true;
}

/* FIRST LAST, one address, or of IPv6 a prefix. */
static bool read_ends(const struct statement *s, struct ip *start, struct ip *end)
{
	size_t first = is(s, 1, "dynamic-bootp") ? 2 : 1;
	struct prefix prefix;

	if (s->n <= first)
		return false;
	if (strchr(s->words[first], '/') != NULL) {
		if (s->n != 2 || prefix_parse(s->words[first], -1, &prefix) != NULL)
			return false;
		*start = prefix.base;
		*end = prefix_last(prefix);
		return true;
	}
	return ip_parse(s->words[first], start) && ip_parse(s->words[s->n - 1], end);
}

static void add_range(struct parser *p, const struct around *a, const struct statement *s)
{
	char texts[2][IP_TEXT_MAX];
	struct ip start, end;

	if (!read_ends(s, &start, &end)) {
		left(p, s, "is no range of addresses");
		return;
	}
	struct import_network *network =
		a->network != NULL ? a->network : import_network_of(p->im, start);

	if (network == NULL) {
		left(p, s, "is in no subnet above it");
		return;
	}
	bool is_turned = ip_compare(start, end) > 0;

	*mem_push(p->im->mem_ctx, &network->ranges, &network->n_ranges) = mem_printf(
		p->im->mem_ctx, "%s %s", ip_format(is_turned ? end : start, texts[0]),
		ip_format(is_turned ? start : end, texts[1]));
}

/* Pools */

/* Whom a pool's ranges are for. All of it is named: a directory has no place for it. */
static void read_permit(struct parser *p, struct pool *pool, const struct statement *s)
{
	bool is_unknown =
		s->n > 1 && (text_has_prefix(s->words[1], "unknown") || is(s, 1, "all") ||
				    text_has_prefix(s->words[1], "unauth"));

	if (is(s, 0, "allow")) {
		pool->has_allow = true;
		pool->lets_unknown |= is_unknown;
	} else {
		pool->denies_unknown |= is_unknown;
	}
	left(p, s, "has no place in the directory");
}

static bool read_pool_line(struct parser *p, struct pool *pool, const struct statement *s)
{
	if (is(s, 0, "range") || is(s, 0, "range6"))
		*mem_push(p->im->mem_ctx, &pool->ranges, &pool->n_ranges) = *s;
	else if (is(s, 0, "allow") || is(s, 0, "deny"))
		read_permit(p, pool, s);
	else
		return false;
	return true;
}

/* What a pool says otherwise than its network: ranges here have no options of their own. */
static void check_pool(
	struct parser *p, const struct around *outer, const struct around *inner)
{
	for (enum import_option option = 0; option < _IMPORT_MAX; option++) {
		const struct import_value *value = &inner->scope.values[option];

		if (text_compare(value->text, outer->scope.values[option].text) == 0 ||
			value->text == NULL || p->is_muted)
			continue;
		import_left(p->im, value->where,
			"%s '%s' is a pool's only: all ranges of a network are told the "
			"same",
			import_attribute(option), value->text);
	}
}

static void settle_pool(
	struct parser *p, const struct around *outer, const struct around *inner)
{
	const struct pool *pool = inner->pool;
	bool is_closed = pool->denies_unknown || (pool->has_allow && !pool->lets_unknown);

	for (size_t i = 0; i < pool->n_ranges; i++)
		if (is_closed)
			left(p, &pool->ranges[i],
				"is not taken over: it is not for unknown clients, as "
				"ranges are here");
		else
			add_range(p, outer, &pool->ranges[i]);
	check_pool(p, outer, inner);
}

/* Hosts */

static void read_fixed(
	struct parser *p, struct import_host *host, const struct statement *s)
{
	for (size_t i = 1; i < s->n; i++) {
		struct ip ip;
		bool is_found = ip_parse(s->words[i], &ip);

		if (strcmp(s->words[i], ",") == 0)
			continue;
		if (is_found)
			import_add_ip(p->im, host, ip);
		for (size_t j = 0; !is_found && j < p->im->n_lines; j++)
			for (size_t k = 0; k < p->im->lines[j].n_names; k++)
				if (text_equal_case(
					    p->im->lines[j].names[k], s->words[i])) {
					import_add_ip(p->im, host, p->im->lines[j].ip);
					is_found = true;
				}
		if (!is_found)
			left(p, s, "names a host that no hosts file (--hosts) has");
	}
}

static bool read_host_line(struct parser *p, struct around *a, const struct statement *s)
{
	struct mac mac;

	if (is(s, 0, "hardware")) {
		if (s->n == 3 && is(s, 1, "ethernet") && mac_parse(s->words[2], &mac))
			import_add_mac(p->im, a->host, mac);
		else
			left(p, s, "is no Ethernet address");
		return true;
	}
	if (is(s, 0, "fixed-address") || is(s, 0, "fixed-address6")) {
		read_fixed(p, a->host, s);
		return true;
	}
	if (is(s, 0, "host-identifier") && is(s, 2, "dhcp6.client-id") && s->n == 4 &&
		!s->is_string[3]) {
		*mem_push(p->im->mem_ctx, &a->host->duids, &a->host->n_duids) =
			s->words[3];
		return true;
	}
	const char *guid =
		is(s, 0, "option") && is(s, 1, "dhcp-client-identifier") && s->n > 2
			? import_guid(s->words[s->n - 1])
			: NULL;

	if (guid != NULL) {
		*mem_push(p->im->mem_ctx, &a->host->guids, &a->host->n_guids) = guid;
		return true;
	}
	if (is(s, 0, "option") && is(s, 1, "host-name") && s->n == 3) {
		a->host->host_name = s->words[2];
		return true;
	}
	return false;
}

/* A standard option: whether all of a network have it, or some of its hosts, nobody else can say. */
static bool is_option(struct parser *p, const struct statement *s)
{
	TMP_CTX(tmp);
	struct dhcp_option option;

	if (!is(s, 0, "option") || s->n < 3)
		return false;
	const char *text = mem_printf(tmp, "%s %s", s->words[1], list_of(tmp, s, 2));

	if (dhcp_option_parse(tmp, text, &option) != NULL)
		return false;
	left(p, s,
		mem_printf(tmp,
			"is not taken over: where all of a network are to have it, give it "
			"'vocDHCPOption: %s'",
			text));
	return true;
}

/* A simple statement. */
static void read_line(struct parser *p, struct around *a, const struct statement *s)
{
	if (a->host != NULL && read_host_line(p, a, s))
		return;
	if (a->pool != NULL && read_pool_line(p, a->pool, s))
		return;
	if (is(s, 0, "range") || is(s, 0, "range6")) {
		add_range(p, a, s);
	} else if (is(s, 0, "use-host-decl-names")) {
		a->has_names = is(s, 1, "on") || is(s, 1, "true");
	} else if (is(s, 0, "option") && is(s, 2, "code")) {
		if (is(s, 3, "93"))
			*table_slot(p->arch_options, s->words[1]) = p;
	} else if (is_server_word(s->words[0])) {
		if (!p->is_muted)
			diag_add(p->im->diags, SEVERITY_NOTE, NULL, s->where,
				"'%s' is the server's own: it stays in the file that includes ours",
				s->words[0]);
	} else if (is(s, 0, "max-lease-time")) {
		const char *lease = a->scope.values[IMPORT_LEASE].text;

		if (text_compare(lease, s->n > 1 ? s->words[1] : NULL) != 0)
			left(p, s,
				"is not taken over: leases last as long as "
				"default-lease-time says");
	} else if (!is_derived(p, a, s) && !set_known(p, a, s) && !is_option(p, s)) {
		left(p, s, "has no place in the directory");
	}
}

/* Blocks */

static void read_block(struct parser *p, struct around *a);

/* ADDRESS netmask MASK, of IPv6 ADDRESS/LENGTH */
static bool read_prefix(const struct statement *s, struct prefix *ret)
{
	unsigned bits;

	if (is(s, 0, "subnet6"))
		return s->n == 2 && prefix_parse(s->words[1], -1, ret) == NULL;
	return s->n == 4 && is(s, 2, "netmask") &&
	       netmask_parse(s->words[3], &bits) == NULL &&
	       prefix_parse(s->words[1], (int)bits, ret) == NULL;
}

/* DHCPv6 has no routers, MTU and boot files; what is said of them above is IPv4's. */
static void drop_ipv4s(struct import_scope *scope)
{
	for (enum import_option option = 0; option < _IMPORT_MAX; option++)
		if (option == IMPORT_ROUTERS || option == IMPORT_MTU ||
			option > IMPORT_LEASE)
			scope->values[option].text = NULL;
}

static void read_subnet(
	struct parser *p, const struct around *outer, const struct statement *s)
{
	struct around inner = *outer;
	struct prefix prefix;

	inner.is_top = false;
	if (!read_prefix(s, &prefix)) {
		left(p, s, "is no subnet ADDRESS netmask MASK");
		read_block(p, &inner);
		return;
	}
	if (prefix.base.family == 6)
		drop_ipv4s(&inner.scope);
	size_t index = p->im->n_networks;
	struct import_network *network = import_add_network(p->im, prefix, s->where);

	network->shared = outer->shared;
	inner.network = network;
	read_block(p, &inner);
	/* the array may have moved: nested declarations add to it */
	p->im->networks[index].scope = inner.scope;
}

static bool has_family(const struct import_host *host, unsigned char family)
{
	for (size_t i = 0; i < host->n_ips; i++)
		if (host->ips[i].family == family)
			return true;
	return false;
}

/* Two declarations of one name, one of each family: they are in two files, and one machine. */
static bool is_other_half(const struct import_host *a, const struct import_host *b)
{
	bool is_apart = (has_family(a, 4) && !has_family(a, 6) && has_family(b, 6) &&
				!has_family(b, 4)) ||
			(has_family(a, 6) && !has_family(a, 4) && has_family(b, 4) &&
				!has_family(b, 6));

	if (!is_apart || a->n_macs == 0 || b->n_macs == 0)
		return is_apart;
	for (size_t i = 0; i < a->n_macs; i++)
		for (size_t j = 0; j < b->n_macs; j++)
			if (mac_compare(a->macs[i], b->macs[j]) == 0)
				return true;
	return false;
}

/* The one of its name, or of that without the `_2` that makes a declaration's name its own. */
static struct import_host *find_half(struct import *im, const struct import_host *host)
{
	TMP_CTX(tmp);
	const char *line = strrchr(host->name, '_');
	struct import_host *other = import_find_host(im, host->name);

	if ((other != NULL && other != host) || line == NULL || host->n_macs == 0 ||
		line[1] == '\0' || line[1 + strspn(line + 1, "0123456789")] != '\0')
		return other;
	return import_find_host(
		im, mem_strndup(tmp, host->name, (size_t)(line - host->name)));
}

static void join_half(struct import *im, struct import_host *host)
{
	struct import_host *other = find_half(im, host);

	if (other == NULL || other == host || !other->has_dhcp ||
		!is_other_half(other, host))
		return;
	host->is_merged = true;
	for (size_t i = 0; i < host->n_ips; i++)
		import_add_ip(im, other, host->ips[i]);
	for (size_t i = 0; i < host->n_macs; i++)
		import_add_mac(im, other, host->macs[i]);
	for (size_t i = 0; i < host->n_duids; i++)
		*mem_push(im->mem_ctx, &other->duids, &other->n_duids) = host->duids[i];
	for (enum import_option option = 0; option < _IMPORT_MAX; option++)
		if (other->scope.values[option].text == NULL)
			other->scope.values[option] = host->scope.values[option];
}

static void read_host(
	struct parser *p, const struct around *outer, const struct statement *s)
{
	struct around inner = *outer;

	inner.is_top = false;
	inner.host = import_add_host(p->im, s->n > 1 ? s->words[1] : "", s->where);
	inner.host->has_dhcp = true;
	read_block(p, &inner);
	inner.host->scope = inner.groups;
	if (inner.host->host_name == NULL && inner.has_names)
		inner.host->host_name = inner.host->name;
	join_half(p->im, inner.host);
}

/* The architectures that a condition names: one of those numbers, joined by `or`. */
static bool read_condition(
	const struct parser *p, const struct statement *s, enum import_option *ret)
{
	static const struct {
		unsigned number;
		enum import_option option;
	} archs[] = {
		{0x00, IMPORT_BOOT_FILE},
		{0x07, IMPORT_BOOT_FILE_UEFI},
		{0x09, IMPORT_BOOT_FILE_UEFI},
		{0x0b, IMPORT_BOOT_FILE_ARM64},
		{0x10, IMPORT_BOOT_URL},
		{0x13, IMPORT_BOOT_URL},
	};
	bool is_any = false;

	for (size_t i = 0; i + 3 < s->n; i++) {
		const char *value = s->words[i + 3];

		if (!is(s, i, "option") || strcmp(s->words[i + 2], "=") != 0)
			continue;
		if (table_find(p->arch_options, s->words[i + 1]) == NULL ||
			strlen(value) != 5 || value[2] != ':')
			return false;
		int number = text_hex_byte(value + 3);
		bool is_known = false;

		for (size_t j = 0; j < ARRAY_SIZE(archs); j++) {
			if ((int)archs[j].number != number)
				continue;
			/* one branch for clients that have two places with us */
			is_known = !is_any || *ret == archs[j].option;
			*ret = archs[j].option;
		}
		if (!is_known)
			return false;
		is_any = true;
	}
	return is_any;
}

/* What we cannot judge is passed over as a whole, to the brace that closes. */
static void skip_block(struct parser *p)
{
	struct around lost = {.shared = NULL};
	bool was_muted = p->is_muted;

	p->is_muted = true;
	lost.host = mem_new(p->im->mem_ctx, struct import_host);
	lost.host->is_merged = true; /* nobody is found by it */
	read_block(p, &lost);
	p->is_muted = was_muted;
}

/* A branch by architecture holds a boot file, and nothing else that we know. */
static void read_branch(struct parser *p, struct around *a, const struct statement *head)
{
	bool is_else = is(head, 0, "else") && !is(head, 1, "if");
	enum import_option option = IMPORT_BOOT_FILE;
	struct statement s;

	if (is(head, 0, "if"))
		a->taken = 0;
	if (!is_else && !read_condition(p, head, &option)) {
		left(p, head, "is not taken over, nor what stands in its braces");
		skip_block(p);
		return;
	}
	while (next_statement(p, &s)) {
		if (is(&s, 0, "filename") && s.n == 2 && is_else)
			set_boot_files(p, a, s.words[1], a->taken, s.where);
		else if (is(&s, 0, "filename") && s.n == 2)
			set(a, option, s.words[1], s.where);
		else if (!(is(&s, 0, "option") && is(&s, 1, "vendor-class-identifier")))
			left(p, &s, "is not taken over from a branch by architecture");
	}
	a->taken |= 1U << option;
	p->at += p->at < p->end;
}

static void include(
	struct parser *p, struct around *a, const struct statement *s, enum pass pass);

static void read_pool(struct parser *p, const struct around *outer)
{
	struct around inner = *outer;
	struct pool pool = {.n_ranges = 0};

	inner.is_top = false;
	inner.pool = &pool;
	read_block(p, &inner);
	settle_pool(p, outer, &inner);
}

static void read_nested(struct parser *p, struct around *a, const struct statement *s)
{
	struct around inner = *a;

	inner.is_top = false;
	if (is(s, 0, "subnet") || is(s, 0, "subnet6")) {
		read_subnet(p, a, s);
	} else if (is(s, 0, "host")) {
		read_host(p, a, s);
	} else if (is(s, 0, "shared-network")) {
		inner.shared = s->n > 1 ? s->words[1] : "shared";
		read_block(p, &inner);
	} else if (is(s, 0, "group")) {
		read_block(p, &inner);
	} else if (is(s, 0, "pool") || is(s, 0, "pool6")) {
		read_pool(p, a);
	} else {
		left(p, s,
			is_server_word(s->words[0])
				? "is the server's own: it stays in the file that includes ours"
				: "is not taken over, nor what stands in its braces");
		skip_block(p);
	}
}

/* A block that the other pass reads, to the brace that closes. */
static void pass_over(struct parser *p)
{
	struct statement s;

	for (unsigned depth = 1; depth > 0 && p->at < p->end;)
		if (next_statement(p, &s)) {
			depth += s.has_block;
		} else if (p->at < p->end) {
			p->at++;
			depth--;
		}
}

static bool is_branch(const struct statement *s)
{
	return is(s, 0, "if") || is(s, 0, "elsif") || is(s, 0, "else");
}

/* Statements up to the brace that closes, or to the file's end. */
static void read_pass(struct parser *p, struct around *a, enum pass pass)
{
	struct statement s;

	while (next_statement(p, &s)) {
		if (s.n == 0 && s.has_block)
			read_pass(p, a, pass);
		else if (s.n == 0)
			continue;
		else if (s.has_block &&
			 pass != (is_branch(&s) ? PASS_LINES : PASS_SCOPES))
			pass_over(p);
		else if (s.has_block && is_branch(&s))
			read_branch(p, a, &s);
		else if (s.has_block)
			read_nested(p, a, &s);
		else if (is(&s, 0, "include"))
			include(p, a, &s, pass);
		else if (pass == PASS_LINES)
			read_line(p, a, &s);
	}
	p->at += p->at < p->end;
}

static void read_block(struct parser *p, struct around *a)
{
	const char *start = p->at;
	unsigned line = p->line;

	read_pass(p, a, PASS_LINES);
	p->at = start;
	p->line = line;
	read_pass(p, a, PASS_SCOPES);
}

/* Read once for both passes: also what is wrong with it is said once. */
static struct file_text *text_of(
	struct parser *p, const char *path, const struct statement *s)
{
	void **slot = table_slot(p->files, path);

	if (*slot != NULL)
		return *slot;
	struct file_text *file = *slot = mem_new(p->im->mem_ctx, struct file_text);

	file->failed = file_read(p->im->mem_ctx, path, EXIT_IO, FILE_MAX, p->im->diags,
		&file->text, &file->len);
	if (file->failed == 0)
		return file;
	struct finding *said = diag_last(p->im->diags);

	said->where.source = mem_strdup(p->im->diags, path);
	if (s != NULL)
		diag_note(said, s->where, "it is included here");
	if (p->im->failed == 0)
		p->im->failed = file->failed;
	return file;
}

static void read_text(struct parser *p, struct around *a, const char *path,
	const struct file_text *file, enum pass pass)
{
	p->file = mem_strdup(p->im->diags, path);
	p->at = file->text;
	p->end = file->text + file->len;
	p->line = 1;
	/* a brace too many ends a block that is none: the rest is read all the same */
	while (p->at < p->end)
		read_pass(p, a, pass);
}

static void include(
	struct parser *p, struct around *a, const struct statement *s, enum pass pass)
{
	struct parser inner = *p;
	bool is_ring = false;

	inner.depth++;
	inner.outer = p;
	for (const struct parser *at = p; at != NULL && s->n == 2; at = at->outer)
		is_ring |= strcmp(at->file, s->words[1]) == 0;
	if (s->n != 2 || is_ring || inner.depth > INCLUDES_MAX) {
		if (pass == PASS_LINES)
			left(p, s, "is not followed");
		return;
	}
	const struct file_text *file = text_of(p, s->words[1], s);

	if (file->failed == 0)
		read_text(&inner, a, s->words[1], file, pass);
}

int import_dhcpd(struct import *im, const char *path)
{
	TMP_CTX(tmp);
	struct parser p = {.im = im,
		.arch_options = table_new_folded(tmp, 8),
		.files = table_new(tmp, 8)};
	struct around top = {.is_top = true};
	static const char *const known[] = {
		"architecture-type", "pxe-system-type", "client-architecture"};

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		*table_slot(p.arch_options, known[i]) = &p;
	const struct file_text *file = text_of(&p, path, NULL);

	for (enum pass pass = PASS_LINES; file->failed == 0 && pass <= PASS_SCOPES;
		pass++)
		read_text(&p, &top, path, file, pass);
	im->scope = top.scope;
	return file->failed;
}
