/* SPDX-License-Identifier: Apache-2.0 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "generation/roster.h"

/* The order of a roster, and its text. */

static struct roster make_roster(TALLOC_CTX *mem_ctx, size_t n)
{
	struct roster roster = {.n = n};

	roster.records = mem_array(mem_ctx, struct roster_record, n + 1);
	for (size_t i = 0; i < n; i++)
		roster.records[i] =
			(struct roster_record){.name = mem_printf(mem_ctx, "n%04zu", i),
				.dn = mem_printf(mem_ctx, "cn=n%04zu", i),
				.kind = 1,
				.identity = i,
				.networks = "a",
				.names = "",
				.addresses = "0123abcd",
				.macs = "",
				.reservations = "",
				.files = ""};
	return roster;
}

static void assert_sorted(const struct roster *roster)
{
	for (size_t i = 1; i < roster->n; i++)
		assert_true(roster_compare(
				    &roster->records[i - 1], &roster->records[i]) <= 0);
}

/* Each record of the @n made ones is there once. */
static void assert_complete(const struct roster *roster, size_t n)
{
	TMP_CTX(tmp);
	bool *seen = mem_array(tmp, bool, n + 1);

	assert_int_equal(roster->n, n);
	for (size_t i = 0; i < n; i++) {
		assert_false(seen[roster->records[i].identity]);
		seen[roster->records[i].identity] = true;
	}
}

/* Records 0 … @n_first - 1 get @names, which may stand anywhere. */
static void check_order(size_t n, const char *const *names, size_t n_first)
{
	TMP_CTX(tmp);
	struct roster roster = make_roster(tmp, n);

	for (size_t i = 0; i < n_first; i++)
		roster.records[i].name = names[i];
	roster_sort(&roster);
	assert_sorted(&roster);
	assert_complete(&roster, n);
}

static void test_order(void **state)
{
	static const char *const first[] = {
		"z", "", "n0100", "", "a", "n0100", "n0007", "n"};

	(void)state;
	for (size_t n = 0; n <= ARRAY_SIZE(first); n++) {
		check_order(n, first, n);
		check_order(n + 1, first, n);
		check_order(500, first, n);
		check_order(20, first, n);
	}
}

static void test_any_order(void **state)
{
	enum { N = 400 };
	TMP_CTX(tmp);
	struct roster roster = make_roster(tmp, N);

	(void)state;
	for (size_t i = 0; i < N; i++) {
		size_t j = i * 37 % N;
		struct roster_record other = roster.records[i];

		roster.records[i] = roster.records[j];
		roster.records[j] = other;
	}
	roster_sort(&roster);
	assert_sorted(&roster);
	assert_complete(&roster, N);
}

static void test_parts(void **state)
{
	enum { N = 100 };
	TMP_CTX(tmp);
	struct roster roster = make_roster(tmp, N);
	struct buffer *whole = buffer_new(tmp), *parts = buffer_new(tmp);

	(void)state;
	roster_format(&roster, whole);
	for (size_t i = 0; i < N; i += 30)
		roster_format_part(&roster, i, N - i < 30 ? N : i + 30, parts);
	assert_string_equal(parts->data, whole->data);
	assert_non_null(strstr(whole->data,
		"\n1 0 0000000000000001 0000000000000000 a - 0123abcd - - - n0001 "
		"cn=n0001\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_any_order),
		cmocka_unit_test(test_parts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
