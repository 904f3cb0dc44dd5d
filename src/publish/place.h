/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A place: the folder of a target, and where beside it the next version of its files is
 * put together. Files come in order of their paths, so one place is open at a time.
 */

#include <sys/stat.h>

#include "generation/generation.h"
#include "generation/unsynced.h"

struct place {
	const struct state *state;
	uint64_t generation; /* that is staged or installed */
	struct diags *diags;
	/* the folder's path with a slash at its end, without --root; NULL: none is open */
	char *folder;
	const struct generation_target *target; /* for-each, or NULL: single files */
	int fd; /* the folder; where that is fresh, the one that it will be made in */
	int scratch_fd; /* where the next versions are; for single files the folder */
	struct stat written; /* of what place_write() wrote last */
	uid_t uid; /* of what we make */
	gid_t gid; /* of what is made in scratch_fd; -1: depends on the mount */
	bool is_changed; /* something was renamed or removed in it */
	bool has_made; /* a folder was made, here or before */
};

/* Closes with its talloc parent. */
struct place *place_new(TALLOC_CTX *mem_ctx, const struct state *state,
	uint64_t generation, struct diags *diags) _must_check_;

/*
 * place_go - open the folder of @path (without --root), unless it is open
 *
 * shape:  @target is that of a for-each file, NULL for a single one. With @to_make what
 *         is missing is made: folders of targets 0755, scratch folders 0700
 * errors: EXIT_IO
 */
int place_go(struct place *place, const char *path,
	const struct generation_target *target, bool to_make) _must_check_;

/* Where the next versions of a for-each target are, and the one folder that is made for
 * them (the same, unless it is staged in another's); without --root. */
char *place_scratch_of(TALLOC_CTX *mem_ctx, const struct generation_target *target,
	uint64_t generation, const char **ret_top) _must_check_;

/* The name in scratch_fd of the next version of @path. */
const char *place_scratch_name(
	TALLOC_CTX *mem_ctx, const struct place *place, const char *path) _must_check_;

/* Refuses what a rename could not replace, while nothing is committed yet: a folder, a
 * mount point, an immutable file. */
int place_can_replace(struct place *place, const char *path) _must_check_;

/*
 * place_write - the next version of @file, complete: bytes, owner, mode; read back
 *
 * shape:  @label_of names the live file whose SELinux label is kept, or NULL. It is
 *         added to @unsynced, unless that is NULL
 * memory: @back then holds what was read
 * errors: EXIT_IO, also when what is read back is not what was written
 */
int place_write(struct place *place, const struct generation_file *file,
	const void *bytes, const char *label_of, struct unsynced *unsynced,
	struct buffer *back) _must_check_;

/* Renames the next version of @path into place; the folder is synced when it is left. */
int place_install(struct place *place, const char *path) _must_check_;
/* The same for all files below a fresh folder at once; synced when it returns. */
int place_install_fresh(const struct state *state, const char *folder,
	uint64_t generation, struct diags *diags) _must_check_;
/* Removes a file; one that is not there is none. */
int place_remove(struct place *place, const char *path) _must_check_;
/* Syncs the folder if something was renamed or removed in it. */
int place_settle(struct place *place) _must_check_;
