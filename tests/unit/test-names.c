/* SPDX-License-Identifier: Apache-2.0 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "vcn/host/names.h"

/* Expected names joined by blanks; NULL: refused */
static const char *const rows[][2] = {
	{"vcn001", "vcn001"},
	{"vcn001.c.example", "vcn001.c.example"},
	{"vcn[001-003]", "vcn001 vcn002 vcn003"},
	{"vcn[8-12]", "vcn8 vcn9 vcn10 vcn11 vcn12"},
	{"vcn[098-101]", "vcn098 vcn099 vcn100 vcn101"},
	{"vcn[1,3,5-7].c.example", "vcn1.c.example vcn3.c.example vcn5.c.example "
				   "vcn6.c.example vcn7.c.example"},
	{"r[1-2]-v[01-02]", "r1-v01 r1-v02 r2-v01 r2-v02"},
	{"a,b[1-2],c", "a b1 b2 c"},
	{"[1-2]", "1 2"},
	{"vcn[7]", "vcn7"},
	{"vcn[0-0]", "vcn0"},
	{"vcn[00-1]", "vcn00 vcn01"},
	{"a,,b,", "a b"},
	{"vcn[3-1]", NULL},
	{"vcn[1-3", NULL},
	{"vcn1-3]", NULL},
	{"vcn[]", NULL},
	{"vcn[a-b]", NULL},
	{"vcn[1-2-3]", NULL},
	{"vcn[-3]", NULL},
	{"vcn[3-]", NULL},
	{"vcn[[1-2]]", NULL},
	{"vcn[1 2]", NULL},
	{"vcn[0-100000]", NULL},
	{"a[0-999]b[0-999]", NULL},
	{"vcn[1-99999999999]", NULL},
	{"", NULL},
};

static char *join(TALLOC_CTX *mem_ctx, char *const *names, size_t n)
{
	struct buffer *b = buffer_new(mem_ctx);

	for (size_t i = 0; i < n; i++)
		buffer_printf(b, "%s%s", i == 0 ? "" : " ", names[i]);
	return b->data;
}

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		TMP_CTX(tmp);
		struct diags *diags = diags_new(tmp);
		char **names = NULL;
		size_t n = 0;
		int r = names_expand(tmp, rows[i][0], diags, &names, &n);
		const char *got = r < 0 ? "(refused)" : join(tmp, names, n);
		const char *wanted = rows[i][1] == NULL ? "(refused)" : rows[i][1];

		if (strcmp(got, wanted) != 0)
			fail_msg("'%s': '%s', not '%s'", rows[i][0], got, wanted);
		if (r < 0) {
			assert_int_equal(r, -EXIT_USAGE);
			assert_int_equal(diags->n_errors, 1);
		}
	}
}

static void test_appends(void **state)
{
	TMP_CTX(tmp);
	struct diags *diags = diags_new(tmp);
	char **names = NULL;
	size_t n = 0;

	(void)state;
	assert_int_equal(names_expand(tmp, "a[1-2]", diags, &names, &n), 0);
	assert_int_equal(names_expand(tmp, "b", diags, &names, &n), 0);
	assert_string_equal(join(tmp, names, n), "a1 a2 b");
}

static void test_limit(void **state)
{
	TMP_CTX(tmp);
	struct diags *diags = diags_new(tmp);
	char **names = NULL;
	size_t n = 0;

	(void)state;
	assert_int_equal(names_expand(tmp, "vcn[00001-99999]", diags, &names, &n), 0);
	assert_int_equal(n, 99999);
	assert_string_equal(names[n - 1], "vcn99999");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_appends),
		cmocka_unit_test(test_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
