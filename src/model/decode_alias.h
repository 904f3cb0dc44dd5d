/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Further names of an entry: more values of its name, and what feeds `alias`. */

#include "model/decode_value.h"

/*
 * decode_is_localhost - is @name, from @value of @field, what every machine calls itself?
 *
 * shape:  such a name is passed over, which is reported
 */
bool decode_is_localhost(struct decoder *d, struct record *record, enum field_id field,
	const struct entry_value *value, const char *name);
/* Adds @value to @aliases of @record, which has its name; a bad one costs that name only. */
void decode_alias(struct decoder *d, struct record *record, struct strings *aliases,
	enum field_id field, const struct entry_value *value);
/*
 * All of the entry at hand, whose own name is @own, sorted, and where they came from. NULL: it is a
 * zone's, and named by other means: what feeds the name is none of its aliases.
 */
void decode_aliases(
	struct decoder *d, struct machine *machine, const struct entry_value *own);
