/* SPDX-License-Identifier: Apache-2.0 */
#include "render/fields.h"

#include <string.h>

#include "model/group_kind.h"
#include "model/leaf.h"
#include "model/zone.h"
#include "model/zone_name.h"
#include "render/fields_row.h"

ELEMENTS(shared_network)
ELEMENTS(group_kind)
ELEMENTS(leaf)
ELEMENTS(reservation)

/* The outermost context */

static const struct field cluster_computed[] = {
	EXTRA(CLUSTER),
	HAS("has_search", cluster, search),
	HAS("has_authorized_keys", cluster, authorized_keys),
	HAS("has_timeservers", cluster, timeservers),
	STRINGS("timeservers4", cluster, timeservers4, TIMESERVER),
	HAS("has_timeservers4", cluster, timeservers4),
	STRINGS("timeservers6", cluster, timeservers6, TIMESERVER),
	HAS("has_timeservers6", cluster, timeservers6),
	{0},
};
static struct field cluster_fields[ROW_ROOM];
static struct shape cluster_shape = {"site", cluster_fields, NULL, NULL};

static const struct field target_fields[] = {
	TEXT("path", target, path),
	TEXT("folder", target, fixed_folder),
	{0},
};
static const struct shape target_shape = {"target", target_fields, NULL, NULL};

GETTER(file_serial, globals)
{
	*o->has_serial = true;
	row_give_number(ret, (int64_t)o->serial);
}

static const struct field file_fields[] = {
	TEXT("path", globals, path),
	COMPUTED("serial", VALUE_NUMBER, file_serial),
	{0},
};
static const struct shape file_shape = {"file", file_fields, NULL, NULL};

GIVES(object, globals_self, globals, o)

/* A site without a vocCluster entry has all its values empty. */
GIVES(object, globals_site, globals, model_cluster(o->site))

static size_t count_ipv4(const struct site *site)
{
	size_t n = 0;

	while (n < site->n_networks && site->networks[n]->prefix.base.family == 4)
		n++;
	return n;
}

GETTER(globals_domains, globals)
{
	row_give_list(ret, o->site->domains.items, o->site->domains.n);
}

GETTER(globals_networks4, globals)
{
	row_give_list(ret, o->site->networks, count_ipv4(o->site));
}

GETTER(globals_networks6, globals)
{
	size_t n = count_ipv4(o->site);

	row_give_list(ret, o->site->networks + n, o->site->n_networks - n);
}

#define TABLE(name, member) \
	GETTER(globals_##name, globals) \
	{ \
		row_give_list(ret, o->site->member, o->site->n_##member); \
	}
TABLE(networks, networks)
TABLE(shared_networks, shared_networks)
TABLE(vcns, vcns)
TABLE(images, images)
TABLE(repositories, repositories)
TABLE(profiles, profiles)
TABLE(groups, groups)
TABLE(group_kinds, group_kinds)
TABLE(leaves, leaves)
TABLE(zones, zones)
TABLE(dns_records, dns_records)

GETTER(globals_hosts, globals)
{
	row_give_list(
		ret, o->site->hosts, zone_names_start(o->site->hosts, o->site->n_hosts));
}

GETTER(globals_nodes, globals)
{
	row_give_list(ret, o->site->machines,
		zone_names_start(o->site->machines, o->site->n_machines));
}

GETTER(globals_zone_names, globals)
{
	size_t n = zone_names_start(o->site->machines, o->site->n_machines);

	row_give_list(ret, o->site->machines + n, o->site->n_machines - n);
}

TABLE(wires4, wires4)
TABLE(wires6, wires6)
TABLE(lone4, lone4)
TABLE(lone6, lone6)
TABLE(roaming, roaming)
TABLE(boots, choices)
TABLE(new_options, new_options)

GETTER(globals_client_domains, globals)
{
	row_give_list(ret, o->site->client_domains.items, o->site->client_domains.n);
}

/*
 * How many leases of DHCPv4 and fixed ones of DHCPv6 there can be, in thousands: a node more need
 * not restart dnsmasq; none where that is no more than the 1,000 that it allows by itself (its
 * config.h, MAXLEASES).
 */
GETTER(globals_lease_room, globals)
{
	enum { DEFAULT_ROOM = 1000 };
	int64_t n = o->site->n_roaming;

	for (size_t i = 0; i < o->site->n_networks; i++) {
		const struct network *network = o->site->networks[i];

		n += network->n_reservations;
		for (uint32_t j = 0; j < network->n_pools; j++)
			n += (int64_t)ip_distance(
				network->pools[j].start, network->pools[j].end);
	}
	row_give_number(ret, (n + DEFAULT_ROOM - 1) / DEFAULT_ROOM * DEFAULT_ROOM);
	if (n <= DEFAULT_ROOM)
		ret->kind = VALUE_NONE;
}

/* Are there reservations in networks of @family that are one address of two clients? */
static bool has_repeats(const struct site *site, unsigned family)
{
	bool found = false;

	for (size_t i = 0; i < site->n_networks && !found; i++)
		for (uint32_t j = 0; j < site->networks[i]->n_reservations; j++)
			found |= site->networks[i]->prefix.base.family == family &&
				 site->networks[i]->reservations[j].is_repeat;
	return found;
}

GIVES(bool, globals_has_repeats4, globals, has_repeats(o->site, 4))
GIVES(bool, globals_has_repeats6, globals, has_repeats(o->site, 6))
GIVES(text, globals_bmc_nodeset, globals, o->site->bmc_nodeset)

#define GLOBAL(name, shape, element) \
	{ \
#name, VALUE_LIST, &shape, globals_##name, element, 0, 0 \
	}

static const struct field global_fields[] = {
	{"site", VALUE_OBJECT, &cluster_shape, globals_site, NULL, 0, 0},
	{"file", VALUE_OBJECT, &file_shape, globals_self, NULL, 0, 0},
	{"domains", VALUE_LIST, NULL, globals_domains, row_text_at, FIELD_DOMAIN, 0},
	GLOBAL(networks, network_shape, row_pointer_at),
	GLOBAL(networks4, network_shape, row_pointer_at),
	GLOBAL(networks6, network_shape, row_pointer_at),
	GLOBAL(shared_networks, shared_network_shape, shared_network_at),
	GLOBAL(wires4, shared_network_shape, row_pointer_at),
	GLOBAL(wires6, shared_network_shape, row_pointer_at),
	GLOBAL(lone4, network_shape, row_pointer_at),
	GLOBAL(lone6, network_shape, row_pointer_at),
	GLOBAL(roaming, reservation_shape, reservation_at),
	GLOBAL(boots, boot_shape, row_pointer_at),
	GLOBAL(new_options, option_type_shape, row_pointer_at),
	{"client_domains", VALUE_LIST, NULL, globals_client_domains, row_text_at,
		FIELD_NAME, 0},
	COMPUTED("lease_room", VALUE_NUMBER, globals_lease_room),
	COMPUTED("has_repeats4", VALUE_BOOL, globals_has_repeats4),
	COMPUTED("has_repeats6", VALUE_BOOL, globals_has_repeats6),
	GLOBAL(hosts, machine_shape, row_pointer_at),
	GLOBAL(vcns, machine_shape, row_pointer_at),
	GLOBAL(nodes, machine_shape, row_pointer_at),
	GLOBAL(zone_names, machine_shape, row_pointer_at),
	GLOBAL(images, image_shape, row_pointer_at),
	GLOBAL(repositories, repository_shape, row_pointer_at),
	GLOBAL(profiles, profile_shape, row_pointer_at),
	GLOBAL(groups, group_shape, row_pointer_at),
	GLOBAL(group_kinds, group_kind_shape, group_kind_at),
	{"bmc_nodeset", VALUE_TEXT, NULL, globals_bmc_nodeset, NULL, FIELD_NAME, 0},
	{"totals", VALUE_OBJECT, &total_shape, globals_self, NULL, 0, 0},
	{"findings", VALUE_LIST, &note_shape, fields_findings, fields_note_at, 0, 0},
	{"quarantined", VALUE_LIST, &note_shape, fields_quarantined, fields_note_at, 0,
		0},
	{"changes", VALUE_LIST, &note_shape, fields_changes, fields_note_at, 0, 0},
	GLOBAL(leaves, leaf_shape, leaf_at),
	GLOBAL(zones, zone_shape, row_pointer_at),
	GLOBAL(dns_records, dns_record_shape, row_pointer_at),
};

/* `targets.NAME`: the field's offset is the target's place in the array */
static void get_target(const struct field *field, const void *object, struct value *ret)
{
	const struct globals *globals = object;

	row_give_object(ret, globals->targets + field->offset);
}

static const struct shape *targets_shape(
	TALLOC_CTX *mem_ctx, const struct target *targets, size_t n_targets)
{
	struct shape *shape = mem_new(mem_ctx, struct shape);
	struct field *fields = mem_array(shape, struct field, n_targets + 1);

	for (size_t i = 0; i < n_targets; i++)
		fields[i] = (struct field){targets[i].name, VALUE_OBJECT, &target_shape,
			get_target, NULL, 0, i};
	shape->name = "targets";
	shape->fields = fields;
	return shape;
}

/* The rows of the uses and the computed ones, joined when the first template is compiled. */
static void join_rows(void)
{
	row_join(cluster_fields, cluster_computed, KIND_CLUSTER, KIND_NONE);
	fields_join_network();
	fields_join_node();
	fields_join_install();
}

const struct shape *fields_globals(TALLOC_CTX *mem_ctx, const struct map *map,
	const struct target *targets, size_t n_targets)
{
	struct shape *shape = mem_new(mem_ctx, struct shape);
	struct field *fields =
		mem_array(shape, struct field, ARRAY_SIZE(global_fields) + 2);

	join_rows();
	fields_extras(mem_ctx, map);
	memcpy(fields, global_fields, sizeof(global_fields));
	fields[ARRAY_SIZE(global_fields)] = (struct field){"targets", VALUE_OBJECT,
		targets_shape(shape, targets, n_targets), globals_self, NULL, 0, 0};
	shape->name = "template";
	shape->fields = fields;
	return shape;
}

struct record *fields_record(const struct shape *shape, const void *object)
{
	/* the model is read-only here, but its records take marks (record->is_bad) */
	void *mutable = (void *)(uintptr_t)object;

	if (shape >= extra_shapes && shape < extra_shapes + _KIND_MAX)
		return mutable;
	if (shape == &machine_shape)
		return &((struct machine *)mutable)->record;
	if (shape == &reservation_shape)
		return &((struct reservation *)mutable)->interface->record;
	if (shape == &hardware_shape)
		return &((struct hardware *)mutable)->interface->machine->record;
	if (shape == &zone_shape)
		return ((struct zone *)mutable)->record;
	if (shape == &zone_record_shape)
		return ((struct zone_record *)mutable)->record;
	if (shape == &dns_record_shape)
		return ((struct dns_record *)mutable)->record;
	if (shape == &interface_shape || shape == &network_shape ||
		shape == &profile_shape || shape == &image_shape ||
		shape == &repository_shape || shape == &cluster_shape ||
		shape == &group_shape)
		return mutable;
	return NULL;
}

const struct machine *fields_machine(const struct shape *shape, const void *object)
{
	if (shape == &machine_shape)
		return object;
	if (shape == &reservation_shape)
		return ((const struct reservation *)object)->interface->machine;
	if (shape == &hardware_shape)
		return ((const struct hardware *)object)->interface->machine;
	if (shape == &interface_shape)
		return ((const struct interface *)object)->machine;
	if (shape == &zone_record_shape)
		return ((const struct zone_record *)object)->machine;
	if (shape == &dns_record_shape)
		return ((const struct dns_record *)object)->machine;
	return NULL;
}

/* Whose values they are */

static bool is_text(const char *own, const char *text, size_t len)
{
	return own != NULL && strlen(own) == len && memcmp(own, text, len) == 0;
}

static void add_domain_owners(TALLOC_CTX *mem_ctx, struct records *all,
	const struct site *site, const char *text, size_t len)
{
	for (size_t i = 0; i < site->n_clusters; i++)
		if (is_text(site->clusters[i]->domain, text, len))
			*mem_push(mem_ctx, &all->items, &all->n) =
				&site->clusters[i]->record;
	for (size_t i = 0; i < site->n_networks; i++)
		if (is_text(site->networks[i]->domain, text, len))
			*mem_push(mem_ctx, &all->items, &all->n) =
				&site->networks[i]->record;
}

static bool is_named_in(const struct machine *machine, const char *text, size_t len)
{
	for (uint32_t i = 0; i < machine->n_interfaces; i++) {
		const char *fqdn = machine->interfaces[i]->fqdn;

		if (fqdn != NULL && is_text(model_domain_of(fqdn), text, len))
			return true;
	}
	return false;
}

static void add_name_owners(TALLOC_CTX *mem_ctx, struct records *all,
	const struct site *site, const char *text, size_t len)
{
	for (size_t i = 0; i < site->n_machines; i++)
		if (is_named_in(site->machines[i], text, len))
			*mem_push(mem_ctx, &all->items, &all->n) =
				&site->machines[i]->record;
}

static void add_shared_owners(TALLOC_CTX *mem_ctx, struct records *all,
	const struct site *site, const char *text, size_t len)
{
	for (size_t i = 0; i < site->n_networks; i++)
		if (is_text(site->networks[i]->shared_name, text, len))
			*mem_push(mem_ctx, &all->items, &all->n) =
				&site->networks[i]->record;
}

static const char *boot_value(const struct boot *boot, int attribute)
{
	switch (attribute) {
	case FIELD_BOOT_FILE:
		return boot->file;
	case FIELD_BOOT_FILE_UEFI:
		return boot->file_uefi;
	case FIELD_BOOT_FILE_ARM64:
		return boot->file_arm64;
	case FIELD_BOOT_URL:
		return boot->url;
	default:
		return NULL;
	}
}

/* A file, or the URL that DHCPv6 makes of it: tftp://[ADDRESS]/FILE. */
static bool is_file_in(const char *own, const char *text, size_t len)
{
	if (own == NULL)
		return false;
	if (is_text(own, text, len))
		return true;
	own += own[0] == '/';
	size_t own_len = strlen(own);

	return own_len < len && text[len - own_len - 1] == '/' &&
	       memcmp(text + len - own_len, own, own_len) == 0;
}

/* What a client boots is its network's, its node's, or some of either. */
static void add_boot_owners(TALLOC_CTX *mem_ctx, struct records *all,
	const struct site *site, int attribute, const char *text, size_t len)
{
	for (size_t i = 0; i < site->n_networks; i++)
		if (is_file_in(
			    boot_value(&site->networks[i]->boot, attribute), text, len))
			*mem_push(mem_ctx, &all->items, &all->n) =
				&site->networks[i]->record;
	for (size_t i = 0; i < site->n_machines; i++)
		if (is_file_in(boot_value(&site->machines[i]->rare->boot, attribute),
			    text, len))
			*mem_push(mem_ctx, &all->items, &all->n) =
				&site->machines[i]->record;
}

bool fields_is_shared(const struct shape *shape)
{
	return shape == &boot_shape;
}

struct records fields_owners(TALLOC_CTX *mem_ctx, const struct site *site,
	const struct field *field, const char *text, size_t len)
{
	struct records all = {0};

	if (field->attribute == FIELD_DOMAIN)
		add_domain_owners(mem_ctx, &all, site, text, len);
	if (field->attribute == FIELD_NAME)
		add_name_owners(mem_ctx, &all, site, text, len);
	if (field->attribute == FIELD_SHARED_NETWORK)
		add_shared_owners(mem_ctx, &all, site, text, len);
	add_boot_owners(mem_ctx, &all, site, field->attribute, text, len);
	return all;
}

bool fields_show_groups(const struct template *template)
{
	/* totals: a number of them is among those */
	static const struct shape *const shapes[] = {
		&group_shape, &group_kind_shape, &leaf_shape, &total_shape};

	for (size_t i = 0; i < ARRAY_SIZE(shapes); i++)
		if (template_has(template, shapes[i]))
			return true;
	return false;
}

/* What is not reached by a reservation. */
static bool lists_nodes(const struct field *field)
{
	return field->kind == VALUE_LIST &&
	       (field->shape == &machine_shape || field->shape == &zone_record_shape);
}

static bool is_of_ipv4(const struct field *field)
{
	return field->get == globals_networks4 || field->get == globals_wires4 ||
	       field->get == globals_lone4 || field->get == globals_roaming;
}

static bool is_of_ipv6(const struct field *field)
{
	return field->get == globals_networks6 || field->get == globals_wires6 ||
	       field->get == globals_lone6;
}

enum shown_nodes fields_shown_nodes(const struct template *template)
{
	static const struct shape *const shapes[] = {
		&machine_shape, &interface_shape, &hardware_shape};
	bool has_others =
		fields_show_groups(template) || template_asks(template, lists_nodes);
	int families = (template_asks(template, is_of_ipv4) ? RESERVED_IPV4 : 0) |
		       (template_asks(template, is_of_ipv6) ? RESERVED_IPV6 : 0);

	if (!has_others && template_has(template, &reservation_shape))
		return families == 0 ? SHOWN_RESERVED : (enum shown_nodes)families;
	for (size_t i = 0; i < ARRAY_SIZE(shapes); i++)
		has_others |= template_has(template, shapes[i]);
	return has_others ? SHOWN_ALL : SHOWN_NONE;
}

bool fields_show_notes(const struct template *template)
{
	return template_has(template, &note_shape);
}

bool fields_show_zones(const struct template *template)
{
	return template_has(template, &zone_shape);
}
