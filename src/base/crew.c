/* SPDX-License-Identifier: Apache-2.0 */
#include "base/crew.h"

#include <pthread.h>

struct member {
	struct crew *crew;
	unsigned number;
	pthread_t thread;
};

struct crew {
	void (*work)(void *data, unsigned worker, void *job);
	void *data;
	struct member members[PARALLEL_MAX];
	unsigned n_threads; /* members from 1 on */
	pthread_mutex_t lock; /* of what follows */
	pthread_cond_t has_news;
	void **jobs;
	size_t n_jobs, n_begun;
	bool is_over; /* nothing more comes */
};

/* The next job, for which @waits says whether it is waited; NULL: there is none. */
static void *take_job(struct crew *crew, bool waits)
{
	void *job = NULL;

	pthread_mutex_lock(&crew->lock);
	while (waits && crew->n_begun == crew->n_jobs && !crew->is_over)
		pthread_cond_wait(&crew->has_news, &crew->lock);
	if (crew->n_begun < crew->n_jobs)
		job = crew->jobs[crew->n_begun++];
	pthread_mutex_unlock(&crew->lock);
	return job;
}

static void *work(void *data)
{
	struct member *member = data;
	void *job;

	while ((job = take_job(member->crew, true)) != NULL)
		member->crew->work(member->crew->data, member->number, job);
	return NULL;
}

static void end(struct crew *crew, bool drops_rest)
{
	pthread_mutex_lock(&crew->lock);
	crew->is_over = true;
	if (drops_rest)
		crew->n_begun = crew->n_jobs;
	pthread_cond_broadcast(&crew->has_news);
	pthread_mutex_unlock(&crew->lock);
}

static void join(struct crew *crew)
{
	for (; crew->n_threads > 0; crew->n_threads--)
		pthread_join(crew->members[crew->n_threads].thread, NULL);
}

static int disband(struct crew *crew)
{
	end(crew, true);
	join(crew);
	pthread_cond_destroy(&crew->has_news);
	pthread_mutex_destroy(&crew->lock);
	return 0;
}

struct crew *crew_new(TALLOC_CTX *mem_ctx,
	void (*work_on)(void *data, unsigned worker, void *job), void *data)
{
	struct crew *crew = mem_new(mem_ctx, struct crew);
	unsigned n_workers = parallel_workers(PARALLEL_MAX);

	crew->work = work_on;
	crew->data = data;
	pthread_mutex_init(&crew->lock, NULL);
	pthread_cond_init(&crew->has_news, NULL);
	talloc_set_destructor(crew, disband);
	while (crew->n_threads + 1 < n_workers) {
		struct member *member = &crew->members[crew->n_threads + 1];

		*member = (struct member){.crew = crew, .number = crew->n_threads + 1};
		if (pthread_create(&member->thread, NULL, work, member) != 0)
			break;
		crew->n_threads++;
	}
	return crew;
}

void crew_give(struct crew *crew, void *job)
{
	pthread_mutex_lock(&crew->lock);
	*mem_push(crew, &crew->jobs, &crew->n_jobs) = job;
	pthread_cond_signal(&crew->has_news);
	pthread_mutex_unlock(&crew->lock);
}

void crew_wait(struct crew *crew)
{
	void *job;

	end(crew, false);
	while ((job = take_job(crew, false)) != NULL)
		crew->work(crew->data, 0, job);
	join(crew);
}
