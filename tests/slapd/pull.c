/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The two readers on their own, for tests: prints every entry in a form that does not
 * depend on order, then what the read was like, then the findings; exits as ldapcc would.
 *
 *	pull [OPTION VALUE]… ldif FILE | read URI… | probe URI… | watch URI…
 */

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "read/directory.h"
#include "read/dn.h"
#include "read/ldif.h"

/* Lines are collected, sorted and printed at the end. */
struct lines {
	TALLOC_CTX *mem_ctx;
	char **items;
	size_t n;
	size_t n_restarts;
	bool is_quiet;
};

static int compare_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void add_value(struct lines *lines, const char *key, const char *name,
	const struct entry_value *value)
{
	char **line = mem_push(lines->mem_ctx, &lines->items, &lines->n);
	char *lower = mem_strdup(lines->mem_ctx, name);
	struct buffer *text = buffer_new(lines->mem_ctx);

	if (value->bytes[value->len] != '\0')
		abort(); /* the interface promises a NUL */
	text_lower(lower);
	buffer_printf(text, "%s\t%s: ", key, lower);
	for (size_t i = 0; i < value->len; i++) {
		unsigned char c = (unsigned char)value->bytes[i];

		if (c < ' ' || c > '~')
			buffer_printf(text, "\\x%02x", c);
		else
			buffer_add_byte(text, (char)c);
	}
	*line = text->data;
}

static void take(void *data, const struct entry *entry)
{
	struct lines *lines = data;

	if (lines->is_quiet) {
		lines->n++;
		return;
	}
	const char *key = dn_key(lines->mem_ctx, entry->dn);

	for (size_t i = 0; i < entry->n_attributes; i++) {
		const struct entry_attribute *a = &entry->attributes[i];

		if (entry_tells_change(a->name))
			continue;
		for (size_t j = 0; j < a->n_values; j++)
			add_value(lines, key ? key : entry->dn, a->name, &a->values[j]);
	}
}

static void restart(void *data)
{
	struct lines *lines = data;

	lines->n = 0;
	lines->items = NULL;
	lines->n_restarts++;
}

static void print_lines(struct lines *lines)
{
	if (lines->is_quiet)
		return;
	qsort(lines->items, lines->n, sizeof(*lines->items), compare_text);
	for (size_t i = 0; i < lines->n; i++)
		puts(lines->items[i]);
}

/* A map without its file: a filter, and the attributes to ask for. */
static struct map map = {
	.name = "test",
	.filter =
		"(|(objectClass=vocCluster)(objectClass=vocIPNetwork)(objectClass="
		"vocVirtualNode)(objectClass=vocNodeInterface)(objectClass=vocDiskImage)("
		"objectClass=vocPackageRepository)(objectClass=vocKickstartProfile)("
		"objectClass=vocPhysicalNode)(objectClass=ipHost)(objectClass="
		"ieee802Device))",
};
static struct directory_settings settings = {
	.bind = BIND_EXTERNAL,
	.page_size = 1000,
	.timeout_s = 60,
};
static struct string_list last_csn;

static void add_string(TALLOC_CTX *mem_ctx, struct string_list *list, const char *text)
{
	*mem_push(mem_ctx, &list->items, &list->n) = text;
}

static void set_bind(const char *value)
{
	static const char *const names[] = {"anonymous", "external", "gssapi", "simple"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (strcmp(value, names[i]) == 0)
			settings.bind = (enum bind_method)i;
	}
}

static bool set_option(
	TALLOC_CTX *mem_ctx, const char *name, const char *value, struct lines *lines)
{
	const struct {
		const char *name, **field;
	} strings[] = {
		{"--dn", &settings.bind_dn},
		{"--password-file", &settings.password_file},
		{"--identity", &settings.expect_identity},
		{"--ca", &settings.ca_file},
		{"--cert", &settings.cert_file},
		{"--key", &settings.key_file},
		{"--filter", &map.filter},
	};

	for (size_t i = 0; i < ARRAY_SIZE(strings); i++) {
		if (strcmp(name, strings[i].name) == 0) {
			*strings[i].field = value;
			return true;
		}
	}
	if (strcmp(name, "--bind") == 0)
		set_bind(value);
	else if (strcmp(name, "--starttls") == 0)
		settings.starttls = strcmp(value, "yes") == 0;
	else if (strcmp(name, "--page") == 0)
		settings.page_size = (unsigned)strtoul(value, NULL, 10);
	else if (strcmp(name, "--timeout") == 0)
		settings.timeout_s = (unsigned)strtoul(value, NULL, 10);
	else if (strcmp(name, "--base") == 0)
		add_string(mem_ctx, &settings.bases, value);
	else if (strcmp(name, "--canary") == 0)
		add_string(mem_ctx, &settings.canaries, value);
	else if (strcmp(name, "--wanted") == 0)
		add_string(mem_ctx, &map.wanted, value);
	else if (strcmp(name, "--last-csn") == 0)
		add_string(mem_ctx, &last_csn, value);
	else if (strcmp(name, "--quiet") == 0)
		lines->is_quiet = strcmp(value, "yes") == 0;
	else
		return false;
	return true;
}

static void print_report(const struct directory_report *report, const struct lines *lines)
{
	fprintf(stderr,
		"uri: %s\nidentity: %s\nentries: %zu\npages: %zu\nattempts: %u\n"
		"restarts: %zu\n",
		report->uri ? report->uri : "-",
		report->identity ? report->identity : "-", report->n_entries,
		report->n_pages, report->attempts, lines->n_restarts);
	for (size_t i = 0; i < report->csn.n; i++)
		fprintf(stderr, "csn: %s\n", report->csn.items[i]);
}

/* Prints `watching`, then `changed` for every burst of changes. */
static int watch(TALLOC_CTX *mem_ctx, struct diags *diags)
{
	struct directory_report report;
	struct directory_watch *w;
	int failed = directory_probe(mem_ctx, &settings, diags, &report);

	if (last_csn.n > 0)
		report.csn = last_csn;
	if (!failed)
		failed = directory_watch_open(
			mem_ctx, &settings, &map, &report.csn, diags, &w);
	if (failed)
		return failed;
	puts("watching");
	fflush(stdout);
	for (;;) {
		struct pollfd p = {.fd = directory_watch_fd(w), .events = POLLIN};
		bool is_changed = false;

		if (poll(&p, 1, -1) < 0)
			return 0;
		failed = directory_watch_drain(w, diags, &is_changed);
		if (failed)
			return failed;
		puts(is_changed ? "changed" : "nothing");
		fflush(stdout);
	}
}

static int run(
	TALLOC_CTX *mem_ctx, const char *what, struct lines *lines, struct diags *diags)
{
	struct directory_report report;
	size_t n = 0;
	int failed;

	if (strcmp(what, "ldif") == 0) {
		failed = ldif_read(settings.uris.items[0], NULL, take, lines, diags, &n);
		print_lines(lines);
		return failed;
	}
	if (strcmp(what, "watch") == 0)
		return watch(mem_ctx, diags);
	if (strcmp(what, "probe") == 0) {
		failed = directory_probe(mem_ctx, &settings, diags, &report);
	} else {
		failed = directory_read(mem_ctx, &settings, &map, &last_csn, NULL, take,
			restart, lines, diags, &report);
		if (!failed)
			print_lines(lines);
	}
	print_report(&report, lines);
	return failed;
}

int main(int argc, char **argv)
{
	TMP_CTX(tmp);
	struct diags *diags = diags_new(tmp);
	struct lines lines = {.mem_ctx = tmp};
	const struct diag_style style = {0};
	int i = 1;

	signal(SIGPIPE, SIG_IGN);
	while (i + 1 < argc && set_option(tmp, argv[i], argv[i + 1], &lines))
		i += 2;
	if (i + 1 >= argc)
		return EXIT_USAGE;
	const char *what = argv[i++];

	if (settings.bases.n == 0)
		add_string(tmp, &settings.bases, "dc=c,dc=example");
	if (map.wanted.n == 0)
		add_string(tmp, &map.wanted, "*");
	add_string(tmp, &map.wanted, NULL);
	map.wanted.n--;
	while (i < argc)
		add_string(tmp, &settings.uris, argv[i++]);
	int failed = run(tmp, what, &lines, diags);

	diags_print(stderr, diags, &style);
	return -failed;
}
