/* SPDX-License-Identifier: Apache-2.0 */
#include "model/node_names.h"

#include <string.h>

#include "base/text.h"

const char *name_with_domain(struct site *site, const char *name, const char *domain)
{
	if (domain == NULL || strchr(name, '.') != NULL)
		return name;
	return arena_join(site->arena, name, '.', domain);
}

void name_machine(struct site *site, struct machine *machine)
{
	const struct network *network =
		machine->n_interfaces > 0 ? machine->interfaces[0]->network : NULL;

	if (machine->record.name == NULL)
		return;
	machine->fqdn = name_with_domain(site, machine->record.name,
		machine->rare->own_domain != NULL ? machine->rare->own_domain
						  : model_domain(site, network));
	machine->domain = model_domain_of(machine->fqdn);
	machine->name =
		arena_strndup(site->arena, machine->fqdn, strcspn(machine->fqdn, "."));
}

/* source: slurm.conf(5): NodeName=DEFAULT gives defaults, and ALL is every node */
static bool is_word_of_slurm(const char *name)
{
	return strcmp(name, "all") == 0 || strcmp(name, "default") == 0;
}

const char *node_name(const struct machine *machine)
{
	return machine->has_label && !is_word_of_slurm(machine->name) ? machine->name
								      : machine->fqdn;
}

const char *node_label(const struct machine *machine)
{
	return machine->rare->label != NULL ? machine->rare->label : machine->name;
}

void name_node(struct site *site, struct machine *machine, bool has_label)
{
	machine->has_label = has_label;
	if (machine->fqdn == NULL || node_name(machine) == machine->name)
		return;
	char *label = arena_strdup(site->arena, machine->fqdn);

	for (char *c = label; *c != '\0'; c++)
		if (*c == '.')
			*c = '-';
	machine_write_rare(site->arena, machine)->label = label;
}

/* NODE-IFNAME as one label: eth0.20 and Eth0:1 become eth0-20 and eth0-1. */
static const char *interface_label(
	struct site *site, const char *node, const char *ifname)
{
	char *label = arena_join(site->arena, node, '-', ifname);

	text_lower(label);
	for (char *c = label; *c != '\0'; c++)
		if ((*c < 'a' || *c > 'z') && (*c < '0' || *c > '9'))
			*c = '-';
	return label;
}

/* NODE.ITSDOMAIN where its network has a domain of its own, else NODE-IFNAME.DOMAIN */
void name_interface(struct site *site, struct interface *interface)
{
	struct machine *machine = interface->machine;
	const char *domain = model_domain(site, interface->network);

	if (machine->fqdn == NULL || interface->ifname == NULL)
		return;
	if (interface->is_primary)
		interface->fqdn = machine->fqdn;
	else if (interface->network != NULL && domain != NULL &&
		 text_compare(domain, machine->domain) != 0)
		interface->fqdn = arena_join(site->arena, machine->name, '.', domain);
	else
		interface->fqdn = name_with_domain(site,
			interface_label(site, machine->name, interface->ifname),
			machine->domain);
}

static void claim_full(struct site *site, struct machine *machine, struct record *record,
	const char *name, const char **alias)
{
	struct name_holder *holder = arena_alloc(site->arena, sizeof(*holder));
	struct name_holder **slot =
		(struct name_holder **)table_slot(site->full_names, name);

	*holder = (struct name_holder){.machine = machine,
		.record = record,
		.last = holder,
		.is_alias = alias != NULL,
		.alias = alias};
	if (*slot == NULL) {
		*slot = holder;
		return;
	}
	site->shares_names = true;
	(*slot)->last->next = holder;
	(*slot)->last = holder;
}

static void claim_short(struct site *site, struct machine *machine, const char *name)
{
	const char *dot = strchr(name, '.');

	if (dot != NULL)
		name = arena_strndup(site->arena, name, (size_t)(dot - name));
	void **slot = table_slot(site->short_names, name);

	site->shares_labels |= *slot != NULL && *slot != machine;
	*slot = *slot == NULL || *slot == machine ? machine : MODEL_SHARED;
}

static void claim_aliases(struct site *site, struct machine *machine,
	struct record *record, const struct strings *aliases, const char *domain)
{
	for (uint32_t i = 0; i < aliases->n; i++) {
		const char *name = name_with_domain(site, aliases->items[i], domain);

		site->has_long_aliases |= strlen(name) > NAME_MAX_DNS;
		claim_full(site, machine, record, name, &aliases->items[i]);
	}
}

void claim_full_names(struct site *site, struct machine *machine)
{
	if (machine->fqdn == NULL)
		return;
	claim_full(site, machine, &machine->record, machine->fqdn, NULL);
	/* what an entry of a zone has is its own, and it has one interface */
	for (uint32_t i = 0; i < machine->n_interfaces && !machine->is_zone_name; i++) {
		struct interface *interface = machine->interfaces[i];

		if (interface->fqdn == NULL)
			continue;
		claim_aliases(site, machine, &interface->record,
			&interface->rare->aliases, model_domain_of(interface->fqdn));
		if (!interface->is_primary)
			claim_full(
				site, machine, &interface->record, interface->fqdn, NULL);
	}
	claim_aliases(
		site, machine, &machine->record, &machine->aliases, machine->domain);
}

static void claim_short_aliases(
	struct site *site, struct machine *machine, const struct strings *aliases)
{
	for (uint32_t i = 0; i < aliases->n; i++)
		if (strchr(aliases->items[i], '.') == NULL)
			claim_short(site, machine, aliases->items[i]);
}

void claim_short_names(struct site *site, struct machine *machine)
{
	if (machine->fqdn == NULL || machine->is_zone_name)
		return;
	claim_short(site, machine, machine->name);
	for (uint32_t i = 0; i < machine->n_interfaces; i++) {
		struct interface *interface = machine->interfaces[i];

		if (interface->fqdn == NULL)
			continue;
		claim_short_aliases(site, machine, &interface->rare->aliases);
		if (!interface->is_primary)
			claim_short(site, machine, interface->fqdn);
	}
	claim_short_aliases(site, machine, &machine->aliases);
}

static bool drop_empty(struct strings *list)
{
	uint32_t kept = 0;
	bool has_dropped = false;

	for (uint32_t i = 0; i < list->n; i++) {
		has_dropped |= list->items[i] == NULL;
		if (list->items[i] != NULL)
			list->items[kept++] = list->items[i];
	}
	list->n = kept;
	return has_dropped;
}

static bool drop_empty_of(struct site *site, struct interface *interface)
{
	return interface->rare->aliases.n > 0 &&
	       drop_empty(&interface_write_rare(site->arena, interface)->aliases);
}

bool model_drop_aliases(struct site *site)
{
	bool has_dropped = false;

	for (size_t i = 0; i < site->n_machines; i++) {
		struct machine *machine = site->machines[i];

		has_dropped |= drop_empty(&machine->aliases);
		for (uint32_t j = 0; j < machine->n_interfaces; j++)
			has_dropped |= drop_empty_of(site, machine->interfaces[j]);
	}
	if (!has_dropped)
		return false;
	site->full_names = table_new(site, site->n_machines);
	site->short_names = table_new(site, site->n_machines);
	for (size_t i = 0; i < site->n_machines; i++) {
		claim_full_names(site, site->machines[i]);
		claim_short_names(site, site->machines[i]);
	}
	return true;
}
