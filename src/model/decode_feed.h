/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The map at work: which kind an entry is, and which of its values feed which field. What a
 * row of the map does to a value (strip, after, split, replace, form) is done here, so that
 * the types (decode_value.h) see values as our own schema has them.
 */

#include "model/decode_value.h"

/* What the attribute of an entry fed that stood at this place. */
struct last_feed {
	char name[40]; /* "": none did, or its name is too long */
	const struct feed *feed;
	bool tells_change; /* entry_tells_change() */
};

enum { LAST_FEEDS = 32 };

/* How entries of one map are taken apart; one thread has it. */
struct mapped {
	const struct map *map;
	struct table *feeds; /* attribute name, any case -> struct feed, a list */
	const struct feed **constants;
	size_t n_constants;
	/* entries that follow each other mostly have the same attributes in the same order */
	struct last_feed last[LAST_FEEDS];
};

struct mapped *mapped_new(TALLOC_CTX *mem_ctx, const struct map *map) _must_check_;

/*
 * decode_fields - the values of d->entry by field
 *
 * shape:  returns its kind and fills d->fields, d->extras and where they came from; nothing
 *         of an entry whose kind is KIND_NONE
 * memory: values are the entry's, or below d->scratch
 */
enum kind decode_fields(struct decoder *d);

/* What of @value, of the entry at hand, counts by @feed, as text below d->scratch; NULL for nothing. */
char *decode_taken(struct decoder *d, const struct feed *feed,
	const struct entry_value *value) _must_check_;

/* @value as a row of the map for FIELD_NAME has it; NULL where @attribute is no name. */
const char *decode_rdn_name(struct decoder *d, enum kind kind, const char *attribute,
	const char *value) _must_check_;
/* Does @attribute of the entry itself feed @field for @kind? */
bool decode_feeds(const struct decoder *d, enum kind kind, enum field_id field,
	const char *attribute);

/* Where @value of @field came from, in d->found; NULL if it is none of the entry's. */
struct origin *decode_origin_of(
	struct decoder *d, enum field_id field, const struct entry_value *value);
/* The name of the entry at hand is from @attribute. */
void decode_name_origin(struct decoder *d, const char *attribute);
/* Makes it the first of its field: that from which the one value was taken. */
void decode_prefer(
	struct decoder *d, enum field_id field, const struct entry_value *value);
