/* SPDX-License-Identifier: Apache-2.0 */
#include "change/removals.h"

#include <string.h>

#include "generation/lines.h"

enum { DAY = 24 * 60 * 60 };

struct removal {
	uint64_t at, n_removed, n_existing;
};

static int load(TALLOC_CTX *mem_ctx, const struct state *state, uint64_t now,
	struct diags *diags, struct removal **ret_removals, size_t *ret_n)
{
	struct lines l;
	char *text;
	size_t len;
	int r = state_load(mem_ctx, state, "removals", diags, &text, &len);

	*ret_removals = NULL;
	*ret_n = 0;
	if (r < 0 || text == NULL)
		return r;
	lines_init(&l, text, len);
	while (lines_next(&l)) {
		struct removal one = {0};

		one.at = lines_u64(&l, UINT64_MAX);
		one.n_removed = lines_u64(&l, UINT32_MAX);
		one.n_existing = lines_u64(&l, UINT32_MAX);
		lines_done(&l);
		if (l.is_bad)
			return diag_fail(diags, EXIT_IO,
				state_loc(state, "removals", diags),
				"the file is damaged in line %u; it may be removed",
				l.number);
		/* a clock that was set back must not make lines live for ever */
		if (one.at + DAY > now && one.at <= now + DAY)
			*mem_push(mem_ctx, ret_removals, ret_n) = one;
	}
	return 0;
}

int removals_sum(const struct state *state, uint64_t now, struct diags *diags,
	size_t *ret_removed, size_t *ret_existing)
{
	TMP_CTX(tmp);
	struct removal *removals;
	size_t n;
	int r = load(tmp, state, now, diags, &removals, &n);

	*ret_removed = *ret_existing = 0;
	for (size_t i = 0; r == 0 && i < n; i++) {
		*ret_removed += removals[i].n_removed;
		if (removals[i].n_existing > *ret_existing)
			*ret_existing = removals[i].n_existing;
	}
	return r;
}

void removals_note(const struct plan *plan, struct diags *diags)
{
	TMP_CTX(tmp);
	struct diags *ignored = diags_new(tmp);
	struct buffer *b = buffer_new(tmp);
	struct removal *removals;
	size_t n, n_removed = 0;

	for (size_t i = 0; i < plan->n_node_changes; i++)
		n_removed += plan->node_changes[i].change == NODE_REMOVED;
	if (n_removed == 0)
		return;
	if (load(tmp, plan->state, plan->now, ignored, &removals, &n) < 0)
		n = 0;
	for (size_t i = 0; i < n; i++)
		buffer_printf(b, "%llu %llu %llu\n", (unsigned long long)removals[i].at,
			(unsigned long long)removals[i].n_removed,
			(unsigned long long)removals[i].n_existing);
	buffer_printf(b, "%llu %zu %zu\n", (unsigned long long)plan->now, n_removed,
		plan->n_nodes_before);
	if (state_save(plan->state, "removals", b->data, b->len, ignored) < 0)
		diag_add(diags, SEVERITY_WARNING, "removals",
			state_loc(plan->state, "removals", diags),
			"the nodes that went could not be noted for 'max-removed-24h'");
}
