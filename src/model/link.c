/* SPDX-License-Identifier: Apache-2.0 */
#include "model/guest_parts.h"
#include "model/site.h"

#include <string.h>

#include "base/parallel.h"
#include "base/sort.h"
#include "base/text.h"
#include "base/trailer.h"
#include "model/absent.h"
#include "model/boot_loader.h"
#include "model/dns_record.h"
#include "model/each.h"
#include "model/merge.h"
#include "model/node_names.h"
#include "model/ports.h"
#include "model/servers.h"
#include "model/told_pairs.h"
#include "model/zone_name.h"
#include "read/dn.h"

/* Orders of the tables */

static int compare_keys(const struct record *a, const struct record *b)
{
	return strcmp(a->key, b->key);
}

static int compare_networks(const void *left, const void *right)
{
	const struct network *a = *(struct network *const *)left;
	const struct network *b = *(struct network *const *)right;
	int order = ip_compare(a->prefix.base, b->prefix.base);

	if (order == 0)
		order = a->prefix.length - b->prefix.length;
	return order != 0 ? order : compare_keys(&a->record, &b->record);
}

static int compare_machine_names(const void *left, const void *right)
{
	const struct machine *a = *(struct machine *const *)left;
	const struct machine *b = *(struct machine *const *)right;
	int order = a->is_zone_name - b->is_zone_name;

	if (order == 0)
		order = text_compare(a->fqdn, b->fqdn);
	return order != 0 ? order : compare_keys(&a->record, &b->record);
}

/* By the names in the RDNs, which their full names begin with. */
static int compare_rdn_names(const struct machine *a, const struct machine *b)
{
	uint16_t shorter = a->rdn_length < b->rdn_length ? a->rdn_length : b->rdn_length;
	int order = shorter == 0 ? 0 : memcmp(a->record.name, b->record.name, shorter);

	return order != 0 ? order : a->rdn_length - b->rdn_length;
}

/* Interfaces of one host with RFC 2307bis names stand together, the plain entry first. */
static int compare_machine_places(const void *left, const void *right)
{
	const struct machine *a = *(struct machine *const *)left;
	const struct machine *b = *(struct machine *const *)right;
	int order = compare_rdn_names(a, b);

	if (order == 0)
		order = strcmp(
			dn_key_parent(a->record.key), dn_key_parent(b->record.key));
	if (order == 0)
		order = a->is_part - b->is_part;
	return order != 0 ? order : compare_keys(&a->record, &b->record);
}

static int compare_interface_keys(const void *left, const void *right)
{
	return compare_keys(&(*(struct interface *const *)left)->record,
		&(*(struct interface *const *)right)->record);
}

static int compare_interface_names(const void *left, const void *right)
{
	const struct interface *a = *(struct interface *const *)left;
	const struct interface *b = *(struct interface *const *)right;
	int order = b->is_primary - a->is_primary;

	if (order == 0)
		order = text_compare(a->ifname, b->ifname);
	return order != 0 ? order : compare_keys(&a->record, &b->record);
}

/* The tables of plain records. */
static int compare_named(const void *left, const void *right)
{
	const struct record *a = *(struct record *const *)left;
	const struct record *b = *(struct record *const *)right;
	int order = text_compare(a->name, b->name);

	return order != 0 ? order : compare_keys(a, b);
}

/* Networks and addresses */

static void place_addresses(struct site *site, struct interface *interface)
{
	for (uint32_t i = 0; i < interface->n_addresses; i++) {
		struct address *address = &interface->addresses[i];

		address->network = model_network_of(site, address->ip);
		if (interface->network == NULL)
			interface->network = address->network;
	}
}

/* Machines: entries that are interfaces of one host become one */

static void index_record(struct site *site, struct record *at, struct record *record)
{
	void **slot = table_slot(site->by_key, at->key);

	if (*slot == NULL)
		*slot = record;
}

static bool is_same_machine(const struct machine *a, const struct machine *b)
{
	return a->record.name != NULL && b->record.name != NULL && b->is_part &&
	       compare_rdn_names(a, b) == 0 &&
	       strcmp(dn_key_parent(a->record.key), dn_key_parent(b->record.key)) == 0;
}

/* Entries that are parts of another's machine, those of one behind each other. */
struct parts {
	TALLOC_CTX *mem_ctx;
	struct machine **items;
	size_t n;
};

/* From @start on, what is the same machine as the first; returns the next of another. */
static size_t merge_parts_of(struct site *site, size_t start, struct parts *parts)
{
	struct machine *first = site->machines[start];
	size_t end = start + 1;

	site->n_zone_names += first->is_zone_name;
	for (; end < site->n_machines && is_same_machine(first, site->machines[end]);
		end++) {
		merge_part(site, first, site->machines[end]);
		site->n_zone_names += site->machines[end]->is_zone_name;
		*mem_push(parts->mem_ctx, &parts->items, &parts->n) = site->machines[end];
	}
	if (end - start > 1)
		merge_interfaces(site, &site->machines[start], end - start);
	return end;
}

static void merge_parts(struct site *site, struct parts *parts)
{
	sort_pointers(site->machines, site->n_machines, compare_machine_places);
	for (size_t i = 0; i < site->n_machines;)
		i = merge_parts_of(site, i, parts);
}

/* So many machines before its turn a place in a table is on its way from memory. */
enum { MACHINES_AHEAD = 12 };

static void expect_key(const struct table *table, const char *key)
{
	if (key != NULL)
		table_expect(table, key, strlen(key));
}

/* A part stands for the machine that it belongs to. */
static void index_machines(struct site *site)
{
	for (size_t i = 0; i < site->n_machines; i++) {
		struct machine *machine = site->machines[i];

		if (i + MACHINES_AHEAD < site->n_machines)
			expect_key(site->by_key,
				site->machines[i + MACHINES_AHEAD]->record.key);
		index_record(site, &machine->record,
			machine->rare->merged_into != NULL
				? &machine->rare->merged_into->record
				: &machine->record);
	}
}

static struct machine *machine_of(struct record *record)
{
	if (record == NULL || !kind_is_node(record->kind))
		return NULL;
	return (struct machine *)record;
}

/* One that was passed over belongs to its machine, and is none of its interfaces. */
static bool is_attached(struct interface *interface)
{
	if (interface->machine == NULL)
		return false;
	interface->machine->lacks_address |= interface->n_passed_over > 0;
	interface->machine->has_placeholder |=
		interface->rare->has_no_mac || interface->rare->has_no_address;
	return !interface->record.is_passed_over;
}

/* Interfaces of what is excluded go with it, where only the entry above them was named. */
static void exclude_interfaces(struct site *site)
{
	size_t kept = 0;

	for (size_t i = 0; i < site->n_interfaces; i++) {
		const char *parent = dn_key_parent(site->interfaces[i]->record.key);

		if (table_find(site->by_key, parent) != NULL ||
			!absent_covers(site->excluded, parent))
			site->interfaces[kept++] = site->interfaces[i];
	}
	site->n_interfaces = kept;
}

/* Counts first, so that the arrays need no growing; a machine's own comes besides. */
static void make_room(struct site *site, struct machine *machine)
{
	if (machine->interfaces != NULL)
		return;
	machine->interfaces = arena_alloc(
		site->arena, (machine->n_interfaces + 2) * sizeof(struct interface *));
	machine->n_interfaces = 0;
}

static void attach(struct interface *interface)
{
	interface->machine->interfaces[interface->machine->n_interfaces++] = interface;
}

static bool has_interface(
	const struct machine *machine, const struct interface *interface)
{
	for (uint32_t i = 0; i < machine->n_interfaces; i++)
		if (machine->interfaces[i] == interface)
			return true;
	return false;
}

/* The one of the machine's own entry. */
static void attach_own(struct site *site, struct machine *machine)
{
	struct interface *own = machine->own;

	make_room(site, machine);
	if (own != NULL && own->machine == machine && is_attached(own) &&
		!has_interface(machine, own))
		attach(own);
}

static void find_machines(struct site *site)
{
	if (site->n_interfaces == 0)
		return;
	index_machines(site);
	exclude_interfaces(site);
	sort_pointers(site->interfaces, site->n_interfaces, compare_interface_keys);
	for (size_t i = 0; i < site->n_interfaces; i++) {
		struct interface *interface = site->interfaces[i];

		interface->machine = machine_of(
			table_find(site->by_key, dn_key_parent(interface->record.key)));
		if (is_attached(interface))
			interface->machine->n_interfaces++;
	}
}

/* Interfaces with entries of their own, then those that were entries of the same machine. */
static void attach_interfaces(struct site *site, const struct parts *parts)
{
	find_machines(site);
	for (size_t i = 0; i < parts->n; i++)
		if (parts->items[i]->own != NULL && is_attached(parts->items[i]->own))
			parts->items[i]->rare->merged_into->n_interfaces++;
	for (size_t i = 0; i < site->n_interfaces; i++) {
		if (!is_attached(site->interfaces[i]))
			continue;
		make_room(site, site->interfaces[i]->machine);
		attach(site->interfaces[i]);
	}
	for (size_t i = 0; i < parts->n; i++) {
		struct interface *own = parts->items[i]->own;

		attach_own(site, parts->items[i]->rare->merged_into);
		if (own != NULL && is_attached(own))
			attach(own);
	}
}

/* What is passed over: out of the tables, before it takes a name or stands for anything */

/*
 * Where a map joins entries, what a service could use may stand in another one, which nobody has
 * made, or which is gone: a computer without a record in DNS, a MAC without its host.
 */
static bool is_bare(const struct site *site, const struct machine *machine)
{
	return site->map->n_joins > 0 && machine->record.source == NULL &&
	       !machine->is_vcn && !machine->record.is_bad && !machine->lacks_address &&
	       machine->n_interfaces == 0 && machine->rare->dns_values.n == 0;
}

static void settle_addresses(const struct site *site, struct machine *machine)
{
	machine->is_bare = is_bare(site, machine);
	machine->lacks_address |= machine->is_bare;
	for (uint32_t i = 0; i < machine->n_interfaces; i++)
		machine->lacks_address &= machine->interfaces[i]->n_addresses == 0;
	machine->record.is_passed_over |=
		machine->lacks_address && machine->n_interfaces == 0;
}

static size_t pass_over(struct site *site, void *table, size_t n)
{
	struct record **records = table;
	size_t kept = 0;

	for (size_t i = 0; i < n; i++)
		if (records[i]->is_passed_over)
			*mem_push(site, &site->passed_over, &site->n_passed_over) =
				records[i];
		else
			records[kept++] = records[i];
	return kept;
}

static bool has_ifname(const struct machine *machine, const char *name)
{
	for (uint32_t i = 0; i < machine->n_interfaces; i++)
		if (text_compare(machine->interfaces[i]->ifname, name) == 0)
			return true;
	return false;
}

/*
 * The directory has no name for an interface in the machine's own entry: the next ethN, or ibN of a
 * port that has no MAC address of Ethernet.
 */
static void name_interfaces(struct site *site, struct machine *machine)
{
	for (uint32_t i = 0; i < machine->n_interfaces; i++) {
		struct interface *interface = machine->interfaces[i];
		bool is_infiniband =
			interface->n_macs == 0 && interface->rare->n_guids > 0;
		const char *name = is_infiniband ? "ib0" : "eth0";
		unsigned number = 0;

		if (interface->ifname != NULL || interface->record.kind == KIND_INTERFACE)
			continue;
		while (has_ifname(machine, name))
			name = arena_printf(site->arena, "%s%u",
				is_infiniband ? "ib" : "eth", ++number);
		interface->ifname = name;
	}
}

/*
 * TRUE before absent before FALSE, and a management port behind them all: what answers
 * there is not the host.
 */
static int boot_rank(const struct interface *interface)
{
	return interface->is_management ? -2
					: interface->wants_boot - interface->refuses_boot;
}

static void choose_primary(struct machine *machine)
{
	sort_pointers(
		machine->interfaces, machine->n_interfaces, compare_interface_names);
	if (machine->n_interfaces == 0)
		return;
	const struct interface *best = machine->interfaces[0];

	for (uint32_t i = 1; i < machine->n_interfaces; i++)
		if (boot_rank(machine->interfaces[i]) > boot_rank(best))
			best = machine->interfaces[i];
	for (uint32_t i = 0; i < machine->n_interfaces; i++)
		machine->interfaces[i]->is_primary = machine->interfaces[i] == best;
	sort_pointers(
		machine->interfaces, machine->n_interfaces, compare_interface_names);
}

/* A VCN's MAC follows from its name, so it is the same on every run. */

struct mac model_derived_mac(const char *fqdn, const char *ifname)
{
	TMP_CTX(tmp);
	uint8_t digest[SHA256_BYTES];
	struct mac mac = {{0x02}};
	const char *seed = mem_printf(tmp, "%s/%s", fqdn, ifname);

	sha256(seed, strlen(seed), digest);
	memcpy(mac.bytes + 1, digest, 5);
	return mac;
}

static void derive_mac(struct site *site, struct interface *interface)
{
	struct mac mac = model_derived_mac(interface->machine->fqdn, interface->ifname);

	interface->macs = arena_alloc(site->arena, sizeof(struct hardware));
	interface->macs[0] =
		(struct hardware){.interface = interface, .mac = mac, .is_derived = true};
	interface->n_macs = 1;
}

static void derive_macs(struct site *site, struct machine *machine)
{
	if (!machine->is_vcn || machine->fqdn == NULL)
		return;
	for (uint32_t i = 0; i < machine->n_interfaces; i++) {
		struct interface *interface = machine->interfaces[i];

		/* a MAC that could not be read is an error, not a missing one */
		if (interface->n_macs == 0 && interface->rare->n_guids == 0 &&
			interface->ifname != NULL && !interface->record.is_bad &&
			!machine->record.is_bad)
			derive_mac(site, interface);
	}
}

/* References */

static struct record *resolve(const struct site *site, const char *key, enum kind kind)
{
	struct record *record = key == NULL ? NULL : model_find(site, key);

	return record != NULL && record->kind == kind ? record : NULL;
}

/* What @record refers to by @key is excluded, or was published without it, and is kept so. */
static bool is_nothing(
	const struct site *site, const struct record *record, const char *key)
{
	return absent_covers(site->excluded, key) ||
	       (absent_has(site->lacked, key) && site_is_last_good(site, record));
}

/* A reference to that counts as none. */
static bool drop_excluded(
	const struct site *site, const struct record *record, const char **key)
{
	if (*key == NULL || !is_nothing(site, record, *key) ||
		model_find(site, *key) != NULL)
		return false;
	*key = NULL;
	return true;
}

static void drop_excluded_keys(
	const struct site *site, const struct record *record, struct strings *keys)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < keys->n; i++)
		if (!drop_excluded(site, record, &keys->items[i]))
			keys->items[kept++] = keys->items[i];
	keys->n = kept;
}

static int compare_repositories(const void *left, const void *right)
{
	const struct repository *a = *(struct repository *const *)left;
	const struct repository *b = *(struct repository *const *)right;
	/* dnf: 1000 where no cost is given (dnf.conf(5)) */
	int64_t cost_a = a->cost < 0 ? 1000 : a->cost,
		cost_b = b->cost < 0 ? 1000 : b->cost;

	if (cost_a != cost_b)
		return cost_a < cost_b ? -1 : 1;
	return compare_named(left, right);
}

static void link_profile(struct site *site, struct profile *profile)
{
	bool had_some = profile->repository_dns.n > 0;

	drop_excluded_keys(site, &profile->record, &profile->repository_dns);
	uint32_t n = profile->repository_dns.n;

	profile->lost_repositories = had_some && n == 0;

	profile->repositories =
		arena_alloc(site->arena, (n + 1) * sizeof(struct repository *));
	for (uint32_t i = 0; i < n; i++) {
		struct record *record =
			resolve(site, profile->repository_dns.items[i], KIND_REPOSITORY);

		if (record != NULL)
			profile->repositories[profile->n_repositories++] =
				(struct repository *)record;
	}
	sort_pointers(
		profile->repositories, profile->n_repositories, compare_repositories);
}

/* Without its host or its image a guest is on none. */
static void drop_excluded_references(const struct site *site, struct machine *machine)
{
	const struct record *record = &machine->record;

	if (drop_excluded(site, record, &machine->profile_dn))
		machine->excluded = FIELD_PROFILE;
	if (drop_excluded(site, record, &machine->host_dn))
		machine->excluded = FIELD_HOST;
	if (drop_excluded(site, record, &machine->image_dn) && machine->host_dn != NULL) {
		machine->excluded = FIELD_IMAGE;
		machine->host_dn = NULL;
	}
}

/* What it refers to. Others may be linked beside it: of what they have in common it only counts. */
static void link_machine(const struct site *site, struct machine *machine)
{
	drop_excluded_references(site, machine);
	machine->profile =
		(struct profile *)resolve(site, machine->profile_dn, KIND_PROFILE);
	machine->image = (struct image *)resolve(site, machine->image_dn, KIND_IMAGE);
	machine->host = (struct machine *)resolve(site, machine->host_dn, KIND_HOST);
	if (machine->host != NULL)
		(void)__atomic_fetch_add(&machine->host->n_vcns, 1, __ATOMIC_RELAXED);
	if (machine->profile != NULL)
		(void)__atomic_fetch_add(&machine->profile->n_hosts, 1, __ATOMIC_RELAXED);
}

/* Appends to a list that has been counted, and has no room yet. */
static void add_user(
	struct site *site, struct machine ***users, uint32_t *n, struct machine *machine)
{
	if (*users == NULL) {
		*users = arena_alloc(site->arena, *n * sizeof(struct machine *));
		*n = 0;
	}
	(*users)[(*n)++] = machine;
}

/* Lists of the machines of each host and profile; machines are sorted, so are these. */
static void collect_users(struct site *site)
{
	for (size_t i = 0; i < site->n_machines; i++) {
		struct machine *machine = site->machines[i], *host = machine->host;
		struct profile *profile = machine->profile;

		if (profile != NULL)
			add_user(site, &profile->hosts, &profile->n_hosts, machine);
		if (host == NULL)
			continue;
		add_user(site, &host->vcns, &host->n_vcns, machine);
		host->is_vm_host = true;
	}
}

static void index_plain_records(struct site *site)
{
	const struct {
		void *table;
		size_t n;
	} tables[] = {
		{site->clusters, site->n_clusters},
		{site->networks, site->n_networks},
		{site->images, site->n_images},
		{site->repositories, site->n_repositories},
		{site->profiles, site->n_profiles},
		{site->groups, site->n_groups},
	};

	for (size_t t = 0; t < ARRAY_SIZE(tables); t++) {
		struct record **records = tables[t].table;

		for (size_t i = 0; i < tables[t].n; i++)
			index_record(site, records[i], records[i]);
	}
}

/* The network of a file of `also` among those of one prefix, all from @first to before @end. */
static struct network *network_of_file(
	struct network **networks, size_t first, size_t end)
{
	for (size_t i = first; i < end; i++)
		if (networks[i]->record.source != NULL)
			return networks[i];
	return NULL;
}

/*
 * A directory that has a place for a subnet's number, and none for its gateway, is what files are for:
 * the network of the file is that of the directory, and says more.
 */
static void networks_yield(struct site *site)
{
	struct network **networks = site->networks;

	sort_pointers(networks, site->n_networks, compare_networks);
	for (size_t start = 0, end; start < site->n_networks; start = end) {
		const struct prefix prefix = networks[start]->prefix;

		for (end = start + 1;
			end < site->n_networks &&
			prefix.length == networks[end]->prefix.length &&
			ip_compare(prefix.base, networks[end]->prefix.base) == 0;
			end++)
			;
		struct network *counts = end - start < 2 || !ip_is_set(prefix.base)
						 ? NULL
						 : network_of_file(networks, start, end);

		for (size_t i = start; counts != NULL && i < end; i++)
			if (networks[i]->record.source == NULL) {
				networks[i]->said_by = counts;
				networks[i]->record.is_passed_over = true;
			}
	}
}

/* Ours is the site's one by its meaning; what stands for it elsewhere may be there for each server. */
static bool are_clusters_foreign(const struct map *map)
{
	const struct class_list *classes = &map->classes[KIND_CLUSTER];

	for (size_t i = 0; i < classes->n; i++)
		if (classes->items[i].name != NULL &&
			text_has_prefix(classes->items[i].name, "voc"))
			return false;
	return true;
}

/* One of a file counts; of several of a foreign directory nobody knows which. */
static void clusters_yield(struct site *site)
{
	struct cluster **clusters = site->clusters;
	const struct cluster *of_file = NULL;

	if (site->n_clusters < 2 || !are_clusters_foreign(site->map))
		return;
	for (size_t i = 0; i < site->n_clusters; i++)
		if (clusters[i]->record.source != NULL)
			of_file = clusters[i];
	for (size_t i = 0; i < site->n_clusters; i++) {
		if (clusters[i]->record.source != NULL)
			continue;
		clusters[i]->said_by =
			of_file != NULL ? of_file : clusters[i == 0 ? 1 : 0];
		clusters[i]->record.is_passed_over = true;
	}
}

static void sort_plain_tables(struct site *site)
{
	sort_pointers(site->networks, site->n_networks, compare_networks);
	sort_pointers(site->images, site->n_images, compare_named);
	sort_pointers(site->repositories, site->n_repositories, compare_named);
	sort_pointers(site->profiles, site->n_profiles, compare_named);
}

/* Drops what was merged, sorts by name, and fills the tables of hosts and of VCNs. */
static void split_machines(struct site *site)
{
	size_t n = 0;

	for (size_t i = 0; i < site->n_machines; i++)
		if (site->machines[i]->rare->merged_into == NULL)
			site->machines[n++] = site->machines[i];
	site->n_machines = n;
	sort_pointers(site->machines, n, compare_machine_names);
	site->hosts = mem_array(site, struct machine *, n + 1);
	site->vcns = mem_array(site, struct machine *, n + 1);
	for (size_t i = 0; i < n; i++) {
		struct machine *machine = site->machines[i];

		if (machine->is_vcn)
			site->vcns[site->n_vcns++] = machine;
		else
			site->hosts[site->n_hosts++] = machine;
	}
}

/* All of a machine that needs nothing of another. Is it passed over? */
static bool settle_machine(struct site *site, struct machine *machine)
{
	attach_own(site, machine);
	if (machine->rare->merged_into == NULL)
		settle_addresses(site, machine);
	if (machine->record.is_passed_over)
		return true;
	drop_copies(site, machine);
	told_pairs_split(site, machine);
	name_interfaces(site, machine);
	for (uint32_t i = 0; i < machine->n_interfaces; i++)
		place_addresses(site, machine->interfaces[i]);
	choose_primary(machine);
	ports_find_parents(site->arena, machine);
	name_machine(site, machine);
	for (uint32_t i = 0; i < machine->n_interfaces; i++)
		name_interface(site, machine->interfaces[i]);
	derive_macs(site, machine);
	if (machine->is_vcn)
		guest_parts_build(site->arena, machine);
	/* an entry that is only a name, an alias such as www, carries nobody */
	machine->is_vm_host = machine->has_vm_host_class && machine->n_interfaces > 0;
	return false;
}

static void settle_machines(struct site *site)
{
	TMP_CTX(tmp);
	struct parts parts = {.mem_ctx = tmp};

	merge_parts(site, &parts);
	attach_interfaces(site, &parts);
	if (machines_each(site, site->machines, site->n_machines, settle_machine,
		    site->n_interfaces == 0 ? index_machines : NULL) > 0)
		site->n_machines = pass_over(site, site->machines, site->n_machines);
}

static void expect_full_name(const struct site *part, const struct machine *machine)
{
	expect_key(part->full_names, machine->fqdn);
}

static void expect_short_name(const struct site *part, const struct machine *machine)
{
	expect_key(part->short_names, machine->name);
}

enum { FULL_NAMES, SHORT_NAMES, N_TABLES, LINKED_AT_ONCE = 2048 };

static void link_some(const struct site *site, size_t part)
{
	size_t first = part * LINKED_AT_ONCE, left = site->n_machines - first;
	size_t end = first + (left < LINKED_AT_ONCE ? left : LINKED_AT_ONCE);

	for (size_t i = first; i < end; i++) {
		if (i + MACHINES_AHEAD < end)
			expect_key(site->by_key,
				site->machines[i + MACHINES_AHEAD]->host_dn);
		link_machine(site, site->machines[i]);
	}
}

/* Two tables that have nothing to do with each other, each filled in the machines' order. */
static void fill_table(struct site *part, size_t table)
{
	static const struct {
		void (*expect)(const struct site *part, const struct machine *machine);
		void (*fill)(struct site *part, struct machine *machine);
	} tables[] = {{expect_full_name, claim_full_names},
		{expect_short_name, claim_short_names}};

	for (size_t i = 0; i < part->n_machines; i++) {
		if (i + MACHINES_AHEAD < part->n_machines)
			tables[table].expect(part, part->machines[i + MACHINES_AHEAD]);
		tables[table].fill(part, part->machines[i]);
	}
}

/* A table, or what some machines refer to. */
static void take_task(void *data, unsigned worker _unused_, size_t task)
{
	struct site *parts = data;

	if (task < N_TABLES)
		fill_table(&parts[task], task);
	else
		link_some(parts, task - N_TABLES);
}

static void fill_tables(struct site *site)
{
	struct site parts[N_TABLES] = {*site, *site};

	for (size_t i = 0; i < N_TABLES; i++)
		parts[i].arena = arena_new(site);
	parallel_each(N_TABLES + (site->n_machines + LINKED_AT_ONCE - 1) / LINKED_AT_ONCE,
		take_task, parts);
	site->shares_names |= parts[FULL_NAMES].shares_names;
	site->has_long_aliases |= parts[FULL_NAMES].has_long_aliases;
	site->shares_labels |= parts[SHORT_NAMES].shares_labels;
}

void model_link(struct site *site)
{
	site->by_key = table_new(site, site->n_entries);
	site->full_names = table_new(site, site->n_machines);
	site->short_names = table_new(site, site->n_machines);
	sort_pointers(site->clusters, site->n_clusters, compare_named);
	clusters_yield(site);
	site->n_clusters = pass_over(site, site->clusters, site->n_clusters);
	networks_yield(site);
	site->n_networks = pass_over(site, site->networks, site->n_networks);
	sort_plain_tables(site);
	index_plain_records(site);
	settle_machines(site);
	zone_names_yield(site);
	split_machines(site);
	fill_tables(site);
	servers_link(site);
	for (size_t i = 0; i < site->n_profiles; i++)
		link_profile(site, site->profiles[i]);
	collect_users(site);
	dns_records_link(site);
	boot_loaders_find(site);
}
