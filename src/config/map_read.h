/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Between map.c and map_read.c: map_load() of map.h reads, this makes the search of it. */

#include "config/map.h"

/* Fills in attributes, wanted and filter of what has been read. */
void map_prepare_search(struct map *map);
