/* SPDX-License-Identifier: Apache-2.0 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "read/recall.h"
#include "read/snapshot.h"

/* What is stored of entries, and what a server says of them. Ids are of one letter here. */

static const char *const wanted[] = {"entryUUID", "cn", NULL};

static char *id_text(TALLOC_CTX *mem_ctx, char letter)
{
	return mem_printf(mem_ctx, "%02x000000-0000-0000-0000-00000000000A", letter);
}

static const uint8_t *id_of(char letter)
{
	static uint8_t ids[256][ENTRY_ID_BYTES];
	uint8_t *id = ids[(unsigned char)letter];

	id[0] = (uint8_t)letter;
	id[15] = 10;
	return id;
}

static void add(struct entries *entries, const char *dn, const char *uuid, const char *cn)
{
	struct entry_value id = {uuid, strlen(uuid), 0}, name = {cn, strlen(cn), 0};
	struct entry_attribute attributes[] = {
		{.name = "entryUUID", .values = &id, .n_values = 1},
		{.name = "cn", .values = &name, .n_values = 1},
	};
	const struct entry entry = {
		.dn = dn, .attributes = attributes, .n_attributes = 2};

	entries_add(entries, &entry);
}

/*
 * A letter each: o=a and, below it, cn=b and cn=c; o=d, which is no entry of ours, with cn=e, and cn=f
 * below that.
 */
struct scene {
	struct entries *raw, *above;
	struct snapshot *snapshot;
};

static struct scene make_scene(TALLOC_CTX *mem_ctx)
{
	struct scene scene = {
		entries_new(mem_ctx, wanted), entries_new(mem_ctx, wanted), NULL};

	add(scene.raw, "o=a,dc=x", id_text(mem_ctx, 'a'), "a");
	add(scene.raw, "cn=b,o=a,dc=x", id_text(mem_ctx, 'b'), "b");
	add(scene.raw, "cn=c,O=A,dc=x", id_text(mem_ctx, 'c'), "c");
	add(scene.raw, "cn=e,o=d,dc=x", id_text(mem_ctx, 'e'), "e");
	add(scene.raw, "cn=f,cn=e,o=d,dc=x", id_text(mem_ctx, 'f'), "f");
	add(scene.above, "o=d,dc=x", id_text(mem_ctx, 'd'), "d");
	add(scene.above, "dc=x", id_text(mem_ctx, 'x'), "x");
	scene.snapshot = snapshot_new(mem_ctx, scene.raw, scene.above);
	assert_non_null(scene.snapshot);
	return scene;
}

/* The letters of what is to be looked at, in their order. */
static char *looks_at(TALLOC_CTX *mem_ctx, struct snapshot *snapshot)
{
	size_t n;
	const uint8_t *ids = snapshot_look_at(snapshot, &n);
	char *text = mem_printf(mem_ctx, "%*s", (int)n, "");
	size_t len = 0;

	for (int letter = 'a'; letter <= 'z'; letter++)
		for (size_t i = 0; i < n; i++)
			if (ids[i * ENTRY_ID_BYTES] == letter)
				text[len++] = (char)letter;
	return text;
}

/*
 * What is said, a word each: `+LETTER` changed where it was, `>LETTER` changed and is elsewhere,
 * `*LETTER` with children, `-LETTER` gone, `=LETTER` present, `.` the end of those present.
 */
static void say(struct snapshot *snapshot, const char *words)
{
	for (; *words != '\0'; words++) {
		const uint8_t *id = id_of(words[1]);

		switch (*words) {
		case '+':
			snapshot_changed(snapshot, id,
				words[1] == 'a' ? "o=a,dc=x" : "cn=b,o=a,dc=x", false);
			break;
		case '>':
			snapshot_changed(snapshot, id, "o=new,dc=x", true);
			break;
		case '-':
			snapshot_gone(snapshot, id);
			break;
		case '=':
			snapshot_present(snapshot, id);
			break;
		case '.':
			snapshot_end_present(snapshot);
			continue;
		default:
			continue;
		}
		words++;
	}
	snapshot_end(snapshot);
}

/* {what is said, what is looked at, subtrees} */
static const char *const rows[][3] = {
	{"", "", ""}, {"+b", "b", ""}, {"+b +b", "b", ""},
	{"+a", "a", ""}, /* its children have not moved */
	{">a", "abc", ""}, {"-a", "abc", ""}, /* children of what is gone are nowhere */
	{">d", "def", ""}, {"-d", "def", ""}, {"-q", "", ""}, /* nobody we know */
	{">q", "q", "o=new,dc=x"}, {"=a =b =c =d =e =f =x .", "", ""},
	{"=b =c =d =e =f =x .", "abc", ""}, {"+b =a =c =d =e =f =x .", "b", ""},
	{"=a =b =c =d =e =f =x =q .", "", ""},
	{".", "abcdefx", ""}, /* a list that was cut: all are looked at */
};

static void test_what_to_look_at(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		TMP_CTX(tmp);
		struct scene scene = make_scene(tmp);

		say(scene.snapshot, rows[i][0]);
		struct string_list subtrees = snapshot_subtrees(scene.snapshot);

		assert_string_equal(looks_at(tmp, scene.snapshot), rows[i][1]);
		assert_string_equal(subtrees.n == 0 ? "" : subtrees.items[0], rows[i][2]);
		snapshot_reset(scene.snapshot);
		assert_string_equal(looks_at(tmp, scene.snapshot), "");
	}
}

static struct entry entry_of(TALLOC_CTX *mem_ctx, char letter)
{
	struct entry_value *value = mem_new(mem_ctx, struct entry_value);
	struct entry_attribute *attribute = mem_new(mem_ctx, struct entry_attribute);

	value->bytes = id_text(mem_ctx, letter);
	value->len = strlen(value->bytes);
	*attribute = (struct entry_attribute){
		.name = "entryuuid", .values = value, .n_values = 1};
	return (struct entry){.dn = "cn=x", .attributes = attribute, .n_attributes = 1};
}

static void test_coming(void **state)
{
	TMP_CTX(tmp);
	struct scene scene = make_scene(tmp);
	struct entry b = entry_of(tmp, 'b'), q = entry_of(tmp, 'q'),
		     none = {.dn = "cn=x"};

	(void)state;
	assert_true(snapshot_has(scene.snapshot, 1));
	assert_true(snapshot_came(scene.snapshot, &b));
	assert_false(snapshot_came(scene.snapshot, &b)); /* a second time */
	assert_false(snapshot_has(scene.snapshot, 1));
	assert_true(snapshot_came(scene.snapshot, &q));
	assert_false(snapshot_came(scene.snapshot, &none));
	assert_true(snapshot_has(scene.snapshot, 0));
	assert_true(snapshot_has_above(scene.snapshot, 0));
	snapshot_gone(scene.snapshot, id_of('d'));
	assert_false(snapshot_has_above(scene.snapshot, 0));
	assert_true(snapshot_has_above(scene.snapshot, 1));
}

/* Without ids, or with one twice, nobody can tell what changed. */
static void test_no_snapshot(void **state)
{
	TMP_CTX(tmp);
	struct entries *raw = entries_new(tmp, wanted), *above = entries_new(tmp, wanted);
	static const char *const bad[] = {"", "6100000000000000000000000000000a",
		"6100000-00000-0000-0000-00000000000a",
		"61000000-0000-0000-0000-00000000000",
		"61000000-0000-0000-0000-00000000000g",
		"61000000-0000-0000-0000-00000000000a1"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct entries *one = entries_new(tmp, wanted);

		add(one, "cn=a", bad[i], "a");
		assert_null(snapshot_new(tmp, one, above));
	}
	add(raw, "cn=a", id_text(tmp, 'a'), "a");
	add(above, "cn=b", id_text(tmp, 'a'), "b");
	assert_null(snapshot_new(tmp, raw, above));
}

/* The file */

static char *write_file(
	TALLOC_CTX *mem_ctx, const struct entries_file *file, size_t *ret_len)
{
	struct buffer *b = buffer_new(mem_ctx);
	size_t n;
	const struct iovec *parts = entries_parts(mem_ctx, file, &n);

	for (size_t i = 0; i < n; i++)
		buffer_add(b, parts[i].iov_base, parts[i].iov_len);
	*ret_len = b->len;
	return b->data;
}

static bool parse(
	TALLOC_CTX *mem_ctx, char *bytes, size_t len, struct entries_file *ret_file)
{
	const struct iovec whole = {bytes, len};

	return entries_parse(mem_ctx, &whole, 1, ret_file);
}

static void test_file(void **state)
{
	TMP_CTX(tmp);
	struct scene scene = make_scene(tmp);
	struct entries *good = entries_new(tmp, wanted);
	struct entries_file again, file = {good, scene.raw, scene.above, 7};
	const char *dn = NULL;
	size_t len, shorter;

	(void)state;
	entries_share(good, scene.raw, 0);
	entries_share(good, scene.raw, 3);
	add(good, "cn=f,o=a,dc=x", id_text(tmp, 'f'), "f");
	char *bytes = write_file(tmp, &file, &len);

	assert_true(parse(tmp, bytes, len, &again));
	assert_int_equal(again.generation, 7);
	assert_int_equal(entries_count(again.good), 3);
	assert_int_equal(entries_count(again.raw), 5);
	assert_int_equal(entries_differ(again.good, good, &dn), 0);
	assert_int_equal(entries_differ(again.raw, scene.raw, &dn), 0);
	assert_int_equal(entries_differ(again.above, scene.above, &dn), 0);
	assert_int_equal(entries_differ(again.good, scene.raw, &dn), 3);
	/* what is in several parts is there once */
	file.good = scene.raw;
	bytes = write_file(tmp, &file, &len);
	file.raw = NULL;
	(void)write_file(tmp, &file, &shorter);
	assert_int_equal(shorter, len);
}

/* The file as an older version wrote it: it did not say of which generation it is. */
static char *write_older(
	TALLOC_CTX *mem_ctx, const struct entries_file *file, size_t *ret_len)
{
	char *bytes = write_file(mem_ctx, file, ret_len), *end = strchr(bytes, '\n');
	char *older = end - strlen("ldapcc entries 3");

	memcpy(older, "ldapcc entries 3", strlen("ldapcc entries 3"));
	*ret_len -= (size_t)(older - bytes);
	return older;
}

/* Version 2, which had no more than what was good, and version 3. */
static void test_older_file(void **state)
{
	TMP_CTX(tmp);
	struct scene scene = make_scene(tmp);
	struct entries_file again, file = {.good = scene.raw, .raw = scene.raw};
	size_t len;
	char *bytes = write_older(tmp, &file, &len);
	char *version = strchr(bytes, '3');

	(void)state;
	assert_true(parse(tmp, bytes, len, &again));
	assert_int_equal(entries_count(again.raw), 5);
	assert_int_equal(again.generation, 0);
	*version = '2';
	/* the roles were the highest bits of the length, and none were set */
	for (char *at = version + 2; at < bytes + len - 1;) {
		uint32_t number;

		memcpy(&number, at, sizeof(number));
		number &= 0x0fffffff;
		memcpy(at, &number, sizeof(number));
		at += number;
	}
	assert_true(parse(tmp, bytes, len, &again));
	assert_int_equal(entries_count(again.good), 5);
	assert_null(again.raw);
	*version = '1';
	assert_false(parse(tmp, bytes, len, &again));
	*version = '3';
	assert_false(parse(tmp, bytes, len - 20, &again));
}

/* A first line that is none. */
static void test_head(void **state)
{
	TMP_CTX(tmp);
	static const char *const heads[] = {"", "ldapcc", "ldapcc entries 4",
		"ldapcc entries 4 ", "ldapcc entries 4 \n\n", "ldapcc entries 4 7",
		"ldapcc entries 4 x\n\n", "ldapcc entries 4 7 8\n\n",
		"ldapcc entries 5 7\n\n"};
	struct entries_file again;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(heads); i++)
		assert_false(
			parse(tmp, mem_strdup(tmp, heads[i]), strlen(heads[i]), &again));
	char *good = mem_strdup(tmp, "ldapcc entries 4 7\n\n");

	assert_true(parse(tmp, good, strlen(good), &again));
	assert_int_equal(entries_count(again.good), 0);
}

/* An entry_sink: the entry in words. */
static void describe(void *data, const struct entry *entry)
{
	struct buffer *b = data;

	buffer_printf(b, "%s %s", entry->dn, entry->key == NULL ? "?" : entry->key);
	for (size_t i = 0; i < entry->n_attributes; i++) {
		const struct entry_attribute *attribute = &entry->attributes[i];

		buffer_printf(b, " %s", attribute->name);
		for (size_t j = 0; j < attribute->n_values; j++)
			buffer_printf(b, "=%s", attribute->values[j].bytes);
		if (attribute->dn != NULL)
			buffer_printf(b, " (%s, %s, %u)", attribute->dn, attribute->of,
				attribute->distance);
	}
	buffer_add_byte(b, '\n');
}

static char *words_of(TALLOC_CTX *mem_ctx, const struct entries *entries)
{
	struct buffer *b = buffer_new(mem_ctx);

	entries_give_all(entries, describe, b);
	return b->data;
}

static void add_of_class(struct entries *entries, const char *dn, const char *cn)
{
	struct entry_value class = {"device", 6, 0},
			   names[] = {{cn, strlen(cn), 0}, {"more", 4, 0}};
	struct entry_attribute attributes[] = {
		{.name = "objectClass", .values = &class, .n_values = 1},
		{.name = "cn", .values = names, .n_values = 2},
		{.name = "unasked", .values = names, .n_values = 2},
	};

	entries_add(entries,
		&(struct entry){.dn = dn, .attributes = attributes, .n_attributes = 3});
}

/* What others gave is behind an entry's own, and is the same when it was stored in one piece. */
static void test_joined(void **state)
{
	TMP_CTX(tmp);
	struct entries *from = entries_new(tmp, wanted), *to = entries_new(tmp, wanted);
	struct entries_file again, file = {.good = to};
	size_t len;

	(void)state;
	add_of_class(from, "cn=a,o=x", "a");
	add_of_class(from, "cn=B,o=x", "b");
	add_of_class(from, "cn=c,o=x", "c");
	(void)entries_key(from, 0);
	const struct entry_gift gifts[] = {
		{.bytes = entries_bytes(from, 1), .of = "device"},
		{.bytes = entries_bytes(from, 2), .of = "domain", .distance = 3},
	};

	entries_join(to, from, 0, gifts, 2);
	entries_join(to, from, 2, NULL, 0);
	assert_string_equal(words_of(tmp, to),
		"cn=a,o=x cn=a,o=x objectClass=device cn=a=more cn=b=more (cn=B,o=x, device, 0) "
		"cn=c=more (cn=c,o=x, domain, 3)\n"
		"cn=c,o=x ? objectClass=device cn=c=more\n");
	assert_string_equal(entries_dn(to, 0), "cn=a,o=x");
	(void)entries_key(to, 1);
	char *words = words_of(tmp, to), *bytes = write_file(tmp, &file, &len);

	assert_true(parse(tmp, bytes, len, &again));
	assert_string_equal(words_of(tmp, to), words);
	assert_true(entries_equal(to, again.good));
	(void)entries_key(again.good, 0);
	(void)entries_key(again.good, 1);
	assert_string_equal(words_of(tmp, again.good), words);
}

static void test_differ(void **state)
{
	TMP_CTX(tmp);
	struct entries *a = entries_new(tmp, wanted), *b = entries_new(tmp, wanted);
	const char *dn = "";

	(void)state;
	add(a, "cn=a", id_text(tmp, 'a'), "a");
	add(a, "cn=b", id_text(tmp, 'b'), "b");
	add(b, "cn=b", id_text(tmp, 'b'), "b");
	add(b, "cn=a", id_text(tmp, 'a'), "a");
	assert_int_equal(entries_differ(a, b, &dn), 0);
	add(b, "cn=c", id_text(tmp, 'c'), "c");
	assert_int_equal(entries_differ(a, b, &dn), 1);
	assert_string_equal(dn, "cn=c");
	add(a, "cn=c", id_text(tmp, 'c'), "otherwise");
	assert_int_equal(entries_differ(a, b, &dn), 1);
}

/* What is read again: by the indexes of what was stored; 9: it is not what was there. */
static void test_recall(void **state)
{
	static const struct {
		const char *dn;
		char id;
		const char *cn;
		size_t index;
	} read[] = {{"cn=a", 'a', "a", 0}, {"cn=b", 'b', "other", 1},
		{"cn=c", 'c', "c", 2}, {"cn=new", 'n', "new", 9}, {"cn=e", 'e', "e", 4},
		{"cn=d", 'd', "d", 3}};
	TMP_CTX(tmp);
	struct entries *before = entries_new(tmp, wanted),
		       *again = entries_new(tmp, wanted);

	(void)state;
	for (char name[] = "a"; name[0] <= 'e'; name[0]++)
		add(before, mem_printf(tmp, "cn=%s", name), id_text(tmp, name[0]), name);
	struct recall *recall = recall_new(tmp, before);

	for (size_t i = 0; i < ARRAY_SIZE(read); i++) {
		add(again, read[i].dn, id_text(tmp, read[i].id), read[i].cn);
		size_t found = recall_find(recall, again, entries_count(again) - 1);

		assert_int_equal(
			found == entries_count(before) ? 9 : found, read[i].index);
		if (read[i].index != 9)
			entries_drop_last(again);
	}
	assert_int_equal(entries_count(again), 1);
	assert_string_equal(entries_dn(again, 0), "cn=new");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_to_look_at),
		cmocka_unit_test(test_coming),
		cmocka_unit_test(test_no_snapshot),
		cmocka_unit_test(test_file),
		cmocka_unit_test(test_older_file),
		cmocka_unit_test(test_head),
		cmocka_unit_test(test_joined),
		cmocka_unit_test(test_differ),
		cmocka_unit_test(test_recall),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
