/* SPDX-License-Identifier: Apache-2.0 */
#include "read/dn_set.h"

#include "base/table.h"

/* An open hash table, at most half full. */
struct dn_set {
	struct seen {
		uint64_t hash; /* 0: free */
		unsigned line;
	} * slots;
	size_t n_slots, n_used;
};

struct dn_set *dn_set_new(TALLOC_CTX *mem_ctx)
{
	struct dn_set *set = mem_new(mem_ctx, struct dn_set);

	set->n_slots = 1024;
	set->slots = mem_array(set, struct seen, set->n_slots);
	return set;
}

/* The slot of @hash, or the free one where it belongs. */
static struct seen *find_slot(const struct dn_set *set, uint64_t hash)
{
	size_t i = hash & (set->n_slots - 1);

	while (set->slots[i].hash && set->slots[i].hash != hash)
		i = (i + 1) & (set->n_slots - 1);
	return &set->slots[i];
}

static void grow(struct dn_set *set, size_t n_slots)
{
	struct seen *old = set->slots;
	size_t n_old = set->n_slots;

	set->n_slots = n_slots;
	set->slots = mem_array(set, struct seen, set->n_slots);
	for (size_t i = 0; i < n_old; i++) {
		if (old[i].hash)
			*find_slot(set, old[i].hash) = old[i];
	}
	talloc_free(old);
}

void dn_set_reserve(struct dn_set *set, size_t n)
{
	size_t n_slots = set->n_slots;

	while (n_slots < 2 * (set->n_used + n))
		n_slots *= 2;
	if (n_slots > set->n_slots)
		grow(set, n_slots);
}

uint64_t dn_set_expect(const struct dn_set *set, const char *dn, size_t length)
{
	uint64_t hash = hash_folded(dn, length);

	__builtin_prefetch(&set->slots[hash & (set->n_slots - 1)]);
	return hash;
}

bool dn_set_add_expected(
	struct dn_set *set, uint64_t expected, unsigned line, unsigned *ret_line)
{
	if (set->n_used * 2 >= set->n_slots)
		grow(set, 2 * set->n_slots);
	struct seen *slot = find_slot(set, expected);

	if (slot->hash) {
		*ret_line = slot->line;
		return false;
	}
	*slot = (struct seen){.hash = expected, .line = line};
	set->n_used++;
	return true;
}

bool dn_set_add(struct dn_set *set, const char *dn, size_t length, unsigned line,
	unsigned *ret_line)
{
	return dn_set_add_expected(set, hash_folded(dn, length), line, ret_line);
}

bool dn_set_has(const struct dn_set *set, const char *dn, size_t length)
{
	return find_slot(set, hash_folded(dn, length))->hash != 0;
}
