/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What apply, diff and rollback have in common: a run, the state it is compared with, and the
 * change set between the two. ldapcc-publishing(7) tells the same order in prose.
 */

#include "change/plan.h"
#include "ldapcc/last_run.h"
#include "ldapcc/run.h"

struct publication {
	struct run *run;
	struct state *state;
	struct last_run last;
	bool has_last; /* it could be read, or there is none: it may be written anew */
	struct live_set *live;
	uint64_t surveyed; /* the generation that live is of */
	struct roster roster; /* of what is to be published */
	struct plan *plan;
	bool has_read; /* the directory, completely */
	bool has_changes; /* something was, or would be, published */
	bool has_disarmed; /* before that, as a generation of its own (disarm.h) */
	bool is_committed; /* … or will be, by the next run: there is no way back */
	struct last_run now; /* what this run leaves */
	struct string_list
		left; /* hosts that stay armed, if nothing is published (disarm.h) */
	struct string_list left_files; /* why: nobody knows what these say of them */
};

/* The state to be changed, locked. */
int publication_lock(struct publication *p) _must_check_;
/* What a killed run left is finished, and what the last one left is loaded. */
int publication_recover(struct publication *p) _must_check_;
/* Both. */
int publication_open(struct publication *p) _must_check_;
/* The settings, and both. */
int publication_begin(struct publication *p) _must_check_;
/* The current generation and the live files; with @to_begin_anew a damaged one is none. */
int publication_survey(struct publication *p, bool to_begin_anew) _must_check_;

/*
 * publication_plan - read, render and compare
 *
 * shape:  after publication_survey(); @last_csn as run_read() wants it
 * errors: those of the stages; EXIT_DATA above the quarantine's limit
 */
int publication_plan(
	struct publication *p, const struct string_list *last_csn) _must_check_;

/*
 * publication_store - what a new generation stores as its entries
 *
 * memory: below the run
 * errors: EXIT_IO
 */
int publication_store(struct publication *p, struct entries_file *file,
	struct pieces *ret_pieces) _must_check_;

/*
 * publication_source - what the directory had when it was last believed
 *
 * shape:  after publication_survey(); that of the last run where it was of the current generation,
 *         else that of its record, which it has also where it was made of an older one: the
 *         directory must never be behind it. NULL: nothing is published
 */
const struct generation_source *publication_source(const struct publication *p);

/* Publishes p->plan, whatever the guards say: staged, checked, committed. */
int publication_publish(struct publication *p, const char *reason) _must_check_;
/* The same where drift and guards permit it. */
int publication_permit_and_publish(
	struct publication *p, const char *reason) _must_check_;

/* Tells services what @generation or a younger one noted; 0: all that is pending. */
int publication_tell_services(struct publication *p, uint64_t generation) _must_check_;
/*
 * Who corrects a command that failed corrects also what is pending because of it: after the targets
 * are known, that is tried at once. 0, or as publication_tell_services().
 */
int publication_renew_pending(struct publication *p) _must_check_;

/*
 * After a run that succeeded: what is pending for a target that has left the settings is not tried
 * any more, with a warning. Nobody could say that its command is right now. 0, or EXIT_IO.
 */
int publication_drop_pending(struct publication *p) _must_check_;

/* EXIT_PENDING where a service has still to be told, whichever run noted it; else 0. */
int publication_pending(const struct publication *p) _must_check_;

/* The result line, or the members of --json. */
void publication_report(const struct publication *p);

/*
 * publication_entries - what generation @number was made of
 *
 * errors: EXIT_IO for a damaged or missing file
 */
int publication_entries(TALLOC_CTX *mem_ctx, const struct state *state, uint64_t number,
	struct diags *diags, struct entries **ret_entries) _must_check_;
