/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What is to be done so that this host runs what its manifest says.
 *
 * The plan compares the manifest's entries, by their digest, with what each supervisor says
 * it was started from: never with anything QEMU reports, so an unchanged manifest is no
 * action at all. It is made before anything is touched, and can be shown (`vcn diff`).
 */

#include "vcn/common/manifest.h"
#include "vcn/common/run_state.h"

enum action_kind {
	ACTION_START, /* should run, does not */
	ACTION_STOP, /* runs, and is disabled or no longer in the manifest */
	ACTION_KILL, /* the same, without asking the guest */
	ACTION_RESTART, /* runs, the manifest has changed, and a restart is wanted */
	ACTION_OUTDATED, /* the same, and it is left alone */
	ACTION_WAIT, /* should run, but has failed too often to be tried now */
};

enum action_result { RESULT_NONE, RESULT_DONE, RESULT_FAILED };

struct action {
	enum action_kind kind;
	const char *name;
	const struct guest *guest; /* NULL: not in the manifest */
	const struct run_state *state; /* before */
	const char *reason;
	bool is_told; /* what it fails with was told before: no finding again */
	enum action_result result;
	const char *message; /* why it failed */
	int64_t ready_us; /* start to ready, -1 if that was not reached */
};

struct plan {
	struct action *actions; /* by name */
	size_t n_actions;
	size_t n_running; /* guests that run before anything is done */
};

/* Everything that runs or ran here, and everything in the manifest (which may be NULL). */
struct observation {
	struct run_state **states; /* by name */
	size_t n_states;
};

int reconcile_observe(TALLOC_CTX *mem_ctx, const char *runtime_dir,
	const struct manifest *manifest, struct diags *diags,
	struct observation *ret) _must_check_;

/* The state of @name, or NULL: two that differ by their case alone are one guest. */
struct run_state *reconcile_find(const struct observation *seen, const char *name);

/*
 * reconcile_ask - what the supervisors of those that run say now, in the place of their
 * files
 *
 * shape:  @request: "status", or "check": after a look at network and QEMU, for which it is given
 *         more time. One that does not answer, or whose QEMU stands still, is degraded.
 * memory: states below @mem_ctx
 */
void reconcile_ask(TALLOC_CTX *mem_ctx, const char *runtime_dir, const char *request,
	struct observation *seen);

/*
 * reconcile_plan - manifest and what runs to actions
 *
 * shape:  @now (Unix seconds) decides whether a failed guest is tried again: after 10 s,
 *         and twice as long after each further failure, to an hour
 * memory: the plan's array below @mem_ctx; names and states are borrowed
 */
void reconcile_plan(TALLOC_CTX *mem_ctx, const struct manifest *manifest,
	const struct observation *seen, bool restart_changed, int64_t now,
	struct plan *ret);

/* How many of the plan's actions are of @kind. */
size_t reconcile_count(const struct plan *plan, enum action_kind kind);
/* Appends one action to a plan made by hand (`vcn start NAME`). */
void reconcile_add(TALLOC_CTX *mem_ctx, struct plan *plan, enum action_kind kind,
	const struct guest *guest, const struct run_state *state, const char *reason);

/* Seconds until a guest that failed is tried again; 0: now. */
int64_t reconcile_backoff(const struct run_state *state, int64_t now);
/* Is it running from another entry than @guest, the manifest's, or with what is another's now? */
bool reconcile_is_outdated(const struct manifest *manifest, const struct guest *guest,
	const struct run_state *state);

/* Did it not get ready with this very entry and these files, so that it was started as before? */
bool reconcile_is_backed_out(const struct guest *guest, const struct run_state *state);

/* "start", "stop", "kill", "restart", "outdated", "wait" */
const char *action_name(enum action_kind kind);
struct json_object;
/* [{vcn, action, reason, result, message, ready_ms}, …] */
struct json_object *reconcile_to_json(const struct plan *plan) _must_check_;
