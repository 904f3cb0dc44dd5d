/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Each host and VCN as one number, so that guards and `diff` see which nodes changed. */

#include "generation/generation.h"
#include "model/site.h"

/*
 * marks_compare - how each machine of a linked site stands to the last generation
 *
 * shape:  @marks are the last generation's, sorted; sets standing, for lint's conflicts
 */
void marks_compare(struct site *site, const struct node_mark *marks, size_t n_marks);

/*
 * marks_of - a mark for every host and VCN of a settled site
 *
 * shape:  the hash covers what outputs are made of: names, MACs, addresses, memory, CPUs,
 *         image, host, profile and flags; not the DN, so that moving an entry changes nothing
 * memory: the array below @mem_ctx, names borrowed from @site
 */
struct node_mark *marks_of(
	TALLOC_CTX *mem_ctx, const struct site *site, size_t *ret_n) _must_check_;
