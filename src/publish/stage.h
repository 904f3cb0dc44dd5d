/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The first half of publishing, which can still be given up: the record of the new
 * generation, its folder, and the next version of every file beside its target.
 * publish.h has what the outside calls.
 */

#include "publish/publish.h"
#include "publish/target_folder.h"

/* The target of a for-each file, NULL for a single one: what target_folder_go() wants. */
const struct generation_target *stage_target_of(
	const struct generation *generation, const struct generation_file *file);

/* What stood in @path, kept below generation @number for a person; EXIT_IO. */
int stage_keep(const struct state *state, uint64_t number, const char *path,
	const char *bytes, size_t len, struct diags *diags) _must_check_;
/* The new generation's record, in memory; what @plan changes is marked is_installed. */
int stage_record(
	struct staged *staged, const char *reason, struct diags *diags) _must_check_;
/*
 * stage_all - its folder in the state (content, record, roster, entries, what gets lost), and the next
 * versions, read back
 *
 * errors: EXIT_IO; EXIT_REJECTED for a file that is malformed
 */
int stage_all(struct staged *staged, struct diags *diags) _must_check_;
