/* SPDX-License-Identifier: Apache-2.0 */

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "generation/delta.h"
#include "generation/folder.h"
#include "generation/state_file.h"

/* A file of hundred lines, and what becomes of it. */

enum { LINES = 100, LINE = 10 };

struct scene {
	struct state state;
	struct diags *diags;
	char folder[32];
};

static int make_scene(void **data)
{
	struct scene *s = mem_new(NULL, struct scene);

	*s = (struct scene){.folder = "/tmp/test-delta.XXXXXX"};
	if (mkdtemp(s->folder) == NULL)
		return -1;
	s->diags = diags_new(s);
	s->state = (struct state){.root = "", .path = s->folder, .lockfd = -1};
	s->state.dirfd = open(s->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	*data = s;
	return mkdirat(s->state.dirfd, "1", 0700) < 0 ||
	       mkdirat(s->state.dirfd, "2", 0700) < 0;
}

static int remove_scene(void **data)
{
	struct scene *s = *data;

	close(s->state.dirfd);
	int r = folder_remove(AT_FDCWD, s->folder);

	talloc_free(s);
	return r;
}

static char *make_text(TALLOC_CTX *mem_ctx)
{
	char *text = mem_strdup(mem_ctx, "");

	for (unsigned i = 0; i < LINES; i++)
		text = talloc_asprintf_append(text, "line %04u\n", i);
	return text;
}

static void save_whole(struct scene *s, const char *name)
{
	TMP_CTX(tmp);
	struct buffer *b = buffer_new(tmp);

	buffer_printf(b, "%s", make_text(tmp));
	assert_int_equal(state_file_save(&s->state, name, b, s->diags), 0);
}

static struct pieces load(struct scene *s, const char *name, const char **ret_fault)
{
	struct pieces pieces = {0};

	assert_int_equal(delta_load(s, &s->state, name, s->diags, &pieces, ret_fault), 0);
	return pieces;
}

static struct pieces load_well(struct scene *s, const char *name)
{
	const char *fault;
	struct pieces pieces = load(s, name, &fault);

	assert_null(fault);
	return pieces;
}

static char *join(TALLOC_CTX *mem_ctx, const struct pieces *pieces)
{
	struct buffer *b = buffer_new(mem_ctx);

	for (size_t i = 0; i < pieces->n; i++)
		buffer_add(b, pieces->items[i].iov_base, pieces->items[i].iov_len);
	return b->data;
}

/* All lines of @base but the one numbered @left_out, and @new in its place. */
static struct pieces change_line(TALLOC_CTX *mem_ctx, const struct delta_base *base,
	size_t left_out, const char *new)
{
	struct pieces pieces = {mem_array(mem_ctx, struct iovec, 3), 3, base};
	char *bytes = (char *)(uintptr_t)base->bytes;
	size_t at = left_out * LINE;

	pieces.items[0] = (struct iovec){bytes, at};
	pieces.items[1] = (struct iovec){mem_strdup(mem_ctx, new), strlen(new)};
	pieces.items[2] = (struct iovec){bytes + at + LINE, base->len - at - LINE};
	return pieces;
}

static bool is_delta(struct scene *s, const char *name)
{
	char *bytes;
	size_t len;

	assert_int_equal(
		file_read_regular_at(s, s->state.dirfd, name, 1 << 20, &bytes, &len), 0);
	return strncmp(bytes, "ldapcc delta 2\n", 15) == 0;
}

static bool is_there(const struct scene *s, const char *name)
{
	return faccessat(s->state.dirfd, name, F_OK, 0) == 0;
}

static void test_change(void **data)
{
	struct scene *s = *data;
	TMP_CTX(tmp);

	save_whole(s, "1/entries");
	struct pieces pieces = load_well(s, "1/entries");

	assert_string_equal(join(tmp, &pieces), make_text(tmp));
	pieces = change_line(tmp, pieces.base, 7, "another\n");
	assert_int_equal(delta_save(&s->state, "2/entries", &pieces, s->diags), 0);
	assert_true(is_delta(s, "2/entries"));
	struct pieces again = load_well(s, "2/entries");

	assert_string_equal(join(tmp, &again), join(tmp, &pieces));
	/* the base outlives the generation that it was of */
	assert_int_equal(unlinkat(s->state.dirfd, "1/entries", 0), 0);
	again = load_well(s, "2/entries");
	assert_string_equal(join(tmp, &again), join(tmp, &pieces));
}

/* A delta of what a delta is of: in the place of the older one, too. */
static void test_second_change(void **data)
{
	struct scene *s = *data;
	TMP_CTX(tmp);

	save_whole(s, "1/entries");
	struct pieces pieces = load_well(s, "1/entries");

	pieces = change_line(tmp, pieces.base, 0, "first\n");
	assert_int_equal(delta_save(&s->state, "1/entries", &pieces, s->diags), 0);
	struct pieces second = load_well(s, "1/entries");

	assert_string_equal(second.base->name, "1/entries.base");
	second = change_line(tmp, second.base, 99, "last\n");
	assert_int_equal(delta_save(&s->state, "1/entries", &second, s->diags), 0);
	assert_int_equal(delta_save(&s->state, "2/entries", &second, s->diags), 0);
	for (const char *const *name = (const char *[]){"1/entries", "2/entries", NULL};
		*name != NULL; name++) {
		struct pieces again = load_well(s, *name);

		assert_true(is_delta(s, *name));
		assert_string_equal(join(tmp, &again), join(tmp, &second));
	}
}

/* Where a delta is no gain the file is whole again, and nothing is left of the base. */
static void test_whole(void **data)
{
	struct scene *s = *data;
	TMP_CTX(tmp);
	struct buffer *much = buffer_new(tmp);

	save_whole(s, "1/entries");
	struct pieces pieces = load_well(s, "1/entries");
	const struct delta_base *base = pieces.base;

	pieces = change_line(tmp, base, 50, "a little\n");
	assert_int_equal(delta_save(&s->state, "1/entries", &pieces, s->diags), 0);
	assert_true(is_there(s, "1/entries.base"));
	for (unsigned i = 0; i < LINES / 7; i++)
		buffer_printf(much, "line %04u\n", i);
	const struct pieces cases[] = {
		change_line(tmp, base, 50, much->data),
		{pieces.items, 1, base}, /* half of the base */
		{pieces.items, 3, NULL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_null(delta_format(tmp, &cases[i]));
		assert_int_equal(
			delta_save(&s->state, "1/entries", &cases[i], s->diags), 0);
		assert_false(is_delta(s, "1/entries"));
		assert_false(is_there(s, "1/entries.base"));
		struct pieces again = load_well(s, "1/entries");

		assert_string_equal(join(tmp, &again), join(tmp, &cases[i]));
	}
}

/* Another file by the name of the base is none; what a killed run left is replaced. */
static void test_link(void **data)
{
	struct scene *s = *data;
	TMP_CTX(tmp);

	save_whole(s, "1/entries");
	struct pieces pieces = load_well(s, "1/entries");

	save_whole(s, "2/entries.base");
	assert_int_equal(delta_link(&s->state, pieces.base, "2/entries"), 0);
	save_whole(s, "1/entries");
	assert_true(delta_link(&s->state, pieces.base, "2/entries") < 0);
	assert_false(is_there(s, "2/entries.base"));
	pieces = change_line(tmp, pieces.base, 3, "new\n");
	assert_int_equal(delta_save(&s->state, "2/entries", &pieces, s->diags), 0);
	assert_false(is_delta(s, "2/entries"));
}

static void put(struct buffer *b, uint64_t number)
{
	buffer_add(b, &number, sizeof(number));
}

static void save_delta(
	struct scene *s, const char *sum, const uint64_t *numbers, size_t n)
{
	TMP_CTX(tmp);
	struct buffer *b = buffer_new(tmp);

	buffer_printf(b, "ldapcc delta 2\n%.32s\n", sum);
	for (size_t i = 0; i < n; i++)
		put(b, numbers[i]);
	buffer_add_byte(b, '\n');
	assert_int_equal(state_file_save(&s->state, "2/entries", b, s->diags), 0);
}

/* Whatever stands in a delta, nothing is read that is not in it or its base. */
static void test_damage(void **data)
{
	struct scene *s = *data;
	TMP_CTX(tmp);
	const char *fault;

	save_whole(s, "1/entries");
	struct pieces pieces = load_well(s, "1/entries");
	const uint64_t len = pieces.base->len,
		       bad[][2] = {{0, len + 1}, {len + 1, 0}, {len, 1}, {1, UINT64_MAX},
			       {UINT64_MAX - 1, 1}, {UINT64_MAX, 1},
			       {UINT64_MAX, UINT64_MAX}};
	const char *sum = delta_format(tmp, &pieces)->data + strlen("ldapcc delta 2\n");
	const uint64_t good[] = {0, len, len, 0, UINT64_MAX, 0};

	(void)load(s, "2/entries", &fault);
	assert_string_equal(fault, "it is missing");
	save_delta(s, sum, good, ARRAY_SIZE(good));
	(void)load(s, "2/entries", &fault);
	assert_string_equal(fault, "its base (entries.base) is missing");
	assert_int_equal(delta_link(&s->state, pieces.base, "2/entries"), 0);
	struct pieces again = load_well(s, "2/entries");

	assert_string_equal(join(tmp, &again), make_text(tmp));
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		save_delta(s, sum, bad[i], 2);
		(void)load(s, "2/entries", &fault);
		assert_string_equal(fault, "it points out of its base");
	}
	save_delta(s, sum, good, 1);
	(void)load(s, "2/entries", &fault);
	assert_string_equal(fault, "it points out of its base");
	save_delta(s, "00000000000000000000000000000000", good, ARRAY_SIZE(good));
	(void)load(s, "2/entries", &fault);
	assert_string_equal(fault, "its base (entries.base) is damaged, or another one");
}

/* One bit of a base, wherever it is: its own hash is not looked at. */
static void test_damaged_base(void **data)
{
	struct scene *s = *data;
	TMP_CTX(tmp);
	const char *fault;

	save_whole(s, "1/entries");
	struct pieces pieces = load_well(s, "1/entries");
	struct pieces changed = change_line(tmp, pieces.base, 7, "another one\n");

	assert_int_equal(delta_save(&s->state, "2/entries", &changed, s->diags), 0);
	_cleanup_(mem_close_fd) int fd =
		openat(s->state.dirfd, "2/entries.base", O_RDWR | O_CLOEXEC);

	for (off_t at = 0; at < LINES * LINE; at += LINE * LINES / 4) {
		char byte;

		assert_int_equal(pread(fd, &byte, 1, at), 1);
		byte ^= 1;
		assert_int_equal(pwrite(fd, &byte, 1, at), 1);
		(void)load(s, "2/entries", &fault);
		assert_string_equal(
			fault, "its base (entries.base) is damaged, or another one");
		byte ^= 1;
		assert_int_equal(pwrite(fd, &byte, 1, at), 1);
		(void)load_well(s, "2/entries");
	}
}

/* One with its trailer right behind the first line. */
static void test_cut(void **data)
{
	struct scene *s = *data;
	TMP_CTX(tmp);
	struct buffer *b = buffer_new(tmp);
	const char *fault;

	buffer_printf(b, "ldapcc delta 2\n");
	assert_int_equal(state_file_save(&s->state, "2/entries", b, s->diags), 0);
	save_whole(s, "2/entries.base");
	(void)load(s, "2/entries", &fault);
	assert_string_equal(fault, "its base (entries.base) is damaged, or another one");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_change, make_scene, remove_scene),
		cmocka_unit_test_setup_teardown(
			test_second_change, make_scene, remove_scene),
		cmocka_unit_test_setup_teardown(test_whole, make_scene, remove_scene),
		cmocka_unit_test_setup_teardown(test_link, make_scene, remove_scene),
		cmocka_unit_test_setup_teardown(test_damage, make_scene, remove_scene),
		cmocka_unit_test_setup_teardown(
			test_damaged_base, make_scene, remove_scene),
		cmocka_unit_test_setup_teardown(test_cut, make_scene, remove_scene),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
