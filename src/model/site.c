/* SPDX-License-Identifier: Apache-2.0 */
#include "model/site.h"

#include <string.h>

#include "base/text.h"
#include "read/dn.h"

struct loc record_loc(
	const struct site *site, const struct record *record, enum field_id field)
{
	return record_loc_of(site, record, field, 0, 0);
}

void loc_to_origin(struct loc *where, const struct origin *origin)
{
	where->attr = origin->attribute;
	if (origin->dn == NULL)
		return;
	where->dn = origin->dn;
	where->change = origin->change;
	where->is_shared = origin->is_shared;
}

struct loc record_loc_of(const struct site *site, const struct record *record,
	enum field_id field, uint16_t number, uint32_t line)
{
	const struct map *map = record->source == NULL ? site->map : site->also_map;
	struct loc where = {
		.source = record->source == NULL ? site->source : record->source,
		.dn = record->dn,
		.attr = map_attribute(map, field),
		.line = record->line,
		.change = record->change};
	const struct origin *origin = number > 0 && number <= record->n_origins
					      ? &record->origins[number - 1]
					      : record_origin(record, field);

	if (origin != NULL)
		loc_to_origin(&where, origin);
	if (origin != NULL)
		where.line += (unsigned)origin->below;
	if (line > 0)
		where.line = line;
	/* whatever file it was in: there is another version now */
	where.is_last_good = site_is_last_good(site, record);
	if (where.is_last_good) {
		where.source = NULL;
		where.line = 0;
	}
	return where;
}

struct loc machine_alias_loc(
	const struct site *site, const struct machine *machine, const char *alias)
{
	for (uint32_t i = 0; i < machine->rare->n_alias_origins; i++) {
		const struct alias_origin *origin = &machine->rare->alias_origins[i];

		if (strcmp(origin->alias, alias) == 0)
			return record_loc_of(site, &machine->record,
				(enum field_id)origin->field, origin->origin,
				origin->line);
	}
	return record_loc(site, &machine->record, (enum field_id)machine->alias_field);
}

bool site_is_last_good(const struct site *site, const struct record *record)
{
	return site->stood_for != NULL && record->key != NULL &&
	       (table_find(site->stood_for, record->key) != NULL ||
		       (record->kind == KIND_INTERFACE &&
			       table_find(site->stood_for, dn_key_parent(record->key)) !=
				       NULL));
}

const struct origin *record_origin(const struct record *record, enum field_id field)
{
	for (uint32_t i = 0; i < record->n_origins; i++)
		if (record->origins[i].field == field)
			return &record->origins[i];
	return NULL;
}

bool record_refused(const struct record *record, enum field_id field)
{
	const struct origin *origin = record_origin(record, field);

	return origin != NULL && origin->is_refused;
}

struct site *site_new(TALLOC_CTX *mem_ctx, const struct map *map, const char *source)
{
	struct site *site = mem_new(mem_ctx, struct site);

	site->arena = arena_new(site);
	site->map = map;
	site->source = source;
	return site;
}

bool network_beyond_dnsmasq(const struct network *network)
{
	return network->prefix.base.family == 6 && network->prefix.length < 64;
}

/* Parts */

/* What says nothing, whatever part it stands for: nobody writes in it. */
static const union {
	struct machine_install install;
	struct machine_guest guest;
	struct machine_rare rare;
	struct interface_rare of_interface;
} nothing;

void *part_write(struct arena *arena, void *part, size_t size)
{
	void **own = part;

	if (*own == (const void *)&nothing)
		*own = arena_alloc(arena, size);
	return *own;
}

void machine_begin(struct machine *machine)
{
	machine->install = &nothing.install;
	machine->guest = &nothing.guest;
	machine->rare = &nothing.rare;
}

struct machine_install *machine_write_install(
	struct arena *arena, struct machine *machine)
{
	return part_write(arena, &machine->install, sizeof(*machine->install));
}

struct machine_guest *machine_write_guest(struct arena *arena, struct machine *machine)
{
	return part_write(arena, &machine->guest, sizeof(*machine->guest));
}

struct machine_rare *machine_write_rare(struct arena *arena, struct machine *machine)
{
	return part_write(arena, &machine->rare, sizeof(*machine->rare));
}

void interface_begin(struct interface *interface)
{
	interface->rare = &nothing.of_interface;
}

struct interface_rare *interface_write_rare(
	struct arena *arena, struct interface *interface)
{
	return part_write(arena, &interface->rare, sizeof(*interface->rare));
}

/* Looking things up */

const char *hardware_text(TALLOC_CTX *mem_ctx, const struct hardware *hardware)
{
	char text[MAC_TEXT_MAX];

	if (mac_is_zero(hardware->mac))
		return octets_format(mem_ctx, hardware->guid.bytes, GUID_BYTES);
	return mem_strdup(mem_ctx, mac_format(hardware->mac, text));
}

const struct interface *machine_bmc_port(const struct machine *machine)
{
	for (uint32_t i = 0; i < machine->n_interfaces; i++)
		if (machine->interfaces[i]->is_management)
			return machine->interfaces[i];
	return NULL;
}

const struct cluster *model_cluster(const struct site *site)
{
	static const struct cluster none;

	return site->n_clusters > 0 ? site->clusters[0] : &none;
}

struct record *model_find_named(void *records, size_t n, const char *name)
{
	struct record **table = records;

	for (size_t i = 0; i < n; i++)
		if (table[i]->name != NULL && text_equal_case(table[i]->name, name))
			return table[i];
	return NULL;
}

const char *model_domain(const struct site *site, const struct network *network)
{
	if (network != NULL && network->domain != NULL)
		return network->domain;
	return model_cluster(site)->domain;
}

const char *model_domain_of(const char *fqdn)
{
	const char *dot = strchr(fqdn, '.');

	return dot == NULL ? NULL : dot + 1;
}

struct network *model_network_of(const struct site *site, struct ip ip)
{
	size_t low = 0, high = site->n_networks;

	/* the last network that starts at or before @ip; the one inside another is later */
	while (low < high) {
		size_t middle = (low + high) / 2;

		if (ip_compare(site->networks[middle]->prefix.base, ip) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (size_t i = low; i-- > 0;) {
		const struct prefix *prefix = &site->networks[i]->prefix;

		if (prefix->base.family != ip.family)
			break;
		if (prefix_contains(*prefix, ip))
			return site->networks[i];
		/* only overlapping networks make the search go on: they are in error */
		if (low - i > 64)
			break;
	}
	return NULL;
}

bool address_is_gateway(const struct address *address)
{
	return address->network != NULL && ip_is_set(address->network->gateway) &&
	       ip_compare(address->ip, address->network->gateway) == 0;
}

struct record *model_find(const struct site *site, const char *key)
{
	struct record *record = table_find(site->by_key, key);

	if (record == NULL && site->stood_for != NULL) {
		const char *other = table_find(site->stood_for, key);

		record = other == NULL ? NULL : table_find(site->by_key, other);
	}
	return record != NULL && !record->is_passed_over ? record : NULL;
}

const struct interface *holder_interface(const struct name_holder *holder)
{
	const struct machine *machine = holder->machine;

	for (uint32_t i = 0; i < machine->n_interfaces; i++)
		if (&machine->interfaces[i]->record == holder->record)
			return machine->interfaces[i];
	return machine->n_interfaces > 0 ? machine->interfaces[0] : NULL;
}

static void add_addresses(struct site *site, const struct interface *interface,
	unsigned family, struct strings *list)
{
	char text[IP_TEXT_MAX];

	if (interface == NULL || interface->machine->record.is_bad)
		return;
	const char **items = arena_alloc(site->arena,
		(list->n + interface->n_addresses + 1) * sizeof(const char *));

	if (list->n > 0)
		memcpy(items, list->items, list->n * sizeof(const char *));
	list->items = items;
	for (uint32_t i = 0; i < interface->n_addresses; i++)
		if (interface->addresses[i].ip.family == family)
			list->items[list->n++] = arena_strdup(
				site->arena, ip_format(interface->addresses[i].ip, text));
}

struct strings model_addresses_of(
	struct site *site, const char *name, const char *domain, unsigned family)
{
	TMP_CTX(tmp);
	struct strings list = {0};
	const struct name_holder *holder = table_find(site->full_names, name);

	if (holder == NULL && domain != NULL && strchr(name, '.') == NULL)
		holder = table_find(
			site->full_names, mem_printf(tmp, "%s.%s", name, domain));
	if (holder == NULL) {
		const struct machine *machine = table_find(site->short_names, name);

		if (machine != NULL && machine != MODEL_SHARED &&
			machine->n_interfaces > 0)
			add_addresses(site, machine->interfaces[0], family, &list);
	}
	for (; holder != NULL; holder = holder->next)
		add_addresses(site, holder_interface(holder), family, &list);
	return list;
}

struct machine *model_find_machine(const struct site *site, const char *name)
{
	const struct name_holder *holder = table_find(site->full_names, name);

	if (holder != NULL)
		return holder->machine;
	void *machine = table_find(site->short_names, name);

	return machine == MODEL_SHARED ? NULL : machine;
}

unsigned profile_trees(const struct profile *profile)
{
	return (profile->install_url != NULL) + (profile->nfs_server != NULL) +
	       (profile->mirror_list != NULL) + (profile->metalink != NULL);
}

bool range_contains(const struct range *range, struct ip ip)
{
	return ip_compare(range->start, ip) <= 0 && ip_compare(ip, range->end) <= 0;
}

bool strings_equal(const struct strings *a, const struct strings *b)
{
	if (a->n != b->n)
		return false;
	for (uint32_t i = 0; i < a->n; i++)
		if (strcmp(a->items[i], b->items[i]) != 0)
			return false;
	return true;
}

const struct address *interface_placed(const struct interface *interface, unsigned family)
{
	for (uint32_t i = 0; i < interface->n_addresses; i++)
		if (interface->addresses[i].ip.family == family &&
			interface->addresses[i].network != NULL)
			return &interface->addresses[i];
	return NULL;
}

bool interface_has_before(const struct interface *interface, uint32_t i)
{
	for (uint32_t j = 0; j < i; j++)
		if (interface->addresses[j].network == interface->addresses[i].network)
			return true;
	return false;
}

uint32_t interface_count(const struct interface *interface, unsigned family)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < interface->n_addresses; i++)
		n += interface->addresses[i].ip.family == family;
	return n;
}

bool interface_has_address(const struct interface *interface, struct ip ip)
{
	for (uint32_t i = 0; i < interface->n_addresses; i++)
		if (ip_compare(interface->addresses[i].ip, ip) == 0)
			return true;
	return false;
}

bool machine_has_address(const struct machine *machine, struct ip ip)
{
	for (uint32_t i = 0; i < machine->n_interfaces; i++)
		if (interface_has_address(machine->interfaces[i], ip))
			return true;
	return false;
}
