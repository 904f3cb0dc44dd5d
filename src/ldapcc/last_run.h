/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What the last `apply` leaves for the next one, in the state's file last-run.json: the
 * state of the directory it read, what it read it with, and what it found. So that a run
 * with nothing to do can say so quickly, and cron mails a finding when it appears and when
 * it goes, not every five minutes.
 */

#include "change/plan.h"
#include "generation/state.h"
#include "ldapcc/run.h"

struct last_run {
	int64_t time; /* Unix, of the last full read */
	int exit;
	const char *uri; /* the server that was read */
	const char *identity;
	const char *inputs; /* fingerprint of settings, templates, maps and program */
	struct string_list csn;
	size_t n_entries, n_hosts, n_vcns;
	struct string_list quarantined; /* DNs */
	struct string_list findings; /* as they were printed, one text each */
};

/* *ret_last is an empty one where there was no run, or the file cannot be read. */
int last_run_load(TALLOC_CTX *mem_ctx, const struct state *state, struct diags *diags,
	struct last_run *ret_last) _must_check_;
int last_run_save(const struct state *state, const struct last_run *last,
	struct diags *diags) _must_check_;

/* What was not read from the directory but decides the result; "" where it cannot be told. */
const char *last_run_inputs(TALLOC_CTX *mem_ctx, const struct run *run) _must_check_;

/* How far a run came, for last_run_compare(). */
struct run_reach {
	bool has_read; /* the directory, completely: its findings are all there are */
	const struct plan *plan; /* whose changed files the checkers looked at, or NULL */
};

/*
 * last_run_compare - keep what is new
 *
 * shape:  findings that the last run had as well are dropped from @diags unless @keep_all;
 *         those that are gone become notes. *ret_now takes what holds now: what this run did
 *         not look at still does. What tells of an event, such as a file that was edited
 *         by hand, is no finding that stays or goes: it is always kept in @diags.
 */
void last_run_compare(TALLOC_CTX *mem_ctx, const struct last_run *last,
	struct diags *diags, bool keep_all, struct run_reach reach,
	struct string_list *ret_now);
