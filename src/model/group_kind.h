/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Groups as programs around a cluster take them: by what their nodes have in common, and by
 * names that their formats have room for.
 */

#include "model/site.h"

/* Groups of one kind, as ClusterShell has sources of groups. */
struct group_kind {
	const char *name; /* the groups' `common` */
	struct node_group **groups; /* by name */
	uint32_t n_groups;
};

/*
 * group_kinds_derive - site->group_kinds, and the word and the variable of each group
 *
 * shape:  after group_derive(). Of two groups that would have one word within their kind, or
 *         one variable in the site, the first by name has it, and the other none
 */
void group_kinds_derive(struct site *site);
