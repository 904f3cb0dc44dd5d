/* SPDX-License-Identifier: Apache-2.0 */
#include "model/lint_node.h"
#include "model/lint_rules.h"

#include <string.h>

#include "base/text.h"
#include "model/ports.h"

/* What cannot be: on any machine */

static bool has_port(const struct machine *host, const char *bridge)
{
	for (uint32_t i = 0; i < host->n_interfaces; i++)
		if (port_is_on(host->interfaces[i], bridge) &&
			!port_is_bridge(host->interfaces[i]))
			return true;
	return false;
}

/*
 * What stands on another is a VLAN. NICs stand in bonds and bridges the other way round, which
 * one looks for in vocParent, too.
 */
static const char *other_way(const struct interface *interface)
{
	const struct interface *parent = interface->rare->parent;
	const char *name = interface->rare->parent_name;

	if (interface->n_macs == 0)
		return "";
	if (parent == NULL ? has_port(interface->machine, name) : port_is_bridge(parent))
		return "; a port of a bridge is so by vocBridge";
	if (parent == NULL ? text_has_prefix(name, "bond")
			   : port_is_bond(parent) || port_lacks_nics(parent))
		return "; the NICs of a bond are the MAC addresses of its own entry";
	return "";
}

static void check_parent(struct reporter *r, struct interface *interface)
{
	const char *name = interface->rare->parent_name;

	if (name == NULL && interface->rare->parent == NULL)
		return;
	TMP_CTX(tmp);

	if (name != NULL && interface->rare->parent == NULL)
		check_report(r, CHECK_DANGLING_REF, &interface->record, FIELD_PARENT,
			"'%s' has no interface '%s'%s%s", interface->machine->name, name,
			has_port(interface->machine, name)
				? ": give that bridge an entry, without a MAC address"
				: "",
			other_way(interface));
	else if (interface->rare->parent != NULL && port_has_loop(interface))
		check_report(r, CHECK_BAD_VALUE, &interface->record,
			name != NULL ? FIELD_PARENT : FIELD_NAME,
			"'%s' stands on '%s', and that on it", interface->ifname,
			interface->rare->parent->ifname);
	else if (name != NULL && interface->rare->vlan == 0)
		lint_missing(r, &interface->record, FIELD_VLAN,
			mem_printf(tmp,
				"is missing: neither the interface nor its network has a "
				"VLAN number%s",
				other_way(interface)));
}

static void check_own_bridge(struct reporter *r, struct interface *interface)
{
	if (interface->rare->bridge_name == NULL || interface->ifname == NULL)
		return;
	if (strcmp(interface->rare->bridge_name, interface->ifname) == 0)
		check_report(r, CHECK_BAD_VALUE, &interface->record, FIELD_BRIDGE,
			"'%s' is a port of itself", interface->ifname);
	else if (port_is_bridge(interface))
		check_report(r, CHECK_BAD_VALUE, &interface->record, FIELD_BRIDGE,
			"'%s' is a bridge, which is no port of another",
			interface->ifname);
}

/* What an installer cannot make of it */

/* What of the directory makes @interface what it is. */
static enum field_id vlan_field(const struct interface *interface)
{
	return interface->rare->vlan_number > 0	      ? FIELD_VLAN
	       : interface->rare->parent_name != NULL ? FIELD_PARENT
						      : FIELD_NAME;
}

static void check_vlan(
	struct reporter *r, struct interface *interface, const struct release *release)
{
	if (interface->rare->vlan == 0 ||
		(interface->rare->parent_name != NULL &&
			interface->rare->parent == NULL) ||
		port_has_loop(interface))
		return;
	if (!release->knows_vlan)
		check_report(r, CHECK_INSTALL_NETWORK, &interface->record,
			vlan_field(interface),
			"the installer of %s knows no VLANs: it leaves out '%s'",
			interface->machine->profile->version, interface->ifname);
	else if (interface->rare->parent == NULL && interface->n_macs == 0)
		check_report(r, CHECK_INSTALL_NETWORK, &interface->record,
			vlan_field(interface),
			"nothing says which NIC the VLAN '%s' stands on: the installer "
			"leaves it out",
			interface->ifname);
	else if (interface->rare->parent != NULL &&
		 port_is_left_out(interface->rare->parent, release))
		check_report(r, CHECK_INSTALL_NETWORK, &interface->record,
			vlan_field(interface),
			"'%s' stands on '%s', which the installer does not make: it "
			"leaves it out",
			interface->ifname, interface->rare->parent->ifname);
}

/* It is installed, but not as its name would have one think. */
static void check_vlan_name(
	struct reporter *r, struct interface *interface, const struct release *release)
{
	uint32_t other = port_other_vlan(interface);

	if (interface->rare->parent == NULL && interface->n_macs == 0)
		return;
	if (other > 0)
		check_report(r, CHECK_INSTALL_NETWORK, &interface->record,
			vlan_field(interface), "'%s' becomes VLAN %u, while its %s %u",
			interface->ifname, interface->rare->vlan,
			interface->network != NULL && interface->network->vlan == other
				? "network is VLAN"
				: "name says",
			other);
	if (port_name_is_long(interface) && release->knows_vlan_name)
		check_report(r, CHECK_INSTALL_NETWORK, &interface->record, FIELD_NAME,
			"'%s' is longer than an interface name can be (15): the "
			"installer gives it another",
			interface->ifname);
}

/* What is no device at all, or none that the installer could name */
static void check_device(
	struct reporter *r, struct interface *interface, const struct release *release)
{
	if (port_is_alias(interface))
		check_report(r, CHECK_INSTALL_NETWORK, &interface->record, FIELD_NAME,
			"'%s' is a further address of another interface: the installer "
			"gives each one of a family, and leaves it out",
			interface->ifname);
	else if (port_is_misnumbered(interface))
		check_report(r, CHECK_INSTALL_NETWORK, &interface->record, FIELD_NAME,
			"the number of a VLAN is 1 to 4094: the installer leaves out '%s'",
			interface->ifname);
	else if (port_is_unknown(interface, release))
		check_report(r, CHECK_INSTALL_NETWORK, &interface->record, FIELD_NAME,
			"the installer of %s knows NICs by their names only, and '%s' is "
			"none: it leaves it out",
			interface->machine->profile->version, interface->ifname);
}

static const char *foreign_option(TALLOC_CTX *mem_ctx, const struct interface *interface)
{
	return bond_foreign_option(arena_new(mem_ctx), interface->rare->bond_options);
}

static void check_bond(
	struct reporter *r, struct interface *interface, const struct release *release)
{
	if (port_lacks_nics(interface))
		check_report(r, CHECK_INSTALL_NETWORK, &interface->record, FIELD_NAME,
			"'%s' is a bond without a NIC: the installer leaves it out",
			interface->ifname);
	if (!port_is_bond(interface) || port_is_unknown(interface, release))
		return;
	TMP_CTX(tmp);

	if (!release->knows_bond)
		check_report(r, CHECK_INSTALL_NETWORK, &interface->record, FIELD_MAC,
			"the installer of %s knows no bonds: it takes one NIC of '%s'",
			interface->machine->profile->version, interface->ifname);
	else if (release->knows_netplan && foreign_option(tmp, interface) != NULL)
		check_report(r, CHECK_INSTALL_NETWORK, &interface->record,
			FIELD_BOND_OPTIONS,
			"netplan has no word for '%s': it is left out",
			foreign_option(tmp, interface));
	else if (interface->n_macs == 1)
		check_report(r, CHECK_INSTALL_NETWORK, &interface->record, FIELD_MAC,
			"'%s' is a bond of one NIC", interface->ifname);
}

static void check_nic(struct reporter *r, struct interface *interface)
{
	const struct interface *owner = port_nic_owner(interface);

	if (owner == NULL)
		return;
	bool is_vlan = interface->rare->vlan > 0;
	struct finding *finding = check_report(r, CHECK_INSTALL_NETWORK,
		&interface->record, is_vlan ? vlan_field(interface) : FIELD_MAC,
		is_vlan ? "'%s' is the same VLAN as '%s': the installer leaves it out"
			: "'%s' has the NIC of '%s' and is no VLAN: the installer leaves "
			  "it out",
		interface->ifname, owner->ifname);

	lint_note(r, finding, &owner->record, is_vlan ? vlan_field(owner) : FIELD_MAC,
		is_vlan ? "this one is made" : "this one has the NIC");
}

static void check_further_addresses(struct reporter *r, struct interface *interface)
{
	unsigned n[7] = {0};
	char text[IP_TEXT_MAX];

	for (uint32_t i = 0; i < interface->n_addresses; i++) {
		const struct address *address = &interface->addresses[i];

		if (address->network != NULL && ++n[address->ip.family] == 2)
			check_report_where(r, CHECK_INSTALL_NETWORK, &interface->record,
				lint_place_of_address(r, interface, address),
				"the installer gives an interface one address of a "
				"family: it leaves out %s",
				ip_format(address->ip, text));
	}
}

/* The bridges of its VCNs, each once. */
static void check_bridges(struct reporter *r, struct machine *host)
{
	if (host->n_vcns == 0)
		return;
	TMP_CTX(tmp);
	struct table *seen = table_new(tmp, 16);

	for (uint32_t i = 0; i < host->n_vcns; i++) {
		const struct machine *vcn = host->vcns[i];

		for (uint32_t j = 0; j < vcn->n_interfaces; j++) {
			struct network *network = vcn->interfaces[j]->network;

			if (network == NULL || network->bridge == NULL ||
				*table_slot(seen, network->bridge) != NULL ||
				has_port(host, network->bridge))
				continue;
			*table_slot(seen, network->bridge) = network;
			struct finding *finding = check_report(r, CHECK_INSTALL_NETWORK,
				&host->record, FIELD_PROFILE,
				"its VCNs need the bridge '%s', and none of its "
				"interfaces is a port of it: it is installed without",
				network->bridge);

			lint_note(r, finding, &network->record, FIELD_BRIDGE,
				"the network of a VCN");
		}
	}
}

/* A bridge has the addresses of one entry. */
static void check_carrier(struct reporter *r, struct interface *interface)
{
	const char *bridge = port_bridge(interface);
	struct interface *carrier =
		bridge == NULL ? NULL : port_carrier(interface->machine, bridge);

	if (carrier == NULL || carrier == interface || interface->n_addresses == 0)
		return;
	struct finding *finding = check_report(r, CHECK_INSTALL_NETWORK,
		&interface->record, FIELD_ADDRESS,
		"the bridge '%s' has other addresses: the installer leaves out those of "
		"this port",
		bridge);

	lint_note(r, finding, &carrier->record, FIELD_ADDRESS,
		"the addresses of the bridge");
}

static void check_bridge(struct reporter *r, struct interface *interface)
{
	if (port_is_bridge(interface) && !has_port(interface->machine, interface->ifname))
		check_report(r, CHECK_INSTALL_NETWORK, &interface->record, FIELD_NAME,
			"no interface is a port of the bridge '%s': the installer "
			"leaves it out",
			interface->ifname);
}

static void check_installed(
	struct reporter *r, struct machine *host, const struct release *release)
{
	check_bridges(r, host);
	for (uint32_t i = 0; i < host->n_interfaces; i++) {
		struct interface *interface = host->interfaces[i];

		if (interface->is_management || interface->ifname == NULL)
			continue;
		check_device(r, interface, release);
		check_vlan(r, interface, release);
		check_vlan_name(r, interface, release);
		check_bond(r, interface, release);
		check_bridge(r, interface);
		check_carrier(r, interface);
		check_nic(r, interface);
		check_further_addresses(r, interface);
	}
}

void lint_ports_of(struct reporter *r, struct machine *machine)
{
	for (uint32_t j = 0; j < machine->n_interfaces; j++) {
		check_parent(r, machine->interfaces[j]);
		check_own_bridge(r, machine->interfaces[j]);
	}
	lint_mtu(r, machine);
	if (machine->profile != NULL && machine->profile->release != NULL)
		check_installed(r, machine, machine->profile->release);
}

void lint_ports(struct reporter *r)
{
	lint_nodes(r, NODE_PORTS);
}
