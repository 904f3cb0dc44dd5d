/* SPDX-License-Identifier: Apache-2.0 */
#include "ldapcc/ahead.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "generation/stat_hint.h"
#include "ldapcc/decode_crew.h"
#include "ldapcc/inputs.h"
#include "ldapcc/since.h"
#include "ldapcc/standby.h"
#include "read/join.h"

/* What is loaded ahead, but for what is loaded again with the lock. */
static const char *const of_generation[] = {
	"record", "roster", "roster.base", "entries", "entries.base"};

struct loaded {
	struct stat_hint files[ARRAY_SIZE(of_generation)];
};

static struct stat_hint look_at(const struct state *state, const char *name)
{
	struct stat st;

	if (state->dirfd < 0 || fstatat(state->dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return (struct stat_hint){0};
	struct stat_hint hint = stat_hint_of(&st);

	/* also when it got a name in another generation, or lost it */
	hint.changed = 0;
	return hint;
}

static struct loaded look_at_loaded(const struct state *state)
{
	TMP_CTX(tmp);
	const char *folder = state_generation(tmp, state->current);
	struct loaded now;

	for (size_t i = 0; i < ARRAY_SIZE(of_generation); i++)
		now.files[i] = look_at(
			state, mem_printf(tmp, "%s/%s", folder, of_generation[i]));
	return now;
}

/* What is whole has no base, then and now. */
static bool is_same(const struct loaded *a, const struct loaded *b)
{
	for (size_t i = 0; i < ARRAY_SIZE(of_generation); i++)
		if (!stat_hint_equal(&a->files[i], &b->files[i]) &&
			(a->files[i].inode != 0 || b->files[i].inode != 0))
			return false;
	return true;
}

/* Before */

/* What belongs together is decoded only when all of it is known; what is read anew, then. */
void ahead_decode(const struct publication *p)
{
	struct run *run = p->run;

	if (run->before.raw == NULL || !since_is_wanted(p) || since_is_due(p) ||
		joiner_is_needed(run->map) || run->decoded != NULL)
		return;
	run_new_site(run);
	run->decoded = decode_ahead(run->mem_ctx, &run->reporter, run->before.raw);
	run->decoded_of = run->before.raw;
}

/* False where the next run reads everything anyway, or something is wrong, which it will say. */
static bool prepare(struct publication *p, struct loaded *ret_loaded)
{
	struct run *run = p->run;

	if (run->arguments.full || run->arguments.bootstrap ||
		run_prepare_settings(run) < 0 ||
		state_open(run->mem_ctx, run->settings, run->arguments.root, false,
			run->diags, &p->state) < 0 ||
		p->state->current == 0 || p->state->unfinished != 0)
		return false;
	*ret_loaded = look_at_loaded(p->state);
	if (last_run_load(run->mem_ctx, p->state, run->diags, &p->last) < 0 ||
		run_prepare_targets(run) < 0 || publication_survey(p, false) < 0)
		return false;
	ahead_decode(p);
	since_prepare(p);
	if (run->decoded != NULL)
		decode_ahead_wait(run->decoded);
	return true;
}

/* Then */

static bool has_same_inputs(const struct run *run)
{
	TMP_CTX(tmp);
	const char *settings = inputs_of_settings(tmp, run->arguments.config);

	return strcmp(inputs_hash(tmp, run->settings, settings, run->datadir),
		       run->inputs) == 0;
}

/* Why what @p was prepared from is not what is there now, @locked; NULL: it is. */
static const char *find_difference(const struct publication *p,
	const struct state *locked, const struct loaded *loaded)
{
	const struct loaded now = look_at_loaded(locked);

	if (locked->current != p->state->current || locked->unfinished != 0 ||
		!is_same(loaded, &now))
		return "another run came between";
	if (!has_same_inputs(p->run))
		return "settings, templates, maps or a file of 'also' changed";
	return since_is_due(p) ? "everything is to be read" : NULL;
}

/* Takes what is prepared over to the state as it is now; NULL, or why that cannot be. */
static const char *take_over(struct publication *p, const struct loaded *loaded)
{
	struct run *run = p->run;
	struct publication now = {.run = run, .live = p->live, .surveyed = p->surveyed};

	if (publication_lock(&now) < 0)
		return "the state cannot be locked";
	const char *why = find_difference(p, now.state, loaded);

	if (why == NULL && (publication_recover(&now) < 0 ||
				   live_again(now.live, now.state, (uint64_t)time(NULL),
					   run->diags) < 0))
		why = "a file cannot be read";
	if (why == NULL)
		*p = now;
	else
		talloc_free(now.state);
	return why;
}

/* For who asks why a run took so long. */
static void tell_way(const struct run *run, const char *why)
{
	if (!run->arguments.verbose)
		return;
	if (why == NULL)
		diag_add(run->diags, SEVERITY_NOTE, NULL, LOC_NONE,
			"what can be done before a change was done then");
	else
		diag_add(run->diags, SEVERITY_NOTE, NULL, LOC_NONE,
			"nothing was done before the change: %s", why);
}

int ahead_open(struct publication *p)
{
	struct run *run = p->run, untouched = *run;
	struct loaded loaded;

	run->mem_ctx = talloc_new(untouched.mem_ctx);
	run->diags = diags_new(run->mem_ctx);
	bool is_ready = prepare(p, &loaded);

	standby_wait(run->standby);
	run->started = untouched.started = (int64_t)time(NULL);
	const char *why = is_ready ? take_over(p, &loaded)
				   : "the last run left nothing to begin with";

	tell_way(&untouched, why);
	if (why == NULL) {
		diags_take(untouched.diags, run->diags);
		run->diags = untouched.diags;
		return 0;
	}
	talloc_free(run->mem_ctx);
	*run = untouched;
	*p = (struct publication){.run = run};
	return publication_begin(p);
}
