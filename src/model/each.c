/* SPDX-License-Identifier: Apache-2.0 */
#include "model/each.h"

#include "base/parallel.h"

enum { CHUNK = 256 };

struct walker {
	struct site part;
	size_t n_true;
};

struct walk {
	struct site *site;
	struct machine **machines;
	size_t n;
	bool (*work)(struct site *part, struct machine *machine);
	void (*beside)(struct site *site);
	struct walker walkers[PARALLEL_MAX];
};

static void take_chunk(void *data, unsigned worker, size_t chunk)
{
	struct walk *walk = data;
	struct walker *walker = &walk->walkers[worker];

	if (walk->beside != NULL && chunk-- == 0) {
		walk->beside(walk->site);
		return;
	}
	size_t end = (chunk + 1) * CHUNK < walk->n ? (chunk + 1) * CHUNK : walk->n;

	for (size_t i = chunk * CHUNK; i < end; i++)
		walker->n_true += walk->work(&walker->part, walk->machines[i]);
}

size_t machines_each(struct site *site, struct machine **machines, size_t n,
	bool (*work)(struct site *part, struct machine *machine),
	void (*beside)(struct site *site))
{
	TMP_CTX(tmp);
	struct walk *walk = mem_new(tmp, struct walk);
	size_t n_tasks = (n + CHUNK - 1) / CHUNK + (beside != NULL), n_true = 0;
	unsigned n_workers = parallel_workers(n_tasks);

	walk->site = site;
	walk->machines = machines;
	walk->n = n;
	walk->work = work;
	walk->beside = beside;
	for (unsigned i = 0; i < n_workers; i++) {
		walk->walkers[i].part = *site;
		walk->walkers[i].part.arena = arena_new(site);
	}
	parallel_each(n_tasks, take_chunk, walk);
	for (unsigned i = 0; i < n_workers; i++)
		n_true += walk->walkers[i].n_true;
	return n_true;
}
