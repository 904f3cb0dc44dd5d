/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What the last `apply` leaves for the next one, in the state's file last-run: how it ended,
 * what the current generation was made from, who is in quarantine, and what was said, so that
 * a run with nothing to do can say so quickly, and cron mails a finding when it appears, not
 * every five minutes.
 */

#include "generation/generation.h"
#include "ldapcc/quarantine.h"

struct quarantine_note {
	const char *dn;
	int64_t since; /* Unix time */
	bool is_kept; /* its last good version stands */
};

/* A finding or a refusal that holds until somebody mends it. */
struct known_finding {
	const char *text; /* as it was printed, without the line of a file */
	const char *
		place; /* what it is about: equal texts of one place are one that changed */
	int64_t since, printed; /* Unix time */
};

struct last_run {
	int64_t time; /* of its end; 0: there was none */
	int exit;
	int64_t read_time; /* of the last complete read; 0: never */
	/* what generation @generation was made from, or what has been read since and gave the
	 * same: it counts only while that generation is the current one */
	uint64_t generation;
	struct generation_source source;
	int64_t due; /* when the first installation runs out, Unix time; 0: none does */
	int64_t again; /* when all is to be read, whatever the server tells, Unix time; 0: not sooner */
	size_t n_entries, n_hosts, n_vcns;
	struct quarantine_note *quarantined;
	size_t n_quarantined;
	struct known_finding *findings;
	size_t n_findings;
};

/* An empty one where there was no run; EXIT_IO for a damaged file. */
int last_run_load(TALLOC_CTX *mem_ctx, const struct state *state, struct diags *diags,
	struct last_run *ret_last) _must_check_;
int last_run_save(const struct state *state, const struct last_run *last,
	struct diags *diags) _must_check_;

/* The source of the current generation, NULL where it is not known. */
const struct generation_source *last_run_source(
	const struct last_run *last, const struct state *state);
