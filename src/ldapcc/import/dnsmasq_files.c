/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "ldapcc/import/dnsmasq.h"

/*
 * The files that a dnsmasq.conf names. Each is read once, however often it is named, as by
 * dnsmasq; a name that does not begin with a slash is looked for from the working folder.
 */

enum { FILE_MAX = 64 * 1024 * 1024, DEPTH_MAX = 16 };

/* Device and inode, by which dnsmasq knows what it has read; false: there was nothing to it. */
static bool is_new(struct dnsmasq *d, const char *path, const char *key)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return true; /* reading it says what is wrong */
	void **slot = table_slot(
		d->files, mem_printf(d->im->mem_ctx, "%s:%" PRIuMAX ":%" PRIuMAX, key,
				  (uintmax_t)st.st_dev, (uintmax_t)st.st_ino));
	bool is_first = *slot == NULL;

	*slot = d;
	return is_first;
}

/* Lines one by one; @key: what each of them is a value of, NULL: as they say. */
int dnsmasq_read_file(const struct dnsmasq_line *from, const char *path, const char *key)
{
	struct import *im = from->im;
	const char *file = mem_strdup(im->diags, path);
	char *text;
	size_t len;

	if (!is_new(from->d, path, key == NULL ? "" : key))
		return 0;
	int failed =
		file_read(im->mem_ctx, path, EXIT_IO, FILE_MAX, im->diags, &text, &len);

	if (failed == 0)
		import_check_own(im, path, text, len);
	for (unsigned line = 1; failed == 0 && text != NULL; line++) {
		struct dnsmasq_line l = {.d = from->d,
			.im = im,
			.where = loc_at(file, line, 0),
			.key = key,
			.depth = from->depth + 1};
		char *newline = strchr(text, '\n');

		if (newline != NULL)
			*newline = '\0';
		dnsmasq_read_line(&l, text);
		text = newline == NULL ? NULL : newline + 1;
	}
	return failed;
}

/* What cannot be read ends the import; all that can be said is said first. */
static void fail(const struct dnsmasq_line *l, int failed)
{
	if (failed == 0)
		return;
	if (l->where.source != NULL)
		diag_note(diag_last(l->im->diags), l->where, "it is named here");
	if (l->im->failed == 0)
		l->im->failed = failed;
}

/* Folders */

struct listing {
	const char **paths; /* in the order of their letters */
	size_t n;
};

/* What editors leave, and what is hidden, is none of a folder's files. */
static bool is_passed_over(const char *name)
{
	size_t len = strlen(name);

	return len == 0 || name[0] == '.' || name[len - 1] == '~' ||
	       (name[0] == '#' && name[len - 1] == '#');
}

/* dnsmasq(8), --conf-dir: `*END` is one that a name must have, END one that it must not. */
static bool has_wanted_end(const struct dnsmasq_line *l, const char *name)
{
	bool has_any = false, is_one = false;

	for (size_t i = 1; i < l->n; i++) {
		const char *end = l->fields[i];
		bool is_wanted = end[0] == '*';

		/* `*` alone is every name's */
		if (end[0] == '\0' || (is_wanted && end[1] == '\0'))
			continue;
		bool fits = strlen(name) > strlen(end + is_wanted) &&
			    text_has_suffix(name, end + is_wanted);

		if (!is_wanted && fits)
			return false;
		has_any |= is_wanted;
		is_one |= is_wanted && fits;
	}
	return is_one || !has_any;
}

static int list_folder(
	const struct dnsmasq_line *l, const char *path, struct listing *ret)
{
	struct import *im = l->im;
	_cleanup_(mem_close_dir) DIR *folder = opendir(path);

	*ret = (struct listing){NULL, 0};
	if (folder == NULL)
		return diag_fail_errno(im->diags, EXIT_IO, errno,
			loc_file(mem_strdup(im->diags, path)),
			"the folder cannot be opened");
	for (const struct dirent *entry; (entry = readdir(folder)) != NULL;) {
		struct stat st;
		const char *file = file_join(im->mem_ctx, path, entry->d_name);

		if (!is_passed_over(entry->d_name) && has_wanted_end(l, entry->d_name) &&
			stat(file, &st) == 0 && S_ISREG(st.st_mode))
			*mem_push(im->mem_ctx, &ret->paths, &ret->n) = file;
	}
	if (ret->n > 1)
		qsort(ret->paths, ret->n, sizeof(*ret->paths), text_compare_items);
	return 0;
}

static bool is_folder(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* The files that a line names: it, or those in it. What is read besides is said. */
static struct listing files_of(struct dnsmasq_line *l, bool is_a_folder)
{
	struct listing files = {NULL, 0};
	const char *path = l->n == 0 ? "" : l->fields[0];

	if (path[0] == '\0' || strcmp(path, "-") == 0 || l->depth > DEPTH_MAX) {
		dnsmasq_left(l, "is not followed: name the file");
		return files;
	}
	if (is_a_folder || is_folder(path))
		fail(l, list_folder(l, path, &files));
	else
		*mem_push(l->im->mem_ctx, &files.paths, &files.n) = path;
	for (size_t i = 0; i < files.n; i++)
		import_say(l->im, l->where, "'%s' is read, too", files.paths[i]);
	return files;
}

static void follow(struct dnsmasq_line *l, bool is_a_folder, const char *key)
{
	struct listing files = files_of(l, is_a_folder);

	for (size_t i = 0; i < files.n; i++)
		fail(l, dnsmasq_read_file(l, files.paths[i], key));
}

int dnsmasq_read_folder(struct dnsmasq_line *l, const char *path)
{
	struct listing files;
	int failed = list_folder(l, path, &files);

	for (size_t i = 0; i < files.n && failed == 0; i++)
		failed = dnsmasq_read_file(l, files.paths[i], NULL);
	return failed;
}

void dnsmasq_conf_file(struct dnsmasq_line *l)
{
	if (l->n > 0 && is_folder(l->fields[0]))
		dnsmasq_left(l, "names a folder: give it by conf-dir");
	else
		follow(l, false, NULL);
}

void dnsmasq_conf_dir(struct dnsmasq_line *l)
{
	follow(l, true, NULL);
}

/* `dhcp-hostsfile` and `dhcp-hostsdir`; the file may be a folder, too. */
void dnsmasq_hosts_file(struct dnsmasq_line *l)
{
	follow(l, text_has_suffix(l->key, "dir"), "dhcp-host");
}

void dnsmasq_options_file(struct dnsmasq_line *l)
{
	follow(l, text_has_suffix(l->key, "dir"), "dhcp-option");
}

void dnsmasq_addn_hosts(struct dnsmasq_line *l)
{
	struct listing files = files_of(l, text_has_suffix(l->key, "dir"));

	for (size_t i = 0; i < files.n; i++)
		if (is_new(l->d, files.paths[i], "hosts"))
			fail(l, import_hosts(l->im, files.paths[i]));
}
