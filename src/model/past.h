/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What a machine had in the last generation: lists of items, eight hex digits each without
 * anything between, which are hashes of names, addresses, MACs, files. Who had a thing then
 * keeps it, whatever else changed.
 */

#include "model/site.h"

enum { PAST_ITEM = 8, PAST_ITEM_MAX };

uint64_t past_text(const char *text); /* a name, a DUID, the path of a file */
uint64_t past_ip(struct ip ip);
uint64_t past_hardware(const struct hardware *hardware); /* MAC or GUID */

/* The item of a hash, as a number and as text. */
uint32_t past_number(uint64_t hash);
char *past_item(uint64_t hash, char text[PAST_ITEM_MAX]);
/* Is it one of @items? NULL has none. */
bool past_has(const char *items, uint64_t hash);
