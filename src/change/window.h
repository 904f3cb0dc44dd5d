/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The window of 24 hours: what the site was a day ago, so that a slow bleed, each run below
 * its limit, adds up. Net: what went and came again did not go.
 *
 * The folder `window` of the state has a roster for each hour in which something was
 * published, by the time of its generation, and each that stood for longer; the newest that is older
 * than a day is what is compared with. What a person accepted or rolled back to begins it anew.
 */

#include "generation/generation.h"
#include "generation/roster.h"

/*
 * window_baseline - the roster of a day ago
 *
 * shape:  with no memory that long, the oldest there is; @current, which was published at @created,
 *         where that is a day ago, or there is none at all
 * memory: below @mem_ctx
 * errors: EXIT_IO for a damaged one
 */
int window_baseline(TALLOC_CTX *mem_ctx, const struct state *state, uint64_t now,
	const struct roster *current, uint64_t created, struct diags *diags,
	struct roster *ret_roster) _must_check_;

typedef void (*window_sink)(void *data, const struct roster *roster);

/*
 * window_each - each roster that was noted and stood in the day before @now
 *
 * memory: none: a roster is there until @sink returns
 * errors: none: what cannot be read is passed over
 */
void window_each(const struct state *state, uint64_t now, window_sink sink, void *data);

/*
 * window_note - the current generation was published, in the place of @before (NULL: none)
 *
 * shape:  also by recovery, with NULL for @current, both are then looked up: the same generation
 *         twice is the same. What cannot be noted is the warning `window`
 */
void window_note(const struct state *state, const struct generation *before,
	const struct generation *current, struct diags *diags);
