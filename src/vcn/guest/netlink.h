/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The kernel's network links over rtnetlink: what is asked of TAPs and bridge ports.
 *
 * Every function is one request and its answer, and returns 0 or -errno. No caller sees a
 * netlink message.
 *
 * source: rtnetlink(7), Linux include/uapi/linux/if_link.h, if_bridge.h
 */

#include "base/net.h"

struct links;

struct links *links_open(TALLOC_CTX *mem_ctx, int *ret_error) _must_check_;

struct bridge {
	int index;
	unsigned mtu;
	struct mac address;
	bool is_bridge, is_up, filters_vlans;
	unsigned default_vlan; /* what a new port is in; 0: none */
};

/* What a bridge port is now. */
struct port_state {
	int bridge_index; /* 0: in none */
	unsigned mtu;
	bool is_up;
	bool learns, floods, is_locked, is_isolated;
	bool knows_locked; /* the kernel has the attribute */
};

int link_find_bridge(
	struct links *links, const char *name, struct bridge *ret) _must_check_;
int link_read_port(struct links *links, int index, struct port_state *ret) _must_check_;

/* Address, MTU and alias, before it joins a bridge. */
int link_prepare(struct links *links, int index, struct mac address, unsigned mtu,
	const char *alias) _must_check_;
/* No IPv6 address of its own. */
int link_silence(struct links *links, int index) _must_check_;
int link_join(struct links *links, int index, int bridge_index) _must_check_;
/* No learning; unknown unicast or none; isolated ports do not see each other. */
int link_set_port(
	struct links *links, int index, bool floods, bool is_isolated) _must_check_;
/* Drops frames whose source address has no entry at this port (Linux 5.16). */
int link_lock_port(struct links *links, int index) _must_check_;
int link_up(struct links *links, int index) _must_check_;

/* The port's only VLAN, untagged towards the guest; @old is taken out (0: none). */
int link_set_vlan(
	struct links *links, int index, unsigned vlan_id, unsigned old) _must_check_;
/* Is the port in exactly this VLAN, and is that its own? */
int link_has_vlan(
	struct links *links, int index, unsigned vlan_id, bool *ret) _must_check_;

/* A forwarding entry of a bridge. */
struct address_entry {
	int index; /* the port; 0: the bridge has none */
	bool is_static; /* put there by hand */
	bool is_local; /* a port's or the bridge's own address */
	bool is_sticky; /* stays at its port whatever that or another one shows */
	unsigned age_s; /* since the bridge saw it as a source; 0 where it is static */
};

/*
 * link_add_address - the MAC belongs to port @index, and stays there
 *
 * source: NTF_STICKY, Linux 4.20: without it a static entry moves to whichever port shows
 *         the address (measured); an older kernel passes over the flag
 */
int link_add_address(
	struct links *links, int index, struct mac mac, unsigned vlan_id) _must_check_;
int link_remove_address(
	struct links *links, int index, struct mac mac, unsigned vlan_id) _must_check_;
/* Where the bridge of port @index has this MAC. */
int link_find_address(struct links *links, int index, struct mac mac, unsigned vlan_id,
	struct address_entry *ret) _must_check_;
