/* SPDX-License-Identifier: Apache-2.0 */
#include "model/lint_node.h"
#include "model/lint_rules.h"

#include <string.h>

#include "model/ports.h"

/*
 * What is below carries no larger packets than its own MTU: a VLAN on a NIC, a bond or a bridge, and a
 * guest on a bridge. Where the directory says nothing of what is below, the installer gives it what is
 * needed.
 */

static const struct network *larger(const struct network *a, const struct network *b)
{
	if (b == NULL || b->mtu == 0)
		return a;
	return a == NULL || b->mtu > a->mtu ? b : a;
}

/* Of a bridge of @host the network with the largest MTU that one has; NULL: none has any. */
static const struct network *network_of_bridge(
	const struct machine *host, const char *bridge)
{
	const struct network *found = NULL;

	for (uint32_t i = 0; bridge != NULL && i < host->n_interfaces; i++)
		if (port_is_on(host->interfaces[i], bridge))
			found = larger(found, host->interfaces[i]->network);
	return found;
}

/* That of what the VLAN stands on, of the nearest that has one. */
static const struct network *network_below(const struct interface *vlan)
{
	const struct network *found = NULL;

	for (const struct interface *at = vlan->rare->parent; at != NULL && found == NULL;
		at = at->rare->parent)
		found = larger(larger(NULL, at->network),
			network_of_bridge(at->machine, port_bridge(at)));
	return found;
}

static void note_both(struct reporter *r, struct finding *finding,
	const struct network *below, const struct network *above)
{
	lint_note(r, finding, &below->record, FIELD_MTU, "the MTU below");
	lint_note(r, finding, &above->record, FIELD_MTU, "the MTU above");
}

static void check_vlan(struct reporter *r, struct interface *interface)
{
	const struct network *above = interface->network;

	if (above == NULL || above->mtu == 0 || interface->rare->parent == NULL ||
		port_has_loop(interface))
		return;
	const struct network *below = network_below(interface);

	if (below == NULL || below->mtu >= above->mtu)
		return;
	note_both(r,
		check_report(r, CHECK_SMALL_MTU, &interface->record, FIELD_NAME,
			"'%s' has the MTU %u and stands on '%s', whose network has %u",
			interface->ifname, above->mtu, interface->rare->parent->ifname,
			below->mtu),
		below, above);
}

static void check_guest(struct reporter *r, struct interface *interface)
{
	const struct machine *host = interface->machine->host;
	const struct network *above = interface->network;

	/* most networks have none */
	if (above == NULL || above->mtu == 0)
		return;
	const struct network *below = network_of_bridge(host, above->bridge);

	if (below == NULL || below->mtu >= above->mtu)
		return;
	note_both(r,
		check_report(r, CHECK_SMALL_MTU, &interface->record, FIELD_NAME,
			"has the MTU %u, and its host '%s' has %u at bridge '%s': it is not "
			"started",
			above->mtu, host->name, below->mtu, above->bridge),
		below, above);
}

void lint_mtu(struct reporter *r, struct machine *machine)
{
	for (uint32_t i = 0; i < machine->n_interfaces; i++)
		if (!machine->is_vcn)
			check_vlan(r, machine->interfaces[i]);
		else if (machine->host != NULL)
			check_guest(r, machine->interfaces[i]);
}
