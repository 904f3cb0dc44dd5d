/* SPDX-License-Identifier: Apache-2.0 */

/* Targets: front matter, what the settings override, and a site's file that hides a
 * shipped one. The faults are in tests/parse. */

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "render/target.h"

static char scratch[] = "/tmp/ldapcc-target-XXXXXX";

static int make_scratch(_unused_ void **state)
{
	TMP_CTX(tmp);

	if (mkdtemp(scratch) == NULL ||
		file_make_folders(file_join(tmp, scratch, "site"), 0755) < 0 ||
		file_make_folders(file_join(tmp, scratch, "shipped"), 0755) < 0)
		return -1;
	return 0;
}

static int remove_one(const char *path, _unused_ const struct stat *st, _unused_ int type,
	_unused_ struct FTW *ftw)
{
	return remove(path);
}

static int remove_scratch(_unused_ void **state)
{
	return nftw(scratch, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void put(const char *folder, const char *name, const char *text)
{
	TMP_CTX(tmp);
	_cleanup_(mem_close_fd) int fd =
		open(file_join(tmp, scratch, folder), O_RDONLY | O_DIRECTORY);

	assert_int_equal(file_replace_at(fd, name, text, strlen(text), 0644), 0);
}

static struct settings make_settings(
	TALLOC_CTX *tmp, const struct target_settings *targets, size_t n)
{
	struct settings settings = {.n_targets = n};

	settings.targets = mem_array(tmp, struct target_settings, n);
	for (size_t i = 0; i < n; i++)
		settings.targets[i] = targets[i];
	settings.templates.items = mem_array(tmp, const char *, 2);
	settings.templates.items[0] = file_join(tmp, scratch, "site");
	settings.templates.n = 1;
	return settings;
}

static int load(TALLOC_CTX *tmp, const struct target_settings *wanted, size_t n,
	struct diags *diags, struct target **ret, size_t *ret_n)
{
	struct settings settings = make_settings(tmp, wanted, n);

	return targets_load(
		tmp, &settings, file_join(tmp, scratch, "shipped"), diags, ret, ret_n);
}

static const char full[] = "---\n"
			   "path: /etc/x.conf\n"
			   "language: dhcpd\n"
			   "refuse: \",%\"\n"
			   "owner: root\n"
			   "group: wheel\n"
			   "mode: \"0600\"\n"
			   "trailer: \"# \"\n"
			   "main: /etc/main.conf\n"
			   "check: dhcpd -t -cf '{main}'\n"
			   "on-change: {restart: [a, b]}\n"
			   "---\n"
			   "body\n";

static void test_members(_unused_ void **state)
{
	TMP_CTX(tmp);
	struct diags *diags = diags_new(tmp);
	const struct target_settings wanted[] = {{.name = "full"}, {.name = "least"}};
	struct target *t;
	size_t n;

	put("shipped", "full", full);
	put("shipped", "least",
		"---\r\npath: /srv/x/{{a}}/{{b}}\r\nfor-each: network\r\n"
		"when: is_on\r\nlanguage: text\r\ntrailer: none\r\ncheck: "
		"none\r\n---\r\n");
	assert_int_equal(load(tmp, wanted, 2, diags, &t, &n), 0);
	assert_int_equal(n, 2);
	assert_string_equal(t[0].name, "full");
	assert_string_equal(t[0].path, "/etc/x.conf");
	assert_string_equal(t[0].language, "dhcpd");
	assert_string_equal(t[0].refuse, ",%");
	assert_string_equal(t[0].body.refuse, ",%");
	assert_null(t[1].refuse);
	assert_string_equal(t[0].owner, "root");
	assert_string_equal(t[0].group, "wheel");
	assert_int_equal(t[0].mode, 0600);
	assert_string_equal(t[0].trailer, "# ");
	assert_string_equal(t[0].main, "/etc/main.conf");
	assert_int_equal(t[0].check.n, 4);
	assert_string_equal(t[0].check.items[3], "{main}");
	assert_int_equal(t[0].on_change.kind, ACTION_RESTART);
	assert_int_equal(t[0].on_change.words.n, 2);
	assert_int_equal(t[0].for_each, FOR_SITE);
	assert_null(t[0].fixed_folder);
	assert_string_equal(t[0].body.body, "body\n");
	assert_int_equal(t[0].body.line_offset, 12);
	assert_int_equal(t[0].path_at.line, 2);

	assert_int_equal(t[1].for_each, FOR_NETWORK);
	assert_string_equal(t[1].fixed_folder, "/srv/x");
	assert_string_equal(t[1].when, "is_on");
	assert_int_equal(t[1].when_at.line, 4);
	assert_int_equal(t[1].mode, 0644);
	assert_null(t[1].trailer);
	assert_null(t[1].owner);
	assert_int_equal(t[1].check.n, 0);
	assert_int_equal(t[1].on_change.kind, ACTION_NONE);
	assert_int_equal(t[1].body.len, 0);
}

static void test_overrides(_unused_ void **state)
{
	TMP_CTX(tmp);
	struct diags *diags = diags_new(tmp);
	const char *words[] = {"true", NULL};
	const struct target_settings wanted = {.name = "full",
		.path = "/srv/y.conf",
		.owner = "nobody",
		.group = "nogroup",
		.main = "/srv/main",
		.mode = 0640,
		.has_mode = true,
		.check = {words, 1},
		.has_check = true,
		.has_on_change = true,
		.where = loc_at("ldapcc.yaml", 3, 2),
		.path_at = loc_at("ldapcc.yaml", 3, 9)};
	struct target *t;
	size_t n;

	put("shipped", "full", full);
	assert_int_equal(load(tmp, &wanted, 1, diags, &t, &n), 0);
	assert_string_equal(t->path, "/srv/y.conf");
	assert_string_equal(t->owner, "nobody");
	assert_string_equal(t->group, "nogroup");
	assert_string_equal(t->main, "/srv/main");
	assert_int_equal(t->mode, 0640);
	assert_int_equal(t->check.n, 1);
	assert_int_equal(t->on_change.kind, ACTION_NONE);
	assert_string_equal(t->language, "dhcpd");
	assert_string_equal(t->path_at.source, "ldapcc.yaml");
}

static void test_wrong_override(_unused_ void **state)
{
	TMP_CTX(tmp);
	struct diags *diags = diags_new(tmp);
	const struct target_settings wanted = {.name = "full",
		.path = "/srv/{{name}}",
		.where = loc_at("ldapcc.yaml", 3, 2),
		.path_at = loc_at("ldapcc.yaml", 3, 9)};
	struct target *t;
	size_t n;

	put("shipped", "full", full);
	assert_int_equal(load(tmp, &wanted, 1, diags, &t, &n), -EXIT_USAGE);
	assert_string_equal(diag_last(diags)->where.source, "ldapcc.yaml");
	assert_int_equal(diag_last(diags)->where.line, 3);
	assert_null(diag_last(diags)->excerpt);
}

static void test_one_path(_unused_ void **state)
{
	TMP_CTX(tmp);
	struct diags *diags = diags_new(tmp);
	const struct target_settings wanted[] = {{.name = "full"}, {.name = "same"}};
	struct target *t;
	size_t n;

	put("shipped", "full", full);
	put("shipped", "same", full);
	assert_int_equal(load(tmp, wanted, 2, diags, &t, &n), -EXIT_USAGE);
	assert_int_equal(diags->n_findings, 1);
	assert_string_equal(
		diag_last(diags)->message, "target 'same' has the path of 'full'");
	assert_int_equal(diag_last(diags)->n_notes, 1);
	assert_int_equal(diag_last(diags)->notes[0].where.line, 2);
}

static void test_missing(_unused_ void **state)
{
	TMP_CTX(tmp);
	struct diags *diags = diags_new(tmp);
	const struct target_settings wanted[] = {
		{.name = "nowhere"}, {.name = "../full"}};
	struct target *t;
	size_t n;

	assert_int_equal(load(tmp, wanted, 2, diags, &t, &n), -EXIT_USAGE);
	assert_int_equal(diags->n_findings, 2);
	assert_string_equal(diags->findings[0]->message,
		mem_printf(tmp, "there is no template 'nowhere' in %s/site, %s/shipped",
			scratch, scratch));
}

static const struct shape shape = {
	.name = "site", .fields = (const struct field[]){{.name = NULL}}};

static char *render(TALLOC_CTX *tmp, const struct target *target, struct diags *diags)
{
	static const struct shape *const stack = &shape;
	const struct context context = {&shape, ""};
	struct settings settings = make_settings(tmp, NULL, 0);
	struct template_loader loader =
		target_loader(tmp, &settings, file_join(tmp, scratch, "shipped"));
	struct buffer *out = buffer_new(tmp);
	struct template *template;

	if (template_compile(tmp, &loader, &target->body, target->name, &stack, 1, diags,
		    &template) < 0)
		return NULL;
	template_render(template, &context, 1, NULL, out);
	return out->data;
}

/* A file of the site's without front matter changes one block of the shipped template;
 * the partial it uses is the site's too, and that one uses the shipped one it hides. */
static void test_hiding(_unused_ void **state)
{
	TMP_CTX(tmp);
	struct diags *diags = diags_new(tmp);
	const struct target_settings wanted = {.name = "layered"};
	struct target *t;
	size_t n;

	put("shipped", "layered",
		"---\npath: /srv/layered\nlanguage: hosts\n---\n"
		"one\n{{$two}}\nshipped\n{{/two}}\n{{>layered-part}}\n");
	put("shipped", "layered-part", "shipped part\n");
	put("site", "layered",
		"{{<layered}}\n{{$two}}\nsite's\n{{/two}}\n{{/layered}}\n");
	put("site", "layered-part", "---\nlanguage: hosts\n---\n< {{>layered-part}}");
	assert_int_equal(load(tmp, &wanted, 1, diags, &t, &n), 0);
	assert_string_equal(t->path, "/srv/layered");
	assert_string_equal(
		t->template_path, mem_printf(tmp, "%s/site/layered", scratch));
	assert_int_equal(t->body.line_offset, 0);
	assert_string_equal(render(tmp, t, diags), "one\nsite's\n< shipped part\n");
}

/* The last folder's own name hides nothing: it is the file itself, and no end is in
 * sight. */
static void test_hiding_nothing(_unused_ void **state)
{
	TMP_CTX(tmp);
	struct diags *diags = diags_new(tmp);
	const struct target_settings wanted = {.name = "alone"};
	struct target *t;
	size_t n;

	put("shipped", "alone",
		"---\npath: /srv/alone\nlanguage: hosts\n---\n{{>alone}}");
	assert_int_equal(load(tmp, &wanted, 1, diags, &t, &n), 0);
	assert_null(render(tmp, t, diags));
	assert_string_equal(diag_last(diags)->id, "template-partial");
}

static void test_loader(_unused_ void **state)
{
	static const struct {
		const char *name;
		int result;
	} rows[] = {
		{"part", 0},
		{"p.a-r_t0", 0},
		{"nowhere", -ENOENT},
		{"folder", -ENOENT},
		{"", -EINVAL},
		{".part", -EINVAL},
		{"..", -EINVAL},
		{"../shipped/part", -EINVAL},
		{"a/b", -EINVAL},
		{"Part", -EINVAL},
		{"p\xc3\xa4rt", -EINVAL},
		{"a b", -EINVAL},
	};
	TMP_CTX(tmp);
	struct diags *diags = diags_new(tmp);
	struct settings settings = make_settings(tmp, NULL, 0);
	struct template_loader loader =
		target_loader(tmp, &settings, file_join(tmp, scratch, "shipped"));

	put("shipped", "part", "---\nlanguage: ini\nrefuse: \";\"\n---\n\nx");
	put("shipped", "p.a-r_t0", "x");
	assert_int_equal(
		file_make_folders(mem_printf(tmp, "%s/shipped/folder", scratch), 0755),
		0);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct template_text text = {0};
		int r = loader.load(loader.data, tmp, rows[i].name, diags, &text);

		if (r != rows[i].result)
			fail_msg("'%s' gave %d", rows[i].name, r);
		if (i == 0) {
			assert_string_equal(text.language, "ini");
			assert_string_equal(text.refuse, ";");
			assert_string_equal(text.body, "\nx");
			assert_int_equal(text.line_offset, 4);
		}
	}
	assert_int_equal(diags->n_findings, 0);
}

static void test_too_large(_unused_ void **state)
{
	TMP_CTX(tmp);
	struct diags *diags = diags_new(tmp);
	const struct target_settings wanted = {.name = "large"};
	char *text = mem_array(tmp, char, 1024 * 1024 + 2);
	struct target *t;
	size_t n;

	memset(text, 'x', 1024 * 1024 + 1);
	put("shipped", "large", text);
	assert_int_equal(load(tmp, &wanted, 1, diags, &t, &n), -EXIT_USAGE);
	assert_int_equal(diags->n_findings, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_members),
		cmocka_unit_test(test_overrides),
		cmocka_unit_test(test_wrong_override),
		cmocka_unit_test(test_one_path),
		cmocka_unit_test(test_missing),
		cmocka_unit_test(test_hiding),
		cmocka_unit_test(test_hiding_nothing),
		cmocka_unit_test(test_loader),
		cmocka_unit_test(test_too_large),
	};

	return cmocka_run_group_tests(tests, make_scratch, remove_scratch);
}
