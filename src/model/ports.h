/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What stands on what on a host: VLANs on NICs, NICs in bonds and bridges; and from it what
 * an installer has to configure, a link for each of its `network` lines.
 *
 *	bond	an interface with several MACs, or with one and a bond's name or options
 *	VLAN	vocParent or vocVLAN says so, or its name (eth0.20; vlan20), or its MAC, which
 *		another interface of the host has too while its network has a vocVLAN
 *	bridge	vocBridge of the interface; on a VM host that of its network too; or its name
 *		(br0), where it has no MAC, or that of its port
 *
 * The port of a BMC is no link, nor is a further address (eth0:1).
 */

#include "model/bond.h"
#include "model/release.h"

/* One device of the installed host. */
struct link {
	/* NIC: its MAC, else its name, NULL where nobody knows it; VLAN: what it stands on */
	const char *device;
	const char *name; /* of a VLAN; NULL: the installer's own name for it */
	const char *written; /* what %post finds its file by; NULL: it has no address */
	struct interface *interface; /* whose addresses and network it has */
	const struct address *address4, *address6;
	struct network *gateway4, *gateway6; /* the default routes, once a host */
	uint32_t vlan, mtu; /* 0: none, not given */
	const char *bond_options;
	const char *mac; /* of a NIC, for netplan; NULL: it is known by its name */
	struct bond_parameter *parameters; /* bond_options, for netplan (bond.h) */
	uint32_t n_parameters;
	struct strings ports; /* of a bond or bridge: MACs, names where there is none */
	struct installed_route *routes; /* of the networks of its addresses */
	uint32_t n_routes;
	bool is_bond, is_bridge;
	bool is_bare; /* it has no address, nor asks for one */
	bool is_boot; /* it has the host's name */
};

/* A bond is made of @interface. */
bool port_is_bond(const struct interface *interface);
/* A bond by its name or options that has no NIC: nothing can be made of it. */
bool port_lacks_nics(const struct interface *interface);
/* What the bond of @interface is called: its own name, but the machine's entry has none. */
const char *port_bond_name(const struct interface *interface);
/* The bridge that @interface is a port of, or is, on the installed host; NULL: none. */
const char *port_bridge(const struct interface *interface);
/* @interface is that bridge, not one of its ports. */
bool port_is_bridge(const struct interface *interface);
/* The port of a bridge whose entry says the port's MAC once more. */
bool port_lends_mac(const struct interface *interface);
/* Made on the host of what else it has: a VLAN on another interface, or a bridge. */
bool port_is_virtual(const struct interface *interface);
/* Is it that bridge, or a port of it? */
bool port_is_on(const struct interface *interface, const char *bridge);
/* The VLAN that its name says (eth0.20, vlan20); 0: none. */
uint32_t port_number(const struct interface *interface);
/* By its name (eth0:1) a further address of another interface. */
bool port_is_alias(const struct interface *interface);
/* By its name a VLAN, but one whose number there is none of (eth0.4095). */
bool port_is_misnumbered(const struct interface *interface);
/* The number that its network or its name says while it has another; 0: none does. */
uint32_t port_other_vlan(const struct interface *interface);
/* A VLAN whose name is longer than Linux lets any be. */
bool port_name_is_long(const struct interface *interface);
/* The interface of the same machine whose NIC or VLAN @interface would take too. */
struct interface *port_nic_owner(const struct interface *interface);

/* The interface with the NIC that @interface boots from: below a VLAN, a port of a bridge. */
struct interface *port_boot_nic(struct interface *interface);

/* Finds parents and VLAN numbers; after addresses are in their networks. Below @arena. */
void ports_find_parents(struct arena *arena, struct machine *machine);
/* Does what @interface stands on, parents and ports of bridges, come back to it? */
bool port_has_loop(const struct interface *interface);

/* What an installer configures: ports_plan.c */

/*
 * For an installer that takes NICs by name only, and ends where one is not there: is the name of
 * @interface that of its bond or bridge? What the host boots from needs none.
 */
bool port_is_unknown(const struct interface *interface, const struct release *release);

/* Whose addresses @bridge has: its own entry's, else those of its first port that has any. */
struct interface *port_carrier(const struct machine *host, const char *bridge);
/* Is there nothing of @interface that a VLAN could stand on while @release installs? */
bool port_is_left_out(struct interface *interface, const struct release *release);

/* Fills links and post_bridges of a host for the installer of @release. */
void ports_plan(struct site *site, struct machine *host, const struct release *release);
