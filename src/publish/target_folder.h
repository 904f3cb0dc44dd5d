/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The folder of a target, and where beside it the next version of its files is put together.
 * Files come in order of their paths, so one folder is open at a time.
 */

#include <sys/stat.h>

#include "generation/generation.h"

/*
 * Files that were written and have to be on disk before something relies on them. They
 * stay open and are synced together: the disk starts with the first while the last is
 * being written, and the journal is flushed once instead of each time.
 */

struct unsynced {
	struct unsynced_file {
		int fd;
		char *path; /* for messages */
	} * files;
	size_t n;
};

/* Closes what is left when it is freed. */
struct unsynced *unsynced_new(TALLOC_CTX *mem_ctx) _must_check_;
/* Takes @fd over; lets the disk begin. */
void unsynced_add(struct unsynced *unsynced, int fd, const char *path);
/* Syncs and closes all. */
int unsynced_sync(struct unsynced *unsynced, struct diags *diags) _must_check_;

struct target_folder {
	const struct state *state;
	uint64_t generation; /* that is staged or installed */
	struct diags *diags;
	/* the folder's path with a slash at its end, without --root; NULL: none is open */
	char *folder;
	const struct generation_target *target; /* for-each, or NULL: single files */
	int fd; /* the folder; where that is fresh, the one that it will be made in */
	int scratch_fd; /* where the next versions are; for single files the folder */
	struct stat written; /* of what target_folder_write() wrote last */
	uid_t uid; /* of what we make */
	gid_t gid; /* of what is made in scratch_fd; -1: depends on the mount */
	bool is_changed; /* something was renamed or removed in it */
	bool has_made; /* a folder was made, here or before */
};

/* Closes with its talloc parent. */
struct target_folder *target_folder_new(TALLOC_CTX *mem_ctx, const struct state *state,
	uint64_t generation, struct diags *diags) _must_check_;

/*
 * target_folder_go - open the folder of @path (without --root), unless it is open
 *
 * shape:  @target is that of a for-each file, NULL for a single one. With @to_make what
 *         is missing is made: folders of targets 0755, scratch folders 0700
 * errors: EXIT_IO
 */
int target_folder_go(struct target_folder *place, const char *path,
	const struct generation_target *target, bool to_make) _must_check_;

/* Where the next versions of a for-each target are, and the one folder that is made for
 * them (the same, unless it is staged in another's); without --root. */
char *target_folder_scratch_of(TALLOC_CTX *mem_ctx,
	const struct generation_target *target, uint64_t generation,
	const char **ret_top) _must_check_;

/* Refuses what a rename could not replace, while nothing is committed yet: a folder, a
 * mount point, an immutable file. */
int target_folder_can_replace(struct target_folder *place, const char *path) _must_check_;

/*
 * target_folder_write - the next version of @file, complete: bytes, owner, mode; read back
 *
 * shape:  @label_of names the live file whose SELinux label is kept, or NULL. It is
 *         added to @unsynced, unless that is NULL
 * memory: @back then holds what was read
 * errors: EXIT_IO, also when what is read back is not what was written
 */
int target_folder_write(struct target_folder *place, const struct generation_file *file,
	const void *bytes, const char *label_of, struct unsynced *unsynced,
	struct buffer *back) _must_check_;

/* Renames the next version of @path into place; the folder is synced when it is left. */
int target_folder_install(struct target_folder *place, const char *path) _must_check_;
/* The same for all files below a fresh folder at once; synced when it returns. */
int target_folder_install_fresh(const struct state *state, const char *folder,
	uint64_t generation, struct diags *diags) _must_check_;
/* Removes a file; one that is not there is none. */
int target_folder_remove(struct target_folder *place, const char *path) _must_check_;
/* Syncs the folder if something was renamed or removed in it. */
int target_folder_settle(struct target_folder *place) _must_check_;
