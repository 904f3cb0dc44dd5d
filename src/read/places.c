/* SPDX-License-Identifier: Apache-2.0 */
#include "read/places.h"

#include <string.h>

#include "base/table.h"
#include "read/dn.h"
#include "read/dn_set.h"

struct places {
	struct dn_set *come, *above;
	struct arena *arena;
	const char **parents; /* each once */
	size_t n_parents;
	const char *last; /* of them, of the DN that came last; NULL: of none */
};

struct places *places_new(TALLOC_CTX *mem_ctx)
{
	struct places *places = mem_new(mem_ctx, struct places);

	places->come = dn_set_new(places);
	places->above = dn_set_new(places);
	places->arena = arena_new(places);
	return places;
}

const char *dn_above(const char *dn)
{
	for (; *dn; dn++) {
		if (*dn == '\\' && dn[1])
			dn++;
		else if (*dn == ',')
			return dn + 1;
	}
	return NULL;
}

static void note_parent(struct places *places, const char *dn)
{
	const char *parent = dn_above(dn);
	unsigned line;

	/* entries of one container mostly come one after the other */
	if (parent == NULL || (places->last != NULL && strcmp(parent, places->last) == 0))
		return;
	places->last = NULL;
	if (!dn_set_add(places->above, parent, strlen(parent), 0, &line))
		return;
	places->last = arena_strdup(places->arena, parent);
	*mem_push(places, &places->parents, &places->n_parents) = places->last;
}

void places_reserve(struct places *places, size_t n)
{
	dn_set_reserve(places->come, n);
}

uint64_t places_expect(const struct places *places, const char *dn, size_t len)
{
	return dn_set_expect(places->come, dn, len);
}

bool places_add_expected(struct places *places, const char *dn, uint64_t expected)
{
	unsigned line;

	note_parent(places, dn);
	return dn_set_add_expected(places->come, expected, 0, &line);
}

bool places_add(struct places *places, const char *dn, size_t len)
{
	return places_add_expected(places, dn, places_expect(places, dn, len));
}

static bool is_below(const char *key, const struct table *bases)
{
	for (; *key != '\0'; key = dn_key_parent(key))
		if (table_find(bases, key) != NULL)
			return true;
	return false;
}

struct string_list places_missing(struct places *places, const struct string_list *bases)
{
	TMP_CTX(tmp);
	struct table *keys = table_new(tmp, bases->n);
	struct string_list missing = {0};

	for (size_t i = 0; i < bases->n; i++) {
		const char *key = dn_key(tmp, bases->items[i]);

		*table_slot(keys, key == NULL ? bases->items[i] : key) = places;
	}
	/* those above them join the list while it is gone along */
	for (size_t i = 0; i < places->n_parents; i++) {
		const char *dn = places->parents[i];

		if (dn_set_has(places->come, dn, strlen(dn)))
			continue;
		const char *key = dn_key(tmp, dn);

		if (key != NULL && !is_below(key, keys))
			continue;
		note_parent(places, dn);
		*mem_push(places, &missing.items, &missing.n) = dn;
	}
	return missing;
}
