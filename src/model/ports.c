/* SPDX-License-Identifier: Apache-2.0 */
#include "model/ports.h"

#include <string.h>

#include "base/text.h"

enum { VLAN_MAX = 4094 };

static struct interface *find_interface(
	const struct machine *machine, const char *name, size_t len)
{
	for (uint32_t i = 0; i < machine->n_interfaces; i++) {
		struct interface *interface = machine->interfaces[i];

		if (interface->ifname != NULL && strlen(interface->ifname) == len &&
			memcmp(interface->ifname, name, len) == 0)
			return interface;
	}
	return NULL;
}

/* Behind the last dot of its name (eth0.20, eth0.0020), or behind vlan; NULL: nothing. */
static const char *number_text(const struct interface *interface)
{
	const char *name = interface->ifname, *dot, *number = NULL;

	if (name == NULL)
		return NULL;
	dot = strrchr(name, '.');
	if (dot != NULL && dot != name)
		number = dot + 1;
	else if (text_has_prefix(name, "vlan"))
		number = name + strlen("vlan");
	return number == NULL || *number == '\0' ||
			       number[strspn(number, "0123456789")] != '\0'
		       ? NULL
		       : number;
}

uint32_t port_number(const struct interface *interface)
{
	const char *text = number_text(interface);
	uint64_t number;

	if (text == NULL)
		return 0;
	text += strspn(text, "0");
	return text_parse_u64(text, VLAN_MAX, &number) ? (uint32_t)number : 0;
}

bool port_is_misnumbered(const struct interface *interface)
{
	const char *text = number_text(interface);

	return text != NULL && text[-1] == '.' && port_number(interface) == 0 &&
	       interface->rare->vlan == 0 && interface->n_macs == 0;
}

bool port_is_alias(const struct interface *interface)
{
	return interface->ifname != NULL && strchr(interface->ifname, ':') != NULL;
}

static bool shares_mac(const struct interface *a, const struct interface *b)
{
	for (uint32_t i = 0; i < a->n_macs; i++)
		for (uint32_t j = 0; j < b->n_macs; j++)
			if (mac_compare(a->macs[i].mac, b->macs[j].mac) == 0)
				return true;
	return false;
}

static struct interface *first_sharing(const struct interface *interface)
{
	const struct machine *machine = interface->machine;

	for (uint32_t i = 0; i < machine->n_interfaces; i++) {
		struct interface *other = machine->interfaces[i];

		if (other != interface && port_number(other) == 0 &&
			other->rare->parent_name == NULL &&
			other->rare->vlan_number == 0 && shares_mac(interface, other))
			return other;
	}
	return NULL;
}

static uint32_t network_vlan(const struct interface *interface)
{
	return interface->network == NULL ? 0 : interface->network->vlan;
}

/* What its name says: eth0 of eth0.20, and of vlan20 where they have one NIC. */
static struct interface *parent_by_name(const struct interface *interface)
{
	const char *dot = strrchr(interface->ifname, '.');

	return dot == NULL ? first_sharing(interface)
			   : find_interface(interface->machine, interface->ifname,
				     (size_t)(dot - interface->ifname));
}

/* The primary interface of those that share a NIC stands on nothing. */
static struct interface *parent_of(const struct interface *interface, uint32_t named)
{
	const char *name = interface->rare->parent_name;

	if (name != NULL)
		return find_interface(interface->machine, name, strlen(name));
	if (named > 0)
		return parent_by_name(interface);
	return !interface->is_primary && (interface->rare->vlan_number > 0 ||
						 network_vlan(interface) > 0)
		       ? first_sharing(interface)
		       : NULL;
}

/* A NIC of its own may be called vlan20 after the network that its port is in. */
static bool is_vlan(const struct interface *interface, uint32_t named)
{
	if (interface->rare->parent != NULL || interface->rare->parent_name != NULL ||
		interface->rare->vlan_number > 0)
		return true;
	return named > 0 &&
	       (interface->n_macs == 0 || strchr(interface->ifname, '.') != NULL);
}

static void find_parent(struct arena *arena, struct interface *interface)
{
	uint32_t named = port_number(interface);

	struct interface *parent = parent_of(interface, named);

	if (parent != NULL)
		interface_write_rare(arena, interface)->parent = parent;
	if (!is_vlan(interface, named))
		return;
	uint32_t said = interface->rare->vlan_number, network = network_vlan(interface);

	interface_write_rare(arena, interface)->vlan = said > 0	     ? said
						       : network > 0 ? network
								     : named;
}

uint32_t port_other_vlan(const struct interface *interface)
{
	uint32_t named = port_number(interface), network = network_vlan(interface);

	if (interface->rare->vlan == 0)
		return 0;
	return network > 0 && network != interface->rare->vlan ? network
	       : named > 0 && named != interface->rare->vlan   ? named
							       : 0;
}

/* eth0:1 has the NIC of eth0, and so no MAC of its own. */
static void give_up_nic(struct interface *interface)
{
	const struct interface *owner = find_interface(
		interface->machine, interface->ifname, strcspn(interface->ifname, ":"));

	if (owner != NULL && shares_mac(interface, owner))
		interface->n_macs = 0;
}

/* br0 */
static bool has_bridge_name(const struct interface *interface)
{
	const char *name = interface->ifname;

	return name != NULL && text_has_prefix(name, "br") && name[2] != '\0' &&
	       name[2 + strspn(name + 2, "0123456789")] == '\0';
}

/*
 * A bridge has the MAC of its first port, and in the directory, too, where somebody took it from
 * the running host: whoever else has that NIC is the port.
 */
static void find_port(struct arena *arena, struct interface *bridge)
{
	struct machine *machine = bridge->machine;
	struct interface *port = first_sharing(bridge);

	if (bridge->n_macs == 0 || bridge->rare->vlan_number > 0 ||
		bridge->rare->parent_name != NULL)
		return;
	if (port != NULL && !port->is_management && port->rare->bridge_name == NULL &&
		has_bridge_name(bridge))
		interface_write_rare(arena, port)->bridge_name = bridge->ifname;
	for (uint32_t i = 0; i < machine->n_interfaces; i++)
		if (machine->interfaces[i] != bridge &&
			text_compare(machine->interfaces[i]->rare->bridge_name,
				bridge->ifname) == 0)
			interface_write_rare(arena, bridge)->has_ports_mac = true;
}

void ports_find_parents(struct arena *arena, struct machine *machine)
{
	for (uint32_t i = 0; i < machine->n_interfaces; i++) {
		if (port_is_alias(machine->interfaces[i]))
			give_up_nic(machine->interfaces[i]);
		else if (machine->interfaces[i]->ifname != NULL)
			find_port(arena, machine->interfaces[i]);
		find_parent(arena, machine->interfaces[i]);
	}
}

static bool is_said_to_be_bond(const struct interface *interface)
{
	bool has_name = interface->record.kind == KIND_INTERFACE &&
			interface->ifname != NULL &&
			text_has_prefix(interface->ifname, "bond") &&
			strpbrk(interface->ifname, ".:") == NULL;

	return has_name || interface->rare->bond_options != NULL;
}

bool port_is_bond(const struct interface *interface)
{
	return interface->rare->vlan == 0 &&
	       (interface->n_macs > 1 ||
		       (interface->n_macs == 1 && is_said_to_be_bond(interface)));
}

bool port_lacks_nics(const struct interface *interface)
{
	return interface->rare->vlan == 0 && interface->n_macs == 0 &&
	       is_said_to_be_bond(interface) && !port_is_bridge(interface);
}

const char *port_bond_name(const struct interface *interface)
{
	return interface->record.kind == KIND_INTERFACE ? interface->ifname : "bond0";
}

/*
 * Is it the port of its network's bridge? One is enough, and a second one on the same switch
 * is a loop: it is the first, unless the directory names the ports.
 */
static bool is_only_port(const struct interface *interface)
{
	const struct machine *machine = interface->machine;
	const char *bridge = interface->network->bridge;
	const struct interface *first = NULL;

	for (uint32_t i = 0; i < machine->n_interfaces; i++) {
		const struct interface *other = machine->interfaces[i];

		if (text_compare(other->rare->bridge_name, bridge) == 0)
			return false;
		if (first == NULL && other->n_macs > 0 && !other->rare->has_ports_mac &&
			!other->is_management && other->network != NULL &&
			text_compare(other->network->bridge, bridge) == 0)
			first = other;
	}
	return interface == first;
}

/* What the directory says; a VM host's interfaces are on its VCNs' bridges. */
static const char *said_bridge(const struct interface *interface)
{
	const struct network *network = interface->network;

	if (interface->rare->bridge_name != NULL)
		return interface->rare->bridge_name;
	if (interface->machine->is_vm_host && network != NULL && network->bridge != NULL)
		return interface->n_macs == 0 || is_only_port(interface) ? network->bridge
									 : NULL;
	/* br0 with the MAC of a NIC that has no entry is both, the bridge and its port */
	return interface->n_macs == 1 && !interface->rare->has_ports_mac &&
			       interface->rare->vlan == 0 && has_bridge_name(interface)
		       ? interface->ifname
		       : NULL;
}

bool port_is_bridge(const struct interface *interface)
{
	const struct machine *machine = interface->machine;

	if (interface->ifname == NULL ||
		(interface->n_macs > 0 && !interface->rare->has_ports_mac))
		return false;
	if (interface->rare->vlan == 0 && has_bridge_name(interface))
		return true;
	for (uint32_t i = 0; i < machine->n_interfaces; i++) {
		const char *bridge = said_bridge(machine->interfaces[i]);

		if (bridge != NULL && strcmp(bridge, interface->ifname) == 0)
			return true;
	}
	return false;
}

const char *port_bridge(const struct interface *interface)
{
	if (interface->is_management || port_is_alias(interface) ||
		port_is_misnumbered(interface))
		return NULL;
	return port_is_bridge(interface) ? interface->ifname : said_bridge(interface);
}

bool port_lends_mac(const struct interface *interface)
{
	const struct machine *machine = interface->machine;

	for (uint32_t i = 0; i < machine->n_interfaces; i++) {
		const struct interface *bridge = machine->interfaces[i];

		if (bridge->rare->has_ports_mac && bridge != interface &&
			text_compare(bridge->ifname, interface->rare->bridge_name) == 0 &&
			shares_mac(bridge, interface))
			return true;
	}
	return false;
}

bool port_is_virtual(const struct interface *interface)
{
	return interface->rare->parent != NULL || port_is_bridge(interface);
}

bool port_is_on(const struct interface *interface, const char *bridge)
{
	const char *its = port_bridge(interface);

	return its != NULL && strcmp(its, bridge) == 0;
}

struct walk {
	TALLOC_CTX *mem_ctx;
	const struct interface *wanted;
	const struct interface **seen;
	size_t n_seen;
};

static bool comes_to(struct walk *walk, const struct interface *at);

static bool goes_through(struct walk *walk, const struct interface *at)
{
	if (at == walk->wanted)
		return true;
	for (size_t i = 0; i < walk->n_seen; i++)
		if (walk->seen[i] == at)
			return false;
	*mem_push(walk->mem_ctx, &walk->seen, &walk->n_seen) = at;
	return comes_to(walk, at);
}

/* From what @at stands on: its parent, the ports of a bridge. */
static bool comes_to(struct walk *walk, const struct interface *at)
{
	const struct machine *machine = at->machine;

	if (at->rare->parent != NULL && goes_through(walk, at->rare->parent))
		return true;
	if (!port_is_bridge(at))
		return false;
	for (uint32_t i = 0; i < machine->n_interfaces; i++) {
		const struct interface *port = machine->interfaces[i];

		if (port != at && port_is_on(port, at->ifname) &&
			goes_through(walk, port))
			return true;
	}
	return false;
}

bool port_has_loop(const struct interface *interface)
{
	TMP_CTX(tmp);
	struct walk walk = {.mem_ctx = tmp, .wanted = interface};

	return comes_to(&walk, interface);
}

/* One VLAN of one NIC; or one NIC, which may have VLANs and a bridge beside it. */
static bool is_same_device(const struct interface *a, const struct interface *b)
{
	if (a->rare->vlan != b->rare->vlan)
		return false;
	if (a->rare->vlan > 0 && (a->rare->parent != NULL || b->rare->parent != NULL))
		return a->rare->parent == b->rare->parent;
	return !a->rare->has_ports_mac && !b->rare->has_ports_mac && shares_mac(a, b);
}

struct interface *port_nic_owner(const struct interface *interface)
{
	const struct machine *machine = interface->machine;

	for (uint32_t i = 0; machine->interfaces[i] != interface; i++) {
		struct interface *before = machine->interfaces[i];

		if (!before->is_management && is_same_device(before, interface))
			return before;
	}
	return NULL;
}

static struct interface *first_port(const struct interface *bridge)
{
	const struct machine *machine = bridge->machine;

	for (uint32_t i = 0; i < machine->n_interfaces; i++) {
		struct interface *interface = machine->interfaces[i];

		if (interface->n_macs > 0 && !port_is_bridge(interface) &&
			port_is_on(interface, bridge->ifname))
			return interface;
	}
	return NULL;
}

struct interface *port_boot_nic(struct interface *interface)
{
	struct interface *below = interface;

	if (interface->n_macs > 0)
		return interface;
	if (port_is_bridge(interface))
		below = first_port(interface);
	else if (interface->rare->parent != NULL && !port_has_loop(interface))
		below = port_boot_nic(interface->rare->parent);
	return below == NULL ? interface : below;
}
