/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The first half of a plan: the current generation, and how the live files stand to it.
 * plan.h has what the outside calls; this is what plan.c and publish.c read of it.
 */

#include "change/plan.h"
#include "generation/stat_hint.h"

struct live_set {
	const struct state *state;
	struct generation *before; /* NULL: there is none yet */
	enum live *live; /* of each of its files */
	struct stat_hint *installed; /* as it is now; inode 0: not a good copy */
	struct roster roster;
	bool has_read; /* a hint was missing or wrong: worth noting anew */
	uint64_t now;
	uint8_t print_key[UMAC_KEY_BYTES]; /* of the prints of outputs: output.h */
	uint64_t serial_time; /* what new serials are made of: plan_serial_time() */
	size_t next; /* of its files, where the next one is that is asked for, if all are */
};

/* Is there anything at @path? By way of a folder that is kept open from call to call. */
struct folder_cursor {
	char *folder; /* with its slash, without --root */
	int fd; /* -1: it does not exist */
};
struct folder_cursor *folder_cursor_new(TALLOC_CTX *mem_ctx) _must_check_;

/*
 * folder_cursor_stat - lstat(2) of @path
 *
 * returns: 0, -ENOENT when the file or its folder does not exist, or another -errno
 */
int folder_cursor_stat(struct folder_cursor *cursor, const struct state *state,
	const char *path, struct stat *ret_st) _must_check_;
