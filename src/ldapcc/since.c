/* SPDX-License-Identifier: Apache-2.0 */
#include "ldapcc/since.h"

#include <string.h>
#include <time.h>

#include "read/csn.h"

bool since_is_due(const struct publication *p)
{
	const struct run *run = p->run;
	int64_t age = (int64_t)time(NULL) - p->last.read_time;

	return run->arguments.full || age < 0 ||
	       age >= (int64_t)run->settings->directory.full_interval_s;
}

/*
 * What was read then is stored, whole, and nothing changed in what is asked for. A run that was
 * refused is one that reads everything, as does the next one.
 */
bool since_is_wanted(const struct publication *p)
{
	const struct run *run = p->run;
	const struct generation_source *source = last_run_source(&p->last, p->state);

	return run->only_publishes && run->arguments.ldif == NULL &&
	       run->settings->directory.full_interval_s != 0 && source != NULL &&
	       source->csn.n > 0 && !csn_is_usn(&source->csn) && p->last.exit == 0 &&
	       p->last.again == 0 && strcmp(source->inputs, run->inputs) == 0;
}

/* An index of as many entries as the site has: made once for the same ones. */
static struct snapshot *snapshot(struct run *run)
{
	if (run->snapshot_of != run->before.raw)
		run->snapshot =
			snapshot_new(run->mem_ctx, run->before.raw, run->before.above);
	run->snapshot_of = run->before.raw;
	return run->snapshot;
}

void since_prepare(struct publication *p)
{
	struct run *run = p->run;

	if (run->arguments.ldif != NULL)
		return;
	struct directory_since *since = mem_new(run->mem_ctx, struct directory_since);

	run->since = since;
	const struct generation_source *source = last_run_source(&p->last, p->state);

	run->before_csn = NULL;
	if (run->before.raw == NULL || source == NULL)
		return;
	if (!run->arguments.full && source->csn.n > 0 && !csn_is_usn(&source->csn))
		run->before_csn = &source->csn;
	if (!since_is_wanted(p))
		return;
	*since = (struct directory_since){.uri = source->uri,
		.identity = source->identity,
		.csn = source->csn,
		.snapshot = snapshot(run)};
	run->proves_increments = since_is_due(p) && since->snapshot != NULL;
}
