/* SPDX-License-Identifier: Apache-2.0 */
#include "generation/installed.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "generation/folder.h"
#include "generation/lines.h"

static const char END[] = "end";

static uint64_t nanoseconds(const struct timespec *time)
{
	return (uint64_t)time->tv_sec * 1000000000u + (uint64_t)time->tv_nsec;
}

struct installed installed_of(const struct stat *st)
{
	return (struct installed){
		.inode = st->st_ino,
		.size = (uint64_t)st->st_size,
		.modified = nanoseconds(&st->st_mtim),
		.changed = nanoseconds(&st->st_ctim),
	};
}

bool installed_equal(const struct installed *a, const struct installed *b)
{
	return a->inode != 0 && a->inode == b->inode && a->size == b->size &&
	       a->modified == b->modified && a->changed == b->changed;
}

static void add_numbers(struct buffer *b, const struct installed *installed)
{
	lines_add_u64(b, installed->inode);
	buffer_add_byte(b, ' ');
	lines_add_u64(b, installed->size);
	buffer_add_byte(b, ' ');
	lines_add_u64(b, installed->modified);
	buffer_add_byte(b, ' ');
	lines_add_u64(b, installed->changed);
}

static struct installed take_numbers(struct lines *l)
{
	struct installed installed = {0};

	installed.inode = lines_u64(l, UINT64_MAX);
	installed.size = lines_u64(l, UINT64_MAX);
	installed.modified = lines_u64(l, UINT64_MAX);
	installed.changed = lines_u64(l, UINT64_MAX);
	return installed;
}

/* Not synced: a torn hint has no `end`. */
static void write_hint(
	const struct state *state, const char *name, const struct buffer *b)
{
	TMP_CTX(tmp);
	const char *temporary = mem_printf(tmp, ".%s.tmp", name);
	_cleanup_(mem_close_fd) int fd = openat(state->dirfd, temporary,
		O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0 || file_write_all(fd, b->data, b->len) < 0 ||
		renameat(state->dirfd, temporary, state->dirfd, name) < 0) {
		unlinkat(state->dirfd, temporary, 0);
		unlinkat(state->dirfd, name, 0);
	}
}

static bool add_outline(struct buffer *b, const char *word, const char *path,
	const struct installed *installed)
{
	buffer_add_text(b, word);
	buffer_add_byte(b, ' ');
	add_numbers(b, installed);
	buffer_printf(b, " %s\n", path);
	return installed->inode != 0;
}

static bool add_folder(struct buffer *b, const struct state *state, const char *path)
{
	TMP_CTX(tmp);
	struct stat st;

	if (lstat(state_path(tmp, state, path), &st) < 0)
		return false;
	struct installed now = installed_of(&st);

	return add_outline(b, "folder", path, &now);
}

/* Files are sorted by path, so one folder's files mostly follow each other. */
static bool format_outline(struct buffer *b, const struct state *state,
	const struct generation *g, const struct installed *installed)
{
	TMP_CTX(tmp);
	const char *last = "";

	buffer_printf(b, "generation %llu\n", (unsigned long long)g->number);
	for (size_t i = 0; i < g->n_files; i++) {
		const char *path = g->files[i].path;
		size_t len = (size_t)(folder_name(path) - path);

		if (g->targets[g->files[i].target].folder == NULL) {
			if (!add_outline(b, "file", path, &installed[i]))
				return false;
		} else if (strncmp(path, last, len) != 0 || last[len] != '\0') {
			last = mem_strndup(tmp, path, len);
			if (!add_folder(b, state, last))
				return false;
		}
	}
	buffer_printf(b, "%s\n", END);
	return true;
}

void installed_save(const struct state *state, const struct generation *g,
	const struct installed *installed)
{
	TMP_CTX(tmp);
	struct buffer *b = buffer_new(tmp);

	buffer_printf(b, "generation %llu\n", (unsigned long long)g->number);
	for (size_t i = 0; i < g->n_files; i++) {
		add_numbers(b, &installed[i]);
		buffer_add_byte(b, '\n');
	}
	buffer_printf(b, "%s\n", END);
	write_hint(state, "installed", b);
	buffer_truncate(b, 0);
	if (format_outline(b, state, g, installed))
		write_hint(state, "outline", b);
	else
		unlinkat(state->dirfd, "outline", 0);
}

/* The text of a hint for @number; false when it is another's, or none. */
static bool open_hint(TALLOC_CTX *mem_ctx, const struct state *state, const char *name,
	uint64_t number, struct lines *l)
{
	char *text;
	size_t len;

	if (file_read_at(mem_ctx, state->dirfd, name, &text, &len) < 0)
		return false;
	lines_init(l, text, len);
	return lines_next(l) && strcmp(lines_word(l), "generation") == 0 &&
	       lines_u64(l, UINT64_MAX) == number && !l->is_bad;
}

struct installed *installed_load(
	TALLOC_CTX *mem_ctx, const struct state *state, const struct generation *g)
{
	TMP_CTX(tmp);
	struct installed *installed = mem_array(mem_ctx, struct installed, g->n_files);
	struct lines l;
	bool is_good = open_hint(tmp, state, "installed", g->number, &l);

	for (size_t i = 0; is_good && i < g->n_files; i++) {
		is_good = lines_next(&l);
		installed[i] = take_numbers(&l);
	}
	if (!is_good || !lines_next(&l) || strcmp(lines_rest(&l), END) != 0 || l.is_bad)
		memset(installed, 0, g->n_files * sizeof(*installed));
	return installed;
}

bool installed_is_untouched(const struct state *state)
{
	TMP_CTX(tmp);
	struct lines l;

	if (state->dirfd < 0 || state->current == 0 || state->unfinished != 0 ||
		!open_hint(tmp, state, "outline", state->current, &l))
		return false;
	while (lines_next(&l)) {
		const char *word = lines_word(&l);
		struct stat st;

		if (strcmp(word, END) == 0)
			return !l.is_bad;
		struct installed noted = take_numbers(&l);
		const char *path = lines_rest(&l);

		if (l.is_bad || lstat(state_path(tmp, state, path), &st) < 0)
			return false;
		struct installed now = installed_of(&st);

		if (!installed_equal(&noted, &now))
			return false;
	}
	return false;
}
