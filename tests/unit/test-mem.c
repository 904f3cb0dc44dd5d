/* SPDX-License-Identifier: Apache-2.0 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"

/* So many pieces are three chunks of a file, and one of another size now and then. */
enum { PIECES = 40000, PIECE = 1000, LARGE = 100000 };

/* How many mappings of files without a name we have. */
static unsigned count_spilled(void)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	char line[512];
	unsigned n = 0;

	assert_non_null(maps);
	while (fgets(line, sizeof(line), maps) != NULL)
		n += strstr(line, "(deleted)") != NULL;
	assert_int_equal(fclose(maps), 0);
	return n;
}

static void fill_and_check(struct arena *a)
{
	TMP_CTX(tmp);
	unsigned char **pieces = mem_array(tmp, unsigned char *, PIECES);

	for (size_t i = 0; i < PIECES; i++) {
		size_t size = i % 1000 == 7 ? LARGE : PIECE;

		pieces[i] = arena_alloc(a, size);
		for (size_t j = 0; j < size; j += PIECE - 1) {
			assert_int_equal(pieces[i][j], 0);
			pieces[i][j] = (unsigned char)(i % 251);
		}
	}
	for (size_t i = 0; i < PIECES; i++)
		assert_int_equal(pieces[i][PIECE - 1], i % 251);
}

static void test_spill(_unused_ void **state)
{
	TMP_CTX(tmp);
	struct arena *arena = arena_new(tmp);
	unsigned before = count_spilled();

	arena_spill_after(arena, 1024 * 1024);
	fill_and_check(arena);
	assert_int_equal(count_spilled(), before + 3);
	talloc_free(arena);
	assert_int_equal(count_spilled(), before);
}

/* Where no file can be made it is memory, as without. */
static void test_no_room(_unused_ void **state)
{
	TMP_CTX(tmp);
	struct arena *arena = arena_new(tmp);
	unsigned before = count_spilled();
	char *folder =
		getenv("TMPDIR") == NULL ? NULL : mem_strdup(tmp, getenv("TMPDIR"));

	assert_int_equal(setenv("TMPDIR", "/nonexistent", 1), 0);
	arena_spill_after(arena, 0);
	fill_and_check(arena);
	assert_int_equal(count_spilled(), before);
	assert_int_equal(
		folder == NULL ? unsetenv("TMPDIR") : setenv("TMPDIR", folder, 1), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_spill),
		cmocka_unit_test(test_no_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
