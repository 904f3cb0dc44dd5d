/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Which attributes of a map are DNs: its filters compare their values as such. */

#include "config/map.h"

/*
 * map_learn_dns - fills in map->dn_attributes, and tells the map's filters
 *
 * shape: what feeds a field that takes DNs only, and what a join compares with a DN; it is known
 *        when all of the map is read
 */
void map_learn_dns(struct map *map, kind_shapes shapes);
