/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* One attribute for several fields, where no value could be good for two of them. */

#include "base/document.h"
#include "config/map.h"

/*
 * map_check_feeds - reports each pair of rows that give one attribute, whole, to two fields of a
 *                   kind whose values never look alike
 *
 * shape:  rows that choose (`after`, another `of`) or make something else of a value (`replace`,
 *         `form`) may well share an attribute; `strip` and `split` keep every value
 * errors: EXIT_USAGE, at the later row, with a note at the other
 */
int map_check_feeds(
	struct reader *r, const struct map *map, kind_shapes shapes) _must_check_;
