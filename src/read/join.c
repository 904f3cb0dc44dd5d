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
	struct gift *next; /* the one given before */
};

/* In which joins the entries of a class give, and in which they take: bits. */
struct part {
	uint32_t gives, takes;
};

/* An entry that some join is about; a copy. */
struct held {
	struct entry entry; /* with its key */
	struct part part;
	bool is_spent; /* it is part of another now */
	struct gift *gifts;
	size_t n_gifts;
};

/* What of an entry is compared; reused. */
struct keys {
	const char **items;
	size_t n, room;
};

struct joiner {
	const struct map *map;
	struct table *parts; /* class, any case -> struct part */
	bool is_choosy; /* not every entry of a class is a record */
	entry_sink sink;
	join_report report;
	void *data;
	struct string_list names; /* attributes that feed `name` */
	struct arena *arena;
	struct held **held;
	size_t n_held;
	size_t n_givers[JOINS_MAX], n_takers[JOINS_MAX]; /* by join */
	struct keys keys;
	struct buffer *name; /* of a key; reused */
	const char **kept_names; /* of the attributes of the entry that was kept last */
	size_t n_kept;

	/* of the entry that is handed on; reused */
	const struct gift **gifts;
	struct entry_attribute *attributes;
	size_t gift_room, attribute_room;
};

static struct part *part_of(struct joiner *j, const char *class)
{
	void **slot = table_slot(j->parts, class);

	if (*slot == NULL)
		*slot = mem_new(j, struct part);
	return *slot;
}

struct joiner *joiner_new(TALLOC_CTX *mem_ctx, const struct map *map, entry_sink sink,
	join_report report, void *data)
{
	struct joiner *j = mem_new(mem_ctx, struct joiner);

	*j = (struct joiner){.map = map,
		.sink = sink,
		.report = report,
		.data = data,
		.names = map->attributes[FIELD_NAME],
		.name = buffer_new(j),
		.parts = table_new_folded(j, map->n_joins),
		.arena = arena_new(j)};
	for (size_t kind = 0; kind < _KIND_MAX; kind++)
		for (size_t i = 0; i < map->classes[kind].n; i++)
			j->is_choosy |= map->classes[kind].items[i].filter != NULL ||
					map->classes[kind].items[i].except.n > 0;
	for (size_t i = 0; i < map->n_joins; i++) {
		part_of(j, map->joins[i].from.name)->gives |= UINT32_C(1) << i;
		part_of(j, map->joins[i].to)->takes |= UINT32_C(1) << i;
	}
	return j;
}

/* Keeping entries */

/* Most entries have the attributes of the one before: @name of its place, or a copy. */
static const char *keep_name(struct joiner *j, size_t place, const char *name)
{
	if (place == j->n_kept)
		*mem_push(j, &j->kept_names, &j->n_kept) = arena_strdup(j->arena, name);
	else if (strcmp(j->kept_names[place], name) != 0)
		j->kept_names[place] = arena_strdup(j->arena, name);
	return j->kept_names[place];
}

/* The values of @from behind each other, in one piece. */
static void copy_values(struct arena *arena, struct entry_attribute *to,
	const struct entry_attribute *from)
{
	size_t size = from->n_values * sizeof(*to->values), room = size + 1;

	for (size_t i = 0; i < from->n_values; i++)
		room += from->values[i].len + 1;
	to->values = arena_alloc(arena, room);
	char *bytes = (char *)to->values + size;

	for (size_t i = 0; i < from->n_values; i++) {
		const struct entry_value *value = &from->values[i];

		to->values[i] = *value;
		to->values[i].bytes = memcpy(bytes, value->bytes, value->len);
		bytes += value->len + 1;
	}
}

static const char *keep_key(struct arena *arena, const struct entry *entry)
{
	const char *key = entry->key != NULL ? arena_strdup(arena, entry->key)
					     : dn_key_arena(arena, entry->dn);

	return key != NULL ? key : arena_strdup(arena, entry->dn);
}

static void hold(struct joiner *j, const struct entry *entry, struct part part)
{
	struct arena *arena = j->arena;
	struct held *held = arena_alloc(arena, sizeof(*held));

	*held = (struct held){.entry = *entry, .part = part};
	held->entry.dn = arena_strdup(arena, entry->dn);
	held->entry.key = keep_key(arena, entry);
	held->entry.attributes = arena_alloc(
		arena, entry->n_attributes * sizeof(struct entry_attribute) + 1);
	for (size_t i = 0; i < entry->n_attributes; i++) {
		struct entry_attribute *copy = &held->entry.attributes[i];

		*copy = entry->attributes[i];
		copy->name = keep_name(j, i, copy->name);
		copy_values(arena, copy, &entry->attributes[i]);
	}
	*mem_push(j, &j->held, &j->n_held) = held;
}

/* What @entry is by its classes; what takes in a join gives nothing in it. */
static struct part part_in(const struct joiner *j, const struct entry *entry)
{
	const struct entry_attribute *classes = entry_attribute(entry, "objectClass");
	struct part part = {0, 0};

	for (size_t i = 0; classes != NULL && i < classes->n_values; i++) {
		const struct entry_value *class = &classes->values[i];
		const struct part *of =
			table_find_bytes(j->parts, class->bytes, class->len);

		if (of == NULL)
			continue;
		part.gives |= of->gives;
		part.takes |= of->takes;
	}
	part.gives &= ~part.takes;
	return part;
}

/* What no kind takes, by its filter or its exceptions, is no machine to be part of. */
static bool is_record(const struct map *map, const struct entry *entry)
{
	for (size_t kind = 0; kind < _KIND_MAX; kind++)
		for (size_t i = 0; i < map->classes[kind].n; i++)
			if (class_matches(&map->classes[kind].items[i], entry))
				return true;
	return false;
}

void joiner_add(void *joiner, const struct entry *entry)
{
	struct joiner *j = joiner;
	struct part part = part_in(j, entry);

	if (j->is_choosy && part.gives == 0 && part.takes != 0 &&
		!is_record(j->map, entry))
		part.takes = 0;
	if (part.gives == 0 && part.takes == 0) {
		j->sink(j->data, entry);
		return;
	}
	for (size_t i = 0; i < j->map->n_joins; i++) {
		const struct filter *filter = j->map->joins[i].from.filter;

		if ((part.gives >> i & 1) != 0 && filter != NULL &&
			!filter_matches(filter, entry))
			part.gives &= ~(UINT32_C(1) << i);
		j->n_givers[i] += part.gives >> i & 1;
		j->n_takers[i] += part.takes >> i & 1;
	}
	if (part.gives != 0 || part.takes != 0)
		hold(j, entry, part);
	else
		j->sink(j->data, entry);
}

/* What of an entry is compared */

static void add_key(struct joiner *j, const char *key)
{
	struct keys *keys = &j->keys;

	mem_reserve(j, &keys->items, &keys->room, keys->n + 1);
	keys->items[keys->n++] = key;
}

/* Names are equal whatever their case, the blanks around them, and a dot at their end. */
static void add_text(struct joiner *j, const char *bytes, size_t len)
{
	for (; len > 0 && *bytes == ' '; len--)
		bytes++;
	while (len > 0 && (bytes[len - 1] == ' ' || bytes[len - 1] == '.'))
		len--;
	if (len == 0)
		return;
	char *text = arena_strndup(j->arena, bytes, len);

	text_lower(text);
	add_key(j, text);
}

static bool is_dn(const struct match *match)
{
	return match->by == MATCH_DN || match->by == MATCH_PARENT ||
	       match->by == MATCH_ABOVE;
}

static void add_values(
	struct joiner *j, const struct held *held, const char *name, bool are_dns)
{
	const struct entry_attribute *attribute = entry_attribute(&held->entry, name);

	for (size_t i = 0; attribute != NULL && i < attribute->n_values; i++) {
		const char *bytes = attribute->values[i].bytes;
		const char *key = are_dns ? dn_key_arena(j->arena, bytes) : NULL;

		if (are_dns && key != NULL)
			add_key(j, key);
		else if (!are_dns)
			add_text(j, bytes, strlen(bytes));
	}
}

/* The name in the RDN is an entry's own; without one all that it has. */
static void add_names(struct joiner *j, const struct held *held, bool is_giver)
{
	TMP_CTX(tmp);
	size_t n, before = j->keys.n;
	const struct rdn_part *parts = dn_parse_rdn(tmp, held->entry.dn, &n);

	for (size_t i = 0; i < n; i++)
		if (list_has_name(&j->names, parts[i].attribute))
			add_text(j, parts[i].value, strlen(parts[i].value));
	for (size_t i = 0; i < j->names.n && (!is_giver || j->keys.n == before); i++)
		add_values(j, held, j->names.items[i], false);
}

static void add_domain_name(struct joiner *j, const struct held *held)
{
	buffer_truncate(j->name, 0);
	dn_domain_name(j->name, held->entry.key);
	add_text(j, j->name->data, j->name->len);
}

/*
 * A name as in a zone: without a dot at its end it stands below the zone. Some write a full one
 * without that dot.
 */
static void add_relative(struct joiner *j, const struct held *held, const char *value)
{
	size_t len = strlen(value);
	bool is_full = len > 0 && value[len - 1] == '.';

	if (!is_full) {
		buffer_truncate(j->name, 0);
		buffer_printf(j->name, "%s.", value);
		dn_zone_name(j->name, held->entry.key);
		add_text(j, j->name->data, j->name->len);
	}
	if (strchr(value, '.') != NULL)
		add_text(j, value, len);
}

static void add_relatives(struct joiner *j, const struct held *held, const char *name)
{
	const struct entry_attribute *attribute = entry_attribute(&held->entry, name);

	for (size_t i = 0; attribute != NULL && i < attribute->n_values; i++)
		add_relative(j, held, attribute->values[i].bytes);
}

/* Sets j->keys to those of @held; of MATCH_ABOVE in the order of their distance. */
static void find_keys(struct joiner *j, const struct held *held,
	const struct match *match, const struct match *other, bool is_giver)
{
	const char *above = dn_key_parent(held->entry.key);

	j->keys.n = 0;
	switch (match->by) {
	case MATCH_ATTRIBUTE:
		add_values(j, held, match->attribute, is_dn(other));
		break;
	case MATCH_RELATIVE:
		add_relatives(j, held, match->attribute);
		break;
	case MATCH_NAME:
		add_names(j, held, is_giver);
		break;
	case MATCH_DN:
		add_key(j, held->entry.key);
		break;
	case MATCH_PARENT:
		add_key(j, above);
		break;
	case MATCH_ABOVE:
		for (; *above != '\0'; above = dn_key_parent(above))
			add_key(j, above);
		break;
	case MATCH_DOMAIN_NAME:
		add_domain_name(j, held);
		break;
	}
}

/* Who can be found by a key */

struct taker {
	struct held *held;
	const char *key;
	unsigned distance;
	bool has_domain; /* one of its names has a dot */
	struct taker *next; /* of the same key */
	struct taker *before; /* of all */
};

struct index {
	struct joiner *j;
	const struct join *join;
	struct table *takers; /* key -> struct taker */
	struct taker *last;
	/* of names: the first label of those with a domain -> struct taker; NULL: not asked for
	 * yet */
	struct table *labels;
};

static bool is_name(const struct match *match)
{
	return match->by == MATCH_NAME || match->by == MATCH_DOMAIN_NAME ||
	       match->by == MATCH_RELATIVE;
}

static bool is_by_name(const struct join *join)
{
	return is_name(&join->mine) || is_name(&join->theirs);
}

static void link_taker(struct table *table, size_t len, struct taker *taker)
{
	void **slot = table_slot_bytes(table, taker->key, len);

	taker->next = *slot;
	*slot = taker;
}

static void index_taker(struct index *index, struct held *held)
{
	const struct join *join = index->join;
	const struct keys *keys = &index->j->keys;
	bool has_domain = false;

	find_keys(index->j, held, &join->theirs, &join->mine, false);
	for (size_t i = 0; i < keys->n; i++)
		has_domain |= strchr(keys->items[i], '.') != NULL;
	for (size_t i = 0; i < keys->n; i++) {
		struct taker *taker = arena_alloc(index->j->arena, sizeof(*taker));

		*taker = (struct taker){.held = held,
			.key = keys->items[i],
			.distance = join->theirs.by == MATCH_ABOVE ? (unsigned)i + 1 : 1,
			.has_domain = has_domain,
			.before = index->last};
		index->last = taker;
		link_taker(index->takers, strlen(taker->key), taker);
	}
}

static struct index make_index(TALLOC_CTX *mem_ctx, struct joiner *j, size_t number)
{
	struct index index = {.j = j,
		.join = &j->map->joins[number],
		.takers = table_new(mem_ctx, j->n_takers[number])};

	for (size_t i = 0; i < j->n_held; i++)
		if (j->held[i]->part.takes >> number & 1)
			index_taker(&index, j->held[i]);
	return index;
}

/* Few directories name the same machines with a domain here and without one there. */
static void index_labels(struct index *index)
{
	index->labels = table_new(index->takers, 0);
	for (const struct taker *taker = index->last; taker != NULL;
		taker = taker->before) {
		size_t label = strcspn(taker->key, ".");
		struct taker *copy;

		if (taker->key[label] == '\0')
			continue;
		copy = arena_alloc(index->j->arena, sizeof(*copy));
		*copy = *taker;
		link_taker(index->labels, label, copy);
	}
}

/*
 * Who has @key. A name without a domain is that of one with, and the other way round only
 * where it has none at all: n1.a.example is not n1.b.example.
 */
static const struct taker *find_takers(struct index *index, const char *key)
{
	const struct taker *found = table_find(index->takers, key);
	size_t label;

	if (found != NULL || !is_by_name(index->join))
		return found;
	label = strcspn(key, ".");
	if (key[label] == '\0') {
		if (index->labels == NULL)
			index_labels(index);
		return table_find(index->labels, key);
	}
	found = table_find_bytes(index->takers, key, label);
	while (found != NULL && found->has_domain)
		found = found->next;
	return found;
}

/* Giving */

/* @from gives to all of its takers at once: a second gift of it is the next. */
static void give(
	struct joiner *j, struct held *from, const struct taker *taker, unsigned number)
{
	struct held *to = taker->held;
	bool is_each = j->map->joins[number].is_each;
	struct gift *last = to->gifts;

	if (last != NULL && last->from == from && last->join == number)
		return;
	struct gift *gift = arena_alloc(j->arena, sizeof(*gift));

	*gift = (struct gift){from, number, is_each ? taker->distance : 0, last};
	to->gifts = gift;
	to->n_gifts++;
	from->is_spent |= !is_each;
}

/* One of several that @from could be part of: none of them gets it. */
static bool is_doubtful(struct joiner *j, struct held *from, const struct taker *first,
	const struct taker *other)
{
	if (other == NULL || other->held == first->held)
		return false;
	bool is_later = strcmp(first->held->entry.key, other->held->entry.key) > 0;

	from->is_spent = true;
	j->report(j->data, &from->entry,
		is_later ? &other->held->entry : &first->held->entry,
		is_later ? &first->held->entry : &other->held->entry);
	return true;
}

static void give_to_one(
	struct joiner *j, struct index *index, struct held *from, unsigned number)
{
	const struct taker *only = NULL;

	for (size_t i = 0; i < j->keys.n; i++)
		for (const struct taker *taker = find_takers(index, j->keys.items[i]);
			taker != NULL; taker = taker->next) {
			if (only != NULL && is_doubtful(j, from, only, taker))
				return;
			only = taker;
		}
	if (only != NULL)
		give(j, from, only, number);
}

static void give_to_each(
	struct joiner *j, struct index *index, struct held *from, unsigned number)
{
	for (size_t i = 0; i < j->keys.n; i++)
		for (const struct taker *taker = find_takers(index, j->keys.items[i]);
			taker != NULL; taker = taker->next)
			give(j, from, taker, number);
}

static void carry_out(struct joiner *j, unsigned number)
{
	TMP_CTX(tmp);
	const struct join *join = &j->map->joins[number];

	if (j->n_givers[number] == 0)
		return;
	struct index index = make_index(tmp, j, number);

	for (size_t i = 0; i < j->n_held; i++) {
		struct held *from = j->held[i];

		if ((from->part.gives >> number & 1) == 0 || from->is_spent)
			continue;
		find_keys(j, from, &join->mine, &join->theirs, true);
		(join->is_each ? give_to_each : give_to_one)(j, &index, from, number);
	}
}

/* Handing on */

/* What is nearer first, then by join and DN: the directory's order counts for nothing. */
static int compare_gifts(const void *left, const void *right)
{
	const struct gift *a = *(const struct gift *const *)left,
			  *b = *(const struct gift *const *)right;

	if (a->distance != b->distance)
		return a->distance < b->distance ? -1 : 1;
	if (a->join != b->join)
		return a->join < b->join ? -1 : 1;
	return strcmp(a->from->entry.key, b->from->entry.key);
}

/* The gifts of @held in order, in memory that is used again. */
static const struct gift *const *sort_gifts(struct joiner *j, const struct held *held)
{
	size_t n = 0;

	mem_reserve(j, &j->gifts, &j->gift_room, held->n_gifts);
	for (const struct gift *gift = held->gifts; gift != NULL; gift = gift->next)
		j->gifts[n++] = gift;
	if (n > 1)
		qsort(j->gifts, n, sizeof(*j->gifts), compare_gifts);
	return j->gifts;
}

/* Room for the attributes of @held and of what was given to it. */
static void reserve_attributes(struct joiner *j, const struct held *held)
{
	size_t n = held->entry.n_attributes;

	for (const struct gift *gift = held->gifts; gift != NULL; gift = gift->next)
		n += gift->from->entry.n_attributes;
	mem_reserve(j, &j->attributes, &j->attribute_room, n);
}

static void add_gift(const struct map *map, const struct gift *gift, struct entry *entry)
{
	const struct entry *from = &gift->from->entry;

	for (size_t i = 0; i < from->n_attributes; i++) {
		struct entry_attribute *copy = &entry->attributes[entry->n_attributes];

		if (text_equal_case(from->attributes[i].name, "objectClass"))
			continue;
		*copy = from->attributes[i];
		copy->dn = from->dn;
		copy->of = map->joins[gift->join].from.name;
		copy->distance = gift->distance;
		entry->n_attributes++;
	}
}

static void hand_on(struct joiner *j, const struct held *held)
{
	struct entry entry = held->entry;

	if (held->n_gifts == 0) {
		j->sink(j->data, &entry);
		return;
	}
	const struct gift *const *gifts = sort_gifts(j, held);

	reserve_attributes(j, held);
	entry.attributes = j->attributes;
	memcpy(entry.attributes, held->entry.attributes,
		entry.n_attributes * sizeof(*entry.attributes));
	for (size_t i = 0; i < held->n_gifts; i++)
		add_gift(j->map, gifts[i], &entry);
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
