/* SPDX-License-Identifier: Apache-2.0 */
#include "vcn/host/perform.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <json-c/json.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "vcn/guest/preflight.h"
#include "vcn/guest/supervise.h"
#include "vcn/host/admission.h"
#include "vcn/host/control.h"
#include "vcn/host/succession.h"
#include "vcn/host/unit.h"

enum {
	STOP_MARGIN_MS = 10000, /* above the ladder's own deadline */
	SILENCE_MS = 3000, /* for the answer to a kill */
	START_MARGIN_S = 30, /* above ready-timeout: spawning, and a slow image server */
	END_TICK_MS = 50, /* of a supervisor that nobody can ask: its lock is looked at */
	UNIT_TICK_MS = 200, /* systemd tells nothing by itself: the state file is read */
	UNIT_CHECK_S = 2, /* a unit that shows no state after this is asked for */
	MS_PER_S = 1000,
	READ_STEP = 4096,
};

enum phase {
	PHASE_PENDING,
	PHASE_STOPPING,
	PHASE_STARTING, /* its network driver is not up yet */
	PHASE_SETTLING, /* it is, and the guest is not ready yet */
	PHASE_OVER,
};

/* One action in progress. */
struct job {
	struct action *action;
	enum phase phase;
	int fd; /* its supervisor's reports, or the end of its stop; -1 */
	struct buffer *partial; /* of a line of state */
	struct run_state *last; /* as last reported */
	int64_t deadline_ms;
	int64_t began_at; /* Unix seconds */
	bool is_replaced; /* by its own supervisor, which goes back where that fails */
};

struct performance {
	TALLOC_CTX *mem_ctx;
	const struct perform_options *options;
	struct diags *diags;
	struct job *jobs;
	size_t n_jobs;
	struct admission admission;
	const struct plan *plan;
	struct succession *succession;
	bool may_start; /* the stops are over and memory has been counted */
	bool has_acted; /* all that is left is to wait for guests */
	bool is_roll_over; /* a restarted guest did not come back */
	int code; /* of the first failure */
};

/* The end of a job */

/* Has this job begun? Of a restart that is pending: is its stop behind it? */
static bool has_begun(const struct job *job)
{
	return job->deadline_ms != 0;
}

static size_t place_of(const struct performance *p, const struct job *job)
{
	return (size_t)(job->action - p->plan->actions);
}

static void finish(struct performance *p, struct job *job, enum action_result result)
{
	mem_close_fd(&job->fd);
	if (result == RESULT_DONE)
		succession_gave(p->succession, place_of(p, job));
	else
		succession_keeps(p->succession, place_of(p, job));
	job->phase = PHASE_OVER;
	job->action->result = result;
	if (p->options->told != NULL)
		p->options->told(p->options->user, job->action);
}

/* @code: of a failure that has been added as the last one. */
static void finish_failed(struct performance *p, struct job *job, int code)
{
	job->action->message = diag_last(p->diags)->message;
	if (p->code == 0)
		p->code = code;
	if (job->action->kind == ACTION_RESTART && has_begun(job))
		p->is_roll_over = true;
	finish(p, job, RESULT_FAILED);
}

/* "'NAME' @what: @why" */
static void fail(struct performance *p, struct job *job, enum exit_code code,
	const char *what, const char *why)
{
	finish_failed(p, job,
		diag_fail(p->diags, code, job->action->guest->where, "'%s' %s: %s",
			job->action->name, what, why));
}

static void finish_unstarted(struct performance *p, struct job *job, const char *why)
{
	fail(p, job, EXIT_REJECTED, "did not start", why);
}

static void finish_waiting(struct performance *p, struct job *job)
{
	if (!job->action->is_told) {
		fail(p, job, EXIT_REJECTED, "has failed", job->action->reason);
		return;
	}
	if (p->code == 0)
		p->code = -EXIT_REJECTED;
	finish(p, job, RESULT_FAILED);
}

/* Its supervisor has ended: @why, unless another one was there first. */
static void finish_ended(struct performance *p, struct job *job, const char *why)
{
	TMP_CTX(tmp);
	struct run_state *state;
	const char *name = job->action->name;
	int r = run_state_read(
		tmp, p->options->settings->runtime_dir, name, p->diags, &state);

	if (r < 0)
		finish_failed(p, job, r);
	else if (run_state_is_running(state))
		finish_failed(p, job,
			diag_fail(p->diags, EXIT_BUSY, job->action->guest->where,
				"'%s' is started by somebody else at the same time",
				name));
	else
		finish_unstarted(p, job, why);
}

static void finish_started(struct performance *p, struct job *job)
{
	if (job->last->message != NULL)
		diag_add(p->diags, SEVERITY_WARNING, NULL, job->action->guest->where,
			"'%s': %s", job->action->name, job->last->message);
	job->action->ready_us = job->last->stage_us[STAGE_READY];
	finish(p, job, RESULT_DONE);
}

/* Stopping */

/* A guest that is killed has no ladder: only the kernel can keep it. */
static int64_t stop_time_ms(const struct performance *p, const struct job *job)
{
	unsigned timeout_s = p->options->stop_timeout_s;

	if (job->action->kind == ACTION_KILL)
		return SILENCE_MS;
	return (int64_t)(timeout_s > 0 ? timeout_s
				       : p->options->settings->stop_timeout_s) *
	       MS_PER_S;
}

static void ask_to_end(struct performance *p, struct job *job)
{
	const struct launch_settings *settings = p->options->settings;
	int r = job->action->kind == ACTION_KILL
			? control_kill_begin(settings->runtime_dir, job->action->name,
				  p->diags, &job->fd)
			: control_stop_begin(settings->runtime_dir, job->action->name,
				  p->options->stop_timeout_s, p->diags, &job->fd);

	if (r < 0)
		finish_failed(p, job, r);
}

static void stopped(struct performance *p, struct job *job)
{
	mem_close_fd(&job->fd);
	succession_gave(p->succession, place_of(p, job));
	if (job->action->kind == ACTION_RESTART)
		job->phase = PHASE_PENDING; /* its second half is an ordinary start */
	else
		finish(p, job, RESULT_DONE);
}

/*
 * Nobody listens (any more). Only the lock says that the guest is gone: its supervisor may have
 * just begun, and listen next time, or have lost its socket.
 */
static void look_at_end(struct performance *p, struct job *job)
{
	mem_close_fd(&job->fd);
	if (run_state_is_held(p->options->settings->runtime_dir, job->action->name))
		ask_to_end(p, job);
	else
		stopped(p, job);
}

static void begin_stop(struct performance *p, struct job *job)
{
	/* Until it answers; then it climbs the ladder itself, and is given a margin. */
	job->deadline_ms = clock_ms() + stop_time_ms(p, job);
	job->phase = PHASE_STOPPING;
	ask_to_end(p, job);
	if (job->phase == PHASE_STOPPING && job->fd < 0)
		look_at_end(p, job);
}

static void go_on_stopping(struct performance *p, struct job *job)
{
	int r = control_take(job->action->name, job->fd, p->diags);

	if (r < 0)
		finish_failed(p, job, r);
	else if (r == 0)
		look_at_end(p, job);
	else
		job->deadline_ms = clock_ms() + stop_time_ms(p, job) + STOP_MARGIN_MS;
}

/* Its supervisor stands still, or cannot end it: the last rung is ours. */
static void force_stop(struct performance *p, struct job *job)
{
	const char *name = job->action->name;
	int r = control_force(p->options->settings->runtime_dir, name, p->diags);

	if (r < 0) {
		finish_failed(p, job, r);
		return;
	}
	diag_add(p->diags, SEVERITY_WARNING, NULL, LOC_NONE,
		"VCN '%s': its supervisor did not answer and was killed", name);
	stopped(p, job);
}

/* Starting */

/* What the supervisor says of the guest; @is_end: it says no more. */
static void judge(struct performance *p, struct job *job, bool is_end)
{
	const struct run_state *state = job->last;
	const char *why = state == NULL || state->message == NULL ? NULL : state->message;

	if (state == NULL) {
		if (is_end)
			finish_ended(p, job, "its supervisor ended without a word");
		return;
	}
	if (state->stage_us[STAGE_NIC] >= 0 && job->phase == PHASE_STARTING)
		job->phase = PHASE_SETTLING;
	if (state->state == STATE_READY)
		finish_started(p, job);
	else if (state->state == STATE_DEGRADED)
		fail(p, job, EXIT_REJECTED, "runs, but is not ready",
			why == NULL ? "it did not say so in time" : why);
	else if (state->state == STATE_WAITING)
		fail(p, job, EXIT_REJECTED, "waits",
			why == NULL ? "it did not say for what" : why);
	else if (state->state == STATE_FAILED && (is_end || job->fd < 0))
		finish_ended(p, job, why == NULL ? "it failed" : why);
	else if (is_end) /* of one that failed, only now is everything cleaned up */
		finish_ended(p, job, why == NULL ? "it ended before it was ready" : why);
}

static void take_line(struct performance *p, struct job *job, const char *line)
{
	struct json_object *json = json_read(line, strlen(line));
	struct run_state *state = run_state_from_json(p->mem_ctx, json);

	json_object_put(json);
	if (state == NULL)
		return;
	talloc_free(job->last);
	job->last = state;
	judge(p, job, false);
}

/* Reads what is there; every whole line is a state. */
static void take_reports(struct performance *p, struct job *job)
{
	ssize_t n = read(job->fd, buffer_reserve(job->partial, READ_STEP), READ_STEP);
	char *end;

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n > 0)
		buffer_grown(job->partial, (size_t)n);
	while (job->phase != PHASE_OVER &&
		(end = strchr(job->partial->data, '\n')) != NULL) {
		TMP_CTX(tmp);
		size_t length = (size_t)(end - job->partial->data);
		const char *line = mem_strndup(tmp, job->partial->data, length);

		memmove(job->partial->data, end + 1, job->partial->len - length);
		buffer_truncate(job->partial, job->partial->len - length - 1);
		take_line(p, job, line);
	}
	if (n <= 0 && job->phase != PHASE_OVER)
		judge(p, job, true);
}

/* A unit's guest: its state file tells, if it is newer than our request. */
static void look_at_unit(struct performance *p, struct job *job)
{
	TMP_CTX(tmp);
	const char *runtime_dir = p->options->settings->runtime_dir;
	struct run_state *state;
	int r = run_state_read(tmp, runtime_dir, job->action->name, p->diags, &state);

	if (r < 0) {
		finish_failed(p, job, r);
		return;
	}
	if (run_state_is_running(state) || state->changed_at >= job->began_at) {
		talloc_free(job->last);
		job->last = talloc_steal(p->mem_ctx, state);
		judge(p, job, false);
	}
	if (job->phase == PHASE_OVER || time(NULL) < job->began_at + UNIT_CHECK_S ||
		(job->last != NULL && run_state_is_running(job->last)))
		return;
	const char *unit = unit_state(tmp, job->action->name);

	if (strcmp(unit, "failed") == 0 || strcmp(unit, "inactive") == 0)
		finish_unstarted(p, job,
			mem_printf(tmp, "its unit is %s: journalctl -u vcn@%s.service",
				unit, job->action->name));
}

static void begin_start(struct performance *p, struct job *job)
{
	const struct launch_settings *settings = p->options->settings;
	struct supervise_options options = {
		.console_fd = -1,
		.report_fd = -1,
		.booted = perform_record,
		.user = (void *)(uintptr_t)settings,
	};

	job->phase = PHASE_STARTING;
	job->began_at = time(NULL);
	job->deadline_ms =
		clock_ms() +
		((int64_t)settings->ready_timeout_s + START_MARGIN_S) * MS_PER_S;
	job->partial = buffer_new(p->mem_ctx);
	int r = p->options->use_units
			? unit_start(job->action->name, p->diags)
			: supervise_detach(settings, job->action->guest, p->options->host,
				  &options, p->diags, &job->fd);

	if (r < 0)
		finish_failed(p, job, r);
}

/* Admission */

/* It does not fit, which status tells until it does. */
static void finish_refused(struct performance *p, struct job *job, int code)
{
	const char *why = diag_last(p->diags)->message;

	if (job->action->kind == ACTION_START)
		run_state_refuse(p->options->settings->runtime_dir, p->options->host,
			job->action->guest, why);
	finish_failed(p, job, code);
}

static void admit_pending(struct performance *p)
{
	TMP_CTX(tmp);
	enum accel accel = p->options->settings->accel;
	const struct guest **guests = NULL;
	size_t n = 0, next = 0;

	for (size_t i = 0; i < p->n_jobs; i++)
		if (p->jobs[i].phase == PHASE_PENDING)
			*mem_push(tmp, &guests, &n) = p->jobs[i].action->guest;
	uint64_t *copied = mem_array(tmp, uint64_t, n);

	admission_copied_mib(guests, n, copied);
	for (size_t i = 0; i < p->n_jobs; i++) {
		struct job *job = &p->jobs[i];
		const struct action *action = job->action;

		if (job->phase != PHASE_PENDING)
			continue;
		int r = admission_take(&p->admission, action->guest, accel,
			copied[next++],
			action->kind == ACTION_RESTART ? action->state : NULL, p->diags);

		if (r < 0)
			finish_refused(p, job, r);
	}
}

/* After the stops: what is free now, and who of those to start fits into it. */
static int admit_starts(struct performance *p)
{
	TMP_CTX(tmp);
	const struct launch_settings *settings = p->options->settings;
	struct observation seen;
	int r = supervise_check(settings, p->diags);

	if (r == 0)
		r = reconcile_observe(tmp, settings->runtime_dir, NULL, p->diags, &seen);
	if (r == 0)
		r = admission_open(
			settings, seen.states, seen.n_states, p->diags, &p->admission);
	if (r == 0)
		admit_pending(p);
	return r;
}

/* Restarting, with a way back */

/* False where its supervisor cannot: then it is a stop and a start. */
static bool begin_replacing(struct performance *p, struct job *job)
{
	TMP_CTX(tmp);
	const struct launch_settings *settings = p->options->settings;
	const char *request = mem_printf(tmp,
		"{\"request\": \"replace\", \"timeout\": %u, \"manifest\": \"%s\"}",
		p->options->stop_timeout_s, p->options->manifest_copy);

	if (control_request(settings->runtime_dir, job->action->name, request, SILENCE_MS,
		    diags_new(tmp), NULL) < 0)
		return false;
	job->phase = PHASE_STARTING;
	job->is_replaced = true;
	job->began_at = time(NULL);
	job->deadline_ms =
		clock_ms() + stop_time_ms(p, job) + STOP_MARGIN_MS +
		2 * ((int64_t)settings->ready_timeout_s + START_MARGIN_S) * MS_PER_S;
	return true;
}

static void judge_replaced(struct performance *p, struct job *job)
{
	const struct run_state *state = job->last;
	const char *name = job->action->name;

	if (run_state_is_running(state) && state->is_replacing)
		return;
	if (state->backed_out != NULL && run_state_is_running(state))
		finish_failed(p, job,
			diag_fail(p->diags, EXIT_REJECTED, job->action->guest->where,
				"'%s' did not get ready with its changes: %s; it runs as "
				"it was before",
				name, state->backed_out));
	else if (state->backed_out != NULL)
		finish_failed(p, job,
			diag_fail(p->diags, EXIT_REJECTED, job->action->guest->where,
				"'%s' did not get ready with its changes: %s; nor as it "
				"was before: %s",
				name, state->backed_out,
				state->message == NULL ? "it ended" : state->message));
	else
		/* stopped by somebody else, it says no more */
		judge(p, job, !run_state_is_running(state));
}

static void look_at_replaced(struct performance *p, struct job *job)
{
	struct run_state *state;
	int r = run_state_read(p->mem_ctx, p->options->settings->runtime_dir,
		job->action->name, p->diags, &state);

	if (r < 0) {
		finish_failed(p, job, r);
		return;
	}
	talloc_free(job->last);
	job->last = state;
	judge_replaced(p, job);
}

/* The loop */

static size_t count_phase(const struct performance *p, enum phase phase)
{
	size_t n = 0;

	for (size_t i = 0; i < p->n_jobs; i++)
		n += p->jobs[i].phase == phase;
	return n;
}

/* Restarts between their stop and their being ready. */
static size_t count_away(const struct performance *p)
{
	size_t n = 0;

	for (size_t i = 0; i < p->n_jobs; i++)
		n += p->jobs[i].action->kind == ACTION_RESTART &&
		     p->jobs[i].phase != PHASE_OVER && has_begun(&p->jobs[i]);
	return n;
}

static void finish_unrestarted(
	struct performance *p, struct job *job, enum exit_code code, const char *why)
{
	fail(p, job, code, "was not restarted", why);
}

static struct job *job_at(struct performance *p, size_t place)
{
	for (size_t i = 0; i < p->n_jobs; i++)
		if (place_of(p, &p->jobs[i]) == place)
			return &p->jobs[i];
	return NULL;
}

/* What runs is not stopped for what could not start: false, and its job is over. */
static bool can_come_back(struct performance *p, struct job *job)
{
	TMP_CTX(tmp);
	struct diags *diags = diags_new(tmp);
	const struct guest *guest = job->action->guest;
	int r = preflight_start(p->options->settings, guest, diags);

	if (r == 0)
		return true;
	finish_unrestarted(p, job, r == -EXIT_REFUSED ? EXIT_REFUSED : EXIT_REJECTED,
		guest_own_words(guest, diag_last(diags)->message));
	return false;
}

/* Those that exchange something: no one of them can come back before all are away. */
static void begin_circle(struct performance *p, const size_t *places, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct job *job = job_at(p, places[i]);

		if (job != NULL && job->phase == PHASE_PENDING && !has_begun(job) &&
			!can_come_back(p, job))
			return;
	}
	for (size_t i = 0; i < n; i++) {
		struct job *job = job_at(p, places[i]);

		if (job != NULL && job->phase == PHASE_PENDING && !has_begun(job))
			begin_stop(p, job);
	}
}

static void begin_restart(struct performance *p, struct job *job)
{
	TMP_CTX(tmp);
	size_t *places;
	size_t n = succession_circle(tmp, p->succession, place_of(p, job), &places);
	size_t n_away = count_away(p);

	if (n == 0 || (n_away > 0 && n_away + n > p->options->max_unavailable))
		return;
	if (n > 1)
		begin_circle(p, places, n);
	else if ((p->options->manifest_copy == NULL || !begin_replacing(p, job)) &&
		 can_come_back(p, job))
		begin_stop(p, job);
}

static void begin_pending(struct performance *p, struct job *job)
{
	TMP_CTX(tmp);
	size_t place = place_of(p, job);
	const char *what;

	if (job->action->kind != ACTION_RESTART || has_begun(job)) {
		if (count_phase(p, PHASE_STARTING) < p->options->settings->parallel &&
			succession_may_start(p->succession, place))
			begin_start(p, job);
		return;
	}
	const struct action *keeper = succession_keeper(p->succession, place, &what);

	if (p->is_roll_over)
		finish_unrestarted(p, job, EXIT_REJECTED, "an earlier restart failed");
	else if (keeper != NULL)
		finish_unrestarted(p, job, EXIT_REJECTED,
			mem_printf(tmp, "'%s' still has its %s", keeper->name, what));
	else
		begin_restart(p, job);
}

/* Whatever may begin now; EXIT_MISSING and the like end everything. */
static int begin_some(struct performance *p)
{
	if (!p->may_start && count_phase(p, PHASE_STOPPING) > 0)
		return 0;
	if (!p->may_start && count_phase(p, PHASE_PENDING) > 0) {
		int r = admit_starts(p);

		if (r < 0)
			return r;
	}
	p->may_start = true;
	for (size_t i = 0; i < p->n_jobs; i++)
		if (p->jobs[i].phase == PHASE_PENDING)
			begin_pending(p, &p->jobs[i]);
	return 0;
}

static void expire(struct performance *p, struct job *job)
{
	TMP_CTX(tmp);
	const char *why = "its supervisor does not say how it goes on";

	if (job->phase == PHASE_STOPPING) {
		force_stop(p, job);
		return;
	}
	if (job->last != NULL && job->last->n_boots > 1)
		why = mem_printf(tmp, "it has booted %u times and was never ready",
			job->last->n_boots);
	finish_unstarted(p, job, why);
}

/* @events of its descriptor; 0 for none. */
static void attend(struct performance *p, struct job *job, short events)
{
	bool is_starting = job->phase == PHASE_STARTING || job->phase == PHASE_SETTLING;

	if (job->phase == PHASE_STOPPING && job->fd < 0)
		look_at_end(p, job);
	else if (job->phase == PHASE_STOPPING && events != 0)
		go_on_stopping(p, job);
	else if (is_starting && events != 0)
		take_reports(p, job);
	else if (is_starting && job->is_replaced)
		look_at_replaced(p, job);
	else if (is_starting && job->fd < 0)
		look_at_unit(p, job);
	if ((job->phase == PHASE_STOPPING || is_starting) && job->phase != PHASE_OVER &&
		clock_ms() >= job->deadline_ms)
		expire(p, job);
}

/* How long poll() may sleep: to the next deadline, or the next look at a unit. */
static int sleep_ms(const struct performance *p)
{
	int64_t until = INT64_MAX, now = clock_ms();

	for (size_t i = 0; i < p->n_jobs; i++) {
		const struct job *job = &p->jobs[i];
		bool is_waiting = job->phase != PHASE_PENDING && job->phase != PHASE_OVER;

		if (!is_waiting)
			continue;
		if (job->fd < 0)
			return job->phase == PHASE_STOPPING ? END_TICK_MS : UNIT_TICK_MS;
		if (job->deadline_ms < until)
			until = job->deadline_ms;
	}
	if (until == INT64_MAX)
		return 0; /* nothing under way: what is pending can begin */
	return until <= now ? 0 : (int)(until - now);
}

static void wait_and_attend(struct performance *p)
{
	TMP_CTX(tmp);
	struct pollfd *ready = mem_array(tmp, struct pollfd, p->n_jobs);

	for (size_t i = 0; i < p->n_jobs; i++)
		ready[i] = (struct pollfd){.fd = p->jobs[i].fd, .events = POLLIN};
	if (poll(ready, p->n_jobs, sleep_ms(p)) < 0)
		memset(ready, 0,
			p->n_jobs * sizeof(ready[0])); /* EINTR: only deadlines */
	for (size_t i = 0; i < p->n_jobs; i++)
		attend(p, &p->jobs[i], ready[i].revents);
}

/* Jobs of the actions that do something; the stops begin at once. */
static void open_jobs(struct performance *p, struct plan *plan)
{
	p->plan = plan;
	p->succession = succession_new(p->mem_ctx, plan);
	p->jobs = mem_array(p->mem_ctx, struct job, plan->n_actions);
	for (size_t i = 0; i < plan->n_actions; i++) {
		struct job *job = &p->jobs[p->n_jobs];

		if (plan->actions[i].kind == ACTION_OUTDATED)
			continue;
		p->n_jobs++;
		*job = (struct job){.action = &plan->actions[i], .fd = -1};
		if (job->action->kind == ACTION_STOP || job->action->kind == ACTION_KILL)
			begin_stop(p, job);
		else if (job->action->kind == ACTION_WAIT)
			finish_waiting(p, job);
	}
}

/* A start has begun once its supervisor has spoken: then it holds the guest's own lock. */
static void note_acted(struct performance *p)
{
	for (size_t i = 0; i < p->n_jobs; i++) {
		const struct job *job = &p->jobs[i];

		if (job->phase == PHASE_PENDING || job->phase == PHASE_STOPPING ||
			(job->phase == PHASE_STARTING && job->last == NULL))
			return;
	}
	if (!p->has_acted && p->options->acted != NULL)
		p->options->acted(p->options->user);
	p->has_acted = true;
}

int perform_plan(
	struct plan *plan, const struct perform_options *options, struct diags *diags)
{
	TMP_CTX(tmp);
	struct performance p = {.mem_ctx = tmp, .options = options, .diags = diags};
	int r = 0;

	open_jobs(&p, plan);
	while (r == 0 && count_phase(&p, PHASE_OVER) < p.n_jobs) {
		r = begin_some(&p);
		note_acted(&p);
		if (r == 0)
			wait_and_attend(&p);
	}
	return r < 0 ? r : p.code;
}

/* Records */

/* Did this guest boot at some time since @since? */
static bool was_booting(const struct run_state *state, int64_t since)
{
	switch (state->state) {
	case STATE_STARTING:
	case STATE_BOOTING:
		return true;
	case STATE_READY:
	case STATE_DEGRADED:
		return state->changed_at >= since;
	default:
		return false;
	}
}

/* How many guests shared the host's processors and image server with this boot. */
static unsigned count_concurrent(
	const char *runtime_dir, const struct boot_record *record)
{
	TMP_CTX(tmp);
	struct diags *unheard = diags_new(tmp);
	struct observation seen;
	unsigned concurrent = 1;

	if (reconcile_observe(tmp, runtime_dir, NULL, unheard, &seen) < 0)
		return concurrent;
	for (size_t i = 0; i < seen.n_states; i++)
		concurrent += strcmp(seen.states[i]->name, record->name) != 0 &&
			      was_booting(seen.states[i], (int64_t)record->started);
	return concurrent;
}

void perform_record(void *user, const struct boot_record *record)
{
	TMP_CTX(tmp);
	const struct launch_settings *settings = user;
	struct boot_record whole = *record;

	if (whole.concurrency == 0)
		whole.concurrency = count_concurrent(settings->runtime_dir, record);
	if (whole.load <= 0 && getloadavg(&whole.load, 1) != 1)
		whole.load = 0;
	/* a record that cannot be written is no reason to stop a guest */
	(void)!record_append(settings->records, &whole, diags_new(tmp));
}
