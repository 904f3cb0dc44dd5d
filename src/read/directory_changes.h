/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The incremental read: what changed since an earlier one, and the containers that both kinds
 * of read have to know. Only the files directory*.c know it.
 */

#include "read/directory.h"
#include "read/directory_session.h"

struct search;

struct changes {
	struct session *session;
	const struct map *map;
	struct search *search; /* its sink is changes_take, with this */
	entry_sink sink; /* of the run */
	void *sink_data;
	struct snapshot *snapshot;
	const struct string_list *since;
	bool is_bad; /* what came does not fit together */
	size_t n_entries;
};

/* An entry_sink: what was read again. */
void changes_take(void *changes, const struct entry *entry);

/*
 * changes_read - one increment
 *
 * shape:  1, with *ret_why, where everything must be read; 0; or -1, a fault of the session.
 *         Entries go to the sink; those that stay are told by the snapshot. *ret_above are the
 *         containers that were unknown
 * memory: *ret_above below @mem_ctx, *ret_why below the session
 */
int changes_read(TALLOC_CTX *mem_ctx, struct changes *changes, struct entries **ret_above,
	const char **ret_why) _must_check_;

/* How many entries there are, with those that stay. */
size_t changes_count(const struct changes *changes);

/*
 * above_read - the containers above what came, which are no entries of ours
 *
 * shape:  *ret_above is NULL where one cannot be seen, or they are too many: then nobody can
 *         tell what moves with them
 * memory: below @mem_ctx
 */
int above_read(TALLOC_CTX *mem_ctx, struct session *s, struct places *places, size_t max,
	struct entries **ret_above) _must_check_;
