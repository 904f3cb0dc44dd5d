/* SPDX-License-Identifier: Apache-2.0 */
#include "base/sort.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* The first that is not in order behind @start. */
static size_t run_end(void *const *table, size_t start, size_t n, sort_order compare)
{
	size_t end = start + 1;

	while (end < n && compare(&table[end - 1], &table[end]) <= 0)
		end++;
	return end;
}

/* Two sorted runs, of which the first is copied away, in their place as one. */
static void merge(void **table, size_t n_first, size_t n, void **room, sort_order compare)
{
	size_t i = 0, j = n_first, to = 0;

	memcpy(room, table, n_first * sizeof(*room));
	while (i < n_first && j < n)
		table[to++] = compare(&room[i], &table[j]) <= 0 ? room[i++] : table[j++];
	memcpy(table + to, room + i, (n_first - i) * sizeof(*room));
}

/* Merges each run with the one behind it; gives how many are left. */
static size_t merge_runs(
	void **table, size_t *ends, size_t n_runs, void **room, sort_order compare)
{
	size_t kept = 0, start = 0;

	for (size_t i = 0; i + 1 < n_runs; i += 2) {
		merge(table + start, ends[i] - start, ends[i + 1] - start, room, compare);
		start = ends[kept++] = ends[i + 1];
	}
	if (n_runs % 2 == 1)
		ends[kept++] = ends[n_runs - 1];
	return kept;
}

static void sort_runs(void **table, size_t n, sort_order compare)
{
	TMP_CTX(tmp);
	size_t *ends = NULL, n_runs = 0;

	for (size_t end = 0; end < n;) {
		end = run_end(table, end, n, compare);
		*mem_push(tmp, &ends, &n_runs) = end;
	}
	void **room = mem_array(tmp, void *, n);

	while (n_runs > 1)
		n_runs = merge_runs(table, ends, n_runs, room, compare);
}

void sort_pointers(void *items, size_t n, sort_order compare)
{
	if (n > 1 && run_end(items, 0, n, compare) < n)
		sort_runs(items, n, compare);
}

void sort_items(void *items, size_t n, size_t size, sort_order compare)
{
	const char *at = items;

	for (size_t i = 1; i < n; i++)
		if (compare(at + (i - 1) * size, at + i * size) > 0) {
			qsort(items, n, size, compare);
			return;
		}
}
