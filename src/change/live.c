/* SPDX-License-Identifier: Apache-2.0 */
#include "change/live.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/parallel.h"
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

/* Compares one file; @noted is the hint on entry and what holds on return. *ret_has_read: it was wrong. */
static int look_at(const struct live_set *live, struct folder_cursor *cursor,
	const struct generation_file *file, struct stat_hint *noted, enum live *ret_live,
	bool *ret_has_read)
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
		*ret_has_read = true;
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

/* Some of the files, by whoever comes first. */
struct look {
	bool has_read;
	size_t failed; /* the file that cannot be read */
	int r;
};

struct looking {
	struct live_set *live;
	struct look *looks;
};

enum { LOOKED_AT_ONCE = 1024 };

static void look_at_some(void *data, unsigned worker _unused_, size_t part)
{
	TMP_CTX(tmp);
	const struct looking *looking = data;
	struct live_set *live = looking->live;
	struct look *look = &looking->looks[part];
	struct folder_cursor *cursor = folder_cursor_new(tmp);
	size_t first = part * LOOKED_AT_ONCE, n = live->before->n_files - first;

	for (size_t i = first;
		look->r == 0 && i < first + n && i < first + LOOKED_AT_ONCE; i++) {
		look->r = look_at(live, cursor, &live->before->files[i],
			&live->installed[i], &live->live[i], &look->has_read);
		look->failed = i;
	}
}

static int look_at_all(struct live_set *live, struct diags *diags)
{
	TMP_CTX(tmp);
	size_t n = (live->before->n_files + LOOKED_AT_ONCE - 1) / LOOKED_AT_ONCE;
	struct looking looking = {live, mem_array(tmp, struct look, n + 1)};

	parallel_each(n, look_at_some, &looking);
	for (size_t i = 0; i < n; i++) {
		const struct look *look = &looking.looks[i];
		const char *path = live->before->files[look->failed].path;

		live->has_read |= look->has_read;
		if (look->r < 0)
			return diag_fail_errno(diags, EXIT_IO, -look->r,
				loc_file(state_path(diags, live->state, path)),
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

/* Of the current generation: read beside each other, as each is as long as the site. */
enum { PART_RECORD, PART_ROSTER, N_PARTS };

struct parts {
	struct live_set *live;
	TALLOC_CTX *mem_ctx[N_PARTS];
	struct diags *diags[N_PARTS];
	int r[N_PARTS];
};

static int load_record(struct live_set *live, TALLOC_CTX *mem_ctx, struct diags *diags)
{
	const struct state *state = live->state;
	int r = generation_load(mem_ctx, state, state->current, diags, &live->before);

	if (r < 0)
		return r;
	live->live = mem_array(mem_ctx, enum live, live->before->n_files);
	live->installed = stat_hint_load(mem_ctx, state, live->before);
	return 0;
}

static void load_part(void *data, unsigned worker _unused_, size_t i)
{
	struct parts *parts = data;
	struct live_set *live = parts->live;

	parts->r[i] =
		i == PART_RECORD
			? load_record(live, parts->mem_ctx[i], parts->diags[i])
			: roster_of_generation(parts->mem_ctx[i], live->state,
				  live->state->current, parts->diags[i], &live->roster);
}

static int load_current(struct live_set *live, struct diags *diags)
{
	struct parts parts = {.live = live};

	for (size_t i = 0; i < N_PARTS; i++) {
		parts.mem_ctx[i] = talloc_new(live);
		parts.diags[i] = diags_new(parts.mem_ctx[i]);
	}
	parallel_each(N_PARTS, load_part, &parts);
	for (size_t i = 0; i < N_PARTS; i++) {
		diags_take(diags, parts.diags[i]);
		if (parts.r[i] < 0)
			return parts.r[i];
	}
	return look_at_all(live, diags);
}

/* That of the generations before; without any, a new one, which nobody knows (getentropy(3)). */
static void take_print_key(struct live_set *live)
{
	if (live->before != NULL)
		memcpy(live->print_key, live->before->print_key, UMAC_KEY_BYTES);
	else if (getentropy(live->print_key, UMAC_KEY_BYTES) < 0)
		memset(live->print_key, 0, UMAC_KEY_BYTES);
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
	take_print_key(live);
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

static struct stored stored_at(void *data, const char *path)
{
	struct live_set *live = data;
	const struct generation_file *file =
		live->before == NULL
			? NULL
			: generation_find_next(live->before, path, &live->next);
	struct stored stored = {.serial = live->serial_time};

	if (file != NULL)
		stored = (struct stored){file->print, file->sha256, file->bare, file->len,
			file->serial == 0 ? live->serial_time : file->serial};
	return stored;
}

void plan_serial_time(struct live_set *live, uint64_t time)
{
	live->serial_time = time;
}

struct serials plan_serials(struct live_set *live)
{
	return (struct serials){.at = stored_at, .key = live->print_key, .data = live};
}
