/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Where VCNs can go: the hosts that take new ones, with what is left of each. */

#include "model/site.h"

struct room {
	const struct machine *host;
	uint64_t memory_mib, cpus; /* UINT64_MAX: not limited */
	uint64_t n_vcns;
};

struct rooms {
	struct room *items;
	size_t n;
};

/* What one VCN takes. */
struct room_need {
	uint64_t memory_mib, cpus;
};

/*
 * rooms_collect - of every enabled host that is not being emptied
 *
 * shape: @except is passed over; NULL: none is
 */
void rooms_collect(TALLOC_CTX *mem_ctx, const struct site *site,
	const struct machine *except, struct rooms *ret);
/*
 * rooms_best - most free memory, then fewest VCNs, then the first by name
 *
 * shape: @per_host: at most so many VCNs on one; 0: any number. NULL where it fits nowhere
 */
struct room *rooms_best(const struct rooms *rooms, const struct room_need *need,
	uint64_t per_host) _must_check_;
void room_take(struct room *room, const struct room_need *need);
