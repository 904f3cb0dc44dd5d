/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A site as a roster: each record as two numbers (what its entry says, and all that outputs
 * say of it) and what it has, so that guards and `diff` see what a change does to nodes.
 */

#include "generation/roster.h"
#include "model/site.h"

/*
 * site_roster - the roster of a derived and rendered site
 *
 * shape:  the effect of a node covers its own values, its networks, the cluster, its image,
 *         its profile with repositories, and the lines that outputs printed for it
 *         (record->printed): of all that is shared what it says, not what it is called. DNs
 *         count nowhere: moving an entry changes nothing. What is as in @before, if that is
 *         not NULL, is that one
 * memory: below @mem_ctx; names and DNs are borrowed from @site, and all that did not change
 *         from @before
 */
void site_roster(TALLOC_CTX *mem_ctx, const struct site *site,
	const struct roster *before, struct roster *ret_roster);

/* How each machine of a linked site stands to the last generation, for lint's conflicts. */
void site_roster_stand(struct site *site, const struct roster *before);
