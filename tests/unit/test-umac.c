/* SPDX-License-Identifier: Apache-2.0 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/umac.h"

/* Longer than what UMAC takes at once: 1,024 bytes (RFC 4418 section 5.1). */
enum { LEN = 5000 };

struct text {
	uint8_t bytes[LEN];
};

static struct text make_text(void)
{
	struct text text;

	for (size_t i = 0; i < LEN; i++)
		text.bytes[i] = (uint8_t)(i * 7 + i / 256);
	return text;
}

static const uint8_t key[UMAC_KEY_BYTES] = "abcdefghijklmnop";

static void sum_parts(
	struct umac *umac, const struct text *text, size_t part, uint8_t ret[UMAC_BYTES])
{
	for (size_t at = 0; at < LEN; at += part)
		umac_add(umac, text->bytes + at, part < LEN - at ? part : LEN - at);
	umac_end(umac, ret);
}

/* One after the other, and in whatever parts: the same text has the same sum. */
static void test_same(_unused_ void **state)
{
	static const size_t parts[] = {LEN, 1, 3, 16, 1000, 1024, 1025, 4999};
	TMP_CTX(tmp);
	struct umac *umac = umac_new(tmp, key);
	const struct text text = make_text();
	uint8_t first[UMAC_BYTES], again[UMAC_BYTES];

	sum_parts(umac, &text, LEN, first);
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		sum_parts(umac, &text, parts[i], again);
		assert_memory_equal(first, again, UMAC_BYTES);
	}
}

static void test_other(_unused_ void **state)
{
	TMP_CTX(tmp);
	struct umac *umac = umac_new(tmp, key);
	struct text text = make_text();
	uint8_t first[UMAC_BYTES], other[UMAC_BYTES];
	const uint8_t other_key[UMAC_KEY_BYTES] = "abcdefghijklmnoq";

	sum_parts(umac, &text, LEN, first);
	for (size_t i = 0; i < LEN; i += 17) {
		text.bytes[i] ^= 1 << i % 8;
		sum_parts(umac, &text, LEN, other);
		assert_memory_not_equal(first, other, UMAC_BYTES);
		text.bytes[i] ^= 1 << i % 8;
	}
	umac_add(umac, text.bytes, LEN - 1);
	umac_end(umac, other);
	assert_memory_not_equal(first, other, UMAC_BYTES);
	sum_parts(umac_new(tmp, other_key), &text, LEN, other);
	assert_memory_not_equal(first, other, UMAC_BYTES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same),
		cmocka_unit_test(test_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
