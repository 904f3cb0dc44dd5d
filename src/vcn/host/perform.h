/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Carrying out a plan: stops first, all at once; then memory is counted and the starts are
 * let in a few at a time, the next when one of them has its network driver up, has failed,
 * or has run out of time. Restarts roll: a limited number of guests is away at any moment,
 * and the first that does not come back ends the roll, so that a bad change takes down no
 * more than that.
 */

#include "vcn/host/reconcile.h"

struct perform_options {
	const struct launch_settings *settings;
	const char *host;
	bool use_units; /* start vcn@NAME.service, else detach a supervisor */
	unsigned stop_timeout_s; /* 0: the settings' */
	/* The manifest's copy in the runtime folder, by whose entries restarts are backed out
	 * that fail; NULL: they are stops and starts. */
	const char *manifest_copy;
	size_t max_unavailable; /* guests that a restart may have away at a time */
	/* Called once an action is over, or NULL. */
	void (*told)(void *user, const struct action *action);
	/* Called once when every stop is over and every start has begun, or NULL. */
	void (*acted)(void *user);
	void *user;
};

/*
 * perform_plan - do it, and wait until every started guest is ready or has failed
 *
 * shape:  fills result, message and ready_us of the actions; ACTION_OUTDATED is left
 *         alone, ACTION_WAIT fails
 * errors: one failure for every guest that could not be started, stopped or made ready;
 *         the others are done all the same. EXIT_MISSING: nothing can be started here
 */
int perform_plan(struct plan *plan, const struct perform_options *options,
	struct diags *diags) _must_check_;

/* The hook for supervise_options.booted: completes the record and appends it to the
 * settings' file. @user is the struct launch_settings. */
struct boot_record;
void perform_record(void *user, const struct boot_record *record);
