/* SPDX-License-Identifier: Apache-2.0 */
#include "ldapcc/hidden_values.h"

#include <string.h>

#include "base/text.h"
#include "config/attribute.h"
#include "read/csn.h"
#include "read/filter_match.h"

struct hidden_attribute {
	const char *name, *dn; /* of the first entry */
	size_t n_entries;
};

struct hidden_values {
	const struct entries *before;
	const struct string_list *csn, *asked, *references;
	char **computed;
	size_t n_computed;
	struct hidden_attribute *items;
	size_t n;
};

struct hidden_values *hidden_values_new(TALLOC_CTX *mem_ctx, const struct run *run)
{
	struct hidden_values *h = mem_new(mem_ctx, struct hidden_values);

	h->before = run->before.raw;
	h->csn = run->before_csn;
	h->asked = &run->stored;
	h->references = &run->map->dn_attributes;
	h->computed =
		text_split(h, attribute_of(FIELD_MEMBER)->names, ' ', &h->n_computed);
	return h;
}

/*
 * The members of a dynamic group, and references to an entry that went or was renamed
 * (slapo-refint(5)), go without a change of the entry.
 */
static bool is_computed(const struct hidden_values *h, const char *name)
{
	if (list_has_name(h->references, name))
		return true;
	for (size_t i = 0; i < h->n_computed; i++)
		if (text_equal_case(h->computed[i], name))
			return true;
	return false;
}

static bool is_lost(const struct hidden_values *h, const struct entry *now,
	const struct entry_attribute *then)
{
	return then->n_values > 0 && !entry_tells_change(then->name) &&
	       list_has_name(h->asked, then->name) && !is_computed(h, then->name) &&
	       entry_attribute(now, then->name) == NULL;
}

static void note(struct hidden_values *h, const char *name, const char *dn)
{
	for (size_t i = 0; i < h->n; i++)
		if (text_equal_case(h->items[i].name, name)) {
			h->items[i].n_entries++;
			return;
		}
	*mem_push(h, &h->items, &h->n) =
		(struct hidden_attribute){mem_strdup(h, name), mem_strdup(h, dn), 1};
}

struct look {
	struct hidden_values *hidden;
	const struct entry *now;
	bool is_any;
};

static bool is_same_time(const struct entry *a, const struct entry *b)
{
	const struct entry_attribute *left = entry_attribute(a, ENTRY_CHANGED_AT),
				     *right = entry_attribute(b, ENTRY_CHANGED_AT);

	return left != NULL && right != NULL && left->n_values == 1 &&
	       right->n_values == 1 &&
	       strcmp(left->values[0].bytes, right->values[0].bytes) == 0;
}

/* An entry_sink: one as it was. */
static void look_at(void *data, const struct entry *then)
{
	struct look *look = data;
	uint8_t id[ENTRY_ID_BYTES], id_now[ENTRY_ID_BYTES];

	if (!entry_id(then, id) || !entry_id(look->now, id_now) ||
		memcmp(id, id_now, sizeof(id)) != 0 || !is_same_time(then, look->now))
		return;
	for (size_t i = 0; i < then->n_attributes; i++)
		if (is_lost(look->hidden, look->now, &then->attributes[i])) {
			note(look->hidden, then->attributes[i].name, then->dn);
			look->is_any = true;
		}
}

bool hidden_values_has(struct hidden_values *hidden, const struct entry *now, size_t i)
{
	const struct entry_attribute *csn = entry_attribute(now, "entryCSN");
	struct look look = {.hidden = hidden, .now = now};

	if (csn != NULL && csn->n_values == 1 &&
		csn_covers(hidden->csn, csn->values[0].bytes))
		entries_give(hidden->before, i, look_at, &look);
	return look.is_any;
}

void hidden_values_report(struct hidden_values *hidden, struct run *run)
{
	run->has_hidden = hidden->n > 0;
	for (size_t i = 0; i < hidden->n; i++) {
		const struct hidden_attribute *item = &hidden->items[i];
		struct arena *arena = run->site->arena;
		const char *others = item->n_entries == 1
					     ? ""
					     : arena_printf(arena, " (as in %zu more)",
						       item->n_entries - 1);

		(void)check_report_entry(&run->reporter, CHECK_MISSING_ATTRIBUTE,
			check_default(CHECK_MISSING_ATTRIBUTE),
			(struct loc){.source = run->site->source,
				.dn = arena_strdup(arena, item->dn),
				.attr = arena_strdup(arena, item->name)},
			"is not shown any more%s, and the entry has not changed: may whoever "
			"reads see it? It counts as it was, until the entry is changed or "
			"'ldapcc apply --full' takes what is shown",
			others);
	}
}
