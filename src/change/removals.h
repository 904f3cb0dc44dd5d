/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * How many nodes went within the last day: `removals` in the state folder, one line a
 * publication that took some away. A slow bleed, each run below its limit, adds up here.
 */

#include "change/plan.h"

/* Nodes removed within 24 hours of @now, and the most there were before any of it. */
int removals_sum(const struct state *state, uint64_t now, struct diags *diags,
	size_t *ret_removed, size_t *ret_existing) _must_check_;
/* After a publication; older lines are dropped. A removal that cannot be noted is a
 * warning. */
void removals_note(const struct plan *plan, struct diags *diags);
