/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Asks an entry whether a filter holds for it (config/filter.h). */

#include "config/map.h"
#include "read/entry.h"

/* The values of @name (any case), without those that a join brought; NULL: none. */
const struct entry_attribute *entry_attribute(
	const struct entry *entry, const char *name);

/*
 * filter_matches - does @filter hold for @entry?
 *
 * shape:  DNs are equal as DNs (filter_with_dns()); all other values are text in which the
 *         case of letters does not count; `>=` and `<=` compare as numbers where both sides
 *         are; what is not there makes a test false, and its negation true
 */
bool filter_matches(const struct filter *filter, const struct entry *entry);

/* Is @entry one of @class: has it the class, does the filter hold, and is nothing excepted? */
bool class_matches(const struct map_class *class, const struct entry *entry);
