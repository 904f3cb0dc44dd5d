/* SPDX-License-Identifier: Apache-2.0 */
#include "compile/place.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "compile/folder.h"
#include "compile/scratch.h"

enum { LABEL_MAX = 256 };
static const char LABEL[] = "security.selinux";

static void leave(struct place *place)
{
	if (place->scratch_fd != place->fd)
		mem_close_fd(&place->scratch_fd);
	place->scratch_fd = -1;
	mem_close_fd(&place->fd);
	talloc_free(place->folder);
	place->folder = NULL;
	place->is_changed = false;
}

static int close_place(struct place *place)
{
	leave(place);
	return 0;
}

struct place *place_new(TALLOC_CTX *mem_ctx, const struct state *state,
	uint64_t generation, struct diags *diags)
{
	struct place *place = mem_new(mem_ctx, struct place);

	*place = (struct place){
		.state = state,
		.generation = generation,
		.diags = diags,
		.fd = -1,
		.scratch_fd = -1,
	};
	talloc_set_destructor(place, close_place);
	return place;
}

static int fail(const struct place *place, int error, const char *path, const char *what)
{
	return diag_fail_errno(place->diags, EXIT_IO, error,
		loc_file(state_path(place->diags, place->state, path)), "%s", what);
}

/* Where the next versions of the files in @folder are made: below the tree's own scratch
 * folder, with the same folders in between. */
static int open_scratch(struct place *place, const char *folder, bool to_make)
{
	TMP_CTX(tmp);
	char *scratch = scratch_folder(tmp, place->tree, place->generation);
	const char *below = folder + strlen(place->tree);
	char *path = state_path(tmp, place->state, file_join(tmp, scratch, below));
	char *top = state_path(tmp, place->state, scratch);
	int r = 0;

	if (to_make && mkdir(top, 0700) < 0 && errno != EEXIST)
		r = -errno;
	if (r == 0 && to_make && below[0] != '\0')
		r = file_make_folders(path, 0700);
	if (r < 0)
		return fail(place, -r, scratch, "the temporary folder cannot be made");
	place->scratch_fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (place->scratch_fd < 0)
		return fail(
			place, errno, scratch, "the temporary folder cannot be opened");
	return 0;
}

static int enter(struct place *place, const char *folder, bool to_make)
{
	bool is_lenient = place->state->root[0] != '\0';
	struct stat st;

	if (to_make && lstat(place->folder, &st) < 0)
		place->has_made = true;
	int r = to_make ? folder_make(place->folder, is_lenient, place->diags, &place->fd)
			: folder_open(
				  place->folder, is_lenient, place->diags, &place->fd);

	if (r < 0)
		return r;
	if (fstat(place->fd, &st) < 0)
		return fail(place, errno, folder, "the folder cannot be examined");
	place->gid = st.st_gid;
	if (place->tree != NULL)
		return open_scratch(place, folder, to_make);
	place->scratch_fd = place->fd;
	return 0;
}

int place_go(struct place *place, const char *path, const char *tree, bool to_make)
{
	TMP_CTX(tmp);
	char *folder = folder_of(tmp, path);
	char *real = state_path(tmp, place->state, folder);

	if (place->folder != NULL && strcmp(real, place->folder) == 0 &&
		place->tree == tree)
		return 0;
	int r = place_settle(place);

	leave(place);
	if (r < 0)
		return r;
	place->folder = talloc_steal(place, real);
	place->tree = tree;
	r = enter(place, folder, to_make);
	if (r < 0)
		leave(place);
	return r;
}

const char *place_scratch_name(
	TALLOC_CTX *mem_ctx, const struct place *place, const char *path)
{
	if (place->tree != NULL)
		return folder_name(path);
	return folder_name(scratch_file(mem_ctx, path, place->generation));
}

/* Writing */

int place_can_replace(struct place *place, const char *path)
{
	struct statx st;
	const char *fault = NULL;

	if (statx(place->fd, folder_name(path), AT_SYMLINK_NOFOLLOW, STATX_TYPE, &st) < 0)
		return errno == ENOENT
			       ? 0
			       : fail(place, errno, path, "the file cannot be examined");
	if (S_ISDIR(st.stx_mode))
		fault = "a folder is in the way";
	else if (st.stx_attributes & STATX_ATTR_MOUNT_ROOT)
		fault = "something is mounted there, which cannot be replaced: mount the "
			"folder instead";
	else if (st.stx_attributes & (STATX_ATTR_IMMUTABLE | STATX_ATTR_APPEND))
		fault = "the file is immutable: see chattr(1)";
	if (fault == NULL)
		return 0;
	return diag_fail(place->diags, EXIT_IO,
		loc_file(state_path(place->diags, place->state, path)), "%s", fault);
}

/* A file system without labels, or a live file without one, is no fault. */
static void copy_label(const struct place *place, int fd, const char *label_of)
{
	TMP_CTX(tmp);
	char label[LABEL_MAX];
	ssize_t n = lgetxattr(
		state_path(tmp, place->state, label_of), LABEL, label, sizeof(label));

	if (n > 0)
		(void)!fsetxattr(fd, LABEL, label, (size_t)n, 0);
}

/* Sets only what is not so already: each change is a journal entry, times ten thousand.
 */
static int set_owner_and_mode(int fd, const struct generation_file *file)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	if ((st.st_uid != file->uid || st.st_gid != file->gid) &&
		fchown(fd, file->uid, file->gid) < 0)
		return -errno;
	if ((st.st_mode & 07777) != file->mode && fchmod(fd, file->mode) < 0)
		return -errno;
	return 0;
}

static int read_back(int fd, size_t len, struct buffer *back)
{
	char *to;

	buffer_truncate(back, 0);
	to = buffer_reserve(back, len + 1);
	for (size_t at = 0; at <= len;) {
		ssize_t n = pread(fd, to + at, len + 1 - at, (off_t)at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		buffer_grown(back, (size_t)n);
		at += (size_t)n;
		if (n == 0 || at == len)
			break;
	}
	return 0;
}

/* Created with its final mode only where the owner is the final one, too. */
static int create(
	struct place *place, const struct generation_file *file, const char *name)
{
	bool is_own = file->uid == geteuid() && file->gid == getegid() &&
		      place->gid == file->gid;
	mode_t mode = is_own ? (mode_t)file->mode & 0777 : 0600;
	int flags = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
	int fd = openat(place->scratch_fd, name, flags, mode);

	if (fd < 0 && errno == EEXIST && unlinkat(place->scratch_fd, name, 0) == 0)
		fd = openat(place->scratch_fd, name, flags, mode);
	return fd;
}

static int write_file(struct place *place, const struct generation_file *file, int fd,
	const void *bytes, const char *label_of, struct buffer *back)
{
	int r = file_write_all(fd, bytes, file->len);

	if (r == 0 && label_of != NULL)
		copy_label(place, fd, label_of);
	if (r == 0)
		r = set_owner_and_mode(fd, file);
	if (r == 0)
		r = read_back(fd, file->len, back);
	return r;
}

int place_write(struct place *place, const struct generation_file *file,
	const void *bytes, const char *label_of, bool to_sync, struct buffer *back)
{
	TMP_CTX(tmp);
	const char *name = place_scratch_name(tmp, place, file->path);
	_cleanup_(mem_close_fd) int fd = create(place, file, name);

	if (fd < 0)
		return fail(place, errno, file->path, "its new version cannot be made");
	int r = write_file(place, file, fd, bytes, label_of, back);

	if (r == 0 && to_sync && fsync(fd) < 0)
		r = -errno;
	int closed = close(fd);

	fd = -1;
	if (r < 0 || closed < 0)
		return fail(place, r < 0 ? -r : errno, file->path,
			"its new version cannot be written");
	if (back->len != file->len || memcmp(back->data, bytes, file->len) != 0)
		return diag_fail(place->diags, EXIT_IO,
			loc_file(state_path(place->diags, place->state, file->path)),
			"its new version reads back differently: check the disk");
	return 0;
}

/* Installing */

int place_install(struct place *place, const char *path)
{
	TMP_CTX(tmp);
	const char *from = place_scratch_name(tmp, place, path);

	if (renameat(place->scratch_fd, from, place->fd, folder_name(path)) < 0)
		return fail(place, errno, path, "the file cannot be replaced");
	place->is_changed = true;
	return 0;
}

int place_remove(struct place *place, const char *path)
{
	if (unlinkat(place->fd, folder_name(path), 0) < 0) {
		if (errno == ENOENT)
			return 0;
		return fail(place, errno, path, "the file cannot be removed");
	}
	place->is_changed = true;
	return 0;
}

int place_settle(struct place *place)
{
	if (!place->is_changed)
		return 0;
	place->is_changed = false;
	if (fsync(place->fd) < 0)
		return diag_fail_errno(place->diags, EXIT_IO, errno,
			loc_file(mem_strdup(place->diags, place->folder)),
			"the folder cannot be synced");
	return 0;
}
