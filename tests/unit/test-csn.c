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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_compare),
		cmocka_unit_test(test_covers),
	};

	return cmocka_run_group_tests_name("csn", tests, NULL, NULL);
}
