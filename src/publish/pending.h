/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What services have still to be told: one note a target, in the state's folder pending/.
 * A note is written before the first file is renamed and goes when the service confirmed
 * (services.h), so that neither a crash nor a failure loses a reload.
 */

#include "generation/state.h"

struct pending {
	const char *target;
	struct action action; /* never ACTION_NONE */
	uint64_t generation; /* that wants it */
	uint64_t since; /* Unix time of the first note */
	uint64_t attempts;
	bool was_active; /* the unit ran before the first attempt */
	const char *failure; /* what went wrong last time; NULL: not tried yet */
};

/*
 * pending_note - remember that @target's action has to be done
 *
 * shape:  an older note of the same target keeps its time, the stronger action wins
 *         (restart, then reload); durable when it returns
 * errors: EXIT_IO
 */
int pending_note(const struct state *state, const char *target,
	const struct action *action, uint64_t generation, uint64_t now,
	struct diags *diags) _must_check_;

/* Are they the same words, and for the same? */
bool pending_is_same(const struct action *a, const struct action *b);

/*
 * pending_renew - @action is what @target's is by the settings of now: it is tried from here on
 *
 * shape:  1 where a note has another action now; a restart that is pending is not made a reload;
 *         ACTION_NONE: nobody is to be told any more, and the note goes
 * errors: EXIT_IO
 */
int pending_renew(const struct state *state, const char *target,
	const struct action *action, struct diags *diags) _must_check_;

/* All notes, sorted by target. */
int pending_load(TALLOC_CTX *mem_ctx, const struct state *state, struct diags *diags,
	struct pending **ret_pending, size_t *ret_n) _must_check_;

/* After an attempt: write the note anew, or remove it. */
int pending_save(const struct state *state, const struct pending *pending,
	struct diags *diags) _must_check_;
int pending_remove(
	const struct state *state, const char *target, struct diags *diags) _must_check_;
