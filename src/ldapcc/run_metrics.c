/* SPDX-License-Identifier: Apache-2.0 */
#include "ldapcc/run_metrics.h"

#include <time.h>

#include "base/metric.h"
#include "ldapcc/last_run.h"
#include "publish/pending.h"

static void add_run(struct buffer *b, int64_t started, int result)
{
	int64_t now = (int64_t)time(NULL);

	metric_number(b, "ldapcc_run_exit_status", "Of the last run; see ldapcc(8).",
		result < 0 ? -result : result);
	metric_number(b, "ldapcc_run_timestamp_seconds",
		"When the last run ended, in Unix time.", now);
	metric_number(b, "ldapcc_run_duration_seconds",
		"How long it took, in whole seconds.", now - started);
}

static void add_state(struct buffer *b, const struct state *state)
{
	metric_number(b, "ldapcc_generation",
		"The generation that is published; 0: none.", (int64_t)state->current);
	metric_number(b, "ldapcc_pinned", "1: a rollback stands until it is unpinned.",
		state->pinned > 0);
}

/* The hash of what is published, as a label: servers with equal sets have equal ones. */
static void add_set(struct buffer *b, const struct state *state, struct diags *quiet)
{
	TMP_CTX(tmp);
	struct generation_summary *list;
	size_t n;

	if (generation_list(tmp, state, quiet, &list, &n) < 0)
		return;
	metric_head(b, "ldapcc_published_set", "The hash of what is published.");
	for (size_t i = 0; i < n; i++)
		if (list[i].is_current && list[i].set != NULL)
			metric_labelled(b, "ldapcc_published_set", "generation_set",
				list[i].set, 1);
}

static void add_last(struct buffer *b, const struct last_run *last)
{
	metric_number(b, "ldapcc_read_timestamp_seconds",
		"When the directory was last read whole, in Unix time; 0: never.",
		last->read_time);
	metric_number(b, "ldapcc_quarantined_entries",
		"Entries in error, served as they were or left out.",
		(int64_t)last->n_quarantined);
	metric_number(b, "ldapcc_findings", "Findings and refusals that last.",
		(int64_t)last->n_findings);
	metric_number(
		b, "ldapcc_entries", "Records that were read.", (int64_t)last->n_entries);
	metric_head(b, "ldapcc_nodes", "Nodes that are published, by kind.");
	metric_labelled(b, "ldapcc_nodes", "kind", "host", (int64_t)last->n_hosts);
	metric_labelled(b, "ldapcc_nodes", "kind", "vcn", (int64_t)last->n_vcns);
}

static void add_pending(struct buffer *b, const struct pending *pending, size_t n)
{
	metric_head(b, "ldapcc_pending_reload_attempts",
		"Reloads that are not confirmed, by target, and how often they were "
		"tried.");
	for (size_t i = 0; i < n; i++)
		metric_labelled(b, "ldapcc_pending_reload_attempts", "target",
			pending[i].target, (int64_t)pending[i].attempts);
	metric_number(b, "ldapcc_pending_reloads", "How many these are.", (int64_t)n);
}

/* What stands, as far as the state can be read; what is wrong with it was said already. */
static void add_standing(struct buffer *b, const struct run *run)
{
	TMP_CTX(tmp);
	struct diags *quiet = diags_new(tmp);
	struct state *state = NULL;
	struct last_run last;
	struct pending *pending = NULL;
	size_t n_pending = 0;

	if (run->settings == NULL || state_open(tmp, run->settings, run->arguments.root,
					     false, quiet, &state) < 0)
		return;
	add_state(b, state);
	add_set(b, state, quiet);
	if (last_run_load(tmp, state, quiet, &last) == 0)
		add_last(b, &last);
	if (pending_load(tmp, state, quiet, &pending, &n_pending) == 0)
		add_pending(b, pending, n_pending);
}

int run_metrics_write(struct run *run, int64_t started, int result)
{
	TMP_CTX(tmp);
	struct buffer *b = buffer_new(tmp);

	if (run->arguments.metrics == NULL)
		return result;
	add_run(b, started, result);
	add_standing(b, run);
	int failed = metric_write(run->arguments.metrics, b, run->diags);

	return result < 0 ? result : failed < 0 ? failed : result;
}
