/* SPDX-License-Identifier: Apache-2.0 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "change/diff.h"

static const struct {
	const char *a, *b, *expected;
} rows[] = {
	{"", "", ""},
	{"x\n", "x\n", ""},
	{"", "x\n", "--- a\n+++ b\n@@ -0,0 +1 @@\n+x\n"},
	{"x\n", "", "--- a\n+++ b\n@@ -1 +0,0 @@\n-x\n"},
	{"x", "x\n", "--- a\n+++ b\n@@ -1 +1 @@\n-x\n\\ No newline at end of file\n+x\n"},
	{"1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\nfive\n6\n7\n8\n9\n",
		"--- a\n+++ b\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n"},
	/* six lines between two edits: one hunk; seven: two */
	{"a\n1\n2\n3\n4\n5\n6\nb\n", "A\n1\n2\n3\n4\n5\n6\nB\n",
		"--- a\n+++ b\n@@ -1,8 +1,8 @@\n-a\n+A\n 1\n 2\n 3\n 4\n 5\n "
		"6\n-b\n+B\n"},
	{"a\n1\n2\n3\n4\n5\n6\n7\nb\n", "A\n1\n2\n3\n4\n5\n6\n7\nB\n",
		"--- a\n+++ b\n@@ -1,4 +1,4 @@\n-a\n+A\n 1\n 2\n 3\n"
		"@@ -6,4 +6,4 @@\n 5\n 6\n 7\n-b\n+B\n"},
	{"x\nx\ny\n", "x\ny\ny\n", "--- a\n+++ b\n@@ -1,3 +1,3 @@\n x\n-x\n+y\n y\n"},
};

static char *diff(TALLOC_CTX *mem_ctx, const char *a, const char *b)
{
	struct buffer *out = buffer_new(mem_ctx);

	diff_unified(out, "a", a, strlen(a), "b", b, strlen(b));
	return out->data;
}

static void test_rows(void **state)
{
	TMP_CTX(tmp);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_string_equal(diff(tmp, rows[i].a, rows[i].b), rows[i].expected);
}

/* Applies a unified diff, so that any diff can be judged by what it does. */
static char *patch(TALLOC_CTX *mem_ctx, const char *a, const char *text)
{
	struct buffer *out = buffer_new(mem_ctx);
	size_t line = 0;

	while (*text != '\0') {
		const char *end = strchr(text, '\n') + 1;

		if (text[0] == '@') {
			char *rest;
			size_t start = strtoul(text + strlen("@@ -"), &rest, 10);
			bool is_empty = strncmp(rest, ",0 ", 3) == 0;

			for (; line + !is_empty < start; line++) {
				const char *next = strchr(a, '\n') + 1;

				buffer_add(out, a, (size_t)(next - a));
				a = next;
			}
		} else if (strncmp(text, "---", 3) != 0 && strncmp(text, "+++", 3) != 0) {
			if (text[0] != '+') {
				size_t len = (size_t)(end - text - 1);

				assert_int_equal(strncmp(a, text + 1, len), 0);
				a += len;
				line++;
			}
			if (text[0] != '-')
				buffer_add(out, text + 1, (size_t)(end - text - 1));
		}
		text = end;
	}
	buffer_add_text(out, a);
	return out->data;
}

static char *random_text(TALLOC_CTX *mem_ctx, unsigned *seed, unsigned n_words)
{
	struct buffer *b = buffer_new(mem_ctx);
	size_t n = (size_t)(rand_r(seed) % 60);

	for (size_t i = 0; i < n; i++)
		buffer_printf(b, "w%u\n", (unsigned)rand_r(seed) % n_words);
	return b->data;
}

static void test_random(void **state)
{
	unsigned seed = 1;

	(void)state;
	for (int i = 0; i < 3000; i++) {
		TMP_CTX(tmp);
		unsigned n_words = 2 + (unsigned)i % 80;
		char *a = random_text(tmp, &seed, n_words);
		char *b = random_text(tmp, &seed, n_words);

		assert_string_equal(patch(tmp, a, diff(tmp, a, b)), b);
	}
}

/* A large file with edits everywhere, and one in which nothing is alike. */
static void test_large(void **state)
{
	TMP_CTX(tmp);
	struct buffer *a = buffer_new(tmp), *b = buffer_new(tmp), *c = buffer_new(tmp);

	(void)state;
	for (unsigned i = 0; i < 20000; i++) {
		buffer_printf(a, "10.0.%u.%u n%u\n", i / 256, i % 256, i);
		buffer_printf(b, "10.0.%u.%u n%u\n", i / 256, i % 256, i % 3 ? i : i + 1);
		buffer_printf(c, "%u\n", i % 2);
	}
	assert_string_equal(patch(tmp, a->data, diff(tmp, a->data, b->data)), b->data);
	assert_string_equal(patch(tmp, a->data, diff(tmp, a->data, c->data)), c->data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_large),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
