/* SPDX-License-Identifier: Apache-2.0 */
#include "ldapcc/commands.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/notify.h"
#include "ldapcc/last_run.h"
#include "ldapcc/run_metrics.h"
#include "ldapcc/standby.h"

/*
 * watch: an apply at the start, on every change in the directory and at least once every
 * full-interval. Each apply is a child process of its own: it prints and ends like the
 * one that cron starts, and its memory goes with it. This process only holds the
 * connection that tells of changes, which is a trigger and nothing more. The child of the next
 * apply stands by (standby.h) while the directory can be watched: what can be done before a
 * change is done then, and the apply is under way while it is waited for more.
 */

enum {
	QUIET_MS = 1000, /* a burst of changes is over when none came for so long */
	CALM_MS =
		5000, /* after an apply that is older than this, a change is no burst yet: … */
	QUIET_CALM_MS = 50, /* … it is over when no more came with it (command_apply.c) */
	BURST_MAX_MS = 10000, /* … but it delays an apply no longer than this */
	RETRY_FIRST_MS = 5000,
	RETRY_MAX_MS = 300000,
};

struct watcher {
	struct run *run;
	struct run untouched; /* before our settings were read: a child reads its own */
	struct standby *next; /* the apply that stands by; NULL: none */
	bool is_gone; /* it was told to go */
	bool has_more; /* something changed since */
	TALLOC_CTX *connection; /* owns watch */
	struct directory_watch *watch; /* NULL: not connected */
	int signals;
	int64_t applied_ms; /* when the last apply ended */
	unsigned retry_ms; /* 0: the last apply and the connection are well */
	char *trouble; /* why nothing can be watched, as it was told; NULL: it can */
	bool is_child;
};

/* Waits for the connection or a signal; false when the program should end. */
static bool wait_for(struct watcher *w, int64_t timeout_ms, bool *ret_readable)
{
	struct pollfd fds[] = {
		{.fd = w->signals, .events = POLLIN},
		{.fd = w->watch == NULL ? -1 : directory_watch_fd(w->watch),
			.events = POLLIN},
	};
	int n = poll(
		fds, ARRAY_SIZE(fds), (int)(timeout_ms > INT_MAX ? INT_MAX : timeout_ms));

	*ret_readable = n > 0 && fds[1].revents != 0;
	return n < 0 || fds[0].revents == 0;
}

static void disconnect(struct watcher *w)
{
	talloc_free(w->connection);
	w->connection = NULL;
	w->watch = NULL;
}

/*
 * In the child: frees its copy of the connection. What libldap sends to take its leave
 * must not reach the server, which would end the parent's connection.
 */
static void let_go(struct watcher *w)
{
	_cleanup_(mem_close_fd) int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (w->watch != NULL && null >= 0 &&
		dup2(null, directory_watch_fd(w->watch)) >= 0)
		disconnect(w);
}

/* Why there is only an apply now and then; once, because this process has no end. */
static void tell_trouble(struct watcher *w, struct diags *diags)
{
	const struct finding *finding = diag_last(diags);

	if (w->trouble != NULL && strcmp(w->trouble, finding->message) == 0)
		return;
	talloc_free(w->trouble);
	w->trouble = mem_strdup(w->run->mem_ctx, finding->message);
	diags_print(stderr, diags, &(struct diag_style){.color = false});
}

/* The state from which on the server should tell; the last apply has read up to it. */
static int connect_watch(struct watcher *w)
{
	struct run *run = w->run;
	struct state *state;
	struct last_run last;

	w->connection = mem_scope_new();
	struct diags *diags = diags_new(w->connection);
	int failed = state_open(
		w->connection, run->settings, run->arguments.root, false, diags, &state);

	if (failed == 0)
		failed = last_run_load(w->connection, state, diags, &last);
	if (failed == 0)
		failed = directory_watch_open(w->connection, &run->settings->directory,
			run->map, &last.source.csn, diags, &w->watch);
	if (failed == 0) {
		talloc_free(w->trouble);
		w->trouble = NULL;
		return 0;
	}
	tell_trouble(w, diags);
	disconnect(w);
	return failed;
}

static void back_off(struct watcher *w)
{
	w->retry_ms = w->retry_ms == 0 ? RETRY_FIRST_MS : w->retry_ms * 2;
	if (w->retry_ms > RETRY_MAX_MS)
		w->retry_ms = RETRY_MAX_MS;
}

/* A single change is published at once; those that follow each other, together. */
static int64_t quiet_ms(const struct watcher *w)
{
	return clock_ms() - w->applied_ms > CALM_MS ? QUIET_CALM_MS : QUIET_MS;
}

/* False: there is none that can be told. */
static bool let_next_go(struct watcher *w)
{
	if (w->next != NULL && !w->is_gone) {
		w->is_gone = standby_go(w->next);
		if (!w->is_gone)
			TALLOC_FREE(w->next);
	}
	return w->is_gone;
}

/* Whether what is under way reads it or has ended, it has to be read. */
static void tell_more(struct watcher *w)
{
	w->has_more = true;
	standby_more(w->next);
}

/*
 * Until something changed and it has been quiet since, or @timeout_ms is over. Where that is soon,
 * the apply begins at once, with what can be done meanwhile.
 */
static bool wait_for_change(struct watcher *w, int64_t timeout_ms)
{
	TMP_CTX(tmp);
	struct diags *diags = diags_new(tmp);
	int64_t end = clock_ms() + timeout_ms;
	int64_t quiet = 0; /* 0: nothing changed yet */

	while (clock_ms() < end) {
		int64_t left = end - clock_ms();
		bool is_readable, changed = false;

		if (quiet > 0 && left > quiet)
			left = quiet;
		if (!wait_for(w, left, &is_readable))
			return false;
		if (!is_readable)
			break;
		if (directory_watch_drain(w->watch, diags, &changed) < 0) {
			disconnect(w);
			break;
		}
		if (changed && quiet == 0 && end - clock_ms() > BURST_MAX_MS)
			end = clock_ms() + BURST_MAX_MS;
		if (changed && w->is_gone)
			tell_more(w);
		if (!changed || quiet > 0)
			continue;
		quiet = quiet_ms(w);
		if (quiet == QUIET_CALM_MS)
			(void)let_next_go(w);
	}
	return true;
}

/* Makes the child of the next apply. True in it. */
static bool stand_by(struct watcher *w)
{
	w->is_gone = w->has_more = false;
	w->next = standby_new(w->run->mem_ctx, &w->is_child);
	if (!w->is_child)
		return false;
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	close(w->signals);
	let_go(w);
	*w->run = w->untouched;
	w->run->standby = w->next;
	return true;
}

static int end_of_next(struct watcher *w)
{
	int status = standby_end(w->next);

	w->next = NULL;
	w->is_gone = false;
	return WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_INTERNAL;
}

/* In the child: true. In the parent *ret_code is how the child ended. */
static bool apply_in_child(struct watcher *w, int *ret_code)
{
	*ret_code = EXIT_INTERNAL;
	if (let_next_go(w)) {
		standby_settle(w->next);
	} else if (stand_by(w)) {
		w->run->standby = NULL; /* it is told already */
		return true;
	}
	if (w->next != NULL)
		*ret_code = end_of_next(w);
	return false;
}

static void tell_status(int code)
{
	notify_send(getenv("NOTIFY_SOCKET"), "READY=1\nSTATUS=last apply: exit %d", code);
}

/* When an installation runs out next, or all is to be read, in ms from now; INT64_MAX: never. */
static int64_t until_due(const struct watcher *w)
{
	TMP_CTX(tmp);
	struct diags *quiet = diags_new(tmp); /* the next apply says what is wrong */
	struct state *state;
	struct last_run last = {0};
	int64_t now = (int64_t)time(NULL);
	int failed = state_open(
		tmp, w->run->settings, w->run->arguments.root, false, quiet, &state);

	if (failed == 0)
		failed = last_run_load(tmp, state, quiet, &last);
	if (failed < 0)
		return INT64_MAX;
	if (last.again != 0)
		return (last.again > now ? last.again - now : 0) * 1000;
	return last.due <= now ? INT64_MAX : (last.due - now) * 1000;
}

/* One round: apply, connect if needed, wait. False in the child and at the end. */
static bool watch_round(struct watcher *w)
{
	int64_t timeout_ms = (int64_t)w->run->settings->directory.full_interval_s * 1000;
	int code;

	w->is_child = apply_in_child(w, &code);
	if (w->is_child)
		return false;
	w->applied_ms = clock_ms();
	tell_status(code);
	bool is_well = code == EXIT_OK || code == EXIT_CHANGES;

	bool was_watching = w->watch != NULL;

	if (!was_watching && (code == EXIT_DIRECTORY || connect_watch(w) < 0))
		is_well = false;
	/* whether it has read what came meanwhile, the next one finds out quickly */
	if (is_well &&
		(w->has_more || (!was_watching && directory_watch_is_late(w->watch)))) {
		w->has_more = false;
		return true;
	}
	if (is_well)
		w->retry_ms = 0;
	else
		back_off(w);
	if (!is_well && w->retry_ms < timeout_ms)
		timeout_ms = w->retry_ms;
	if (timeout_ms <= 0)
		timeout_ms = RETRY_MAX_MS;
	int64_t due_ms = until_due(w);

	if (is_well && stand_by(w))
		return false;
	return wait_for_change(w, due_ms < timeout_ms ? due_ms : timeout_ms);
}

int command_watch(void *session)
{
	struct run *run = session;
	struct watcher w = {.run = run, .untouched = *run};
	sigset_t signals;

	if (run->arguments.ldif != NULL)
		return diag_fail(run->diags, EXIT_USAGE, LOC_NONE,
			"watch needs a directory, not an LDIF file");
	int failed = run_prepare(run);

	if (failed < 0)
		return run_metrics_write(run, (int64_t)time(NULL), failed);
	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	w.signals = signalfd(-1, &signals, SFD_CLOEXEC);
	while (watch_round(&w))
		;
	if (w.is_child)
		return command_apply(run);
	if (w.is_gone) { /* what has begun is finished */
		standby_settle(w.next);
		(void)end_of_next(&w);
	}
	TALLOC_FREE(w.next);
	notify_send(getenv("NOTIFY_SOCKET"), "STOPPING=1");
	disconnect(&w);
	close(w.signals);
	return 0;
}
