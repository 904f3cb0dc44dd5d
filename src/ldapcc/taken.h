/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What entries mention, in whatever attribute: addresses, MAC addresses, names, ranges. All of
 * it is somebody's, also what an entry with a fault says.
 */

#include "config/map.h"
#include "model/site.h"
#include "read/entries.h"

struct taken {
	TALLOC_CTX *mem_ctx;
	struct ip *ips;
	size_t n_ips;
	struct mac *macs;
	size_t n_macs;
	struct range *ranges;
	size_t n_ranges;
	struct table *names; /* in lower case, without their domain */
};

struct taken *taken_new(TALLOC_CTX *mem_ctx) _must_check_;
/* Adds what @entries, read by @map, mention. */
void taken_add(struct taken *taken, const struct entries *entries, const struct map *map);
