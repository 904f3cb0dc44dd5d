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

/* The same at once. */
void decode_all(struct reporter *reporter, const struct entries *entries);
