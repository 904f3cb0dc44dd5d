/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The tree of an older generation, to be planned, checked and published as a new one like
 * any other: so it has guards, checkers, a journal and reloads, and can be rolled back.
 */

#include "change/plan.h"

struct rollback_input {
	uint64_t number;
	const struct settings *settings; /* NULL: files of all targets are kept */
	const struct target
		*targets; /* those of the settings whose templates can be used */
	size_t n_targets;
	const struct serials *serials;
};

/*
 * rollback_tree - what generation @input->number published
 *
 * shape:  files of targets that left the settings are left out, with a warning; one whose
 *         template is gone is put back as the record knows it, with another. Manifests are
 *         printed with the serial that @serials gives: vcn refuses one that is older than
 *         what it has seen
 * memory: below @mem_ctx; targets are borrowed
 * errors: EXIT_USAGE if there is no such generation, EXIT_IO
 */
int rollback_tree(TALLOC_CTX *mem_ctx, const struct state *state,
	const struct rollback_input *input, struct diags *diags,
	struct tree **ret_tree) _must_check_;

/* Prints a tree's output with another serial, for struct plan_input. */
struct reserial rollback_reserial(void);
