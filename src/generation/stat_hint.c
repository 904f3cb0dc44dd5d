/* SPDX-License-Identifier: Apache-2.0 */
#include "generation/stat_hint.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/trailer.h"
#include "generation/folder.h"
#include "generation/state_file.h"

static const char NAME[] = "installed";

static uint64_t nanoseconds(const struct timespec *time)
{
	return (uint64_t)time->tv_sec * 1000000000u + (uint64_t)time->tv_nsec;
}

struct stat_hint stat_hint_of(const struct stat *st)
{
	return (struct stat_hint){
		.inode = st->st_ino,
		.size = (uint64_t)st->st_size,
		.modified = nanoseconds(&st->st_mtim),
		.changed = nanoseconds(&st->st_ctim),
	};
}

bool stat_hint_equal(const struct stat_hint *a, const struct stat_hint *b)
{
	return a->inode != 0 && a->inode == b->inode && a->size == b->size &&
	       a->modified == b->modified && a->changed == b->changed;
}

static void add_numbers(struct buffer *b, const struct stat_hint *installed)
{
	lines_add_u64(b, installed->inode);
	lines_add_u64(b, installed->size);
	lines_add_u64(b, installed->modified);
	lines_add_u64(b, installed->changed);
}

static struct stat_hint take_numbers(struct lines *l)
{
	struct stat_hint installed = {0};

	installed.inode = lines_u64(l, UINT64_MAX);
	installed.size = lines_u64(l, UINT64_MAX);
	installed.modified = lines_u64(l, UINT64_MAX);
	installed.changed = lines_u64(l, UINT64_MAX);
	return installed;
}

/* Not synced: a torn hint has no trailer. */
static void write_hint(const struct state *state, struct buffer *b)
{
	static const char temporary[] = ".installed.tmp";
	_cleanup_(mem_close_fd) int fd = openat(state->dirfd, temporary,
		O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);

	trailer_add(b, "# ", 0, 0);
	if (fd < 0 || file_write_all(fd, b->data, b->len) < 0 ||
		renameat(state->dirfd, temporary, state->dirfd, NAME) < 0) {
		unlinkat(state->dirfd, temporary, 0);
		unlinkat(state->dirfd, NAME, 0);
	}
}

static bool add_outline(struct buffer *b, const char *word, const char *path,
	const struct stat_hint *installed)
{
	lines_add_word(b, word);
	add_numbers(b, installed);
	lines_end(b, path);
	return installed->inode != 0;
}

static bool add_folder(struct buffer *b, const struct state *state, const char *path)
{
	TMP_CTX(tmp);
	struct stat st;

	if (lstat(state_path(tmp, state, path), &st) < 0)
		return false;
	struct stat_hint now = stat_hint_of(&st);

	return add_outline(b, "folder", path, &now);
}

/*
 * Single files, and the folders of the others. Files are sorted by path, so one folder's
 * mostly follow each other. Where one is unknown, all is: `outline unknown`.
 */
static bool add_outlines(struct buffer *b, const struct state *state,
	const struct generation *g, const struct stat_hint *installed)
{
	TMP_CTX(tmp);
	const char *last = "";

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
	return true;
}

void stat_hint_save(const struct state *state, const struct generation *g,
	const struct stat_hint *installed)
{
	TMP_CTX(tmp);
	struct buffer *b = buffer_new(tmp);

	state_file_begin(b, NAME);
	buffer_printf(b, "generation %llu\n", (unsigned long long)g->number);
	if (!add_outlines(b, state, g, installed))
		buffer_add_text(b, "unknown\n");
	buffer_add_text(b, "files\n");
	for (size_t i = 0; i < g->n_files; i++) {
		add_numbers(b, &installed[i]);
		lines_end(b, NULL);
	}
	write_hint(state, b);
}

/* The hint of generation @number; false when it is another's, or none. */
static bool open_hint(
	TALLOC_CTX *mem_ctx, const struct state *state, uint64_t number, struct lines *l)
{
	return state_file_load_hint(mem_ctx, state, NAME, NAME, l) && lines_next(l) &&
	       strcmp(lines_word(l), "generation") == 0 &&
	       lines_u64(l, UINT64_MAX) == number && !l->is_bad;
}

struct stat_hint *stat_hint_load(
	TALLOC_CTX *mem_ctx, const struct state *state, const struct generation *g)
{
	TMP_CTX(tmp);
	struct stat_hint *installed = mem_array(mem_ctx, struct stat_hint, g->n_files);
	struct lines l;
	bool is_good = open_hint(tmp, state, g->number, &l);

	while (is_good && lines_next(&l))
		if (strcmp(lines_word(&l), "files") == 0)
			break;
	for (size_t i = 0; is_good && i < g->n_files; i++) {
		is_good = lines_next(&l);
		installed[i] = take_numbers(&l);
	}
	if (!is_good || lines_next(&l) || l.is_bad)
		memset(installed, 0, g->n_files * sizeof(*installed));
	return installed;
}

/* One line of the outline: is it still so? */
static bool is_as_noted(const struct state *state, struct lines *l)
{
	TMP_CTX(tmp);
	struct stat_hint noted = take_numbers(l);
	const char *path = lines_rest(l);
	struct stat st;

	if (l->is_bad || lstat(state_path(tmp, state, path), &st) < 0)
		return false;
	struct stat_hint now = stat_hint_of(&st);

	return stat_hint_equal(&noted, &now);
}

bool stat_hint_is_untouched(const struct state *state)
{
	TMP_CTX(tmp);
	struct lines l;

	if (state->current == 0 || state->unfinished != 0 ||
		!open_hint(tmp, state, state->current, &l))
		return false;
	while (lines_next(&l)) {
		const char *word = lines_word(&l);

		if (strcmp(word, "files") == 0)
			return true;
		if ((strcmp(word, "file") != 0 && strcmp(word, "folder") != 0) ||
			!is_as_noted(state, &l))
			return false;
	}
	return false;
}
