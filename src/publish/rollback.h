/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The tree of an older generation, to be planned, checked and published as a new one like
 * any other: so it has guards, checkers, a journal and reloads, and can be rolled back.
 */

#include "change/plan.h"

/*
 * rollback_tree - what generation @number published
 *
 * shape:  files of targets that are no longer in @targets are left out, with a warning.
 *         Manifests are printed with the serial that @serials gives: vcn refuses one that
 *         is older than what it has seen
 * memory: below @mem_ctx; @targets is borrowed
 * errors: EXIT_USAGE if there is no such generation, EXIT_IO
 */
int rollback_tree(TALLOC_CTX *mem_ctx, const struct state *state, uint64_t number,
	const struct target *targets, size_t n_targets, const struct serials *serials,
	struct diags *diags, struct tree **ret_tree) _must_check_;

/* Prints a tree's output with another serial, for struct plan_input. */
struct reserial rollback_reserial(void);
