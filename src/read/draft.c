/* SPDX-License-Identifier: Apache-2.0 */
#include "read/draft.h"

#include <string.h>

#include "base/table.h"
#include "base/text.h"
#include "config/attribute.h"
#include "read/dn.h"

struct draft {
	struct arena *arena;
	struct draft_entry **items;
	size_t n;
	struct table *by_key; /* -> struct draft_entry; NULL: it is gone */
	struct table *gone; /* canonical DN -> unsigned: the line of the change */
};

struct draft *draft_new(TALLOC_CTX *mem_ctx)
{
	struct draft *draft = mem_new(mem_ctx, struct draft);

	draft->arena = arena_new(draft);
	draft->by_key = table_new(draft, 0);
	draft->gone = table_new(draft, 0);
	return draft;
}

static void set_dn(struct draft *draft, struct draft_entry *entry, const char *dn)
{
	TMP_CTX(tmp);
	const char *key = dn_key(tmp, dn);

	entry->dn = arena_strdup(draft->arena, dn_safe(tmp, dn));
	entry->key = key == NULL ? entry->dn : arena_strdup(draft->arena, key);
	*table_slot(draft->by_key, entry->key) = entry;
	*table_slot(draft->gone, entry->key) = NULL;
}

static void take_off(struct draft *draft, struct draft_entry *entry, unsigned line)
{
	unsigned *by = arena_alloc(draft->arena, sizeof(*by));

	*by = line;
	*table_slot(draft->gone, entry->key) = by;
	*table_slot(draft->by_key, entry->key) = NULL;
	entry->key = NULL;
}

/* Copies that last as long as the draft. */

static void keep_attribute(struct arena *arena, struct entry_attribute *to,
	const struct entry_attribute *from)
{
	*to = *from;
	to->name = arena_strdup(arena, from->name);
	to->values = arena_alloc(arena, from->n_values * sizeof(*to->values) + 1);
	for (size_t i = 0; i < from->n_values; i++) {
		to->values[i] = from->values[i];
		to->values[i].bytes =
			arena_strndup(arena, from->values[i].bytes, from->values[i].len);
	}
}

static void keep_attributes(struct arena *arena, struct draft_entry *to,
	const struct entry_attribute *attributes, size_t n)
{
	to->attributes = arena_alloc(arena, n * sizeof(*attributes) + 1);
	to->n_attributes = n;
	for (size_t i = 0; i < n; i++)
		keep_attribute(arena, &to->attributes[i], &attributes[i]);
}

void draft_add(void *data, const struct entry *entry)
{
	struct draft *draft = data;
	struct draft_entry *kept = arena_alloc(draft->arena, sizeof(*kept));

	*kept = (struct draft_entry){.line = entry->line};
	keep_attributes(draft->arena, kept, entry->attributes, entry->n_attributes);
	set_dn(draft, kept, entry->dn);
	*mem_push(draft, &draft->items, &draft->n) = kept;
}

void draft_give(const struct draft *draft, entry_sink sink, void *data)
{
	for (size_t i = 0; i < draft->n; i++) {
		const struct draft_entry *item = draft->items[i];
		const struct entry entry = {.dn = item->dn,
			.key = item->key,
			.line = item->line,
			.attributes = item->attributes,
			.n_attributes = item->n_attributes};

		if (item->key != NULL)
			sink(data, &entry);
	}
}

/* Entries */

struct draft_entry *draft_find(const struct draft *draft, const char *key)
{
	return table_find(draft->by_key, key);
}

static bool is_below(const struct draft_entry *entry, const char *key)
{
	size_t len = entry->key == NULL ? 0 : strlen(entry->key), end = strlen(key);

	return len > end && entry->key[len - end - 1] == ',' &&
	       strcmp(entry->key + len - end, key) == 0;
}

const struct draft_entry *draft_below(const struct draft *draft, const char *key)
{
	for (size_t i = 0; i < draft->n; i++)
		if (is_below(draft->items[i], key))
			return draft->items[i];
	return NULL;
}

void draft_remove(struct draft *draft, struct draft_entry *entry, unsigned line)
{
	take_off(draft, entry, line);
}

const struct table *draft_gone(const struct draft *draft)
{
	return draft->gone;
}

static size_t count_rdns(const char *dn)
{
	size_t n = 1;

	for (; *dn != '\0'; dn++) {
		if (*dn == '\\' && dn[1] != '\0')
			dn++;
		else if (*dn == ',')
			n++;
	}
	return n;
}

/* Bytes of the first @n RDNs of @dn, with the comma behind each. */
static size_t rdns_length(const char *dn, size_t n)
{
	const char *at = dn;

	for (; n > 0 && *at != '\0'; at++) {
		if (*at == '\\' && at[1] != '\0')
			at++;
		else if (*at == ',')
			n--;
	}
	return (size_t)(at - dn);
}

void draft_move(
	struct draft *draft, struct draft_entry *entry, const char *new_dn, unsigned line)
{
	TMP_CTX(tmp);
	const char *key = entry->key;
	size_t depth = count_rdns(entry->dn);

	for (size_t i = 0; i < draft->n; i++) {
		struct draft_entry *below = draft->items[i];

		if (!is_below(below, key))
			continue;
		size_t own = rdns_length(below->dn, count_rdns(below->dn) - depth);
		const char *dn = mem_printf(tmp, "%.*s%s", (int)own, below->dn, new_dn);

		take_off(draft, below, line);
		set_dn(draft, below, dn);
	}
	take_off(draft, entry, line);
	set_dn(draft, entry, new_dn);
}

struct draft_entry *draft_copy(TALLOC_CTX *mem_ctx, const struct draft_entry *entry)
{
	struct draft_entry *copy = mem_new(mem_ctx, struct draft_entry);

	*copy = *entry;
	copy->attributes = NULL;
	copy->n_attributes = 0;
	for (size_t i = 0; i < entry->n_attributes; i++) {
		const struct entry_attribute *from = &entry->attributes[i];

		/* who writes it next is not known yet */
		if (entry_tells_change(from->name))
			continue;
		for (size_t j = 0; j < from->n_values; j++)
			draft_add_value(copy, copy, from->name, &from->values[j]);
	}
	return copy;
}

void draft_replace(
	struct draft *draft, struct draft_entry *entry, const struct draft_entry *by)
{
	keep_attributes(draft->arena, entry, by->attributes, by->n_attributes);
	entry->line = by->line;
}

/* Values */

struct entry_attribute *draft_attribute(const struct draft_entry *entry, const char *name)
{
	for (size_t i = 0; i < entry->n_attributes; i++)
		if (text_equal_case(entry->attributes[i].name, name))
			return &entry->attributes[i];
	return NULL;
}

void draft_add_value(TALLOC_CTX *mem_ctx, struct draft_entry *entry, const char *name,
	const struct entry_value *value)
{
	struct entry_attribute *attribute = draft_attribute(entry, name);

	if (attribute == NULL) {
		attribute = mem_push(mem_ctx, &entry->attributes, &entry->n_attributes);
		attribute->name = name;
	}
	*mem_push(mem_ctx, &attribute->values, &attribute->n_values) = *value;
}

void draft_remove_attribute(struct draft_entry *entry, const char *name)
{
	size_t kept = 0;

	for (size_t i = 0; i < entry->n_attributes; i++)
		if (!text_equal_case(entry->attributes[i].name, name))
			entry->attributes[kept++] = entry->attributes[i];
	entry->n_attributes = kept;
}

/* Does case count? In our schema where it says so; elsewhere as in cn and macAddress. */
static bool is_exact(const char *name)
{
	TMP_CTX(tmp);

	for (size_t field = FIELD_NONE + 1; field < _FIELD_MAX; field++) {
		const struct attribute *row = attribute_of((enum field_id)field);
		size_t n;
		char **names = text_split(tmp, row->names, ' ', &n);

		for (size_t i = 0; i < n; i++)
			if (text_equal_case(names[i], name))
				return row->syntax == SYNTAX_EXACT;
	}
	return false;
}

static bool is_same_value(
	const char *name, const struct entry_value *a, const struct entry_value *b)
{
	TMP_CTX(tmp);

	if (a->len == b->len && memcmp(a->bytes, b->bytes, a->len) == 0)
		return true;
	if (is_exact(name))
		return false;
	const char *left = dn_key(tmp, a->bytes), *right = dn_key(tmp, b->bytes);

	return text_equal_case(a->bytes, b->bytes) ||
	       (left != NULL && right != NULL && *left != '\0' &&
		       strcmp(left, right) == 0);
}

struct entry_value *draft_value(const struct draft_entry *entry, const char *name,
	const struct entry_value *value)
{
	const struct entry_attribute *attribute = draft_attribute(entry, name);

	for (size_t i = 0; attribute != NULL && i < attribute->n_values; i++)
		if (is_same_value(name, &attribute->values[i], value))
			return &attribute->values[i];
	return NULL;
}

void draft_remove_value(
	struct draft_entry *entry, const char *name, const struct entry_value *value)
{
	struct entry_attribute *attribute = draft_attribute(entry, name);
	struct entry_value *found = draft_value(entry, name, value);

	if (attribute == NULL || found == NULL)
		return;
	*found = attribute->values[--attribute->n_values];
	if (attribute->n_values == 0)
		draft_remove_attribute(entry, name);
}
