/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What stat(2) said of every file right after it was installed. A file with the same
 * inode, size and times now holds the same bytes, so that a run needs to read only what
 * somebody touched. Hints: a lost, old or unreadable one costs time, nothing else.
 *
 *	installed	one line a file, in the order of the record
 *	outline		single files, and the folders of the others: what a run without
 *			changes looks at
 */

#include <sys/stat.h>

#include "generation/generation.h"

struct stat_hint {
	uint64_t inode; /* 0: unknown */
	uint64_t size;
	uint64_t modified, changed; /* ns */
};

struct stat_hint stat_hint_of(const struct stat *st);
bool stat_hint_equal(const struct stat_hint *a, const struct stat_hint *b);

/* One for each file of @generation; all unknown where there is no hint. */
struct stat_hint *stat_hint_load(TALLOC_CTX *mem_ctx, const struct state *state,
	const struct generation *generation) _must_check_;

/* Writes both files; silently leaves none where that fails. */
void stat_hint_save(const struct state *state, const struct generation *generation,
	const struct stat_hint *installed);

/* Is everything in the outline as it was noted? False also where there is none. */
bool stat_hint_is_untouched(const struct state *state);
