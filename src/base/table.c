/* SPDX-License-Identifier: Apache-2.0 */
#include "base/table.h"

#include <assert.h>
#include <endian.h>
#include <stdlib.h>
#include <string.h>

uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t len)
{
	const unsigned char *at = bytes;

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ at[i]) * UINT64_C(0x100000001b3);
	return hash;
}

uint64_t hash_end(uint64_t hash)
{
	hash ^= hash >> 32;
	return hash != 0 ? hash : 1;
}

uint64_t hash_block(const void *bytes, size_t len)
{
	const unsigned char *at = bytes, *end = at + len;
	uint64_t hash = HASH_START ^ len, word;

	for (; end - at >= (ptrdiff_t)sizeof(word); at += sizeof(word)) {
		memcpy(&word, at, sizeof(word));
		hash = (hash ^ le64toh(word)) * UINT64_C(0x9e3779b97f4a7c15);
		hash ^= hash >> 29;
	}
	return hash_end(hash_bytes(hash, at, (size_t)(end - at)));
}

/* Tables: keys are taken eight bytes at a time */

/* Every ASCII letter of @word in lower case: 0x20 is added where a byte is from A to Z. */
static uint64_t fold_word(uint64_t word)
{
	const uint64_t ones = UINT64_C(0x0101010101010101), high = ones << 7;
	uint64_t low = word & ~high;
	uint64_t from_a = low + (0x80 - 'A') * ones, past_z = low + (0x7f - 'Z') * ones;

	return word | (((from_a ^ past_z) & ~word & high) >> 2);
}

/*
 * The last bytes of a key, up to a word of them, in one number: that of equal bytes is equal, and
 * of others of as many bytes another. What overlaps is loaded twice.
 */
static inline uint64_t load_tail(const char *at, size_t left)
{
	uint32_t first, last;

	if (left < sizeof(first)) {
		const unsigned char *bytes = (const unsigned char *)at;

		return left == 0 ? 0
				 : bytes[0] | (uint64_t)bytes[left / 2] << 8 |
					   (uint64_t)bytes[left - 1] << 16;
	}
	memcpy(&first, at, sizeof(first));
	memcpy(&last, at + left - sizeof(last), sizeof(last));
	return first | (uint64_t)last << 32;
}

static inline uint64_t load_word(const char *at, bool is_folded)
{
	uint64_t word;

	memcpy(&word, at, sizeof(word));
	return is_folded ? fold_word(word) : word;
}

static inline uint64_t add_word(uint64_t hash, uint64_t word)
{
	hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
	return hash ^ hash >> 29;
}

/*
 * The last bytes of a key, which are the digits of a name, are in the highest bits, and the lowest
 * say which slot.
 */
static inline uint64_t settle(uint64_t hash)
{
	hash = (hash ^ hash >> 32) * UINT64_C(0x9e3779b97f4a7c15);
	hash ^= hash >> 32;
	return hash != 0 ? hash : 1;
}

static inline uint64_t hash_words(const char *bytes, size_t len, bool is_folded)
{
	uint64_t hash = HASH_START ^ len;

	for (; len > sizeof(hash); len -= sizeof(hash), bytes += sizeof(hash))
		hash = add_word(hash, load_word(bytes, is_folded));
	uint64_t tail = load_tail(bytes, len);

	return settle(add_word(hash, is_folded ? fold_word(tail) : tail));
}

uint64_t hash_add(uint64_t hash, const void *bytes, size_t len)
{
	const char *at = bytes;
	size_t left = len;

	for (; left > sizeof(hash); left -= sizeof(hash), at += sizeof(hash))
		hash = add_word(hash, load_word(at, false));
	return add_word(add_word(hash, load_tail(at, left)), len);
}

uint64_t hash_folded(const char *text, size_t len)
{
	return hash_words(text, len, true);
}

static inline bool is_equal_folded(uint64_t a, uint64_t b)
{
	return a == b || fold_word(a) == fold_word(b);
}

static bool equal_folded(const char *a, const char *b, size_t len)
{
	enum { WORD = sizeof(uint64_t) };

	for (; len > WORD; len -= WORD, a += WORD, b += WORD)
		if (!is_equal_folded(load_word(a, false), load_word(b, false)))
			return false;
	return is_equal_folded(load_tail(a, len), load_tail(b, len));
}

/* A site has several tables of all its names: a slot has no byte more than it needs. */
struct slot {
	const char *key; /* NULL: free */
	void *value;
	uint32_t len;
	uint32_t hash; /* the low half */
};

struct table {
	struct slot *slots;
	size_t size; /* a power of two, at least twice the number of keys */
	size_t used;
	bool is_folded;
};

static int free_slots(struct table *table)
{
	free(table->slots);
	return 0;
}

static struct table *new_table(TALLOC_CTX *mem_ctx, size_t expected, bool is_folded)
{
	struct table *table = mem_new(mem_ctx, struct table);

	table->size = 64;
	while (table->size < 2 * expected)
		table->size *= 2;
	table->slots = mem_pages(table->size, sizeof(struct slot));
	talloc_set_destructor(table, free_slots);
	table->is_folded = is_folded;
	return table;
}

struct table *table_new(TALLOC_CTX *mem_ctx, size_t expected)
{
	return new_table(mem_ctx, expected, false);
}

struct table *table_new_folded(TALLOC_CTX *mem_ctx, size_t expected)
{
	return new_table(mem_ctx, expected, true);
}

/* Of @key, without a value. */
static inline struct slot slot_for(const struct table *table, const char *key, size_t len)
{
	assert(len <= UINT32_MAX);
	return (struct slot){.key = key,
		.len = (uint32_t)len,
		.hash = (uint32_t)hash_words(key, len, table->is_folded)};
}

static inline bool is_key(
	const struct table *table, const struct slot *a, const struct slot *b)
{
	if (a->hash != b->hash || a->len != b->len)
		return false;
	return table->is_folded ? equal_folded(a->key, b->key, a->len)
				: memcmp(a->key, b->key, a->len) == 0;
}

/* The slot of @key, or the free one where it belongs: there is always one. */
static inline struct slot *probe(const struct table *table, const struct slot *key)
{
	size_t i = key->hash & (table->size - 1);

	while (table->slots[i].key != NULL && !is_key(table, &table->slots[i], key))
		i = (i + 1) & (table->size - 1);
	return &table->slots[i];
}

/* A small table is in the processor's cache anyway. */
void table_expect(const struct table *table, const char *key, size_t len)
{
	enum { LARGE = 1 << 16 };

	if (table->size >= LARGE)
		__builtin_prefetch(&table->slots[slot_for(table, key, len).hash &
						 (table->size - 1)]);
}

void *table_find_bytes(const struct table *table, const char *key, size_t len)
{
	if (table->used == 0)
		return NULL;
	struct slot wanted = slot_for(table, key, len);

	return probe(table, &wanted)->value;
}

void *table_find(const struct table *table, const char *key)
{
	return table_find_bytes(table, key, strlen(key));
}

static void grow(struct table *table)
{
	struct slot *old = table->slots;
	size_t old_size = table->size;

	table->size *= 2;
	table->slots = mem_pages(table->size, sizeof(struct slot));
	mem_populate(table->slots, table->size * sizeof(struct slot));
	for (size_t i = 0; i < old_size; i++)
		if (old[i].key != NULL)
			*probe(table, &old[i]) = old[i];
	free(old);
}

void **table_slot_bytes(struct table *table, const char *key, size_t len)
{
	struct slot wanted = slot_for(table, key, len);

	if (table->used == 0)
		mem_populate(table->slots, table->size * sizeof(struct slot));
	if (2 * (table->used + 1) > table->size)
		grow(table);
	struct slot *slot = probe(table, &wanted);

	if (slot->key == NULL) {
		*slot = wanted;
		table->used++;
	}
	return &slot->value;
}

void **table_slot(struct table *table, const char *key)
{
	return table_slot_bytes(table, key, strlen(key));
}
