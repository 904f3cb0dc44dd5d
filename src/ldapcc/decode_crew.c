/* SPDX-License-Identifier: Apache-2.0 */
#include "ldapcc/decode_crew.h"

#include "base/crew.h"
#include "model/decode.h"
#include "model/site_part.h"

enum { BATCH = 2000 }; /* entries that are given together */

struct batch {
	struct entries *entries;
	size_t n; /* of them */
	struct site found;
	struct diags *diags;
};

/* One worker's; made by the thread that works first. */
struct desk {
	TALLOC_CTX *mem_ctx;
	struct reporter reporter;
	struct decoder *decoder;
};

struct decode_crew {
	struct reporter *reporter;
	struct crew *crew;
	struct desk desks[PARALLEL_MAX];
	struct batch **batches;
	size_t n_batches;
	size_t n_given; /* entries */
	struct decode_crew *ahead; /* whose batches are among ours; NULL: none */
};

static void settle_down(const struct decode_crew *crew, struct desk *desk)
{
	desk->reporter = *crew->reporter;
	desk->reporter.site = site_part_new(desk->mem_ctx, crew->reporter->site);
	desk->decoder = decoder_new(desk->mem_ctx, &desk->reporter);
}

static void decode_batch(void *data, unsigned worker, void *job)
{
	struct decode_crew *crew = data;
	struct desk *desk = &crew->desks[worker];
	struct batch *batch = job;

	if (desk->decoder == NULL)
		settle_down(crew, desk);
	desk->reporter.diags = batch->diags = diags_new(desk->mem_ctx);
	entries_give_all(batch->entries, decode_entry, desk->decoder);
	batch->found = site_part_cut(desk->reporter.site);
}

/* Before its batches and desks go, its threads do. */
static int disband(struct decode_crew *crew)
{
	talloc_free(crew->crew);
	return 0;
}

struct decode_crew *decode_crew_new(TALLOC_CTX *mem_ctx, struct reporter *reporter)
{
	struct decode_crew *crew = mem_new(mem_ctx, struct decode_crew);

	crew->reporter = reporter;
	for (size_t i = 0; i < ARRAY_SIZE(crew->desks); i++)
		crew->desks[i].mem_ctx = talloc_new(crew);
	crew->crew = crew_new(crew, decode_batch, crew);
	talloc_set_destructor(crew, disband);
	return crew;
}

static void give(
	struct decode_crew *crew, const struct entries *entries, size_t first, size_t end)
{
	struct batch *batch = mem_new(crew, struct batch);

	batch->entries = entries_slice(batch, entries, first, end);
	batch->n = end - first;
	*mem_push(crew, &crew->batches, &crew->n_batches) = batch;
	crew->n_given = end;
	crew_give(crew->crew, batch);
}

void decode_crew_give(struct decode_crew *crew, const struct entries *entries)
{
	while (entries_count(entries) - crew->n_given >= BATCH)
		give(crew, entries, crew->n_given, crew->n_given + BATCH);
}

/* All of @entries up to @end. */
static void give_rest(struct decode_crew *crew, const struct entries *entries, size_t end)
{
	while (end - crew->n_given >= BATCH)
		give(crew, entries, crew->n_given, crew->n_given + BATCH);
	if (end > crew->n_given)
		give(crew, entries, crew->n_given, end);
}

static void leave_desks(struct decode_crew *crew, struct site *site)
{
	for (size_t i = 0; i < ARRAY_SIZE(crew->desks); i++)
		talloc_steal(site, crew->desks[i].mem_ctx);
	talloc_free(crew);
}

void decode_crew_finish(struct decode_crew *crew, const struct entries *entries)
{
	struct site *site = crew->reporter->site;

	give_rest(crew, entries, entries_count(entries));
	if (crew->ahead != NULL)
		decode_ahead_wait(crew->ahead);
	crew_wait(crew->crew);
	for (size_t i = 0; i < crew->n_batches; i++) {
		site_take(site, &crew->batches[i]->found);
		diags_take(crew->reporter->diags, crew->batches[i]->diags);
	}
	if (crew->ahead != NULL)
		leave_desks(crew->ahead, site);
	leave_desks(crew, site);
}

struct decode_crew *decode_ahead(
	TALLOC_CTX *mem_ctx, struct reporter *reporter, const struct entries *entries)
{
	struct decode_crew *ahead = decode_crew_new(mem_ctx, NULL);

	ahead->reporter = mem_new(ahead, struct reporter);
	*ahead->reporter = *reporter;
	give_rest(ahead, entries, entries_count(entries));
	return ahead;
}

void decode_ahead_wait(struct decode_crew *ahead)
{
	crew_wait(ahead->crew);
}

bool decode_ahead_batch(
	const struct decode_crew *ahead, size_t i, size_t *ret_first, size_t *ret_end)
{
	if (i >= ahead->n_batches)
		return false;
	*ret_first = i * BATCH;
	*ret_end = *ret_first + ahead->batches[i]->n;
	return true;
}

void decode_crew_adopt(struct decode_crew *crew, const struct entries *entries,
	struct decode_crew *ahead, size_t i)
{
	struct batch *batch = ahead->batches[i];

	give_rest(crew, entries, entries_count(entries) - batch->n);
	*mem_push(crew, &crew->batches, &crew->n_batches) = batch;
	crew->n_given += batch->n;
	crew->ahead = ahead;
}

void decode_all(struct reporter *reporter, const struct entries *entries)
{
	decode_crew_finish(decode_crew_new(reporter->site, reporter), entries);
}
