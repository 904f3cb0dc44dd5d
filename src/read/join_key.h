/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What of an entry a join compares: those that have one key are for each other. Keys are equal
 * without regard to case.
 */

#include "config/map.h"
#include "read/entries.h"

/* Bytes that last as long as the joiner, any case. */
struct compared {
	const char *bytes;
	size_t len;
};

struct keys {
	const struct compared *items;
	size_t n;
};

/* Makes keys of @entries; those that do not stand in them are in @arena. */
struct join_keys;
struct join_keys *join_keys_new(TALLOC_CTX *mem_ctx, const struct map *map,
	struct entries *entries, struct arena *arena) _must_check_;

/*
 * join_keys_of - the keys of the entry with that index, as one that gives in @join or takes
 *
 * shape:   of MATCH_ABOVE in the order of their distance
 * memory:  the list until the next call
 */
struct keys join_keys_of(struct join_keys *k, size_t entry, const struct join *join,
	bool is_giver) _must_check_;
