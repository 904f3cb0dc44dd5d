/* SPDX-License-Identifier: Apache-2.0 */
#include "vcn/host/reconcile.h"

#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "vcn/common/image_mark.h"
#include "vcn/common/patience.h"
#include "vcn/common/process.h"
#include "vcn/host/control.h"
#include "vcn/host/succession.h"

enum {
	BACKOFF_FIRST_S = 10,
	BACKOFF_MAX_S = 3600,
	BACKOFF_DOUBLINGS_MAX = 9,
	ANSWER_TIMEOUT_MS = 2000,
	/* Who is asked to check may have to wait its turn to mend, as after `nft flush ruleset`. */
	CHECKED_TIMEOUT_MS = 12000,
	IMAGES_TIMEOUT_MS = 1000,
};

static const char *const action_names[] = {
	[ACTION_START] = "start",
	[ACTION_STOP] = "stop",
	[ACTION_KILL] = "kill",
	[ACTION_RESTART] = "restart",
	[ACTION_OUTDATED] = "outdated",
	[ACTION_WAIT] = "wait",
};

const char *action_name(enum action_kind kind)
{
	return action_names[kind];
}

/* Observing */

static int compare_states(const void *left, const void *right)
{
	const struct run_state *const *a = left, *const *b = right;

	return text_compare_case((*a)->name, (*b)->name);
}

static int observe_name(TALLOC_CTX *mem_ctx, const char *runtime_dir, const char *name,
	struct diags *diags, struct observation *seen)
{
	struct run_state *state;
	int r = run_state_read(mem_ctx, runtime_dir, name, diags, &state);

	if (r == 0)
		*mem_push(mem_ctx, &seen->states, &seen->n_states) = state;
	return r;
}

struct run_state *reconcile_find(const struct observation *seen, const char *name)
{
	for (size_t i = 0; i < seen->n_states; i++)
		if (text_equal_case(seen->states[i]->name, name))
			return seen->states[i];
	return NULL;
}

/* What is left of a guest whose folder is now called as the manifest spells its name. */
static bool is_old_spelling(
	const struct manifest *manifest, const struct run_state *state)
{
	const struct guest *guest =
		manifest == NULL ? NULL : manifest_find(manifest, state->name);

	return guest != NULL && strcmp(guest->name, state->name) != 0 &&
	       !run_state_is_running(state);
}

static int observe_folder(TALLOC_CTX *mem_ctx, const char *runtime_dir,
	const struct manifest *manifest, const char *name, struct diags *diags,
	struct observation *seen)
{
	int r = observe_name(mem_ctx, runtime_dir, name, diags, seen);

	if (r == 0 && is_old_spelling(manifest, seen->states[seen->n_states - 1]))
		seen->n_states--;
	return r;
}

int reconcile_observe(TALLOC_CTX *mem_ctx, const char *runtime_dir,
	const struct manifest *manifest, struct diags *diags, struct observation *ret)
{
	TMP_CTX(tmp);
	struct observation seen = {0};
	char **names;
	size_t n;
	int r = run_state_list(tmp, runtime_dir, diags, &names, &n);

	for (size_t i = 0; r == 0 && i < n; i++)
		r = observe_folder(
			mem_ctx, runtime_dir, manifest, names[i], diags, &seen);
	for (size_t i = 0; r == 0 && manifest != NULL && i < manifest->n_guests; i++)
		if (reconcile_find(&seen, manifest->guests[i].name) == NULL)
			r = observe_name(mem_ctx, runtime_dir, manifest->guests[i].name,
				diags, &seen);
	if (r < 0)
		return r;
	if (seen.n_states > 1)
		qsort(seen.states, seen.n_states, sizeof(struct run_state *),
			compare_states);
	*ret = seen;
	return 0;
}

/* Asking */

static void become_degraded(struct run_state *state, const char *why)
{
	state->state = STATE_DEGRADED;
	state->message = mem_strdup(state, why);
}

static struct run_state *judge_answer(TALLOC_CTX *mem_ctx, const char *runtime_dir,
	struct run_state *known, const struct control_answer *answer)
{
	TMP_CTX(tmp);
	struct run_state *state = answer->state;

	/* Its end may have come between the file and the question. */
	if (state == NULL && run_state_read(mem_ctx, runtime_dir, known->name,
				     diags_new(tmp), &state) < 0)
		return known;
	if (!run_state_is_running(state))
		return state;
	if (answer->is_silent)
		become_degraded(state, "its supervisor does not answer");
	else if (answer->is_unreachable && state->state != STATE_STARTING)
		become_degraded(state,
			"its supervisor cannot be reached: the socket 'control' in its "
			"folder is gone");
	else if (process_is_stopped(state->pid, state->starttime))
		become_degraded(state, "its QEMU is stopped by a signal");
	return state;
}

enum { LOOK_REPLACED = 1, LOOK_BACKED_OUT = 2 };

/* One byte a state: is one of its files another one now, are those that failed the same? */
static void write_replaced(const void *user, int fd)
{
	const struct observation *seen = user;

	for (size_t i = 0; i < seen->n_states; i++) {
		const struct run_state *state = seen->states[i];
		bool is_replaced = run_state_is_running(state) &&
				   state->image_mark != NULL &&
				   !image_mark_is_current(state->image_mark);

		bool is_current = run_state_is_running(state) &&
				  state->backed_out_mark != NULL &&
				  image_mark_is_current(state->backed_out_mark);
		char byte = (char)('0' + (is_replaced ? LOOK_REPLACED : 0) +
				   (is_current ? LOOK_BACKED_OUT : 0));

		if (file_write_all(fd, &byte, 1) < 0)
			return;
	}
}

/* Those behind a file system that hangs are taken for unchanged. */
static void look_at_images(const struct observation *seen)
{
	TMP_CTX(tmp);
	char *answers;
	size_t n;

	(void)!patience_read(tmp, IMAGES_TIMEOUT_MS, seen->n_states, write_replaced, seen,
		NULL, &answers, &n);
	for (size_t i = 0; i < n && i < seen->n_states; i++) {
		seen->states[i]->is_image_replaced = (answers[i] & LOOK_REPLACED) != 0;
		seen->states[i]->is_backed_out_current =
			(answers[i] & LOOK_BACKED_OUT) != 0;
	}
}

void reconcile_ask(TALLOC_CTX *mem_ctx, const char *runtime_dir, const char *request,
	struct observation *seen)
{
	TMP_CTX(tmp);
	const char **names = NULL;
	size_t *places = mem_array(tmp, size_t, seen->n_states), n = 0;

	for (size_t i = 0; i < seen->n_states; i++)
		if (run_state_is_running(seen->states[i])) {
			places[n] = i;
			*mem_push(tmp, &names, &n) = seen->states[i]->name;
		}
	struct control_answer *answers = mem_array(tmp, struct control_answer, n);

	control_ask_all(mem_ctx, runtime_dir, names, n, request,
		strcmp(request, "check") == 0 ? CHECKED_TIMEOUT_MS : ANSWER_TIMEOUT_MS,
		answers);
	for (size_t i = 0; i < n; i++)
		seen->states[places[i]] = judge_answer(
			mem_ctx, runtime_dir, seen->states[places[i]], &answers[i]);
	look_at_images(seen);
}

/* Planning */

int64_t reconcile_backoff(const struct run_state *state, int64_t now)
{
	if (state->state != STATE_FAILED || state->n_failures == 0)
		return 0;
	unsigned doublings = state->n_failures - 1;

	if (doublings > BACKOFF_DOUBLINGS_MAX)
		doublings = BACKOFF_DOUBLINGS_MAX;
	int64_t pause = (int64_t)BACKOFF_FIRST_S << doublings;

	if (pause > BACKOFF_MAX_S)
		pause = BACKOFF_MAX_S;
	/* a clock that was set back must not stretch the pause */
	if (now < state->failed_at || now >= state->failed_at + pause)
		return 0;
	return state->failed_at + pause - now;
}

/* Its filter drops what comes from an address that the manifest has given it since. */
static bool has_other_addresses(const struct guest *guest, const struct run_state *state)
{
	TMP_CTX(tmp);

	return state->held_to != NULL &&
	       strcmp(state->held_to, guest_addresses(tmp, guest)) != 0;
}

bool reconcile_is_outdated(const struct manifest *manifest, const struct guest *guest,
	const struct run_state *state)
{
	return run_state_is_running(state) &&
	       (state->is_image_replaced || state->digest == NULL ||
		       strcmp(state->digest, guest->digest) != 0 ||
		       has_other_addresses(guest, state) ||
		       succession_is_taken(manifest, guest, state));
}

bool reconcile_is_backed_out(const struct guest *guest, const struct run_state *state)
{
	return state->backed_out != NULL && state->is_backed_out_current &&
	       state->backed_out_digest != NULL &&
	       strcmp(state->backed_out_digest, guest->digest) == 0;
}

void reconcile_add(TALLOC_CTX *mem_ctx, struct plan *plan, enum action_kind kind,
	const struct guest *guest, const struct run_state *state, const char *reason)
{
	*mem_push(mem_ctx, &plan->actions, &plan->n_actions) = (struct action){
		.kind = kind,
		.name = state->name,
		.guest = guest,
		.state = state,
		.reason = reason,
		.ready_us = -1,
	};
}

static const char *describe_change(const struct manifest *manifest,
	const struct guest *guest, const struct run_state *state)
{
	if (reconcile_is_backed_out(guest, state))
		return "backed out";
	if (state->is_image_replaced)
		return "image or disk replaced";
	return state->digest != NULL && strcmp(state->digest, guest->digest) == 0 &&
			       succession_is_taken(manifest, guest, state)
		       ? "another VCN has its MAC or address now"
		       : "changed";
}

/* Nothing runs that a new start could harm: with its old entry it might wait for ever. */
static bool waits_in_vain(const struct guest *guest, const struct run_state *state)
{
	TMP_CTX(tmp);
	const char **wanted;
	size_t n;

	if (state->state != STATE_WAITING || state->n_on_wire + state->n_on_disk == 0 ||
		reconcile_is_backed_out(guest, state))
		return false;
	if (state->digest == NULL || strcmp(state->digest, guest->digest) != 0)
		return true;
	/* addresses are no part of the digest; without a bridge there are none */
	guest_on_wire(tmp, guest, &wanted, &n);
	if (state->n_on_wire > 0 && n != state->n_on_wire)
		return true;
	for (size_t i = 0; i < state->n_on_wire; i++)
		if (strcmp(wanted[i], state->on_wire[i]) != 0)
			return true;
	return false;
}

static void plan_running(TALLOC_CTX *mem_ctx, struct plan *plan,
	const struct manifest *manifest, const struct guest *guest,
	const struct run_state *state, bool restart_changed)
{
	if (state->is_stopping)
		return; /* somebody stops it already; the next run sees what came of it */
	if (guest == NULL)
		reconcile_add(
			mem_ctx, plan, ACTION_STOP, guest, state, "not in the manifest");
	else if (!guest->is_enabled)
		reconcile_add(mem_ctx, plan, ACTION_STOP, guest, state, "disabled");
	else if (waits_in_vain(guest, state))
		reconcile_add(mem_ctx, plan, ACTION_RESTART, guest, state,
			"changed while it waits");
	else if (reconcile_is_outdated(manifest, guest, state))
		reconcile_add(mem_ctx, plan,
			restart_changed && !reconcile_is_backed_out(guest, state)
				? ACTION_RESTART
				: ACTION_OUTDATED,
			guest, state, describe_change(manifest, guest, state));
}

static const char *describe_wait(
	TALLOC_CTX *mem_ctx, const struct run_state *state, int64_t pause)
{
	const char *why = state->message == NULL ? "it failed" : state->message;

	if (state->n_failures < 2)
		return mem_printf(
			mem_ctx, "%s (next try in %lld s)", why, (long long)pause);
	return mem_printf(mem_ctx, "%s (%u times in a row, next try in %lld s)", why,
		state->n_failures, (long long)pause);
}

static void plan_stopped(TALLOC_CTX *mem_ctx, struct plan *plan,
	const struct guest *guest, const struct run_state *state, int64_t now)
{
	if (guest == NULL || !guest->is_enabled)
		return;
	/* The back-off is the failed entry's: one that was mended is tried at once. */
	bool is_same = state->digest != NULL && strcmp(state->digest, guest->digest) == 0;
	int64_t pause = is_same ? reconcile_backoff(state, now) : 0;

	if (pause == 0)
		reconcile_add(mem_ctx, plan, ACTION_START, guest, state,
			state->state == STATE_FAILED ? "failed" : "not running");
	else
		reconcile_add(mem_ctx, plan, ACTION_WAIT, guest, state,
			describe_wait(mem_ctx, state, pause));
}

void reconcile_plan(TALLOC_CTX *mem_ctx, const struct manifest *manifest,
	const struct observation *seen, bool restart_changed, int64_t now,
	struct plan *ret)
{
	*ret = (struct plan){0};
	for (size_t i = 0; i < seen->n_states; i++) {
		const struct run_state *state = seen->states[i];
		const struct guest *guest = manifest_find(manifest, state->name);

		if (run_state_is_running(state)) {
			ret->n_running++;
			plan_running(
				mem_ctx, ret, manifest, guest, state, restart_changed);
		} else {
			plan_stopped(mem_ctx, ret, guest, state, now);
		}
	}
}

size_t reconcile_count(const struct plan *plan, enum action_kind kind)
{
	size_t n = 0;

	for (size_t i = 0; i < plan->n_actions; i++)
		n += plan->actions[i].kind == kind;
	return n;
}

/* Showing */

static struct json_object *action_to_json(const struct action *action)
{
	static const char *const results[] = {
		[RESULT_DONE] = "done", [RESULT_FAILED] = "failed"};
	struct json_object *json = json_object_new_object();

	json_put_text(json, "vcn", action->name);
	json_put_text(json, "action", action_names[action->kind]);
	json_put_text(json, "reason", action->reason);
	if (action->result != RESULT_NONE)
		json_put_text(json, "result", results[action->result]);
	json_put_text(json, "message", action->message);
	if (action->ready_us >= 0)
		json_put_number(json, "ready_ms", action->ready_us / 1000);
	return json;
}

struct json_object *reconcile_to_json(const struct plan *plan)
{
	struct json_object *json = json_object_new_array();

	for (size_t i = 0; i < plan->n_actions; i++)
		json_object_array_add(json, action_to_json(&plan->actions[i]));
	return json;
}
