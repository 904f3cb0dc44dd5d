/* SPDX-License-Identifier: Apache-2.0 */
#include "ldapcc/import/dhcpd.h"

#include <string.h>

#include "base/file.h"
#include "base/text.h"

/*
 * dhcpd.conf(5) of ISC's server: its blocks, what stands in hosts and pools, and the files that
 * it includes. Everything that is not taken over is named.
 */

enum { FILE_MAX = 64 * 1024 * 1024, INCLUDES_MAX = 16 };

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

/* What is the server's own, and no client's: it stays in the file that includes ours. */
static const char *const of_the_server[] = {"authoritative", "ddns-update-style",
	"ddns-updates", "log-facility", "ping-check", "ping-timeout", "pid-file-name",
	"lease-file-name", "local-address", "omapi-port", "omapi-key", "not",
	"server-identifier", "one-lease-per-client", "update-static-leases",
	"min-lease-time", "key", "zone", "failover"};

static bool is_server_word(const char *word)
{
	for (size_t i = 0; i < ARRAY_SIZE(of_the_server); i++)
		if (text_equal_case(word, of_the_server[i]))
			return true;
	return false;
}

/* Ranges */

static const char not_for_strangers[] =
	"is not taken over: it is not for unknown clients, as ranges are here";

/* FIRST LAST, one address, or of IPv6 a prefix. */
static bool read_ends(const struct dhcpd_statement *s, struct ip *start, struct ip *end)
{
	size_t first = dhcpd_is(s, 1, "dynamic-bootp") ? 2 : 1;
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

static void add_range(struct dhcpd_parser *p, const struct dhcpd_around *a,
	const struct dhcpd_statement *s)
{
	struct ip start, end;

	if (!read_ends(s, &start, &end)) {
		dhcpd_left(p, s, "is no range of addresses");
		return;
	}
	struct import_network *network =
		a->network != NULL ? a->network : import_network_of(p->im, start);

	if (network == NULL) {
		dhcpd_left(p, s, "is in no subnet above it");
		return;
	}
	if (!prefix_contains(network->prefix, start) ||
		!prefix_contains(network->prefix, end)) {
		dhcpd_left(p, s, "is not taken over: it is not inside its subnet");
		return;
	}
	bool is_turned = ip_compare(start, end) > 0;

	if (a->closed.source != NULL && a->pool == NULL) {
		dhcpd_left(p, s, not_for_strangers);
		return;
	}
	import_add_range(p->im, network, is_turned ? end : start, is_turned ? start : end,
		s->where);
}

/* Pools */

/* Whom a pool's ranges are for. All of it is named: a directory has no place for it. */
static void read_permit(
	struct dhcpd_parser *p, struct dhcpd_pool *pool, const struct dhcpd_statement *s)
{
	bool is_unknown = s->n > 1 && (text_has_prefix(s->words[1], "unknown") ||
					      dhcpd_is(s, 1, "all") ||
					      text_has_prefix(s->words[1], "unauth"));

	if (dhcpd_is(s, 0, "allow")) {
		pool->has_allow = true;
		pool->lets_unknown |= is_unknown;
	} else {
		pool->denies_unknown |= is_unknown;
	}
	dhcpd_left(p, s, "has no place in the directory");
}

static bool read_pool_line(
	struct dhcpd_parser *p, struct dhcpd_pool *pool, const struct dhcpd_statement *s)
{
	if (dhcpd_is(s, 0, "range") || dhcpd_is(s, 0, "range6"))
		*mem_push(p->im->mem_ctx, &pool->ranges, &pool->n_ranges) = *s;
	else if (dhcpd_is(s, 0, "allow") || dhcpd_is(s, 0, "deny"))
		read_permit(p, pool, s);
	else
		return false;
	return true;
}

/* What a pool says otherwise than its network: ranges here have no options of their own. */
static void check_pool(struct dhcpd_parser *p, const struct dhcpd_around *outer,
	const struct dhcpd_around *inner)
{
	for (enum import_option option = 0; option < _IMPORT_MAX; option++) {
		const struct import_value *value = &inner->scope.values[option];

		if (text_compare(value->text, outer->scope.values[option].text) == 0 ||
			value->text == NULL || p->is_muted)
			continue;
		import_left(p->im, value->where,
			"%s '%s' is a pool's only: all ranges of a network are told the "
			"same",
			import_place(option)->attribute, value->text);
	}
	for (size_t i = 0; i < inner->scope.n_further && !p->is_muted; i++) {
		const struct import_value *value = &inner->scope.further[i];

		if (!import_has_further(&outer->scope, value->text))
			import_left(p->im, value->where,
				"'option %s' is a pool's only: all ranges of a network are "
				"told the same",
				value->text);
	}
}

static void settle_pool(struct dhcpd_parser *p, const struct dhcpd_around *outer,
	const struct dhcpd_around *inner)
{
	const struct dhcpd_pool *pool = inner->pool;
	bool is_closed = pool->denies_unknown ||
			 (pool->has_allow && !pool->lets_unknown) ||
			 (outer->closed.source != NULL && !pool->lets_unknown);

	for (size_t i = 0; i < pool->n_ranges; i++)
		if (is_closed)
			dhcpd_left(p, &pool->ranges[i], not_for_strangers);
		else
			add_range(p, outer, &pool->ranges[i]);
	check_pool(p, outer, inner);
}

/* Hosts */

/* The addresses of each name in the hosts file. */
static struct table *index_names(TALLOC_CTX *mem_ctx, const struct import *im)
{
	struct table *names = table_new_folded(mem_ctx, im->n_lines);

	for (size_t i = 0; i < im->n_lines; i++)
		for (size_t j = 0; j < im->lines[i].n_names; j++) {
			void **slot = table_slot(names, im->lines[i].names[j]);

			if (*slot == NULL)
				*slot = mem_new(mem_ctx, struct dhcpd_addresses);
			struct dhcpd_addresses *found = *slot;

			*mem_push(mem_ctx, &found->items, &found->n) = im->lines[i].ip;
		}
	return names;
}

static void read_fixed(
	struct dhcpd_parser *p, struct import_host *host, const struct dhcpd_statement *s)
{
	for (size_t i = 1; i < s->n; i++) {
		const struct dhcpd_addresses *found = table_find(p->names, s->words[i]);
		struct ip ip;

		if (strcmp(s->words[i], ",") == 0)
			continue;
		if (ip_parse(s->words[i], &ip))
			import_add_ip(p->im, host, ip);
		else if (found == NULL)
			dhcpd_left(p, s, "names a host that no hosts file (--hosts) has");
		for (size_t j = 0; found != NULL && j < found->n; j++)
			import_add_ip(p->im, host, found->items[j]);
	}
}

/* What a management program writes into leases files: `supersede NAME = VALUE`. */
static bool read_superseded(
	struct dhcpd_parser *p, struct dhcpd_around *a, const struct dhcpd_statement *s)
{
	struct ip ip = {.family = 4};
	char text[IP_TEXT_MAX];

	if (!dhcpd_is(s, 0, "supersede") || !dhcpd_is(s, 2, "=") || s->n != 4)
		return false;
	if (dhcpd_is(s, 1, "server.filename") && s->is_string[3])
		dhcpd_set_file(p, a, CLIENTS_ALL, s->words[3], s->where);
	else if (dhcpd_is(s, 1, "host-name") && s->is_string[3])
		a->host->host_name = s->words[3];
	else if (dhcpd_is(s, 1, "server.next-server") && !s->is_string[3] &&
		 octets_parse(s->words[3], ip.bytes, 4) == 4)
		dhcpd_set(a, IMPORT_NEXT_SERVER,
			mem_strdup(p->im->mem_ctx, ip_format(ip, text)), s->where);
	else
		return false;
	return true;
}

/* Such a program's own marks; a host that it has deleted is none. */
static bool read_mark(
	struct dhcpd_parser *p, struct dhcpd_around *a, const struct dhcpd_statement *s)
{
	bool is_deleted = dhcpd_is(s, 0, "deleted");

	if (s->n != 1 || (!is_deleted && !dhcpd_is(s, 0, "dynamic")))
		return false;
	a->host->is_merged |= is_deleted;
	if (is_deleted && !p->is_muted)
		import_say(p->im, s->where, "host '%s' is deleted, and passed over",
			a->host->name);
	return true;
}

static bool read_host_line(
	struct dhcpd_parser *p, struct dhcpd_around *a, const struct dhcpd_statement *s)
{
	struct mac mac;

	if (dhcpd_is(s, 0, "hardware")) {
		if (s->n == 3 && dhcpd_is(s, 1, "ethernet") &&
			mac_parse(s->words[2], &mac))
			import_add_mac(p->im, a->host, mac);
		else
			dhcpd_left(p, s, "is no Ethernet address");
		return true;
	}
	if (dhcpd_is(s, 0, "fixed-address") || dhcpd_is(s, 0, "fixed-address6")) {
		read_fixed(p, a->host, s);
		return true;
	}
	if (dhcpd_is(s, 0, "host-identifier") && dhcpd_is(s, 2, "dhcp6.client-id") &&
		s->n == 4 && !s->is_string[3]) {
		*mem_push(p->im->mem_ctx, &a->host->duids, &a->host->n_duids) =
			s->words[3];
		return true;
	}
	if (read_superseded(p, a, s) || read_mark(p, a, s))
		return true;
	const char *guid = dhcpd_is(s, 0, "option") &&
					   dhcpd_is(s, 1, "dhcp-client-identifier") &&
					   s->n > 2
				   ? import_guid(s->words[s->n - 1])
				   : NULL;

	if (guid != NULL) {
		*mem_push(p->im->mem_ctx, &a->host->guids, &a->host->n_guids) = guid;
		return true;
	}
	if (dhcpd_is(s, 0, "option") && dhcpd_is(s, 1, "host-name") && s->n == 3) {
		a->host->host_name = s->words[2];
		return true;
	}
	/* the name that DNS has anyway */
	return dhcpd_is(s, 0, "ddns-hostname") && dhcpd_is(s, 1, a->host->name);
}

/* `deny unknown-clients` and the like: who gets an answer at all. */
static void read_service(
	struct dhcpd_parser *p, struct dhcpd_around *a, const struct dhcpd_statement *s)
{
	bool is_allow = dhcpd_is(s, 0, "allow");

	if (s->n > 1 && text_has_prefix(s->words[1], "unknown") && a->host == NULL)
		a->closed = is_allow ? LOC_NONE : s->where;
	else if (a->is_top && !p->is_muted)
		import_say(p->im, s->where,
			"'%s %s' is the server's own: it stays in the file that includes "
			"ours",
			s->words[0], s->n > 1 ? s->words[1] : "");
	else if (!is_allow)
		dhcpd_left(p, s, "has no place in the directory");
}

/* Lifetimes beside that of leases: whether they say something else shows at the end. */
static bool read_lifetime(
	struct dhcpd_parser *p, struct dhcpd_around *a, const struct dhcpd_statement *s)
{
	bool is_longest = dhcpd_is(s, 0, "max-lease-time");
	const char *lease = a->scope.values[IMPORT_LEASE].text;

	if ((!is_longest && !dhcpd_is(s, 0, "preferred-lifetime")) || s->n != 2)
		return false;
	*(is_longest ? &a->scope.longest : &a->scope.preferred) =
		(struct import_value){dhcpd_lease(s->words[1]), s->where};
	if ((a->host != NULL || a->pool != NULL || a->is_group) &&
		text_compare(lease, dhcpd_lease(s->words[1])) != 0)
		dhcpd_left(p, s, "is not taken over: it has no place in the directory");
	return true;
}

static void say_servers(struct dhcpd_parser *p, const struct dhcpd_statement *s)
{
	if (!p->is_muted)
		import_say(p->im, s->where,
			"'%s' is the server's own: it stays in the file that includes ours",
			s->words[0]);
}

/* A simple statement. */
static void read_line(
	struct dhcpd_parser *p, struct dhcpd_around *a, struct dhcpd_statement *s)
{
	dhcpd_drop_equals(p, s);
	if (a->host != NULL && read_host_line(p, a, s))
		return;
	if (a->pool != NULL && read_pool_line(p, a->pool, s))
		return;
	if (dhcpd_is(s, 0, "range") || dhcpd_is(s, 0, "range6")) {
		add_range(p, a, s);
	} else if (dhcpd_is(s, 0, "use-host-decl-names")) {
		a->has_names = dhcpd_is(s, 1, "on") || dhcpd_is(s, 1, "true");
	} else if (dhcpd_is(s, 0, "option") && dhcpd_is(s, 2, "code")) {
		dhcpd_define(p, s);
	} else if (dhcpd_is(s, 0, "option") && dhcpd_is(s, 1, "space")) {
		dhcpd_left(p, s, "has no place in the directory, nor its options");
	} else if (dhcpd_is(s, 0, "allow") || dhcpd_is(s, 0, "deny") ||
		   dhcpd_is(s, 0, "ignore")) {
		read_service(p, a, s);
	} else if (is_server_word(s->words[0])) {
		say_servers(p, s);
	} else if (!read_lifetime(p, a, s) && !dhcpd_option(p, a, s)) {
		dhcpd_left(p, s,
			a->is_top ? "has no place in the directory: keep it in the file "
				    "that includes ours"
				  : "has no place in the directory");
	}
}

/* Blocks */

static void read_block(struct dhcpd_parser *p, struct dhcpd_around *a);

/* ADDRESS netmask MASK, of IPv6 ADDRESS/LENGTH */
static bool read_prefix(const struct dhcpd_statement *s, struct prefix *ret)
{
	unsigned bits;

	if (dhcpd_is(s, 0, "subnet6"))
		return s->n == 2 && prefix_parse(s->words[1], -1, ret) == NULL;
	return s->n == 4 && dhcpd_is(s, 2, "netmask") &&
	       netmask_parse(s->words[3], &bits) == NULL &&
	       prefix_parse(s->words[1], (int)bits, ret) == NULL;
}

/*
 * DHCPv6 has no routers and MTU, and its own option of boot files; what is said of them above for
 * the other family does not hold.
 */
static void drop_others(struct import_scope *scope, unsigned family)
{
	for (enum import_option option = 0; option < _IMPORT_MAX; option++) {
		bool is_ipv4s = option == IMPORT_ROUTERS || option == IMPORT_MTU ||
				option == IMPORT_ROUTES || option > IMPORT_LEASE;

		if (family == 6 ? is_ipv4s && !scope->values[option].is_ipv6
				: scope->values[option].is_ipv6)
			scope->values[option].text = NULL;
	}
}

/* A subnet that is declared twice is one: what is declared first counts. */
static struct import_network *add_subnet(
	struct dhcpd_parser *p, struct prefix prefix, const struct dhcpd_statement *s)
{
	const struct import_network *network = import_find_network(p->im, prefix);

	if (network == NULL)
		return import_add_network(p->im, prefix, s->where);
	dhcpd_left(p, s,
		mem_printf(p->im->mem_ctx,
			"is there already, in %s:%u: ranges and hosts in it are taken over, "
			"what else it says is not",
			network->where.source, network->where.line));
	return NULL;
}

static void read_subnet(struct dhcpd_parser *p, const struct dhcpd_around *outer,
	const struct dhcpd_statement *s)
{
	struct dhcpd_around inner = *outer;
	struct prefix prefix;

	inner.is_top = false;
	if (!read_prefix(s, &prefix) || outer->network != NULL) {
		dhcpd_left(p, s,
			outer->network != NULL ? "stands in another subnet"
					       : "is no subnet ADDRESS netmask MASK");
		dhcpd_skip(p);
		return;
	}
	drop_others(&inner.scope, prefix.base.family);
	struct import_network *network = add_subnet(p, prefix, s);
	bool is_new = network != NULL;

	inner.network = is_new ? network : import_find_network(p->im, prefix);
	inner.is_group = false;
	size_t index = (size_t)(inner.network - p->im->networks);

	read_block(p, &inner);
	network = &p->im->networks[index];
	if (is_new) {
		network->shared = outer->shared;
		network->scope = inner.scope;
	}
	/* ranges that stand above the statement are not for strangers either */
	if (inner.closed.source != NULL)
		import_close_ranges(p->im, network, inner.closed);
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
	struct import_scope both = host->scope;

	import_overlay(im, &both, &other->scope);
	other->scope = both;
}

static void read_host(struct dhcpd_parser *p, const struct dhcpd_around *outer,
	const struct dhcpd_statement *s)
{
	struct dhcpd_around inner = *outer;

	inner.is_top = false;
	inner.host = import_add_host(p->im, s->n > 1 ? s->words[1] : "", s->where);
	inner.host->has_dhcp = true;
	read_block(p, &inner);
	inner.host->scope = inner.groups;
	if (inner.host->host_name == NULL && inner.has_names)
		inner.host->host_name = inner.host->name;
	join_half(p->im, inner.host);
}

static void include(struct dhcpd_parser *p, struct dhcpd_around *a,
	const struct dhcpd_statement *s, enum pass pass);

static void read_pool(struct dhcpd_parser *p, const struct dhcpd_around *outer)
{
	struct dhcpd_around inner = *outer;
	struct dhcpd_pool pool = {.n_ranges = 0};

	inner.is_top = false;
	inner.pool = &pool;
	read_block(p, &inner);
	settle_pool(p, outer, &inner);
}

/* A wire's name is told to nobody: what no attribute takes in it is a hyphen. */
static const char *wire_name(struct dhcpd_parser *p, const struct dhcpd_statement *s)
{
	static const char plain[] = TEXT_LETTERS TEXT_DIGITS "_.:-";
	char *name = mem_printf(p->im->mem_ctx, "%s", s->n > 1 ? s->words[1] : "shared");

	for (char *c = name; *c != '\0'; c++)
		if (strchr(plain, *c) == NULL)
			*c = '-';
	return name[0] == '-' || name[0] == '.' || name[0] == '\0'
		       ? mem_printf(p->im->mem_ctx, "wire%s", name)
		       : name;
}

static void read_nested(
	struct dhcpd_parser *p, struct dhcpd_around *a, const struct dhcpd_statement *s)
{
	struct dhcpd_around inner = *a;

	inner.is_top = false;
	if (dhcpd_is(s, 0, "subnet") || dhcpd_is(s, 0, "subnet6")) {
		read_subnet(p, a, s);
	} else if (dhcpd_is(s, 0, "host")) {
		read_host(p, a, s);
	} else if (dhcpd_is(s, 0, "shared-network")) {
		inner.shared = wire_name(p, s);
		read_block(p, &inner);
	} else if (dhcpd_is(s, 0, "group")) {
		inner.is_group = inner.network == NULL;
		read_block(p, &inner);
	} else if (dhcpd_is(s, 0, "class")) {
		dhcpd_class(p, s);
	} else if (dhcpd_is(s, 0, "pool") || dhcpd_is(s, 0, "pool6")) {
		read_pool(p, a);
	} else {
		if (is_server_word(s->words[0]))
			say_servers(p, s);
		else
			dhcpd_left(
				p, s, "is not taken over, nor what stands in its braces");
		dhcpd_skip(p);
	}
}

/* What we cannot judge is passed over as a whole. */
void dhcpd_skip(struct dhcpd_parser *p)
{
	struct dhcpd_around lost = {.mask = CLIENTS_ALL};
	bool was_muted = p->is_muted;

	p->is_muted = true;
	lost.host = mem_new(p->im->mem_ctx, struct import_host);
	lost.host->is_merged = true; /* nobody is found by it */
	read_block(p, &lost);
	p->is_muted = was_muted;
}

/* A block that the other pass reads, to the brace that closes. */
static void pass_over(struct dhcpd_parser *p)
{
	struct dhcpd_statement s;

	for (unsigned depth = 1; depth > 0 && p->at < p->end;)
		if (dhcpd_next(p, &s)) {
			depth += s.has_block;
		} else if (p->at < p->end) {
			p->at++;
			depth--;
		}
}

/* Statements up to the brace that closes, or to the file's end. */
static void read_pass(struct dhcpd_parser *p, struct dhcpd_around *a, enum pass pass)
{
	struct dhcpd_statement s;

	while (dhcpd_next(p, &s)) {
		if (s.n == 0 && s.has_block)
			read_pass(p, a, pass);
		else if (s.n == 0)
			continue;
		else if (s.has_block &&
			 pass != (dhcpd_is_branch(&s) ? PASS_LINES : PASS_SCOPES))
			pass_over(p);
		else if (s.has_block && dhcpd_is_branch(&s))
			dhcpd_branch(p, a, &s);
		else if (s.has_block)
			read_nested(p, a, &s);
		else if (dhcpd_is(&s, 0, "include"))
			include(p, a, &s, pass);
		else if (pass == PASS_LINES)
			read_line(p, a, &s);
	}
	p->at += p->at < p->end;
}

static void read_block(struct dhcpd_parser *p, struct dhcpd_around *a)
{
	const struct dhcpd_parser start = *p;

	read_pass(p, a, PASS_LINES);
	p->at = start.at;
	p->line = start.line;
	p->line_at = start.line_at;
	read_pass(p, a, PASS_SCOPES);
}

/* Read once for both passes: also what is wrong with it is said once. */
static struct file_text *text_of(
	struct dhcpd_parser *p, const char *path, const struct dhcpd_statement *s)
{
	void **slot = table_slot(p->files, path);

	if (*slot != NULL)
		return *slot;
	struct file_text *file = *slot = mem_new(p->im->mem_ctx, struct file_text);

	file->failed = file_read(p->im->mem_ctx, path, EXIT_IO, FILE_MAX, p->im->diags,
		&file->text, &file->len);
	if (file->failed == 0) {
		import_check_own(p->im, path, file->text, file->len);
		return file;
	}
	struct finding *said = diag_last(p->im->diags);

	said->where.source = mem_strdup(p->im->diags, path);
	if (s != NULL)
		diag_note(said, s->where, "it is included here");
	if (p->im->failed == 0)
		p->im->failed = file->failed;
	return file;
}

static void read_text(struct dhcpd_parser *p, struct dhcpd_around *a, const char *path,
	const struct file_text *file, enum pass pass)
{
	p->file = mem_strdup(p->im->diags, path);
	p->at = p->line_at = file->text;
	p->end = file->text + file->len;
	p->line = 1;
	/* a brace too many ends a block that is none: the rest is read all the same */
	while (p->at < p->end)
		read_pass(p, a, pass);
}

static void include(struct dhcpd_parser *p, struct dhcpd_around *a,
	const struct dhcpd_statement *s, enum pass pass)
{
	struct dhcpd_parser inner = *p;
	bool is_ring = false;

	inner.depth++;
	inner.outer = p;
	for (const struct dhcpd_parser *at = p; at != NULL && s->n == 2; at = at->outer)
		is_ring |= strcmp(at->file, s->words[1]) == 0;
	if (s->n != 2 || is_ring || inner.depth > INCLUDES_MAX) {
		if (pass == PASS_LINES)
			dhcpd_left(p, s, "is not followed");
		return;
	}
	const struct file_text *file = text_of(p, s->words[1], s);

	if (file->failed == 0 && pass == PASS_LINES && !p->is_muted)
		import_say(p->im, s->where, "'%s' is read, too", s->words[1]);
	if (file->failed == 0)
		read_text(&inner, a, s->words[1], file, pass);
}

/* What a class says comes before what the site and its networks say. */
static void apply_classes(struct import *im, const struct import_scope *classes)
{
	import_overlay(im, &im->scope, classes);
	for (size_t i = 0; i < im->n_networks; i++)
		if (im->networks[i].prefix.base.family == 4)
			import_overlay(im, &im->networks[i].scope, classes);
}

enum { LEASE = 43200 }; /* where default-lease-time says nothing */

/* No lease is longer than max-lease-time; ours have one length. */
static void settle_lease(struct import *im, struct import_scope *scope)
{
	struct import_value *lease = &scope->values[IMPORT_LEASE];
	uint64_t seconds = LEASE, longest;

	if (scope->longest.text == NULL ||
		text_compare(lease->text, scope->longest.text) == 0)
		return;
	if (lease->text != NULL)
		(void)!text_parse_u64(lease->text, UINT32_MAX, &seconds);
	if (text_parse_u64(scope->longest.text, UINT32_MAX, &longest) &&
		longest <= seconds) {
		*lease = scope->longest;
		return;
	}
	import_left(im, scope->longest.where,
		"'max-lease-time %s' is not taken over: leases last as long as "
		"default-lease-time says",
		scope->longest.text);
	if (lease->text == NULL)
		*lease = (struct import_value){
			mem_printf(im->mem_ctx, "%u", LEASE), scope->longest.where};
}

static void check_preferred(struct import *im, const struct import_scope *scope)
{
	const char *lease = scope->values[IMPORT_LEASE].text;
	uint64_t seconds = LEASE, preferred = 0;

	if (scope->preferred.text == NULL)
		return;
	if (lease != NULL)
		(void)!text_parse_u64(lease, UINT32_MAX, &seconds);
	if (!text_parse_u64(scope->preferred.text, UINT32_MAX, &preferred) ||
		preferred != seconds * 5 / 8)
		import_left(im, scope->preferred.where,
			"'preferred-lifetime %s' is not taken over: addresses are preferred "
			"for five eighths of the lease",
			scope->preferred.text);
}

static bool is_next_server(const struct import *im, const char *text)
{
	bool is_one = text_compare(im->scope.values[IMPORT_NEXT_SERVER].text, text) == 0;

	for (size_t i = 0; i < im->n_networks && !is_one; i++)
		is_one = text_compare(
				 im->networks[i].scope.values[IMPORT_NEXT_SERVER].text,
				 text) == 0;
	return is_one;
}

static void check_servers(struct import *im, const struct dhcpd_servers *servers)
{
	for (size_t i = 0; i < servers->n; i++)
		if (!is_next_server(im, servers->items[i].text))
			import_left(im, servers->items[i].where,
				"'next-server %s' is not taken over: all kinds of clients "
				"have one next server",
				servers->items[i].text);
}

static void settle(struct import *im, const struct dhcpd_parser *p)
{
	apply_classes(im, p->classes);
	check_servers(im, p->servers);
	for (size_t i = 0; i < im->n_networks; i++) {
		settle_lease(im, &im->networks[i].scope);
		if (im->networks[i].prefix.base.family == 6)
			check_preferred(im, &im->networks[i].scope);
	}
	if (im->n_networks == 0)
		settle_lease(im, &im->scope);
}

int import_dhcpd(struct import *im, const char *path)
{
	TMP_CTX(tmp);
	struct dhcpd_parser p = {.im = im,
		.codes = table_new_folded(tmp, 8),
		.files = table_new(tmp, 8),
		.names = index_names(tmp, im),
		.classes = mem_new(tmp, struct import_scope),
		.servers = mem_new(tmp, struct dhcpd_servers)};
	struct dhcpd_around top = {.is_top = true, .mask = CLIENTS_ALL};
	const struct file_text *file = text_of(&p, path, NULL);

	for (enum pass pass = PASS_LINES; file->failed == 0 && pass <= PASS_SCOPES;
		pass++)
		read_text(&p, &top, path, file, pass);
	im->scope = top.scope;
	settle(im, &p);
	return file->failed;
}
