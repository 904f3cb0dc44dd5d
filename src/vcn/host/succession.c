/* SPDX-License-Identifier: Apache-2.0 */
#include "vcn/host/succession.h"

#include <string.h>

/* One action waits for another. */
struct wait {
	size_t who, giver;
	const char *what;
};

struct succession {
	const struct plan *plan;
	struct wait *waits;
	size_t n_waits;
	bool *has_given, *keeps; /* by place in the plan */
};

/* What only one can have */

static bool is_in(const char *what, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(list[i], what) == 0)
			return true;
	return false;
}

/* What the manifest gives it. */
struct own {
	const char **on_wire, **on_disk;
	size_t n_on_wire, n_on_disk;
};

static struct own list_own(TALLOC_CTX *mem_ctx, const struct guest *guest)
{
	struct own own;

	guest_on_wire(mem_ctx, guest, &own.on_wire, &own.n_on_wire);
	guest_on_disk(mem_ctx, guest, &own.on_disk, &own.n_on_disk);
	return own;
}

static bool is_own(const char *what, const struct own *own)
{
	return is_in(what, own->on_wire, own->n_on_wire) ||
	       is_in(what, own->on_disk, own->n_on_disk);
}

/* What @state runs with and the manifest has not given @guest any more. */
static size_t list_given_up(TALLOC_CTX *mem_ctx, const struct guest *guest,
	const struct run_state *state, const char ***ret)
{
	size_t n = 0;

	*ret = NULL;
	if (state->pid == 0 || guest == NULL)
		return 0;
	const struct own own = list_own(mem_ctx, guest);

	for (size_t i = 0; i < state->n_on_wire; i++)
		if (!is_own(state->on_wire[i], &own))
			*mem_push(mem_ctx, ret, &n) = state->on_wire[i];
	for (size_t i = 0; i < state->n_on_disk; i++)
		if (!is_own(state->on_disk[i], &own))
			*mem_push(mem_ctx, ret, &n) = state->on_disk[i];
	return n;
}

/* The first of @things that @guest is to have; NULL: none. */
static const char *find_wanted(
	const struct guest *guest, const char *const *things, size_t n)
{
	TMP_CTX(tmp);

	if (n == 0 || guest == NULL || !guest->is_enabled)
		return NULL;
	const struct own own = list_own(tmp, guest);

	for (size_t i = 0; i < n; i++)
		if (is_own(things[i], &own))
			return things[i];
	return NULL;
}

bool succession_is_taken(const struct manifest *manifest, const struct guest *guest,
	const struct run_state *state)
{
	TMP_CTX(tmp);
	const char **things;
	size_t n = list_given_up(tmp, guest, state, &things);

	for (size_t i = 0; n > 0 && i < manifest->n_guests; i++)
		if (&manifest->guests[i] != guest &&
			find_wanted(&manifest->guests[i], things, n) != NULL)
			return true;
	return false;
}

/* Who waits for whom */

static void add_waits(struct succession *s, size_t giver)
{
	TMP_CTX(tmp);
	const struct action *action = &s->plan->actions[giver];
	const char **things;
	size_t n = list_given_up(tmp, action->guest, action->state, &things);

	for (size_t i = 0; n > 0 && i < s->plan->n_actions; i++) {
		const struct action *other = &s->plan->actions[i];
		const char *what = i == giver || (other->kind != ACTION_START &&
							 other->kind != ACTION_RESTART)
					   ? NULL
					   : find_wanted(other->guest, things, n);

		if (what != NULL)
			*mem_push(s, &s->waits, &s->n_waits) =
				(struct wait){i, giver, what};
	}
}

struct succession *succession_new(TALLOC_CTX *mem_ctx, const struct plan *plan)
{
	struct succession *s = mem_new(mem_ctx, struct succession);

	s->plan = plan;
	s->has_given = mem_array(s, bool, plan->n_actions);
	s->keeps = mem_array(s, bool, plan->n_actions);
	for (size_t i = 0; i < plan->n_actions; i++) {
		s->keeps[i] = plan->actions[i].kind == ACTION_OUTDATED;
		if (s->keeps[i] || plan->actions[i].kind == ACTION_RESTART)
			add_waits(s, i);
	}
	return s;
}

void succession_gave(struct succession *s, size_t i)
{
	s->has_given[i] = true;
}

void succession_keeps(struct succession *s, size_t i)
{
	s->keeps[i] = true;
}

static bool is_open(const struct succession *s, const struct wait *wait)
{
	return !s->has_given[wait->giver] && !s->keeps[wait->giver];
}

bool succession_may_start(const struct succession *s, size_t i)
{
	for (size_t w = 0; w < s->n_waits; w++)
		if (s->waits[w].who == i && is_open(s, &s->waits[w]))
			return false;
	return true;
}

const struct action *succession_keeper(
	const struct succession *s, size_t i, const char **ret_what)
{
	for (size_t w = 0; w < s->n_waits; w++)
		if (s->waits[w].who == i && s->keeps[s->waits[w].giver] &&
			!s->has_given[s->waits[w].giver]) {
			*ret_what = s->waits[w].what;
			return &s->plan->actions[s->waits[w].giver];
		}
	return NULL;
}

/* Marks all that @i waits for, and what they wait for. */
static void mark_givers(const struct succession *s, size_t i, bool *is_marked)
{
	for (size_t w = 0; w < s->n_waits; w++) {
		size_t giver = s->waits[w].giver;

		if (s->waits[w].who != i || !is_open(s, &s->waits[w]) || is_marked[giver])
			continue;
		is_marked[giver] = true;
		mark_givers(s, giver, is_marked);
	}
}

/* Does @i wait for @giver, by whatever many steps? */
static bool waits_for(const struct succession *s, size_t i, size_t giver)
{
	TMP_CTX(tmp);
	bool *is_marked = mem_array(tmp, bool, s->plan->n_actions);

	mark_givers(s, i, is_marked);
	return is_marked[giver];
}

size_t succession_circle(
	TALLOC_CTX *mem_ctx, const struct succession *s, size_t i, size_t **ret_places)
{
	TMP_CTX(tmp);
	bool *is_giver = mem_array(tmp, bool, s->plan->n_actions);
	size_t n = 0;

	*ret_places = NULL;
	*mem_push(mem_ctx, ret_places, &n) = i;
	mark_givers(s, i, is_giver);
	for (size_t k = 0; k < s->plan->n_actions; k++) {
		if (!is_giver[k] || k == i)
			continue;
		if (!waits_for(s, k, i))
			return 0;
		*mem_push(mem_ctx, ret_places, &n) = k;
	}
	return n;
}
