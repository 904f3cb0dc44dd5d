/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/trailer.h"
#include "model/group_kind.h"
#include "model/leaf.h"
#include "model/node_names.h"
#include "model/ports.h"
#include "render/fields_row.h"

enum { PER_CENT = 100, KERNEL_SHARE = 16, KERNEL_MIB = 64 };

ELEMENTS(address)
ELEMENTS(link)
ELEMENTS(installed_route)
ELEMENTS(guest_disk)
ELEMENTS(guest_credential)
ELEMENTS(bond_parameter)

COUNT_BEHIND(interface, macs);
COUNT_BEHIND(interface, addresses);
COUNT_BEHIND(machine, interfaces);
COUNT_BEHIND(machine, vcns);
COUNT_BEHIND(machine, groups);
COUNT_BEHIND(node_group, nodes);
COUNT_BEHIND(group_kind, groups);
COUNT_BEHIND(leaf, nodes);
COUNT_BEHIND(machine_install, links);
COUNT_BEHIND(machine_install, post_bridges);
COUNT_BEHIND(machine_install, routes);
COUNT_BEHIND(link, routes);
COUNT_BEHIND(machine_guest, disks);
COUNT_BEHIND(machine_guest, credentials);
COUNT_BEHIND(link, parameters);

/* Interfaces */

GIVES(bool, address_is_ipv4, address, o->ip.family == 4)
GIVES(bool, address_is_ipv6, address, o->ip.family == 6)

static const struct field address_fields[] = {
	IP("ip", address, ip, ADDRESS),
	COMPUTED("is_ipv4", VALUE_BOOL, address_is_ipv4),
	COMPUTED("is_ipv6", VALUE_BOOL, address_is_ipv6),
	OBJECT("network", address, network, network_shape),
	STRINGS("names", address, names, NAME),
	{0},
};
static const struct shape address_shape = {"address", address_fields, NULL, NULL};

GIVES(object, interface_address4, interface, interface_placed(o, 4))
GIVES(object, interface_address6, interface, interface_placed(o, 6))

/* Addresses are sorted by family: each family is one stretch of the array. */
static const struct address *family_of(
	const struct interface *interface, unsigned family, size_t *ret_n)
{
	*ret_n = interface_count(interface, family);
	return interface->addresses + (family == 4 ? 0 : interface_count(interface, 4));
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
	for (char *c = ret->scratch; ret->kind == VALUE_WORD && *c != '\0'; c++)
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
	EXTRA(INTERFACE),
	FROM("ifname", interface, ifname, NAME),
	FROM("fqdn", interface, fqdn, NAME),
	{"mac", VALUE_TEXT, NULL, interface_mac, NULL, FIELD_MAC, 0},
	{"mac_dashed", VALUE_TEXT, NULL, interface_mac_dashed, NULL, FIELD_MAC, 0},
	{"macs", VALUE_LIST, NULL, row_get_list, row_hardware_at, FIELD_MAC,
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

/* What an installer configures */

GETTER(link_gateway4, link)
{
	ret->kind = VALUE_NONE;
	if (o->gateway4 != NULL)
		row_give_ip(ret, o->gateway4->gateway);
}

GETTER(link_gateway6, link)
{
	ret->kind = VALUE_NONE;
	if (o->gateway6 != NULL)
		row_give_ip(ret, o->gateway6->gateway);
}

GIVES(bool, link_has_ports, link, o->is_bond || o->is_bridge)

static bool is_nic(const struct link *link)
{
	return !link->is_bond && !link->is_bridge && link->vlan == 0;
}

GIVES(bool, link_is_nic, link, is_nic(o))
GIVES(bool, link_is_vlan, link, o->vlan > 0)
GIVES(bool, link_has_address, link, o->address4 != NULL || o->address6 != NULL)
GIVES(bool, link_has_any_route, link,
	o->gateway4 != NULL || o->gateway6 != NULL || o->n_routes > 0)

/* The network that says which name servers are asked through the link. */
static const struct network *resolving(const struct link *link)
{
	const struct address *address =
		link->address4 != NULL ? link->address4 : link->address6;

	return address == NULL ? NULL : address->network;
}

GIVES(object, link_resolving, link, resolving(o))

static const struct field bond_parameter_fields[] = {
	FROM("name", bond_parameter, name, BOND_OPTIONS),
	FROM("value", bond_parameter, value, BOND_OPTIONS),
	{0},
};
static const struct shape bond_parameter_shape = {
	"bond parameter", bond_parameter_fields, NULL, NULL};

GIVES(object, installed_route_route, installed_route, &o->route)

static const struct field installed_route_fields[] = {
	FROM("device", installed_route, device, NAME),
	{"route", VALUE_OBJECT, &static_route_shape, installed_route_route, NULL, 0, 0},
	{0},
};
static const struct shape installed_route_shape = {
	"installed route", installed_route_fields, NULL, NULL};

static const struct field link_fields[] = {
	FROM("device", link, device, NAME),
	FROM("name", link, name, NAME),
	FROM("written", link, written, NAME),
	COUNT("vlan", link, vlan),
	COUNT("mtu", link, mtu),
	FROM("bond_options", link, bond_options, BOND_OPTIONS),
	STRINGS("ports", link, ports, NAME),
	FROM("mac", link, mac, MAC),
	LIST("parameters", link, parameters, bond_parameter_shape, bond_parameter_at),
	COMPUTED("has_address", VALUE_BOOL, link_has_address),
	COMPUTED("has_any_route", VALUE_BOOL, link_has_any_route),
	{"resolving", VALUE_OBJECT, &network_shape, link_resolving, NULL, 0, 0},
	COMPUTED("is_nic", VALUE_BOOL, link_is_nic),
	COMPUTED("is_vlan", VALUE_BOOL, link_is_vlan),
	TRUTH("is_bond", link, is_bond),
	TRUTH("is_bridge", link, is_bridge),
	TRUTH("is_bare", link, is_bare),
	TRUTH("is_boot", link, is_boot),
	COMPUTED("has_ports", VALUE_BOOL, link_has_ports),
	OBJECT("address4", link, address4, address_shape),
	OBJECT("address6", link, address6, address_shape),
	COMPUTED("gateway4", VALUE_TEXT, link_gateway4),
	COMPUTED("gateway6", VALUE_TEXT, link_gateway6),
	LIST("routes", link, routes, installed_route_shape, installed_route_at),
	HAS("has_routes", link, routes),
	OBJECT("interface", link, interface, interface_shape),
	{0},
};
static const struct shape link_shape = {"link", link_fields, NULL, NULL};

/* The disks and credentials of a VCN */

static const struct field guest_disk_fields[] = {
	FROM("name", guest_disk, name, DISK),
	COUNT("size", guest_disk, size_mib),
	FROM("path", guest_disk, path, DISK),
	TEXT("format", guest_disk, format),
	{0},
};
static const struct shape guest_disk_shape = {"disk", guest_disk_fields, NULL, NULL};

static const struct field guest_credential_fields[] = {
	FROM("name", guest_credential, name, CREDENTIAL),
	FROM("value", guest_credential, value, CREDENTIAL),
	FROM("path", guest_credential, path, CREDENTIAL),
	{0},
};
static const struct shape guest_credential_shape = {
	"credential", guest_credential_fields, NULL, NULL};

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

GIVES(bool, machine_is_host, machine, !o->is_vcn)

GETTER(machine_cpus, machine)
{
	row_give_number(ret, o->cpus > 0 ? o->cpus : 1);
	if (o->cpus == 0 && !o->is_vcn)
		ret->kind = VALUE_NONE;
}

/* Follows from its name, as its MAC does where it has none. */
GETTER(machine_uuid, machine)
{
	ret->kind = VALUE_NONE;
	if (!o->is_vcn || o->fqdn == NULL)
		return;
	row_give_text(ret, uuid_of_name(o->fqdn, ret->scratch));
}

GIVES(object, machine_bmc, machine, machine_bmc_port(o))

/* What a host's VCNs take of it, those that are off as well. */
static void give_taken(const struct machine *host, bool is_memory, struct value *ret)
{
	int64_t n = 0;

	for (uint32_t i = 0; i < host->n_vcns; i++) {
		const struct machine *vcn = host->vcns[i];

		n += is_memory ? vcn->memory_mib : vcn->cpus > 0 ? vcn->cpus : 1;
	}
	row_give_number(ret, n);
}

/* Of a VCN: what it has beside what its kernel keeps, which a batch system must not ask for. */
GETTER(machine_memory_for_jobs, machine)
{
	uint32_t kept = o->memory_mib / KERNEL_SHARE;

	if (kept < KERNEL_MIB)
		kept = KERNEL_MIB;
	row_give_number(ret, (int64_t)o->memory_mib - kept);
	if (o->memory_mib <= kept)
		ret->kind = VALUE_NONE;
}

GETTER(machine_memory_taken, machine)
{
	give_taken(o, true, ret);
}

GETTER(machine_cpus_taken, machine)
{
	give_taken(o, false, ret);
}

/* Absent where a host's memory is not known. */
GETTER(machine_memory_free, machine)
{
	give_taken(o, true, ret);
	row_give_number(ret, (int64_t)o->memory_mib - ret->number);
	if (o->is_vcn || o->memory_mib == 0)
		ret->kind = VALUE_NONE;
}

/* Of 100; absent where it is not known. */
GETTER(machine_memory_share, machine)
{
	give_taken(o, true, ret);
	row_give_number(
		ret, o->memory_mib == 0 ? 0 : ret->number * PER_CENT / o->memory_mib);
	if (o->is_vcn || o->memory_mib == 0)
		ret->kind = VALUE_NONE;
}

GIVES(object, machine_network, machine,
	primary_of(o) == NULL ? NULL : primary_of(o)->network)

#define CHOOSES_DISK(name, choice) \
	GETTER(machine_##name, machine) \
	{ \
		row_give_bool(ret, o->install->disk_choice == (choice)); \
	}
CHOOSES_DISK(names_disk, DISK_NAMED)
CHOOSES_DISK(finds_disk, DISK_FOUND)
CHOOSES_DISK(asks_for_disk, DISK_ASKED)

GETTER(machine_has_resolving, machine)
{
	row_give_bool(ret, false);
	for (uint32_t i = 0; i < o->install->n_links; i++) {
		const struct network *network = resolving(&o->install->links[i]);

		ret->truth |= network != NULL && network->resolvers.n > 0;
	}
}

/* Ports are found by %pre: the lines that have some are in a file of their own. */
GETTER(machine_has_ports, machine)
{
	row_give_bool(ret, false);
	for (uint32_t i = 0; i < o->install->n_links; i++)
		ret->truth |=
			o->install->links[i].is_bond || o->install->links[i].is_bridge;
}

/* Of which kinds are the host's links? netplan has a section for each. */
#define HAS_LINK(name, test) \
	GETTER(machine_##name, machine) \
	{ \
		row_give_bool(ret, false); \
		for (uint32_t i = 0; i < o->install->n_links; i++) \
			ret->truth |= (test); \
	}
HAS_LINK(has_nics, is_nic(&o->install->links[i]))
HAS_LINK(has_bonds, o->install->links[i].is_bond)
HAS_LINK(has_vlans, o->install->links[i].vlan > 0)
HAS_LINK(has_bridges, o->install->links[i].is_bridge)

/* Which file its installer reads. */
static void give_takes(
	const struct machine *host, enum installer installer, struct value *ret)
{
	row_give_bool(ret, host->profile != NULL && host->profile->release != NULL &&
				   host->profile->release->installer == installer);
}

GETTER(machine_takes_kickstart, machine)
{
	give_takes(o, INSTALLER_KICKSTART, ret);
}

GETTER(machine_takes_preseed, machine)
{
	give_takes(o, INSTALLER_PRESEED, ret);
}

GETTER(machine_takes_autoinstall, machine)
{
	give_takes(o, INSTALLER_AUTOINSTALL, ret);
}

/* The first disk that the directory says. */
GIVES(text, machine_disk, machine,
	o->install->disks.n > 0 ? o->install->disks.items[0] : NULL)
GIVES(text, machine_node_name, machine, node_name(o))

/* Can the boot loader of that name load its installer? */
GIVES(bool, machine_installs_by_grub, machine,
	o->boots_installer && o->profile->grub_kernel != NULL &&
		o->profile->grub_initrd != NULL)
GIVES(bool, machine_installs_by_pxelinux, machine,
	o->boots_installer && o->profile->is_for_pxelinux)
GIVES(bool, machine_has_short_name, machine, node_name(o) == o->name)
GIVES(text, machine_node_label, machine, node_label(o))

static const struct field machine_computed[] = {
	EXTRA(HOST),
	FROM("name", machine, name, NAME),
	FROM("fqdn", machine, fqdn, NAME),
	{"node_name", VALUE_TEXT, NULL, machine_node_name, NULL, FIELD_NAME, 0},
	{"node_label", VALUE_TEXT, NULL, machine_node_label, NULL, FIELD_NAME, 0},
	COMPUTED("installs_by_grub", VALUE_BOOL, machine_installs_by_grub),
	COMPUTED("installs_by_pxelinux", VALUE_BOOL, machine_installs_by_pxelinux),
	COMPUTED("has_short_name", VALUE_BOOL, machine_has_short_name),
	FROM("domain", machine, domain, NAME),
	STRINGS("aliases", machine, aliases, ALIAS),
	{"names", VALUE_LIST, NULL, machine_names, row_text_at, FIELD_NAME, 0},
	COMPUTED("is_host", VALUE_BOOL, machine_is_host),
	TRUTH("is_vcn", machine, is_vcn),
	LIST("interfaces", machine, interfaces, interface_shape, row_pointer_at),
	{"mac", VALUE_TEXT, NULL, machine_mac, NULL, FIELD_MAC, 0},
	{"mac_dashed", VALUE_TEXT, NULL, machine_mac_dashed, NULL, FIELD_MAC, 0},
	{"ipv4", VALUE_TEXT, NULL, machine_ipv4, NULL, FIELD_ADDRESS, 0},
	{"ipv6", VALUE_TEXT, NULL, machine_ipv6, NULL, FIELD_ADDRESS, 0},
	{"network", VALUE_OBJECT, &network_shape, machine_network, NULL, 0, 0},
	FROM("dn", machine, record.dn, NAME),
	COMPUTED("cpus", VALUE_NUMBER, machine_cpus),
	OBJECT("profile", machine, profile, profile_shape),
	TRUTH("installs", machine, boots_installer),
	STRINGS("authorized_keys", machine_install, authorized_keys, SSH_AUTHORIZED_KEY),
	HAS("has_authorized_keys", machine_install, authorized_keys),
	STRINGS("disks", machine_install, disks, INSTALL_DISK),
	HAS("has_disks", machine_install, disks),
	COMPUTED("names_disk", VALUE_BOOL, machine_names_disk),
	COMPUTED("finds_disk", VALUE_BOOL, machine_finds_disk),
	COMPUTED("asks_for_disk", VALUE_BOOL, machine_asks_for_disk),
	{"disk", VALUE_TEXT, NULL, machine_disk, NULL, FIELD_INSTALL_DISK, 0},
	COMPUTED("takes_kickstart", VALUE_BOOL, machine_takes_kickstart),
	COMPUTED("takes_preseed", VALUE_BOOL, machine_takes_preseed),
	COMPUTED("takes_autoinstall", VALUE_BOOL, machine_takes_autoinstall),
	COMPUTED("has_nics", VALUE_BOOL, machine_has_nics),
	COMPUTED("has_bonds", VALUE_BOOL, machine_has_bonds),
	COMPUTED("has_vlans", VALUE_BOOL, machine_has_vlans),
	COMPUTED("has_bridges", VALUE_BOOL, machine_has_bridges),
	LIST("links", machine_install, links, link_shape, link_at),
	COMPUTED("has_ports", VALUE_BOOL, machine_has_ports),
	LIST("post_bridges", machine_install, post_bridges, link_shape, link_at),
	HAS("has_post_bridges", machine_install, post_bridges),
	COMPUTED("has_resolving", VALUE_BOOL, machine_has_resolving),
	LIST("routes", machine_install, routes, installed_route_shape,
		installed_route_at),
	HAS("has_routes", machine_install, routes),
	{"bmc", VALUE_OBJECT, &interface_shape, machine_bmc, NULL, 0, 0},
	COMPUTED("memory_for_jobs", VALUE_NUMBER, machine_memory_for_jobs),
	COMPUTED("memory_taken", VALUE_NUMBER, machine_memory_taken),
	COMPUTED("memory_free", VALUE_NUMBER, machine_memory_free),
	COMPUTED("memory_share", VALUE_NUMBER, machine_memory_share),
	COMPUTED("cpus_taken", VALUE_NUMBER, machine_cpus_taken),
	TRUTH("is_vm_host", machine, is_vm_host),
	LIST("vcns", machine, vcns, machine_shape, row_pointer_at),
	LIST("groups", machine, groups, group_shape, row_pointer_at),
	{"uuid", VALUE_TEXT, NULL, machine_uuid, NULL, FIELD_NAME, 0},
	LIST("guest_disks", machine_guest, disks, guest_disk_shape, guest_disk_at),
	HAS("has_guest_disks", machine_guest, disks),
	LIST("credentials", machine_guest, credentials, guest_credential_shape,
		guest_credential_at),
	HAS("has_credentials", machine_guest, credentials),
	OBJECT("host", machine, host, machine_shape),
	OBJECT("image", machine, image, image_shape),
	{0},
};
static struct field machine_fields[ROW_ROOM];
struct shape machine_shape = {"node", machine_fields, NULL, NULL};

/* Groups */

GIVES(number, group_hue, node_group, o->hue)
GIVES(text, group_nodeset, node_group, nodes_word(&o->nodeset, o->nodes, o->n_nodes))
GIVES(number, group_size, node_group, o->n_nodes)
GIVES(bool, group_is_vo, node_group, strcmp(o->common, "vo") == 0)

static const struct field group_computed[] = {
	EXTRA(GROUP),
	FROM("label", node_group, label, NAME),
	TEXT("common", node_group, common),
	LIST("nodes", node_group, nodes, machine_shape, row_pointer_at),
	{"nodeset", VALUE_TEXT, NULL, group_nodeset, NULL, FIELD_NAME, 0},
	FROM("word", node_group, word, NAME),
	FROM("variable", node_group, variable, NAME),
	COMPUTED("hue", VALUE_NUMBER, group_hue),
	COMPUTED("size", VALUE_NUMBER, group_size),
	COMPUTED("is_vo", VALUE_BOOL, group_is_vo),
	{0},
};
static struct field group_fields[ROW_ROOM];
struct shape group_shape = {"group", group_fields, NULL, NULL};

static const struct field group_kind_fields[] = {
	TEXT("name", group_kind, name),
	LIST("groups", group_kind, groups, group_shape, row_pointer_at),
	{0},
};
const struct shape group_kind_shape = {"kind of groups", group_kind_fields, NULL, NULL};

GIVES(text, leaf_nodeset, leaf, nodes_word(&o->nodeset, o->nodes, o->n_nodes))

static const struct field leaf_fields[] = {
	TEXT("name", leaf, name),
	{"nodeset", VALUE_TEXT, NULL, leaf_nodeset, NULL, FIELD_NAME, 0},
	OBJECT("host", leaf, host, machine_shape),
	LIST("nodes", leaf, nodes, machine_shape, row_pointer_at),
	{0},
};
const struct shape leaf_shape = {"leaf", leaf_fields, NULL, NULL};

/* One MAC of a host's boot interface (for-each: mac) */

GIVES(mac, hardware_mac, hardware, o->mac)

GETTER(hardware_mac_dashed, hardware)
{
	row_give_mac(ret, o->mac);
	dash(ret);
}

GIVES(object, hardware_node, hardware, o->interface->machine)

static const struct field hardware_fields[] = {
	{"mac", VALUE_TEXT, NULL, hardware_mac, NULL, FIELD_MAC, 0},
	{"mac_dashed", VALUE_TEXT, NULL, hardware_mac_dashed, NULL, FIELD_MAC, 0},
	OBJECT("interface", hardware, interface, interface_shape),
	{"node", VALUE_OBJECT, &machine_shape, hardware_node, NULL, 0, 0},
	{0},
};
const struct shape hardware_shape = {"mac", hardware_fields, NULL, NULL};

void fields_join_node(void)
{
	row_join(interface_fields, interface_computed, KIND_INTERFACE, KIND_NONE);
	row_join(machine_fields, machine_computed, KIND_HOST, KIND_VCN);
	row_join(group_fields, group_computed, KIND_GROUP, KIND_NONE);
}
