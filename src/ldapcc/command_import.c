/* SPDX-License-Identifier: Apache-2.0 */
#include "ldapcc/import.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <json-c/json.h>

#include "base/text.h"
#include "ldapcc/commands.h"
#include "model/dns_record.h"
#include "model/use.h"
#include "read/ldif.h"

/* Is it? From now on it is. */
static bool is_said(struct import *im, struct loc where, const char *text)
{
	void **slot =
		table_slot(im->said, mem_printf(im->mem_ctx, "%s:%u:%u:%s",
					     where.source == NULL ? "" : where.source,
					     where.line, where.column, text));
	bool is_there = *slot != NULL;

	*slot = im;
	return is_there;
}

static void say(struct import *im, struct loc where, enum severity severity,
	const char *id, const char *format, va_list args) _printf_(5, 0);
static void say(struct import *im, struct loc where, enum severity severity,
	const char *id, const char *format, va_list args)
{
	const char *text =
		text_printable_line(im->mem_ctx, mem_vprintf(im->mem_ctx, format, args));

	if (!is_said(im, where, text))
		diag_add(im->diags, severity, id, where, "%s", text);
}

void import_left(struct import *im, struct loc where, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(im, where, SEVERITY_WARNING, "import", format, args);
	va_end(args);
}

void import_say(struct import *im, struct loc where, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(im, where, SEVERITY_NOTE, NULL, format, args);
	va_end(args);
}

/* The inventory */

struct import_host *import_add_host(struct import *im, const char *name, struct loc where)
{
	struct import_host *host = mem_new(im->mem_ctx, struct import_host);
	char *own = mem_strdup(im->mem_ctx, name);

	text_lower(own);
	host->where = where;
	*mem_push(im->mem_ctx, &im->hosts, &im->n_hosts) = host;
	import_rename(im, host, own);
	return host;
}

/* The first of a name is found by it, as long as it has the name and stands for itself. */
void import_rename(struct import *im, struct import_host *host, const char *name)
{
	void **slot = table_slot(im->by_name, name);
	const struct import_host *other = *slot;

	host->name = name;
	if (other == NULL || other->is_merged || !text_equal_case(other->name, name))
		*slot = host;
}

struct import_network *import_add_network(
	struct import *im, struct prefix prefix, struct loc where)
{
	struct import_network *network =
		mem_push(im->mem_ctx, &im->networks, &im->n_networks);

	network->prefix = prefix;
	network->where = where;
	return network;
}

struct import_network *import_network_of(struct import *im, struct ip ip)
{
	for (size_t i = 0; i < im->n_networks; i++)
		if (prefix_contains(im->networks[i].prefix, ip))
			return &im->networks[i];
	return NULL;
}

struct import_host *import_find_host(struct import *im, const char *name)
{
	struct import_host *host = table_find(im->by_name, name);

	return host == NULL || host->is_merged || !text_equal_case(host->name, name)
		       ? NULL
		       : host;
}

struct import_host *import_host_at(struct import *im, struct ip ip)
{
	char text[IP_TEXT_MAX];
	struct import_host *host = table_find(im->by_ip, ip_format(ip, text));

	return host == NULL || host->is_merged ? NULL : host;
}

void import_add_ip(struct import *im, struct import_host *host, struct ip ip)
{
	for (size_t i = 0; i < host->n_ips; i++)
		if (ip_compare(host->ips[i], ip) == 0)
			return;
	*mem_push(im->mem_ctx, &host->ips, &host->n_ips) = ip;
	char text[IP_TEXT_MAX];
	void **slot = table_slot(im->by_ip, mem_strdup(im->mem_ctx, ip_format(ip, text)));

	const struct import_host *other = *slot;

	if (other == NULL || other->is_merged)
		*slot = host;
}

void import_add_mac(struct import *im, struct import_host *host, struct mac mac)
{
	for (size_t i = 0; i < host->n_macs; i++)
		if (mac_compare(host->macs[i], mac) == 0)
			return;
	*mem_push(im->mem_ctx, &host->macs, &host->n_macs) = mac;
}

const char *import_guid(const char *client_id)
{
	static const char start[] = "ff:00:00:00:00:00:02:00:00:02:c9:00:";
	enum { GUID_LEN = 23 };
	const char *guid = client_id + strlen(start);

	if (strncasecmp(client_id, start, strlen(start)) != 0 ||
		strlen(guid) != GUID_LEN ||
		strspn(guid, "0123456789abcdefABCDEF:") != GUID_LEN)
		return NULL;
	return guid;
}

/* Names */

/* A host that DHCP tells a domain of its own has it in DNS, too: as a part of its name. */
static const char *with_domain(
	struct import *im, const struct import_host *host, const char *name)
{
	const struct import_network *network =
		host->n_ips == 0 ? NULL : import_network_of(im, host->ips[0]);
	const char *own = host->scope.values[IMPORT_DOMAIN].text;
	const char *around =
		network == NULL ? NULL : network->scope.values[IMPORT_DOMAIN].text;

	if (around == NULL)
		around = im->scope.values[IMPORT_DOMAIN].text;
	if (!host->has_dhcp || own == NULL || strchr(name, '.') != NULL ||
		text_compare(own, around) == 0)
		return name;
	return mem_printf(im->mem_ctx, "%s.%s", name, own);
}

enum { LABEL_END = 17 }; /* six octets */

/* A declaration's own name where no hosts file has one: underscores are in no host name. */
static void name_host(struct import *im, struct import_host *host)
{
	const char *name = host->name;
	struct ip ip;

	if (host->host_name != NULL && strchr(name, '.') == NULL)
		name = host->host_name;
	/* ethers knows some by their addresses, which are no names */
	if (ip_parse(name, &ip))
		name = "";
	if (name[0] == '\0' && host->n_macs > 0) {
		char text[MAC_TEXT_MAX];

		name = mem_printf(im->mem_ctx, "mac-%s", mac_format(host->macs[0], text));
	} else if (name[0] == '\0' && host->n_guids > 0) {
		name = mem_printf(im->mem_ctx, "guid-%s", host->guids[0]);
	} else if (name[0] == '\0' && host->n_duids > 0) {
		/* its end is what differs */
		size_t len = strlen(host->duids[0]);

		name = mem_printf(im->mem_ctx, "duid-%s",
			host->duids[0] + (len > LABEL_END ? len - LABEL_END : 0));
	}
	char *own = mem_strdup(im->mem_ctx, with_domain(im, host, name));

	text_lower(own);
	for (char *c = own; *c != '\0'; c++)
		if (*c == '_' || *c == ':')
			*c = '-';
	if (text_hostname_fault(own) != NULL) {
		import_left(im, host->where, "'%s' is no host name: %s", own,
			text_hostname_fault(own));
		host->is_merged = true;
	}
	host->name = own;
	/* what was not taken over has been named: nothing is left of it */
	host->is_merged |=
		host->n_macs + host->n_guids + host->n_ips + host->n_records == 0;
	if (host->host_name != NULL && !text_equal_case(host->host_name, own) &&
		!import_is_short_of(host->host_name, own))
		import_left(im, host->where,
			"the name '%s' that DHCP gives is not that of DNS, '%s', which it "
			"will be told",
			host->host_name, own);
}

/* DHCPv6 tells no client a host name. */
static bool is_told_none(const struct import_host *host)
{
	size_t n = 0;

	while (n < host->n_ips && host->ips[n].family == 6)
		n++;
	return n > 0 && n == host->n_ips;
}

/* What hosts are told of their names otherwise than they were: one note each. */
static void check_told_names(struct import *im)
{
	const struct import_host *first = NULL;
	size_t n = 0;

	for (size_t i = 0; i < im->n_hosts; i++) {
		const struct import_host *host = im->hosts[i];

		if (!host->has_dhcp || host->is_merged)
			continue;
		if (host->host_name != NULL && strchr(host->host_name, '.') != NULL)
			import_say(im, host->where,
				"the name '%s' is told in two parts from now on: host name "
				"and domain",
				host->host_name);
		if (host->host_name != NULL || host->is_by_name || is_told_none(host))
			continue;
		first = first == NULL ? host : first;
		n++;
	}
	if (n > 0)
		import_say(im, first->where,
			"DHCP tells %zu %s, this the first, a host name from now on", n,
			text_plural(n, "host", "hosts"));
}

/* Records of names */

/* A host is found by its name, and by that with the domain it has; the first of several. */
static void call(struct import *im, struct table *called, struct import_host *host)
{
	const struct import_network *network =
		host->n_ips == 0 ? NULL : import_network_of(im, host->ips[0]);
	const char *domain =
		network == NULL ? NULL : network->scope.values[IMPORT_DOMAIN].text;
	const char *names[2] = {host->name, NULL};

	if (domain == NULL)
		domain = im->scope.values[IMPORT_DOMAIN].text;
	if (domain != NULL)
		names[1] = mem_printf(im->mem_ctx, "%s.%s", host->name, domain);
	for (size_t i = 0; i < ARRAY_SIZE(names) && names[i] != NULL; i++) {
		void **slot = table_slot(called, names[i]);

		if (*slot == NULL)
			*slot = host;
	}
}

/* A record is of the host that has its name, else of an entry of its own without an address. */
static void place_records(struct import *im)
{
	TMP_CTX(tmp);
	struct arena *arena = arena_new(tmp);
	struct table *called = table_new_folded(tmp, 2 * im->n_hosts);

	for (size_t i = 0; i < im->n_hosts; i++)
		if (!im->hosts[i]->is_merged)
			call(im, called, im->hosts[i]);
	for (size_t i = 0; i < im->n_owned; i++) {
		const struct import_record *record = &im->owned[i];
		const char *domain = im->scope.values[IMPORT_DOMAIN].text;
		const char *owner = record->owner == NULL ? domain : record->owner;
		const char *fault = owner == NULL ? "its name is not known"
						  : text_hostname_fault(owner);
		struct dns_record parsed;

		if (fault == NULL)
			fault = dns_record_parse(arena, record->text, &parsed);
		if (fault != NULL) {
			import_left(im, record->where,
				"the record '%s' of '%s' is not taken over: %s; keep the line "
				"in the server's own file",
				record->text, owner == NULL ? "" : owner, fault);
			continue;
		}
		if (text_compare(domain, owner) == 0) {
			*mem_push(im->mem_ctx, &im->records, &im->n_records) =
				record->text;
			continue;
		}

		struct import_host *host = table_find(called, owner);
		bool is_new = host == NULL;

		if (is_new)
			host = import_add_host(im, owner, record->where);
		*mem_push(im->mem_ctx, &host->records, &host->n_records) = record->text;
		if (!is_new)
			continue;
		name_host(im, host);
		call(im, called, host);
	}
}

/* Machines of several declarations */

static int compare_hosts(const void *left, const void *right)
{
	const struct import_host *a = *(struct import_host *const *)left;
	const struct import_host *b = *(struct import_host *const *)right;
	int order = strcmp(a->name, b->name);

	if (order == 0 && a->n_ips > 0 && b->n_ips > 0)
		order = ip_compare(a->ips[0], b->ips[0]);
	return order;
}

/* Settings */

static const struct {
	const char *attribute;
	enum field_id field;
	bool is_list;
} places[_IMPORT_MAX] = {
	[IMPORT_ROUTERS] = {"vocGateway", FIELD_GATEWAY, false},
	[IMPORT_ROUTES] = {"vocStaticRoute", FIELD_STATIC_ROUTE, true},
	[IMPORT_NAME_SERVERS] = {"vocNameServer", FIELD_NAMESERVER, true},
	[IMPORT_DOMAIN] = {"vocDomain", FIELD_DOMAIN, false},
	[IMPORT_SEARCH] = {"vocSearchDomain", FIELD_SEARCH, true},
	[IMPORT_TIME_SERVERS] = {"vocTimeServer", FIELD_TIMESERVER, true},
	[IMPORT_MTU] = {"vocMTU", FIELD_MTU, false},
	[IMPORT_LEASE] = {"vocLeaseTime", FIELD_LEASE_TIME, false},
	[IMPORT_NEXT_SERVER] = {"vocNextServer", FIELD_NEXT_SERVER, false},
	[IMPORT_BOOT_FILE] = {"vocBootFile", FIELD_BOOT_FILE, false},
	[IMPORT_BOOT_FILE_UEFI] = {"vocBootFileUEFI", FIELD_BOOT_FILE_UEFI, false},
	[IMPORT_BOOT_FILE_ARM64] = {"vocBootFileARM64", FIELD_BOOT_FILE_ARM64, false},
	[IMPORT_BOOT_URL] = {"vocBootURL", FIELD_BOOT_URL, false},
};

const char *import_attribute(enum import_option option)
{
	return places[option].attribute;
}

/* Does a host have an attribute of its own for it? Its domain is in its name. */
static bool is_hosts(enum import_option option)
{
	return option != IMPORT_DOMAIN && use_exists(KIND_HOST, places[option].field);
}

/* A host's only boot file is every client's, where the schema has no others for it. */
static bool is_covered(const struct import_host *host, enum import_option option)
{
	return option >= IMPORT_BOOT_FILE_UEFI &&
	       text_compare(host->scope.values[option].text,
		       host->scope.values[IMPORT_BOOT_FILE].text) == 0;
}

/* Values of a directory are a set: ours are told in the order of their letters. */
static void check_order(
	struct import *im, const struct import_value *value, enum import_option option)
{
	TMP_CTX(tmp);
	size_t n;
	char **words = text_split_blank(tmp, value->text == NULL ? "" : value->text, &n);

	for (size_t i = 1; places[option].is_list && option != IMPORT_ROUTES && i < n;
		i++)
		if (strcmp(words[i - 1], words[i]) > 0) {
			import_left(im, value->where,
				"the order of '%s' is lost: values in a directory have none",
				value->text);
			return;
		}
}

/* Of the whole site only: vocCluster has it, and no network. */
static bool is_sites(enum import_option option)
{
	return option == IMPORT_SEARCH || option == IMPORT_TIME_SERVERS;
}

/* What all networks say alike is the site's; what one says otherwise has no place. */
static void settle_site(struct import *im, enum import_option option)
{
	struct import_value *site = &im->scope.values[option];

	if (site->text == NULL && im->n_networks > 0)
		*site = im->networks[0].scope.values[option];
	for (size_t i = 0; i < im->n_networks; i++) {
		const struct import_value *value = &im->networks[i].scope.values[option];
		/* DHCPv6 has another option for them */
		bool is_silent = option == IMPORT_TIME_SERVERS && value->text == NULL &&
				 im->networks[i].prefix.base.family == 6;

		if (!is_silent && text_compare(value->text, site->text) != 0)
			import_left(im,
				value->text == NULL ? im->networks[i].where
						    : value->where,
				"%s is one for the whole site: '%s' here, '%s' elsewhere",
				places[option].attribute,
				value->text == NULL ? "" : value->text,
				site->text == NULL ? "" : site->text);
	}
}

/* DHCPv6 has options of its own for these, or none. */
static bool is_ipv4s(enum import_option option)
{
	return option == IMPORT_ROUTERS || option == IMPORT_MTU ||
	       option >= IMPORT_ROUTES;
}

/* Does DHCP tell it to clients in the network? */
static bool is_for(const struct import_network *network, const struct import_value *value,
	enum import_option option)
{
	if (network->prefix.base.family == 4)
		return !value->is_ipv6;
	return value->is_ipv6 || option == IMPORT_LEASE || !is_ipv4s(option);
}

/* What a group says to all hosts of a network, and nobody else is there, is the network's. */
static void promote(
	struct import *im, struct import_network *network, enum import_option option)
{
	const struct import_value *common = NULL;

	if (network->n_ranges > 0)
		return;
	for (size_t i = 0; i < im->n_hosts; i++) {
		const struct import_host *host = im->hosts[i];
		const struct import_value *value = &host->scope.values[option];

		if (!host->has_dhcp || !import_is_in(network, host))
			continue;
		if (value->text == NULL ||
			(common != NULL && strcmp(common->text, value->text) != 0))
			return;
		common = value;
	}
	if (common != NULL && is_for(network, common, option))
		network->scope.values[option] = *common;
}

/* What DHCP tells a host of its domain is what DNS has of it. */
static void check_domain(struct import *im, const struct import_host *host,
	const struct import_network *network)
{
	const char *dot = strchr(host->name, '.');
	const char *own = host->scope.values[IMPORT_DOMAIN].text;
	const char *told = own != NULL ? own : network->scope.values[IMPORT_DOMAIN].text;

	if (host->has_dhcp && dot != NULL && told != NULL &&
		!text_equal_case(dot + 1, told))
		import_left(im, host->where,
			"'%s' is in another domain than DHCP told it, '%s': it will be told "
			"its own",
			host->name, told);
}

/* Of a host's routers it is told one: that of its network. */
static bool is_same(enum import_option option, const char *networks, const char *hosts)
{
	return text_compare(networks, hosts) == 0 ||
	       (option == IMPORT_ROUTERS && networks != NULL && hosts != NULL &&
		       import_is_said(hosts, networks));
}

/* The network of @host that says something else, or the site's scope; NULL: all say @text. */
static const struct import_scope *differing(const struct import *im,
	const struct import_host *host, enum import_option option)
{
	const char *text = host->scope.values[option].text;
	bool has_network = false;

	for (size_t i = 0; i < im->n_networks; i++) {
		const struct import_network *network = &im->networks[i];

		/* without an address it may turn up anywhere */
		if ((host->n_ips > 0 && !import_is_in(network, host)) ||
			!is_for(network, &host->scope.values[option], option))
			continue;
		has_network = true;
		if (!is_same(option, network->scope.values[option].text, text))
			return &network->scope;
	}
	return has_network || text_compare(im->scope.values[option].text, text) == 0
		       ? NULL
		       : &im->scope;
}

static bool has_ipv4(const struct import_host *host)
{
	for (size_t i = 0; i < host->n_ips; i++)
		if (host->ips[i].family == 4)
			return true;
	return false;
}

static void settle_host(struct import *im, struct import_host *host)
{
	const struct import_network *network =
		host->n_ips == 0 ? NULL : import_network_of(im, host->ips[0]);
	struct import_scope own = {0};

	if (network != NULL)
		check_domain(im, host, network);
	for (enum import_option option = 0; option < _IMPORT_MAX; option++) {
		const struct import_value *value = &host->scope.values[option];

		if (value->text == NULL || differing(im, host, option) == NULL)
			continue;
		if (value->is_ipv6 && has_ipv4(host))
			import_left(im, value->where,
				"%s '%s' is what DHCPv6 tells host '%s', which has one for "
				"both families: it is not taken over",
				places[option].attribute, value->text, host->name);
		else if (value->text[0] == '\0')
			import_left(im, value->where,
				"host '%s' has no %s, and its network has: it is told that",
				host->name, places[option].attribute);
		else if (is_hosts(option))
			own.values[option] = *value;
		else if (option == IMPORT_DOMAIN && strchr(host->name, '.') != NULL)
			continue;
		else if (network != NULL && !is_covered(host, option))
			import_left(im, value->where,
				"%s '%s' differs from the network's for host '%s': a host "
				"has none of its own",
				places[option].attribute, value->text, host->name);
	}
	host->scope = own;
}

/* A number that the attribute cannot have would cost the whole entry. */
static void check_number(
	struct import *im, struct import_value *value, enum import_option option)
{
	const struct use *use = uses_of(KIND_NETWORK);
	uint64_t number;

	if (value->text == NULL || (option != IMPORT_MTU && option != IMPORT_LEASE))
		return;
	while (use->field != places[option].field)
		use++;
	if (text_parse_u64(value->text, use->max, &number) && number >= use->min)
		return;
	if (option != IMPORT_LEASE || !text_parse_u64(value->text, UINT64_MAX, &number)) {
		import_left(im, value->where,
			"%s is a number from %u to %u, not '%s': left out",
			places[option].attribute, use->min, use->max, value->text);
		value->text = NULL;
		return;
	}
	/* a lease without its time would have the server's own, which is another */
	uint64_t nearest = number < use->min ? use->min : use->max;

	import_left(im, value->where,
		"%s is a number from %u to %u, not '%s': %u is taken",
		places[option].attribute, use->min, use->max, value->text,
		(unsigned)nearest);
	value->text = mem_printf(im->mem_ctx, "%u", (unsigned)nearest);
}

/* DHCPv6 knows no domain but the list to search: where it is one, it is that. */
static void find_domain(struct import_network *network)
{
	struct import_value *search = &network->scope.values[IMPORT_SEARCH];
	struct import_value *domain = &network->scope.values[IMPORT_DOMAIN];

	if (network->prefix.base.family != 6 || search->text == NULL ||
		strchr(search->text, ' ') != NULL ||
		(domain->text != NULL && strcmp(domain->text, search->text) != 0))
		return;
	*domain = *search;
	search->text = NULL;
}

/* Both families have their servers in one list: one that has none for a network is none there. */
static void drop_foreign_servers(struct import_network *network)
{
	TMP_CTX(tmp);
	struct import_value *servers = &network->scope.values[IMPORT_NAME_SERVERS];
	bool is_foreign = false;
	size_t n;
	char **words =
		text_split_blank(tmp, servers->text == NULL ? "" : servers->text, &n);
	struct ip ip;

	for (size_t i = 0; i < n; i++) {
		if (!ip_parse(words[i], &ip) || ip.family == network->prefix.base.family)
			return;
		is_foreign = true;
	}
	if (is_foreign)
		*servers = (struct import_value){NULL, network->where, false};
}

/* A network that a dnsmasq.conf has takes what that says for all. */
static void inherit(struct import *im, struct import_network *network)
{
	find_domain(network);
	for (enum import_option option = 0; option < _IMPORT_MAX; option++) {
		check_number(im, &network->scope.values[option], option);
		if (network->scope.values[option].text == NULL &&
			!im->scope.values[option].is_ipv6 &&
			(network->prefix.base.family == 4 || !is_ipv4s(option)))
			network->scope.values[option] = im->scope.values[option];
	}
	drop_foreign_servers(network);
}

static void drop_merged(struct import *im)
{
	size_t kept = 0;

	for (size_t i = 0; i < im->n_hosts; i++)
		if (!im->hosts[i]->is_merged)
			im->hosts[kept++] = im->hosts[i];
	im->n_hosts = kept;
}

void import_settle(struct import *im)
{
	import_trim_dots(im);
	import_take_lines(im);
	for (size_t i = 0; i < im->n_hosts; i++)
		name_host(im, im->hosts[i]);
	import_follow_aliases(im);
	check_told_names(im);
	place_records(im);
	drop_merged(im);
	import_check_values(im);
	if (im->n_hosts > 1)
		qsort(im->hosts, im->n_hosts, sizeof(*im->hosts), compare_hosts);
	for (size_t i = 1; i < im->n_hosts; i++)
		if (strcmp(im->hosts[i - 1]->name, im->hosts[i]->name) == 0)
			import_left(im, im->hosts[i]->where,
				"'%s' is there again: DNS has a name of its own for each "
				"interface, NODE-ethN",
				im->hosts[i]->name);
	for (enum import_option option = 0; option < _IMPORT_MAX; option++)
		check_number(im, &im->scope.values[option], option);
	for (size_t i = 0; i < im->n_networks; i++)
		inherit(im, &im->networks[i]);
	for (size_t i = 0; i < im->n_networks; i++) {
		for (enum import_option option = 0; option < _IMPORT_MAX; option++)
			promote(im, &im->networks[i], option);
	}
	import_choose_routers(im);
	import_settle_further(im);
	for (enum import_option option = 0; option < _IMPORT_MAX; option++)
		if (is_sites(option))
			settle_site(im, option);
	for (size_t i = 0; i < im->n_hosts; i++)
		settle_host(im, im->hosts[i]);
	for (enum import_option option = 0; option < _IMPORT_MAX; option++) {
		check_order(im, &im->scope.values[option], option);
		for (size_t i = 0; i < im->n_networks; i++)
			if (im->networks[i].scope.values[option].where.line !=
				im->scope.values[option].where.line)
				check_order(im, &im->networks[i].scope.values[option],
					option);
	}
}

/* Printing */

static void put_value(
	struct buffer *out, enum import_option option, const struct import_value *value)
{
	TMP_CTX(tmp);
	size_t n = 1;
	char *whole[] = {mem_strdup(tmp, value->text == NULL ? "" : value->text)};
	char **words = whole;

	if (option == IMPORT_ROUTES)
		words = text_split(tmp, whole[0], ',', &n);
	else if (places[option].is_list)
		words = text_split_blank(tmp, whole[0], &n);

	for (size_t i = 0; value->text != NULL && value->text[0] != '\0' && i < n; i++)
		ldif_put(out, places[option].attribute, words[i]);
}

static void print_cluster(const struct import *im, struct buffer *out)
{
	buffer_printf(out, "dn: cn=cluster,%s\nobjectClass: vocCluster\ncn: cluster\n",
		im->base);
	for (enum import_option option = 0; option < _IMPORT_MAX; option++)
		if (is_sites(option) || option == IMPORT_DOMAIN)
			put_value(out, option, &im->scope.values[option]);
	for (size_t i = 0; i < im->n_records; i++)
		ldif_put(out, "vocDNSRecord", im->records[i]);
	import_print_further(&im->scope, out);
	buffer_add_byte(out, '\n');
}

static void print_network(
	const struct import *im, const struct import_network *network, struct buffer *out)
{
	char text[IP_TEXT_MAX];
	const char *base = ip_format(network->prefix.base, text);

	buffer_printf(out,
		"dn: cn=%s-%u,ou=networks,%s\nobjectClass: vocIPNetwork\ncn: %s-%u\n"
		"ipNetworkNumber: %s/%u\n",
		base, network->prefix.length, im->base, base, network->prefix.length,
		base, network->prefix.length);
	if (network->shared != NULL)
		ldif_put(out, "vocSharedNetwork", network->shared);
	for (enum import_option option = 0; option < _IMPORT_MAX; option++)
		if (!is_sites(option))
			put_value(out, option, &network->scope.values[option]);
	for (size_t i = 0; i < network->n_ranges; i++)
		ldif_put(out, "vocDynamicRange", network->ranges[i]);
	import_print_further(&network->scope, out);
	buffer_add_byte(out, '\n');
}

static void print_addresses(const struct import_host *host, struct buffer *out)
{
	char mac[MAC_TEXT_MAX], ip[IP_TEXT_MAX];

	for (size_t i = 0; i < host->n_ips; i++)
		ldif_put(out, "ipHostNumber", ip_format(host->ips[i], ip));
	for (size_t i = 0; i < host->n_macs; i++)
		ldif_put(out, "macAddress", mac_format(host->macs[i], mac));
	for (size_t i = 0; i < host->n_guids; i++)
		ldif_put(out, "macAddress", host->guids[i]);
}

/* A further declaration of a machine is an interface of it. */
static void print_interface(const struct import *im, const struct import_host *host,
	unsigned number, struct buffer *out)
{
	buffer_printf(out,
		"dn: cn=eth%u,cn=%s,ou=hosts,%s\nobjectClass: vocNodeInterface\ncn: eth%u\n",
		number, host->name, im->base, number);
	print_addresses(host, out);
	buffer_add_byte(out, '\n');
}

static void print_host(
	const struct import *im, const struct import_host *host, struct buffer *out)
{
	buffer_printf(out, "dn: cn=%s,ou=hosts,%s\nobjectClass: device\n", host->name,
		im->base);
	if (host->n_ips > 0)
		ldif_put(out, "objectClass", "ipHost");
	if (host->n_macs + host->n_guids > 0)
		ldif_put(out, "objectClass", "ieee802Device");
	ldif_put(out, "objectClass", "vocPhysicalNode");
	ldif_put(out, "cn", host->name);
	print_addresses(host, out);
	for (size_t i = 0; i < host->n_aliases; i++)
		ldif_put(out, "vocAlias", host->aliases[i]);
	for (enum import_option option = 0; option < _IMPORT_MAX; option++)
		if (is_hosts(option))
			put_value(out, option, &host->scope.values[option]);
	for (size_t i = 0; i < host->n_records; i++)
		ldif_put(out, "vocDNSRecord", host->records[i]);
	for (size_t i = 0; i < host->n_duids; i++)
		ldif_put(out, "vocDUID", host->duids[i]);
	buffer_add_byte(out, '\n');
}

void import_print(const struct import *im, struct buffer *out)
{
	unsigned number = 0;

	print_cluster(im, out);
	buffer_printf(out,
		"dn: ou=networks,%s\nobjectClass: organizationalUnit\nou: networks\n\n"
		"dn: ou=hosts,%s\nobjectClass: organizationalUnit\nou: hosts\n\n",
		im->base, im->base);
	for (size_t i = 0; i < im->n_networks; i++)
		print_network(im, &im->networks[i], out);
	for (size_t i = 0; i < im->n_hosts; i++) {
		const struct import_host *host = im->hosts[i];
		bool is_again = i > 0 && strcmp(im->hosts[i - 1]->name, host->name) == 0;

		number = is_again ? number + 1 : 0;
		if (is_again)
			print_interface(im, host, number, out);
		else
			print_host(im, host, out);
	}
}

/* The command */

/* `dc=c,dc=example` of c.example, where the settings have no base. */
static const char *base_of(struct import *im, const struct settings *settings)
{
	TMP_CTX(tmp);
	const char *domain = im->scope.values[IMPORT_DOMAIN].text;
	struct buffer *b = buffer_new(im->mem_ctx);
	size_t n;

	if (settings->directory.bases.n > 0)
		return settings->directory.bases.items[0];
	char **labels = text_split(
		tmp, domain == NULL || domain[0] == '\0' ? "cluster" : domain, '.', &n);

	for (size_t i = 0; i < n; i++)
		buffer_printf(b, "%sdc=%s", i == 0 ? "" : ",", labels[i]);
	return b->data;
}

static int read_all(struct import *im, const struct arguments *arguments)
{
	/* names first: dhcpd.conf may have them where an address belongs */
	const struct {
		const char *path;
		int (*read)(struct import *im, const char *path);
	} readers[] = {
		{arguments->hosts, import_hosts},
		{arguments->dhcpd, import_dhcpd},
		{arguments->dnsmasq, import_dnsmasq},
		{arguments->ethers, import_ethers},
	};
	bool is_any = false;
	int failed = 0;

	im->has_hosts = arguments->hosts != NULL;
	im->has_ethers = arguments->ethers != NULL;
	for (size_t i = 0; failed == 0 && i < ARRAY_SIZE(readers); i++) {
		if (readers[i].path == NULL)
			continue;
		is_any = true;
		failed = readers[i].read(im, readers[i].path);
	}
	if (!is_any)
		return diag_fail(im->diags, EXIT_USAGE, LOC_NONE,
			"nothing to import: give --dhcpd, --hosts, --ethers or --dnsmasq");
	return failed < 0 ? failed : im->failed;
}

int command_import(void *session)
{
	struct run *run = session;
	struct import im = {.mem_ctx = run->mem_ctx,
		.diags = run->diags,
		.by_name = table_new_folded(run->mem_ctx, 64),
		.by_ip = table_new(run->mem_ctx, 64),
		.said = table_new(run->mem_ctx, 64)};
	struct buffer *out = buffer_new(run->mem_ctx);
	int failed = run_prepare_settings(run);

	if (failed < 0)
		return failed;
	failed = read_all(&im, &run->arguments);
	/* all that can be said is said in one run, also where a file is missing */
	import_settle(&im);
	im.base = base_of(&im, run->settings);
	if (failed < 0)
		return failed;
	import_print(&im, out);
	if (run->result != NULL)
		json_object_object_add(
			run->result, "ldif", json_object_new_string(out->data));
	else
		fwrite(out->data, 1, out->len, stdout);
	return 0;
}
