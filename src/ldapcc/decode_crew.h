/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Entries are decoded by the other processors, while more of them come: what is found is in the
 * order in which they were given, whoever decoded them.
 */

#include "model/report.h"
#include "read/entries.h"

struct decode_crew;

/*
 * decode_crew_new - for @site, in which nothing is yet
 *
 * memory: one that is freed before decode_crew_finish() has done nothing to the site
 */
struct decode_crew *decode_crew_new(
	TALLOC_CTX *mem_ctx, struct reporter *reporter) _must_check_;
/* The entries of @entries that came since; their bytes stay until all is decoded. */
void decode_crew_give(struct decode_crew *crew, const struct entries *entries);
/* All of @entries: into the site, and what is wrong with them into the reporter's findings. */
void decode_crew_finish(struct decode_crew *crew, const struct entries *entries);

/*
 * decode_ahead - the same before it is known which of @entries count
 *
 * shape:  in batches, each of which counts as a whole or not at all: decode_crew_adopt(). It has
 *         begun when this returns; nothing of @reporter is used later
 * memory: what it found goes to the site of whoever adopts; that can be done once
 */
struct decode_crew *decode_ahead(TALLOC_CTX *mem_ctx, struct reporter *reporter,
	const struct entries *entries) _must_check_;
/* Until all of it is decoded. */
void decode_ahead_wait(struct decode_crew *ahead);
/* Batch @i of what is decoded ahead is of the entries *ret_first to before *ret_end; false: there is none. */
bool decode_ahead_batch(
	const struct decode_crew *ahead, size_t i, size_t *ret_first, size_t *ret_end);
/* Batch @i of @ahead is what the last of @entries come to: nobody decodes them again. */
void decode_crew_adopt(struct decode_crew *crew, const struct entries *entries,
	struct decode_crew *ahead, size_t i);

/* The same at once. */
void decode_all(struct reporter *reporter, const struct entries *entries);
