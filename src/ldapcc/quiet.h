/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Quiet: of what a run found, what is to be printed now. A finding or a refusal is printed
 * when it appears, when it changes, once a day while it lasts, and when it is gone.
 */

#include "change/plan.h"
#include "ldapcc/last_run.h"

/* How far a run came. */
struct run_reach {
	bool has_read; /* the directory, completely: its findings are all there are */
	const struct plan *plan; /* whose changed files the checkers looked at, or NULL */
};

/*
 * quiet_compare - keep what is to be said
 *
 * shape:  what is known and was printed within a day is dropped from @diags unless
 *         @keep_all; what is gone becomes a note; both say how long it lasted. @now takes
 *         what holds now: what this run did not look at still does. What tells of an event,
 *         such as a file that was edited by hand, is always kept.
 */
void quiet_compare(TALLOC_CTX *mem_ctx, const struct last_run *last, struct diags *diags,
	bool keep_all, struct run_reach reach, struct last_run *now);
