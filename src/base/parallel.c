/* SPDX-License-Identifier: Apache-2.0 */
#include "base/parallel.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

struct crew {
	size_t n;
	atomic_size_t next;
	void (*work)(void *data, unsigned worker, size_t i);
	void *data;
};

struct worker {
	struct crew *crew;
	unsigned number;
	pthread_t thread;
};

unsigned parallel_workers(size_t n)
{
	cpu_set_t set;
	int n_processors =
		sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set) : 1;

	if (n_processors > PARALLEL_MAX)
		n_processors = PARALLEL_MAX;
	return n < (size_t)n_processors ? (unsigned)(n == 0 ? 1 : n)
					: (unsigned)n_processors;
}

static void *take_turns(void *data)
{
	struct worker *worker = data;
	struct crew *crew = worker->crew;
	size_t i;

	while ((i = atomic_fetch_add(&crew->next, 1)) < crew->n)
		crew->work(crew->data, worker->number, i);
	return NULL;
}

void parallel_each(
	size_t n, void (*work)(void *data, unsigned worker, size_t i), void *data)
{
	struct crew crew = {.n = n, .work = work, .data = data};
	struct worker workers[PARALLEL_MAX];
	unsigned n_workers = parallel_workers(n), n_started = 1;

	for (unsigned i = 0; i < n_workers; i++)
		workers[i] = (struct worker){.crew = &crew, .number = i};
	while (n_started < n_workers && pthread_create(&workers[n_started].thread, NULL,
						take_turns, &workers[n_started]) == 0)
		n_started++;
	(void)take_turns(&workers[0]);
	for (unsigned i = 1; i < n_started; i++)
		pthread_join(workers[i].thread, NULL);
}
