/* SPDX-License-Identifier: Apache-2.0 */
#include "model/decode.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "model/choose.h"
#include "model/decode_alias.h"
#include "model/decode_feed.h"
#include "model/decode_pairs.h"
#include "model/decode_told.h"
#include "model/decode_zone.h"
#include "model/release.h"
#include "read/dn.h"
#include "read/filter_match.h"

/* Decoders */

enum { SCRATCH = 16 * 1024 }; /* for what is needed while one entry is decoded, mostly */

struct decoder *decoder_new(TALLOC_CTX *mem_ctx, struct reporter *reporter)
{
	struct decoder *d = mem_new(mem_ctx, struct decoder);

	d->reporter = reporter;
	d->site = reporter->site;
	d->maps[0] = mapped_new(d, d->site->map);
	d->maps[1] =
		d->site->also_map == NULL ? d->maps[0] : mapped_new(d, d->site->also_map);
	d->keys = table_new(d, 0);
	d->origins = table_new(d, 0);
	d->joined = table_new(d, 0);
	d->writers = table_new(d, 0);
	d->sources = table_new(d, 0);
	d->zone_name = buffer_new(d);
	d->zone = buffer_new(d);
	d->key = buffer_new(d);
	d->name = buffer_new(d);
	d->scratch = mem_pool_new(d, SCRATCH);
	return d;
}

/* Which of several names is the record's own: the one in its RDN */

/*
 * The name in the RDN; *ret_is_part says that the RDN also holds an address or a MAC: an
 * interface of a multihomed host (RFC 2307bis appendix C).
 */
static const char *rdn_name(struct decoder *d, bool *ret_is_part)
{
	size_t n;
	const struct rdn_part *parts = dn_parse_rdn(d->scratch, d->entry->dn, &n);
	const char *name = NULL;

	*ret_is_part = false;
	for (size_t i = 0; i < n; i++) {
		const char *found =
			decode_rdn_name(d, d->kind, parts[i].attribute, parts[i].value);

		if (found != NULL)
			name = found;
		else if (decode_feeds(d, d->kind, FIELD_ADDRESS, parts[i].attribute) ||
			 decode_feeds(d, d->kind, FIELD_MAC, parts[i].attribute))
			*ret_is_part = true;
	}
	return name;
}

static int compare_values(const void *a, const void *b)
{
	return strcmp(((const struct entry_value *)a)->bytes,
		((const struct entry_value *)b)->bytes);
}

/*
 * The record's own name: the RDN's, else the one that counts. False where it has none.
 */
static bool own_name(struct decoder *d, struct entry_value *ret, bool *ret_is_part)
{
	const struct field_values *names = &d->fields[FIELD_NAME];
	const char *rdn = rdn_name(d, ret_is_part);

	if (rdn == NULL && names->n == 0)
		return false;
	*ret = rdn == NULL
		       ? *choose_value(d, FIELD_NAME, names)
		       : (struct entry_value){rdn, strlen(rdn),
				 names->n > 0 ? names->values[0].line : d->entry->line};
	for (size_t i = 0; i < names->n; i++)
		if (entry_value_is(&names->values[i], ret->bytes))
			*ret = names->values[i];
	decode_prefer(d, FIELD_NAME, ret);
	return true;
}

static void read_list(struct decoder *d, struct record *record, const struct use *use,
	const struct field_values *values, struct strings *list)
{
	list->items = arena_alloc(d->site->arena, values->n * sizeof(*list->items));
	for (size_t i = 0; i < values->n; i++) {
		list->items[list->n] = NULL;
		use->read(d, record, use, &values->values[i],
			(void *)&list->items[list->n]);
		list->n += list->items[list->n] != NULL;
	}
	decode_sort_strings(list);
}

/* Whose fault is said here is not missed elsewhere. */
static void mark_refused(struct decoder *d, enum field_id field)
{
	for (size_t i = 0; i < d->n_found; i++)
		if (d->found[i].field == field)
			d->found[i].is_refused = true;
}

static void refuse_many(
	struct decoder *d, struct record *record, enum field_id field, size_t n)
{
	mark_refused(d, field);
	check_report(d->reporter, CHECK_BAD_VALUE, record, field,
		"has %zu values, one is expected", n);
}

/* The one value, or of several the one that counts. */
static void read_one(struct decoder *d, struct record *record, const struct use *use,
	const struct field_values *values, void *place)
{
	const struct entry_value *chosen = choose_value(d, use->field, values);
	bool is_any = values->n == 1 || (use->flags & USE_FIRST) != 0;

	if (!is_any && !choose_settles(d, use, chosen)) {
		refuse_many(d, record, use->field, values->n);
		return;
	}
	if (!is_any)
		choose_report(d, record, use->field, values, chosen);
	if (values->n > 1)
		decode_prefer(d, use->field, chosen);
	use->read(d, record, use, chosen, place);
}

static void read_use(struct decoder *d, struct record *record, const struct use *use)
{
	const struct field_values *values = &d->fields[use->field];
	struct entry_value name;
	bool is_part;

	if (use->field == FIELD_NAME && own_name(d, &name, &is_part)) {
		use->read(d, record, use, &name,
			use_member_write(d->site->arena, use, record));
		return;
	}
	if (values->n == 0) {
		if (use->flags & USE_REQUIRED)
			check_report(d->reporter, CHECK_MISSING_ATTRIBUTE, record,
				use->field, "is missing");
		return;
	}
	void *place = use_member_write(d->site->arena, use, record);

	if (use->storage == STORAGE_TEXTS || use->storage == STORAGE_KEYS)
		read_list(d, record, use, values, place);
	else
		read_one(d, record, use, values, place);
}

static void read_uses(struct decoder *d, struct record *record)
{
	for (const struct use *use = uses_of((enum kind)record->kind);
		use->field != FIELD_NONE; use++)
		if (use->read != NULL)
			read_use(d, record, use);
}

/* Records */

/* The last entry's, where they are the same, as those of most are. */
static const struct origin *same_origins(const struct decoder *d, size_t size)
{
	return d->n_last == d->n_found && d->n_last > 0 &&
			       memcmp(d->last_origins, d->found, size) == 0
		       ? d->last_origins
		       : table_find_bytes(d->origins, (const char *)d->found, size);
}

/*
 * Origins last as long as the site. Most entries have the same ones, but for those that another
 * gave to.
 */
static void keep_origins(struct decoder *d, struct record *record)
{
	const char *bytes = (const char *)d->found;
	size_t size = d->n_found * sizeof(*d->found);
	bool may_be_shared = !d->is_given_alone;
	const struct origin *kept = may_be_shared ? same_origins(d, size) : NULL;

	if (kept == NULL && size > 0) {
		struct origin *copy = arena_alloc(d->site->arena, size);

		memcpy(copy, bytes, size);
		if (may_be_shared)
			*table_slot_bytes(d->origins, (const char *)copy, size) = copy;
		kept = copy;
	}
	record->origins = d->last_origins = kept;
	record->n_origins = (uint32_t)d->n_found;
	d->n_last = d->n_found;
}

/* The file of `also` that the entry is from: one copy for all of its records. */
static const char *source_of(struct decoder *d)
{
	if (d->entry->source == NULL)
		return NULL;
	const char *kept = table_find(d->sources, d->entry->source);

	if (kept == NULL) {
		kept = arena_strdup(d->site->arena, d->entry->source);
		*table_slot(d->sources, kept) = (void *)(uintptr_t)kept;
	}
	return kept;
}

/* A site's own attributes */

static const char *extra_text(struct decoder *d, struct record *record,
	const struct extra *extra, const struct entry_value *value)
{
	const struct use use = {.field = map_extra_field(extra)};
	const char *text = NULL, *why = NULL;

	decode_text(d, record, &use, value, (void *)&text);
	if (text == NULL)
		return NULL;
	bool is_true = false;

	if (extra->type != EXTRA_BOOLEAN)
		;
	else if (decode_is_truth(d, use.field, value, &is_true))
		text = is_true ? "TRUE" : "FALSE";
	else
		why = "is neither TRUE nor FALSE";
	/* LDAP's INTEGER (RFC 4517 section 3.3.16), as far as a template has room for it */
	const char *digits = text + (*text == '-');
	uint64_t number;

	if (extra->type == EXTRA_NUMBER && !text_parse_u64(digits, INT64_MAX, &number))
		why = "is no whole number";
	if (why != NULL)
		decode_fault(d, CHECK_BAD_VALUE, record, use.field, value, why);
	return why == NULL ? text : NULL;
}

static void read_extra(struct decoder *d, struct record *record,
	const struct extra *extra, const struct field_values *values,
	struct strings *list)
{
	enum field_id field = map_extra_field(extra);
	struct field_values kept = *values;

	if (values->n == 0 && extra->is_required)
		check_report(d->reporter, CHECK_MISSING_ATTRIBUTE, record, field,
			"is missing");
	if (values->n > 1 && !extra->is_list) {
		kept = (struct field_values){choose_value(d, field, values), 1};
		choose_report(d, record, field, values, kept.values);
	}
	list->items = arena_alloc(d->site->arena, (kept.n + 1) * sizeof(char *));
	for (size_t i = 0; i < kept.n; i++) {
		const char *text = extra_text(d, record, extra, &kept.values[i]);

		if (text != NULL)
			list->items[list->n++] = text;
	}
	decode_sort_strings(list);
}

static void read_extras(struct decoder *d, struct record *record)
{
	const struct map *map = d->mapped->map;
	struct strings *all =
		arena_alloc(d->site->arena, map->n_slots * sizeof(struct strings));

	for (size_t i = 0; i < map->n_extras; i++)
		if (map->extras[i].kind == d->kind)
			read_extra(d, record, &map->extras[i], &d->extras[i],
				&all[map->extras[i].slot]);
	record->extras = all;
}

/* The entry's, which most DNs are themselves: no copy is made. */
static const char *keep_key(struct decoder *d, const char *dn)
{
	const char *key = d->entry->key;

	if (key == NULL)
		key = dn_write_key(d->key, dn) ? d->key->data : dn;
	return strcmp(key, dn) == 0 ? dn : arena_strdup(d->site->arena, key);
}

/* @object is zeroed memory whose first member is its record. */
static void *record_new(struct decoder *d, size_t size, enum kind kind)
{
	struct record *record = arena_alloc(d->site->arena, size);

	record->dn = arena_strdup(d->site->arena, d->entry->dn);
	record->key = keep_key(d, record->dn);
	record->line = d->entry->line;
	record->source = source_of(d);
	record->change = decode_change(d, NULL);
	record->origins = d->found; /* until keep_origins() */
	record->n_origins = (uint32_t)d->n_found;
	record->kind = (uint8_t)kind;
	if (d->mapped->map->n_extras > 0)
		read_extras(d, record);
	return record;
}

/* Names of a host or VCN: its own, and aliases */

/*
 * A name that begins with the RDN and a dot is its full name: cn=n1 and cn: n1.c.example. Of
 * several the first by order; the others are aliases.
 */
static const struct entry_value *full_name(
	struct decoder *d, const struct entry_value *own)
{
	const struct field_values *names = &d->fields[FIELD_NAME];
	const struct entry_value *full = own;

	if (strchr(own->bytes, '.') != NULL)
		return own;
	for (size_t i = 0; i < names->n; i++) {
		const struct entry_value *name = &names->values[i];

		if (strncasecmp(name->bytes, own->bytes, own->len) == 0 &&
			name->bytes[own->len] == '.' &&
			text_hostname_fault(name->bytes) == NULL &&
			(full == own || compare_values(name, full) < 0))
			full = name;
	}
	return full;
}

static void read_names(struct decoder *d, struct machine *machine)
{
	static const struct use use = {.field = FIELD_NAME};
	struct entry_value own;

	if (machine->is_zone_name) {
		machine->record.name = arena_strdup(d->site->arena, d->zone_name->data);
		decode_aliases(d, machine, NULL);
		return;
	}
	if (!own_name(d, &own, &machine->is_part)) {
		check_report(d->reporter, CHECK_MISSING_ATTRIBUTE, &machine->record,
			FIELD_NAME, "is missing");
		return;
	}
	decode_name(d, &machine->record, &use, full_name(d, &own),
		(void *)&machine->record.name);
	machine->record.is_passed_over = machine->record.name != NULL &&
					 decode_is_localhost(d, &machine->record,
						 FIELD_NAME, &own, machine->record.name);
	machine->rdn_length = (uint16_t)strnlen(own.bytes,
		machine->record.name == NULL ? 0 : strlen(machine->record.name));
	decode_aliases(d, machine, &own);
}

/* One function a kind */

/* The record is complete: into its table. */
#define PUSH(d, table, n, object) \
	(keep_origins((d), &(object)->record), (d)->site->n_entries++, \
		*mem_push((d)->site, &(d)->site->table, &(d)->site->n) = (object))

/* A VCN that has lost its class is no host: its guest would stop. */
static void check_is_no_vcn(struct decoder *d, struct record *record)
{
	static const enum field_id ids[] = {FIELD_HOST, FIELD_IMAGE};
	const struct string_list *names = d->mapped->map->attributes;

	for (size_t i = 0; i < d->entry->n_attributes; i++) {
		const struct entry_attribute *attribute = &d->entry->attributes[i];

		for (size_t j = 0; j < ARRAY_SIZE(ids); j++)
			if (attribute->n_values > 0 &&
				list_has_name(&names[ids[j]], attribute->name))
				decode_fault(d, CHECK_BAD_VALUE, record, ids[j],
					&attribute->values[0],
					"is of a VCN, and the entry has no class of one");
	}
}

/* device + ipHost + ieee802Device, vocPhysicalNode or vocVirtualNode (auxiliary) */
static void decode_machine(struct decoder *d, enum kind kind)
{
	struct machine *machine = record_new(d, sizeof(*machine), kind);

	machine_begin(machine);
	machine->is_vcn = kind == KIND_VCN;
	machine->is_enabled = true;
	machine->is_zone_name = d->is_zone_name;
	read_names(d, machine);
	read_uses(d, &machine->record);
	machine->has_vm_host_class = d->has_vm_host_class;
	if (kind == KIND_HOST)
		check_is_no_vcn(d, &machine->record);
	if (d->fields[FIELD_MAC].n > 0 || d->fields[FIELD_ADDRESS].n > 0 ||
		d->fields[FIELD_DUID].n > 0) {
		machine->own = arena_alloc(d->site->arena, sizeof(*machine->own));
		interface_begin(machine->own);
		machine->own->record = machine->record;
		machine->own->machine = machine;
		decode_pairs(d, &machine->record, machine->own);
	}
	PUSH(d, machines, n_machines, machine);
	if (machine->own != NULL)
		machine->own->record.origins = machine->record.origins;
}

/*
 * What vendors call the port of a BMC, with or without a number behind it, or the node's name and a
 * hyphen before it.
 */
static bool is_management_name(const char *name)
{
	static const char *const names[] = {"alom", "bmc", "cimc", "drac", "ibmc",
		"idrac", "ilo", "ilom", "imm", "ipmi", "irmc", "oob", "xcc"};
	size_t end = strlen(name), start;

	while (end > 0 && (strchr("0123456789", name[end - 1]) != NULL ||
				  name[end - 1] == '-' || name[end - 1] == '_'))
		end--;
	for (start = end; start > 0 && name[start - 1] != '-' && name[start - 1] != '_';)
		start--;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strlen(names[i]) == end - start &&
			strncasecmp(names[i], name + start, end - start) == 0)
			return true;
	return false;
}

/* Further values of an interface's name are names of its own, without their domain. */
static void read_interface_names(struct decoder *d, struct interface *interface)
{
	const struct field_values *names = &d->fields[FIELD_NAME];
	const char *own = interface->record.name;

	if (names->n < 2 || own == NULL)
		return;
	struct strings *aliases =
		&interface_write_rare(d->site->arena, interface)->aliases;

	aliases->items = arena_alloc(d->site->arena, names->n * sizeof(const char *));
	for (size_t i = 0; i < names->n; i++)
		if (!entry_value_is(&names->values[i], own))
			decode_alias(d, &interface->record, aliases, FIELD_NAME,
				&names->values[i]);
	decode_sort_strings(aliases);
}

/*
 * vocNodeInterface: MUST cn MAY macAddress $ vocDUID $ ipHostNumber $ vocBootInterface $
 * vocManagement
 */
static void decode_interface(struct decoder *d)
{
	struct interface *interface = record_new(d, sizeof(*interface), KIND_INTERFACE);

	interface_begin(interface);
	read_uses(d, &interface->record);
	interface->ifname = interface->record.name;
	read_interface_names(d, interface);
	if (d->fields[FIELD_MANAGEMENT].n == 0 && interface->ifname != NULL)
		interface->is_management =
			!interface->wants_boot && is_management_name(interface->ifname);
	interface->refuses_boot =
		d->fields[FIELD_BOOT_INTERFACE].n > 0 && !interface->wants_boot;
	decode_pairs(d, &interface->record, interface);
	PUSH(d, interfaces, n_interfaces, interface);
}

static int compare_ranges(const void *left, const void *right)
{
	const struct range *a = left, *b = right;
	int order = ip_compare(a->start, b->start);

	return order != 0 ? order : ip_compare(a->end, b->end);
}

static const struct loc *keep_loc(struct decoder *d, struct loc where)
{
	struct loc *kept = arena_alloc(d->site->arena, sizeof(*kept));

	*kept = where;
	return kept;
}

/* `FIRST LAST`; whether it lies in the network is lint's question */
static void read_ranges(struct decoder *d, struct network *network)
{
	const struct field_values *values = &d->fields[FIELD_DYNAMIC_RANGE];

	network->ranges =
		arena_alloc(d->site->arena, (values->n + 1) * sizeof(struct range));
	for (size_t i = 0; i < values->n; i++) {
		TMP_CTX(tmp);
		size_t n;
		char **words = text_split_blank(tmp, values->values[i].bytes, &n);
		struct range *range = &network->ranges[network->n_ranges];

		if (strlen(values->values[i].bytes) != values->values[i].len || n != 2 ||
			!ip_parse(words[0], &range->start) ||
			!ip_parse(words[1], &range->end))
			decode_fault(d, CHECK_BAD_RANGE, &network->record,
				FIELD_DYNAMIC_RANGE, &values->values[i],
				"is not FIRST LAST, two addresses");
		else
			network->ranges[network->n_ranges++].where = keep_loc(
				d, decode_loc(d, &network->record, FIELD_DYNAMIC_RANGE,
					   &values->values[i]));
	}
	qsort(network->ranges, network->n_ranges, sizeof(struct range), compare_ranges);
}

/* Both may have the slash that belongs before them. */
static const char *parse_netmask(
	const struct network *network, const char *text, unsigned *ret_bits)
{
	bool is_ipv6 = network->number != NULL && strchr(network->number, ':') != NULL;

	return prefix_length_parse(is_ipv6 ? 6 : 4, text + (*text == '/'), ret_bits);
}

/* The mask's bits, or NO_NETMASK; false for one that cannot be read. */
static bool read_netmask(struct decoder *d, struct network *network, int *ret_bits)
{
	const struct field_values *masks = &d->fields[FIELD_NETMASK];
	unsigned bits;

	*ret_bits = NO_NETMASK;
	if (masks->n == 0)
		return true;
	if (masks->n > 1) {
		refuse_many(d, &network->record, FIELD_NETMASK, masks->n);
		return false;
	}
	const char *why = strlen(masks->values[0].bytes) == masks->values[0].len
				  ? parse_netmask(network,
					    decode_trimmed(d, &masks->values[0]), &bits)
				  : "is no netmask";

	if (why == NULL)
		*ret_bits = (int)bits;
	else
		decode_fault(d, CHECK_BAD_IP, &network->record, FIELD_NETMASK,
			&masks->values[0], why);
	return why == NULL;
}

/* Why it is no subnet that a service could serve; NULL where it is one, or a fault. */
static const char *no_subnet(const struct network *network, int netmask)
{
	struct ip number = {0};

	if (!network_number_parse(network->number, &number))
		return NULL;
	if (strchr(network->number, '/') == NULL && netmask == NO_NETMASK)
		return useless_address(number) != NULL
			       ? useless_address(number)
			       : "has no netmask: no subnet, no DHCP";
	/* "default" is no subnet; written as 0.0.0.0/0 it is one that somebody means */
	return network->prefix.length > 0 || strchr(network->number, '/') == NULL
		       ? useless_address(number)
		       : NULL;
}

/* A mask that does not go with the number is the mask's fault, as far as anybody can tell. */
static void report_prefix(
	struct decoder *d, struct network *network, int netmask, const char *why)
{
	const struct field_values *numbers = &d->fields[FIELD_NETWORK];
	struct ip number;

	if (netmask == NO_NETMASK || !network_number_parse(network->number, &number)) {
		decode_fault(d, CHECK_BAD_IP, &network->record, FIELD_NETWORK,
			&numbers->values[0], why);
		return;
	}
	struct finding *finding = decode_fault(d, CHECK_BAD_IP, &network->record,
		FIELD_NETMASK, &d->fields[FIELD_NETMASK].values[0], why);

	diag_note(finding,
		decode_loc(d, &network->record, FIELD_NETWORK, &numbers->values[0]),
		"the network is '%s'", network->number);
}

static void read_prefix(struct decoder *d, struct network *network)
{
	int netmask;

	if (!read_netmask(d, network, &netmask) || network->number == NULL)
		return;
	const char *why = prefix_parse(network->number, netmask, &network->prefix);
	const char *passed = no_subnet(network, netmask);

	if (why == NULL && network->prefix.length == 0)
		why = "holds every address: it is no subnet";
	if (passed != NULL) {
		network->record.is_passed_over = true;
		decode_pass_over(d, &network->record, FIELD_NETWORK,
			&d->fields[FIELD_NETWORK].values[0], passed);
	} else if (why != NULL) {
		report_prefix(d, network, netmask, why);
	}
	if (why != NULL)
		network->prefix = (struct prefix){0};
}

static void decode_network(struct decoder *d)
{
	struct network *network = record_new(d, sizeof(*network), KIND_NETWORK);

	network->lease_time = LEASE_TIME_DEFAULT;
	read_uses(d, &network->record);
	read_prefix(d, network);
	read_ranges(d, network);
	PUSH(d, networks, n_networks, network);
}

static void decode_cluster(struct decoder *d)
{
	struct cluster *cluster = record_new(d, sizeof(*cluster), KIND_CLUSTER);

	read_uses(d, &cluster->record);
	PUSH(d, clusters, n_clusters, cluster);
}

static void decode_image(struct decoder *d)
{
	struct image *image = record_new(d, sizeof(*image), KIND_IMAGE);

	image->snapshot = true;
	image->format = "qcow2";
	image->readiness = "none";
	read_uses(d, &image->record);
	PUSH(d, images, n_images, image);
}

static void decode_repository(struct decoder *d)
{
	struct repository *repository =
		record_new(d, sizeof(*repository), KIND_REPOSITORY);

	repository->cost = -1;
	read_uses(d, &repository->record);
	PUSH(d, repositories, n_repositories, repository);
}

/* name, -name and @group apart; the packages list keeps the plain names */
static void sort_packages(struct decoder *d, struct profile *profile)
{
	struct strings all = profile->packages;
	size_t size = (all.n + 1) * sizeof(const char *);

	profile->packages = (struct strings){.items = arena_alloc(d->site->arena, size)};
	profile->groups = (struct strings){.items = arena_alloc(d->site->arena, size)};
	profile->removed = (struct strings){.items = arena_alloc(d->site->arena, size)};
	for (uint32_t i = 0; i < all.n; i++) {
		if (all.items[i][0] == '-')
			profile->removed.items[profile->removed.n++] = all.items[i] + 1;
		else if (all.items[i][0] == '@')
			profile->groups.items[profile->groups.n++] = all.items[i] + 1;
		else
			profile->packages.items[profile->packages.n++] = all.items[i];
	}
}

/* nfs://SERVER/FOLDER and nfs:SERVER:/FOLDER: two options of another command. */
static void split_nfs(struct decoder *d, struct profile *profile)
{
	const char *url = profile->install_url, *whole = url;

	if (url == NULL || !text_has_prefix(url, "nfs:"))
		return;
	url += text_has_prefix(url, "nfs://") ? strlen("nfs://") : strlen("nfs:");
	size_t len = strcspn(url, ":/");
	const char *folder = url + len + (url[len] == ':');

	profile->install_url = NULL;
	profile->nfs_server = arena_strndup(d->site->arena, url, len);
	if (text_hostname_fault(profile->nfs_server) != NULL || folder[0] != '/') {
		profile->nfs_server = NULL;
		mark_refused(d, FIELD_INSTALL_URL);
		check_report(d->reporter, CHECK_BAD_VALUE, &profile->record,
			FIELD_INSTALL_URL, "'%s': is not nfs://SERVER/FOLDER", whole);
		return;
	}
	profile->nfs_folder = folder;
}

/* Of several the installer takes the last of its file, which is nobody's choice. */
static void check_environments(struct decoder *d, struct profile *profile)
{
	const char *first = NULL;

	for (uint32_t i = 0; i < profile->groups.n; i++) {
		if (profile->groups.items[i][0] != '^')
			continue;
		if (first != NULL)
			check_report(d->reporter, CHECK_BAD_VALUE, &profile->record,
				FIELD_PACKAGE,
				"'@%s' and '@%s': a host has one environment", first,
				profile->groups.items[i]);
		first = profile->groups.items[i];
	}
}

/* The kernel strips the quotes around a whole word and around a value (next_arg()). */
static char *without_quotes(struct decoder *d, const char *word, size_t len)
{
	char *copy = arena_strndup(d->site->arena, word, len);
	char *quote = copy[0] == '"' ? copy : strstr(copy, "=\"");

	if (quote == NULL)
		return copy;
	quote += *quote == '=';
	memmove(quote, quote + 1, strlen(quote));
	len = strlen(copy);
	if (len > 0 && copy[len - 1] == '"')
		copy[len - 1] = '\0';
	return copy;
}

static void split_arguments(struct decoder *d, struct profile *profile)
{
	const char *at = profile->arguments;
	struct strings *words = &profile->argument_words;

	words->items = arena_alloc(d->site->arena,
		(at == NULL ? 1 : strlen(at) / 2 + 1) * sizeof(const char *));
	while (at != NULL && *(at += strspn(at, " ")) != '\0') {
		size_t len = 0;

		for (bool in_quotes = false;
			at[len] != '\0' && (in_quotes || at[len] != ' '); len++)
			in_quotes ^= at[len] == '"';
		words->items[words->n++] = without_quotes(d, at, len);
		at += len;
	}
}

static const struct release *release_of(struct arena *arena, const char *version)
{
	struct release *kept, release;

	if (!release_find(version, &release))
		return NULL;
	kept = arena_alloc(arena, sizeof(*kept));
	*kept = release;
	return kept;
}

static void decode_profile(struct decoder *d)
{
	struct profile *profile = record_new(d, sizeof(*profile), KIND_PROFILE);

	read_uses(d, &profile->record);
	profile->release = release_of(d->site->arena, profile->version);
	sort_packages(d, profile);
	split_nfs(d, profile);
	check_environments(d, profile);
	split_arguments(d, profile);
	PUSH(d, profiles, n_profiles, profile);
}

/* nisNetgroup: MAY nisNetgroupTriple $ memberNisNetgroup; groupOfNames: MUST member */
static void decode_group(struct decoder *d)
{
	struct node_group *group = record_new(d, sizeof(*group), KIND_GROUP);

	read_uses(d, &group->record);
	group->label = group->record.name;
	group->common = "group";
	PUSH(d, groups, n_groups, group);
}

/* Every entry has a class (RFC 4512 section 2.4): who reads may not see this one's. */
static void decode_veiled(struct decoder *d)
{
	struct record *record = record_new(d, sizeof(*record), KIND_NONE);

	keep_origins(d, record);
	*mem_push(d->site, &d->site->veiled, &d->site->n_veiled) = record;
}

static void decode_kind(struct decoder *d, enum kind kind)
{
	switch (kind) {
	case KIND_CLUSTER:
		decode_cluster(d);
		break;
	case KIND_NETWORK:
		decode_network(d);
		break;
	case KIND_HOST:
	case KIND_VCN:
		if (!d->is_zone_name || decode_zone_serves(d))
			decode_machine(d, kind);
		break;
	case KIND_INTERFACE:
		decode_interface(d);
		break;
	case KIND_IMAGE:
		decode_image(d);
		break;
	case KIND_REPOSITORY:
		decode_repository(d);
		break;
	case KIND_PROFILE:
		decode_profile(d);
		break;
	case KIND_GROUP:
		decode_group(d);
		break;
	case KIND_NONE:
		if (entry_attribute(d->entry, "objectClass") == NULL)
			decode_veiled(d);
		break;
	case _KIND_MAX:
		break;
	}
}

void decode_entry(void *data, const struct entry *entry)
{
	struct decoder *d = data;

	d->entry = entry;
	d->mapped = d->maps[entry->source != NULL];
	d->kind = decode_fields(d);
	decode_kind(d, d->kind);
	decode_tell(d);
	mem_pool_empty(d->scratch);
}
