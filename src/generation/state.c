/* SPDX-License-Identifier: Apache-2.0 */
#include "generation/state.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/lock.h"
#include "base/text.h"
#include "generation/folder.h"
#include "generation/state_file.h"

enum { LOCK_SIZE = 24 };

/*
 * What stands in the lock has always one length: it is written over what was there, which needs no
 * room of a full disk.
 */
static int write_lock(const struct state *state, const char *text)
{
	char line[LOCK_SIZE + 1];
	int len = snprintf(line, sizeof(line), "%-*s\n", LOCK_SIZE - 1, text);

	return pwrite(state->lockfd, line, (size_t)len, 0) < 0 ? -errno : 0;
}

static int state_close(struct state *state)
{
	TMP_CTX(tmp);

	/* an orderly end: who was killed leaves its process number behind */
	if (state->lockfd >= 0)
		(void)!write_lock(
			state, state->lost_exit == 0
				       ? ""
				       : mem_printf(tmp, "exit %d", state->lost_exit));
	mem_close_fd(&state->lockfd);
	mem_close_fd(&state->dirfd);
	return 0;
}

struct loc state_loc(const struct state *state, const char *name, struct diags *diags)
{
	return loc_file(name[0] == '\0' ? mem_strdup(diags, state->path)
					: file_join(diags, state->path, name));
}

char *state_path(TALLOC_CTX *mem_ctx, const struct state *state, const char *path)
{
	return state->root[0] == '\0' ? mem_strdup(mem_ctx, path)
				      : file_join(mem_ctx, state->root, path);
}

enum { SIZE_MAX_MIB = 2047 };

/* Small files */

/* @r is of reading @name: 0, or -errno. */
static int tell_fault(
	const struct state *state, const char *name, int r, struct diags *diags)
{
	if (r == -EISDIR || r == -EMEDIUMTYPE)
		return diag_fail(diags, EXIT_IO, state_loc(state, name, diags),
			"it is no regular file");
	if (r < 0 && r != -ENOENT)
		return diag_fail_errno(diags, EXIT_IO, -r, state_loc(state, name, diags),
			"the file cannot be read");
	return 0;
}

int state_load(TALLOC_CTX *mem_ctx, const struct state *state, const char *name,
	struct diags *diags, char **ret_bytes, size_t *ret_len)
{
	*ret_bytes = NULL;
	*ret_len = 0;
	if (state->dirfd < 0)
		return 0;
	return tell_fault(state, name,
		file_read_regular_at(mem_ctx, state->dirfd, name,
			(size_t)SIZE_MAX_MIB << 20, ret_bytes, ret_len),
		diags);
}

int state_map(TALLOC_CTX *mem_ctx, const struct state *state, const char *name,
	struct diags *diags, const char **ret_bytes, size_t *ret_len)
{
	*ret_bytes = NULL;
	*ret_len = 0;
	if (state->dirfd < 0)
		return 0;
	return tell_fault(state, name,
		file_map_regular_at(mem_ctx, state->dirfd, name,
			(size_t)SIZE_MAX_MIB << 20, ret_bytes, ret_len),
		diags);
}

/* The folder of @name below the state's, opened; the state's own where it has none. */
static int open_parent(const struct state *state, const char *name)
{
	TMP_CTX(tmp);
	const char *slash = strrchr(name, '/');

	if (slash == NULL)
		return fcntl(state->dirfd, F_DUPFD_CLOEXEC, 0);
	return openat(state->dirfd, mem_strndup(tmp, name, (size_t)(slash - name)),
		O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

int state_save(const struct state *state, const char *name, const void *bytes, size_t len,
	struct diags *diags)
{
	_cleanup_(mem_close_fd) int fd = open_parent(state, name);
	int r = fd < 0 ? -errno
		       : file_replace_at(fd, folder_name(name), bytes, len, 0600);

	if (r < 0)
		return diag_fail_errno(diags, EXIT_IO, -r, state_loc(state, name, diags),
			"the file cannot be written");
	return 0;
}

int state_drop(const struct state *state, const char *name, struct diags *diags)
{
	if (unlinkat(state->dirfd, name, 0) < 0 && errno != ENOENT)
		return diag_fail_errno(diags, EXIT_IO, errno,
			state_loc(state, name, diags), "the file cannot be removed");
	return 0;
}

int state_make_folder(const struct state *state, const char *name, struct diags *diags)
{
	if (mkdirat(state->dirfd, name, 0700) < 0 && errno != EEXIST)
		return diag_fail_errno(diags, EXIT_IO, errno,
			state_loc(state, name, diags), "the folder cannot be made");
	return 0;
}

static int sync_folder(const struct state *state, struct diags *diags)
{
	if (fsync(state->dirfd) < 0)
		return diag_fail_errno(diags, EXIT_IO, errno, state_loc(state, "", diags),
			"the folder cannot be synced");
	return 0;
}

/* Whatever happens: the file does not come back. */
static int remove_for_good(
	const struct state *state, const char *name, struct diags *diags)
{
	int r = state_drop(state, name, diags);

	return r == 0 ? sync_folder(state, diags) : r;
}

/* A file that holds one number; 0 where there is none. */
static int load_number(const struct state *state, const char *name, const char *way_out,
	struct diags *diags, uint64_t *ret_number)
{
	TMP_CTX(tmp);
	struct lines l;
	bool is_there;
	int r = state_file_load(tmp, state, name, name, way_out, diags, &l, &is_there);

	*ret_number = 0;
	if (r < 0 || !is_there)
		return r;
	if (lines_next(&l))
		*ret_number = lines_u64(&l, UINT64_MAX);
	if (*ret_number == 0 || l.is_bad || lines_next(&l))
		return state_file_damaged(state, name, &l, way_out, diags);
	return 0;
}

int state_save_number(
	const struct state *state, const char *name, uint64_t number, struct diags *diags)
{
	TMP_CTX(tmp);
	struct buffer *b = buffer_new(tmp);

	state_file_begin(b, name);
	buffer_printf(b, "%llu\n", (unsigned long long)number);
	return state_file_save(state, name, b, diags);
}

/* Generations */

char *state_generation(TALLOC_CTX *mem_ctx, uint64_t number)
{
	return mem_printf(mem_ctx, "generations/%06llu", (unsigned long long)number);
}

static int load_link(const struct state *state, const char *name, struct diags *diags,
	uint64_t *ret_number)
{
	char text[64];
	ssize_t n = readlinkat(state->dirfd, name, text, sizeof(text) - 1);

	*ret_number = 0;
	if (n < 0 && errno == ENOENT)
		return 0;
	if (n < 0)
		return diag_fail_errno(diags, EXIT_IO, errno,
			state_loc(state, name, diags), "the link cannot be read");
	text[n] = '\0';
	if (!text_has_prefix(text, "generations/") ||
		!text_parse_u64(text + strlen("generations/"), UINT64_MAX, ret_number))
		return diag_fail(diags, EXIT_IO, state_loc(state, name, diags),
			"the link is damaged: it should point to a generation");
	return 0;
}

static int save_link(
	const struct state *state, const char *name, uint64_t number, struct diags *diags)
{
	TMP_CTX(tmp);
	const char *temporary = mem_printf(tmp, ".%s.tmp", name);
	const char *to = state_generation(tmp, number);

	if ((unlinkat(state->dirfd, temporary, 0) < 0 && errno != ENOENT) ||
		symlinkat(to, state->dirfd, temporary) < 0 ||
		renameat(state->dirfd, temporary, state->dirfd, name) < 0)
		return diag_fail_errno(diags, EXIT_IO, errno,
			state_loc(state, name, diags), "the link cannot be set");
	return 0;
}

int state_advance(struct state *state, uint64_t number, struct diags *diags)
{
	int r = 0;

	if (state->current == number)
		return 0;
	if (state->current != 0)
		r = save_link(state, "previous", state->current, diags);
	if (r == 0)
		r = save_link(state, "current", number, diags);
	if (r == 0)
		r = sync_folder(state, diags);
	if (r < 0)
		return r;
	state->previous = state->current;
	state->current = number;
	return 0;
}

static int compare_numbers(const void *left, const void *right)
{
	uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;

	return a < b ? -1 : a > b;
}

int state_numbers(TALLOC_CTX *mem_ctx, const struct state *state, const char *parent,
	struct diags *diags, uint64_t **ret_numbers, size_t *ret_n)
{
	*ret_numbers = NULL;
	*ret_n = 0;
	if (state->dirfd < 0)
		return 0;
	int fd = openat(state->dirfd, parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 && errno == ENOENT)
		return 0;
	_cleanup_(mem_close_dir) DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	if (dir == NULL) {
		int error = errno;

		mem_close_fd(&fd);
		return diag_fail_errno(diags, EXIT_IO, error,
			state_loc(state, parent, diags), "the folder cannot be read");
	}
	errno = 0;
	for (struct dirent *entry; (entry = readdir(dir)) != NULL; errno = 0) {
		uint64_t number;

		if (text_parse_u64(entry->d_name, UINT64_MAX, &number))
			*mem_push(mem_ctx, ret_numbers, ret_n) = number;
	}
	if (errno != 0)
		return diag_fail_errno(diags, EXIT_IO, errno,
			state_loc(state, parent, diags), "the folder cannot be read");
	if (*ret_n > 1)
		qsort(*ret_numbers, *ret_n, sizeof(**ret_numbers), compare_numbers);
	return 0;
}

int state_next(const struct state *state, struct diags *diags, uint64_t *ret_number)
{
	TMP_CTX(tmp);
	static const char *const parents[] = {"generations", "rejected"};
	uint64_t last = 0;

	for (size_t i = 0; i < ARRAY_SIZE(parents); i++) {
		uint64_t *numbers;
		size_t n;
		int r = state_numbers(tmp, state, parents[i], diags, &numbers, &n);

		if (r < 0)
			return r;
		if (n > 0 && numbers[n - 1] > last)
			last = numbers[n - 1];
	}
	*ret_number = last + 1;
	return 0;
}

int state_pin(struct state *state, uint64_t number, struct diags *diags)
{
	int r = number == 0 ? remove_for_good(state, "pinned", diags)
			    : state_save_number(state, "pinned", number, diags);

	if (r == 0)
		state->pinned = number;
	return r;
}

/* Opening */

/* What stands in the lock: a process number, "exit N", or nothing after an orderly end. */
static void read_lock(
	const struct state *state, char text[LOCK_SIZE + 1], struct stat *st)
{
	_cleanup_(mem_close_fd) int fd = openat(
		state->dirfd, "lock", O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	ssize_t n = fstat(fd, st) == 0 && S_ISREG(st->st_mode)
			    ? pread(fd, text, LOCK_SIZE, 0)
			    : 0;

	text[n > 0 ? n : 0] = '\0';
	for (size_t len = strlen(text); len > 0 && strchr(" \n", text[len - 1]) != NULL;)
		text[--len] = '\0';
}

/* Who holds the lock, as far as the file says: for the message only. */
static int fail_busy(const struct state *state, struct diags *diags)
{
	char text[LOCK_SIZE + 1];
	struct stat st;

	read_lock(state, text, &st);
	return diag_fail(diags, EXIT_BUSY, state_loc(state, "lock", diags),
		"another run holds the lock%s%s%s", text[0] == '\0' ? "" : " (process ",
		text, text[0] == '\0' ? "" : ")");
}

static int take_lock(struct state *state, struct diags *diags)
{
	TMP_CTX(tmp);

	state->lockfd = lock_take_at(state->dirfd, "lock", LOCK_TRY);
	if (state->lockfd == -EAGAIN)
		return fail_busy(state, diags);
	if (state->lockfd < 0)
		return diag_fail_errno(diags, EXIT_IO, -state->lockfd,
			state_loc(state, "lock", diags), "the lock cannot be taken");
	int r = write_lock(state, mem_printf(tmp, "%ld", (long)getpid()));

	if (r < 0)
		return diag_fail_errno(diags, EXIT_IO, -r,
			state_loc(state, "lock", diags), "the lock cannot be written");
	return 0;
}

static int make_folders(struct state *state, struct diags *diags)
{
	TMP_CTX(tmp);
	static const char *const names[] = {"generations", "rejected", "pending"};
	_cleanup_(mem_close_fd) int above =
		folder_enter_new(folder_of(tmp, state->path), 0755);

	if (above < 0)
		return folder_fail(
			diags, -above, state->path, "the state folder cannot be made");
	if (mkdirat(above, folder_name(state->path), 0700) < 0 && errno != EEXIST)
		return diag_fail_errno(diags, EXIT_IO, errno, state_loc(state, "", diags),
			"the state folder cannot be made");
	int r = folder_open(state->path, state->root[0] != '\0', diags, &state->dirfd);

	if (r == 0)
		r = take_lock(state, diags);
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(names); i++)
		r = state_make_folder(state, names[i], diags);
	return r;
}

static int open_to_read(struct state *state, struct diags *diags)
{
	state->dirfd = folder_enter(state->path);
	if (state->dirfd < 0 && state->dirfd != -ENOENT)
		return folder_fail(diags, -state->dirfd, state->path,
			"the state folder cannot be opened");
	return 0;
}

/* Is a run at work, and if not, how did the last one end that left no last-run? */
static void look_at_lock(struct state *state)
{
	static const char EXIT[] = "exit ";
	char text[LOCK_SIZE + 1];
	struct stat st;
	uint64_t number;

	state->is_at_work = lock_is_held_at(state->dirfd, "lock");
	read_lock(state, text, &st);
	if (state->is_at_work)
		return;
	if (text_parse_u64(text, UINT64_MAX, &number)) {
		state->was_killed = true;
	} else if (strncmp(text, EXIT, strlen(EXIT)) == 0 &&
		   text_parse_u64(text + strlen(EXIT), UINT8_MAX, &number)) {
		state->lost_exit = (int)number;
		state->lost_time = st.st_mtime;
	}
}

static int load_numbers(struct state *state, struct diags *diags)
{
	int r = load_link(state, "current", diags, &state->current);

	if (r == 0)
		r = load_link(state, "previous", diags, &state->previous);
	if (r == 0)
		r = load_number(state, "txn",
			"remove it: the next apply then compares every file with what it "
			"should be",
			diags, &state->unfinished);
	if (r == 0)
		r = load_number(state, "pinned",
			"remove it to go on with the directory, or run 'ldapcc rollback N' "
			"after that",
			diags, &state->pinned);
	return r;
}

static char *without_slash(TALLOC_CTX *mem_ctx, const char *root)
{
	size_t len = root == NULL ? 0 : strlen(root);

	while (len > 0 && root[len - 1] == '/')
		len--;
	return mem_strndup(mem_ctx, len == 0 ? "" : root, len);
}

int state_open(TALLOC_CTX *mem_ctx, const struct settings *settings, const char *root,
	bool to_write, struct diags *diags, struct state **ret_state)
{
	TMP_CTX(tmp);
	struct state *state = mem_new(tmp, struct state);

	state->dirfd = state->lockfd = -1;
	state->keep = settings->keep;
	state->root = without_slash(state, root);
	state->path = state_path(state, state, settings->state);
	talloc_set_destructor(state, state_close);
	int r = to_write ? make_folders(state, diags) : open_to_read(state, diags);

	if (r == 0 && state->dirfd >= 0 && !to_write)
		look_at_lock(state);
	if (r == 0 && state->dirfd >= 0)
		r = load_numbers(state, diags);
	if (r == 0)
		*ret_state = talloc_steal(mem_ctx, state);
	return r;
}
