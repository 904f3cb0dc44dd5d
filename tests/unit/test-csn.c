/* SPDX-License-Identifier: Apache-2.0 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "read/csn.h"

#define A1 "20260101000000.000001Z#000000#001#000000"
#define A2 "20260101000000.000002Z#000000#001#000000"
#define B1 "20250101000000.000000Z#000000#002#000000"
#define B2 "20270101000000.000000Z#000000#002#000000"
/* as csn_of_usn() makes them, of two backends */
#define USN_A5 "00000000000000000005#usn#ldap://s;a"
#define USN_A6 "00000000000000000006#usn#ldap://s;a"
#define USN_B7 "00000000000000000007#usn#ldap://s;b"
#define USN_B9 "00000000000000000009#usn#ldap://s;b"

static struct string_list list_of(TALLOC_CTX *mem_ctx, const char *text)
{
	struct string_list list = {0};

	list.items = (const char **)text_split_blank(mem_ctx, text, &list.n);
	return list;
}

static const struct {
	const char *then, *now;
	enum csn_order order;
} rows[] = {
	{"", "", CSN_EQUAL},
	{"", A1, CSN_NEWER},
	{A1, A1, CSN_EQUAL},
	{A1, A2, CSN_NEWER},
	{A2, A1, CSN_BEHIND},
	{A1 " " B1, B1 " " A1, CSN_EQUAL},
	{A1 " " B1, B2 " " A1, CSN_NEWER},
	{A1, A1 " " B1, CSN_NEWER},
	/* one server went on, the other went back, or is gone */
	{A1 " " B2, A2 " " B1, CSN_BEHIND},
	{A1 " " B1, A2, CSN_BEHIND},
	{A1, B2, CSN_BEHIND},
	{A1, "", CSN_BEHIND},
	{"nonsense", "nonsense", CSN_EQUAL},
	{USN_A5 " " USN_B7, USN_A5 " " USN_B9, CSN_NEWER},
	{USN_A6 " " USN_B7, USN_A5 " " USN_B9, CSN_BEHIND},
	/* a backend may go */
	{USN_A5 " " USN_B7, USN_A5, CSN_NEWER},
};

static void test_compare(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		TMP_CTX(tmp);
		struct string_list then = list_of(tmp, rows[i].then);
		struct string_list now = list_of(tmp, rows[i].now);

		if (csn_compare(&then, &now) != rows[i].order)
			fail_msg("'%s' to '%s'", rows[i].then, rows[i].now);
	}
}

static void test_covers(void **state)
{
	TMP_CTX(tmp);
	struct string_list both = list_of(tmp, A1 " " B1), none = {0};

	(void)state;
	assert_true(csn_covers(&both, A1));
	assert_false(csn_covers(&both, A2));
	assert_true(csn_covers(&both, B1));
	assert_false(csn_covers(&both, B2));
	assert_false(csn_covers(&both, "20000101000000.000000Z#000000#003#000000"));
	assert_string_equal(csn_oldest(&both), B1);
	assert_null(csn_oldest(&none));
	csn_sort(&both);
	assert_string_equal(both.items[0], B1);
	assert_string_equal(both.items[1], A1);
}

/* From where on is to be looked for what changed, and how new it all is. */
static void test_ends(void **state)
{
	TMP_CTX(tmp);
	struct string_list then = list_of(tmp, USN_A5 " " USN_B7);
	struct string_list one = list_of(tmp, USN_A5 " " USN_B9);
	struct string_list both = list_of(tmp, USN_A6 " " USN_B9);
	struct string_list times = list_of(tmp, A1 " " B2), newest = list_of(tmp, B2);
	int64_t time = 0, wanted = 0;

	(void)state;
	assert_int_equal(csn_moved_usn(&then, &one), 7);
	assert_int_equal(csn_moved_usn(&then, &both), 5);
	assert_true(csn_newest_time(&times, &time));
	assert_true(csn_newest_time(&newest, &wanted));
	assert_int_equal(time, wanted);
}

/* RFC 4517 section 3.3.13: a fraction is one of what stands before it. {text, difference to 23:00} */
static void test_time(void **state)
{
	static const struct {
		const char *text;
		int64_t seconds;
	} times[] = {{"2026123123Z", 0}, {"2026123123.5Z", 1800}, {"2026123123,25Z", 900},
		{"202612312310.5Z", 630}, {"20261231231005.9Z", 605},
		{"2026123123.99999999999999999999Z", 3599}, {"2026123124.0+0100", -1},
		{"2026123123.5+0030", 0}, {"2026123123.Z", -1}, {"2026123123.5", -1}};
	int64_t start = 0, time;

	(void)state;
	assert_true(text_parse_time(times[0].text, &start));
	for (size_t i = 0; i < ARRAY_SIZE(times); i++) {
		bool is_time = text_parse_time(times[i].text, &time);

		assert_int_equal(is_time, times[i].seconds >= 0);
		if (is_time)
			assert_int_equal(time - start, times[i].seconds);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_compare),
		cmocka_unit_test(test_covers),
		cmocka_unit_test(test_ends),
		cmocka_unit_test(test_time),
	};

	return cmocka_run_group_tests_name("csn", tests, NULL, NULL);
}
