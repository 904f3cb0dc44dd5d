/* SPDX-License-Identifier: Apache-2.0 */

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "generation/roster.h"
#include "generation/state_file.h"

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

/* The bytes of the file, made in @n_parts. */
static struct buffer *format(
	TALLOC_CTX *mem_ctx, const struct roster *roster, size_t n_parts)
{
	TMP_CTX(tmp);
	struct buffer *b = buffer_new(mem_ctx);
	struct pieces *parts = mem_array(tmp, struct pieces, n_parts);

	for (size_t i = 0; i < n_parts; i++)
		parts[i] = roster_part(tmp, roster, roster->n * i / n_parts,
			roster->n * (i + 1) / n_parts);
	const struct pieces pieces = roster_put_together(tmp, roster, parts, n_parts);

	for (size_t i = 0; i < pieces.n; i++)
		buffer_add(b, pieces.items[i].iov_base, pieces.items[i].iov_len);
	return b;
}

static void test_parts(void **state)
{
	TMP_CTX(tmp);
	struct roster roster = make_roster(tmp, 100);
	const struct buffer *whole = format(tmp, &roster, 1);
	const struct buffer *parts = format(tmp, &roster, 7);

	(void)state;
	assert_int_equal(parts->len, whole->len);
	assert_memory_equal(parts->data, whole->data, whole->len);
}

/* A state folder of its own, below @mem_ctx. */
static struct state *make_state(TALLOC_CTX *mem_ctx)
{
	char *path = mem_strdup(mem_ctx, "/tmp/test-roster.XXXXXX");
	struct state *state = mem_new(mem_ctx, struct state);

	assert_non_null(mkdtemp(path));
	state->path = path;
	state->dirfd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(state->dirfd >= 0);
	return state;
}

static void drop_state(const struct state *state)
{
	(void)unlinkat(state->dirfd, "roster", 0);
	close(state->dirfd);
	assert_int_equal(rmdir(state->path), 0);
}

static void save(const struct state *state, const void *bytes, size_t len)
{
	TMP_CTX(tmp);
	struct buffer *b = buffer_new(tmp);

	buffer_add(b, bytes, len);
	assert_int_equal(state_file_save(state, "roster", b, diags_new(tmp)), 0);
}

static int load(TALLOC_CTX *mem_ctx, const struct state *state, struct roster *ret)
{
	return roster_load(mem_ctx, state, "roster", "", diags_new(mem_ctx), ret);
}

static void test_same_again(void **state)
{
	enum { N = 50, CHANGED = 20 };
	TMP_CTX(tmp);
	struct roster roster = make_roster(tmp, N), before;
	const struct buffer *whole = format(tmp, &roster, 1), *again;
	struct state *folder = make_state(tmp);

	(void)state;
	save(folder, whole->data, whole->len);
	assert_int_equal(load(tmp, folder, &before), 0);
	assert_int_equal(before.n, N);
	for (size_t i = 0; i < N; i++)
		assert_true(roster_is_same(&before.records[i], &roster.records[i]));
	again = format(tmp, &before, 1);
	assert_int_equal(again->len, whole->len);
	assert_memory_equal(again->data, whole->data, whole->len);

	/* what is as it was stands in the file, on both sides of what is not */
	roster.records[CHANGED].identity++;
	assert_false(roster_is_same(&before.records[CHANGED], &roster.records[CHANGED]));
	before.records[CHANGED] = roster.records[CHANGED];
	const struct pieces part = roster_part(tmp, &before, 0, N);

	assert_int_equal(part.n, 3);
	assert_true(part.base == before.base);
	drop_state(folder);
}

/*
 * Whatever is cut off is seen, and no byte leads out of the file: without the trailer's help, which
 * is made anew, with the newline before it.
 */
static void test_damage(void **state)
{
	TMP_CTX(tmp);
	struct roster roster = make_roster(tmp, 2), before;
	const struct buffer *whole = format(tmp, &roster, 1);
	struct state *folder = make_state(tmp);

	(void)state;
	for (size_t len = 0; len + 1 < whole->len; len++) {
		save(folder, whole->data, len);
		assert_true(load(tmp, folder, &before) < 0);
	}
	for (size_t i = 0; i < whole->len; i++) {
		char *bytes = talloc_memdup(tmp, whole->data, whole->len);

		bytes[i] = (char)~bytes[i];
		save(folder, bytes, whole->len);
		before = (struct roster){0};
		if (load(tmp, folder, &before) == 0)
			assert_int_equal(before.n, 2);
	}
	drop_state(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_any_order),
		cmocka_unit_test(test_parts),
		cmocka_unit_test(test_same_again),
		cmocka_unit_test(test_damage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
