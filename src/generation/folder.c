/* SPDX-License-Identifier: Apache-2.0 */
#include "generation/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
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

int folder_open(const char *path, bool is_below_root, struct diags *diags, int *ret_fd)
{
	_cleanup_(mem_close_fd) int fd =
		open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (fd < 0 && (errno == ELOOP || errno == ENOTDIR))
		return diag_fail(diags, EXIT_IO, loc_file(mem_strdup(diags, path)),
			"this is no folder, or it is a link: name the folder itself");
	if (fd < 0 || fstat(fd, &st) < 0)
		return diag_fail_errno(diags, EXIT_IO, errno,
			loc_file(mem_strdup(diags, path)), "the folder cannot be opened");
	const char *fault = is_below_root ? NULL : folder_fault(&st);

	if (fault != NULL)
		return diag_fail(
			diags, EXIT_IO, loc_file(mem_strdup(diags, path)), "%s", fault);
	*ret_fd = fd;
	fd = -1;
	return 0;
}

int folder_make(const char *path, bool is_below_root, struct diags *diags, int *ret_fd)
{
	struct stat st;
	int r = 0;

	if (lstat(path, &st) < 0 && errno == ENOENT)
		r = file_make_folders(path, 0755);
	if (r < 0)
		return diag_fail_errno(diags, EXIT_IO, -r,
			loc_file(mem_strdup(diags, path)), "the folder cannot be made");
	return folder_open(path, is_below_root, diags, ret_fd);
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

static void close_dir(DIR **dir)
{
	if (*dir != NULL)
		closedir(*dir);
}

static int remove_contents(int dirfd, const char *name)
{
	int fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	_cleanup_(close_dir) DIR *dir = fdopendir(fd);

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
