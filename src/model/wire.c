/* SPDX-License-Identifier: Apache-2.0 */
#include "model/wire.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "model/dhcp_option.h"

static const char *name_of(const struct network *network)
{
	const char *name = network->shared_name != NULL ? network->shared_name
							: network->record.name;

	return name == NULL ? "" : name;
}

/* A lone network may have the name of a wire, and is not on it. */
int wire_compare(const struct network *a, const struct network *b)
{
	if (a == b)
		return 0;
	int order = text_compare_case(name_of(a), name_of(b));

	if (order == 0)
		order = (a->shared_name == NULL) - (b->shared_name == NULL);
	if (order == 0 && a->shared_name == NULL)
		order = text_compare(a->record.key, b->record.key);
	return order;
}

int wire_compare_networks(const void *left, const void *right)
{
	const struct network *a = *(struct network *const *)left;
	const struct network *b = *(struct network *const *)right;
	int order = wire_compare(a, b);

	return order != 0 ? order : ip_compare(a->prefix.base, b->prefix.base);
}

static void add_network(struct shared_network *wire, struct network *network)
{
	wire->n_networks++;
	wire->has_ipv4 |= network->prefix.base.family == 4;
	wire->has_ipv6 |= network->prefix.base.family == 6;
	if (wire->dhcp_interface == NULL)
		wire->dhcp_interface = network->dhcp_interface;
	network->shared = wire;
}

void wires_derive(struct site *site)
{
	struct network **sorted =
		arena_alloc(site->arena, (site->n_networks + 1) * sizeof(*sorted));

	if (site->n_networks > 0)
		memcpy(sorted, site->networks, site->n_networks * sizeof(*sorted));
	qsort(sorted, site->n_networks, sizeof(*sorted), wire_compare_networks);
	site->shared_networks = arena_alloc(
		site->arena, (site->n_networks + 1) * sizeof(struct shared_network));
	site->n_shared_networks = 0;
	for (size_t i = 0; i < site->n_networks; i++) {
		if (i == 0 || wire_compare(sorted[i - 1], sorted[i]) != 0)
			site->shared_networks[site->n_shared_networks++] =
				(struct shared_network){.name = name_of(sorted[i]),
					.networks = &sorted[i],
					.is_shared = sorted[i]->shared_name != NULL};
		add_network(
			&site->shared_networks[site->n_shared_networks - 1], sorted[i]);
	}
}

static bool tell_alike(const struct network *a, const struct network *b)
{
	bool equal = strings_equal(&a->resolvers6, &b->resolvers6) &&
		     strings_equal(&a->search, &b->search) &&
		     a->n_options == b->n_options;

	for (uint32_t i = 0; equal && i < a->n_options; i++)
		equal = a->options[i].type == b->options[i].type &&
			strcmp(a->options[i].hex, b->options[i].hex) == 0;
	return equal;
}

bool wire_is_alike6(const struct shared_network *wire)
{
	const struct network *first = NULL;

	for (uint32_t i = 0; i < wire->n_networks; i++) {
		const struct network *network = wire->networks[i];

		if (network->prefix.base.family != 6)
			continue;
		first = first == NULL ? network : first;
		if (!tell_alike(first, network))
			return false;
	}
	return true;
}
