/* SPDX-License-Identifier: Apache-2.0 */
#include "base/sort.h"

#include <string.h>

#include "base/mem.h"

/* What is sorted. Inline, so that pointers are moved as such. */
struct sorting {
	char *items;
	size_t size; /* of each */
	sort_order compare;
	char *room; /* for as many */
};

static inline char *at(const struct sorting *s, size_t i)
{
	return s->items + i * s->size;
}

/* The first that is not in order behind @start. */
static inline size_t run_end(const struct sorting *s, size_t start, size_t n)
{
	size_t end = start + 1;

	while (end < n && s->compare(at(s, end - 1), at(s, end)) <= 0)
		end++;
	return end;
}

/* Two sorted runs, of which the first is copied away, in their place as one. */
static inline void merge(const struct sorting *s, size_t start, size_t middle, size_t end)
{
	const char *first = s->room, *second = at(s, middle);
	const char *first_end = first + (middle - start) * s->size;
	char *to = at(s, start);

	memcpy(s->room, to, (middle - start) * s->size);
	while (first < first_end && second < at(s, end)) {
		const char **from = s->compare(first, second) <= 0 ? &first : &second;

		memcpy(to, *from, s->size);
		*from += s->size;
		to += s->size;
	}
	memcpy(to, first, (size_t)(first_end - first));
}

/* Merges each run with the one behind it; gives how many are left. */
static inline size_t merge_runs(const struct sorting *s, size_t *ends, size_t n_runs)
{
	size_t kept = 0, start = 0;

	for (size_t i = 0; i + 1 < n_runs; i += 2) {
		merge(s, start, ends[i], ends[i + 1]);
		start = ends[kept++] = ends[i + 1];
	}
	if (n_runs % 2 == 1)
		ends[kept++] = ends[n_runs - 1];
	return kept;
}

static inline void sort(void *items, size_t n, size_t size, sort_order compare)
{
	struct sorting s = {.items = items, .size = size, .compare = compare};

	if (n < 2 || run_end(&s, 0, n) == n)
		return;
	TMP_CTX(tmp);
	size_t *ends = NULL, n_runs = 0;

	for (size_t end = 0; end < n;) {
		end = run_end(&s, end, n);
		*mem_push(tmp, &ends, &n_runs) = end;
	}
	s.room = mem_room(tmp, char, n *size);
	while (n_runs > 1)
		n_runs = merge_runs(&s, ends, n_runs);
}

void sort_pointers(void *table, size_t n, sort_order compare)
{
	sort(table, n, sizeof(void *), compare);
}

void sort_items(void *items, size_t n, size_t size, sort_order compare)
{
	sort(items, n, size, compare);
}
