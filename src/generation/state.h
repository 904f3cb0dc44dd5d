/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The state folder (/var/lib/ldapcc): what a run leaves for the next one.
 *
 *	lock			held for the whole of a run that may change something
 *	staging			the temporary files of the run at work, for recovery
 *	txn			the generation that is being installed, only meanwhile
 *	current, previous	links into generations/
 *	generations/000042/	record, roster, content (generation.h)
 *	rejected/000043/	the same of a generation that a checker refused, and why
 *	pending/TARGET		reloads that are not confirmed yet (services.h)
 *	pinned			the generation that `rollback` went back to
 *	installed		stat(2) of what was installed, so that a run reads only what
 *				somebody touched (stat_hint.h)
 *
 * Everything that counts is written by replacement and synced before the next step relies
 * on it; `installed` is only a hint. All of them have one form (state_file.h).
 */

#include "base/diag.h"
#include "config/settings.h"

struct state {
	const char *root; /* --root without a slash at its end; "" for none */
	const char *path; /* of the folder, root included */
	int dirfd; /* -1: there is no state yet (opened for reading) */
	int lockfd; /* -1: opened for reading */
	unsigned keep;
	uint64_t current; /* last generation that was installed whole; 0: none */
	uint64_t previous;
	uint64_t unfinished; /* generation that a killed run was installing; 0: none */
	bool is_at_work; /* another run holds the lock; only when opened for reading */
	bool was_killed; /* the last run, without a word; only when opened for reading */
	/* exit status of a run that could not write last-run, and when it ended; 0: there is none.
	 * Whoever writes sets it for itself; who reads has that of the last run */
	int lost_exit;
	int64_t lost_time;
	uint64_t pinned; /* what `rollback` went back to; 0: not pinned */
};

/*
 * state_open - open the state folder below @root (NULL: none)
 *
 * shape:  with @to_write the folder is made (0700) and locked; without, nothing is created
 *         and a state that does not exist is an empty one
 * memory: the folder and the lock are closed when *ret_state is freed
 * errors: EXIT_BUSY, EXIT_IO
 */
int state_open(TALLOC_CTX *mem_ctx, const struct settings *settings, const char *root,
	bool to_write, struct diags *diags, struct state **ret_state) _must_check_;

/* Where @path is on this machine: --root in front of it. */
char *state_path(
	TALLOC_CTX *mem_ctx, const struct state *state, const char *path) _must_check_;
/* A file of the state folder, for messages; lives as long as @diags. */
struct loc state_loc(const struct state *state, const char *name, struct diags *diags);

/*
 * Bytes of the state folder, by name; state_file.h has their form. Loading one that is not
 * there gives NULL; what is no regular file is a failure. Saving replaces it and syncs.
 */
int state_load(TALLOC_CTX *mem_ctx, const struct state *state, const char *name,
	struct diags *diags, char **ret_bytes, size_t *ret_len) _must_check_;
/* The same without a copy: the pages are the file's, and no NUL is behind them. */
int state_map(TALLOC_CTX *mem_ctx, const struct state *state, const char *name,
	struct diags *diags, const char **ret_bytes, size_t *ret_len) _must_check_;
int state_save(const struct state *state, const char *name, const void *bytes, size_t len,
	struct diags *diags) _must_check_;
/* A file that holds one number, in the form of state_file.h. */
int state_save_number(const struct state *state, const char *name, uint64_t number,
	struct diags *diags) _must_check_;
/* Removes it where it does no harm if a power cut brings the file back. */
int state_drop(
	const struct state *state, const char *name, struct diags *diags) _must_check_;
/* A folder below the state's, where it is not there. */
int state_make_folder(
	const struct state *state, const char *name, struct diags *diags) _must_check_;

/* The next generation number: larger than any that has a folder, rejected ones included. */
int state_next(const struct state *state, struct diags *diags,
	uint64_t *ret_number) _must_check_;
/* `generations/000042`, for the *at() calls below dirfd. */
char *state_generation(TALLOC_CTX *mem_ctx, uint64_t number) _must_check_;
/* The numbers that have a folder below @parent (`generations`), sorted. */
int state_numbers(TALLOC_CTX *mem_ctx, const struct state *state, const char *parent,
	struct diags *diags, uint64_t **ret_numbers, size_t *ret_n) _must_check_;
/* Makes @number the current generation, and what was current the previous one. */
int state_advance(struct state *state, uint64_t number, struct diags *diags) _must_check_;

/* Pins to @number, or unpins with 0. */
int state_pin(struct state *state, uint64_t number, struct diags *diags) _must_check_;
