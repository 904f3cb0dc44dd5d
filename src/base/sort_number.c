/* SPDX-License-Identifier: Apache-2.0 */
#include "base/sort_number.h"

#include <string.h>

enum {
	BYTES = sizeof(uint64_t),
	VALUES = 256,
	FEW = 24, /* below this, passes over 256 counters cost more */
};

static void insert_each(struct sort_number *items, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		struct sort_number item = items[i];
		size_t at = i;

		for (; at > 0 && items[at - 1].number > item.number; at--)
			items[at] = items[at - 1];
		items[at] = item;
	}
}

static uint8_t byte_of(const struct sort_number *item, unsigned byte)
{
	return (uint8_t)(item->number >> 8 * byte);
}

/* From how often each value of a byte is there to where its first one goes. */
static void sum_up(size_t counts[VALUES])
{
	for (size_t i = 0, sum = 0, n; i < VALUES; i++, sum += n) {
		n = counts[i];
		counts[i] = sum;
	}
}

void sort_by_number(struct sort_number *items, struct sort_number *room, size_t n)
{
	size_t counts[BYTES][VALUES];
	struct sort_number *from = items, *to = room, *swap;

	if (n < FEW) {
		insert_each(items, n);
		return;
	}
	memset(counts, 0, sizeof(counts));
	for (size_t i = 0; i < n; i++)
		for (unsigned byte = 0; byte < BYTES; byte++)
			counts[byte][byte_of(&items[i], byte)]++;
	for (unsigned byte = 0; byte < BYTES; byte++) {
		if (counts[byte][byte_of(&items[0], byte)] == n)
			continue;
		sum_up(counts[byte]);
		for (size_t i = 0; i < n; i++)
			to[counts[byte][byte_of(&from[i], byte)]++] = from[i];
		swap = from;
		from = to;
		to = swap;
	}
	if (from != items)
		memcpy(items, from, n * sizeof(*items));
}
