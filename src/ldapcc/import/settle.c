/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "ldapcc/import/import.h"
#include "model/use.h"

/*
 * What was read, put together: machines of several declarations, and what the site, a network
 * and a host say each.
 */

static int compare_hosts(const void *left, const void *right)
{
	const struct import_host *a = *(struct import_host *const *)left;
	const struct import_host *b = *(struct import_host *const *)right;
	int order = strcmp(a->name, b->name);

	if (order == 0 && a->n_ips > 0 && b->n_ips > 0)
		order = ip_compare(a->ips[0], b->ips[0]);
	return order;
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

	for (size_t i = 1;
		import_place(option)->is_list && option != IMPORT_ROUTES && i < n; i++)
		if (strcmp(words[i - 1], words[i]) > 0) {
			import_left(im, value->where,
				"the order of '%s' is lost: values in a directory have none",
				value->text);
			return;
		}
}

static bool is_none(const char *text)
{
	return text == NULL || text[0] == '\0';
}

static const char *quoted(TALLOC_CTX *mem_ctx, const char *text)
{
	return is_none(text) ? "none" : mem_printf(mem_ctx, "'%s'", text);
}

/* What all networks say alike is the site's; what one says otherwise has no place. */
static void settle_site(struct import *im, enum import_option option)
{
	TMP_CTX(tmp);
	struct import_value *site = &im->scope.values[option];

	/* a network that says nothing is told it, too, before another one loses it */
	for (size_t i = 0; i < im->n_networks && is_none(site->text); i++)
		*site = im->networks[i].scope.values[option];
	for (size_t i = 0; i < im->n_networks; i++) {
		const struct import_value *value = &im->networks[i].scope.values[option];
		/* DHCPv6 has another option for them */
		bool is_silent = option == IMPORT_TIME_SERVERS && value->text == NULL &&
				 im->networks[i].prefix.base.family == 6;

		if (!is_silent &&
			strcmp(quoted(tmp, value->text), quoted(tmp, site->text)) != 0)
			import_left(im,
				value->text == NULL ? im->networks[i].where
						    : value->where,
				"%s is one for the whole site: %s here, %s elsewhere, which "
				"all are told",
				import_place(option)->attribute, quoted(tmp, value->text),
				quoted(tmp, site->text));
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
static void check_domain(struct import *im, const struct import_host *host)
{
	const char *dot = strchr(host->name, '.');
	const char *own = host->scope.values[IMPORT_DOMAIN].text;

	for (size_t i = 0; host->has_dhcp && dot != NULL && i < im->n_networks; i++) {
		const struct import_network *network = &im->networks[i];
		const char *told =
			own != NULL ? own : network->scope.values[IMPORT_DOMAIN].text;

		/* without an address it may turn up anywhere */
		if ((host->n_ips > 0 && import_network_of(im, host->ips[0]) != network) ||
			told == NULL || text_equal_case(dot + 1, told))
			continue;
		import_left(im, host->where,
			"'%s' is in another domain than DHCP told it, '%s': it will be told "
			"its own",
			host->name, told);
		return;
	}
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

	check_domain(im, host);
	for (enum import_option option = 0; option < _IMPORT_MAX; option++) {
		const struct import_value *value = &host->scope.values[option];

		if (value->text == NULL || differing(im, host, option) == NULL)
			continue;
		if (value->is_ipv6 && has_ipv4(host))
			import_left(im, value->where,
				"%s '%s' is what DHCPv6 tells host '%s', which has one for "
				"both families: it is not taken over",
				import_place(option)->attribute, value->text, host->name);
		else if (value->text[0] == '\0')
			import_left(im, value->where,
				"host '%s' has no %s, and its network has: it is told that",
				host->name, import_place(option)->attribute);
		else if (import_is_hosts(option))
			own.values[option] = *value;
		else if (option == IMPORT_DOMAIN && strchr(host->name, '.') != NULL)
			continue;
		else if (network != NULL && !is_covered(host, option))
			import_left(im, value->where,
				"%s '%s' differs from the network's for host '%s': a host "
				"has none of its own",
				import_place(option)->attribute, value->text, host->name);
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
	while (use->field != import_place(option)->field)
		use++;
	if (text_parse_u64(value->text, use->max, &number) && number >= use->min)
		return;
	if (option != IMPORT_LEASE || !text_parse_u64(value->text, UINT64_MAX, &number)) {
		import_left(im, value->where,
			"%s is a number from %u to %u, not '%s': left out",
			import_place(option)->attribute, use->min, use->max, value->text);
		value->text = NULL;
		return;
	}
	/* a lease without its time would have the server's own, which is another */
	uint64_t nearest = number < use->min ? use->min : use->max;

	import_left(im, value->where,
		"%s is a number from %u to %u, not '%s': %u is taken",
		import_place(option)->attribute, use->min, use->max, value->text,
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
	import_name_hosts(im);
	import_follow_aliases(im);
	import_check_told_names(im);
	import_place_records(im);
	import_part_macs(im);
	drop_merged(im);
	import_compare_aliases(im);
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
	import_cut_ranges(im);
	import_settle_further(im);
	for (enum import_option option = 0; option < _IMPORT_MAX; option++)
		if (import_is_sites(option))
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
