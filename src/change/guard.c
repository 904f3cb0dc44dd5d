/* SPDX-License-Identifier: Apache-2.0 */
#include "change/guard.h"

#include <string.h>

#include "base/text.h"
#include "change/window.h"

enum { FLOOR = 3, PER_MILLE = 1000, NAMED_MAX = 10 };

/* A share is of @existing, and never less than three; a number is itself. */
static size_t allowed(const struct limit *limit, size_t existing)
{
	if (!limit->is_share)
		return limit->value;
	size_t share = (existing * limit->value + PER_MILLE - 1) / PER_MILLE;

	return share < FLOOR ? FLOOR : share;
}

/* One failure for the run; further limits that are passed are notes to it. */
struct refusal {
	const struct plan *plan;
	const struct guard_settings *settings;
	struct diags *diags;
	struct finding *finding;
};

static void refuse(struct refusal *r, const char *guard, const char *text)
{
	if (r->finding != NULL) {
		diag_note(r->finding, LOC_NONE, "guard '%s': %s", guard, text);
		return;
	}
	(void)diag_fail(r->diags, EXIT_REFUSED, LOC_NONE, "guard '%s': %s", guard, text);
	r->finding = diag_last(r->diags);
}

static void check_limit(struct refusal *r, const char *guard, const struct limit *limit,
	size_t n, size_t existing, const char *of, const char *what)
{
	TMP_CTX(tmp);

	if (n > allowed(limit, existing))
		refuse(r, guard,
			mem_printf(tmp, "%zu of %zu %s would %s, at most %zu may", n,
				existing, of, what, allowed(limit, existing)));
}

/* The four limits over one part of the nodes. */
static void check_nodes(
	struct refusal *r, const struct plan_counts *counts, const char *of)
{
	const struct guard_settings *settings = r->settings;

	check_limit(r, "max-removed", &settings->max_removed, counts->n_removed,
		counts->n_before, of, "be removed");
	check_limit(r, "max-affected", &settings->max_affected, counts->n_affected,
		counts->n_before, of, "be affected");
	check_limit(r, "max-lost", &settings->max_lost, counts->n_lost, counts->n_before,
		of, "lose a name, an address or a reservation");
	check_limit(r, "max-armed", &settings->max_armed, counts->n_armed,
		counts->n_before > counts->n_now ? counts->n_before : counts->n_now, of,
		"be armed to install");
}

/* Where the whole site is above a limit, its parts say nothing more. */
static void check_all_nodes(struct refusal *r)
{
	TMP_CTX(tmp);
	const struct plan *plan = r->plan;

	check_nodes(r, &plan->total, "nodes");
	if (r->finding != NULL)
		return;
	check_nodes(r, &plan->kinds[KIND_HOST], "hosts");
	check_nodes(r, &plan->kinds[KIND_VCN], "VCNs");
	for (size_t i = 0; i < plan->n_networks; i++)
		check_nodes(r, plan->networks[i],
			mem_printf(
				tmp, "nodes of network '%s'", plan->networks[i]->name));
}

static void check_kinds(struct refusal *r)
{
	TMP_CTX(tmp);

	for (enum kind kind = KIND_NONE + 1; kind < _KIND_MAX; kind++) {
		const struct plan_counts *counts = &r->plan->kinds[kind];

		if (counts->n_now < r->settings->min[kind])
			refuse(r, "min",
				mem_printf(tmp,
					"%zu of kind '%s' are left, at least %u must",
					counts->n_now, kind_name(kind),
					r->settings->min[kind]));
		else if (counts->n_now == 0 && counts->n_before > 0)
			refuse(r, "min",
				mem_printf(tmp, "all %zu of kind '%s' would be gone",
					counts->n_before, kind_name(kind)));
		else if (!kind_is_node(kind))
			check_limit(r, "max-removed", &r->settings->max_removed,
				counts->n_removed, counts->n_before,
				mem_printf(tmp, "of kind '%s'", kind_name(kind)),
				"be removed");
	}
}

/*
 * Who was published stays as he was last good. Where that is in error by now, because of other settings
 * or templates than his time's, a person says what is wrong: these, or the entry.
 */
static void check_left_out(struct refusal *r)
{
	TMP_CTX(tmp);
	size_t n = r->plan->n_left_out;

	if (n > 0)
		refuse(r, "quarantine",
			mem_printf(tmp,
				"%zu %s published would be left out: %s in error, too", n,
				text_plural(n, "record that was", "records that were"),
				text_plural(n, "its last good version is",
					"their last good versions are")));
}

/* Targets: one that leaves the settings, and files that go without their nodes going. */
static void check_targets(struct refusal *r)
{
	TMP_CTX(tmp);
	const struct plan *plan = r->plan;

	for (size_t t = 0; plan->before != NULL && t < plan->before->n_targets; t++) {
		const struct generation_target *target = &plan->before->targets[t];
		size_t n = 0, n_gone = 0;

		for (size_t i = 0; i < plan->n_files; i++) {
			const struct plan_file *file = &plan->files[i];
			bool is_its = file->before != NULL && file->before->target == t;

			n += is_its;
			n_gone += is_its && file->change == FILE_REMOVED;
		}
		if (n > 0 && targets_find(plan->targets, plan->n_targets, target->name) ==
				     NULL)
			refuse(r, "targets",
				mem_printf(tmp,
					"target '%s' has left the settings: %zu of its "
					"files would be removed",
					target->name, n_gone));
		else
			check_limit(r, "targets", &r->settings->max_removed, n_gone, n,
				mem_printf(tmp, "files of target '%s'", target->name),
				"be removed");
	}
}

/* Net over a day: who was there then, and is not now. */
static int check_day(struct refusal *r)
{
	TMP_CTX(tmp);
	const struct plan *plan = r->plan;
	struct roster then;
	size_t n_then = 0, n_gone = 0;

	/* a run that removes nobody answers for nobody's removal */
	if (plan->total.n_removed == 0)
		return 0;
	int failed = window_baseline(tmp, plan->state, plan->now, plan->roster_before,
		plan->before->created, r->diags, &then);

	if (failed < 0)
		return failed;
	for (size_t i = 0; i < then.n; i++) {
		const struct roster_record *record = &then.records[i];

		if (!kind_is_node(record->kind))
			continue;
		n_then++;
		n_gone += roster_find(plan->roster, record->name, record->kind) == NULL;
	}
	check_limit(r, "max-removed-24h", &r->settings->max_removed_24h, n_gone, n_then,
		"nodes", "be removed within 24 hours");
	return 0;
}

/* What stands behind it: the shared records that went or changed, then some of the nodes. */
static void name_causes(struct refusal *r)
{
	static const char *const words[] = {[RECORD_ADDED] = "new",
		[RECORD_REMOVED] = "gone",
		[RECORD_CHANGED] = "changed"};
	const struct plan *plan = r->plan;
	size_t n = 0;

	for (int pass = 0; pass < 2; pass++) {
		for (size_t i = 0; i < plan->n_records; i++) {
			const struct plan_record *change = &plan->records[i];

			if (kind_is_node(change->record->kind) != (pass == 1) ||
				change->change == RECORD_ADDED || n++ >= NAMED_MAX)
				continue;
			diag_note(r->finding,
				(struct loc){
					.dn = mem_strdup(r->diags, change->record->dn)},
				"%s '%s' is %s", kind_name(change->record->kind),
				change->record->name, words[change->change]);
		}
	}
	if (n > NAMED_MAX)
		diag_note(r->finding, LOC_NONE, "and %zu more", n - NAMED_MAX);
}

static void name_way_on(struct refusal *r, const char *accept, const char *way_on)
{
	if (accept != NULL) {
		diag_note(r->finding, LOC_NONE,
			"'%s' was accepted, but the changes are others now", accept);
		diag_keep_note(r->finding);
	}
	r->finding->mark = plan_id(r->finding, r->plan);
	diag_note(r->finding, LOC_NONE, "%s --accept %s'", way_on, r->finding->mark);
	diag_keep_note(r->finding);
}

int guard_check(const struct plan *plan, const struct guard_settings *settings,
	const char *accept, struct diags *diags)
{
	TMP_CTX(tmp);
	struct refusal r = {.plan = plan, .settings = settings, .diags = diags};

	/* what is published was permitted, perhaps by a person */
	if (!plan_has_changes(plan))
		return 0;
	if (plan->before != NULL) {
		check_all_nodes(&r);
		check_targets(&r);
	}
	check_kinds(&r);
	check_left_out(&r);
	int failed = plan->before == NULL ? 0 : check_day(&r);

	if (failed < 0)
		return failed;
	if (r.finding == NULL)
		return 0;
	name_causes(&r);
	name_way_on(&r, accept,
		mem_printf(tmp,
			"look at them with '%s diff'; if they are meant, run '%s %s",
			plan->command, plan->command, plan->again));
	return -EXIT_REFUSED;
}

int guard_check_rollback(
	const struct plan *plan, uint64_t number, const char *accept, struct diags *diags)
{
	TMP_CTX(tmp);
	struct refusal r = {.plan = plan, .diags = diags};
	size_t n = plan->total.n_armed;

	if (n == 0)
		return 0;
	refuse(&r, "rollback",
		mem_printf(tmp,
			"%zu host%s would be armed to install again, as in generation %llu",
			n, n == 1 ? "" : "s", (unsigned long long)number));
	for (size_t i = 0, named = 0; i < plan->n_nodes && named < NAMED_MAX; i++) {
		const struct roster_record *record = plan->nodes[i].now;

		if (!plan->nodes[i].is_armed)
			continue;
		named++;
		diag_note(r.finding, (struct loc){.dn = mem_strdup(diags, record->dn)},
			"host '%s' would install itself at its next start", record->name);
	}
	if (n > NAMED_MAX)
		diag_note(r.finding, LOC_NONE, "and %zu more", n - NAMED_MAX);
	name_way_on(&r, accept,
		mem_printf(
			tmp, "if that is meant, run '%s %s", plan->command, plan->again));
	return -EXIT_REFUSED;
}

bool guard_is_accepted(const struct plan *plan, const char *accept)
{
	TMP_CTX(tmp);

	return accept != NULL && strcmp(accept, plan_id(tmp, plan)) == 0;
}
