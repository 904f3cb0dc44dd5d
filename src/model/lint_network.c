/* SPDX-License-Identifier: Apache-2.0 */
#include "model/lint_rules.h"

/* Networks: what they share, and what lies outside of them. */

static void check_overlaps(struct reporter *r)
{
	struct site *site = r->site;
	char text[IP_TEXT_MAX];

	/* sorted by first address: a network overlaps one before it or none */
	for (size_t i = 1, outer = 0; i < site->n_networks; i++) {
		struct network *a = site->networks[outer], *b = site->networks[i];

		if (!ip_is_set(a->prefix.base) ||
			!prefix_overlaps(a->prefix, b->prefix)) {
			outer = i;
			continue;
		}
		struct finding *finding =
			check_report(r, CHECK_OVERLAPPING_NETWORKS, &b->record,
				FIELD_NETWORK, "%s/%u shares addresses with network '%s'",
				ip_format(b->prefix.base, text), b->prefix.length,
				a->record.name == NULL ? a->number : a->record.name);

		lint_note(r, finding, &a->record, FIELD_NETWORK, "the other network");
		if (finding->severity == SEVERITY_ERROR)
			a->record.is_bad = true;
	}
}

/* What is wrong with one range; those before it begin no later. NULL: nothing. */
static const char *range_fault(const struct network *network, const struct range *range)
{
	const struct prefix *prefix = &network->prefix;

	if (!prefix_contains(*prefix, range->start) ||
		!prefix_contains(*prefix, range->end))
		return "is not inside its network";
	if (ip_compare(range->start, range->end) > 0)
		return "ends before it begins";
	if (prefix->base.family == 4 && prefix->length < 31 &&
		(range_contains(range, prefix->base) ||
			range_contains(range, prefix_last(*prefix))))
		return "holds the network or the broadcast address";
	if (ip_is_set(network->gateway) && range_contains(range, network->gateway))
		return "holds the gateway";
	if (range > network->ranges && range_contains(range - 1, range->start))
		return "shares addresses with the range before it";
	return NULL;
}

static void check_ranges(struct reporter *r, struct network *network)
{
	for (uint32_t i = 0; i < network->n_ranges; i++) {
		const struct range *range = &network->ranges[i];
		const char *fault = range_fault(network, range);
		char first[IP_TEXT_MAX], last[IP_TEXT_MAX];

		if (fault != NULL)
			check_report_where(r, CHECK_BAD_RANGE, &network->record,
				*range->where, "range %s %s %s",
				ip_format(range->start, first),
				ip_format(range->end, last), fault);
	}
}

/* In the network, or link-local (RFC 4861 4.2: what a router advertises itself by). */
static bool is_on_wire(const struct network *network)
{
	return prefix_contains(network->prefix, network->gateway) ||
	       (network->prefix.base.family == 6 && network->gateway.family == 6 &&
		       ip_is_link_local(network->gateway));
}

static void check_networks(struct reporter *r)
{
	for (size_t i = 0; i < r->site->n_networks; i++) {
		struct network *network = r->site->networks[i];
		char text[IP_TEXT_MAX];

		if (!ip_is_set(network->prefix.base))
			continue;
		check_ranges(r, network);
		const char *edge = prefix_edge(network->prefix, network->gateway);

		if (ip_is_set(network->gateway) && edge != NULL)
			check_report(r, CHECK_BAD_VALUE, &network->record, FIELD_GATEWAY,
				"gateway %s %s", ip_format(network->gateway, text), edge);
		if (ip_is_set(network->gateway) && !is_on_wire(network))
			check_report(r, CHECK_BAD_VALUE, &network->record, FIELD_GATEWAY,
				"gateway %s is not inside the network",
				ip_format(network->gateway, text));
	}
}

void lint_address_length(
	struct reporter *r, struct interface *interface, const struct address *address)
{
	const struct network *network = address->network;
	char ip[IP_TEXT_MAX], number[IP_TEXT_MAX];

	if (address->length == 0 || network == NULL ||
		address->length == network->prefix.length)
		return;
	struct finding *finding = check_report_loc(r, CHECK_BAD_IP, SEVERITY_WARNING,
		&interface->record, lint_place_of_address(r, interface, address),
		"'%s/%u': its network is %s/%u, and clients are told that",
		ip_format(address->ip, ip), address->length,
		ip_format(network->prefix.base, number), network->prefix.length);

	lint_note(r, finding, &network->record, FIELD_NETWORK, "the network");
}

void lint_networks(struct reporter *r)
{
	check_overlaps(r);
	check_networks(r);
}
