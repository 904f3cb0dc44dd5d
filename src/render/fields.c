/* SPDX-License-Identifier: Apache-2.0 */
#include "render/fields.h"

#include <stdio.h>
#include <string.h>

#include "base/table.h"
#include "render/fields_row.h"

/* Elements */

#define ELEMENTS(type) \
	static void type##_at(const void *base, size_t i, struct value *ret) \
	{ \
		row_give_object(ret, (const struct type *)base + i); \
	}
ELEMENTS(range)
ELEMENTS(reservation)
ELEMENTS(shared_network)
ELEMENTS(address)

static void hardware_at(const void *base, size_t i, struct value *ret)
{
	row_give_mac(ret, ((const struct hardware *)base)[i].mac);
}

COUNT_BEHIND(network, ranges);
COUNT_BEHIND(network, reservations);
COUNT_BEHIND(network, reverse_zones);
COUNT_BEHIND(shared_network, networks);
COUNT_BEHIND(interface, macs);
COUNT_BEHIND(interface, addresses);
COUNT_BEHIND(machine, interfaces);
COUNT_BEHIND(machine, vcns);

/* Networks */

GETTER(network_address, network)
{
	row_give_ip(ret, o->prefix.base);
}

GETTER(network_netmask, network)
{
	row_give_ip(ret, prefix_netmask(o->prefix));
}

GETTER(network_prefix, network)
{
	row_give_number(ret, o->prefix.length);
}

GETTER(network_cidr, network)
{
	char buffer[IP_TEXT_MAX];

	snprintf(ret->scratch, sizeof(ret->scratch), "%s/%u",
		ip_format(o->prefix.base, buffer), o->prefix.length);
	row_give_text(ret, ret->scratch);
}

GETTER(network_broadcast, network)
{
	ret->kind = VALUE_NONE;
	if (o->prefix.base.family == 4)
		row_give_ip(ret, prefix_last(o->prefix));
}

/* A number that stays the network's while it keeps its address: Kea's subnet id. */
GETTER(network_number, network)
{
	uint64_t hash = hash_bytes(
		HASH_START, o->prefix.base.bytes, sizeof(o->prefix.base.bytes));

	hash = hash_end(hash_bytes(hash, &o->prefix.length, 1));
	row_give_number(ret, (int64_t)(hash % 4294967293U) + 1);
}

GETTER(network_is_ipv4, network)
{
	row_give_bool(ret, o->prefix.base.family == 4);
}

GETTER(network_is_ipv6, network)
{
	row_give_bool(ret, o->prefix.base.family == 6);
}

static const struct field range_fields[] = {
	{"start", VALUE_TEXT, NULL, row_get_ip, NULL, FIELD_DYNAMIC_RANGE,
		offsetof(struct range, start)},
	{"end", VALUE_TEXT, NULL, row_get_ip, NULL, FIELD_DYNAMIC_RANGE,
		offsetof(struct range, end)},
	{0},
};
static const struct shape range_shape = {"range", range_fields, NULL, NULL};

static const struct field network_computed[] = {
	COMPUTED("address", VALUE_TEXT, network_address),
	COMPUTED("netmask", VALUE_TEXT, network_netmask),
	COMPUTED("prefix", VALUE_NUMBER, network_prefix),
	COMPUTED("cidr", VALUE_TEXT, network_cidr),
	COMPUTED("broadcast", VALUE_TEXT, network_broadcast),
	COMPUTED("is_ipv4", VALUE_BOOL, network_is_ipv4),
	COMPUTED("is_ipv6", VALUE_BOOL, network_is_ipv6),
	LIST("ranges", network, ranges, range_shape, range_at),
	{"reverse_zones", VALUE_LIST, NULL, row_get_list, row_text_at, 0,
		offsetof(struct network, reverse_zones)},
	COMPUTED("number", VALUE_NUMBER, network_number),
	TEXT("zone", network, zone),
	STRINGS("resolvers", network, resolvers, NAMESERVER),
	HAS("has_resolvers", network, resolvers),
	STRINGS("resolvers4", network, resolvers4, NAMESERVER),
	HAS("has_resolvers4", network, resolvers4),
	LIST("reservations", network, reservations, reservation_shape, reservation_at),
	{0},
};
static struct field network_fields[ROW_ROOM];
struct shape network_shape = {"network", network_fields, NULL, NULL};

static const struct field shared_network_fields[] = {
	FROM("name", shared_network, name, SHARED_NETWORK),
	LIST("networks", shared_network, networks, network_shape, row_pointer_at),
	TRUTH("is_shared", shared_network, is_shared),
	TRUTH("has_ipv4", shared_network, has_ipv4),
	{0},
};
static const struct shape shared_network_shape = {
	"shared network", shared_network_fields, NULL, NULL};

/* Reservations */

static const struct network *network_of(const struct reservation *reservation)
{
	return reservation->address->network;
}

GETTER(reservation_fqdn, reservation)
{
	row_give_text(ret, o->interface->fqdn);
}

GETTER(reservation_hostname, reservation)
{
	row_give_text(ret, o->interface->fqdn);
	if (ret->kind == VALUE_TEXT)
		ret->text.len = strcspn(o->interface->fqdn, ".");
}

GETTER(reservation_mac, reservation)
{
	row_give_mac(ret, o->mac);
}

GETTER(reservation_macs, reservation)
{
	row_give_list(ret, o->interface->macs, o->interface->n_macs);
}

GETTER(reservation_ip, reservation)
{
	row_give_ip(ret, o->address->ip);
}

GETTER(reservation_next_server, reservation)
{
	row_give_text(ret, network_of(o)->next_server);
}

GETTER(reservation_boot_file, reservation)
{
	const char *own = o->interface->machine->boot_file;

	row_give_text(ret, own != NULL ? own : network_of(o)->boot_file);
}

GETTER(reservation_boot_file_uefi, reservation)
{
	row_give_text(ret, network_of(o)->boot_file_uefi);
}

GETTER(reservation_node, reservation)
{
	row_give_object(ret, o->interface->machine);
}

GETTER(reservation_interface, reservation)
{
	row_give_object(ret, o->interface);
}

static const struct field reservation_fields[] = {
	TEXT("id", reservation, id),
	COMPUTED("fqdn", VALUE_TEXT, reservation_fqdn),
	COMPUTED("hostname", VALUE_TEXT, reservation_hostname),
	COMPUTED("mac", VALUE_TEXT, reservation_mac),
	{"macs", VALUE_LIST, NULL, reservation_macs, hardware_at, FIELD_MAC, 0},
	COMPUTED("ip", VALUE_TEXT, reservation_ip),
	TRUTH("is_primary", reservation, is_primary),
	TRUTH("is_extra", reservation, is_extra),
	COMPUTED("next_server", VALUE_TEXT, reservation_next_server),
	{"boot_file", VALUE_TEXT, NULL, reservation_boot_file, NULL, FIELD_BOOT_FILE, 0},
	COMPUTED("boot_file_uefi", VALUE_TEXT, reservation_boot_file_uefi),
	{"node", VALUE_OBJECT, &machine_shape, reservation_node, NULL, 0, 0},
	{"interface", VALUE_OBJECT, &interface_shape, reservation_interface, NULL, 0, 0},
	{0},
};
const struct shape reservation_shape = {"reservation", reservation_fields, NULL, NULL};

/* Interfaces */

GETTER(address_ip, address)
{
	row_give_ip(ret, o->ip);
}

GETTER(address_is_ipv4, address)
{
	row_give_bool(ret, o->ip.family == 4);
}

GETTER(address_is_ipv6, address)
{
	row_give_bool(ret, o->ip.family == 6);
}

static const struct field address_fields[] = {
	COMPUTED("ip", VALUE_TEXT, address_ip),
	COMPUTED("is_ipv4", VALUE_BOOL, address_is_ipv4),
	COMPUTED("is_ipv6", VALUE_BOOL, address_is_ipv6),
	OBJECT("network", address, network, network_shape),
	STRINGS("names", address, names, NAME),
	{0},
};
static const struct shape address_shape = {"address", address_fields, NULL, NULL};

/* The first address of a family that lies in a network: what an installer configures. */
static void give_placed(
	const struct interface *interface, unsigned family, struct value *ret)
{
	ret->kind = VALUE_NONE;
	for (uint32_t i = 0; i < interface->n_addresses; i++) {
		const struct address *address = &interface->addresses[i];

		if (address->ip.family == family && address->network != NULL) {
			row_give_object(ret, address);
			return;
		}
	}
}

GETTER(interface_address4, interface)
{
	give_placed(o, 4, ret);
}

GETTER(interface_address6, interface)
{
	give_placed(o, 6, ret);
}

/* Addresses are sorted by family: each family is one stretch of the array. */
static const struct address *family_of(
	const struct interface *interface, unsigned family, size_t *ret_n)
{
	uint32_t first = 0, end;

	while (first < interface->n_addresses &&
		interface->addresses[first].ip.family != family)
		first++;
	for (end = first; end < interface->n_addresses &&
			  interface->addresses[end].ip.family == family;
		end++)
		;
	*ret_n = end - first;
	return interface->addresses + first;
}

static void address_text_at(const void *base, size_t i, struct value *ret)
{
	row_give_ip(ret, ((const struct address *)base)[i].ip);
}

GETTER(interface_ipv4, interface)
{
	size_t n;
	const struct address *addresses = family_of(o, 4, &n);

	row_give_list(ret, addresses, n);
}

GETTER(interface_ipv6, interface)
{
	size_t n;
	const struct address *addresses = family_of(o, 6, &n);

	row_give_list(ret, addresses, n);
}

static void give_interface_mac(const struct interface *interface, struct value *ret)
{
	ret->kind = VALUE_NONE;
	if (interface->n_macs > 0)
		row_give_mac(ret, interface->macs[0].mac);
}

static void dash(struct value *ret)
{
	for (char *c = ret->scratch; ret->kind == VALUE_TEXT && *c != '\0'; c++)
		if (*c == ':')
			*c = '-';
}

GETTER(interface_mac, interface)
{
	give_interface_mac(o, ret);
}

GETTER(interface_mac_dashed, interface)
{
	give_interface_mac(o, ret);
	dash(ret);
}

static const struct field interface_computed[] = {
	FROM("ifname", interface, ifname, NAME),
	TEXT("fqdn", interface, fqdn),
	COMPUTED("mac", VALUE_TEXT, interface_mac),
	COMPUTED("mac_dashed", VALUE_TEXT, interface_mac_dashed),
	{"macs", VALUE_LIST, NULL, row_get_list, hardware_at, FIELD_MAC,
		offsetof(struct interface, macs)},
	{"ipv4", VALUE_LIST, NULL, interface_ipv4, address_text_at, FIELD_ADDRESS, 0},
	{"ipv6", VALUE_LIST, NULL, interface_ipv6, address_text_at, FIELD_ADDRESS, 0},
	LIST("addresses", interface, addresses, address_shape, address_at),
	{"address4", VALUE_OBJECT, &address_shape, interface_address4, NULL, 0, 0},
	{"address6", VALUE_OBJECT, &address_shape, interface_address6, NULL, 0, 0},
	OBJECT("network", interface, network, network_shape),
	TRUTH("is_boot", interface, is_primary),
	OBJECT("node", interface, machine, machine_shape),
	{0},
};
static struct field interface_fields[ROW_ROOM];
struct shape interface_shape = {"interface", interface_fields, NULL, NULL};

/* Hosts and VCNs */

static const struct interface *primary_of(const struct machine *machine)
{
	return machine->n_interfaces > 0 ? machine->interfaces[0] : NULL;
}

GETTER(machine_mac, machine)
{
	ret->kind = VALUE_NONE;
	if (primary_of(o) != NULL)
		give_interface_mac(primary_of(o), ret);
}

GETTER(machine_mac_dashed, machine)
{
	machine_mac_of(o, ret);
	dash(ret);
}

static void give_first(const struct machine *machine, unsigned family, struct value *ret)
{
	size_t n = 0;
	const struct address *first =
		primary_of(machine) == NULL ? NULL
					    : family_of(primary_of(machine), family, &n);

	ret->kind = VALUE_NONE;
	if (n > 0)
		row_give_ip(ret, first->ip);
}

GETTER(machine_ipv4, machine)
{
	give_first(o, 4, ret);
}

GETTER(machine_ipv6, machine)
{
	give_first(o, 6, ret);
}

GETTER(machine_names, machine)
{
	const struct interface *primary = primary_of(o);

	row_give_list(ret, NULL, 0);
	if (primary != NULL && primary->n_addresses > 0)
		row_give_list(ret, primary->addresses[0].names.items,
			primary->addresses[0].names.n);
}

GETTER(machine_is_host, machine)
{
	row_give_bool(ret, !o->is_vcn);
}

GETTER(machine_cpus, machine)
{
	row_give_number(ret, o->cpus > 0 ? o->cpus : 1);
	if (o->cpus == 0 && !o->is_vcn)
		ret->kind = VALUE_NONE;
}

GETTER(machine_network, machine)
{
	row_give_object(ret, primary_of(o) == NULL ? NULL : primary_of(o)->network);
}

static const struct field machine_computed[] = {
	FROM("name", machine, name, NAME),
	FROM("fqdn", machine, fqdn, NAME),
	TEXT("domain", machine, domain),
	STRINGS("aliases", machine, aliases, ALIAS),
	{"names", VALUE_LIST, NULL, machine_names, row_text_at, FIELD_NAME, 0},
	COMPUTED("is_host", VALUE_BOOL, machine_is_host),
	TRUTH("is_vcn", machine, is_vcn),
	LIST("interfaces", machine, interfaces, interface_shape, row_pointer_at),
	COMPUTED("mac", VALUE_TEXT, machine_mac),
	COMPUTED("mac_dashed", VALUE_TEXT, machine_mac_dashed),
	COMPUTED("ipv4", VALUE_TEXT, machine_ipv4),
	COMPUTED("ipv6", VALUE_TEXT, machine_ipv6),
	{"network", VALUE_OBJECT, &network_shape, machine_network, NULL, 0, 0},
	TEXT("dn", machine, record.dn),
	COMPUTED("cpus", VALUE_NUMBER, machine_cpus),
	OBJECT("profile", machine, profile, profile_shape),
	TRUTH("installs", machine, boots_installer),
	TRUTH("is_vm_host", machine, is_vm_host),
	LIST("vcns", machine, vcns, machine_shape, row_pointer_at),
	TEXT("uuid", machine, uuid),
	OBJECT("host", machine, host, machine_shape),
	OBJECT("image", machine, image, image_shape),
	{0},
};
static struct field machine_fields[ROW_ROOM];
struct shape machine_shape = {"node", machine_fields, NULL, NULL};

/* One MAC of a host's boot interface (for-each: mac) */

GETTER(hardware_mac, hardware)
{
	row_give_mac(ret, o->mac);
}

GETTER(hardware_mac_dashed, hardware)
{
	row_give_mac(ret, o->mac);
	dash(ret);
}

GETTER(hardware_node, hardware)
{
	row_give_object(ret, o->interface->machine);
}

static const struct field hardware_fields[] = {
	COMPUTED("mac", VALUE_TEXT, hardware_mac),
	COMPUTED("mac_dashed", VALUE_TEXT, hardware_mac_dashed),
	OBJECT("interface", hardware, interface, interface_shape),
	{"node", VALUE_OBJECT, &machine_shape, hardware_node, NULL, 0, 0},
	{0},
};
const struct shape hardware_shape = {"mac", hardware_fields, NULL, NULL};

/* The outermost context */

static const struct field cluster_computed[] = {
	HAS("has_search", cluster, search),
	HAS("has_timeservers", cluster, timeservers),
	STRINGS("timeservers4", cluster, timeservers4, TIMESERVER),
	HAS("has_timeservers4", cluster, timeservers4),
	{0},
};
static struct field cluster_fields[ROW_ROOM];
static struct shape cluster_shape = {"site", cluster_fields, NULL, NULL};

static const struct field target_fields[] = {
	TEXT("path", target, path),
	{0},
};
static const struct shape target_shape = {"target", target_fields, NULL, NULL};

GETTER(file_serial, globals)
{
	row_give_number(ret, (int64_t)o->serial);
}

static const struct field file_fields[] = {
	TEXT("path", globals, path),
	COMPUTED("serial", VALUE_NUMBER, file_serial),
	{0},
};
static const struct shape file_shape = {"file", file_fields, NULL, NULL};

GETTER(globals_self, globals)
{
	row_give_object(ret, o);
}

/* A site without a vocCluster entry has all its values empty. */
GETTER(globals_site, globals)
{
	static const struct cluster none;

	row_give_object(ret, o->site->n_clusters > 0 ? o->site->clusters[0] : &none);
}

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
TABLE(hosts, hosts)
TABLE(vcns, vcns)
TABLE(nodes, machines)
TABLE(images, images)
TABLE(repositories, repositories)
TABLE(profiles, profiles)

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
	GLOBAL(hosts, machine_shape, row_pointer_at),
	GLOBAL(vcns, machine_shape, row_pointer_at),
	GLOBAL(nodes, machine_shape, row_pointer_at),
	GLOBAL(images, image_shape, row_pointer_at),
	GLOBAL(repositories, repository_shape, row_pointer_at),
	GLOBAL(profiles, profile_shape, row_pointer_at),
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
	row_join(network_fields, network_computed, KIND_NETWORK, KIND_NONE);
	row_join(machine_fields, machine_computed, KIND_HOST, KIND_VCN);
	row_join(interface_fields, interface_computed, KIND_INTERFACE, KIND_NONE);
	fields_join_install();
}

const struct shape *fields_globals(
	TALLOC_CTX *mem_ctx, const struct target *targets, size_t n_targets)
{
	struct shape *shape = mem_new(mem_ctx, struct shape);
	struct field *fields =
		mem_array(shape, struct field, ARRAY_SIZE(global_fields) + 2);

	join_rows();

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

	if (shape == &machine_shape)
		return &((struct machine *)mutable)->record;
	if (shape == &reservation_shape)
		return &((struct reservation *)mutable)->interface->record;
	if (shape == &hardware_shape)
		return &((struct hardware *)mutable)->interface->machine->record;
	if (shape == &interface_shape || shape == &network_shape ||
		shape == &profile_shape || shape == &image_shape ||
		shape == &repository_shape || shape == &cluster_shape)
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
	return NULL;
}
