/* SPDX-License-Identifier: Apache-2.0 */
#include "read/entries.h"

#include <string.h>

#include "base/table.h"
#include "base/text.h"
#include "read/dn.h"
#include "read/entry_bytes.h"
#include "read/filter_match.h"

/* Most entries are good and what the directory has. */
enum { MOST_ROLES = ENTRIES_GOOD | ENTRIES_RAW };

static const char HEAD[] = "ldapcc entries 4 ", HEAD_3[] = "ldapcc entries 3\n",
		  HEAD_2[] = "ldapcc entries 2\n";

struct stored {
	const char *bytes; /* entry_bytes.h */
	const char *key; /* NULL: not asked for yet */
};

/* The entries of 100,000 nodes, until they are a file that is mapped. */
enum { IN_MEMORY = 64 * 1024 * 1024 };

/* An attribute's name that was asked about; most entries have the same ones. */
struct known_name {
	char text[40]; /* "": none was, or it is too long */
	bool is_wanted;
};

enum { KNOWN_NAMES = 128 }; /* a power of two */

struct entries {
	struct arena *arena;
	const struct table *wanted; /* attributes, any case */
	struct stored *items;
	size_t n;
	struct table *by_key; /* -> its item; NULL: not asked for yet */
	unsigned roles; /* that what is added has, most likely */
	struct entry_attribute *chosen; /* of the entry at hand; reused */
	size_t chosen_room;
	struct known_name known[KNOWN_NAMES]; /* by how they begin */
};

static struct entries *new_entries(TALLOC_CTX *mem_ctx)
{
	struct entries *entries = mem_new(mem_ctx, struct entries);

	entries->arena = arena_new(entries);
	arena_spill_after(entries->arena, IN_MEMORY);
	entries->roles = MOST_ROLES;
	return entries;
}

struct entries *entries_like(TALLOC_CTX *mem_ctx, const struct entries *other)
{
	struct entries *entries = new_entries(mem_ctx);

	entries->wanted = other->wanted;
	return entries;
}

struct entries *entries_new(TALLOC_CTX *mem_ctx, const char *const *attributes)
{
	struct entries *entries = new_entries(mem_ctx);
	struct table *wanted = table_new_folded(entries, 64);

	for (; *attributes != NULL; attributes++)
		*table_slot(wanted, *attributes) = entries;
	*table_slot(wanted, "objectClass") = entries;
	*table_slot(wanted, ENTRY_CHANGED_BY) = entries;
	*table_slot(wanted, ENTRY_CHANGED_AT) = entries;
	entries->wanted = wanted;
	return entries;
}

void entries_are_good(struct entries *entries)
{
	entries->roles = ENTRIES_GOOD;
}

size_t entries_count(const struct entries *entries)
{
	return entries->n;
}

/* Writing */

static struct stored *keep(struct entries *entries, const char *bytes)
{
	struct stored *item = mem_push(entries, &entries->items, &entries->n);

	item->bytes = bytes;
	if (entries->by_key != NULL)
		talloc_free(entries->by_key);
	entries->by_key = NULL;
	return item;
}

static struct known_name *place_of(struct entries *entries, const char *name)
{
	unsigned first = (unsigned char)name[0],
		 second = first == '\0' ? 0 : (unsigned char)name[1];

	return &entries->known[(first + 7 * second) % KNOWN_NAMES];
}

/* Is @name, of an attribute, one to keep? */
static bool is_wanted(struct entries *entries, const char *name)
{
	struct known_name *known = place_of(entries, name);
	size_t len;

	if (strcmp(known->text, name) == 0)
		return known->is_wanted;
	len = strlen(name);
	known->is_wanted = table_find_bytes(entries->wanted, name, len) != NULL;
	if (len < sizeof(known->text))
		memcpy(known->text, name, len + 1);
	else
		known->text[0] = '\0';
	return known->is_wanted;
}

/* Those of @entry's attributes that are kept, in entries->chosen; their number. */
static size_t choose_attributes(struct entries *entries, const struct entry *entry)
{
	size_t n = 0;

	mem_reserve(
		entries, &entries->chosen, &entries->chosen_room, entry->n_attributes);
	for (size_t i = 0; i < entry->n_attributes; i++)
		if (is_wanted(entries, entry->attributes[i].name))
			entries->chosen[n++] = entry->attributes[i];
	return n;
}

/* @entry with those of its attributes that are kept: all of them, mostly. */
static struct entry chosen_of(struct entries *entries, const struct entry *entry)
{
	struct entry chosen = *entry;
	size_t i = 0;

	while (i < entry->n_attributes && is_wanted(entries, entry->attributes[i].name))
		i++;
	if (i < entry->n_attributes) {
		chosen.n_attributes = choose_attributes(entries, entry);
		chosen.attributes = entries->chosen;
	}
	return chosen;
}

/* Most DNs are their own keys. */
static const char *keep_key(struct entries *entries, const char *dn, const char *key)
{
	if (key == NULL)
		return NULL;
	return strcmp(key, dn) == 0 ? dn : arena_strdup(entries->arena, key);
}

void entries_add(void *data, const struct entry *entry)
{
	struct entries *entries = data;
	const struct entry chosen = chosen_of(entries, entry);
	const char *bytes = entry_bytes_new(entries->arena, &chosen, entries->roles);

	keep(entries, bytes)->key = keep_key(entries, entry_bytes_dn(bytes), entry->key);
}

/* False also of what is not in one piece. */
static bool is_same_bytes(const char *a, const char *b)
{
	uint32_t len = entry_bytes_length(a), first = sizeof(len);

	return len > 0 && entry_bytes_length(b) == len &&
	       memcmp(a + first, b + first, len - first) == 0;
}

void entries_drop_last(struct entries *entries)
{
	const char *bytes = entries->items[--entries->n].bytes;

	arena_give_back(entries->arena, bytes, entry_bytes_length(bytes));
}

void entries_join(struct entries *to, const struct entries *from, size_t i,
	const struct entry_gift *gifts, size_t n)
{
	const struct stored *item = &from->items[i];

	keep(to,
		n == 0 ? item->bytes : entry_bytes_join(to->arena, item->bytes, gifts, n))
		->key = item->key;
}

void entries_share(struct entries *to, const struct entries *from, size_t i)
{
	keep(to, from->items[i].bytes)->key = from->items[i].key;
}

struct entries *entries_slice(
	TALLOC_CTX *mem_ctx, const struct entries *entries, size_t first, size_t end)
{
	struct entries *slice = mem_new(mem_ctx, struct entries);

	slice->n = end - first;
	slice->items = mem_array(slice, struct stored, slice->n + 1);
	if (slice->n > 0)
		memcpy(slice->items, entries->items + first,
			slice->n * sizeof(*slice->items));
	return slice;
}

void entries_expect(const struct entries *entries, size_t i, size_t len)
{
	enum { LINE = 64 }; /* of the processor's cache */

	for (size_t at = 0; i < entries->n && at < len; at += LINE)
		__builtin_prefetch(entries->items[i].bytes + at);
}

/* The bytes of a file, in parts; what stands behind the last one there is the same part. */
struct parts {
	TALLOC_CTX *mem_ctx;
	struct arena *arena; /* below it */
	struct iovec *items;
	size_t n;
};

static void add_part(struct parts *parts, const void *bytes, size_t len)
{
	struct iovec *last = parts->n == 0 ? NULL : &parts->items[parts->n - 1];

	if (last != NULL && (const char *)last->iov_base + last->iov_len == bytes)
		last->iov_len += len;
	else
		*mem_push(parts->mem_ctx, &parts->items, &parts->n) =
			(struct iovec){(void *)(uintptr_t)bytes, len};
}

/* Each in one piece, for what looks at bytes alone. */
static void make_whole(struct entries *entries)
{
	enum { AHEAD = 16 };

	for (size_t i = 0; entries != NULL && i < entries->n; i++) {
		entries_expect(entries, i + AHEAD, 1);
		entries->items[i].bytes =
			entry_bytes_whole(entries->arena, entries->items[i].bytes);
	}
}

/* Its first number may say other roles than it has now: then it is a copy that says those. */
static void add_entry(struct parts *parts, const char *bytes, unsigned roles)
{
	uint32_t len = entry_bytes_length(bytes),
		 first = len | (uint32_t)roles << ENTRY_ROLE_SHIFT;

	if (entry_bytes_roles(bytes) != roles) {
		char *copy = arena_strndup(parts->arena, bytes, len);

		memcpy(copy, &first, sizeof(first));
		bytes = copy;
	}
	add_part(parts, bytes, len);
}

/*
 * Where the entry of @bytes is in @entries, from @start on; none where it is not soon: the two
 * lists are in one order, but for a few.
 */
static size_t find_ahead(const struct entries *entries, size_t start, const char *bytes)
{
	enum { AHEAD = 64 };
	size_t end = entries->n - start < AHEAD ? entries->n : start + AHEAD;

	while (start < end && entries->items[start].bytes != bytes)
		start++;
	return start < end ? start : entries->n;
}

/* Of @raw those that are not good, too; what is both and was not found stands there twice. */
static void add_good_and_raw(
	struct parts *parts, const struct entries *good, const struct entries *raw)
{
	static const struct entries none;
	size_t next = 0;

	good = good == NULL ? &none : good;
	raw = raw == NULL ? &none : raw;
	for (size_t i = 0; i < good->n; i++) {
		const char *bytes = good->items[i].bytes;
		size_t at = find_ahead(raw, next, bytes);

		for (; at < raw->n && next < at; next++)
			add_entry(parts, raw->items[next].bytes, ENTRIES_RAW);
		add_entry(parts, bytes,
			ENTRIES_GOOD | (at < raw->n ? (unsigned)ENTRIES_RAW : 0));
		next += at < raw->n;
	}
	for (; next < raw->n; next++)
		add_entry(parts, raw->items[next].bytes, ENTRIES_RAW);
}

static void add_head(struct parts *parts, const struct entries_file *file)
{
	struct buffer *b = buffer_new(parts->mem_ctx);

	buffer_printf(b, "%s%llu\n", HEAD, (unsigned long long)file->generation);
	add_part(parts, b->data, b->len);
}

struct iovec *entries_parts(
	TALLOC_CTX *mem_ctx, const struct entries_file *file, size_t *ret_n)
{
	struct parts parts = {.mem_ctx = mem_ctx, .arena = arena_new(mem_ctx)};

	make_whole(file->good);
	add_head(&parts, file);
	add_good_and_raw(&parts, file->good, file->raw);
	for (size_t i = 0; file->above != NULL && i < file->above->n; i++)
		add_entry(&parts, file->above->items[i].bytes, ENTRIES_ABOVE);
	add_part(&parts, "\n", 1);
	*ret_n = parts.n;
	return parts.items;
}

/* Reading */

void entries_give(const struct entries *entries, size_t i, entry_sink sink, void *data)
{
	TMP_CTX(tmp);
	struct entry_bench bench = {.mem_ctx = tmp};
	struct entry entry;

	if (!entry_bytes_take(&bench, entries->items[i].bytes, &entry))
		return;
	entry.key = entries->items[i].key;
	sink(data, &entry);
}

void entries_give_all(const struct entries *entries, entry_sink sink, void *data)
{
	TMP_CTX(tmp);
	struct entry_bench bench = {.mem_ctx = tmp};
	struct entry entry;

	for (size_t i = 0; i < entries->n; i++)
		if (entry_bytes_take(&bench, entries->items[i].bytes, &entry)) {
			entry.key = entries->items[i].key;
			sink(data, &entry);
		}
}

const char *entries_dn(const struct entries *entries, size_t i)
{
	return entry_bytes_dn(entries->items[i].bytes);
}

unsigned entries_line(const struct entries *entries, size_t i)
{
	return entry_bytes_head(entries->items[i].bytes).line;
}

const char *entries_bytes(const struct entries *entries, size_t i)
{
	return entries->items[i].bytes;
}

struct entry_cursor entries_values(
	const struct entries *entries, size_t i, const char *name)
{
	return entry_bytes_values(entries->items[i].bytes, name);
}

const char *entries_key(struct entries *entries, size_t i)
{
	struct stored *item = &entries->items[i];

	if (item->key == NULL) {
		const char *dn = entry_bytes_dn(item->bytes);
		const char *key = dn_key_arena(entries->arena, dn);

		item->key = key == NULL || strcmp(key, dn) == 0 ? dn : key;
	}
	return item->key;
}

static const struct stored *find(struct entries *entries, const char *key)
{
	if (entries->by_key == NULL) {
		entries->by_key = table_new(entries, entries->n);
		for (size_t i = 0; i < entries->n; i++)
			*table_slot(entries->by_key, entries_key(entries, i)) =
				&entries->items[i];
	}
	return table_find(entries->by_key, key);
}

bool entries_has(struct entries *entries, const char *key)
{
	return find(entries, key) != NULL;
}

bool entries_has_part(struct entries *entries, const char *key, const char *part)
{
	TMP_CTX(tmp);
	struct entry_bench bench = {.mem_ctx = tmp};
	const struct stored *item = find(entries, key);
	struct entry entry;

	if (item == NULL || !entry_bytes_take(&bench, item->bytes, &entry))
		return false;
	for (size_t i = 0; i < entry.n_attributes; i++) {
		const char *dn = entry.attributes[i].dn;
		const char *giver = dn == NULL ? NULL : dn_key(tmp, dn);

		if (giver != NULL && strcmp(giver, part) == 0)
			return true;
	}
	return false;
}

const char *const entries_ids[] = {"entryUUID", "nsUniqueId", "objectGUID", NULL};

/* Is it what the server calls the entry? What a join brought is another's. */
static bool is_id(const struct entry_attribute *attribute)
{
	for (size_t i = 0; attribute->dn == NULL && entries_ids[i] != NULL; i++)
		if (text_equal_case(attribute->name, entries_ids[i]))
			return attribute->n_values == 1;
	return false;
}

static bool is_same_attribute(
	const struct entry_attribute *a, const struct entry_attribute *b)
{
	bool is_same = strcmp(a->name, b->name) == 0 && a->n_values == b->n_values;

	for (size_t i = 0; is_same && i < a->n_values; i++)
		is_same = a->values[i].len == b->values[i].len &&
			  memcmp(a->values[i].bytes, b->values[i].bytes,
				  a->values[i].len) == 0;
	return is_same;
}

/* Who wrote it last is not what an entry says. */
static void drop_change(struct entry *entry)
{
	size_t kept = 0;

	for (size_t i = 0; i < entry->n_attributes; i++)
		if (!entry_tells_change(entry->attributes[i].name))
			entry->attributes[kept++] = entry->attributes[i];
	entry->n_attributes = kept;
}

static bool is_same_entry(
	const struct stored *one, const struct stored *other, bool with_id)
{
	TMP_CTX(tmp);
	struct entry_bench left = {.mem_ctx = tmp}, right = {.mem_ctx = tmp};
	struct entry a, b;

	if (one == NULL || other == NULL || !entry_bytes_take(&left, one->bytes, &a) ||
		!entry_bytes_take(&right, other->bytes, &b))
		return false;
	drop_change(&a);
	drop_change(&b);
	if (a.n_attributes != b.n_attributes)
		return false;
	for (size_t i = 0; i < a.n_attributes; i++) {
		bool counts =
			with_id || !is_id(&a.attributes[i]) || !is_id(&b.attributes[i]);

		if (counts && !is_same_attribute(&a.attributes[i], &b.attributes[i]))
			return false;
	}
	return true;
}

bool entries_same(struct entries *left, const char *left_key, struct entries *right,
	const char *right_key)
{
	return is_same_entry(find(left, left_key), find(right, right_key), false);
}

bool entries_same_bytes(
	const struct entries *a, size_t i, const struct entries *b, size_t j)
{
	return is_same_bytes(a->items[i].bytes, b->items[j].bytes);
}

bool entries_equal(struct entries *a, struct entries *b)
{
	if (a->n != b->n)
		return false;
	make_whole(a);
	make_whole(b);
	for (size_t i = 0; i < a->n; i++)
		if (!is_same_bytes(a->items[i].bytes, b->items[i].bytes) &&
			!is_same_entry(&a->items[i], find(b, entries_key(a, i)), true))
			return false;
	return true;
}

/* Moved */

static const struct entry_value *id_of(const struct entry *entry)
{
	for (size_t i = 0; i < entry->n_attributes; i++)
		if (is_id(&entry->attributes[i]))
			return &entry->attributes[i].values[0];
	return NULL;
}

/* Entries that only one side has, by the server's id of them. */
struct newcomers {
	struct table *by_id;
	bool has_ids;
	struct table *by_start; /* those without one, by what their DNs begin with */
};

/* That begins several DNs. */
static const struct stored several;

/* How many RDNs of a DN stay the same: an interface's stand with its machine's. */
enum { STARTS = 2 };

static size_t start_length(const char *key, unsigned n_rdns)
{
	const char *end = key;

	while (n_rdns-- > 0)
		end = dn_key_parent(end);
	return (size_t)(end - key);
}

static void index_start(struct table *by_start, const struct stored *item)
{
	size_t done = 0;

	for (unsigned n = 1; n <= STARTS; n++) {
		size_t len = start_length(item->key, n);
		const void **slot =
			(const void **)table_slot_bytes(by_start, item->key, len);

		if (len > done)
			*slot = *slot == NULL ? item : &several;
		done = len;
	}
}

/* The entries of @of that @other has not. */
static struct newcomers index_new(
	TALLOC_CTX *mem_ctx, struct entries *of, struct entries *other)
{
	TMP_CTX(tmp);
	struct entry_bench bench = {.mem_ctx = tmp};
	struct newcomers new = {
		.by_id = table_new(mem_ctx, 0), .by_start = table_new(mem_ctx, 0)};

	for (size_t i = 0; i < of->n; i++) {
		struct entry entry;

		if (entries_has(other, entries_key(of, i)) ||
			!entry_bytes_take(&bench, of->items[i].bytes, &entry))
			continue;
		const struct entry_value *id = id_of(&entry);

		new.has_ids |= id != NULL;
		if (id != NULL)
			*table_slot_bytes(new.by_id, id->bytes, id->len) = &of->items[i];
		else
			index_start(new.by_start, &of->items[i]);
	}
	return new;
}

/* Whatever else an entry loses, its structural class stays. */
static bool have_common_class(const struct stored *one, const struct entry *other)
{
	TMP_CTX(tmp);
	struct entry_bench bench = {.mem_ctx = tmp};
	struct entry entry;
	const struct entry_attribute *a, *b = entry_attribute(other, "objectClass");

	if (b == NULL || !entry_bytes_take(&bench, one->bytes, &entry) ||
		(a = entry_attribute(&entry, "objectClass")) == NULL)
		return false;
	for (size_t i = 0; i < a->n_values; i++)
		for (size_t j = 0; j < b->n_values; j++)
			if (!entry_value_is(&a->values[i], "top") &&
				entry_value_is(&b->values[j], a->values[i].bytes))
				return true;
	return false;
}

/* Where @item, which has no id, is now, if that can only be one. */
static const struct stored *find_by_start(const struct newcomers *come,
	const struct newcomers *gone, const struct stored *item,
	const struct entry *entry)
{
	for (unsigned n = STARTS; n > 0; n--) {
		size_t len = start_length(item->key, n);
		const struct stored *is =
			table_find_bytes(come->by_start, item->key, len);

		if (is != NULL && is != &several &&
			table_find_bytes(gone->by_start, item->key, len) == item &&
			have_common_class(is, entry))
			return is;
	}
	return NULL;
}

/* Of each entry that has a DN of @then, where it was by its id, if elsewhere. */
static void note_displaced(struct moved *moved, struct entries *now, struct entries *then)
{
	TMP_CTX(tmp);
	struct entry_bench bench = {.mem_ctx = tmp};
	struct table *then_by_id = table_new(tmp, then->n);
	struct entry entry;

	for (size_t i = 0; i < then->n; i++) {
		const struct entry_value *id =
			entry_bytes_take(&bench, then->items[i].bytes, &entry)
				? id_of(&entry)
				: NULL;

		if (id != NULL)
			*table_slot_bytes(then_by_id, id->bytes, id->len) =
				(void *)(uintptr_t)entries_key(then, i);
	}
	for (size_t i = 0; i < now->n; i++) {
		const char *key = entries_key(now, i);
		const struct entry_value *id =
			entries_has(then, key) && entry_bytes_take(&bench,
							  now->items[i].bytes, &entry)
				? id_of(&entry)
				: NULL;
		void *was = id == NULL ? NULL
				       : table_find_bytes(then_by_id, id->bytes, id->len);

		if (was != NULL && strcmp(was, key) != 0)
			*table_slot(moved->was, key) = was;
	}
}

struct moved *entries_moved(
	TALLOC_CTX *mem_ctx, struct entries *now, struct entries *then)
{
	TMP_CTX(tmp);
	struct entry_bench bench = {.mem_ctx = tmp};
	struct moved *moved = mem_new(mem_ctx, struct moved);
	struct newcomers come = index_new(tmp, now, then);
	struct newcomers gone = index_new(tmp, then, now);

	moved->then = table_new(moved, 0);
	moved->now = table_new(moved, 0);
	moved->taken = table_new(moved, 0);
	moved->was = table_new(moved, 0);
	if (come.has_ids || gone.has_ids)
		note_displaced(moved, now, then);
	for (size_t i = 0; i < then->n; i++) {
		struct entry entry;
		bool is_taken = entries_has(now, entries_key(then, i));

		if ((is_taken && !come.has_ids) ||
			!entry_bytes_take(&bench, then->items[i].bytes, &entry))
			continue;
		const struct entry_value *id = id_of(&entry);
		const struct stored *is =
			id != NULL ? table_find_bytes(come.by_id, id->bytes, id->len)
			: is_taken ? NULL
				   : find_by_start(&come, &gone, &then->items[i], &entry);

		if (is == NULL)
			continue;
		if (is_taken) {
			*table_slot(moved->taken, is->key) =
				(void *)(uintptr_t)then->items[i].key;
			continue;
		}
		*table_slot(moved->then, is->key) = (void *)(uintptr_t)then->items[i].key;
		*table_slot(moved->now, then->items[i].key) =
			(void *)(uintptr_t)entry_bytes_dn(is->bytes);
	}
	return moved;
}

/* The id */

/* source: RFC 4122 section 3: 8-4-4-4-12 hexadecimal digits */
static bool parse_id(const char *text, size_t len, uint8_t *ret_id)
{
	size_t at = 0;

	for (size_t i = 0; i < ENTRY_ID_BYTES; i++) {
		at += i == 4 || i == 6 || i == 8 || i == 10;
		int byte = at + 1 < len ? text_hex_byte(text + at) : -1;

		if (byte < 0)
			return false;
		ret_id[i] = (uint8_t)byte;
		at += 2;
	}
	return at == len;
}

bool entry_id(const struct entry *entry, uint8_t *ret_id)
{
	for (size_t i = 0; i < entry->n_attributes; i++) {
		const struct entry_attribute *attribute = &entry->attributes[i];

		if (attribute->dn == NULL && attribute->n_values == 1 &&
			text_equal_case(attribute->name, entries_ids[0]))
			return parse_id(attribute->values[0].bytes,
				attribute->values[0].len, ret_id);
	}
	return false;
}

bool entries_id(const struct entries *entries, size_t i, uint8_t *ret_id)
{
	struct entry_cursor ids =
		entry_bytes_values(entries->items[i].bytes, entries_ids[0]);
	struct entry_value id;

	return ids.n == 1 && entry_bytes_next(&ids, &id) &&
	       parse_id(id.bytes, id.len, ret_id);
}

/* Differences, by the id */

static struct table *index_ids(TALLOC_CTX *mem_ctx, const struct entries *entries)
{
	struct table *by_id = table_new(mem_ctx, entries->n);
	uint8_t *ids = mem_array(mem_ctx, uint8_t, (entries->n + 1) * ENTRY_ID_BYTES);

	for (size_t i = 0; i < entries->n; i++, ids += ENTRY_ID_BYTES)
		if (entries_id(entries, i, ids))
			*table_slot_bytes(by_id, (const char *)ids, ENTRY_ID_BYTES) =
				&entries->items[i];
	return by_id;
}

size_t entries_differ(
	const struct entries *a, const struct entries *b, const char **ret_dn)
{
	TMP_CTX(tmp);
	struct table *by_id = index_ids(tmp, b);
	size_t n_same = 0, n = 0;

	for (size_t i = 0; i < a->n; i++) {
		uint8_t id[ENTRY_ID_BYTES];
		struct stored *other =
			entries_id(a, i, id)
				? table_find_bytes(by_id, (char *)id, sizeof(id))
				: NULL;

		n_same += other != NULL;
		if (other != NULL && is_same_bytes(a->items[i].bytes, other->bytes))
			continue;
		*ret_dn = entries_dn(a, i);
		n++;
	}
	if (n == 0 && n_same < b->n)
		(void)entries_differ(b, a, ret_dn);
	return n + b->n - n_same;
}

/* The file */

static void sort_out(struct entries_file *file, const char *bytes, unsigned roles)
{
	struct entries *const lists[] = {file->good, file->raw, file->above};

	for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
		if ((roles & (1U << i)) != 0)
			(void)keep(lists[i], bytes);
}

static bool has_head(const struct iovec *piece, const char *head)
{
	return piece->iov_len >= strlen(head) &&
	       memcmp(piece->iov_base, head, strlen(head)) == 0;
}

/* Where the first entry of the file is; NULL where it is of another kind or version. */
static const char *take_head(const struct iovec *piece, struct entries_file *ret)
{
	TMP_CTX(tmp);
	const char *bytes = piece->iov_base;

	if (has_head(piece, HEAD_2) || has_head(piece, HEAD_3))
		return bytes + strlen(HEAD_3);
	if (!has_head(piece, HEAD))
		return NULL;
	const char *number = bytes + strlen(HEAD);
	const char *end = memchr(number, '\n', piece->iov_len - strlen(HEAD));

	if (end == NULL ||
		!text_parse_u64(mem_strndup(tmp, number, (size_t)(end - number)),
			UINT64_MAX, &ret->generation))
		return NULL;
	return end + 1;
}

/* Whole entries, one behind the other. */
static bool sort_out_all(
	struct entries_file *file, const char *bytes, const char *end, bool is_older)
{
	for (; bytes < end; bytes += entry_bytes_length(bytes)) {
		if ((size_t)(end - bytes) < 3 * sizeof(uint32_t) ||
			entry_bytes_length(bytes) < 3 * sizeof(uint32_t) ||
			entry_bytes_length(bytes) > (size_t)(end - bytes))
			return false;
		sort_out(file, bytes, is_older ? ENTRIES_GOOD : entry_bytes_roles(bytes));
	}
	return true;
}

bool entries_parse(TALLOC_CTX *mem_ctx, const struct iovec *pieces, size_t n,
	struct entries_file *ret_file)
{
	TMP_CTX(tmp);
	struct entries_file file = {
		new_entries(tmp), new_entries(tmp), new_entries(tmp), 0};
	bool is_older = n > 0 && has_head(&pieces[0], HEAD_2);
	const char *bytes = n == 0 ? NULL : take_head(&pieces[0], &file);

	if (bytes == NULL)
		return false;
	for (size_t i = 0; i < n; i++) {
		const char *start = pieces[i].iov_base, *end = start + pieces[i].iov_len;

		bytes = i == 0 ? bytes : start;
		end -= i == n - 1 && end > bytes; /* the newline */
		if (!sort_out_all(&file, bytes, end, is_older))
			return false;
	}
	*ret_file = file;
	talloc_steal(mem_ctx, file.good);
	talloc_steal(mem_ctx, file.above);
	ret_file->raw = file.raw->n == 0 ? NULL : talloc_steal(mem_ctx, file.raw);
	return true;
}
