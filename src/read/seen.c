/* SPDX-License-Identifier: Apache-2.0 */

#include "read/seen.h"

/* An open hash table, at most half full. */
struct seen {
	struct slot {
		uint64_t hash; /* 0: free */
		unsigned line;
	} * slots;
	size_t n_slots, n_used;
};

struct seen *seen_new(TALLOC_CTX *mem_ctx)
{
	struct seen *seen = mem_new(mem_ctx, struct seen);

	seen->n_slots = 1024;
	seen->slots = mem_array(seen, struct slot, seen->n_slots);
	return seen;
}

/* FNV-1a, with a last mixing step so that the low bits depend on all. */
static uint64_t hash_text(const char *text, size_t length)
{
	uint64_t hash = 0xcbf29ce484222325;

	for (size_t i = 0; i < length; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c >= 'A' && c <= 'Z')
			c += 'a' - 'A';
		hash = (hash ^ c) * 0x100000001b3;
	}
	hash ^= hash >> 32;
	return hash ? hash : 1;
}

/* The slot of @hash, or the free one where it belongs. */
static struct slot *find_slot(const struct seen *seen, uint64_t hash)
{
	size_t i = hash & (seen->n_slots - 1);

	while (seen->slots[i].hash && seen->slots[i].hash != hash)
		i = (i + 1) & (seen->n_slots - 1);
	return &seen->slots[i];
}

static void grow(struct seen *seen)
{
	struct slot *old = seen->slots;
	size_t n_old = seen->n_slots;

	seen->n_slots *= 2;
	seen->slots = mem_array(seen, struct slot, seen->n_slots);
	for (size_t i = 0; i < n_old; i++) {
		if (old[i].hash)
			*find_slot(seen, old[i].hash) = old[i];
	}
	talloc_free(old);
}

bool seen_add(struct seen *seen, const char *text, size_t length, unsigned line,
	unsigned *ret_line)
{
	uint64_t hash = hash_text(text, length);

	if (seen->n_used * 2 >= seen->n_slots)
		grow(seen);
	struct slot *slot = find_slot(seen, hash);

	if (slot->hash) {
		*ret_line = slot->line;
		return false;
	}
	*slot = (struct slot){.hash = hash, .line = line};
	seen->n_used++;
	return true;
}
