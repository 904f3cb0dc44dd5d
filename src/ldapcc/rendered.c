/* SPDX-License-Identifier: Apache-2.0 */
#include "ldapcc/rendered.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "generation/folder.h"
#include "generation/state_file.h"

static const char NAME[] = ".ldapcc-rendered";
static const char KIND[] = "rendered";

static int close_folder(struct rendered *rendered)
{
	mem_close_fd(&rendered->folder.dirfd);
	return 0;
}

/* The words are checked: what is named here is removed. */
static bool is_below(const char *path)
{
	size_t len = strlen(path);

	return path[0] == '/' && strstr(path, "/../") == NULL &&
	       (len < 3 || strcmp(path + len - 3, "/..") != 0);
}

static void load(struct rendered *rendered)
{
	struct lines l;

	if (!state_file_load_hint(rendered, &rendered->folder, NAME, KIND, &l))
		return;
	while (!l.is_bad && lines_next(&l)) {
		struct rendered_file *file =
			mem_push(rendered, &rendered->files, &rendered->n_files);

		lines_hex(&l, file->sha256, sizeof(file->sha256));
		file->target = lines_word(&l);
		file->path = lines_rest(&l);
		l.is_bad |= !is_below(file->path);
	}
	if (l.is_bad)
		rendered->n_files = 0;
}

int rendered_open(TALLOC_CTX *mem_ctx, const char *path, struct diags *diags,
	struct rendered **ret_rendered)
{
	struct rendered *rendered = mem_new(mem_ctx, struct rendered);

	rendered->folder = (struct state){.root = "",
		.path = mem_strdup(rendered, path),
		.dirfd = folder_enter_new(path, 0755),
		.lockfd = -1};
	talloc_set_destructor(rendered, close_folder);
	if (rendered->folder.dirfd < 0)
		return folder_fail(diags, -rendered->folder.dirfd, path,
			"the folder cannot be made");
	load(rendered);
	*ret_rendered = rendered;
	return 0;
}

void rendered_add(struct rendered *rendered, const char *target, const char *path,
	const uint8_t sha256[SHA256_BYTES])
{
	struct rendered_file *file =
		mem_push(rendered, &rendered->files, &rendered->n_files);

	file->target = target;
	file->path = path;
	memcpy(file->sha256, sha256, SHA256_BYTES);
}

int rendered_save(const struct rendered *rendered, struct diags *diags)
{
	TMP_CTX(tmp);
	struct buffer *b = buffer_new(tmp);

	state_file_begin(b, KIND);
	for (size_t i = 0; i < rendered->n_files; i++) {
		const struct rendered_file *file = &rendered->files[i];

		lines_add_hex(b, file->sha256, sizeof(file->sha256));
		lines_add_word(b, file->target);
		lines_end(b, file->path);
	}
	return state_file_save(&rendered->folder, NAME, b, diags);
}

/* Below the folder no link is followed; through one, nothing of ours was ever written. */
static int remove_unchanged(const char *path, const struct rendered_file *file)
{
	TMP_CTX(tmp);
	_cleanup_(mem_close_fd) int fd = folder_enter(folder_of(tmp, path));
	uint8_t digest[SHA256_BYTES];
	char *bytes;
	size_t len;

	if (fd < 0 || file_read_regular_at(
			      tmp, fd, folder_name(path), SIZE_MAX, &bytes, &len) < 0)
		return 0;
	sha256(bytes, len, digest);
	if (memcmp(digest, file->sha256, SHA256_BYTES) != 0)
		return 0;
	return unlinkat(fd, folder_name(path), 0) < 0 ? -errno : 0;
}

int rendered_remove(const struct rendered *rendered, const struct rendered_file *file,
	struct diags *diags)
{
	TMP_CTX(tmp);
	const char *path = file_join(tmp, rendered->folder.path, file->path);
	int r = remove_unchanged(path, file);

	if (r < 0)
		return diag_fail_errno(diags, EXIT_IO, -r,
			loc_file(mem_strdup(diags, path)),
			"a file of an earlier render cannot be removed");
	return 0;
}
