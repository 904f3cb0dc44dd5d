/* SPDX-License-Identifier: Apache-2.0 */
#include "read/snapshot.h"

#include <string.h>

#include "base/table.h"

/* One entry, ours or one above ours. */
struct known {
	uint8_t id[ENTRY_ID_BYTES];
	bool is_present, is_looked_at, is_elsewhere;
};

struct snapshot {
	struct entries *raw, *above;
	struct known *known; /* those of @raw, then those of @above */
	size_t n_raw, n_known;
	struct table *by_id; /* id -> its struct known, or struct snapshot for others */

	/* what was said */
	TALLOC_CTX *said;
	struct table *others; /* ids that are looked at, or came, without being known */
	struct table *come; /* ids */
	struct buffer *look_at;
	struct string_list subtrees;
	bool has_referrers;
};

enum {
	AT_ONCE = 32, /* whose places in memory are on their way beside each other */
	UNTIL_ID = 512, /* bytes of an entry that mostly hold its id … */
	UNTIL_DN = 128, /* … and its DN */
};

static bool find_ids(
	struct snapshot *s, const struct entries *entries, size_t first, size_t end)
{
	for (size_t i = first; i < end; i++) {
		struct known *known = &s->known[s->n_known + i - first];

		entries_expect(entries, i + AT_ONCE, UNTIL_ID);
		if (!entries_id(entries, i, known->id))
			return false;
		table_expect(s->by_id, (const char *)known->id, sizeof(known->id));
	}
	return true;
}

/* Those that come next in s->known. */
static bool index_ids(struct snapshot *s, size_t n)
{
	for (; n > 0; n--) {
		struct known *known = &s->known[s->n_known++];
		void **slot = table_slot_bytes(
			s->by_id, (const char *)known->id, sizeof(known->id));

		if (*slot != NULL)
			return false;
		*slot = known;
	}
	return true;
}

static bool add_known(struct snapshot *s, const struct entries *entries)
{
	size_t n = entries_count(entries);

	for (size_t i = 0; i < n; i += AT_ONCE) {
		size_t end = n - i < AT_ONCE ? n : i + AT_ONCE;

		if (!find_ids(s, entries, i, end) || !index_ids(s, end - i))
			return false;
	}
	return true;
}

struct snapshot *snapshot_new(
	TALLOC_CTX *mem_ctx, struct entries *raw, struct entries *above)
{
	TMP_CTX(tmp);
	struct snapshot *s = mem_new(tmp, struct snapshot);

	s->raw = raw;
	s->above = above;
	s->n_raw = entries_count(raw);
	size_t n = s->n_raw + entries_count(above);

	s->known = mem_array(s, struct known, n + 1);
	s->by_id = table_new(s, n);
	if (!add_known(s, raw) || !add_known(s, above))
		return NULL;
	snapshot_reset(s);
	return talloc_steal(mem_ctx, s);
}

size_t snapshot_count(const struct snapshot *snapshot)
{
	return snapshot->n_raw;
}

void snapshot_reset(struct snapshot *s)
{
	talloc_free(s->said);
	s->said = talloc_new(s);
	s->others = table_new(s->said, 64);
	s->come = table_new(s->said, 64);
	s->look_at = buffer_new(s->said);
	s->subtrees = (struct string_list){0};
	s->has_referrers = false;
	for (size_t i = 0; i < s->n_known; i++)
		s->known[i].is_present = s->known[i].is_looked_at =
			s->known[i].is_elsewhere = false;
}

const char *snapshot_dn(const struct snapshot *s, size_t i)
{
	return entries_dn(s->raw, i);
}

/* When entry @i was changed; NULL: it does not say. */
static const char *changed_at(const struct snapshot *s, size_t i)
{
	struct entry_cursor values = entries_values(s->raw, i, ENTRY_CHANGED_AT);
	struct entry_value value;

	return entry_bytes_next(&values, &value) ? value.bytes : NULL;
}

size_t snapshot_newest(
	const struct snapshot *s, struct snapshot_change *ret_items, size_t max)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n_raw; i++) {
		struct snapshot_change item = {.at = changed_at(s, i)};
		size_t at = n;

		while (item.at != NULL && at > 0 &&
			strcmp(ret_items[at - 1].at, item.at) < 0)
			at--;
		if (item.at == NULL || at == max)
			continue;
		memcpy(item.id, s->known[i].id, sizeof(item.id));
		n += n < max;
		memmove(&ret_items[at + 1], &ret_items[at],
			(n - at - 1) * sizeof(*ret_items));
		ret_items[at] = item;
	}
	return n;
}

static struct known *find(const struct snapshot *s, const uint8_t *id)
{
	return table_find_bytes(s->by_id, (const char *)id, ENTRY_ID_BYTES);
}

static const char *dn_of(const struct snapshot *s, const struct known *known)
{
	size_t i = (size_t)(known - s->known);

	return i < s->n_raw ? entries_dn(s->raw, i) : entries_dn(s->above, i - s->n_raw);
}

static void look_at(struct snapshot *s, struct known *known)
{
	if (known->is_looked_at)
		return;
	known->is_looked_at = true;
	buffer_add(s->look_at, known->id, sizeof(known->id));
}

static const char *copy_id(struct snapshot *s, const uint8_t *id)
{
	return mem_strndup(s->said, (const char *)id, ENTRY_ID_BYTES);
}

static void look_at_other(struct snapshot *s, const uint8_t *id)
{
	const char *copy = copy_id(s, id);
	void **slot = table_slot_bytes(s->others, copy, ENTRY_ID_BYTES);

	if (*slot == NULL)
		buffer_add(s->look_at, id, ENTRY_ID_BYTES);
	*slot = s;
}

void snapshot_changed(
	struct snapshot *s, const uint8_t *id, const char *dn, bool has_children)
{
	struct known *known = find(s, id);

	if (known != NULL) {
		known->is_present = true;
		known->is_elsewhere |= strcmp(dn, dn_of(s, known)) != 0;
		look_at(s, known);
		return;
	}
	look_at_other(s, id);
	if (has_children)
		*mem_push(s->said, &s->subtrees.items, &s->subtrees.n) =
			mem_strdup(s->said, dn);
}

void snapshot_gone(struct snapshot *s, const uint8_t *id)
{
	struct known *known = find(s, id);

	if (known == NULL)
		return;
	known->is_elsewhere = true;
	look_at(s, known);
}

void snapshot_present(struct snapshot *s, const uint8_t *id)
{
	struct known *known = find(s, id);

	if (known != NULL)
		known->is_present = true;
}

void snapshot_end_present(struct snapshot *s)
{
	for (size_t i = 0; i < s->n_known; i++)
		if (!s->known[i].is_present)
			snapshot_gone(s, s->known[i].id);
}

/* Is one of the DNs above it that of an entry that is elsewhere now? */
static bool is_below(const char *dn, const struct table *elsewhere)
{
	for (dn = dn_above(dn); dn != NULL; dn = dn_above(dn))
		if (table_find(elsewhere, dn) != NULL)
			return true;
	return false;
}

/* What refers to an entry that is elsewhere, or to one below it. */
struct referrers {
	struct snapshot *snapshot;
	const struct table *elsewhere;
	size_t shortest; /* of their DNs */
};

static bool refers_to(const struct referrers *r, const char *dn)
{
	for (; dn != NULL && strlen(dn) >= r->shortest; dn = dn_above(dn))
		if (table_find(r->elsewhere, dn) != NULL)
			return true;
	return false;
}

/* An entry_sink. */
static void look_at_referrer(void *data, const struct entry *entry)
{
	const struct referrers *r = data;
	uint8_t id[ENTRY_ID_BYTES];
	bool refers = false;

	for (size_t i = 0; i < entry->n_attributes && !refers; i++)
		for (size_t j = 0; j < entry->attributes[i].n_values && !refers; j++)
			refers = refers_to(r, entry->attributes[i].values[j].bytes);
	if (!refers || !entry_id(entry, id))
		return;
	r->snapshot->has_referrers = true;
	look_at(r->snapshot, find(r->snapshot, id));
}

/* Their DNs as they were; how long the shortest is, 0 for none. */
static size_t collect_elsewhere(const struct snapshot *s, struct table *elsewhere)
{
	size_t shortest = 0;

	for (size_t i = 0; i < s->n_known; i++) {
		const char *dn = dn_of(s, &s->known[i]);

		if (!s->known[i].is_elsewhere)
			continue;
		*table_slot(elsewhere, dn) = elsewhere;
		if (shortest == 0 || strlen(dn) < shortest)
			shortest = strlen(dn);
	}
	return shortest;
}

void snapshot_end(struct snapshot *s)
{
	TMP_CTX(tmp);
	struct table *elsewhere = table_new_folded(tmp, 64);
	struct referrers referrers = {.snapshot = s,
		.elsewhere = elsewhere,
		.shortest = collect_elsewhere(s, elsewhere)};

	if (referrers.shortest == 0)
		return;
	for (size_t i = 0; i < s->n_known; i++)
		if (is_below(dn_of(s, &s->known[i]), elsewhere))
			look_at(s, &s->known[i]);
	entries_give_all(s->raw, look_at_referrer, &referrers);
}

bool snapshot_has_referrers(const struct snapshot *s)
{
	return s->has_referrers;
}

const uint8_t *snapshot_look_at(const struct snapshot *s, size_t *ret_n)
{
	*ret_n = s->look_at->len / ENTRY_ID_BYTES;
	return (const uint8_t *)s->look_at->data;
}

struct string_list snapshot_subtrees(const struct snapshot *s)
{
	return s->subtrees;
}

bool snapshot_came(struct snapshot *s, const struct entry *entry)
{
	uint8_t id[ENTRY_ID_BYTES];

	if (!entry_id(entry, id))
		return false;
	struct known *known = find(s, id);
	void **slot = table_slot_bytes(s->come, copy_id(s, id), ENTRY_ID_BYTES);

	if (*slot != NULL)
		return false;
	*slot = s;
	if (known != NULL)
		known->is_looked_at = true;
	return true;
}

bool snapshot_has(const struct snapshot *s, size_t i)
{
	return !s->known[i].is_looked_at;
}

bool snapshot_has_above(const struct snapshot *s, size_t i)
{
	return !s->known[s->n_raw + i].is_looked_at;
}

/* Those from @first to before @end, at most AT_ONCE. */
static bool add_places(
	const struct snapshot *s, struct places *places, size_t first, size_t end)
{
	uint64_t expected[AT_ONCE];

	for (size_t i = first; i < end; i++) {
		const char *dn = dn_of(s, &s->known[i]);

		entries_expect(s->raw, i + AT_ONCE, UNTIL_DN);
		expected[i - first] = places_expect(places, dn, strlen(dn));
	}
	for (size_t i = first; i < end; i++)
		if (!s->known[i].is_looked_at &&
			!places_add_expected(
				places, dn_of(s, &s->known[i]), expected[i - first]))
			return false;
	return true;
}

bool snapshot_places(const struct snapshot *s, struct places *places)
{
	size_t n = s->n_known;

	places_reserve(places, n);
	for (size_t i = 0; i < n; i += AT_ONCE)
		if (!add_places(s, places, i, n - i < AT_ONCE ? n : i + AT_ONCE))
			return false;
	return true;
}
