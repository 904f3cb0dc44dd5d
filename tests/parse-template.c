/* SPDX-License-Identifier: Apache-2.0 */

/*
 * parse-template [--bless] FOLDER - what is said of wrong templates
 *
 * Loads every template-*.tmpl of FOLDER as a target, compiles it against a little site,
 * and compares the findings and the exit code with the .expect file beside it. Partials
 * are looked for in FOLDER too. --bless writes the .expect files instead. Prints TAP.
 */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "render/target.h"

enum { EXPECT_MAX = 1024 * 1024 };

/* The site: nothing is printed, so nothing needs a getter. */
static const struct field host_fields[] = {
	{.name = "name", .kind = VALUE_TEXT},
	{.name = "fqdn", .kind = VALUE_TEXT},
	{.name = "memory", .kind = VALUE_NUMBER},
	{.name = "aliases", .kind = VALUE_LIST},
	{0},
};
static const struct shape host_shape = {.name = "host", .fields = host_fields};
static const struct field site_fields[] = {
	{.name = "domain", .kind = VALUE_TEXT},
	{.name = "hosts", .kind = VALUE_LIST, .shape = &host_shape},
	{.name = "head", .kind = VALUE_OBJECT, .shape = &host_shape},
	{0},
};
static const struct shape site_shape = {.name = "site", .fields = site_fields};

static int compile(const char *name, struct diags *diags)
{
	TMP_CTX(tmp);
	static const struct shape *const stack[] = {&site_shape, &host_shape};
	const char *folder = ".";
	struct target_settings wanted = {.name = name};
	struct settings settings = {.templates = {.items = &folder, .n = 1},
		.targets = &wanted,
		.n_targets = 1};
	struct target *targets;
	struct template *template;
	size_t n;
	int r = targets_load(tmp, &settings, "nowhere", diags, &targets, &n);

	if (r < 0)
		return r;
	struct template_loader loader = target_loader(tmp, &settings, "nowhere");

	return template_compile(tmp, &loader, &targets[0].body, name, stack,
		targets[0].for_each == FOR_SITE ? 1 : 2, diags, &template);
}

static char *describe(TALLOC_CTX *mem_ctx, const char *name)
{
	TMP_CTX(tmp);
	static const struct diag_style style = {.color = false};
	struct diags *diags = diags_new(tmp);
	char *text = NULL;
	size_t len = 0;
	FILE *stream = open_memstream(&text, &len);
	int r = compile(name, diags);

	if (stream == NULL)
		abort();
	diags_print(stream, diags, &style);
	fprintf(stream, "exit %d\n", -r);
	fclose(stream);
	char *copy = mem_strndup(mem_ctx, text, len);

	free(text);
	return copy;
}

static bool check(const char *name, bool bless)
{
	TMP_CTX(tmp);
	struct diags *diags = diags_new(tmp);
	const char *seen = describe(tmp, name);
	const char *path = mem_printf(tmp, "%.*s.expect", (int)(strlen(name) - 5), name);
	char *expected = NULL;
	size_t len;

	if (bless) {
		_cleanup_(mem_close_fd) int folder = open(".", O_RDONLY | O_DIRECTORY);

		return file_replace_at(folder, path, seen, strlen(seen), 0644) == 0;
	}
	if (file_read(tmp, path, EXIT_IO, EXPECT_MAX, diags, &expected, &len) == 0 &&
		strcmp(expected, seen) == 0)
		return true;
	printf("# expected:\n%s# got:\n%s", expected == NULL ? "nothing\n" : expected,
		seen);
	return false;
}

static int is_case(const struct dirent *entry)
{
	return fnmatch("template-*.tmpl", entry->d_name, 0) == 0;
}

int main(int argc, char **argv)
{
	bool bless = argc == 3 && strcmp(argv[1], "--bless") == 0;
	struct dirent **entries;
	bool ok = true;

	if (argc != 2 + bless || chdir(argv[argc - 1]) < 0) {
		fprintf(stderr, "usage: parse-template [--bless] FOLDER\n");
		return EXIT_FAILURE;
	}
	int n = scandir(".", &entries, is_case, alphasort);

	printf("1..%d\n", n);
	for (int i = 0; i < n; i++) {
		bool good = check(entries[i]->d_name, bless);

		printf("%s %d - %s\n", good ? "ok" : "not ok", i + 1, entries[i]->d_name);
		ok &= good;
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
	return ok && n > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
