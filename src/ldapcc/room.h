/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Where VCNs can go: the hosts that take new ones, with what is left of each. */

#include "model/site.h"

struct room {
	const struct machine *host;
	uint64_t memory_mib, cpus; /* UINT64_MAX: not limited */
	uint64_t n_vcns;
	bool is_closed; /* to the VCN that is placed next: see rooms_keep_apart() */
};

struct rooms {
	struct room *items;
	size_t n;
	struct table *by_host; /* key of a host -> struct room */
	struct table *moved; /* key of a VCN -> the host that it goes to */
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
 * rooms_keep_apart - closes the rooms that have VCNs of @group, if it is to be spread
 *
 * shape: @vcn itself counts nowhere; NULL: it is a new one. Disabled VCNs count: they may be
 *        enabled later. Rooms stay closed until rooms_open()
 */
void rooms_keep_apart(
	struct rooms *rooms, const struct node_group *group, const struct machine *vcn);
void rooms_open(struct rooms *rooms);
/* @vcn will be in @room. */
void rooms_move(struct rooms *rooms, const struct machine *vcn, const struct room *room);
/*
 * rooms_best - most free memory, then fewest VCNs, then the first by name
 *
 * shape: @per_host: at most so many VCNs on one; 0: any number. NULL where it fits nowhere
 */
struct room *rooms_best(const struct rooms *rooms, const struct room_need *need,
	uint64_t per_host) _must_check_;
void room_take(struct room *room, const struct room_need *need);
