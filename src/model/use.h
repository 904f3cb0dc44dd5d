/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What a kind of record does with a field: one row, which is at once the decoder's (type,
 * range, member), the templates' (name), `show`'s (label) and the guards' (does it count for
 * what a node is?). The rows are in use.c; config/attributes.def has the attributes.
 */

#include "model/site.h"
#include "read/entry.h"

struct decoder;
struct use;

/* Checks one value and stores it at @place; what it refuses it has reported. */
typedef void (*read_value)(struct decoder *d, struct record *record,
	const struct use *use, const struct entry_value *value, void *place);

/* The C type of a member. */
enum storage {
	STORAGE_NONE, /* read by hand in decode.c: it is no single member */
	STORAGE_TEXT, /* const char *, NULL: not given */
	STORAGE_COUNT, /* uint32_t, 0: not given */
	STORAGE_COST, /* int64_t, -1: not given */
	STORAGE_TRUTH, /* bool */
	STORAGE_TIME, /* int64_t, Unix time; 0: not given */
	STORAGE_IP, /* struct ip */
	STORAGE_TEXTS, /* struct strings, sorted */
	STORAGE_KEY, /* const char *: the canonical DN of another record */
	STORAGE_KEYS, /* struct strings of them */
};

enum use_flags {
	USE_REQUIRED = 1, /* a record without it is in error */
	USE_COUNTS = 2, /* a node with another value is another node: guards, `diff` */
	USE_DEFAULT_TRUE = 4, /* a truth that is TRUE where it is not given */
	USE_FIRST = 8, /* of several values the first by order is taken, not refused */
	USE_MAPPED = 16, /* for maps: the kind's class in our schema has it not */
	USE_CALLS =
		32, /* what a record is called: who stands on it is the same with another */
};

struct use {
	enum field_id field;
	enum storage storage;
	read_value read; /* NULL: by hand */
	uint32_t place; /* of the member in the kind's struct (PLACE_OF()) */
	uint16_t part_size; /* of the part that it is in */
	uint8_t flags;
	uint32_t min, max; /* of a count */
	const char *name; /* in templates; NULL: what they see is computed, or nothing */
	const char *label; /* in `show`; NULL: not shown, or shown by hand */
};

/* The rows of @kind; the last has FIELD_NONE. */
const struct use *uses_of(enum kind kind);

/* The one for @field, or NULL. */
const struct use *use_of(enum kind kind, enum field_id field);

/* The bytes of a member; 0 of what is read by hand. */
size_t use_size(enum storage storage);

/* The member that @use describes. */
static inline const void *use_member(const struct use *use, const struct record *record)
{
	return place_in(record, use->place);
}

/* The same to write in, in a part of @record's own, which is below @arena. */
void *use_member_write(
	struct arena *arena, const struct use *use, struct record *record) _must_check_;

/*
 * use_hash - the members of @record whose rows have all flags of @with, and none of @without,
 *            added to @hash
 *
 * shape: references by the full name or name of what they point to, so that a renamed
 *        entry is a change and a moved one is none
 */
uint64_t use_hash(const struct site *site, const struct record *record, uint8_t with,
	uint8_t without, uint64_t hash);

/*
 * use_text - a member as people read it
 *
 * memory: borrowed, or below @mem_ctx; lists with blanks between
 * errors: NULL where it was not given
 */
const char *use_text(TALLOC_CTX *mem_ctx, const struct site *site,
	const struct record *record, const struct use *use) _must_check_;
