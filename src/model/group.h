/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Groups: entries of the directory (nisNetgroup, groupOfNames, groupOfUniqueNames), and those
 * that follow from what nodes have in common: network, profile, image, virtual organization,
 * location, physical host.
 */

#include "model/site.h"

/*
 * group_link - the members of the groups of the directory, those of their groups included
 *
 * shape:  after names are given out, and lint_names() has said whose they are. A group without a
 *         node, and without a member that is not there, is none of ours: people have groups, too. Members that are not there,
 *         and groups that contain themselves, are kept for lint
 */
void group_link(struct site *site);

/*
 * group_derive - all groups, of the nodes that are left, and the groups of each node
 *
 * shape:  a name is there once: what follows from others yields to an entry
 */
void group_derive(struct site *site);

/* Leaves of the site what site->select names; nothing to do without it. */
void group_select(struct site *site);
