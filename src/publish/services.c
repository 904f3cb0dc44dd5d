/* SPDX-License-Identifier: Apache-2.0 */
#include "publish/services.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"
#include "publish/child.h"
#include "publish/kea_socket.h"

enum { POLL_MS = 100, SHOWN_LINES = 10 };

const struct services_options services_defaults = {
	.timeout_ms = 30000, .settle_ms = 1000};

/* One thing to do, for all notes that ask for it. */
struct job {
	struct action action; /* the strongest of the notes */
	const char *unit; /* as systemd calls it; NULL: a command */
	struct pending **notes;
	size_t n_notes;
};

struct servicing {
	TALLOC_CTX *mem_ctx; /* of the run */
	const struct state *state;
	const struct services_options *options;
	struct diags *diags;
	struct job *jobs;
	size_t n_jobs;
};

/* What `systemctl show` says of a unit. */
struct unit {
	const char *id;
	const char *load, *active, *invocation, *pid, *can_reload;
};

/* Units */

static const char *value_of(char **lines, const char *key)
{
	size_t len = strlen(key);

	for (size_t i = 0; lines[i] != NULL; i++)
		if (strncmp(lines[i], key, len) == 0 && lines[i][len] == '=')
			return lines[i] + len + 1;
	return "";
}

/*
 * show_unit - 1 if the unit exists, 0 if not, -1 if systemd does not answer
 *
 * A machine that was not booted with systemd has no units, whatever systemctl says.
 */
static int show_unit(TALLOC_CTX *mem_ctx, const char *name, struct unit *ret)
{
	const char *words[] = {"systemctl", "show",
		"--property=Id,LoadState,ActiveState,InvocationID,MainPID,CanReload",
		"--", name, NULL};
	struct child_result result;
	size_t n;

	child_run(mem_ctx, words, CHILD_TIMEOUT_MS, true, &result);
	if (result.is_missing)
		return 0;
	if (result.status != 0)
		return access("/run/systemd/system", F_OK) == 0 ? -1 : 0;
	char **lines = text_split(mem_ctx, result.output, '\n', &n);

	*ret = (struct unit){
		.id = value_of(lines, "Id"),
		.load = value_of(lines, "LoadState"),
		.active = value_of(lines, "ActiveState"),
		.invocation = value_of(lines, "InvocationID"),
		.pid = value_of(lines, "MainPID"),
		.can_reload = value_of(lines, "CanReload"),
	};
	if (ret->id[0] == '\0')
		ret->id = name;
	return ret->load[0] != '\0' && strcmp(ret->load, "not-found") != 0;
}

static bool is_active(const struct unit *unit)
{
	return strcmp(unit->active, "active") == 0;
}

/* `failed` is no wish of the administrator's, and neither is what is on its way up. */
static bool is_stopped(const struct unit *unit)
{
	return strcmp(unit->active, "inactive") == 0 ||
	       strcmp(unit->active, "deactivating") == 0;
}

static bool is_same_process(const struct unit *a, const struct unit *b)
{
	return strcmp(a->invocation, b->invocation) == 0 && strcmp(a->pid, b->pid) == 0;
}

/* Sorting notes into jobs */

static bool is_same_job(
	const struct job *job, const char *unit, const struct action *action)
{
	if (unit != NULL && job->unit != NULL)
		return strcmp(unit, job->unit) == 0;
	return unit == NULL && job->unit == NULL && action->kind == ACTION_COMMAND &&
	       pending_is_same(&job->action, action);
}

static void add_note(struct servicing *s, struct pending *note, const char *unit)
{
	struct job *job = NULL;

	for (size_t i = 0; i < s->n_jobs && job == NULL; i++)
		if (is_same_job(&s->jobs[i], unit, &note->action))
			job = &s->jobs[i];
	if (job == NULL) {
		job = mem_push(s->mem_ctx, &s->jobs, &s->n_jobs);
		job->action = note->action;
		job->unit = unit;
	}
	if (note->action.kind == ACTION_RESTART)
		job->action = note->action;
	*mem_push(s->mem_ctx, &job->notes, &job->n_notes) = note;
}

static int fail(
	struct servicing *s, struct pending *note, const char *why, const char *output)
{
	TMP_CTX(tmp);
	const char *name = mem_printf(tmp, "pending/%s", note->target);
	size_t n;
	char **lines = text_split(tmp, output, '\n', &n);
	int r = diag_fail(s->diags, EXIT_PENDING, state_loc(s->state, name, s->diags),
		"target '%s' is published, but %s; it is tried again at every run",
		note->target, why);

	for (size_t i = n > SHOWN_LINES ? n - SHOWN_LINES : 0; i < n; i++)
		diag_note(diag_last(s->diags), LOC_NONE, "%s",
			text_printable_line(tmp, lines[i]));
	note->failure = mem_strdup(s->mem_ctx, why);
	int saved = pending_save(s->state, note, s->diags);

	return saved < 0 ? saved : r;
}

/* Nobody was told, and nobody will be: said whenever it happens, for it may be a misspelling. */
static void warn_of_nobody(struct servicing *s, const struct pending *note)
{
	TMP_CTX(tmp);
	struct buffer *units = buffer_new(tmp);

	for (size_t i = 0; i < note->action.words.n; i++)
		buffer_printf(
			units, "%s'%s'", i > 0 ? ", " : "", note->action.words.items[i]);
	diag_add(s->diags, SEVERITY_WARNING, "no-service", LOC_NONE,
		access("/run/systemd/system", F_OK) == 0
			? "target '%s' is published, and nobody was told: there is no unit %s"
			: "target '%s' is published, and nobody was told: this machine has no "
			  "systemd, and so no unit %s; 'on-change' can name a command",
		note->target, units->data);
}

/* The first unit that exists; a note that has nothing to do here goes. */
static int sort_note(struct servicing *s, struct pending *note)
{
	bool is_stopped_here = false;

	if (note->action.kind == ACTION_COMMAND) {
		add_note(s, note, NULL);
		return 0;
	}
	for (size_t i = 0; i < note->action.words.n; i++) {
		const char *name = note->action.words.items[i];
		struct unit unit;

		if (name[0] == '/') { /* Kea's control socket */
			if (!kea_listens(name))
				continue;
			add_note(s, note, name);
			return 0;
		}
		int found = show_unit(s->mem_ctx, name, &unit);

		if (found < 0)
			return fail(s, note,
				mem_printf(s->mem_ctx,
					"systemd does not answer for unit '%s'", name),
				"");
		if (found == 0)
			continue;
		/* what went down in our own attempt was not stopped by anybody else */
		is_stopped_here =
			is_stopped(&unit) && !(note->was_active && note->attempts > 0);
		if (is_stopped_here)
			break;
		note->was_active = note->was_active || !is_stopped(&unit);
		add_note(s, note, unit.id);
		return 0;
	}
	if (!is_stopped_here)
		warn_of_nobody(s, note);
	return pending_remove(s->state, note->target, s->diags);
}

/* Doing a job: each gives NULL, or why it is not confirmed */

static const char *run_words(
	struct servicing *s, const char *const *words, const char **ret_output)
{
	struct child_result result;

	child_run(s->mem_ctx, words, s->options->timeout_ms, false, &result);
	*ret_output = result.output;
	if (result.status == 0 && !result.is_timed_out)
		return NULL;
	return mem_printf(s->mem_ctx, "'%s' %s", child_format(s->mem_ctx, words),
		child_describe(s->mem_ctx, &result, s->options->timeout_ms));
}

/*
 * Watches until the unit is active as another process than @before, and then that it
 * stays so for the settling time: a daemon that dies of its configuration does so at
 * once.
 */
static const char *await_restart(
	struct servicing *s, const char *name, const struct unit *before)
{
	int64_t deadline = clock_ms() + s->options->timeout_ms, settled = 0;
	struct unit first = {0};

	for (;;) {
		struct unit unit = {.active = "unknown"};
		int found = show_unit(s->mem_ctx, name, &unit);
		bool is_new = found == 1 && is_active(&unit) &&
			      (!is_same_process(before, &unit) || before->pid[0] == '\0');
		int64_t now = clock_ms();

		if (found == 1 && strcmp(unit.active, "failed") == 0)
			return mem_printf(
				s->mem_ctx, "unit '%s' failed after the restart", name);
		if (first.id != NULL && (!is_new || !is_same_process(&first, &unit)))
			return mem_printf(s->mem_ctx,
				"unit '%s' did not stay active after the restart", name);
		if (is_new && first.id == NULL) {
			first = unit;
			settled = now + s->options->settle_ms;
		}
		if (first.id != NULL && now >= settled)
			return NULL;
		if (first.id == NULL && now >= deadline)
			return mem_printf(s->mem_ctx,
				"unit '%s' is '%s' after the "
				"restart, or was not restarted",
				name, unit.active);
		(void)poll(NULL, 0, POLL_MS);
	}
}

static const char *restart(struct servicing *s, const char *name, const char **ret_output)
{
	const char *words[] = {"systemctl", "restart", "--", name, NULL};
	struct unit before = {.invocation = "", .pid = ""};

	(void)!show_unit(s->mem_ctx, name, &before);
	const char *why = run_words(s, words, ret_output);

	return why != NULL ? why : await_restart(s, name, &before);
}

/* A unit that cannot reload is restarted: its files have to be read somehow. */
static const char *reload(struct servicing *s, const char *name, const char **ret_output)
{
	const char *words[] = {"systemctl", "reload", "--", name, NULL};
	struct unit before, after;

	if (show_unit(s->mem_ctx, name, &before) != 1)
		return mem_printf(
			s->mem_ctx, "systemd does not answer for unit '%s'", name);
	if (strcmp(before.can_reload, "no") == 0 || !is_active(&before))
		return restart(s, name, ret_output);
	const char *why = run_words(s, words, ret_output);

	if (why != NULL)
		return why;
	if (show_unit(s->mem_ctx, name, &after) != 1 || !is_active(&after))
		return mem_printf(
			s->mem_ctx, "unit '%s' is not active after the reload", name);
	return NULL;
}

/* Each attempt is counted before it is made: it may take the service down, and us. */
static int count_attempt(struct servicing *s, const struct job *job)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < job->n_notes; i++) {
		job->notes[i]->attempts++;
		r = pending_save(s->state, job->notes[i], s->diags);
	}
	return r;
}

static int do_job(struct servicing *s, const struct job *job)
{
	const char *output = "", *why;
	int r = count_attempt(s, job);

	if (r < 0)
		return r;
	if (job->action.kind == ACTION_COMMAND)
		why = run_words(s, job->action.words.items, &output);
	else if (job->unit[0] == '/')
		why = kea_reload(s->mem_ctx, job->unit, s->options->timeout_ms);
	else if (job->action.kind == ACTION_RESTART)
		why = restart(s, job->unit, &output);
	else
		why = reload(s, job->unit, &output);
	for (size_t i = 0; i < job->n_notes; i++) {
		int done = why == NULL ? pending_remove(s->state, job->notes[i]->target,
						 s->diags)
				       : fail(s, job->notes[i], why, output);

		r = r < 0 ? r : done;
	}
	return r;
}

int services_run(const struct state *state, const struct services_options *options,
	struct diags *diags)
{
	TMP_CTX(tmp);
	struct servicing s = {
		.mem_ctx = tmp,
		.state = state,
		.options = options,
		.diags = diags,
	};
	struct pending *notes;
	size_t n;
	int r = pending_load(tmp, state, diags, &notes, &n);

	if (r < 0)
		return r;
	for (size_t i = 0; i < n; i++) {
		if (notes[i].generation < options->generation)
			continue;
		int sorted = sort_note(&s, &notes[i]);

		r = r < 0 ? r : sorted;
	}
	for (size_t i = 0; i < s.n_jobs; i++) {
		int done = do_job(&s, &s.jobs[i]);

		r = r < 0 ? r : done;
	}
	return r;
}
