/* SPDX-License-Identifier: Apache-2.0 */
#include "model/site_part.h"

#include <stddef.h>

/* The tables that entries are decoded into: where they stand in a site, and how long they are. */
static const struct {
	size_t table, n;
} tables[] = {
#define TABLE(name) \
	{ \
		offsetof(struct site, name), offsetof(struct site, n_##name) \
	}
	TABLE(clusters),
	TABLE(networks),
	TABLE(machines),
	TABLE(interfaces),
	TABLE(images),
	TABLE(repositories),
	TABLE(profiles),
	TABLE(groups),
	TABLE(unserved),
	TABLE(veiled),
#undef TABLE
};

/* All of them hold pointers. */
static void ***table_of(const struct site *site, size_t i)
{
	return (void ***)((uintptr_t)site + tables[i].table);
}

static size_t *count_of(const struct site *site, size_t i)
{
	return (size_t *)((uintptr_t)site + tables[i].n);
}

struct site *site_part_new(TALLOC_CTX *mem_ctx, const struct site *site)
{
	struct site *part = mem_new(mem_ctx, struct site);

	*part = *site;
	part->arena = arena_new(part);
	return part;
}

struct site site_part_cut(struct site *part)
{
	struct site cut = *part;

	for (size_t i = 0; i < ARRAY_SIZE(tables); i++) {
		*table_of(part, i) = NULL;
		*count_of(part, i) = 0;
	}
	part->n_entries = 0;
	return cut;
}

void site_take(struct site *site, const struct site *cut)
{
	for (size_t i = 0; i < ARRAY_SIZE(tables); i++) {
		void **from = *table_of(cut, i);

		for (size_t j = 0; j < *count_of(cut, i); j++)
			*mem_push(site, table_of(site, i), count_of(site, i)) = from[j];
		talloc_free(from);
	}
	site->n_entries += cut->n_entries;
}
