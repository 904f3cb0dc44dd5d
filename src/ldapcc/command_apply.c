/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/table.h"
#include "ldapcc/ahead.h"
#include "ldapcc/commands.h"
#include "ldapcc/disarm.h"
#include "ldapcc/publication.h"
#include "ldapcc/quiet.h"
#include "ldapcc/run_metrics.h"
#include "ldapcc/since.h"
#include "ldapcc/standby.h"
#include "publish/publish.h"
#include "read/csn.h"

/* apply: the cron command. */

/* Can it be left out? */

/*
 * Nothing moved in the directory since what the current generation was made from, nor in the
 * settings, templates and installed files, the last complete read is not too old, and no
 * installation runs out.
 */
static bool is_unchanged(struct publication *p)
{
	struct run *run = p->run;
	TMP_CTX(tmp);
	struct directory_report report = {0};
	const struct generation_source *source = last_run_source(&p->last, p->state);
	int64_t now = (int64_t)time(NULL), age = now - p->last.read_time;

	if (run->arguments.full || run->arguments.ldif != NULL || source == NULL ||
		source->csn.n == 0 || run->settings->directory.bases.n == 0 ||
		p->last.exit != 0 || p->last.again != 0 || age < 0 ||
		(p->last.due != 0 && p->last.due <= now) ||
		age >= (int64_t)run->settings->directory.full_interval_s)
		return false;
	if (strcmp(source->inputs, run->inputs) != 0 || !plan_is_untouched(p->state))
		return false;
	/* a server that cannot be asked is the full read's to report */
	struct diags *quiet = diags_new(tmp);

	return directory_probe(tmp, &run->settings->directory, quiet, &report) == 0 &&
	       csn_compare(&source->csn, &report.csn) == CSN_EQUAL;
}

/* What it leaves for the next run */

static void note_quarantined(struct publication *p)
{
	struct run *run = p->run;
	struct last_run *now = &p->now;
	TMP_CTX(tmp);
	struct table *before = table_new(tmp, p->last.n_quarantined);

	for (size_t i = 0; i < p->last.n_quarantined; i++)
		*table_slot(before, p->last.quarantined[i].dn) = &p->last.quarantined[i];
	for (size_t i = 0; i < run->n_quarantined; i++) {
		struct quarantine_note *note =
			mem_push(run->mem_ctx, &now->quarantined, &now->n_quarantined);

		*note = (struct quarantine_note){.dn = run->quarantined[i]->dn,
			.since = now->time,
			.is_kept = run->quarantined[i]->is_kept};
		const struct quarantine_note *was = table_find(before, note->dn);

		if (was != NULL)
			note->since = was->since;
	}
}

/* What it read is no site yet where the installations that it turns off could not be. */
static bool has_site(const struct publication *p)
{
	return p->has_read && p->run->accepted != NULL;
}

/* Of a run that read nothing: as before. */
static void note_records(struct publication *p)
{
	struct run *run = p->run;
	struct last_run *now = &p->now;

	if (!has_site(p)) {
		now->read_time = p->last.read_time;
		now->due = p->last.due;
		now->n_entries = p->last.n_entries;
		now->n_hosts = p->last.n_hosts;
		now->n_vcns = p->last.n_vcns;
		now->quarantined = p->last.quarantined;
		now->n_quarantined = p->last.n_quarantined;
		return;
	}
	now->read_time = run->report.is_increment ? p->last.read_time : now->time;
	if (run->report.is_increment && snapshot_has_referrers(run->since->snapshot))
		now->again = now->time + 1;
	/* what changes tell nothing of is looked for again by the next run */
	if (run->has_hidden && !run->report.is_increment)
		now->again = now->time + run->settings->directory.full_interval_s;
	now->n_entries = run->n_entries;
	now->n_hosts = run->site->n_hosts;
	now->n_vcns = run->site->n_vcns;
	for (size_t i = 0; i < run->site->n_hosts; i++) {
		const struct machine *host = run->site->hosts[i];

		if (host->boots_installer && host->install->until != 0 &&
			(now->due == 0 || host->install->until < now->due))
			now->due = host->install->until;
	}
	note_quarantined(p);
}

/* The source belongs to the generation: a failed run leaves the last one's. */
static void note_source(struct publication *p, int result)
{
	struct last_run *now = &p->now;

	if (p->has_read && p->plan != NULL &&
		(result >= 0 || result == -(int)EXIT_PENDING)) {
		now->generation = p->state->current;
		now->source = p->plan->source;
	} else if (p->state->current == p->last.generation) {
		now->generation = p->last.generation;
		now->source = p->last.source;
	}
}

/* Nobody writes these into a crontab: an answer is waited for, as it is at a terminal. */
static bool is_asked_by_hand(const struct run *run)
{
	return run->arguments.accept != NULL || run->arguments.bootstrap ||
	       isatty(STDERR_FILENO);
}

/* Also after a failed run: what cron has mailed once is known. */
static int remember(struct publication *p, int result)
{
	struct run *run = p->run;
	bool has_checked = p->has_changes || result == -(int)EXIT_REJECTED;
	struct run_reach reach = {
		.has_read = has_site(p), .plan = has_checked ? p->plan : NULL};
	/* what reads one object knows of no other */
	bool keep_all =
		run->arguments.verbose || run->result != NULL || is_asked_by_hand(run);

	p->now = (struct last_run){
		.time = (int64_t)time(NULL), .exit = result < 0 ? -result : result};
	note_records(p);
	note_source(p, result);
	quiet_compare(run->mem_ctx, &p->last, run->diags, keep_all, reach, &p->now);
	return last_run_save(p->state, &p->now, run->diags);
}

/* The run */

/*
 * The server must be as new as what was published last, also after the settings changed: whoever
 * names another directory, or restores a backup, says so with --full.
 */
static const struct string_list *expected_csn(struct publication *p)
{
	const struct generation_source *source = publication_source(p);

	return p->run->arguments.full || source == NULL || source->csn.n == 0
		       ? NULL
		       : &source->csn;
}

/*
 * In `watch`: may what was planned be half of a change, which is published in one or not at all? A
 * node that moves is deleted and added again, and what is in error may be mended by what follows.
 */
static bool may_be_half(const struct publication *p)
{
	if (p->plan == NULL || p->run->n_quarantined > 0)
		return true;
	for (size_t i = 0; i < p->plan->n_records; i++)
		if (p->plan->records[i].change == RECORD_REMOVED)
			return true;
	return false;
}

/*
 * The plan; made anew, of all that came, where more did while the first one was made. What was
 * published meanwhile, to turn off an installation, cannot be taken back: then that comes after.
 */
static int plan_settled(struct publication *p)
{
	struct run *run = p->run, before = *run;
	const struct publication begun = *p;
	const uint64_t generation = p->state->current;

	if (run->standby == NULL)
		return publication_plan(p, expected_csn(p));
	run->mem_ctx = talloc_new(before.mem_ctx);
	run->diags = diags_new(run->mem_ctx);
	int failed = publication_plan(p, expected_csn(p));

	if (standby_has_more(
		    run->standby, may_be_half(p) ? PATIENCE_QUIET : PATIENCE_SHORT) &&
		p->state->current == generation) {
		talloc_free(run->mem_ctx);
		*run = before;
		run->decoded = NULL; /* the first one has taken it */
		*p = begun;
		if (run->arguments.verbose)
			diag_add(run->diags, SEVERITY_NOTE, NULL, LOC_NONE,
				"planned anew, as more changed meanwhile");
		return publication_plan(p, expected_csn(p));
	}
	diags_take(before.diags, run->diags);
	run->diags = before.diags;
	return failed;
}

static int read_and_publish(struct publication *p)
{
	struct run *run = p->run;
	int failed = publication_survey(p, run->arguments.bootstrap);

	if (failed == 0) {
		ahead_decode(p);
		since_prepare(p);
		failed = plan_settled(p);
	}
	/* of who was read it says itself what is off: an end may be another by now */
	if (failed < 0 && !p->has_read) {
		int off = disarm_overdue(p);

		failed = off < 0 ? off : failed;
	}
	if (failed < 0)
		return failed;
	failed = publish_check_pin(p->state, run_command(run->mem_ctx, run), run->diags);
	return failed < 0 ? failed : publication_permit_and_publish(p, "apply");
}

/* Beside a target that cannot be used: those of the others, as far as they install. */
static int only_disarm(struct publication *p)
{
	struct run *run = p->run;

	if (run->arguments.bootstrap || p->state->current == 0 ||
		run_take_renderer(run) < 0)
		return 0;
	int failed = publication_survey(p, false);

	if (failed == 0)
		failed = run_read(run, expected_csn(p));
	return failed < 0 ? disarm_overdue(p) : disarm_turned_off(p);
}

/* What earlier runs left comes first, before LDAP is asked; the pin ends the run after. */
static int work(struct publication *p)
{
	int pending = publication_tell_services(p, 0);

	if (pending < 0 && pending != -(int)EXIT_PENDING)
		return pending;
	/* who stood by was told that something did */
	if (pending == 0 && p->state->pinned == 0 && p->run->standby == NULL &&
		is_unchanged(p))
		return 0;
	int failed = run_prepare_targets(p->run);

	if (failed < 0) {
		(void)!only_disarm(p); /* what is wrong with it is told */
		disarm_tell_left(p);
		return failed;
	}
	if (pending < 0) {
		pending = publication_renew_pending(p);
		failed = pending == -(int)EXIT_PENDING ? 0 : pending;
	}
	if (failed == 0)
		failed = read_and_publish(p);
	if (failed == 0 && p->has_changes)
		failed = publication_tell_services(p, p->state->current);
	if (failed == 0 || failed == -(int)EXIT_PENDING) {
		int dropped = publication_drop_pending(p);

		failed = dropped < 0 ? dropped : failed;
	}
	if (failed < 0 && !p->has_changes)
		disarm_tell_left(p);
	/* also what an earlier run noted, or turning off installations a moment ago */
	return failed < 0 ? failed : publication_pending(p);
}

static int apply(struct run *run)
{
	struct publication p = {.run = run};
	int failed = run->standby != NULL ? ahead_open(&p) : publication_begin(&p);

	if (failed == 0)
		failed = work(&p);
	if (p.has_last) {
		int not_saved = remember(&p, failed);

		failed = failed < 0 ? failed : not_saved;
		if (not_saved < 0)
			p.state->lost_exit = -failed;
	}
	if (p.state != NULL)
		publication_report(&p);
	talloc_free(p.state); /* the lock, for `watch` */
	if (failed < 0)
		return failed;
	return run->arguments.detailed_exitcode && (p.has_changes || p.has_disarmed)
		       ? EXIT_CHANGES
		       : 0;
}

int command_apply(void *session)
{
	struct run *run = session;

	run->started = (int64_t)time(NULL);
	run->only_publishes = true;
	int result = apply(run);

	return run_metrics_write(run, run->started, result);
}
