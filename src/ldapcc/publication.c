/* SPDX-License-Identifier: Apache-2.0 */
#include "ldapcc/publication.h"
#include "base/json.h"
#include "ldapcc/notes.h"

#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include <json-c/json.h>

#include "base/parallel.h"
#include "base/table.h"
#include "change/guard.h"
#include "change/site_roster.h"
#include "generation/delta.h"
#include "ldapcc/disarm.h"
#include "ldapcc/lost_good.h"
#include "ldapcc/quarantine.h"
#include "publish/daemon_check.h"
#include "publish/publish.h"
#include "publish/services.h"
#include "read/csn.h"
#include "read/dn.h"

/* The state */

int publication_lock(struct publication *p)
{
	struct run *run = p->run;

	/* daemons read the folders that are made; what is private says so itself */
	umask(022);
	return state_open(run->mem_ctx, run->settings, run->arguments.root, true,
		run->diags, &p->state);
}

int publication_recover(struct publication *p)
{
	struct run *run = p->run;
	uint64_t recovered = 0;
	int failed = publish_recover(p->state, run->diags, &recovered);
	int loaded = last_run_load(run->mem_ctx, p->state, run->diags, &p->last);

	p->has_last = loaded == 0;
	if (failed < 0)
		return failed;
	if (recovered > 0)
		diag_add(run->diags, SEVERITY_NOTE, NULL, LOC_NONE,
			"finished generation %llu, which an "
			"interrupted run had begun to install",
			(unsigned long long)recovered);
	return loaded;
}

int publication_open(struct publication *p)
{
	int failed = publication_lock(p);

	return failed < 0 ? failed : publication_recover(p);
}

int publication_begin(struct publication *p)
{
	int failed = run_prepare_settings(p->run);

	return failed < 0 ? failed : publication_open(p);
}

static char *entries_name(TALLOC_CTX *mem_ctx, uint64_t number)
{
	return mem_printf(mem_ctx, "%s/entries", state_generation(mem_ctx, number));
}

/* Why they cannot be used, below @mem_ctx; NULL where they can. */
static const char *load_file(TALLOC_CTX *mem_ctx, const struct state *state,
	uint64_t number, struct entries_file *ret_file, struct pieces *ret_pieces)
{
	struct diags *found = diags_new(mem_ctx);
	const char *fault;

	if (delta_load(mem_ctx, state, entries_name(mem_ctx, number), found, ret_pieces,
		    &fault) < 0)
		return diag_last(found)->message;
	if (fault != NULL)
		return fault;
	if (!entries_parse(mem_ctx, ret_pieces->items, ret_pieces->n, ret_file))
		return "it is of another kind or version";
	return ret_file->generation == 0 || ret_file->generation == number
		       ? NULL
		       : mem_printf(mem_ctx, "it is of generation %llu",
				 (unsigned long long)ret_file->generation);
}

/* What generation @number was made of, and what the directory had then. */
static const char *load_entries(TALLOC_CTX *mem_ctx, const struct state *state,
	uint64_t number, struct entries_file *ret_file, struct pieces *ret_pieces)
{
	const char *fault = load_file(mem_ctx, state, number, ret_file, ret_pieces);

	if (fault == NULL)
		return NULL;
	*ret_file = (struct entries_file){0};
	*ret_pieces = (struct pieces){0};
	return fault;
}

/* Both are as long as the site, and read beside each other. */
enum { LOADS_LIVE, LOADS_ENTRIES, N_LOADS };

struct loading {
	struct publication *p;
	bool to_begin_anew;
	int live_failed;
	/* of the entries, by whoever loads them */
	TALLOC_CTX *mem_ctx;
	const char *fault;
	struct entries_file entries;
	struct pieces pieces;
};

static void load_one(void *data, unsigned worker _unused_, size_t i)
{
	struct loading *l = data;
	struct run *run = l->p->run;
	const struct state *state = l->p->state;

	if (i == LOADS_LIVE)
		l->live_failed = live_survey(run->mem_ctx, state, (uint64_t)time(NULL),
			l->to_begin_anew, run->diags, &l->p->live);
	else if (state->current != 0)
		l->fault = load_entries(
			l->mem_ctx, state, state->current, &l->entries, &l->pieces);
}

/* Of the current generation: there, or what is wrong with it. */
static void take_entries(struct publication *p, const struct loading *l)
{
	struct run *run = p->run;
	bool was_told = run->good_fault != NULL;

	talloc_steal(run->mem_ctx, l->mem_ctx);
	run->good_fault = l->fault;
	run->before = l->entries;
	run->before_base = l->pieces.base;
	run->good = run->before.good;
	if (l->fault == NULL)
		return;
	run->good_where = state_loc(
		p->state, entries_name(run->mem_ctx, p->state->current), run->diags);
	if (!was_told && (run->only_publishes || !l->to_begin_anew))
		lost_good_tell(run);
}

int publication_survey(struct publication *p, bool to_begin_anew)
{
	TMP_CTX(tmp);
	struct run *run = p->run;
	struct loading l = {.p = p, .to_begin_anew = to_begin_anew};

	if (p->live != NULL && p->surveyed == p->state->current && !to_begin_anew)
		return 0;
	l.mem_ctx = talloc_new(tmp);
	parallel_each(N_LOADS, load_one, &l);
	if (l.live_failed < 0)
		return l.live_failed;
	p->surveyed = p->state->current;
	if (p->state->current == 0)
		return 0;
	/* who begins anew may have the last good versions all the same */
	run->roster_before = plan_roster(p->live);
	take_entries(p, &l);
	return 0;
}

int publication_entries(TALLOC_CTX *mem_ctx, const struct state *state, uint64_t number,
	struct diags *diags, struct entries **ret_entries)
{
	struct entries_file file = {0};
	struct pieces pieces;
	const char *fault = load_entries(mem_ctx, state, number, &file, &pieces);

	*ret_entries = file.good;
	if (fault == NULL)
		return 0;
	(void)diag_fail(diags, EXIT_IO,
		state_loc(state, entries_name(mem_ctx, number), diags),
		"the entries of the generation cannot be used: %s", fault);
	if (number == state->current)
		diag_note(diag_last(diags), LOC_NONE,
			"'ldapcc apply --full' reads everything anew, and stores them again");
	return -(int)EXIT_IO;
}

/* The change set */

static void render_again(
	void *data, TALLOC_CTX *mem_ctx, struct output *output, uint64_t serial)
{
	struct run *run = data;

	render_serial(mem_ctx, run->renderer, run->site, output, serial);
}

/* What is stored: with what the directory has, where the next run can ask what changed since. */
static struct entries_file stored_entries(const struct run *run)
{
	struct entries_file file = {.good = run->accepted};

	if (run->since != NULL && run->report.above != NULL && run->report.csn.n > 0 &&
		!csn_is_usn(&run->report.csn)) {
		file.raw = run->raw;
		file.above = run->above;
	}
	return file;
}

int publication_store(
	struct publication *p, struct entries_file *file, struct pieces *ret_pieces)
{
	struct run *run = p->run;
	int failed = p->state->dirfd < 0
			     ? 0
			     : state_next(p->state, run->diags, &file->generation);

	*ret_pieces = (struct pieces){.base = run->before_base};
	if (failed == 0)
		ret_pieces->items = entries_parts(run->mem_ctx, file, &ret_pieces->n);
	return failed;
}

/*
 * Whoever is told to call apply for this set of changes meets no other refusal: that of a server
 * which is behind what was published, and of files that the state does not know.
 */
static const char *called_again(const struct publication *p)
{
	const struct run *run = p->run;
	const struct generation_source *source = publication_source(p);
	bool is_behind = source != NULL && run->report.csn.n > 0 &&
			 csn_compare(&source->csn, &run->report.csn) == CSN_BEHIND;

	return mem_printf(run->mem_ctx, "apply%s%s", is_behind ? " --full" : "",
		run->arguments.bootstrap ? " --bootstrap" : "");
}

/* Records that go, not because anybody removed them: what they were is in error now, too. */
static size_t count_left_out(const struct run *run, const struct plan *plan)
{
	TMP_CTX(tmp);
	struct table *out = table_new(tmp, 0);
	size_t n = 0;

	for (size_t i = 0; i < run->n_quarantined; i++) {
		const struct quarantined *one = run->quarantined[i];

		if (one->is_out && one->good_key != NULL)
			*table_slot(out, one->good_key) = out;
		for (size_t j = 0; one->is_out && j < one->n_good_part_keys; j++)
			*table_slot(out, one->good_part_keys[j]) = out;
	}
	for (size_t i = 0; i < plan->n_records; i++) {
		const struct plan_record *record = &plan->records[i];
		const char *key = record->change == RECORD_REMOVED
					  ? dn_key(tmp, record->record->dn)
					  : NULL;

		n += key != NULL && table_find(out, key) != NULL;
	}
	return n;
}

static int compare(struct publication *p)
{
	struct run *run = p->run;
	struct plan_input input = {.tree = run->tree,
		.targets = run->targets,
		.n_targets = run->n_targets,
		.roster = &p->roster,
		.source = {.uri = run->arguments.ldif != NULL ? run->arguments.ldif
							      : run->report.uri,
			.identity = run->report.identity,
			.inputs = run->inputs,
			.csn = run->report.csn},
		.reserial = {render_again, run},
		.command = run_command(run->mem_ctx, run),
		.again = called_again(p)};
	struct entries_file file = stored_entries(run);
	int failed = publication_store(p, &file, &input.entries);

	if (failed == 0)
		failed = plan_new(run->mem_ctx, p->live, &input, run->diags, &p->plan);
	if (failed == 0)
		p->plan->n_left_out = count_left_out(run, p->plan);
	return failed;
}

const struct generation_source *publication_source(const struct publication *p)
{
	const struct generation_source *last = last_run_source(&p->last, p->state);
	const struct generation *current = plan_generation(p->live);

	return last != NULL || current == NULL ? last : &current->source;
}

int publication_plan(struct publication *p, const struct string_list *last_csn)
{
	struct run *run = p->run;
	int failed = run_read(run, last_csn);

	if (failed < 0)
		return failed;
	p->has_read = true;
	if (p->state->lockfd >= 0) { /* diff changes nothing */
		failed = disarm_turned_off(p);
		if (failed < 0)
			return failed;
	}
	run_link(run);
	int64_t newest;

	if (csn_newest_time(&run->report.csn, &newest) && newest > 0)
		plan_serial_time(p->live, (uint64_t)newest);
	struct serials serials = plan_serials(p->live);

	notes_of_changes(run, plan_generation(p->live));
	failed = run_render(run, &serials);
	if (failed == 0)
		failed = run_permit(run);
	if (failed == 0 && plan_generation(p->live) == NULL)
		failed = quarantine_permit_first(run);
	if (failed < 0)
		return failed;
	site_roster(run->mem_ctx, run->site, run->roster_before, &p->roster);
	if (run->good_fault != NULL && !run->arguments.bootstrap)
		failed = lost_good_permit(run, &p->roster);
	return failed < 0 ? failed : compare(p);
}

/* Publishing */

int publication_publish(struct publication *p, const char *reason)
{
	TMP_CTX(tmp);
	struct run *run = p->run;
	struct staged *staged;
	char *output = NULL;
	int failed = publish_stage(tmp, p->state, p->plan, reason, run->diags, &staged);

	if (failed < 0)
		return failed;
	failed = daemon_check_run(tmp, staged, run->settings, run->diags, &output);
	if (failed < 0) {
		publish_discard(staged, output);
		return failed;
	}
	/* below --root no service reads the files; else what is not told now, is later */
	failed = publish_commit(staged, run->arguments.root == NULL, run->diags);
	p->has_changes = failed == 0;
	p->is_committed = staged->is_committed;
	return failed;
}

static bool is_same_raw(const struct run *run, const struct entries_file *file)
{
	const struct entries_file *before = &run->before;
	const char *dn;

	if (file->raw == NULL || before->raw == NULL)
		return file->raw == before->raw;
	return entries_differ(file->raw, before->raw, &dn) == 0 &&
	       entries_differ(file->above, before->above, &dn) == 0;
}

/*
 * Where nothing changed that is published, an entry may have all the same (a description that
 * nobody prints, the end of an installation): its last good version is that one now. What the
 * next run asks from is stored before last-run says which state it is of: from an older state
 * on, the directory tells more, never less.
 */
static int refresh_entries(struct publication *p)
{
	TMP_CTX(tmp);
	struct run *run = p->run;
	struct entries_file file = stored_entries(run);

	if (run->good != NULL && is_same_raw(run, &file) &&
		entries_equal(run->accepted, run->good))
		return 0;
	struct pieces pieces = {.base = run->before_base};

	file.generation = p->state->current;
	pieces.items = entries_parts(tmp, &file, &pieces.n);
	return delta_save(
		p->state, entries_name(tmp, p->state->current), &pieces, run->diags);
}

int publication_permit_and_publish(struct publication *p, const char *reason)
{
	struct run *run = p->run;
	const char *accept = run->arguments.accept;
	int failed = plan_permit(p->plan, run->arguments.bootstrap,
		run->settings->refuse_drift, run->diags);

	if (failed < 0)
		return failed;
	p->plan->is_accepted = guard_is_accepted(p->plan, accept);
	if (!p->plan->is_accepted &&
		!(run->arguments.bootstrap && p->plan->before == NULL))
		failed = guard_check(p->plan, &run->settings->guard, accept, run->diags);
	if (failed < 0)
		return failed;
	if (!plan_has_changes(p->plan)) {
		publish_nothing(p->plan);
		return refresh_entries(p);
	}
	return publication_publish(p, reason);
}

static bool tells_services(const struct publication *p)
{
	return !p->run->arguments.no_reload && p->run->arguments.root == NULL;
}

int publication_tell_services(struct publication *p, uint64_t generation)
{
	struct services_options options = services_defaults;

	options.generation = generation;
	return tells_services(p) ? services_run(p->state, &options, p->run->diags) : 0;
}

int publication_renew_pending(struct publication *p)
{
	struct run *run = p->run;
	size_t n_renewed = 0;

	if (!tells_services(p))
		return 0;
	for (size_t i = 0; i < run->n_targets; i++) {
		int r = pending_renew(p->state, run->targets[i].name,
			&run->targets[i].on_change, run->diags);

		if (r < 0)
			return r;
		n_renewed += r > 0;
	}
	return n_renewed == 0 ? 0 : publication_tell_services(p, 0);
}

int publication_drop_pending(struct publication *p)
{
	TMP_CTX(tmp);
	struct run *run = p->run;
	struct pending *notes;
	size_t n = 0;
	int r = tells_services(p) ? pending_load(tmp, p->state, run->diags, &notes, &n)
				  : 0;

	for (size_t i = 0; r == 0 && i < n; i++) {
		const char *name = notes[i].target;

		if (targets_find(run->targets, run->n_targets, name) != NULL)
			continue;
		diag_add(run->diags, SEVERITY_WARNING, "pending", LOC_NONE,
			"the service of target '%s' was not told of its last change, and the "
			"target has left the settings: it is not tried any more",
			name);
		r = pending_remove(p->state, name, run->diags);
	}
	return r;
}

int publication_pending(const struct publication *p)
{
	TMP_CTX(tmp);
	struct pending *notes;
	size_t n = 0;
	int r = tells_services(p) ? pending_load(tmp, p->state, p->run->diags, &notes, &n)
				  : 0;

	return r < 0 ? r : n > 0 ? -(int)EXIT_PENDING : 0;
}

/* The result */

void publication_report(const struct publication *p)
{
	TMP_CTX(tmp);
	struct run *run = p->run;

	if (run->result != NULL) {
		json_put_number(run->result, "generation", (int64_t)p->state->current);
		json_put_bool(run->result, "changed", p->has_changes || p->has_disarmed);
		/* of what turned off an installation, where nothing followed */
		if (p->plan != NULL && (p->has_changes || !p->has_disarmed))
			json_put_text(run->result, "summary", plan_summary(tmp, p->plan));
		return;
	}
	if (!p->has_changes || run->arguments.quiet)
		return;
	printf("generation %llu: %s\n", (unsigned long long)p->state->current,
		plan_summary(tmp, p->plan));
}
