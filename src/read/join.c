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
	struct held *from;
	unsigned join; /* index */
	unsigned distance;
	struct gift *next; /* the one given before */
};

/* In which joins the entries of a class give, and in which they take: bits. */
struct part {
	uint32_t gives, takes;
};

/* An entry that some join is about: of those that are kept, the one with the same index. */
struct held {
	struct part part;
	bool is_spent; /* it is part of another now */
	struct gift *gifts;
	size_t n_gifts;
};

/* Bytes that last as long as the joiner, any case. */
struct compared {
	const char *bytes;
	size_t len;
};

/* What of an entry is compared; reused. */
struct keys {
	struct compared *items;
	size_t n, room;
};

/* The class at a place among an entry's. */
struct last_class {
	char bytes[40];
	size_t len; /* 0: none was, or it is too long */
	struct part part;
};

enum { LAST_CLASSES = 16 };

struct joiner {
	const struct map *map;
	struct table *parts; /* class, any case -> struct part */
	bool is_choosy; /* not every entry of a class is a record */
	struct entries *to;
	join_told told;
	join_report report;
	void *data;
	struct string_list names; /* attributes that feed `name` */
	struct arena *arena;
	struct entries *kept;
	struct held *held;
	size_t n_held;
	size_t n_givers[JOINS_MAX], n_takers[JOINS_MAX]; /* by join */
	struct keys keys;
	struct buffer *name; /* of a key; reused */
	/* entries that follow each other mostly have the same classes in the same order */
	struct last_class last[LAST_CLASSES];

	/* of the entry that is handed on; reused */
	const struct gift **gifts;
	struct entry_gift *given;
	size_t gift_room, given_room;
};

static struct part *part_of(struct joiner *j, const char *class)
{
	void **slot = table_slot(j->parts, class);

	if (*slot == NULL)
		*slot = mem_new(j, struct part);
	return *slot;
}

struct joiner *joiner_new(TALLOC_CTX *mem_ctx, const struct map *map, struct entries *to,
	join_told told, join_report report, void *data)
{
	struct joiner *j = mem_new(mem_ctx, struct joiner);

	*j = (struct joiner){.map = map,
		.to = to,
		.told = told,
		.report = report,
		.data = data,
		.names = map->attributes[FIELD_NAME],
		.name = buffer_new(j),
		.parts = table_new_folded(j, map->n_joins),
		.arena = arena_new(j),
		.kept = entries_like(j, to)};
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

static void hold(struct joiner *j, const struct entry *entry, struct part part)
{
	entries_add(j->kept, entry);
	mem_push(j, &j->held, &j->n_held)->part = part;
}

static void pass(struct joiner *j, const struct entry *entry)
{
	entries_add(j->to, entry);
	j->told(j->data);
}

/* What those of @class give and take; it stands at place @i. */
static struct part part_of_class(
	struct joiner *j, size_t i, const struct entry_value *class)
{
	struct last_class *last = &j->last[i % LAST_CLASSES];
	const struct part *part;

	if (last->len > 0 && last->len == class->len &&
		memcmp(last->bytes, class->bytes, last->len) == 0)
		return last->part;
	part = table_find_bytes(j->parts, class->bytes, class->len);
	last->part = part == NULL ? (struct part){0, 0} : *part;
	last->len = class->len <= sizeof(last->bytes) ? class->len : 0;
	memcpy(last->bytes, class->bytes, last->len);
	return last->part;
}

/* What @entry is by its classes; what takes in a join gives nothing in it. */
static struct part part_in(struct joiner *j, const struct entry *entry)
{
	const struct entry_attribute *classes = entry_attribute(entry, "objectClass");
	struct part part = {0, 0};

	for (size_t i = 0; classes != NULL && i < classes->n_values; i++) {
		const struct part of = part_of_class(j, i, &classes->values[i]);

		part.gives |= of.gives;
		part.takes |= of.takes;
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
		pass(j, entry);
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
		pass(j, entry);
}

/* What of an entry is compared */

static const char *key_of(struct joiner *j, const struct held *held)
{
	return entries_key(j->kept, (size_t)(held - j->held));
}

static struct entry_cursor values_of(
	const struct joiner *j, const struct held *held, const char *name)
{
	return entries_values(j->kept, (size_t)(held - j->held), name);
}

static void add_key(struct joiner *j, const char *bytes, size_t len)
{
	struct keys *keys = &j->keys;

	mem_reserve(j, &keys->items, &keys->room, keys->n + 1);
	keys->items[keys->n++] = (struct compared){bytes, len};
}

/* Names are equal whatever the blanks around them, and a dot at their end. */
static void add_text(struct joiner *j, const char *bytes, size_t len)
{
	for (; len > 0 && *bytes == ' '; len--)
		bytes++;
	while (len > 0 && (bytes[len - 1] == ' ' || bytes[len - 1] == '.'))
		len--;
	if (len > 0)
		add_key(j, bytes, len);
}

/* What is in j->name. */
static void add_made_name(struct joiner *j)
{
	size_t len = j->name->len;

	add_text(j, arena_strndup(j->arena, j->name->data, len), len);
}

static bool is_dn(const struct match *match)
{
	return match->by == MATCH_DN || match->by == MATCH_PARENT ||
	       match->by == MATCH_ABOVE;
}

static void add_values(
	struct joiner *j, const struct held *held, const char *name, bool are_dns)
{
	struct entry_cursor values = values_of(j, held, name);
	struct entry_value value;

	while (entry_bytes_next(&values, &value)) {
		const char *key =
			are_dns ? dn_key_arena(j->arena, value.bytes) : value.bytes;

		if (are_dns && key != NULL)
			add_key(j, key, strlen(key));
		else if (!are_dns)
			add_text(j, key, strlen(key));
	}
}

/* The name in the RDN is an entry's own; without one all that it has. */
static void add_names(struct joiner *j, const struct held *held, bool is_giver)
{
	TMP_CTX(tmp);
	size_t n, before = j->keys.n;
	const char *dn = entries_dn(j->kept, (size_t)(held - j->held));
	const struct rdn_part *parts = dn_parse_rdn(tmp, dn, &n);

	for (size_t i = 0; i < n; i++)
		if (list_has_name(&j->names, parts[i].attribute)) {
			const char *name = arena_strdup(j->arena, parts[i].value);

			add_text(j, name, strlen(name));
		}
	for (size_t i = 0; i < j->names.n && (!is_giver || j->keys.n == before); i++)
		add_values(j, held, j->names.items[i], false);
}

static void add_domain_name(struct joiner *j, const struct held *held)
{
	buffer_truncate(j->name, 0);
	dn_domain_name(j->name, key_of(j, held));
	add_made_name(j);
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
		dn_zone_name(j->name, key_of(j, held));
		add_made_name(j);
	}
	if (strchr(value, '.') != NULL)
		add_text(j, value, len);
}

static void add_relatives(struct joiner *j, const struct held *held, const char *name)
{
	struct entry_cursor values = values_of(j, held, name);
	struct entry_value value;

	while (entry_bytes_next(&values, &value))
		add_relative(j, held, value.bytes);
}

/* The DNs above @key: the next one, or all in the order of their distance. */
static void add_above(struct joiner *j, const char *key, bool are_all)
{
	const char *above = dn_key_parent(key);

	if (!are_all)
		add_key(j, above, strlen(above));
	for (; are_all && *above != '\0'; above = dn_key_parent(above))
		add_key(j, above, strlen(above));
}

/* Sets j->keys to those of @held; of MATCH_ABOVE in the order of their distance. */
static void find_keys(struct joiner *j, const struct held *held,
	const struct match *match, const struct match *other, bool is_giver)
{
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
		add_key(j, key_of(j, held), strlen(key_of(j, held)));
		break;
	case MATCH_PARENT:
	case MATCH_ABOVE:
		add_above(j, key_of(j, held), match->by == MATCH_ABOVE);
		break;
	case MATCH_DOMAIN_NAME:
		add_domain_name(j, held);
		break;
	}
}

/* Who can be found by a key */

struct taker {
	struct held *held;
	struct compared key;
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

static size_t first_label(const struct compared *key)
{
	const char *dot = memchr(key->bytes, '.', key->len);

	return dot == NULL ? key->len : (size_t)(dot - key->bytes);
}

static void link_taker(struct table *table, size_t len, struct taker *taker)
{
	void **slot = table_slot_bytes(table, taker->key.bytes, len);

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
		has_domain |= first_label(&keys->items[i]) < keys->items[i].len;
	for (size_t i = 0; i < keys->n; i++) {
		struct taker *taker = arena_alloc(index->j->arena, sizeof(*taker));

		*taker = (struct taker){.held = held,
			.key = keys->items[i],
			.distance = join->theirs.by == MATCH_ABOVE ? (unsigned)i + 1 : 1,
			.has_domain = has_domain,
			.before = index->last};
		index->last = taker;
		link_taker(index->takers, taker->key.len, taker);
	}
}

static struct index make_index(TALLOC_CTX *mem_ctx, struct joiner *j, size_t number)
{
	struct index index = {.j = j,
		.join = &j->map->joins[number],
		.takers = table_new_folded(mem_ctx, j->n_takers[number])};

	for (size_t i = 0; i < j->n_held; i++)
		if (j->held[i].part.takes >> number & 1)
			index_taker(&index, &j->held[i]);
	return index;
}

/* Few directories name the same machines with a domain here and without one there. */
static void index_labels(struct index *index)
{
	index->labels = table_new_folded(index->takers, 0);
	for (const struct taker *taker = index->last; taker != NULL;
		taker = taker->before) {
		size_t label = first_label(&taker->key);
		struct taker *copy;

		if (label == taker->key.len)
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
static const struct taker *find_takers(struct index *index, const struct compared *key)
{
	const struct taker *found = table_find_bytes(index->takers, key->bytes, key->len);
	size_t label;

	if (found != NULL || !is_by_name(index->join))
		return found;
	label = first_label(key);
	if (label == key->len) {
		if (index->labels == NULL)
			index_labels(index);
		return table_find_bytes(index->labels, key->bytes, key->len);
	}
	found = table_find_bytes(index->takers, key->bytes, label);
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

/* Which entry it is. */
static struct entry head_of(struct joiner *j, const struct held *held)
{
	size_t i = (size_t)(held - j->held);

	return (struct entry){.dn = entries_dn(j->kept, i),
		.key = entries_key(j->kept, i),
		.line = entries_line(j->kept, i)};
}

/* One of several that @from could be part of: none of them gets it. */
static bool is_doubtful(struct joiner *j, struct held *from, const struct taker *first,
	const struct taker *other)
{
	if (other == NULL || other->held == first->held)
		return false;
	const struct entry giver = head_of(j, from), one = head_of(j, first->held),
			   two = head_of(j, other->held);
	bool is_later = strcmp(one.key, two.key) > 0;

	from->is_spent = true;
	j->report(j->data, &giver, is_later ? &two : &one, is_later ? &one : &two);
	return true;
}

static void give_to_one(
	struct joiner *j, struct index *index, struct held *from, unsigned number)
{
	const struct taker *only = NULL;

	for (size_t i = 0; i < j->keys.n; i++)
		for (const struct taker *taker = find_takers(index, &j->keys.items[i]);
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
		for (const struct taker *taker = find_takers(index, &j->keys.items[i]);
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
		struct held *from = &j->held[i];

		if ((from->part.gives >> number & 1) == 0 || from->is_spent)
			continue;
		find_keys(j, from, &join->mine, &join->theirs, true);
		(join->is_each ? give_to_each : give_to_one)(j, &index, from, number);
	}
}

/* Handing on */

/* What is nearer first, then by join and DN: the directory's order counts for nothing. */
static int compare_gifts(const void *left, const void *right, void *joiner)
{
	const struct gift *a = *(const struct gift *const *)left,
			  *b = *(const struct gift *const *)right;

	if (a->distance != b->distance)
		return a->distance < b->distance ? -1 : 1;
	if (a->join != b->join)
		return a->join < b->join ? -1 : 1;
	return strcmp(key_of(joiner, a->from), key_of(joiner, b->from));
}

/* The gifts of @held in order, in memory that is used again. */
static const struct gift *const *sort_gifts(struct joiner *j, const struct held *held)
{
	size_t n = 0;

	mem_reserve(j, &j->gifts, &j->gift_room, held->n_gifts);
	for (const struct gift *gift = held->gifts; gift != NULL; gift = gift->next)
		j->gifts[n++] = gift;
	if (n > 1)
		qsort_r(j->gifts, n, sizeof(*j->gifts), compare_gifts, j);
	return j->gifts;
}

static void hand_on(struct joiner *j, const struct held *held)
{
	const struct gift *const *gifts = sort_gifts(j, held);

	mem_reserve(j, &j->given, &j->given_room, held->n_gifts);
	for (size_t i = 0; i < held->n_gifts; i++)
		j->given[i] =
			(struct entry_gift){.bytes = entries_bytes(j->kept,
						    (size_t)(gifts[i]->from - j->held)),
				.of = j->map->joins[gifts[i]->join].from.name,
				.distance = gifts[i]->distance};
	entries_join(j->to, j->kept, (size_t)(held - j->held), j->given, held->n_gifts);
	j->told(j->data);
}

void joiner_finish(struct joiner *j)
{
	for (unsigned i = 0; i < j->map->n_joins; i++)
		carry_out(j, i);
	for (size_t i = 0; i < j->n_held; i++)
		if (!j->held[i].is_spent)
			hand_on(j, &j->held[i]);
	j->n_held = 0;
}
