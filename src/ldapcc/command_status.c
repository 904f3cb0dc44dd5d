/* SPDX-License-Identifier: Apache-2.0 */
#include "ldapcc/commands.h"

#include <assert.h>
#include <string.h>
#include <time.h>

#include <json-c/json.h>

#include "base/json.h"
#include "base/text.h"
#include "generation/generation.h"
#include "ldapcc/last_run.h"
#include "publish/pending.h"

/* status and history: what the state folder tells, without asking the directory. */

static const char *time_text(TALLOC_CTX *mem_ctx, int64_t seconds)
{
	char text[32];
	struct tm tm;
	time_t when = (time_t)seconds;

	if (seconds == 0 || gmtime_r(&when, &tm) == NULL ||
		strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		return "never";
	return mem_strdup(mem_ctx, text);
}

static void put_text(struct run *run, const char *label, const char *value)
{
	if (value == NULL)
		return;
	if (run->result != NULL)
		json_put_text(run->result, label, value);
	else
		printf("%-12s %s\n", label, value);
}

static void put_number(struct run *run, const char *label, uint64_t value)
{
	if (run->result != NULL)
		json_put_number(run->result, label, (int64_t)value);
	else
		printf("%-12s %llu\n", label, (unsigned long long)value);
}

static const char *action_text(TALLOC_CTX *mem_ctx, const struct action *action)
{
	TMP_CTX(tmp);
	struct buffer *b = buffer_new(tmp);

	if (action->kind != ACTION_COMMAND)
		buffer_add_text(b, action->kind == ACTION_RESTART ? "restart" : "reload");
	for (size_t i = 0; i < action->words.n; i++)
		buffer_printf(b, "%s%s", b->len == 0 ? "" : " ", action->words.items[i]);
	return mem_strdup(mem_ctx, b->data);
}

static void put_pending(struct run *run, const struct pending *pending, size_t n)
{
	TMP_CTX(tmp);
	struct json_object *array = run->result == NULL ? NULL : json_object_new_array();

	for (size_t i = 0; i < n; i++) {
		const char *action = action_text(tmp, &pending[i].action);
		const char *failure =
			pending[i].failure == NULL ? "not tried yet" : pending[i].failure;

		if (array == NULL) {
			printf("%-12s %s: %s since %s, %llu %s: %s\n", "pending",
				pending[i].target, action,
				time_text(tmp, (int64_t)pending[i].since),
				(unsigned long long)pending[i].attempts,
				text_plural(pending[i].attempts, "attempt", "attempts"),
				failure);
			continue;
		}
		struct json_object *row = json_object_new_object();

		json_put_text(row, "target", pending[i].target);
		json_put_text(row, "action", action);
		json_put_number(row, "since", (int64_t)pending[i].since);
		json_put_number(row, "attempts", (int64_t)pending[i].attempts);
		json_put_text(row, "failure", failure);
		json_object_array_add(array, row);
	}
	if (array != NULL)
		json_object_object_add(run->result, "pending", array);
}

static void put_quarantined(struct run *run, const struct last_run *last)
{
	TMP_CTX(tmp);
	struct json_object *array = run->result == NULL ? NULL : json_object_new_array();

	for (size_t i = 0; i < last->n_quarantined; i++) {
		const struct quarantine_note *note = &last->quarantined[i];
		const char *what = note->is_kept ? "last good version" : "left out";

		if (array == NULL) {
			printf("%-12s %s: %s, since %s\n", "quarantined", note->dn, what,
				time_text(tmp, note->since));
			continue;
		}
		struct json_object *row = json_object_new_object();

		json_put_text(row, "dn", note->dn);
		json_put_bool(row, "kept", note->is_kept);
		json_put_number(row, "since", note->since);
		json_object_array_add(array, row);
	}
	if (array != NULL)
		json_object_object_add(run->result, "quarantined", array);
}

/* The hash of what is published, and since when; of a damaged record nothing. */
static void put_current(struct run *run, const struct state *state)
{
	TMP_CTX(tmp);
	struct generation_summary *list;
	size_t n;

	if (generation_list(tmp, state, run->diags, &list, &n) < 0)
		return;
	for (size_t i = 0; i < n; i++) {
		if (!list[i].is_current)
			continue;
		put_text(run, "published", time_text(tmp, (int64_t)list[i].created));
		put_text(run, "set", list[i].set);
	}
}

static bool is_too_old(const struct run *run, const struct last_run *last)
{
	int64_t age = (int64_t)time(NULL) - last->read_time;

	return run->arguments.max_age != 0 &&
	       (age < 0 || (uint64_t)age > run->arguments.max_age);
}

/* What a run that is at work has begun, it finishes. */
static bool is_unfinished(const struct state *state)
{
	return state->unfinished > 0 && !state->is_at_work;
}

/* How the last run ended, also where it could not write that into last-run. */
static void put_last_run(
	struct run *run, const struct state *state, const struct last_run *last)
{
	TMP_CTX(tmp);
	bool is_lost = state->lost_exit != 0;

	put_text(
		run, "last-run", time_text(tmp, is_lost ? state->lost_time : last->time));
	put_number(run, "last-exit", (uint64_t)(is_lost ? state->lost_exit : last->exit));
}

/* The worst that is known, by the order that ldapcc(8) tells. */
static int verdict(const struct run *run, const struct state *state,
	const struct last_run *last, size_t n_pending)
{
	/* the next run finishes what it began; one that failed on its way has told why */
	if (state->was_killed || (is_unfinished(state) && last->exit != EXIT_IO))
		return -(int)EXIT_INTERNAL;
	if (state->lost_exit != 0)
		return -state->lost_exit;
	if (last->time != 0 && last->exit != 0 && last->exit != EXIT_CHANGES)
		return -last->exit;
	if (last->read_time == 0 || is_too_old(run, last))
		return -(int)EXIT_DIRECTORY;
	if (state->pinned > 0)
		return -(int)EXIT_REFUSED;
	if (n_pending > 0)
		return -(int)EXIT_PENDING;
	return last->n_quarantined > 0 ? -(int)EXIT_DATA : 0;
}

int command_status(void *session)
{
	TMP_CTX(tmp);
	struct run *run = session;
	struct state *state = NULL;
	struct last_run last = {0};
	struct pending *pending = NULL;
	size_t n_pending = 0;
	int failed = run_prepare_settings(run);

	if (failed == 0)
		failed = state_open(tmp, run->settings, run->arguments.root, false,
			run->diags, &state);
	if (failed == 0)
		failed = last_run_load(tmp, state, run->diags, &last);
	if (failed == 0)
		failed = pending_load(tmp, state, run->diags, &pending, &n_pending);
	if (failed < 0)
		return failed;
	assert(state != NULL);
	put_number(run, "generation", state->current);
	put_current(run, state);
	if (is_unfinished(state))
		put_number(run, "unfinished", state->unfinished);
	if (state->pinned > 0)
		put_number(run, "pinned", state->pinned);
	put_last_run(run, state, &last);
	put_text(run, "last-read", time_text(tmp, last.read_time));
	put_text(run, "directory", last.source.uri);
	put_text(run, "identity", last.source.identity);
	put_number(run, "hosts", last.n_hosts);
	put_number(run, "vcns", last.n_vcns);
	put_pending(run, pending, n_pending);
	put_quarantined(run, &last);
	return verdict(run, state, &last, n_pending);
}

static void put_generation(
	const struct generation_summary *generation, struct json_object *array)
{
	TMP_CTX(tmp);
	const char *created = time_text(tmp, (int64_t)generation->created);

	if (array == NULL) {
		printf("%c%6llu  %s  %s%s: %s\n", generation->is_current ? '*' : ' ',
			(unsigned long long)generation->number, created,
			generation->reason, generation->is_accepted ? " (accepted)" : "",
			generation->summary == NULL ? "" : generation->summary);
		return;
	}
	struct json_object *row = json_object_new_object();

	json_put_number(row, "generation", (int64_t)generation->number);
	json_put_number(row, "created", (int64_t)generation->created);
	json_put_bool(row, "current", generation->is_current);
	json_put_number(row, "files", (int64_t)generation->n_files);
	json_put_number(row, "written", (int64_t)generation->n_installed);
	json_put_number(row, "removed", (int64_t)generation->n_removed);
	json_put_text(row, "reason", generation->reason);
	json_put_text(row, "summary", generation->summary);
	json_put_bool(row, "accepted", generation->is_accepted);
	json_object_array_add(array, row);
}

int command_history(void *session)
{
	TMP_CTX(tmp);
	struct run *run = session;
	struct state *state = NULL;
	struct generation_summary *list = NULL;
	struct json_object *array = NULL;
	size_t n = 0;
	int failed = run_prepare_settings(run);

	if (failed == 0)
		failed = state_open(tmp, run->settings, run->arguments.root, false,
			run->diags, &state);
	if (failed == 0)
		failed = generation_list(tmp, state, run->diags, &list, &n);
	if (failed < 0)
		return failed;
	if (run->result != NULL) {
		array = json_object_new_array();
		json_object_object_add(run->result, "generations", array);
	}
	for (size_t i = 0; i < n; i++)
		if (list[i].is_kept)
			put_generation(&list[i], array);
	return 0;
}
