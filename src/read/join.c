/* SPDX-License-Identifier: Apache-2.0 */
#include "read/join.h"

#include <stdlib.h>
#include <string.h>

#include "base/table.h"
#include "base/text.h"
#include "read/dn.h"
#include "read/filter_match.h"

struct held;

/* One entry's values for another. */
struct gift {
	const struct held *from;
	unsigned join; /* index */
	unsigned distance;
};

/* An entry that some join is about; a copy. */
struct held {
	struct entry entry;
	const char *key; /* canonical DN */
	uint32_t gives, takes; /* to and from which joins: bits */
	bool is_spent; /* it is part of another now */
	struct gift *gifts;
	size_t n_gifts;
};

struct joiner {
	const struct map *map;
	entry_sink sink;
	join_report report;
	void *data;
	struct string_list names; /* attributes that feed `name` */
	struct arena *arena;
	struct held **held;
	size_t n_held;
};

struct joiner *joiner_new(TALLOC_CTX *mem_ctx, const struct map *map, entry_sink sink,
	join_report report, void *data)
{
	struct joiner *j = mem_new(mem_ctx, struct joiner);

	*j = (struct joiner){.map = map,
		.sink = sink,
		.report = report,
		.data = data,
		.names = map->attributes[FIELD_NAME],
		.arena = arena_new(j)};
	return j;
}

/* Keeping entries */

static void copy_attribute(struct arena *arena, struct entry_attribute *to,
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

static void hold(
	struct joiner *j, const struct entry *entry, uint32_t gives, uint32_t takes)
{
	TMP_CTX(tmp);
	struct held *held = arena_alloc(j->arena, sizeof(*held));
	const char *key = dn_key(tmp, entry->dn);

	*held = (struct held){.entry = *entry, .gives = gives, .takes = takes};
	held->entry.dn = arena_strdup(j->arena, entry->dn);
	held->key = key == NULL ? held->entry.dn : arena_strdup(j->arena, key);
	held->entry.attributes = arena_alloc(
		j->arena, entry->n_attributes * sizeof(struct entry_attribute) + 1);
	for (size_t i = 0; i < entry->n_attributes; i++)
		copy_attribute(
			j->arena, &held->entry.attributes[i], &entry->attributes[i]);
	*mem_push(j, &j->held, &j->n_held) = held;
}

static bool gives(const struct join *join, const struct entry *entry)
{
	return entry_has_class(entry, join->from.name) &&
	       (join->from.filter == NULL || filter_matches(join->from.filter, entry));
}

void joiner_add(void *joiner, const struct entry *entry)
{
	struct joiner *j = joiner;
	uint32_t gives_to = 0, takes_from = 0;

	for (size_t i = 0; i < j->map->n_joins; i++) {
		if (entry_has_class(entry, j->map->joins[i].to))
			takes_from |= UINT32_C(1) << i;
		else if (gives(&j->map->joins[i], entry))
			gives_to |= UINT32_C(1) << i;
	}
	if (gives_to != 0 || takes_from != 0)
		hold(j, entry, gives_to, takes_from);
	else
		j->sink(j->data, entry);
}

/* What of an entry is compared */

struct keys {
	TALLOC_CTX *mem_ctx;
	const char **items;
	size_t n;
};

static void add_key(struct keys *keys, const char *key)
{
	*mem_push(keys->mem_ctx, &keys->items, &keys->n) = key;
}

/* Names are equal whatever their case, the blanks around them, and a dot at their end. */
static void add_text(struct keys *keys, const char *bytes)
{
	bytes += strspn(bytes, " ");
	char *text = mem_strdup(keys->mem_ctx, bytes);
	size_t len = strlen(text);

	while (len > 0 && (text[len - 1] == ' ' || text[len - 1] == '.'))
		text[--len] = '\0';
	text_lower(text);
	if (len > 0)
		add_key(keys, text);
}

static bool is_dn(const struct match *match)
{
	return match->by == MATCH_DN || match->by == MATCH_PARENT ||
	       match->by == MATCH_ABOVE;
}

static void add_values(
	struct keys *keys, const struct held *held, const char *name, bool are_dns)
{
	const struct entry_attribute *attribute = entry_attribute(&held->entry, name);

	for (size_t i = 0; attribute != NULL && i < attribute->n_values; i++) {
		const char *bytes = attribute->values[i].bytes;
		const char *key = are_dns ? dn_key(keys->mem_ctx, bytes) : NULL;

		if (are_dns && key != NULL)
			add_key(keys, key);
		else if (!are_dns)
			add_text(keys, bytes);
	}
}

/* The name in the RDN is an entry's own; without one all that it has. */
static void add_names(
	const struct joiner *j, struct keys *keys, const struct held *held, bool is_giver)
{
	size_t n, before = keys->n;
	const struct rdn_part *parts = dn_parse_rdn(keys->mem_ctx, held->entry.dn, &n);

	for (size_t i = 0; i < n; i++)
		if (list_has_name(&j->names, parts[i].attribute))
			add_text(keys, parts[i].value);
	for (size_t i = 0; i < j->names.n && (!is_giver || keys->n == before); i++)
		add_values(keys, held, j->names.items[i], false);
}

/* Does the canonical @dn begin with the attribute that @first does? */
static bool begins_alike(const char *first, const char *dn)
{
	size_t len = strcspn(first, "=") + 1;

	return strncmp(first, dn, len) == 0;
}

/* The RDNs at the start of the DN that have one attribute: idnsName=n1,idnsName=c.example. */
static void add_domain_name(struct keys *keys, const struct held *held)
{
	struct buffer *name = buffer_new(keys->mem_ctx);

	for (const char *dn = held->key; *dn != '\0' && begins_alike(held->key, dn);
		dn = dn_key_parent(dn)) {
		size_t n;
		const struct rdn_part *parts = dn_parse_rdn(keys->mem_ctx, dn, &n);

		if (n != 1)
			break;
		/* the zone itself: @ */
		if (strcmp(parts->value, "@") == 0)
			continue;
		buffer_add_text(name, name->len > 0 ? "." : "");
		buffer_add_text(name, parts->value);
	}
	add_text(keys, name->data);
}

/* The keys of @held; of MATCH_ABOVE in the order of their distance. */
static struct keys keys_of(TALLOC_CTX *mem_ctx, const struct joiner *j,
	const struct held *held, const struct match *match, const struct match *other,
	bool is_giver)
{
	struct keys keys = {.mem_ctx = mem_ctx};
	const char *above = dn_key_parent(held->key);

	switch (match->by) {
	case MATCH_ATTRIBUTE:
		add_values(&keys, held, match->attribute, is_dn(other));
		break;
	case MATCH_NAME:
		add_names(j, &keys, held, is_giver);
		break;
	case MATCH_DN:
		add_key(&keys, held->key);
		break;
	case MATCH_PARENT:
		add_key(&keys, above);
		break;
	case MATCH_ABOVE:
		for (; *above != '\0'; above = dn_key_parent(above))
			add_key(&keys, above);
		break;
	case MATCH_DOMAIN_NAME:
		add_domain_name(&keys, held);
		break;
	}
	return keys;
}

/* Who can be found by a key */

struct taker {
	struct held *held;
	unsigned distance;
	bool has_domain; /* one of its names has a dot */
	struct taker *next;
};

struct index {
	const struct joiner *j;
	const struct join *join;
	struct table *takers; /* key -> struct taker */
	/* of names: the first label of those with a domain -> struct taker; else NULL */
	struct table *labels;
};

static bool is_by_name(const struct match *match)
{
	return match->by == MATCH_NAME || match->by == MATCH_DOMAIN_NAME;
}

static void add_taker(struct index *index, struct table *table, const char *key,
	size_t len, const struct taker *taker)
{
	struct arena *arena = index->j->arena;
	const char *kept = arena_strndup(arena, key, len);
	void **slot = table_slot(table, kept);
	struct taker *copy = arena_alloc(arena, sizeof(*copy));

	*copy = *taker;
	copy->next = *slot;
	*slot = copy;
}

static void index_taker(struct index *index, struct held *held)
{
	TMP_CTX(tmp);
	const struct join *join = index->join;
	struct keys keys =
		keys_of(tmp, index->j, held, &join->theirs, &join->mine, false);
	struct taker taker = {.held = held};

	for (size_t i = 0; i < keys.n; i++)
		taker.has_domain |= strchr(keys.items[i], '.') != NULL;
	for (size_t i = 0; i < keys.n; i++) {
		const char *key = keys.items[i];
		size_t label = strcspn(key, ".");

		taker.distance = join->theirs.by == MATCH_ABOVE ? (unsigned)i + 1 : 1;
		add_taker(index, index->takers, key, strlen(key), &taker);
		if (index->labels != NULL && key[label] == '.')
			add_taker(index, index->labels, key, label, &taker);
	}
}

static struct index make_index(TALLOC_CTX *mem_ctx, struct joiner *j, size_t number)
{
	const struct join *join = &j->map->joins[number];
	struct index index = {
		.j = j, .join = join, .takers = table_new(mem_ctx, j->n_held)};

	if (is_by_name(&join->mine) || is_by_name(&join->theirs))
		index.labels = table_new(mem_ctx, j->n_held);
	for (size_t i = 0; i < j->n_held; i++)
		if (j->held[i]->takes & (UINT32_C(1) << number))
			index_taker(&index, j->held[i]);
	return index;
}

/*
 * Who has @key. A name without a domain is that of one with, and the other way round only
 * where it has none at all: n1.a.example is not n1.b.example.
 */
static const struct taker *find_takers(
	const struct index *index, TALLOC_CTX *mem_ctx, const char *key)
{
	const struct taker *found = table_find(index->takers, key);
	size_t label = strcspn(key, ".");

	if (found != NULL || index->labels == NULL)
		return found;
	if (key[label] == '\0')
		return table_find(index->labels, key);
	found = table_find(index->takers, mem_strndup(mem_ctx, key, label));
	while (found != NULL && found->has_domain)
		found = found->next;
	return found;
}

/* Giving */

static void give(
	struct joiner *j, struct held *from, const struct taker *taker, unsigned number)
{
	struct held *to = taker->held;
	bool is_each = j->map->joins[number].is_each;

	for (size_t i = 0; i < to->n_gifts; i++)
		if (to->gifts[i].from == from && to->gifts[i].join == number)
			return;
	*mem_push(j, &to->gifts, &to->n_gifts) =
		(struct gift){from, number, is_each ? taker->distance : 0};
	from->is_spent |= !is_each;
}

/* One of several that @from could be part of: none of them gets it. */
static bool is_doubtful(struct joiner *j, struct held *from, const struct taker *first,
	const struct taker *other)
{
	if (other == NULL || other->held == first->held)
		return false;
	bool is_later = strcmp(first->held->key, other->held->key) > 0;

	from->is_spent = true;
	j->report(j->data, &from->entry,
		is_later ? &other->held->entry : &first->held->entry,
		is_later ? &first->held->entry : &other->held->entry);
	return true;
}

static void give_to_one(struct joiner *j, const struct index *index, struct held *from,
	const struct keys *keys, unsigned number)
{
	const struct taker *only = NULL;

	for (size_t i = 0; i < keys->n; i++)
		for (const struct taker *taker =
				find_takers(index, keys->mem_ctx, keys->items[i]);
			taker != NULL; taker = taker->next) {
			if (only != NULL && is_doubtful(j, from, only, taker))
				return;
			only = taker;
		}
	if (only != NULL)
		give(j, from, only, number);
}

static void give_to_each(struct joiner *j, const struct index *index, struct held *from,
	const struct keys *keys, unsigned number)
{
	for (size_t i = 0; i < keys->n; i++)
		for (const struct taker *taker =
				find_takers(index, keys->mem_ctx, keys->items[i]);
			taker != NULL; taker = taker->next)
			give(j, from, taker, number);
}

static void give_values(
	struct joiner *j, const struct index *index, struct held *from, unsigned number)
{
	TMP_CTX(tmp);
	const struct join *join = index->join;
	struct keys keys = keys_of(tmp, j, from, &join->mine, &join->theirs, true);

	(join->is_each ? give_to_each : give_to_one)(j, index, from, &keys, number);
}

static void carry_out(struct joiner *j, unsigned number)
{
	TMP_CTX(tmp);
	struct index index = make_index(tmp, j, number);

	for (size_t i = 0; i < j->n_held; i++)
		if ((j->held[i]->gives & (UINT32_C(1) << number)) != 0 &&
			!j->held[i]->is_spent)
			give_values(j, &index, j->held[i], number);
}

/* Handing on */

/* What is nearer first, then by join and DN: the directory's order counts for nothing. */
static int compare_gifts(const void *left, const void *right)
{
	const struct gift *a = left, *b = right;

	if (a->distance != b->distance)
		return a->distance < b->distance ? -1 : 1;
	if (a->join != b->join)
		return a->join < b->join ? -1 : 1;
	return strcmp(a->from->key, b->from->key);
}

static void add_gift(TALLOC_CTX *mem_ctx, const struct map *map, const struct gift *gift,
	struct entry *entry)
{
	for (size_t i = 0; i < gift->from->entry.n_attributes; i++) {
		const struct entry_attribute *attribute =
			&gift->from->entry.attributes[i];

		if (text_equal_case(attribute->name, "objectClass"))
			continue;
		struct entry_attribute *copy =
			mem_push(mem_ctx, &entry->attributes, &entry->n_attributes);

		*copy = *attribute;
		copy->dn = gift->from->entry.dn;
		copy->of = map->joins[gift->join].from.name;
		copy->distance = gift->distance;
	}
}

static void hand_on(const struct joiner *j, const struct held *held)
{
	TMP_CTX(tmp);
	struct entry entry = held->entry;

	if (held->n_gifts == 0) {
		j->sink(j->data, &entry);
		return;
	}
	entry.attributes = NULL;
	entry.n_attributes = 0;
	for (size_t i = 0; i < held->entry.n_attributes; i++)
		*mem_push(tmp, &entry.attributes, &entry.n_attributes) =
			held->entry.attributes[i];
	qsort(held->gifts, held->n_gifts, sizeof(*held->gifts), compare_gifts);
	for (size_t i = 0; i < held->n_gifts; i++)
		add_gift(tmp, j->map, &held->gifts[i], &entry);
	j->sink(j->data, &entry);
}

void joiner_finish(struct joiner *j)
{
	for (unsigned i = 0; i < j->map->n_joins; i++)
		carry_out(j, i);
	for (size_t i = 0; i < j->n_held; i++)
		if (!j->held[i]->is_spent)
			hand_on(j, j->held[i]);
	talloc_free(j->held);
	j->held = NULL;
	j->n_held = 0;
}
