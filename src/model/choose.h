/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Several values where the model has room for one: which of them counts. */

#include "model/decode_value.h"

/*
 * choose_value - the value of @field that counts: what the RDN says, else of the attribute that the
 *                map names first, of that the first by order
 *
 * shape:  never by the order of arrival, in which values of a directory have none
 * memory: one of @values, of which there are some
 */
const struct entry_value *choose_value(struct decoder *d, enum field_id field,
	const struct field_values *values) _must_check_;

/*
 * choose_settles - may one of several values of @use be chosen?
 *
 * shape: not of our schema, which has one; not where a wrong choice moves, stops or installs
 *        something: references, truths, times, and all of a VCN's
 */
bool choose_settles(
	struct decoder *d, const struct use *use, const struct entry_value *chosen);

/* Reports every other value than @chosen, which is that of @record from now on. */
void choose_report(struct decoder *d, struct record *record, enum field_id field,
	const struct field_values *values, const struct entry_value *chosen);
