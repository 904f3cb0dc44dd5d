/* SPDX-License-Identifier: Apache-2.0 */
#include "publish/target_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "generation/folder.h"
#include "generation/scratch.h"

/* What has to be on disk before something relies on it */

static int close_all(struct unsynced *unsynced)
{
	for (size_t i = 0; i < unsynced->n; i++)
		mem_close_fd(&unsynced->files[i].fd);
	return 0;
}

struct unsynced *unsynced_new(TALLOC_CTX *mem_ctx)
{
	struct unsynced *unsynced = mem_new(mem_ctx, struct unsynced);

	talloc_set_destructor(unsynced, close_all);
	return unsynced;
}

void unsynced_add(struct unsynced *unsynced, int fd, const char *path)
{
	/* a hint; folders have no such thing, and the sync reports every fault */
	(void)sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE);
	*mem_push(unsynced, &unsynced->files, &unsynced->n) = (struct unsynced_file){
		.fd = fd,
		.path = mem_strdup(unsynced, path),
	};
}

int unsynced_sync(struct unsynced *unsynced, struct diags *diags)
{
	for (size_t i = 0; i < unsynced->n; i++) {
		struct unsynced_file *file = &unsynced->files[i];
		int error = fsync(file->fd) < 0 ? errno : 0;

		if (close(file->fd) < 0 && error == 0)
			error = errno;
		file->fd = -1;
		if (error != 0)
			return diag_fail_errno(diags, EXIT_IO, error,
				loc_file(mem_strdup(diags, file->path)),
				"it cannot be synced");
		talloc_free(file->path);
	}
	talloc_free(unsynced->files);
	unsynced->files = NULL;
	unsynced->n = 0;
	return 0;
}

enum { LABEL_MAX = 256 };
static const char LABEL[] = "security.selinux";

static void leave(struct target_folder *place)
{
	if (place->scratch_fd != place->fd)
		mem_close_fd(&place->scratch_fd);
	place->scratch_fd = -1;
	mem_close_fd(&place->fd);
	talloc_free(place->folder);
	place->folder = NULL;
	place->is_changed = false;
}

static int close_place(struct target_folder *place)
{
	leave(place);
	return 0;
}

struct target_folder *target_folder_new(TALLOC_CTX *mem_ctx, const struct state *state,
	uint64_t generation, struct diags *diags)
{
	struct target_folder *place = mem_new(mem_ctx, struct target_folder);

	*place = (struct target_folder){
		.state = state,
		.generation = generation,
		.diags = diags,
		.fd = -1,
		.scratch_fd = -1,
		.uid = geteuid(),
	};
	talloc_set_destructor(place, close_place);
	return place;
}

static int fail(
	const struct target_folder *place, int error, const char *path, const char *what)
{
	return diag_fail_errno(place->diags, EXIT_IO, error,
		loc_file(state_path(place->diags, place->state, path)), "%s", what);
}

char *target_folder_scratch_of(TALLOC_CTX *mem_ctx,
	const struct generation_target *target, uint64_t generation, const char **ret_top)
{
	char *top = target->fresh != NULL
			    ? scratch_file(mem_ctx, target->fresh, generation)
			    : scratch_folder(
				      mem_ctx, target->folder, target->name, generation);

	*ret_top = top;
	if (target->fresh == NULL || strcmp(target->folder, target->fresh) == 0)
		return top;
	return file_join(mem_ctx, top, target->folder + strlen(target->fresh));
}

static bool is_fresh(const struct target_folder *place)
{
	return place->target != NULL && place->target->fresh != NULL;
}

static int set_gid(struct target_folder *place, const char *folder)
{
	struct stat st;

	if (fstat(place->scratch_fd, &st) < 0)
		return fail(place, errno, folder, "the folder cannot be examined");
	/* the folder's group counts only with a set-group-ID bit, or a mount option */
	place->gid = st.st_gid == getegid() ? st.st_gid : (gid_t)-1;
	return 0;
}

/* Where the next versions of the files in @folder are made: below the tree's own scratch
 * folder, with the same folders in between. A fresh one becomes the folder itself. */
static int open_scratch(struct target_folder *place, const char *folder, bool to_make)
{
	TMP_CTX(tmp);
	const struct generation_target *target = place->target;
	const char *top;
	char *scratch = target_folder_scratch_of(tmp, target, place->generation, &top);
	char *below = file_join(tmp, scratch, folder + strlen(target->folder));
	char *real_top = state_path(tmp, place->state, top);
	_cleanup_(mem_close_fd) int fd =
		to_make ? folder_enter_new(real_top, 0700) : folder_enter(real_top);
	int r = 0;

	if (fd < 0)
		return fail(place, -fd, top, "the temporary folder cannot be opened");
	if (to_make)
		r = file_make_folders(state_path(tmp, place->state, below),
			target->fresh != NULL ? 0755 : 0700);
	if (r < 0)
		return fail(place, -r, below, "the temporary folder cannot be made");
	below += strlen(top);
	below += strspn(below, "/");
	place->scratch_fd = openat(
		fd, below[0] == '\0' ? "." : below, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (place->scratch_fd < 0)
		return fail(
			place, errno, folder, "its temporary folder cannot be opened");
	return 0;
}

/* A file cannot be renamed from one file system to another: found before anything is committed. */
static int check_device(const struct target_folder *place, const char *folder)
{
	struct stat scratch, live;

	if (fstat(place->scratch_fd, &scratch) < 0 || fstat(place->fd, &live) < 0)
		return fail(place, errno, folder, "the folder cannot be examined");
	if (scratch.st_dev == live.st_dev)
		return 0;
	(void)diag_fail(place->diags, EXIT_IO,
		loc_file(state_path(place->diags, place->state, folder)),
		"the folder is on another file system than '%s', below which all files "
		"of target '%s' are put together",
		place->target->folder, place->target->name);
	diag_note(diag_last(place->diags), LOC_NONE,
		"mount one file system for all of them, or give the target a path of "
		"which the folder before '{{' is on one");
	return -(int)EXIT_IO;
}

static int enter(struct target_folder *place, bool to_make)
{
	TMP_CTX(tmp);
	bool is_lenient = place->state->root[0] != '\0';
	/* without its slash: a link in its place would be followed */
	const char *folder = is_fresh(place) ? folder_of(tmp, place->target->fresh)
					     : folder_of(tmp, place->folder);
	char *real = state_path(tmp, place->state, folder);
	struct stat st;

	if (to_make && (is_fresh(place) || lstat(real, &st) < 0))
		place->has_made = true;
	int r = to_make ? folder_make(real, is_lenient, place->diags, &place->fd)
			: folder_open(real, is_lenient, place->diags, &place->fd);

	if (r < 0)
		return r;
	if (place->target != NULL)
		r = open_scratch(place, place->folder, to_make);
	else
		place->scratch_fd = place->fd;
	if (r == 0 && place->target != NULL && !is_fresh(place))
		r = check_device(place, folder);
	return r < 0 ? r : set_gid(place, folder);
}

int target_folder_go(struct target_folder *place, const char *path,
	const struct generation_target *target, bool to_make)
{
	size_t len = (size_t)(folder_name(path) - path);

	/* files follow each other by folder: mostly it is open already */
	if (place->folder != NULL && place->target == target &&
		strncmp(place->folder, path, len) == 0 && place->folder[len] == '\0')
		return 0;
	int r = target_folder_settle(place);

	leave(place);
	if (r < 0)
		return r;
	place->folder = mem_strndup(place, path, len);
	place->target = target;
	r = enter(place, to_make);
	if (r < 0)
		leave(place);
	return r;
}

/* The name in scratch_fd of the next version of @path. */
static const char *scratch_name(
	TALLOC_CTX *mem_ctx, const struct target_folder *place, const char *path)
{
	if (place->target != NULL)
		return folder_name(path);
	return folder_name(scratch_file(mem_ctx, path, place->generation));
}

/* Writing */

int target_folder_can_replace(struct target_folder *place, const char *path)
{
	struct statx st;
	const char *fault = NULL;

	if (is_fresh(place))
		return 0;
	if (statx(place->fd, folder_name(path), AT_SYMLINK_NOFOLLOW, STATX_TYPE, &st) < 0)
		return errno == ENOENT
			       ? 0
			       : fail(place, errno, path, "the file cannot be examined");
	if (S_ISDIR(st.stx_mode))
		fault = "a folder is in the way";
	else if (st.stx_attributes & STATX_ATTR_MOUNT_ROOT)
		fault = "something is mounted there, which cannot "
			"be replaced: mount the folder instead";
	else if (st.stx_attributes & (STATX_ATTR_IMMUTABLE | STATX_ATTR_APPEND))
		fault = "the file is immutable: see chattr(1)";
	if (fault == NULL)
		return 0;
	return diag_fail(place->diags, EXIT_IO,
		loc_file(state_path(place->diags, place->state, path)), "%s", fault);
}

/* A file system without labels, or a live file without one, is no fault. */
static void copy_label(const struct target_folder *place, int fd, const char *label_of)
{
	TMP_CTX(tmp);
	char label[LABEL_MAX];
	ssize_t n = lgetxattr(
		state_path(tmp, place->state, label_of), LABEL, label, sizeof(label));

	if (n > 0)
		(void)!fsetxattr(fd, LABEL, label, (size_t)n, 0);
}

/* Sets only what is not so already: each change is a journal entry, times ten thousand. */
static int set_owner_and_mode(int fd, const struct generation_file *file, struct stat *st)
{
	bool is_owned, has_mode;

	if (fstat(fd, st) < 0)
		return -errno;
	is_owned = st->st_uid == file->uid && st->st_gid == file->gid;
	if (!is_owned && fchown(fd, file->uid, file->gid) < 0)
		return -errno;
	has_mode = (st->st_mode & 07777) == file->mode;
	if (!has_mode && fchmod(fd, file->mode) < 0)
		return -errno;
	if (is_owned && has_mode)
		return 0;
	return fstat(fd, st) < 0 ? -errno : 0;
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
	struct target_folder *place, const struct generation_file *file, const char *name)
{
	bool is_own = file->uid == place->uid && file->gid == place->gid;
	mode_t mode = is_own ? (mode_t)file->mode & 0777 : 0600;
	int flags = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
	int fd = openat(place->scratch_fd, name, flags, mode);

	if (fd < 0 && errno == EEXIST && unlinkat(place->scratch_fd, name, 0) == 0)
		fd = openat(place->scratch_fd, name, flags, mode);
	return fd;
}

static int write_file(struct target_folder *place, const struct generation_file *file,
	int fd, const void *bytes, const char *label_of, struct buffer *back)
{
	int r = file_write_all(fd, bytes, file->len);

	if (r == 0 && label_of != NULL)
		copy_label(place, fd, label_of);
	if (r == 0)
		r = set_owner_and_mode(fd, file, &place->written);
	if (r == 0)
		r = read_back(fd, file->len, back);
	return r;
}

int target_folder_write(struct target_folder *place, const struct generation_file *file,
	const void *bytes, const char *label_of, struct unsynced *unsynced,
	struct buffer *back)
{
	TMP_CTX(tmp);
	const char *name = scratch_name(tmp, place, file->path);
	_cleanup_(mem_close_fd) int fd = create(place, file, name);

	if (fd < 0)
		return fail(place, errno, file->path, "its new version cannot be made");
	int r = write_file(place, file, fd, bytes, label_of, back);

	if (r == 0 && unsynced != NULL)
		unsynced_add(unsynced, fd, state_path(tmp, place->state, file->path));
	else if (close(fd) < 0 && r == 0)
		r = -errno;
	fd = -1;
	if (r < 0)
		return fail(place, -r, file->path, "its new version cannot be written");
	if (back->len != file->len || memcmp(back->data, bytes, file->len) != 0)
		return diag_fail(place->diags, EXIT_IO,
			loc_file(state_path(place->diags, place->state, file->path)),
			"its new version reads back differently: check the disk");
	return 0;
}

/* Installing */

int target_folder_install(struct target_folder *place, const char *path)
{
	TMP_CTX(tmp);
	const char *from = scratch_name(tmp, place, path);

	if (renameat(place->scratch_fd, from, place->fd, folder_name(path)) < 0)
		return fail(place, errno, path, "the file cannot be replaced");
	place->is_changed = true;
	return 0;
}

/*
 * Some file systems (NFS) refuse RENAME_NOREPLACE with EINVAL; by rename(2) a folder takes the
 * place of nothing but an empty folder.
 */
static int rename_folder(int fd, const char *from, const char *to)
{
	if (renameat2(fd, from, fd, to, RENAME_NOREPLACE) == 0)
		return 0;
	return errno == EINVAL ? renameat(fd, from, fd, to) : -1;
}

int target_folder_install_fresh(const struct state *state, const char *folder,
	uint64_t generation, struct diags *diags)
{
	TMP_CTX(tmp);
	const char *scratch = folder_name(scratch_file(tmp, folder, generation));
	char *parent = state_path(tmp, state, folder_of(tmp, folder));
	_cleanup_(mem_close_fd) int fd = -1;
	int r = folder_open(parent, state->root[0] != '\0', diags, &fd);

	if (r < 0)
		return r;
	if (fchmodat(fd, scratch, 0755, 0) < 0 ||
		rename_folder(fd, scratch, folder_name(folder)) < 0 || fsync(fd) < 0)
		return diag_fail_errno(diags, EXIT_IO, errno,
			loc_file(state_path(diags, state, folder)),
			"the new folder cannot be put in place");
	return 0;
}

int target_folder_remove(struct target_folder *place, const char *path)
{
	if (unlinkat(place->fd, folder_name(path), 0) < 0) {
		/* a folder of its name, where a new path goes by it */
		if (errno == ENOENT || errno == EISDIR)
			return 0;
		return fail(place, errno, path, "the file cannot be removed");
	}
	place->is_changed = true;
	return 0;
}

int target_folder_settle(struct target_folder *place)
{
	if (!place->is_changed)
		return 0;
	place->is_changed = false;
	if (fsync(place->fd) < 0)
		return diag_fail_errno(place->diags, EXIT_IO, errno,
			loc_file(state_path(place->diags, place->state, place->folder)),
			"the folder cannot be synced");
	return 0;
}
