/* SPDX-License-Identifier: Apache-2.0 */
#include "model/zone_order.h"

#include <endian.h>
#include <string.h>

#include "base/sort.h"
#include "base/sort_number.h"
#include "base/text.h"

const char *zone_record_owner(
	const struct zone_record *record, char room[ZONE_OWNER_MAX], size_t *ret_len)
{
	unsigned n = record->ip.family == 4 ? 4 : 32;

	*ret_len = record->owner_len;
	if (record->owner != NULL || record->owner_len == 0)
		return record->owner;
	/* without the last dot */
	*ret_len = (size_t)(ip_write_labels(record->ip, n - record->owner_len, n, room) -
			    room - 1);
	return room;
}

/* Comparing two */

static bool is_one_text(const struct zone_record *a, const struct zone_record *b)
{
	return a->owner_len == b->owner_len &&
	       (a->owner_len == 0 || (a->owner != NULL && a->owner == b->owner));
}

static int compare_owners(const struct zone_record *a, const struct zone_record *b)
{
	char room_a[ZONE_OWNER_MAX], room_b[ZONE_OWNER_MAX];
	size_t len_a, len_b;

	if (is_one_text(a, b))
		return 0;
	const char *text_a = zone_record_owner(a, room_a, &len_a);
	const char *text_b = zone_record_owner(b, room_b, &len_b);
	size_t len = len_a < len_b ? len_a : len_b;
	int order = len == 0 ? 0 : memcmp(text_a, text_b, len);

	return order != 0 ? order : (len_a > len_b) - (len_a < len_b);
}

static int compare_records(const struct zone_record *a, const struct zone_record *b)
{
	bool is_reverse = a->zone->is_reverse;
	int order = is_reverse ? ip_compare(a->ip, b->ip) : 0;

	if (order == 0)
		order = compare_owners(a, b);
	if (order == 0)
		order = a->type - b->type;
	if (order == 0)
		order = ip_compare(a->ip, b->ip);
	if (order == 0)
		order = text_compare(a->target, b->target);
	if (order == 0 && a->data != NULL && b->data != NULL)
		order = dns_record_compare(a->data, b->data);
	return order;
}

static int compare_pointers(const void *left, const void *right)
{
	return compare_records(*(const struct zone_record *const *)left,
		*(const struct zone_record *const *)right);
}

/*
 * Sorting all: by eight bytes of the address or the owner at a time. What they leave equal, such
 * as the records of one name, is compared.
 */

struct sorter {
	const struct zone *zone;
	struct sort_number *items, *room;
	const struct zone_record **sorted;
};

/* Bytes @level * 8 and on of what @record is sorted by; behind its end there are zeros. */
static uint64_t number_of(
	const struct zone *zone, const struct zone_record *record, unsigned level)
{
	uint64_t number = 0;
	size_t at = level * sizeof(number), len = record->owner_len;

	if (zone->is_reverse) {
		memcpy(&number, record->ip.bytes + at, sizeof(number));
		return be64toh(number);
	}
	if (len >= at + sizeof(number)) {
		memcpy(&number, record->owner + at, sizeof(number));
		return be64toh(number);
	}
	for (size_t i = at; i < at + sizeof(number); i++)
		number = number << 8 | (i < len ? (uint8_t)record->owner[i] : 0U);
	return number;
}

static bool is_last_level(const struct zone *zone, uint64_t number, unsigned level)
{
	return zone->is_reverse
		       ? level + 1 == sizeof((struct ip){0}.bytes) / sizeof(number)
		       : (number & 0xff) == 0;
}

static void compare_run(const struct sorter *s, size_t from, size_t n)
{
	const struct zone_record **sorted = s->sorted + from;

	for (size_t i = 0; i < n; i++)
		sorted[i] = &s->zone->records[s->items[from + i].index];
	if (n == 2 && compare_records(sorted[0], sorted[1]) > 0) {
		const struct zone_record *second = sorted[0];

		sorted[0] = sorted[1];
		sorted[1] = second;
	} else if (n > 2) {
		sort_pointers(sorted, n, compare_pointers);
	}
}

static void sort_level(const struct sorter *s, size_t from, size_t n, unsigned level)
{
	struct sort_number *items = s->items + from;

	for (size_t i = 0; i < n; i++)
		items[i].number =
			number_of(s->zone, &s->zone->records[items[i].index], level);
	sort_by_number(items, s->room, n);
	for (size_t start = 0, end; start < n; start = end) {
		uint64_t number = items[start].number;

		for (end = start + 1; end < n && items[end].number == number;)
			end++;
		if (end - start == 1 || is_last_level(s->zone, number, level))
			compare_run(s, from + start, end - start);
		else
			sort_level(s, from + start, end - start, level + 1);
	}
}

static const struct zone_record **sort(TALLOC_CTX *mem_ctx, const struct zone *zone)
{
	struct sorter s = {.zone = zone,
		.items = mem_array(mem_ctx, struct sort_number, zone->n_records),
		.room = mem_array(mem_ctx, struct sort_number, zone->n_records),
		.sorted =
			mem_array(mem_ctx, const struct zone_record *, zone->n_records)};

	for (size_t i = 0; i < zone->n_records; i++)
		s.items[i].index = i;
	sort_level(&s, 0, zone->n_records, 0);
	return s.sorted;
}

/* What stays */

/*
 * What no server takes is not printed, whatever came together: a CNAME stands alone. Lint
 * has reported it; this holds where its severity was lowered.
 */
static bool is_refused(const struct zone *zone, size_t start, size_t end, size_t i)
{
	if (zone->records[i].type != DNS_CNAME)
		return false;
	return zone->records[i].owner_len == 0 || end - start > 1;
}

static void drop_refused(struct zone *zone)
{
	size_t n = zone->n_records, kept = 0;

	for (size_t start = 0, end; start < n; start = end) {
		for (end = start + 1; end < n && compare_owners(&zone->records[start],
							 &zone->records[end]) == 0;
			end++)
			;
		size_t first = kept;

		for (size_t i = start; i < end; i++)
			if (!is_refused(zone, start, end, i))
				zone->records[kept++] = zone->records[i];
		/* all of them CNAMEs: one is as good as another */
		if (kept == first && zone->records[start].owner_len > 0)
			zone->records[kept++] = zone->records[start];
	}
	zone->n_records = kept;
}

void zone_order(TALLOC_CTX *mem_ctx, struct zone *zone)
{
	TMP_CTX(tmp);
	const struct zone_record **sorted = sort(tmp, zone);
	struct zone_record *all = mem_array(mem_ctx, struct zone_record, zone->n_records);
	bool has_cname = false;
	size_t n = 0;

	for (size_t i = 0; i < zone->n_records; i++) {
		if (n > 0 && compare_records(sorted[i], &all[n - 1]) == 0)
			continue;
		all[n++] = *sorted[i];
		has_cname |= sorted[i]->type == DNS_CNAME;
	}
	(void)talloc_free(zone->records);
	zone->records = all;
	zone->n_records = n;
	if (has_cname)
		drop_refused(zone);
}
