/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What a directory says and the model has no place for is told: a map's `told:` has the entries
 * and values, `unless:` of a field the values that do not count.
 */

#include "model/decode_value.h"

/* Values of one attribute that do not count. */
struct denial {
	const struct feed *feed;
	const struct entry_attribute *attribute;
	const char *
		by; /* the DN of the entry for which `unless` holds; NULL: the one at hand */
};

/* Do the values of @attribute not count for @feed? What does not is kept for decode_tell(). */
bool decode_denies(struct decoder *d, const struct feed *feed,
	const struct entry_attribute *attribute) _must_check_;

/* Reports (left-out) what of the entry at hand is told. */
void decode_tell(struct decoder *d);
