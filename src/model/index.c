/* SPDX-License-Identifier: Apache-2.0 */
#include "model/index.h"

#include <string.h>

struct slot {
	const char *key;
	uint32_t hash;
	void *value;
};

struct index {
	struct slot *slots;
	size_t size; /* a power of two, at least twice the number of keys */
	size_t used;
};

/* FNV-1a */
static uint32_t hash_text(const char *text)
{
	uint32_t hash = 2166136261U;

	for (; *text != '\0'; text++)
		hash = (hash ^ (unsigned char)*text) * 16777619U;
	return hash;
}

struct index *index_new(TALLOC_CTX *mem_ctx, size_t expected)
{
	struct index *index = mem_new(mem_ctx, struct index);

	index->size = 64;
	while (index->size < 2 * expected)
		index->size *= 2;
	index->slots = mem_array(index, struct slot, index->size);
	return index;
}

static struct slot *probe(const struct index *index, const char *key, uint32_t hash)
{
	size_t i = hash & (index->size - 1);

	while (index->slots[i].key != NULL &&
		(index->slots[i].hash != hash || strcmp(index->slots[i].key, key) != 0))
		i = (i + 1) & (index->size - 1);
	return &index->slots[i];
}

void *index_find(const struct index *index, const char *key)
{
	return probe(index, key, hash_text(key))->value;
}

static void grow(struct index *index)
{
	struct slot *old = index->slots;
	size_t old_size = index->size;

	index->size *= 2;
	index->slots = mem_array(index, struct slot, index->size);
	for (size_t i = 0; i < old_size; i++)
		if (old[i].key != NULL)
			*probe(index, old[i].key, old[i].hash) = old[i];
	talloc_free(old);
}

void **index_slot(struct index *index, const char *key)
{
	uint32_t hash = hash_text(key);

	if (2 * (index->used + 1) > index->size)
		grow(index);
	struct slot *slot = probe(index, key, hash);

	if (slot->key == NULL) {
		slot->key = key;
		slot->hash = hash;
		index->used++;
	}
	return &slot->value;
}
