/* SPDX-License-Identifier: Apache-2.0 */
#include "model/zone_name.h"

#include <string.h>

#include "base/sort.h"
#include "base/table.h"
#include "base/text.h"
#include "model/node_names.h"

/* Yielding */

static void take_name(struct table *names, const char *name, struct machine *machine)
{
	void **slot = name == NULL ? NULL : table_slot(names, name);

	if (slot != NULL && *slot == NULL)
		*slot = machine;
}

static void take_aliases(struct site *site, struct table *names, struct machine *machine,
	const struct strings *aliases, const char *domain)
{
	for (uint32_t i = 0; i < aliases->n; i++)
		take_name(names, name_with_domain(site, aliases->items[i], domain),
			machine);
}

static void take_names(struct site *site, struct table *names, struct machine *machine)
{
	take_name(names, machine->fqdn, machine);
	take_aliases(site, names, machine, &machine->aliases, machine->domain);
	for (uint32_t i = 0; i < machine->n_interfaces; i++) {
		const struct interface *interface = machine->interfaces[i];

		take_name(names, interface->fqdn, machine);
		if (interface->fqdn != NULL)
			take_aliases(site, names, machine, &interface->rare->aliases,
				model_domain_of(interface->fqdn));
	}
}

/* Does @machine say all that @name does? */
static bool says_all(const struct machine *machine, const struct machine *name)
{
	for (uint32_t i = 0; i < name->n_interfaces; i++)
		for (uint32_t j = 0; j < name->interfaces[i]->n_addresses; j++)
			if (!machine_has_address(
				    machine, name->interfaces[i]->addresses[j].ip))
				return false;
	return name->rare->dns_values.n == 0 ||
	       strings_equal(&machine->rare->dns_values, &name->rare->dns_values);
}

/* @label, of @name's zone, is a name already. */
static void keep_twice(struct site *site, const struct machine *name, const char *label)
{
	struct unserved *unserved = arena_alloc(site->arena, sizeof(*unserved));

	*unserved = (struct unserved){.dn = name->record.dn,
		.attribute = arena_strndup(
			site->arena, name->record.dn, strcspn(name->record.dn, "=")),
		.name = label,
		.zone = name->domain,
		.line = name->record.line,
		.why = UNSERVED_TWICE};
	*mem_push(site, &site->unserved, &site->n_unserved) = unserved;
}

static void yield_to(struct site *site, struct machine *name, struct machine *machine)
{
	machine_write_rare(site->arena, name)->merged_into = machine;
	if (!says_all(machine, name))
		keep_twice(site, name, name->name);
}

/* Further names of an entry go where a computer or another entry has them. */
static void aliases_yield(struct site *site, struct table *names, struct machine *name)
{
	struct strings *aliases = &name->aliases;
	uint32_t kept = 0;

	for (uint32_t i = 0; i < aliases->n; i++) {
		const char *alias = aliases->items[i];
		const char *full = name_with_domain(site, alias, name->domain);
		struct machine *other = table_find(names, full);

		if (other == NULL || other == name)
			aliases->items[kept++] = alias;
		else if (!says_all(other, name))
			keep_twice(site, name, alias);
		take_name(names, full, name);
	}
	aliases->n = kept;
}

static int compare_keys(const void *left, const void *right)
{
	return strcmp((*(struct machine *const *)left)->record.key,
		(*(struct machine *const *)right)->record.key);
}

void zone_names_yield(struct site *site)
{
	TMP_CTX(tmp);
	size_t n = 0;
	struct machine **sorted =
		mem_array(tmp, struct machine *, site->n_zone_names + 1);
	struct table *names = table_new(tmp, site->n_zone_names);

	for (size_t i = 0; site->n_zone_names > 0 && i < site->n_machines; i++) {
		struct machine *machine = site->machines[i];

		if (machine->is_zone_name)
			sorted[n++] = machine;
		else if (machine->rare->merged_into == NULL)
			take_names(site, names, machine);
	}
	sort_items(sorted, n, sizeof(struct machine *), compare_keys);
	for (size_t i = 0; i < n; i++) {
		struct machine *other = table_find(names, sorted[i]->fqdn);

		if (other != NULL)
			yield_to(site, sorted[i], other);
		else
			take_name(names, sorted[i]->fqdn, sorted[i]);
	}
	for (size_t i = 0; i < n; i++)
		if (sorted[i]->rare->merged_into == NULL)
			aliases_yield(site, names, sorted[i]);
}

size_t zone_names_start(struct machine *const *machines, size_t n)
{
	while (n > 0 && machines[n - 1]->is_zone_name)
		n--;
	return n;
}

/* Lending */

struct shared {
	struct machine *machine;
	struct interface *interface;
	struct address *address;
};

/* Of one address computers first, then by name. */
static int compare_shared(const void *left, const void *right)
{
	const struct shared *a = left, *b = right;
	int order = ip_compare(a->address->ip, b->address->ip);

	if (order == 0)
		order = a->machine->is_zone_name - b->machine->is_zone_name;
	return order != 0 ? order : text_compare(a->machine->fqdn, b->machine->fqdn);
}

static struct shared *all_addresses(
	TALLOC_CTX *mem_ctx, const struct site *site, size_t *ret_n)
{
	struct shared *all = NULL;

	*ret_n = 0;
	for (size_t i = 0; i < site->n_machines; i++)
		for (uint32_t j = 0; j < site->machines[i]->n_interfaces; j++) {
			struct interface *interface = site->machines[i]->interfaces[j];

			for (uint32_t k = 0; k < interface->n_addresses; k++)
				*mem_push(mem_ctx, &all, ret_n) =
					(struct shared){site->machines[i], interface,
						&interface->addresses[k]};
		}
	return all;
}

static void add_names(struct strings *all, const struct strings *names)
{
	for (uint32_t i = 0; i < names->n; i++)
		all->items[all->n++] = names->items[i];
}

/* The first of @shared gets the names of the zone's others, which have no line then. */
static void lend(struct site *site, struct shared *shared, size_t n)
{
	size_t n_names = 0;
	struct strings all = {0};

	for (size_t i = 0; i < n; i++)
		n_names += shared[i].address->names.n;
	all.items = arena_alloc(site->arena, n_names * sizeof(const char *));
	add_names(&all, &shared[0].address->names);
	for (size_t i = 1; i < n; i++)
		if (shared[i].machine->is_zone_name) {
			add_names(&all, &shared[i].address->names);
			shared[i].address->names.n = 0;
		}
	shared[0].address->names = all;
}

/* Drops the addresses without a line; they come back with the next derivation. */
static void keep_lines(struct site *site, struct interface *interface)
{
	struct interface_rare *rare = interface_write_rare(site->arena, interface);
	uint32_t n = interface->n_addresses, kept = 0;
	struct address *addresses =
		arena_alloc(site->arena, (n + 1) * sizeof(struct address));

	rare->all_addresses = interface->addresses;
	rare->n_all_addresses = n;
	for (uint32_t i = 0; i < n; i++)
		if (interface->addresses[i].names.n > 0)
			addresses[kept++] = interface->addresses[i];
	interface->addresses = addresses;
	interface->n_addresses = kept;
}

void zone_names_lend(struct site *site)
{
	TMP_CTX(tmp);
	size_t n = 0;

	if (site->n_zone_names == 0)
		return;
	struct shared *all = all_addresses(tmp, site, &n);

	sort_items(all, n, sizeof(*all), compare_shared);
	for (size_t start = 0, end; start < n; start = end) {
		for (end = start + 1; end < n && ip_compare(all[start].address->ip,
							 all[end].address->ip) == 0;
			end++)
			;
		if (all[end - 1].machine->is_zone_name && end - start > 1)
			lend(site, all + start, end - start);
	}
	for (size_t i = 0; i < site->n_machines; i++)
		for (uint32_t j = 0; site->machines[i]->is_zone_name &&
				     j < site->machines[i]->n_interfaces;
			j++)
			keep_lines(site, site->machines[i]->interfaces[j]);
}

void zone_names_restore(struct site *site)
{
	for (size_t i = 0; site->n_zone_names > 0 && i < site->n_machines; i++)
		for (uint32_t j = 0; j < site->machines[i]->n_interfaces; j++) {
			struct interface *interface = site->machines[i]->interfaces[j];

			if (interface->rare->all_addresses == NULL)
				continue;
			interface->addresses = interface->rare->all_addresses;
			interface->n_addresses = interface->rare->n_all_addresses;
		}
}
