/* SPDX-License-Identifier: Apache-2.0 */
#include "read/join.h"

#include <stdlib.h>
#include <string.h>

#include "base/table.h"
#include "base/text.h"
#include "read/dn.h"
#include "read/filter_match.h"
#include "read/join_key.h"

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
	struct gift *gifts;
	/* for its first join; NULL: they were not made yet */
	const struct compared *keys;
	uint32_t n_keys;
	uint32_t n_gifts : 31;
	bool is_spent : 1; /* it is part of another now */
};

/* Who an entry could be part of; reused. */
struct candidates {
	struct held **items;
	size_t n, room;
};

/* A class that was asked about; most entries have the same ones. */
struct known_class {
	char bytes[40];
	size_t len; /* 0: none was, or it is too long */
	struct part part;
};

enum { KNOWN_CLASSES = 32 }; /* a power of two */

struct joiner {
	const struct map *map;
	struct table *parts; /* class, any case -> struct part */
	bool is_choosy; /* not every entry of a class is a record */
	struct entries *to, *before;
	join_told told;
	join_report report;
	without_report report_without;
	struct table *withheld; /* canonical DN -> anything; NULL: the map has none */
	void *data;
	struct string_list names; /* attributes that feed `name` */
	struct arena *arena;
	struct entries *kept; /* what was joined refers to them */
	struct held *held;
	size_t n_held;
	size_t n_givers[JOINS_MAX], n_takers[JOINS_MAX]; /* by join */
	struct join_keys *keys;
	struct candidates candidates;
	struct known_class known[KNOWN_CLASSES]; /* by length and first character */

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
	struct entries *before, join_told told, join_report report,
	without_report report_without, void *data)
{
	struct joiner *j = mem_new(mem_ctx, struct joiner);

	*j = (struct joiner){.map = map,
		.to = to,
		.before = before,
		.told = told,
		.report = report,
		.report_without = report_without,
		.withheld = map->n_without > 0 ? table_new(j, 0) : NULL,
		.data = data,
		.names = map->attributes[FIELD_NAME],
		.parts = table_new_folded(j, map->n_joins),
		.arena = arena_new(j),
		.kept = entries_like(to, to)};
	j->keys = join_keys_new(j, map, j->kept, j->arena);
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

/* Classes */

/* What those of @class give and take. */
static struct part part_of_class(struct joiner *j, const struct entry_value *class)
{
	size_t place = class->len + (unsigned char)class->bytes[0];
	struct known_class *known = &j->known[place % KNOWN_CLASSES];
	const struct part *part;

	if (known->len > 0 && known->len == class->len &&
		memcmp(known->bytes, class->bytes, known->len) == 0)
		return known->part;
	part = table_find_bytes(j->parts, class->bytes, class->len);
	known->part = part == NULL ? (struct part){0, 0} : *part;
	known->len = class->len <= sizeof(known->bytes) ? class->len : 0;
	memcpy(known->bytes, class->bytes, known->len);
	return known->part;
}

/* Where they mostly stand, and as they are mostly written. */
static const struct entry_attribute *classes_of(const struct entry *entry)
{
	bool are_first = entry->n_attributes > 0 &&
			 strcmp(entry->attributes[0].name, "objectClass") == 0;

	return are_first ? &entry->attributes[0] : entry_attribute(entry, "objectClass");
}

/* What @entry is by its classes; what takes in a join gives nothing in it. */
static struct part part_in(struct joiner *j, const struct entry *entry)
{
	const struct entry_attribute *classes = classes_of(entry);
	struct part part = {0, 0};

	for (size_t i = 0; classes != NULL && i < classes->n_values; i++) {
		const struct part of = part_of_class(j, &classes->values[i]);

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

/* What is kept */

static const char *key_of(const struct joiner *j, const struct held *held)
{
	return entries_key(j->kept, (size_t)(held - j->held));
}

static struct entry_cursor values_of(
	const struct joiner *j, const struct held *held, const char *name)
{
	return entries_values(j->kept, (size_t)(held - j->held), name);
}

/* Are they those of the entry that gives? */
static bool gives_in(const struct held *held, size_t number)
{
	return (held->part.gives >> number & 1) != 0;
}

static struct keys make_keys(
	const struct joiner *j, const struct held *held, size_t number)
{
	return join_keys_of(j->keys, (size_t)(held - j->held), &j->map->joins[number],
		gives_in(held, number));
}

static size_t first_join(const struct part *part)
{
	return (size_t)__builtin_ctz(part->gives | part->takes);
}

static struct keys find_keys(struct joiner *j, const struct held *held, size_t number)
{
	if (held->keys != NULL && first_join(&held->part) == number)
		return (struct keys){held->keys, held->n_keys};
	return make_keys(j, held, number);
}

/* Keeping entries */

/*
 * Keys are made while the entry is at hand, as it has to come from memory again otherwise: of
 * what gives, and of what takes where something gives.
 */
static void make_first_keys(struct joiner *j, struct held *held)
{
	if (held->part.gives == 0 && held->part.takes == 0)
		return;
	size_t number = first_join(&held->part);

	if (j->n_givers[number] == 0)
		return;
	const struct keys made = make_keys(j, held, number);

	if (made.n == 0)
		return;
	struct compared *keys = arena_alloc(j->arena, made.n * sizeof(*keys));

	for (size_t i = 0; i < made.n; i++)
		keys[i] = (struct compared){
			arena_strndup(j->arena, made.items[i].bytes, made.items[i].len),
			made.items[i].len};
	held->keys = keys;
	held->n_keys = (uint32_t)made.n;
}

static void hold(struct joiner *j, const struct entry *entry, struct part part)
{
	struct held *held;

	entries_add(j->kept, entry);
	held = mem_push(j, &j->held, &j->n_held);
	held->part = part;
	make_first_keys(j, held);
}

static void pass(struct joiner *j, const struct entry *entry)
{
	entries_add(j->to, entry);
	j->told(j->data);
}

static const struct without *withheld_by(const struct map *map, const struct entry *entry)
{
	for (size_t i = 0; i < map->n_without; i++)
		if (class_matches(&map->without[i].of, entry))
			return &map->without[i];
	return NULL;
}

/* Keeps what a join is about, and all where something may be withheld. */
static void keep_or_pass(struct joiner *j, const struct entry *entry, struct part part)
{
	const struct without *without = withheld_by(j->map, entry);

	if (part.gives == 0 && part.takes == 0 && j->withheld == NULL) {
		pass(j, entry);
		return;
	}
	hold(j, entry, part);
	if (without == NULL)
		return;
	*table_slot(j->withheld, entries_key(j->kept, j->n_held - 1)) = j;
	j->report_without(j->data, entry, without);
}

void joiner_add(void *joiner, const struct entry *entry)
{
	struct joiner *j = joiner;
	struct part part = part_in(j, entry);

	if (j->is_choosy && part.gives == 0 && part.takes != 0 &&
		!is_record(j->map, entry))
		part.takes = 0;
	if (part.gives == 0 && part.takes == 0) {
		keep_or_pass(j, entry, part);
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
	keep_or_pass(j, entry, part);
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
	size_t number; /* of the join */
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
	return text_first_label(key->bytes, key->len);
}

static void link_taker(struct table *table, size_t len, struct taker *taker)
{
	void **slot = table_slot_bytes(table, taker->key.bytes, len);

	taker->next = *slot;
	*slot = taker;
}

static void index_taker(struct index *index, struct held *held)
{
	const struct keys keys = find_keys(index->j, held, index->number);
	bool has_domain = false;

	for (size_t i = 0; i < keys.n; i++)
		has_domain |= first_label(&keys.items[i]) < keys.items[i].len;
	for (size_t i = 0; i < keys.n; i++) {
		struct taker *taker = arena_alloc(index->j->arena, sizeof(*taker));

		*taker = (struct taker){.held = held,
			.key = keys.items[i],
			.distance = index->join->theirs.by == MATCH_ABOVE
					    ? (unsigned)i + 1
					    : 1,
			.has_domain = has_domain,
			.before = index->last};
		index->last = taker;
		link_taker(index->takers, taker->key.len, taker);
	}
}

/* Soon the first key of the entry some places behind @i is looked up, in what it is @bits. */
static void expect(const struct index *index, size_t i, bool gives)
{
	enum { AHEAD = 8 };
	size_t number = index->number;

	if (i + AHEAD >= index->j->n_held)
		return;
	const struct held *held = &index->j->held[i + AHEAD];

	if (held->n_keys > 0 && first_join(&held->part) == number &&
		gives_in(held, number) == gives)
		table_expect(index->takers, held->keys[0].bytes, held->keys[0].len);
}

static struct index make_index(TALLOC_CTX *mem_ctx, struct joiner *j, size_t number)
{
	struct index index = {.j = j,
		.join = &j->map->joins[number],
		.number = number,
		.takers = table_new_folded(mem_ctx, j->n_takers[number])};

	for (size_t i = 0; i < j->n_held; i++) {
		expect(&index, i, false);
		if (j->held[i].part.takes >> number & 1)
			index_taker(&index, &j->held[i]);
	}
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

static int compare_takers(const void *left, const void *right, void *joiner)
{
	return strcmp(key_of(joiner, *(struct held *const *)left),
		key_of(joiner, *(struct held *const *)right));
}

/* Who @from could be part of, each once, in order. */
static void find_candidates(
	struct index *index, const struct keys *keys, struct candidates *ret)
{
	struct joiner *j = index->j;
	size_t n = 0;

	ret->n = 0;
	for (size_t i = 0; i < keys->n; i++)
		for (const struct taker *taker = find_takers(index, &keys->items[i]);
			taker != NULL; taker = taker->next)
			if (n == 0 || ret->items[n - 1] != taker->held) {
				mem_reserve(j, &ret->items, &ret->room, n + 1);
				ret->items[n++] = taker->held;
			}
	if (n > 1)
		qsort_r(ret->items, n, sizeof(*ret->items), compare_takers, j);
	for (size_t i = 0; i < n; i++)
		if (i == 0 || ret->items[i] != ret->items[i - 1])
			ret->items[ret->n++] = ret->items[i];
}

/* The name in the RDN of @held; NULL: none. */
static const char *rdn_name(
	TALLOC_CTX *mem_ctx, const struct joiner *j, const struct held *held)
{
	size_t n;
	const struct rdn_part *parts =
		dn_parse_rdn(mem_ctx, entries_dn(j->kept, (size_t)(held - j->held)), &n);

	for (size_t i = 0; i < n; i++)
		if (list_has_name(&j->names, parts[i].attribute))
			return parts[i].value;
	return NULL;
}

/* RFC 2307bis appendix C, and ldapaddent(1M): an entry for each of its addresses. */
static bool are_one_machine(struct joiner *j, const struct candidates *candidates)
{
	TMP_CTX(tmp);
	const char *name = rdn_name(tmp, j, candidates->items[0]);
	const char *parent = dn_key_parent(key_of(j, candidates->items[0]));

	for (size_t i = 1; name != NULL && i < candidates->n; i++) {
		const char *other = rdn_name(tmp, j, candidates->items[i]);

		if (other == NULL || !text_equal_case(name, other) ||
			strcmp(parent, dn_key_parent(key_of(j, candidates->items[i]))) !=
				0)
			return false;
	}
	return name != NULL;
}

/* Has the machine one address a family at most? Then they are of one interface. */
static bool have_one_interface(struct joiner *j, const struct candidates *candidates)
{
	const struct string_list *names = &j->map->attributes[FIELD_ADDRESS];
	size_t n_ipv4 = 0, n_ipv6 = 0;

	for (size_t i = 0; i < candidates->n; i++)
		for (size_t k = 0; k < names->n; k++) {
			struct entry_cursor values =
				values_of(j, candidates->items[i], names->items[k]);
			struct entry_value value;

			while (entry_bytes_next(&values, &value))
				++*(strchr(value.bytes, ':') != NULL ? &n_ipv6 : &n_ipv4);
		}
	return n_ipv4 < 2 && n_ipv6 < 2;
}

/* The number of the one that had what @from gives in the last generation; how many there are: none. */
static size_t find_keeper(
	struct joiner *j, const struct held *from, const struct candidates *candidates)
{
	size_t i = 0;

	while (i < candidates->n &&
		(j->before == NULL ||
			!entries_has_part(j->before, key_of(j, candidates->items[i]),
				key_of(j, from))))
		i++;
	return i;
}

static void report_doubt(struct joiner *j, const struct held *from,
	const struct candidates *candidates, size_t keeper, bool are_one)
{
	TMP_CTX(tmp);
	const struct entry giver = head_of(j, from);
	struct entry *takers = mem_array(tmp, struct entry, candidates->n);

	for (size_t i = 0; i < candidates->n; i++)
		takers[i] = head_of(j, candidates->items[i]);
	j->report(j->data, &giver, takers, candidates->n, keeper, are_one);
}

struct zone_question {
	const struct map *map;
	bool is_zone;
};

/* An entry_sink. */
static void answer_zone(void *data, const struct entry *entry)
{
	struct zone_question *question = data;
	const struct class_list *classes = &question->map->classes[KIND_HOST];

	for (size_t i = 0; i < classes->n; i++)
		question->is_zone |= classes->items[i].is_zone &&
				     class_matches(&classes->items[i], entry);
}

/* Is @held a name of a zone, which is served by itself where no machine has it? */
static bool is_zone_name(const struct joiner *j, const struct held *held)
{
	struct zone_question question = {.map = j->map};

	entries_give(j->kept, (size_t)(held - j->held), answer_zone, &question);
	return question.is_zone;
}

/*
 * Which of several @from is part of; NULL: of none. Who had it keeps it: another's fault takes nothing
 * from a machine that is served.
 */
static struct held *choose(
	struct joiner *j, struct held *from, const struct candidates *candidates)
{
	bool are_one = are_one_machine(j, candidates);

	if (are_one && have_one_interface(j, candidates))
		return candidates->items[0];
	size_t keeper = find_keeper(j, from, candidates);

	report_doubt(j, from, candidates, keeper, are_one);
	if (keeper < candidates->n)
		return candidates->items[keeper];
	from->is_spent = !is_zone_name(j, from);
	return NULL;
}

static void give_to_one(struct index *index, struct held *from, const struct keys *keys)
{
	struct joiner *j = index->j;
	struct candidates *candidates = &j->candidates;

	find_candidates(index, keys, candidates);
	if (candidates->n == 0)
		return;
	const struct taker only = {.held = candidates->n == 1
						   ? candidates->items[0]
						   : choose(j, from, candidates)};

	if (only.held != NULL)
		give(j, from, &only, (unsigned)index->number);
}

static void give_to_each(struct index *index, struct held *from, const struct keys *keys)
{
	for (size_t i = 0; i < keys->n; i++)
		for (const struct taker *taker = find_takers(index, &keys->items[i]);
			taker != NULL; taker = taker->next)
			give(index->j, from, taker, (unsigned)index->number);
}

static void carry_out(struct joiner *j, unsigned number)
{
	TMP_CTX(tmp);

	if (j->n_givers[number] == 0)
		return;
	struct index index = make_index(tmp, j, number);

	for (size_t i = 0; i < j->n_held; i++) {
		struct held *from = &j->held[i];

		expect(&index, i, true);
		if (!gives_in(from, number) || from->is_spent)
			continue;
		const struct keys keys = find_keys(j, from, number);

		(index.join->is_each ? give_to_each : give_to_one)(&index, from, &keys);
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
				.key = key_of(j, gifts[i]->from),
				.of = j->map->joins[gifts[i]->join].from.name,
				.distance = gifts[i]->distance};
	entries_join(j->to, j->kept, (size_t)(held - j->held), j->given, held->n_gifts);
	j->told(j->data);
}

static bool is_withheld(const struct joiner *j, const char *key)
{
	for (; *key != '\0'; key = dn_key_parent(key))
		if (table_find(j->withheld, key) != NULL)
			return true;
	return false;
}

/* What is withheld gives nothing and takes nothing. */
static void withhold(struct joiner *j)
{
	for (size_t i = 0; j->withheld != NULL && i < j->n_held; i++)
		if (is_withheld(j, entries_key(j->kept, i))) {
			j->held[i].is_spent = true;
			j->held[i].part = (struct part){0, 0};
			j->held[i].n_keys = 0;
		}
}

bool joiner_is_needed(const struct map *map)
{
	return map->n_joins > 0 || map->n_without > 0;
}

void joiner_finish(struct joiner *j)
{
	withhold(j);
	for (unsigned i = 0; i < j->map->n_joins; i++)
		carry_out(j, i);
	for (size_t i = 0; i < j->n_held; i++)
		if (!j->held[i].is_spent)
			hand_on(j, &j->held[i]);
	j->n_held = 0;
}
