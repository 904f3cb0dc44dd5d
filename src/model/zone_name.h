/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The names of DNS zones in the directory that belong to no computer: a map's class with
 * `zone: yes`. They are hosts of which nothing is known but name, addresses and records, and yield
 * to what is: DNS has several names for one address, and so have they.
 */

#include "model/site.h"

/*
 * zone_names_yield - takes those out whose name a computer has, as its own or an alias, or that
 * stand in two zones; and of further names of an entry those that are names already
 *
 * shape: when machines have their full names, and before they are sorted; merged_into is who has it
 */
void zone_names_yield(struct site *site);

/* How many of @machines, sorted as a site's are, stand before the names of zones. */
size_t zone_names_start(struct machine *const *machines, size_t n);

/*
 * zone_names_lend - the names of an address stand on one hosts line, the computer's first: its
 * reverse record is that one's
 *
 * shape: after names were given out; restored at the beginning of the next model_derive()
 */
void zone_names_lend(struct site *site);
void zone_names_restore(struct site *site);
