/* SPDX-License-Identifier: Apache-2.0 */
#include "generation/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/file.h"

/* A sentence when others could exchange what is in the folder, else NULL. */
static const char *folder_fault(const struct stat *st)
{
	if (st->st_uid != 0 && st->st_uid != geteuid())
		return "the folder belongs to somebody else: give it to root";
	if (st->st_mode & S_IWOTH)
		return "the folder is writable by everybody: take that right away";
	if ((st->st_mode & S_IWGRP) && st->st_gid != 0 && st->st_gid != getegid())
		return "the folder is writable by its group: take that right away";
	return NULL;
}

/* Paths without links */

enum { FLAGS = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC };

/* Linux 5.6; -ENOSYS before it, and where a sandbox does not know it (EPERM). */
static int enter_at_once(const char *path)
{
	struct open_how how = {.flags = FLAGS, .resolve = RESOLVE_NO_SYMLINKS};
	int fd = (int)syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof(how));

	if (fd < 0 && errno == EPERM)
		return -ENOSYS;
	return fd < 0 ? -errno : fd;
}

/* A link instead of a folder is ENOTDIR to O_DIRECTORY. */
static int link_or(int dirfd, const char *name, int error)
{
	struct stat st;

	if (error == ENOTDIR && fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		S_ISLNK(st.st_mode))
		return -ELOOP;
	return -error;
}

/* One part after the other; the last one is opened to be read and synced. */
static int enter_each(char *path, bool to_make, mode_t mode)
{
	_cleanup_(mem_close_fd) int fd =
		open(path[0] == '/' ? "/" : ".", O_PATH | O_DIRECTORY | O_CLOEXEC);

	for (char *at = path + strspn(path, "/"), *end; fd >= 0; at = end) {
		end = at + strcspn(at, "/");
		bool is_last = end[strspn(end, "/")] == '\0';

		if (*end == '/')
			*end++ = '\0';
		end += strspn(end, "/");
		const char *name = *at == '\0' ? "." : at;

		if (to_make && mkdirat(fd, name, mode) < 0 && errno != EEXIST)
			return -errno;
		int next = openat(fd, name, is_last ? FLAGS : FLAGS | O_PATH);

		if (next < 0)
			return link_or(fd, name, errno);
		close(fd);
		fd = next;
		if (is_last)
			break;
	}
	return fd < 0 ? -errno : mem_take_fd(&fd);
}

int folder_enter(const char *path)
{
	TMP_CTX(tmp);
	int r = enter_at_once(path);

	/* also to tell a link from what is no folder */
	if (r == -ENOSYS || r == -ENOTDIR)
		r = enter_each(mem_strdup(tmp, path), false, 0);
	return r;
}

int folder_enter_new(const char *path, mode_t mode)
{
	TMP_CTX(tmp);
	int r = enter_at_once(path);

	if (r == -ENOSYS || r == -ENOTDIR || r == -ENOENT)
		r = enter_each(mem_strdup(tmp, path), true, mode);
	return r;
}

/* The first part of @path that is a link. */
static char *find_link(TALLOC_CTX *mem_ctx, const char *path)
{
	char *part = mem_strdup(mem_ctx, path);
	struct stat st;

	for (char *end = part; *end != '\0';) {
		end += strspn(end, "/");
		end += strcspn(end, "/");
		char was = *end;

		*end = '\0';
		if (lstat(part, &st) == 0 && S_ISLNK(st.st_mode))
			return part;
		*end = was;
	}
	return part;
}

int folder_fail(struct diags *diags, int error, const char *path, const char *what)
{
	TMP_CTX(tmp);
	struct loc where = loc_file(mem_strdup(diags, path));
	char real[PATH_MAX];

	if (error == ENOTDIR)
		return diag_fail(diags, EXIT_IO, where, "%s: it is no folder", what);
	if (error != ELOOP)
		return diag_fail_errno(diags, EXIT_IO, error, where, "%s", what);
	int r = diag_fail(diags, EXIT_IO, where,
		"%s: '%s' is a link, and none is followed", what, find_link(tmp, path));

	if (realpath(path, real) != NULL)
		diag_note(diag_last(diags), LOC_NONE,
			"without the link it is '%s': write that, if it is meant", real);
	return r;
}

static int check_folder(
	int fd, const char *path, bool is_below_root, struct diags *diags, int *ret_fd)
{
	struct stat st;
	_cleanup_(mem_close_fd) int own = fd;

	if (fd < 0 || fstat(fd, &st) < 0)
		return folder_fail(
			diags, fd < 0 ? -fd : errno, path, "the folder cannot be opened");
	const char *fault = is_below_root ? NULL : folder_fault(&st);

	if (fault != NULL)
		return diag_fail(
			diags, EXIT_IO, loc_file(mem_strdup(diags, path)), "%s", fault);
	own = -1;
	*ret_fd = fd;
	return 0;
}

int folder_open(const char *path, bool is_below_root, struct diags *diags, int *ret_fd)
{
	return check_folder(folder_enter(path), path, is_below_root, diags, ret_fd);
}

int folder_make(const char *path, bool is_below_root, struct diags *diags, int *ret_fd)
{
	int fd = folder_enter_new(path, 0755);

	if (fd < 0 && fd != -ELOOP && fd != -ENOTDIR)
		return folder_fail(diags, -fd, path, "the folder cannot be made");
	return check_folder(fd, path, is_below_root, diags, ret_fd);
}

char *folder_of(TALLOC_CTX *mem_ctx, const char *path)
{
	const char *slash = strrchr(path, '/');

	if (slash == NULL)
		return mem_strdup(mem_ctx, ".");
	return mem_strndup(mem_ctx, path, slash == path ? 1 : (size_t)(slash - path));
}

const char *folder_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == NULL ? path : slash + 1;
}

static int remove_contents(int dirfd, const char *name);

static int remove_one(int dirfd, const char *name, bool is_folder)
{
	int r = is_folder ? remove_contents(dirfd, name) : 0;

	if (r < 0)
		return r;
	if (unlinkat(dirfd, name, is_folder ? AT_REMOVEDIR : 0) < 0 && errno != ENOENT)
		return -errno;
	return 0;
}

static int remove_contents(int dirfd, const char *name)
{
	int fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	_cleanup_(mem_close_dir) DIR *dir = fdopendir(fd);

	if (dir == NULL) {
		int error = errno;

		close(fd);
		return -error;
	}
	for (;;) {
		errno = 0;
		struct dirent *entry = readdir(dir);
		struct stat st;

		if (entry == NULL)
			return -errno;
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (fstatat(fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			return -errno;
		int r = remove_one(fd, entry->d_name, S_ISDIR(st.st_mode));

		if (r < 0)
			return r;
	}
}

int folder_remove(int dirfd, const char *name)
{
	struct stat st;

	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : -errno;
	return remove_one(dirfd, name, S_ISDIR(st.st_mode));
}
