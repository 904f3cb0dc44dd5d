/* SPDX-License-Identifier: Apache-2.0 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <json-c/json.h>

#include "base/json.h"

/* One member "m"; which readers take it, and which are left at their first value. */
enum verdict { BAD, KEPT, TAKEN };

static const struct row {
	const char *value;
	enum verdict text, integer, is_unsigned, number, boolean, object, texts;
} rows[] = {
	{"null", KEPT, KEPT, KEPT, KEPT, KEPT, KEPT, KEPT},
	{"\"a\"", TAKEN, BAD, BAD, BAD, BAD, BAD, BAD},
	{"\"a\\u0000b\"", BAD, BAD, BAD, BAD, BAD, BAD, BAD},
	{"\"1\"", TAKEN, BAD, BAD, BAD, BAD, BAD, BAD},
	{"1", BAD, TAKEN, TAKEN, TAKEN, BAD, BAD, BAD},
	{"-1", BAD, TAKEN, BAD, TAKEN, BAD, BAD, BAD},
	{"4294967296", BAD, TAKEN, BAD, TAKEN, BAD, BAD, BAD},
	{"9223372036854775807", BAD, TAKEN, BAD, TAKEN, BAD, BAD, BAD},
	{"9223372036854775808", BAD, BAD, BAD, TAKEN, BAD, BAD, BAD},
	{"1.5", BAD, BAD, BAD, TAKEN, BAD, BAD, BAD},
	{"1e999", BAD, BAD, BAD, BAD, BAD, BAD, BAD},
	{"true", BAD, BAD, BAD, BAD, TAKEN, BAD, BAD},
	{"{}", BAD, BAD, BAD, BAD, BAD, TAKEN, BAD},
	{"[]", BAD, BAD, BAD, BAD, BAD, BAD, TAKEN},
	{"[\"a\"]", BAD, BAD, BAD, BAD, BAD, BAD, TAKEN},
	{"[\"a\",null]", BAD, BAD, BAD, BAD, BAD, BAD, BAD},
	{"[1]", BAD, BAD, BAD, BAD, BAD, BAD, BAD},
};

static void check_row(const struct row *row)
{
	TMP_CTX(tmp);
	static const char first[] = "first";
	const char *line = mem_printf(tmp, "{\"m\": %s}\n", row->value);
	struct json_object *json = json_read(line, strlen(line)), *object = NULL;
	const char *text = first, **texts = NULL;
	int64_t integer = 77;
	unsigned number = 77;
	double real = 77;
	bool boolean = false;
	size_t n = 77;

	assert_non_null(json);
	assert_int_equal(json_read_text(json, "m", &text), row->text != BAD);
	assert_int_equal(text != first, row->text == TAKEN);
	assert_int_equal(json_read_integer(json, "m", INT64_MIN, INT64_MAX, &integer),
		row->integer != BAD);
	assert_int_equal(integer != 77, row->integer == TAKEN);
	assert_int_equal(json_read_unsigned(json, "m", &number), row->is_unsigned != BAD);
	assert_int_equal(number != 77, row->is_unsigned == TAKEN);
	assert_int_equal(json_read_number(json, "m", &real), row->number != BAD);
	assert_int_equal(real != 77, row->number == TAKEN);
	assert_int_equal(json_read_bool(json, "m", &boolean), row->boolean != BAD);
	assert_int_equal(boolean, row->boolean == TAKEN);
	assert_int_equal(json_read_object(json, "m", &object), row->object != BAD);
	assert_int_equal(object != NULL, row->object == TAKEN);
	assert_int_equal(json_copy_texts(tmp, json, "m", &texts, &n), row->texts != BAD);
	assert_int_equal(n != 77, row->texts == TAKEN);
	json_object_put(json);
}

static void test_members(void **state _unused_)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		check_row(&rows[i]);
}

static void test_no_object(void **state _unused_)
{
	struct json_object *array = json_object_new_array();
	const char *text = NULL;

	assert_true(json_read_text(NULL, "m", &text));
	assert_false(json_read_text(array, "m", &text));
	json_object_put(array);
}

static void test_whole(void **state _unused_)
{
	static const char *const bad[] = {"", " ", "null", "[]", "1", "\"a\"", "{", "{}}",
		"{} x", "{}{}", "{\"a\":}", "\xff"};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_null(json_read(bad[i], strlen(bad[i])));
	assert_null(json_read("{}\0", 3));
	json_object_put(json_read(" {} \r\n\t", 7));
	assert_null(json_read("{\"a\":1", 6));
}

static void test_deep(void **state _unused_)
{
	TMP_CTX(tmp);
	struct buffer *b = buffer_new(tmp);

	for (int i = 0; i < 100; i++)
		buffer_add_text(b, "{\"a\":");
	assert_null(json_read(b->data, b->len));
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_members),
		cmocka_unit_test(test_no_object), cmocka_unit_test(test_whole),
		cmocka_unit_test(test_deep)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
