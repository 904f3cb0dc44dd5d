/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The tree of an older generation, to be planned, checked and published as a new one like
 * any other: so it has guards, checkers, a journal and reloads, and can be rolled back.
 */

#include "change/plan.h"

struct rollback_input {
	uint64_t number;
	/* NULL: files of all targets are kept, and stay as they are where nobody changes them */
	const struct settings *settings;
	const struct target
		*targets; /* those of the settings whose templates can be used */
	size_t n_targets;
	const struct serials *serials;
};

/*
 * rollback_tree - what generation @input->number published
 *
 * shape:  @ret gets the tree and its targets: those of @input, in their order, with the paths
 *         that they had then, and those that only the record knows. Files of targets that left
 *         the settings are left out, with a warning; one whose template is gone is put back as the
 *         record knows it, with another. Manifests are printed with the serial that @serials
 *         gives: vcn refuses one that is older than what it has seen
 * memory: below @mem_ctx; what the targets have is borrowed
 * errors: EXIT_USAGE if there is no such generation, EXIT_IO
 */
int rollback_tree(TALLOC_CTX *mem_ctx, const struct state *state,
	const struct rollback_input *input, struct diags *diags,
	struct plan_input *ret) _must_check_;

/* Prints a tree's output with another serial, for struct plan_input. */
struct reserial rollback_reserial(void);
