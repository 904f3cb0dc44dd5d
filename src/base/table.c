/* SPDX-License-Identifier: Apache-2.0 */
#include "base/table.h"

#include <endian.h>
#include <string.h>

uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t len)
{
	const unsigned char *at = bytes;

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ at[i]) * UINT64_C(0x100000001b3);
	return hash;
}

static unsigned char folded(char c)
{
	return (unsigned char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
}

uint64_t hash_folded(uint64_t hash, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		hash = (hash ^ folded(text[i])) * UINT64_C(0x100000001b3);
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

struct slot {
	const char *key; /* NULL: free */
	size_t len;
	uint64_t hash;
	void *value;
};

struct table {
	struct slot *slots;
	size_t size; /* a power of two, at least twice the number of keys */
	size_t used;
	bool is_folded;
};

static struct table *new_table(TALLOC_CTX *mem_ctx, size_t expected, bool is_folded)
{
	struct table *table = mem_new(mem_ctx, struct table);

	table->size = 64;
	while (table->size < 2 * expected)
		table->size *= 2;
	table->slots = mem_array(table, struct slot, table->size);
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

static uint64_t hash_key(const struct table *table, const char *key, size_t len)
{
	return table->is_folded ? hash_end(hash_folded(HASH_START, key, len))
				: hash_block(key, len);
}

static bool equal_folded(const char *a, const char *b, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (folded(a[i]) != folded(b[i]))
			return false;
	return true;
}

static bool is_key(const struct table *table, const struct slot *a, const struct slot *b)
{
	if (a->hash != b->hash || a->len != b->len)
		return false;
	return table->is_folded ? equal_folded(a->key, b->key, a->len)
				: memcmp(a->key, b->key, a->len) == 0;
}

/* The slot of @key, or the free one where it belongs: there is always one. */
static struct slot *probe(const struct table *table, const struct slot *key)
{
	size_t i = key->hash & (table->size - 1);

	while (table->slots[i].key != NULL && !is_key(table, &table->slots[i], key))
		i = (i + 1) & (table->size - 1);
	return &table->slots[i];
}

void *table_find_bytes(const struct table *table, const char *key, size_t len)
{
	struct slot wanted = {key, len, hash_key(table, key, len), NULL};

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
	table->slots = mem_array(table, struct slot, table->size);
	for (size_t i = 0; i < old_size; i++)
		if (old[i].key != NULL)
			*probe(table, &old[i]) = old[i];
	talloc_free(old);
}

void **table_slot_bytes(struct table *table, const char *key, size_t len)
{
	struct slot wanted = {key, len, hash_key(table, key, len), NULL};

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
