/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sorting by number: against what qsort(3) gives, for few and many, and equal ones stay as they
 * stood.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/sort_number.h"

static int compare(const void *left, const void *right)
{
	const struct sort_number *a = left, *b = right;

	if (a->number != b->number)
		return a->number < b->number ? -1 : 1;
	return (a->index > b->index) - (a->index < b->index);
}

static void check(size_t n, uint64_t mask, uint64_t *seed)
{
	TMP_CTX(tmp);
	struct sort_number *items = mem_array(tmp, struct sort_number, n + 1);
	struct sort_number *expected = mem_array(tmp, struct sort_number, n + 1);
	struct sort_number *room = mem_array(tmp, struct sort_number, n + 1);

	for (size_t i = 0; i < n; i++) {
		*seed = *seed * UINT64_C(6364136223846793005) + 1442695040888963407;
		items[i] = (struct sort_number){(*seed ^ *seed >> 29) & mask, i};
	}
	memcpy(expected, items, n * sizeof(*items));
	qsort(expected, n, sizeof(*expected), compare);
	sort_by_number(items, room, n);
	for (size_t i = 0; i < n; i++)
		if (compare(&items[i], &expected[i]) != 0)
			fail_msg("%zu with mask %llx: item %zu", n,
				(unsigned long long)mask, i);
}

static void test_against_qsort(_unused_ void **state)
{
	static const uint64_t masks[] = {
		UINT64_MAX, 0, 0xff, 0x300, 0xff00000000000000, 0x7f007f007f007f, 1};
	static const size_t sizes[] = {0, 1, 2, 3, 23, 24, 25, 256, 257, 5000};
	uint64_t seed = 1;

	for (size_t i = 0; i < ARRAY_SIZE(masks); i++)
		for (size_t j = 0; j < ARRAY_SIZE(sizes); j++)
			check(sizes[j], masks[i], &seed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_against_qsort),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
