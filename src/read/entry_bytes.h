/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * One entry as bytes: how entries are kept (entries.h), joined (join.h) and stored. It can stand
 * at any place in memory, and is taken apart without a copy of any value.
 *
 * shape: its length and roles, its line, its DN, its source, then each attribute: name, number of
 *        values, and each value with length and line. What a join brought has a byte 1 before
 *        its name, and behind it the DN and class of the entry that it is from, and the distance.
 *        Texts have a NUL behind them, which is not counted; "" stands for NULL. Numbers are in
 *        the byte order of the machine.
 */

#include "read/entry.h"

/* The first number of an entry: its length, and its roles in the highest bits. */
enum { ENTRY_ROLE_SHIFT = 28, ENTRY_SHORTEST = 3 * sizeof(uint32_t) };

static inline uint32_t entry_bytes_first(const char *bytes)
{
	uint32_t first;

	__builtin_memcpy(&first, bytes, sizeof(first));
	return first;
}

/* The length, itself included. */
static inline uint32_t entry_bytes_length(const char *bytes)
{
	return entry_bytes_first(bytes) & ((UINT32_C(1) << ENTRY_ROLE_SHIFT) - 1);
}

static inline unsigned entry_bytes_roles(const char *bytes)
{
	return entry_bytes_first(bytes) >> ENTRY_ROLE_SHIFT;
}

/* As the server gave it. */
const char *entry_bytes_dn(const char *bytes);

/* The bytes of @entry, in one piece. */
char *entry_bytes_new(
	struct arena *arena, const struct entry *entry, unsigned roles) _must_check_;

/* What an entry gives to another: all but its classes. */
struct entry_gift {
	const char *bytes; /* of who gives; nobody gave to it */
	const char *key; /* its canonical DN; NULL: nobody has made it yet */
	const char *of; /* the class by which */
	unsigned distance; /* as that of an attribute (entry.h) */
};

/*
 * entry_bytes_join - the entry of @bytes with what was given to it behind its own
 *
 * memory: what the bytes are of must outlive the result, which refers to them; here it is one
 *         entry like others, but for its length, which is 0
 */
const char *entry_bytes_join(struct arena *arena, const char *bytes,
	const struct entry_gift *gifts, size_t n) _must_check_;
/* The same entry in one piece: @bytes themselves, or for one that was joined new ones. */
const char *entry_bytes_whole(struct arena *arena, const char *bytes) _must_check_;

/* Where entries are taken apart, one after the other: what is there lasts until the next one. */
struct entry_bench {
	TALLOC_CTX *mem_ctx;
	struct entry_attribute *attributes;
	struct entry_value *values;
	size_t attribute_room, value_room;
};

/* False for bytes that are no entry. */
bool entry_bytes_take(
	struct entry_bench *bench, const char *bytes, struct entry *ret) _must_check_;
/* DN, source and line, without attributes. */
struct entry entry_bytes_head(const char *bytes);

/* The values of one attribute of an entry that no join brought, one after the other. */
struct entry_cursor {
	const char *at, *end;
	size_t n; /* values that are left */
	bool is_bad;
};

struct entry_cursor entry_bytes_values(const char *bytes, const char *name);
bool entry_bytes_next(struct entry_cursor *values, struct entry_value *ret);
