/* SPDX-License-Identifier: Apache-2.0 */
#include "vcn/host/launch_command.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <json-c/json.h>

#include "base/file.h"
#include "base/lock.h"
#include "base/text.h"
#include "vcn/common/patience.h"
#include "vcn/common/record.h"
#include "vcn/common/record_plot.h"
#include "vcn/guest/ingress.h"
#include "vcn/guest/overlay.h"
#include "vcn/guest/supervise.h"
#include "vcn/host/admission.h"
#include "vcn/host/apply_guard.h"
#include "vcn/host/control.h"
#include "vcn/host/hosts_status.h"
#include "vcn/host/metrics.h"
#include "vcn/host/perform.h"
#include "vcn/host/run_guest.h"
#include "vcn/host/status.h"
#include "vcn/host/told.h"
#include "vcn/host/unit.h"

enum { STATUS_PATIENCE_MS = 1000, FORGET_TIMEOUT_MS = 1000 };

/* Doing */

/* One line an action; failures are told by their findings. */
static void tell(void *user, const struct action *action)
{
	static const char *const words[] = {
		[ACTION_START] = "started",
		[ACTION_STOP] = "stopped",
		[ACTION_KILL] = "killed",
		[ACTION_RESTART] = "restarted",
	};
	struct session *s = user;

	if (s->arguments.json || action->result != RESULT_DONE)
		return;
	fprintf(s->out, "%s: %s", action->name, words[action->kind]);
	if (action->ready_us >= 0)
		fprintf(s->out, ", ready after %.1f s", (double)action->ready_us / 1e6);
	fputc('\n', s->out);
	fflush(s->out); /* a start takes long: say it when it is so */
}

static void put_result(struct session *s, const char *key, struct json_object *value)
{
	if (s->arguments.json)
		json_object_object_add(s->result, key, value);
	else
		json_object_put(value);
}

/*
 * A unit runs `vcn run NAME` with the default files, so it is used only where nothing
 * else was named.
 */
static bool uses_units(const struct session *s)
{
	const struct arguments *a = &s->arguments;

	return a->manifest == NULL && a->config == NULL && a->runtime_dir == NULL &&
	       a->host == NULL && s->environment_host == NULL && unit_is_available();
}

/* @acted: once nothing is left to do but to wait; or NULL. */
static int do_plan(struct session *s, struct plan *plan, size_t max_unavailable,
	void (*acted)(void *user))
{
	struct perform_options options = {
		.settings = s->settings,
		.host = s->host,
		.stop_timeout_s = (unsigned)s->arguments.timeout_s,
		.max_unavailable = s->arguments.max_unavailable > 0
					   ? s->arguments.max_unavailable
					   : max_unavailable,
		.manifest_copy = acted != NULL ? session_copy_name(s) : NULL,
		.told = tell,
		.acted = acted,
		.user = s,
	};

	options.use_units = reconcile_count(plan, ACTION_START) +
					    reconcile_count(plan, ACTION_RESTART) >
				    0 &&
			    uses_units(s);
	int r = perform_plan(plan, &options, s->diags);

	put_result(s, "actions", reconcile_to_json(plan));
	return r;
}

/* apply and diff */

/* The command line up to `apply`, to be continued: for messages. */
static const char *apply_command(struct session *s)
{
	struct buffer *b = buffer_new(s->mem_ctx);
	const struct arguments *a = &s->arguments;

	buffer_add_text(b, "vcn");
	text_add_option(b, "manifest", a->manifest);
	text_add_option(b, "config", a->config);
	text_add_option(b, "runtime-dir", a->runtime_dir);
	text_add_option(b, "host", a->host != NULL ? a->host : s->environment_host);
	buffer_add_text(b, " apply");
	return b->data;
}

/* @request: what the supervisors are asked (reconcile_ask()). */
static int make_plan(struct session *s, const char *request, struct observation *seen,
	struct plan *ret)
{
	int r = reconcile_observe(
		s->mem_ctx, s->settings->runtime_dir, s->manifest, s->diags, seen);

	if (r < 0)
		return r;
	reconcile_ask(s->mem_ctx, s->settings->runtime_dir, request, seen);
	reconcile_plan(s->mem_ctx, s->manifest, seen, s->arguments.restart_changed,
		time(NULL), ret);
	return apply_guard_stops(reconcile_count(ret, ACTION_STOP), ret->n_running,
		s->arguments.allow_stop, apply_command(s), s->diags);
}

/* In this very spelling: there is one folder a guest. */
static bool is_in_manifest(const struct session *s, const char *name)
{
	const struct guest *guest = manifest_find(s->manifest, name);

	return guest != NULL && strcmp(guest->name, name) == 0;
}

static void forget_scratch(const void *path, int fd)
{
	(void)fd;
	overlay_forget(path);
}

/* With the scratch folder that a killed supervisor left: empty, as what was in it had no name. */
static void forget(struct session *s, const char *name)
{
	TMP_CTX(tmp);
	char *answer;
	size_t len;

	run_state_forget(s->settings->runtime_dir, name);
	if (!run_state_is_held(s->settings->runtime_dir, name))
		(void)!patience_read(tmp, FORGET_TIMEOUT_MS, 0, forget_scratch,
			file_join(tmp, s->settings->scratch, name), NULL, &answer, &len);
}

/* Folders of guests that are gone from the manifest and do not run. */
static int forget_removed(struct session *s)
{
	struct observation seen;
	int r = reconcile_observe(
		s->mem_ctx, s->settings->runtime_dir, NULL, s->diags, &seen);

	for (size_t i = 0; r == 0 && i < seen.n_states; i++)
		if (!run_state_is_running(seen.states[i]) &&
			!is_in_manifest(s, seen.states[i]->name))
			forget(s, seen.states[i]->name);
	return r;
}

/* One apply at a time: the supervisors that are detached meanwhile do not hold its lock. */
static int lock_apply(struct session *s)
{
	const char *path = file_join(s->diags, s->settings->runtime_dir, ".apply.lock");
	int r = file_make_folders(s->settings->runtime_dir, 0755);

	if (r == 0)
		r = s->lock_fd = lock_take_at(AT_FDCWD, path, LOCK_TRY_ALONE);
	if (r == -EAGAIN)
		return diag_fail(s->diags, EXIT_BUSY, loc_file(path),
			"another 'vcn apply' is at work");
	if (r < 0)
		return diag_fail_errno(s->diags, EXIT_IO, -r, loc_file(path),
			"the lock cannot be taken");
	return 0;
}

/* Everything has begun: what is left is to wait, and the next apply sees what runs. */
static void unlock_apply(void *user)
{
	struct session *s = user;

	mem_close_fd(&s->lock_fd);
}

/* With --json there is one object on standard output, and nothing else. */
static int refuse_with_json(struct session *s, bool is_given, const char *what)
{
	return !s->arguments.json || !is_given
		       ? 0
		       : diag_fail(s->diags, EXIT_USAGE, LOC_NONE,
				 "--json is one object: it does not go with %s", what);
}

/* A person hears everything, cron what is new. */
static bool is_worth_telling(
	struct session *s, struct told *told, const char *name, const char *what)
{
	bool is_news = told_is_news(told, name, what);

	return !s->arguments.json && (is_news || s->is_terminal);
}

/* EXIT_REJECTED where one was backed out: what the manifest wants, failed. */
static int tell_outdated(struct session *s, struct told *told, const struct plan *plan)
{
	int code = 0;

	for (size_t i = 0; i < plan->n_actions; i++) {
		TMP_CTX(tmp);
		const struct action *action = &plan->actions[i];
		const char *what =
			"outdated: its changes need a restart (apply --restart-changed)";

		if (action->kind != ACTION_OUTDATED)
			continue;
		if (reconcile_is_backed_out(action->guest, action->state)) {
			code = EXIT_REJECTED;
			what = mem_printf(tmp,
				"outdated: with its changes it did not get ready (vcn "
				"restart tries again): %s",
				action->state->backed_out);
		}
		if (is_worth_telling(s, told, action->name, what))
			fprintf(s->out, "%s: %s\n", action->name,
				text_printable_line(tmp, what));
	}
	return code;
}

/* What waits after a failure was told when it failed, unless it was not seen then. */
static void note_waiting(struct session *s, struct told *told, struct plan *plan)
{
	for (size_t i = 0; i < plan->n_actions; i++) {
		struct action *action = &plan->actions[i];

		if (action->kind == ACTION_WAIT)
			action->is_told = !told_is_news(told, action->name,
						  action->state->message == NULL
							  ? "failed"
							  : action->state->message) &&
					  !s->is_terminal && !s->arguments.json;
	}
}

static bool is_acted_on(const struct plan *plan, const struct run_state *state)
{
	for (size_t i = 0; i < plan->n_actions; i++)
		if (plan->actions[i].state == state &&
			plan->actions[i].kind != ACTION_OUTDATED)
			return true;
	return false;
}

/* Those that run, but not well, or wait for another host; EXIT_REJECTED where there are any. */
static int tell_degraded(struct session *s, struct told *told,
	const struct observation *seen, const struct plan *plan)
{
	TMP_CTX(tmp);
	int code = 0;

	for (size_t i = 0; i < seen->n_states; i++) {
		const struct run_state *state = seen->states[i];

		if ((state->state != STATE_DEGRADED && state->state != STATE_WAITING) ||
			is_acted_on(plan, state))
			continue;
		const char *what = mem_printf(tmp, "%s: %s", run_state_name(state->state),
			state->message == NULL ? "it does not say why" : state->message);

		code = EXIT_REJECTED;
		if (is_worth_telling(s, told, state->name, what))
			fprintf(s->out, "%s: %s\n", state->name,
				text_printable_line(tmp, what));
	}
	return code;
}

/*
 * A restart takes the new entry from the copy: from an older one it would do nothing. False
 * where there is none: then what is to be restarted stays as it is.
 */
static bool keep_manifest(struct session *s, struct plan *plan)
{
	int r = session_keep_manifest(s);

	if (r == 0 || reconcile_count(plan, ACTION_RESTART) == 0)
		return true;
	for (size_t i = 0; i < plan->n_actions; i++)
		if (plan->actions[i].kind == ACTION_RESTART)
			plan->actions[i].kind = ACTION_OUTDATED;
	diag_add(s->diags, SEVERITY_WARNING, NULL,
		loc_file(file_join(
			s->diags, s->settings->runtime_dir, session_copy_name(s))),
		"the manifest cannot be kept, and nothing was restarted: %s",
		strerror(-r));
	return false;
}

static int apply(struct session *s)
{
	struct observation seen = {0};
	struct plan plan = {0};
	int r = session_open_manifest(s);

	if (r == 0)
		r = lock_apply(s);
	if (r == 0)
		r = apply_guard_serial(s->settings, s->manifest, s->diags);
	if (r == 0)
		r = make_plan(s, "check", &seen, &plan);
	if (r < 0)
		return r;
	bool is_noted = apply_guard_note_serial(s->settings, s->manifest, s->diags);

	is_noted = keep_manifest(s, &plan) && is_noted;
	ingress_sweep(NULL, 0);
	struct told *told = told_open(s->mem_ctx, s->settings->runtime_dir);

	int backed_out = tell_outdated(s, told, &plan);

	note_waiting(s, told, &plan);
	int degraded = tell_degraded(s, told, &seen, &plan);

	told_save(told);
	r = do_plan(s, &plan, 1, unlock_apply);
	int forgotten = forget_removed(s);

	if (r < 0 || forgotten < 0)
		return r < 0 ? r : forgotten;
	if (degraded != 0 || backed_out != 0)
		return EXIT_REJECTED;
	return is_noted ? 0 : EXIT_IO;
}

/* What runs after an apply, also after one that failed. */
static int write_metrics(struct session *s, int result)
{
	struct observation seen = {0};
	struct status *status = NULL;

	if (s->settings != NULL && s->host != NULL &&
		reconcile_observe(s->mem_ctx, s->settings->runtime_dir, s->manifest,
			s->diags, &seen) == 0) {
		reconcile_ask(s->mem_ctx, s->settings->runtime_dir, "status", &seen);
		status = status_collect(
			s->mem_ctx, s->manifest, &seen, NULL, 0, s->host, time(NULL));
	}
	int failed = metrics_write(
		s->arguments.metrics, status, result < 0 ? -result : result, s->diags);

	return result < 0 ? result : failed < 0 ? failed : result;
}

int launch_command_apply(void *session)
{
	struct session *s = session;

	if (s->arguments.metrics != NULL && s->arguments.metrics[0] == '\0')
		return diag_fail(s->diags, EXIT_USAGE, LOC_NONE,
			"apply needs a file: --metrics=FILE");
	if (s->arguments.max_unavailable > 0 && !s->arguments.restart_changed)
		return diag_fail(s->diags, EXIT_USAGE, LOC_NONE,
			"apply restarts VCNs with --restart-changed only: "
			"--max-unavailable means nothing without it");
	int result = apply(s);

	return s->arguments.metrics == NULL ? result : write_metrics(s, result);
}

int launch_command_diff(void *session)
{
	struct session *s = session;
	struct observation seen = {0};
	struct plan plan = {0};
	int r = session_open_manifest(s);

	if (r == 0)
		r = apply_guard_serial(s->settings, s->manifest, s->diags);
	if (r == 0)
		r = make_plan(s, "status", &seen, &plan);
	if (r < 0)
		return r;
	for (size_t i = 0; i < plan.n_actions && !s->arguments.json; i++)
		fprintf(s->out, "%s %s: %s\n", action_name(plan.actions[i].kind),
			plan.actions[i].name, plan.actions[i].reason);
	put_result(s, "actions", reconcile_to_json(&plan));
	return reconcile_count(&plan, ACTION_START) +
				       reconcile_count(&plan, ACTION_STOP) +
				       reconcile_count(&plan, ACTION_RESTART) >
			       0
		       ? EXIT_CHANGES
		       : 0;
}

/* start, stop, kill, restart */

/* What an explicit command does with one guest, if anything. */
static int add_explicit(struct session *s, struct plan *plan, enum action_kind kind,
	const struct run_state *state)
{
	const struct guest *guest =
		s->manifest == NULL ? NULL : manifest_find(s->manifest, state->name);
	bool is_running = run_state_is_running(state);

	if (kind == ACTION_STOP || kind == ACTION_KILL) {
		if (is_running)
			reconcile_add(s->mem_ctx, plan, kind, guest, state, NULL);
		return 0;
	}
	if (guest == NULL)
		return session_unknown_name(s, state->name);
	if (!guest->is_enabled)
		return diag_fail(s->diags, EXIT_REFUSED, guest->where,
			"'%s' is disabled in the manifest", guest->name);
	if (!is_running)
		reconcile_add(s->mem_ctx, plan, ACTION_START, guest, state, NULL);
	else if (kind == ACTION_RESTART)
		reconcile_add(s->mem_ctx, plan, kind, guest, state, NULL);
	return 0;
}

/* --all: what runs, for stop and kill; else what the manifest wants. */
static bool is_of_all(
	const struct session *s, enum action_kind kind, const struct run_state *state)
{
	const struct guest *guest =
		s->manifest == NULL ? NULL : manifest_find(s->manifest, state->name);

	if (kind == ACTION_STOP || kind == ACTION_KILL)
		return run_state_is_running(state);
	return guest != NULL && guest->is_enabled;
}

static bool is_planned(const struct plan *plan, const struct run_state *state)
{
	for (size_t i = 0; i < plan->n_actions; i++)
		if (plan->actions[i].state == state)
			return true;
	return false;
}

static int plan_names(struct session *s, const struct observation *seen,
	enum action_kind kind, struct plan *plan)
{
	char **names;
	size_t n;
	int r = session_expand_words(s, &names, &n);

	for (size_t i = 0; r == 0 && i < n; i++) {
		struct run_state *state;

		r = session_resolve(s, seen, names[i], &state);
		if (r == 0 && !is_planned(plan, state))
			r = add_explicit(s, plan, kind, state);
	}
	for (size_t i = 0; r == 0 && s->arguments.all && i < seen->n_states; i++)
		if (is_of_all(s, kind, seen->states[i]))
			r = add_explicit(s, plan, kind, seen->states[i]);
	return r;
}

static int do_explicitly(struct session *s, enum action_kind kind)
{
	struct observation seen;
	struct plan plan = {0};
	bool needs_manifest = kind == ACTION_START || kind == ACTION_RESTART;
	/* What ends a guest needs nothing that may hang. */
	int r = needs_manifest ? session_open_manifest(s) : session_open_settings(s);

	if (r == 0 && !s->arguments.all && s->n_words == 0)
		r = diag_fail(s->diags, EXIT_USAGE, LOC_NONE,
			"which VCNs? Name them, or --all");
	if (r == 0 && needs_manifest)
		r = apply_guard_serial(s->settings, s->manifest, s->diags);
	if (r == 0)
		r = reconcile_observe(s->mem_ctx, s->settings->runtime_dir, s->manifest,
			s->diags, &seen);
	if (r == 0)
		r = plan_names(s, &seen, kind, &plan);
	return r < 0 ? r : do_plan(s, &plan, s->settings->parallel, NULL);
}

int launch_command_start(void *session)
{
	return do_explicitly(session, ACTION_START);
}

int launch_command_stop(void *session)
{
	return do_explicitly(session, ACTION_STOP);
}

int launch_command_kill(void *session)
{
	return do_explicitly(session, ACTION_KILL);
}

int launch_command_restart(void *session)
{
	return do_explicitly(session, ACTION_RESTART);
}

/* run */

static int admit_one(struct session *s, const struct guest *guest)
{
	struct observation seen;
	struct admission admission;
	uint64_t copied;

	admission_copied_mib(&guest, 1, &copied);
	int r = reconcile_observe(
		s->mem_ctx, s->settings->runtime_dir, NULL, s->diags, &seen);

	if (r == 0)
		r = admission_open(
			s->settings, seen.states, seen.n_states, s->diags, &admission);
	if (r == 0)
		r = admission_take(&admission, guest, s->settings->accel, copied,
			reconcile_find(&seen, guest->name), s->diags);
	return r;
}

int launch_command_run(void *session)
{
	struct session *s = session;
	const struct guest *guest;
	int r = refuse_with_json(s, s->arguments.console, "--console");

	if (r == 0)
		r = session_open_guest(s, &guest);
	if (r == 0)
		r = apply_guard_serial(s->settings, s->manifest, s->diags);
	if (r == 0 && !guest->is_enabled)
		r = diag_fail(s->diags, EXIT_REFUSED, guest->where,
			"'%s' is disabled in the manifest", guest->name);
	if (r == 0)
		r = admit_one(s, guest);
	if (r == 0)
		r = run_guest(s, guest, &guest);
	if (r < 0)
		return r;
	struct supervise_options options = {
		.is_foreground = true,
		.console_fd =
			s->arguments.console || (s->is_terminal && !s->arguments.json)
				? fileno(s->out)
				: -1,
		.notify_socket = getenv("NOTIFY_SOCKET"),
		.report_fd = -1,
		.booted = perform_record,
		.user = s->settings,
	};

	return supervise_run(s->settings, guest, s->host, &options, s->diags);
}

/* Looking */

/* An empty table alone would look as if all were well. */
static void note_nothing(struct session *s, const struct status *status)
{
	if (s->manifest == NULL && s->manifest_fault == 0 && status->n_rows == 0)
		diag_add(s->diags, SEVERITY_NOTE, NULL,
			loc_file(mem_strdup(s->diags, session_manifest_path(s))),
			"there is no manifest for this host, and nothing runs here");
}

static int print_status(struct session *s, const struct status *status)
{
	TMP_CTX(tmp);
	const char *file = s->arguments.metrics;

	if (file != NULL && file[0] != '\0')
		return metrics_write(file, status, -1, s->diags);
	if (file != NULL) {
		fputs(metrics_text(tmp, status), s->out);
	} else if (!s->arguments.json) {
		status_print(s->out, status, s->color);
		note_nothing(s, status);
	}
	return 0;
}

int launch_command_status(void *session)
{
	struct session *s = session;
	struct observation seen = {0};
	char **names = NULL;
	size_t n = 0;

	if (s->arguments.hosts != NULL)
		return hosts_status(s);
	/* Whoever looks does not wait for a server that is gone. */
	s->patience_ms = STATUS_PATIENCE_MS;
	const char *metrics = s->arguments.metrics;
	int r = refuse_with_json(s, metrics != NULL && metrics[0] == '\0', "--metrics");

	if (r == 0)
		r = session_open_manifest_if_usable(s);
	if (r == 0)
		r = session_expand_words(s, &names, &n);
	if (r == 0)
		r = reconcile_observe(s->mem_ctx, s->settings->runtime_dir, s->manifest,
			s->diags, &seen);
	for (size_t i = 0; r == 0 && i < n; i++) {
		struct run_state *state;

		r = session_resolve(s, &seen, names[i], &state);
		if (r == 0)
			names[i] = mem_strdup(s->mem_ctx, state->name);
	}
	if (r < 0)
		return r;
	reconcile_ask(s->mem_ctx, s->settings->runtime_dir, "status", &seen);
	struct status *status = status_collect(
		s->mem_ctx, s->manifest, &seen, names, n, s->host, time(NULL));

	r = print_status(s, status);
	put_result(s, "host", json_object_new_string(s->host));
	put_result(s, "vcns", status_to_json(status));
	if (r < 0)
		return r;
	return s->manifest_fault != 0 ? s->manifest_fault : status_code(status);
}

/* The folder's name of the one VCN on the command line. */
static int open_name(struct session *s, const char **ret_name)
{
	struct observation seen;
	struct run_state *state;
	int r = session_open_settings(s);

	if (r == 0)
		r = reconcile_observe(s->mem_ctx, s->settings->runtime_dir, s->manifest,
			s->diags, &seen);
	if (r == 0)
		r = session_resolve(s, &seen, s->words[0], &state);
	if (r == 0)
		*ret_name = state->name;
	return r;
}

int launch_command_console(void *session)
{
	struct session *s = session;
	const char *name = NULL;
	int r = refuse_with_json(s, true, "the console");

	if (r == 0)
		r = open_name(s, &name);
	return r < 0 ? r
		     : control_console(s->settings->runtime_dir, name, STDIN_FILENO,
			       fileno(s->out), s->diags);
}

int launch_command_log(void *session)
{
	struct session *s = session;
	struct buffer *log = buffer_new(s->mem_ctx);
	const char *name = NULL;
	int r = open_name(s, &name);

	if (r == 0)
		r = control_log(log, s->settings->runtime_dir, name,
			s->is_terminal && !s->arguments.json, s->diags);
	if (r < 0)
		return r;
	if (!s->arguments.json)
		fwrite(log->data, 1, log->len, s->out);
	put_result(s, "log", json_object_new_string_len(log->data, (int)log->len));
	return 0;
}

int launch_command_boot_times(void *session)
{
	struct session *s = session;
	struct boot_record *records = NULL;
	size_t n_records = 0, n_groups;
	int r = refuse_with_json(s, s->arguments.plot, "--plot");

	if (r == 0)
		r = session_open_settings(s);

	/* A table for a pipe: `boot-times | head` is no failure. */
	signal(SIGPIPE, SIG_DFL);
	if (r == 0)
		r = record_load(
			s->mem_ctx, s->settings->records, s->diags, &records, &n_records);
	if (r < 0)
		return r;
	struct boot_group *groups =
		record_group(s->mem_ctx, records, n_records, &n_groups);

	if (s->arguments.plot)
		record_plot(s->out, groups, n_groups);
	else if (!s->arguments.json)
		record_print(s->out, groups, n_groups);
	put_result(s, "boot_times", record_to_json(groups, n_groups));
	return 0;
}

/* One word as a shell reads it back. */
static void print_word(FILE *out, const char *word)
{
	static const char plain[] = TEXT_LETTERS TEXT_DIGITS "%+,-./:=@_";

	if (word[0] != '\0' && strspn(word, plain) == strlen(word)) {
		fputs(word, out);
		return;
	}
	fputc('\'', out);
	for (; *word != '\0'; word++)
		if (*word == '\'')
			fputs("'\\''", out);
		else
			fputc(*word, out);
	fputc('\'', out);
}

int launch_command_argv(void *session)
{
	struct session *s = session;
	const struct guest *guest;
	static char *none[] = {NULL};
	char **argv = none;
	int r = session_open_guest(s, &guest);

	if (r == 0)
		r = supervise_argv(s->mem_ctx, s->settings, guest, s->diags, &argv);
	if (r < 0)
		return r;
	struct json_object *json = json_object_new_array();

	for (size_t i = 0; argv[i] != NULL; i++) {
		json_object_array_add(json, json_object_new_string(argv[i]));
		if (s->arguments.json)
			continue;
		fputs(i == 0 ? "" : " ", s->out);
		print_word(s->out, argv[i]);
	}
	if (!s->arguments.json)
		fputc('\n', s->out);
	put_result(s, "argv", json);
	return 0;
}
