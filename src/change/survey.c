/* SPDX-License-Identifier: Apache-2.0 */
#include "change/survey.h"

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
static int look_at(struct survey *survey, struct folder_cursor *cursor,
	const struct generation_file *file, struct installed *noted, enum live *ret_live)
{
	struct stat st;
	int r = folder_cursor_stat(cursor, survey->state, file->path, &st);
	struct installed hint = *noted;

	memset(noted, 0, sizeof(*noted));
	*ret_live = r == -ENOENT ? LIVE_ABSENT : LIVE_STRANGE;
	if (r < 0 || !S_ISREG(st.st_mode))
		return r == -ENOENT ? 0 : r;
	struct installed now = installed_of(&st);

	if (!installed_equal(&hint, &now)) {
		survey->has_read = true;
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

static int look_at_all(struct survey *survey, struct diags *diags)
{
	TMP_CTX(tmp);
	struct folder_cursor *cursor = folder_cursor_new(tmp);

	for (size_t i = 0; i < survey->before->n_files; i++) {
		const struct generation_file *file = &survey->before->files[i];
		int r = look_at(
			survey, cursor, file, &survey->installed[i], &survey->live[i]);

		if (r < 0)
			return diag_fail_errno(diags, EXIT_IO, -r,
				loc_file(state_path(diags, survey->state, file->path)),
				"the file cannot be read");
	}
	return 0;
}

int plan_survey(TALLOC_CTX *mem_ctx, const struct state *state, uint64_t now,
	struct diags *diags, struct survey **ret_survey)
{
	TMP_CTX(tmp);
	struct survey *survey = mem_new(tmp, struct survey);
	int r = 0;

	survey->state = state;
	survey->now = now;
	if (state->current != 0) {
		r = generation_load(
			survey, state, state->current, diags, &survey->before);
		if (r == 0)
			r = generation_nodes(survey, state, state->current, diags,
				&survey->nodes, &survey->n_nodes);
		if (r < 0)
			return r;
		survey->live = mem_array(survey, enum live, survey->before->n_files);
		survey->installed = installed_load(survey, state, survey->before);
		r = look_at_all(survey, diags);
	}
	if (r == 0)
		*ret_survey = talloc_steal(mem_ctx, survey);
	return r;
}

bool plan_is_untouched(const struct state *state)
{
	return installed_is_untouched(state);
}

/* Serials */

static uint64_t serial_of(void *data, const char *path)
{
	const struct survey *survey = data;
	const struct generation_file *file =
		survey->before == NULL ? NULL : generation_find(survey->before, path);

	return file == NULL || file->serial == 0 ? survey->now : file->serial;
}

struct serials plan_serials(struct survey *survey)
{
	return (struct serials){.of = serial_of, .data = survey};
}
