/* SPDX-License-Identifier: Apache-2.0 */
#include "ldapcc/lately.h"

#include <stdlib.h>
#include <string.h>

#include "change/window.h"
#include "generation/generation.h"
#include "model/past.h"

enum { DAY = 24 * 3600, BASE_HEX = 16 };

struct collecting {
	TALLOC_CTX *mem_ctx;
	struct lately *lately;
};

/* A window_sink. */
static void add_addresses(void *data, const struct roster *roster)
{
	struct collecting *to = data;

	for (size_t i = 0; i < roster->n; i++) {
		const char *items = roster->records[i].addresses;

		for (; *items != '\0'; items += ROSTER_ITEM) {
			char item[ROSTER_ITEM + 1] = "";

			memcpy(item, items, ROSTER_ITEM);
			*mem_push(to->mem_ctx, &to->lately->items, &to->lately->n) =
				(uint32_t)strtoul(item, NULL, BASE_HEX);
		}
	}
}

/* Those that are kept, each until the one behind it came. Was one of the last day? */
static bool add_generations(
	struct collecting *to, const struct state *state, uint64_t now)
{
	TMP_CTX(tmp);
	struct diags *ignored = diags_new(tmp);
	struct generation *g;
	struct roster roster;
	uint64_t *numbers, until = 0;
	size_t n;

	if (state_numbers(tmp, state, "generations", ignored, &numbers, &n) < 0)
		return false;
	while (n-- > 0) {
		if (until + DAY > now && roster_of_generation(tmp, state, numbers[n],
						 ignored, &roster) == 0)
			add_addresses(to, &roster);
		if (generation_load(tmp, state, numbers[n], ignored, &g) < 0)
			continue;
		if (g->created + DAY <= now)
			return until != 0;
		until = g->created;
	}
	return until != 0;
}

static int compare_items(const void *left, const void *right)
{
	uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;

	return a < b ? -1 : a > b;
}

void lately_collect(
	TALLOC_CTX *mem_ctx, const struct state *state, uint64_t now, struct lately *ret)
{
	struct collecting to = {mem_ctx, ret};

	*ret = (struct lately){0};
	if (add_generations(&to, state, now))
		window_each(state, now, add_addresses, &to);
	if (ret->n > 1)
		qsort(ret->items, ret->n, sizeof(*ret->items), compare_items);
}

bool lately_had(const struct lately *lately, struct ip ip)
{
	uint32_t item = past_number(past_ip(ip));

	return lately->n > 0 && bsearch(&item, lately->items, lately->n, sizeof(item),
					compare_items) != NULL;
}
