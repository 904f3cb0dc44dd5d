/* SPDX-License-Identifier: Apache-2.0 */
#include "change/guard.h"

#include <string.h>

#include "base/text.h"
#include "change/removals.h"

enum { FLOOR = 3, PER_MILLE = 1000 };

/* What the guards count, and what has to be said. */
struct counts {
	size_t n_before, n_now; /* nodes */
	size_t of_before[_KIND_MAX], of_now[_KIND_MAX];
	size_t n_removed, n_changed;
	size_t n_removed_24h,
		n_24h; /* removed before this run, and how many there were */
};

static void count(const struct plan *plan, struct counts *c)
{
	c->n_before = plan->n_nodes_before;
	c->n_now = plan->n_nodes;
	for (size_t i = 0; i < plan->n_nodes_before; i++)
		if (plan->nodes_before[i].kind < _KIND_MAX)
			c->of_before[plan->nodes_before[i].kind]++;
	for (size_t i = 0; i < plan->n_nodes; i++)
		if (plan->nodes[i].kind < _KIND_MAX)
			c->of_now[plan->nodes[i].kind]++;
	for (size_t i = 0; i < plan->n_node_changes; i++) {
		c->n_removed += plan->node_changes[i].change == NODE_REMOVED;
		c->n_changed += plan->node_changes[i].change == NODE_CHANGED;
	}
}

/* A share is of @existing, and never less than three; a number is itself. */
static size_t allowed(const struct limit *limit, size_t existing)
{
	if (!limit->is_share)
		return limit->value;
	size_t share = existing * limit->value / PER_MILLE;

	return share < FLOOR ? FLOOR : share;
}

/* One failure for the run; further limits that are passed are notes to it. */
struct refusal {
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
	size_t n, size_t existing, const char *what)
{
	TMP_CTX(tmp);

	if (n > allowed(limit, existing))
		refuse(r, guard,
			mem_printf(tmp, "%zu of %zu nodes would be %s, at most %zu may",
				n, existing, what, allowed(limit, existing)));
}

static void check_kinds(
	struct refusal *r, const struct guard_settings *settings, const struct counts *c)
{
	TMP_CTX(tmp);

	for (enum kind kind = KIND_NONE + 1; kind < _KIND_MAX; kind++) {
		if (c->of_now[kind] < settings->min[kind])
			refuse(r, "min",
				mem_printf(tmp,
					"%zu of kind '%s' are left, at least %u must",
					c->of_now[kind], kind_name(kind),
					settings->min[kind]));
		else if (c->of_now[kind] == 0 && c->of_before[kind] > 0)
			refuse(r, "min",
				mem_printf(tmp, "all %zu of kind '%s' would be gone",
					c->of_before[kind], kind_name(kind)));
	}
}

int guard_check(const struct plan *plan, const struct guard_settings *settings,
	const char *accept, struct diags *diags)
{
	TMP_CTX(tmp);
	struct counts c = {0};
	struct refusal r = {.diags = diags};
	const char *id = accept == NULL ? NULL : plan_id(tmp, plan);
	int failed =
		removals_sum(plan->state, plan->now, diags, &c.n_removed_24h, &c.n_24h);

	if (failed < 0)
		return failed;
	if (accept != NULL && strcmp(accept, id) == 0)
		return 0;
	count(plan, &c);
	if (plan->before != NULL) {
		size_t at_most = c.n_24h > c.n_before ? c.n_24h : c.n_before;

		check_limit(&r, "max-removed", &settings->max_removed, c.n_removed,
			c.n_before, "removed");
		check_limit(&r, "max-changed", &settings->max_changed, c.n_changed,
			c.n_before, "changed");
		if (c.n_removed > 0)
			check_limit(&r, "max-removed-24h", &settings->max_removed_24h,
				c.n_removed + c.n_removed_24h, at_most,
				"removed within 24 hours");
	}
	check_kinds(&r, settings, &c);
	if (r.finding == NULL)
		return 0;
	if (accept != NULL)
		diag_note(r.finding, LOC_NONE,
			"'%s' was accepted, but the changes are others now", accept);
	diag_note(r.finding, LOC_NONE,
		"look at them with 'ldapcc diff'; if they are meant, run "
		"'ldapcc apply --accept %s'",
		id == NULL ? plan_id(tmp, plan) : id);
	return -EXIT_REFUSED;
}
