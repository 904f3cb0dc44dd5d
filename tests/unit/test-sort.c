/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sorting what mostly is in order: against what qsort(3) gives, whatever the runs are, and equal
 * ones stay as they stood.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/sort.h"

struct thing {
	uint32_t number;
	uint32_t place; /* where it stood */
	char more[20];
};

static int compare(const void *left, const void *right)
{
	uint32_t a = ((const struct thing *)left)->number;
	uint32_t b = ((const struct thing *)right)->number;

	return (a > b) - (a < b);
}

static int compare_both(const void *left, const void *right)
{
	const struct thing *a = left, *b = right;

	return compare(a, b) != 0 ? compare(a, b)
				  : (a->place > b->place) - (a->place < b->place);
}

static int compare_pointers(const void *left, const void *right)
{
	return compare(*(struct thing *const *)left, *(struct thing *const *)right);
}

/* @n things in runs of @run, as two numbers of one run are each @step more than the one before. */
static void check(size_t n, size_t run, uint32_t step)
{
	TMP_CTX(tmp);
	struct thing *things = mem_array(tmp, struct thing, n + 1);
	struct thing *expected = mem_array(tmp, struct thing, n + 1);
	struct thing **table = mem_array(tmp, struct thing *, n + 1);

	for (uint32_t i = 0; i < n; i++) {
		expected[i] = (struct thing){.number = (uint32_t)(i % run) * step,
			.place = i,
			.more = "unchanged"};
		things[i] = expected[i];
		table[i] = &expected[i];
	}
	sort_pointers(table, n, compare_pointers);
	for (uint32_t i = 0; i < n; i++)
		assert_true(i == 0 || compare_both(table[i - 1], table[i]) < 0);
	qsort(expected, n, sizeof(*expected), compare_both);
	sort_items(things, n, sizeof(*things), compare);
	assert_memory_equal(things, expected, n * sizeof(*things));
}

static void test_against_qsort(_unused_ void **state)
{
	static const size_t sizes[] = {1, 2, 3, 4, 5, 64, 1000, 1001};
	static const size_t runs[] = {1, 2, 3, 7, 500, 1001};
	static const uint32_t steps[] = {0, 1, UINT32_MAX}; /* the last: downwards */

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++)
		for (size_t j = 0; j < ARRAY_SIZE(runs); j++)
			for (size_t k = 0; k < ARRAY_SIZE(steps); k++)
				check(sizes[i], runs[j], steps[k]);
	sort_items(NULL, 0, sizeof(struct thing), compare);
	sort_pointers(NULL, 0, compare_pointers);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_against_qsort),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
