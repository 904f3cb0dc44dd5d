/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Leaves of the tree that a scheduler places jobs in: a physical host is the switch of what
 * takes jobs on it, because its VCNs reach each other over its bridge.
 */

#include "model/site.h"

struct leaf {
	const char *name; /* the host's, or LEAF_NO_HOST */
	struct nodes_word nodeset;
	struct machine *host; /* NULL: of VCNs that are on none */
	struct machine **nodes; /* by name; never none */
	uint32_t n_nodes;
};

/* No host's name: it begins with none of their characters. */
#define LEAF_NO_HOST "_no-host"

/*
 * leaves_derive - site->leaves, by name: of hosts and VCNs that are enabled and whose CPUs
 * are known, as the list of nodes has them
 */
void leaves_derive(struct site *site);
