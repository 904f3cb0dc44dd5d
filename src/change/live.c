/* SPDX-License-Identifier: Apache-2.0 */
#include "change/live.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "generation/folder.h"

/* Folders, one after the other */

static int cursor_close(struct folder_cursor *cursor)
{
	mem_close_fd(&cursor->fd);
	return 0;
}

struct folder_cursor *folder_cursor_new(TALLOC_CTX *mem_ctx)
{
	struct folder_cursor *cursor = mem_new(mem_ctx, struct folder_cursor);

	cursor->fd = -1;
	talloc_set_destructor(cursor, cursor_close);
	return cursor;
}

static int go(struct folder_cursor *cursor, const struct state *state, const char *path,
	size_t len)
{
	TMP_CTX(tmp);

	mem_close_fd(&cursor->fd);
	talloc_free(cursor->folder);
	cursor->folder = mem_strndup(cursor, path, len);
	cursor->fd = open(
		state_path(tmp, state, cursor->folder), O_PATH | O_DIRECTORY | O_CLOEXEC);
	return cursor->fd < 0 && errno != ENOENT && errno != ENOTDIR ? -errno : 0;
}

int folder_cursor_stat(struct folder_cursor *cursor, const struct state *state,
	const char *path, struct stat *ret_st)
{
	const char *name = folder_name(path);
	size_t len = (size_t)(name - path);
	int r = 0;

	if (cursor->folder == NULL || strncmp(path, cursor->folder, len) != 0 ||
		cursor->folder[len] != '\0')
		r = go(cursor, state, path, len);
	if (r < 0)
		return r;
	if (cursor->fd < 0)
		return -ENOENT;
	return fstatat(cursor->fd, name, ret_st, AT_SYMLINK_NOFOLLOW) < 0 ? -errno : 0;
}

/* Live files */

static bool has_same_bytes(int dirfd, const struct generation_file *file, int *ret_error)
{
	TMP_CTX(tmp);
	uint8_t digest[SHA256_BYTES];
	char *bytes;
	size_t len;
	int r = file_read_at(tmp, dirfd, folder_name(file->path), &bytes, &len);

	*ret_error = r == -ENOENT ? 0 : r;
	if (r < 0)
		return false;
	sha256(bytes, len, digest);
	return memcmp(digest, file->sha256, SHA256_BYTES) == 0;
}

/* Compares one file; @noted is the hint on entry and what holds on return. */
static int look_at(struct live_set *live, struct folder_cursor *cursor,
	const struct generation_file *file, struct stat_hint *noted, enum live *ret_live)
{
	struct stat st;
	int r = folder_cursor_stat(cursor, live->state, file->path, &st);
	struct stat_hint hint = *noted;

	memset(noted, 0, sizeof(*noted));
	*ret_live = r == -ENOENT ? LIVE_ABSENT : LIVE_STRANGE;
	if (r < 0 || !S_ISREG(st.st_mode))
		return r == -ENOENT ? 0 : r;
	struct stat_hint now = stat_hint_of(&st);

	if (!stat_hint_equal(&hint, &now)) {
		live->has_read = true;
		*ret_live = LIVE_EDITED;
		if (now.size != file->len || !has_same_bytes(cursor->fd, file, &r))
			return r;
	}
	*noted = now;
	*ret_live = (st.st_mode & 07777) == file->mode && st.st_uid == file->uid &&
				    st.st_gid == file->gid
			    ? LIVE_INTACT
			    : LIVE_MODE;
	return 0;
}

static int look_at_all(struct live_set *live, struct diags *diags)
{
	TMP_CTX(tmp);
	struct folder_cursor *cursor = folder_cursor_new(tmp);

	for (size_t i = 0; i < live->before->n_files; i++) {
		const struct generation_file *file = &live->before->files[i];
		int r = look_at(live, cursor, file, &live->installed[i], &live->live[i]);

		if (r < 0)
			return diag_fail_errno(diags, EXIT_IO, -r,
				loc_file(state_path(diags, live->state, file->path)),
				"the file cannot be read");
	}
	return 0;
}

/* A link that is gone must not look like a first run: then no guard would see what goes. */
static int check_current(const struct state *state, struct diags *diags)
{
	TMP_CTX(tmp);
	struct generation_summary *list;
	size_t n;
	int r = generation_list(tmp, state, diags, &list, &n);

	for (size_t i = 0; r == 0 && i < n; i++) {
		if (!list[i].is_kept)
			continue;
		(void)diag_fail(diags, EXIT_IO, state_loc(state, "current", diags),
			"the link is missing, but generation %llu is there",
			(unsigned long long)list[i].number);
		diag_note(diag_last(diags), LOC_NONE,
			"set it again: ln -s generations/%06llu current; or begin anew "
			"from the directory, without guards: 'ldapcc apply --bootstrap'",
			(unsigned long long)list[i].number);
		return -(int)EXIT_IO;
	}
	return r;
}

static int load_current(struct live_set *live, struct diags *diags)
{
	const struct state *state = live->state;
	int r = generation_load(live, state, state->current, diags, &live->before);

	if (r == 0)
		r = roster_of_generation(
			live, state, state->current, diags, &live->roster);
	if (r < 0)
		return r;
	live->live = mem_array(live, enum live, live->before->n_files);
	live->installed = stat_hint_load(live, state, live->before);
	return look_at_all(live, diags);
}

int live_survey(TALLOC_CTX *mem_ctx, const struct state *state, uint64_t now,
	bool to_begin_anew, struct diags *diags, struct live_set **ret_live)
{
	TMP_CTX(tmp);
	struct live_set *live = mem_new(tmp, struct live_set);
	/* what is wrong is no failure for who begins anew */
	struct diags *said = to_begin_anew ? diags_new(tmp) : diags;
	int r = 0;

	live->state = state;
	live->now = live->serial_time = now;
	if (state->current != 0)
		r = load_current(live, said);
	else if (state->dirfd >= 0 && state->unfinished == 0 &&
		 faccessat(state->dirfd, "staging", F_OK, 0) < 0)
		r = check_current(state, said);
	if (r < 0 && to_begin_anew) {
		diag_add(diags, SEVERITY_WARNING, "begun-anew",
			state_loc(state, "", diags),
			"the current generation cannot be read: nothing is compared with it");
		*live = (struct live_set){.state = state, .now = now, .serial_time = now};
		r = 0;
	}
	if (r == 0)
		*ret_live = talloc_steal(mem_ctx, live);
	return r;
}

int live_again(struct live_set *live, const struct state *state, uint64_t now,
	struct diags *diags)
{
	live->state = state;
	live->now = live->serial_time = now;
	return live->before == NULL ? 0 : look_at_all(live, diags);
}

bool plan_is_untouched(const struct state *state)
{
	return stat_hint_is_untouched(state);
}

const struct generation *plan_generation(const struct live_set *live)
{
	return live->before;
}

const struct roster *plan_roster(const struct live_set *live)
{
	return live->before == NULL ? NULL : &live->roster;
}

/* Serials */

static uint64_t serial_of(void *data, const char *path)
{
	const struct live_set *live = data;
	const struct generation_file *file =
		live->before == NULL ? NULL : generation_find(live->before, path);

	return file == NULL || file->serial == 0 ? live->serial_time : file->serial;
}

static bool has_bytes(void *data, const char *path, const uint8_t digest[SHA256_BYTES])
{
	const struct live_set *live = data;
	const struct generation_file *file =
		live->before == NULL ? NULL : generation_find(live->before, path);

	return file != NULL && memcmp(file->sha256, digest, SHA256_BYTES) == 0;
}

void plan_serial_time(struct live_set *live, uint64_t time)
{
	live->serial_time = time;
}

struct serials plan_serials(struct live_set *live)
{
	return (struct serials){.of = serial_of, .has = has_bytes, .data = live};
}
