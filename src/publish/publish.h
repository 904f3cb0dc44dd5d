/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A plan onto the disk, whole or not at all (ldapcc-publishing(7)).
 *
 *	stage	 generation written; every new file complete beside its target, under a
 *		 name no conf.d reader takes; read back and verified; synced
 *	(checkers run on what is staged: checker.h)
 *	commit	 pending reloads noted, then `txn`: from here on only forward
 *	install	 renames, deletions last; then `current`
 *	recover	 the next run finishes what `txn` names, without the directory
 *
 * A killed run leaves each file old or new, never torn; recovery makes the set whole.
 */

#include "change/plan.h"
#include "generation/scratch.h"

struct staged_file {
	const struct plan_file *file;
	struct generation_file *record; /* of the new generation */
	size_t place; /* of its target in the settings */
};

struct staged {
	const struct plan *plan;
	struct state *state;
	struct generation *generation;
	struct staged_file
		*files; /* new and changed ones, in the order of installation */
	size_t n_files;
	struct stat_hint *installed; /* stat(2) of each file of the generation */
	struct scratch_list scratch;
	struct unsynced *unsynced, *unsynced_files; /* in the state, and beside targets */
	bool has_folder; /* the generation's, made by this run */
	bool is_committed;
};

/*
 * publish_recover - after a killed run: finish what it had committed, remove what not
 *
 * shape:  needs nothing but the state; nothing to do is the usual case. *ret_number is
 *         the generation that was finished, 0: none
 * errors: EXIT_IO
 */
int publish_recover(
	struct state *state, struct diags *diags, uint64_t *ret_number) _must_check_;

/*
 * publish_stage - write generation and new files, read them back, sync
 *
 * shape:  @reason is for `history` ("apply", "rollback to 40"); @plan must outlive the
 *         result
 * errors: EXIT_IO; EXIT_REJECTED when our own read-back finds a fault. Nothing is left
 *         behind then.
 */
int publish_stage(TALLOC_CTX *mem_ctx, struct state *state, const struct plan *plan,
	const char *reason, struct diags *diags, struct staged **ret_staged) _must_check_;

/* Gives up what is staged. With @output (a checker's) it is kept below rejected/. */
void publish_discard(struct staged *staged, const char *output);

/*
 * publish_commit - install what is staged
 *
 * shape:  with @note_reloads the on-change actions of every target that changes are noted
 *         first (services_run() then does them). Old generations are removed at the end.
 * errors: EXIT_IO: the next run rolls forward
 */
int publish_commit(
	struct staged *staged, bool note_reloads, struct diags *diags) _must_check_;

/* A run that changes nothing: refresh the hints if they had to be done without. */
void publish_nothing(const struct plan *plan);

/* EXIT_REFUSED while `rollback` pins the state; the message says how to unpin, by @command. */
int publish_check_pin(
	const struct state *state, const char *command, struct diags *diags) _must_check_;
