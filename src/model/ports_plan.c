/* SPDX-License-Identifier: Apache-2.0 */
#include "model/ports.h"

#include <assert.h>
#include <string.h>

#include "base/text.h"

enum { MTU_PLAIN = 1500, IFNAME_ROOM = 16 };

struct plan {
	struct site *site;
	struct machine *host;
	const struct release *release;
	struct link *links, *bridges;
	size_t n_links, n_bridges;
	struct interface **done; /* what has its link, or waits for one below it */
	size_t n_done;
	TALLOC_CTX *scratch;
};

/* netplan's own name of a NIC, which is no other device's. */
static const char *nic_label(
	struct plan *p, const struct interface *interface, uint32_t i)
{
	char text[MAC_TEXT_MAX];
	char *label = arena_printf(
		p->site->arena, "nic-%s", mac_format(interface->macs[i].mac, text));

	for (char *c = label; *c != '\0'; c++)
		if (*c == ':')
			*c = '-';
	return label;
}

static const char *mac_text(struct plan *p, const struct interface *interface, uint32_t i)
{
	char text[MAC_TEXT_MAX];

	return i >= interface->n_macs ? NULL
				      : arena_strdup(p->site->arena,
						mac_format(interface->macs[i].mac, text));
}

/* Its name is that of the bond or bridge it stands for, while the installer takes names only. */
static bool is_unnamed(const struct interface *interface, const struct release *release)
{
	bool has_bonds_name = interface->record.kind == KIND_INTERFACE;

	return !release->knows_mac_device && interface->n_macs > 0 &&
	       interface->ifname != NULL &&
	       ((has_bonds_name && port_is_bond(interface)) ||
		       port_is_on(interface, interface->ifname));
}

bool port_is_unknown(const struct interface *interface, const struct release *release)
{
	const struct machine *machine = interface->machine;

	if (!is_unnamed(interface, release))
		return false;
	for (uint32_t i = 0; i < machine->n_interfaces; i++)
		if (machine->interfaces[i]->is_primary &&
			port_boot_nic(machine->interfaces[i]) == interface)
			return false;
	return true;
}

static const char *nic_text(struct plan *p, const struct interface *interface, uint32_t i)
{
	if (i >= interface->n_macs ||
		(!p->release->knows_mac_device && !is_unnamed(interface, p->release)))
		return interface->ifname;
	if (p->release->knows_netplan)
		return nic_label(p, interface, i);
	return mac_text(p, interface, i);
}

static bool makes_bond(const struct plan *p, const struct interface *interface)
{
	return p->release->knows_bond && port_is_bond(interface);
}

/* What a bridge with @interface names, or a VLAN on it if that is no bridge. */
static const char *device_of(struct plan *p, const struct interface *interface)
{
	if (makes_bond(p, interface))
		return port_bond_name(interface);
	return interface->rare->vlan > 0 ? interface->ifname : nic_text(p, interface, 0);
}

static const char *below_vlan(struct plan *p, const struct interface *interface);
static bool carries(struct plan *p, struct interface *interface);

/* Is there anything to configure, and does the release know how? */
static bool is_configured(struct plan *p, const struct interface *interface)
{
	if (interface->is_management || interface->ifname == NULL ||
		port_is_alias(interface) || port_is_misnumbered(interface) ||
		port_nic_owner(interface) != NULL)
		return false;
	if (interface->rare->vlan == 0)
		return !port_lacks_nics(interface) &&
		       !port_is_unknown(interface, p->release);
	if (!p->release->knows_vlan)
		return false;
	return interface->rare->parent == NULL ? interface->n_macs > 0
					       : carries(p, interface->rare->parent);
}

static uint32_t network_mtu(const struct interface *interface)
{
	return interface->network == NULL ? 0 : interface->network->mtu;
}

/* Of a bridge and all its ports the largest that one of them needs. */
static uint32_t mtu_of(const struct interface *interface)
{
	const struct machine *machine = interface->machine;
	const char *bridge = port_bridge(interface);
	uint32_t mtu = network_mtu(interface);

	for (uint32_t i = 0; bridge != NULL && i < machine->n_interfaces; i++)
		if (port_is_on(machine->interfaces[i], bridge) &&
			network_mtu(machine->interfaces[i]) > mtu)
			mtu = network_mtu(machine->interfaces[i]);
	return mtu;
}

static bool stands_on_bridge(const struct interface *vlan, const struct interface *port)
{
	const struct interface *parent = vlan->rare->parent;

	return parent != NULL && parent->ifname != NULL &&
	       port_is_on(port, parent->ifname);
}

/* Or on the bridge that it is a port of. */
static bool stands_on(const struct interface *vlan, const struct interface *interface)
{
	return vlan->rare->parent == interface || stands_on_bridge(vlan, interface);
}

/*
 * As large as that of any VLAN that @stands on it, and of those on that: the kernel cuts a VLAN to what
 * is below. VLANs of its ports do not stand on a bridge.
 */
static uint32_t mtu_needed(const struct interface *interface,
	bool (*stands)(const struct interface *vlan, const struct interface *interface))
{
	const struct machine *machine = interface->machine;
	uint32_t own = mtu_of(interface), most = own == 0 ? MTU_PLAIN : own;

	for (uint32_t i = 0; i < machine->n_interfaces; i++) {
		const struct interface *other = machine->interfaces[i];
		uint32_t its = stands(other, interface) && !port_has_loop(other)
				       ? mtu_needed(other, stands_on)
				       : 0;

		if (its > most)
			most = own = its;
	}
	return own;
}

static bool carries_vlans(const struct interface *interface)
{
	const struct machine *machine = interface->machine;

	for (uint32_t i = 0; i < machine->n_interfaces; i++)
		if (machine->interfaces[i]->rare->parent == interface)
			return true;
	return false;
}

/*
 * Without an address, and not because DHCP has it: VLANs stand on it, or the guests' bridge,
 * whose port has none. What the host boots from (@is_boot) asks all the same, as nothing else
 * leads to the host.
 */
static bool is_bare(
	const struct interface *interface, const struct interface *carrier, bool is_boot)
{
	return carrier->n_addresses == 0 &&
	       (carries_vlans(interface) || (port_bridge(carrier) != NULL && !is_boot));
}

/* @interface has the addresses; what is below may be another's NIC. */
static struct link *add_link(struct plan *p, struct interface *interface)
{
	struct link *link = mem_push(p->scratch, &p->links, &p->n_links);

	link->interface = interface;
	link->address4 = interface_placed(interface, 4);
	link->address6 = interface_placed(interface, 6);
	link->is_boot = interface->is_primary;
	return link;
}

/* netplan wants to be told of each NIC that others stand on, once. */
static void add_bare_nic(struct plan *p, struct interface *interface, uint32_t i)
{
	const char *device = nic_text(p, interface, i);

	if (!p->release->knows_netplan)
		return;
	for (size_t j = 0; j < p->n_links; j++)
		if (p->links[j].vlan == 0 && strcmp(p->links[j].device, device) == 0)
			return;
	*mem_push(p->scratch, &p->links, &p->n_links) = (struct link){.device = device,
		.mac = mac_text(p, interface, i),
		.interface = interface,
		.mtu = mtu_needed(interface, stands_on),
		.is_bare = true};
}

static void give_bond_ports(
	struct plan *p, struct link *link, const struct interface *interface)
{
	link->device = port_bond_name(interface);
	link->is_bond = true;
	link->bond_options = interface->rare->bond_options;
	link->parameters = bond_parameters(
		p->site->arena, interface->rare->bond_options, &link->n_parameters);
	link->ports.items =
		arena_alloc(p->site->arena, interface->n_macs * sizeof(const char *));
	for (uint32_t i = 0; i < interface->n_macs; i++)
		link->ports.items[link->ports.n++] = nic_text(p, interface, i);
}

/* vlan20, and of further VLANs with that number on other NICs vlan20-2 and so on. */
static const char *short_name(struct plan *p, const struct interface *interface)
{
	size_t n = 1;

	for (size_t i = 0; i + 1 < p->n_links; i++)
		n += p->links[i].vlan == interface->rare->vlan;
	return n == 1 ? arena_printf(p->site->arena, "vlan%u", interface->rare->vlan)
		      : arena_printf(
				p->site->arena, "vlan%u-%zu", interface->rare->vlan, n);
}

bool port_name_is_long(const struct interface *interface)
{
	return interface->rare->vlan > 0 && strlen(interface->ifname) >= IFNAME_ROOM;
}

/* NIC, bond or VLAN, with the addresses of @carrier. */
static void add_plain(
	struct plan *p, struct interface *interface, struct interface *carrier)
{
	for (uint32_t i = 0; makes_bond(p, interface) && i < interface->n_macs; i++)
		add_bare_nic(p, interface, i);
	if (interface->rare->vlan > 0 && interface->rare->parent == NULL)
		add_bare_nic(p, interface, 0);
	struct link *link = add_link(p, carrier);

	link->mtu = mtu_needed(interface, stands_on);
	link->is_bare = is_bare(interface, carrier, carrier->is_primary);
	if (makes_bond(p, interface)) {
		give_bond_ports(p, link, interface);
		return;
	}
	link->device =
		is_unnamed(interface, p->release) ? NULL : nic_text(p, interface, 0);
	link->vlan = interface->rare->vlan;
	if (interface->rare->vlan == 0) {
		link->mac = mac_text(p, interface, 0);
		return;
	}
	if (interface->rare->parent != NULL)
		link->device = below_vlan(p, interface->rare->parent);
	if (p->release->knows_vlan_name &&
		(p->release->knows_netplan || interface->rare->parent != NULL ||
			port_number(interface) > 0))
		link->name = port_name_is_long(interface) ? short_name(p, interface)
							  : interface->ifname;
}

static bool take(struct plan *p, struct interface *interface)
{
	for (size_t i = 0; i < p->n_done; i++)
		if (p->done[i] == interface)
			return false;
	*mem_push(p->scratch, &p->done, &p->n_done) = interface;
	return true;
}

static void configure(struct plan *p, struct interface *interface);

/* Bridges */

struct ports {
	struct interface **items;
	size_t n;
	struct interface *carrier; /* whose addresses the bridge has */
	bool is_boot; /* the bridge or a port is the boot interface */
};

/* The bridge's own entry, but where it has no address and a port has one. */
static bool is_better_carrier(
	const struct interface *interface, const struct interface *than)
{
	if (than == NULL)
		return true;
	if ((interface->n_addresses > 0) != (than->n_addresses > 0))
		return interface->n_addresses > 0;
	return port_is_bridge(interface) && !port_is_bridge(than);
}

struct interface *port_carrier(const struct machine *host, const char *bridge)
{
	struct interface *carrier = NULL;

	for (uint32_t i = 0; i < host->n_interfaces; i++)
		if (port_is_on(host->interfaces[i], bridge) &&
			is_better_carrier(host->interfaces[i], carrier))
			carrier = host->interfaces[i];
	return carrier;
}

static struct ports collect_ports(struct plan *p, const char *bridge)
{
	struct ports ports = {.carrier = port_carrier(p->host, bridge)};

	for (uint32_t i = 0; i < p->host->n_interfaces; i++) {
		struct interface *interface = p->host->interfaces[i];

		if (!port_is_on(interface, bridge))
			continue;
		ports.is_boot |= interface->is_primary;
		if (!port_is_bridge(interface) && is_configured(p, interface))
			*mem_push(p->scratch, &ports.items, &ports.n) = interface;
	}
	return ports;
}

/* The installer takes NICs only into a bridge, and leaves their MTU as it is. */
static bool makes_bridge(const struct plan *p, const struct ports *ports)
{
	if (p->release->knows_netplan)
		return true;
	if (!p->release->knows_bridge ||
		mtu_needed(ports->carrier, stands_on_bridge) > MTU_PLAIN)
		return false;
	for (size_t i = 0; i < ports->n; i++) {
		const struct interface *port = ports->items[i];

		assert(port != NULL);
		if (port_is_bond(port) || port->rare->vlan > 0)
			return false;
	}
	return true;
}

/* Of a bridge that is its own port the NIC, where %post makes the bridge. */
static const char *below_vlan(struct plan *p, const struct interface *interface)
{
	struct ports ports = {0};

	if (interface->ifname != NULL && port_is_on(interface, interface->ifname))
		ports = collect_ports(p, interface->ifname);
	return ports.n > 0 && makes_bridge(p, &ports) ? interface->ifname
						      : device_of(p, interface);
}

/* A VLAN needs what is there while the installer runs. */
static bool carries(struct plan *p, struct interface *interface)
{
	if (port_has_loop(interface))
		return false;
	if (!port_is_bridge(interface))
		return is_configured(p, interface);
	struct ports ports = collect_ports(p, interface->ifname);

	return ports.n > 0 && makes_bridge(p, &ports);
}

bool port_is_left_out(struct interface *interface, const struct release *release)
{
	TMP_CTX(tmp);
	struct plan plan = {
		.host = interface->machine, .release = release, .scratch = tmp};

	return !carries(&plan, interface);
}

static void give_bridge(
	struct plan *p, struct link *link, const char *bridge, const struct ports *ports)
{
	link->device = bridge;
	link->is_bridge = true;
	link->is_bare = is_bare(ports->carrier, ports->carrier, ports->is_boot);
	link->is_boot = ports->is_boot;
	link->mtu = mtu_needed(ports->carrier, stands_on_bridge);
	link->ports.items =
		arena_alloc(p->site->arena, (ports->n + 1) * sizeof(const char *));
	for (size_t i = 0; i < ports->n; i++)
		link->ports.items[link->ports.n++] = device_of(p, ports->items[i]);
}

/* For netplan a bridge's ports are devices as others are, but without addresses. */
static void add_bare_ports(struct plan *p, const struct ports *ports)
{
	for (size_t i = 0; p->release->knows_netplan && i < ports->n; i++) {
		struct interface *port = ports->items[i];

		assert(port != NULL);
		if (port->rare->parent != NULL)
			configure(p, port->rare->parent);
		add_plain(p, port, port);
		struct link *link = &p->links[p->n_links - 1];

		link->address4 = link->address6 = NULL;
		link->is_bare = true;
		link->is_boot = false;
	}
}

/* Until %post has made the bridge, its address is the first port's. */
static void leave_to_post(struct plan *p, const char *bridge, const struct ports *ports)
{
	for (size_t i = 0; i < ports->n; i++) {
		struct interface *port = ports->items[i];

		assert(port != NULL);
		if (port->rare->parent != NULL)
			configure(p, port->rare->parent);
		add_plain(p, port, i == 0 ? ports->carrier : port);
		struct link *link = &p->links[p->n_links - 1];

		link->is_boot = i == 0 && ports->is_boot;
		link->is_bare = i > 0 || is_bare(port, ports->carrier, ports->is_boot);
		if (i > 0)
			link->address4 = link->address6 = NULL;
	}
	struct link *made = mem_push(p->scratch, &p->bridges, &p->n_bridges);

	give_bridge(p, made, bridge, ports);
	made->interface = ports->carrier;
}

static void configure_bridge(struct plan *p, const char *bridge)
{
	struct ports ports = collect_ports(p, bridge);

	if (ports.carrier == NULL || !take(p, ports.carrier))
		return;
	for (size_t i = 0; i < ports.n; i++)
		if (ports.items[i] != ports.carrier && !take(p, ports.items[i]))
			return;
	if (ports.n == 0)
		return;
	if (!makes_bridge(p, &ports)) {
		leave_to_post(p, bridge, &ports);
		return;
	}
	add_bare_ports(p, &ports);
	give_bridge(p, add_link(p, ports.carrier), bridge, &ports);
}

static void configure(struct plan *p, struct interface *interface)
{
	const char *bridge = port_bridge(interface);

	if (bridge != NULL) {
		configure_bridge(p, bridge);
		return;
	}
	if (!is_configured(p, interface) || !take(p, interface))
		return;
	if (interface->rare->parent != NULL)
		configure(p, interface->rare->parent);
	add_plain(p, interface, interface);
}

/* The boot interface's router, else the first that a network has. */
static void choose_gateways(struct plan *p)
{
	struct network **gateway4 = NULL, **gateway6 = NULL;

	for (size_t pass = 0; pass < 2; pass++) {
		for (size_t i = 0; i < p->n_links; i++) {
			struct link *link = &p->links[i];

			if (pass == 0 && !link->is_boot)
				continue;
			if (gateway4 == NULL && link->address4 != NULL &&
				ip_is_set(link->address4->network->gateway)) {
				gateway4 = &link->gateway4;
				*gateway4 = link->address4->network;
			}
			if (gateway6 == NULL && link->address6 != NULL &&
				ip_is_set(link->address6->network->gateway)) {
				gateway6 = &link->gateway6;
				*gateway6 = link->address6->network;
			}
		}
	}
}

/* Static routes */

/* What %post finds the file of a link by: MAC, name, or either with a VLAN's number. */
static const char *written_device(struct plan *p, const struct link *link)
{
	for (size_t i = 0; i < p->n_bridges; i++)
		if (p->bridges[i].interface == link->interface)
			return p->bridges[i].device;
	if (link->name != NULL || link->vlan == 0)
		return link->name != NULL     ? link->name
		       : link->device != NULL ? link->device
					      : link->mac;
	return arena_printf(p->site->arena, "%s.%u", link->device, link->vlan);
}

/* The default ones are the gateways'. */
static void add_routes(
	struct plan *p, struct link *link, const struct address *address, size_t *n)
{
	const struct network *network = address == NULL ? NULL : address->network;

	for (uint32_t i = 0; network != NULL && i < network->n_routes; i++) {
		if (network->routes[i].to.length == 0 ||
			(address->ip.family == 6 && !p->release->knows_ipv6))
			continue;
		struct installed_route *route = &p->host->install->routes[(*n)++];

		route->device = link->written;
		route->route = network->routes[i];
		link->n_routes++;
	}
}

static size_t count_routes(const struct address *address)
{
	return address == NULL ? 0 : address->network->n_routes;
}

static void collect_routes(struct plan *p)
{
	struct machine_install *install = machine_write_install(p->site->arena, p->host);
	size_t n = 0;

	for (size_t i = 0; i < p->n_links; i++)
		n += count_routes(p->links[i].address4) +
		     count_routes(p->links[i].address6);
	install->routes =
		arena_alloc(p->site->arena, (n + 1) * sizeof(struct installed_route));
	n = 0;
	for (size_t i = 0; i < p->n_links; i++) {
		struct link *link = &p->links[i];

		if (link->address4 != NULL || link->address6 != NULL)
			link->written = written_device(p, link);
		link->routes = install->routes + n;
		add_routes(p, link, link->address4, &n);
		add_routes(p, link, link->address6, &n);
	}
	install->n_routes = (uint32_t)n;
}

static void keep(struct plan *p)
{
	struct machine_install *install = machine_write_install(p->site->arena, p->host);
	bool has_boot = false;

	for (size_t i = 0; i < p->n_links; i++)
		has_boot |= p->links[i].is_boot;
	if (p->n_links > 0 && !has_boot)
		p->links[0].is_boot = true;
	choose_gateways(p);
	collect_routes(p);
	install->links =
		arena_alloc(p->site->arena, (p->n_links + 1) * sizeof(struct link));
	install->post_bridges =
		arena_alloc(p->site->arena, (p->n_bridges + 1) * sizeof(struct link));
	if (p->n_links > 0)
		memcpy(install->links, p->links, p->n_links * sizeof(struct link));
	if (p->n_bridges > 0)
		memcpy(install->post_bridges, p->bridges,
			p->n_bridges * sizeof(struct link));
	install->n_links = (uint32_t)p->n_links;
	install->n_post_bridges = (uint32_t)p->n_bridges;
}

void ports_plan(struct site *site, struct machine *host, const struct release *release)
{
	TMP_CTX(tmp);
	struct plan plan = {
		.site = site, .host = host, .release = release, .scratch = tmp};

	for (uint32_t i = 0; i < host->n_interfaces; i++)
		configure(&plan, host->interfaces[i]);
	keep(&plan);
}
