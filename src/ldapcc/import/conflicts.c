/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "ldapcc/import/import.h"

/*
 * What a server puts up with and a checked site does not: addresses in a range that nobody can
 * be given, a MAC address of two machines or of none. It would cost the network or the hosts.
 */

/* Ranges */

void import_add_range(struct import *im, struct import_network *network, struct ip first,
	struct ip last, struct loc where)
{
	*mem_push(im->mem_ctx, &network->ranges, &network->n_ranges) =
		(struct import_range){first, last, where};
}

static const char *text_of(TALLOC_CTX *mem_ctx, const struct import_range *range)
{
	char first[IP_TEXT_MAX], last[IP_TEXT_MAX];

	return mem_printf(mem_ctx, "%s %s", ip_format(range->first, first),
		ip_format(range->last, last));
}

void import_close_ranges(
	struct import *im, struct import_network *network, struct loc where)
{
	TMP_CTX(tmp);

	for (size_t i = 0; i < network->n_ranges; i++)
		import_left(im, where,
			"range '%s' is not taken over: it is not for unknown clients, as "
			"ranges are here",
			text_of(tmp, &network->ranges[i]));
	network->n_ranges = 0;
}

static bool has(const struct import_range *range, struct ip ip)
{
	return ip_compare(range->first, ip) <= 0 && ip_compare(ip, range->last) <= 0;
}

/* Takes @ip out of the ranges: what is left of the one that has it is none, one or two. */
static void cut(
	struct import *im, struct import_network *network, struct ip ip, const char *what)
{
	TMP_CTX(tmp);
	const struct import_range *ranges = network->ranges;
	size_t n = network->n_ranges;
	char text[IP_TEXT_MAX];
	struct ip next;

	network->ranges = NULL;
	network->n_ranges = 0;
	for (size_t i = 0; i < n; i++) {
		struct import_range range = ranges[i];

		if (!has(&range, ip)) {
			import_add_range(
				im, network, range.first, range.last, range.where);
			continue;
		}
		import_left(im, range.where,
			"range '%s' is taken over without %s, %s: no client is given that",
			text_of(tmp, &range), ip_format(ip, text), what);
		if (ip_compare(range.first, ip) < 0)
			import_add_range(
				im, network, range.first, ip_before(ip), range.where);
		if (ip_compare(ip, range.last) < 0 && ip_next(ip, &next))
			import_add_range(im, network, next, range.last, range.where);
	}
}

static int compare_ranges(const void *left, const void *right)
{
	const struct import_range *a = left, *b = right;
	int order = ip_compare(a->first, b->first);

	return order != 0 ? order : ip_compare(a->last, b->last);
}

/* An address that two ranges have is in one. */
static void join_ranges(struct import *im, struct import_network *network)
{
	TMP_CTX(tmp);
	struct import_range *ranges = network->ranges;
	size_t kept = 0;

	if (network->n_ranges > 1)
		qsort(ranges, network->n_ranges, sizeof(*ranges), compare_ranges);
	for (size_t i = 0; i < network->n_ranges; i++) {
		struct import_range *before = kept == 0 ? NULL : &ranges[kept - 1];

		if (before == NULL || !has(before, ranges[i].first)) {
			ranges[kept++] = ranges[i];
			continue;
		}
		import_say(im, ranges[i].where,
			"range '%s' shares addresses with '%s': they are one",
			text_of(tmp, &ranges[i]), text_of(tmp, before));
		if (ip_compare(before->last, ranges[i].last) < 0)
			before->last = ranges[i].last;
	}
	network->n_ranges = kept;
}

void import_cut_ranges(struct import *im)
{
	for (size_t i = 0; i < im->n_networks; i++) {
		struct import_network *network = &im->networks[i];
		const char *router = network->scope.values[IMPORT_ROUTERS].text;
		struct ip base = network->prefix.base,
			  last = prefix_last(network->prefix);
		struct ip gateway;

		if (prefix_edge(network->prefix, base) != NULL)
			cut(im, network, base, "the network's own address");
		if (prefix_edge(network->prefix, last) != NULL)
			cut(im, network, last, "the broadcast address");
		if (router != NULL && ip_parse(router, &gateway))
			cut(im, network, gateway, "the router's");
		join_ranges(im, network);
	}
}

/* MAC addresses */

/* Could a client with a MAC address of both be either? One without an address may be anywhere. */
static bool share_network(
	struct import *im, const struct import_host *a, const struct import_host *b)
{
	bool is_one = a->n_ips == 0 || b->n_ips == 0;

	for (size_t i = 0; i < a->n_ips && !is_one; i++)
		for (size_t j = 0; j < b->n_ips && !is_one; j++) {
			const struct import_network *one =
				import_network_of(im, a->ips[i]);
			const struct import_network *other =
				import_network_of(im, b->ips[j]);

			is_one = one == other ||
				 (one != NULL && other != NULL && one->shared != NULL &&
					 text_compare(one->shared, other->shared) == 0);
		}
	return is_one;
}

/* One host that has the MAC address, and the next. */
struct holder {
	struct import_host *host;
	struct holder *next;
};

/* The host before it that a client with the MAC address is taken for; NULL: it is its own. */
static const struct import_host *first_of(
	struct import *im, struct holder *holders, const struct import_host *host)
{
	for (; holders != NULL; holders = holders->next)
		if (holders->host != host && share_network(im, holders->host, host))
			return holders->host;
	return NULL;
}

/* What no interface can own. */
static bool is_nobodys(struct import *im, const struct import_host *host, struct mac mac)
{
	char text[MAC_TEXT_MAX];

	if (!mac_is_zero(mac) && !mac_is_multicast(mac))
		return false;
	import_left(im, host->where,
		"%s of '%s' is no MAC address that an interface has: left out",
		mac_format(mac, text), host->name);
	return true;
}

static void part_host(struct import *im, struct table *by_mac, struct import_host *host)
{
	size_t kept = 0;

	for (size_t i = 0; i < host->n_macs; i++) {
		if (is_nobodys(im, host, host->macs[i]))
			continue;
		char text[MAC_TEXT_MAX];
		void **slot = table_slot(
			by_mac, mem_strdup(im->mem_ctx, mac_format(host->macs[i], text)));
		const struct import_host *first = first_of(im, *slot, host);
		struct holder *holder = mem_new(im->mem_ctx, struct holder);

		if (first != NULL) {
			import_left(im, host->where,
				"'%s' has the MAC address %s of '%s', which keeps it: a "
				"client is one machine",
				host->name, text, first->name);
			continue;
		}
		*holder = (struct holder){host, *slot};
		*slot = holder;
		host->macs[kept++] = host->macs[i];
	}
	host->n_macs = kept;
	host->is_merged |=
		kept + host->n_guids + host->n_ips + host->n_records + host->n_duids == 0;
}

void import_part_macs(struct import *im)
{
	TMP_CTX(tmp);
	struct table *by_mac = table_new(tmp, im->n_hosts);

	for (size_t i = 0; i < im->n_hosts; i++)
		if (!im->hosts[i]->is_merged && im->hosts[i]->n_macs > 0)
			part_host(im, by_mac, im->hosts[i]);
}
