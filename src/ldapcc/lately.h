/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Addresses that nodes had in the last 24 hours and may have given up since: a DHCP server gives
 * none of them to anybody else before the lease has ended.
 */

#include "base/net.h"
#include "generation/state.h"

struct lately {
	uint32_t *items; /* of past.h, sorted */
	size_t n;
};

/*
 * lately_collect - those of the generations that were replaced in the day before @now
 *
 * shape:  as far as they are still there, or noted in the window of 24 hours
 * memory: below @mem_ctx
 * errors: none: what cannot be read is passed over
 */
void lately_collect(
	TALLOC_CTX *mem_ctx, const struct state *state, uint64_t now, struct lately *ret);
bool lately_had(const struct lately *lately, struct ip ip);
