/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A guest's network interfaces on the host: a TAP for each, as a port of its bridge.
 *
 * The TAP is not persistent: it vanishes with the last descriptor, so with QEMU, however
 * that ends. Its name is a hash, because kernel names end after 15 characters and host
 * names do not; the FQDN stands in the interface's alias. The bridge port is pinned to
 * the manifest's MAC: a forwarding entry that is static and sticky, no learning, no
 * flooding of unknown unicast, and, from Linux 5.16 on, frames with another source address
 * are dropped; an ingress chain drops what no guest may send (ingress.h), where the host has
 * nftables. All of it is read back; a port that is not what it should be starts no
 * guest, and one that changes later is mended. The bridge itself is never changed: the TAP
 * has its MTU, and the guest is told it.
 */

#include <net/if.h>

#include "vcn/common/launch_settings.h"
#include "vcn/common/manifest.h"
#include "vcn/guest/ingress.h"

struct bridge;

enum { QUEUES_MAX = 8 };

struct network_port {
	char name[IFNAMSIZ];
	int tap_fd; /* -1: none; the TAP lives until QEMU and we have closed it */
	/* With vhost a guest with several processors has as many queues, each with a thread of
	 * the kernel's; the first queue's TAP is tap_fd. Without vhost they would share
	 * QEMU's one thread, and there is one. */
	unsigned queues; /* 0: one, without vhost */
	int more_tap_fds[QUEUES_MAX - 1], vhost_fds[QUEUES_MAX];
	bool is_locked; /* foreign source addresses are dropped */
	unsigned mtu; /* what the guest is told; 0: nothing */
	struct ingress ingress; /* what it may send */
	const char *unchecked; /* why that is not held against it; NULL: it is */
};

/*
 * network_bridge_fault - why no guest of @vlan_id (0: of none) can be on this bridge, or NULL
 *
 * shape:  one that is down carries nothing, neither the guest's frames nor the question who
 *         still has its addresses
 * memory: below @mem_ctx
 */
char *network_bridge_fault(TALLOC_CTX *mem_ctx, const struct bridge *bridge,
	const char *name, unsigned vlan_id) _must_check_;

/*
 * network_open - TAPs for all interfaces of @guest, in their bridges and up
 *
 * shape:  guest->n_interfaces ports; none where the settings say `network: user`;
 *         @has_run_here: a static entry of a MAC at another port is what an earlier run
 *         left, and is removed; else somebody else has put it there, who is not disturbed
 * memory: below @mem_ctx; the descriptors are closed with it
 * errors: EXIT_IO: no such bridge, no privilege, or a port that reads back differently;
 *         EXIT_BUSY: the VCN still answers elsewhere
 */
int network_open(TALLOC_CTX *mem_ctx, const struct launch_settings *settings,
	const struct guest *guest, bool has_run_here, struct diags *diags,
	struct network_port **ret_ports) _must_check_;
/* QEMU has its own descriptors: only the TAPs' are needed further on. */
void network_handed_over(struct network_port *ports);
/*
 * network_keep - are the ports still what network_open() has made of them?
 *
 * shape:   what differs is mended, a port of a bridge that was made anew included
 * memory:  the sentence below @mem_ctx
 * returns: NULL, or why the guest is not on its network as it should be
 */
const char *network_keep(TALLOC_CTX *mem_ctx, const struct launch_settings *settings,
	const struct guest *guest, struct network_port *ports) _must_check_;
