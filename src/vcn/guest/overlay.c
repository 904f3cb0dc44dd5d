/* SPDX-License-Identifier: Apache-2.0 */
#include "vcn/guest/overlay.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/file.h"

enum { DEPTH_MAX = 32 };

static int remove_tree(int dirfd, const char *name, unsigned depth);

static void remove_content(DIR *folder, unsigned depth)
{
	struct dirent *entry;

	while ((entry = readdir(folder)) != NULL)
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			(void)!remove_tree(dirfd(folder), entry->d_name, depth + 1);
}

/*
 * Whoever wrote into the folder is not trusted: no link is followed, and no folder deeper
 * than we go keeps more than itself.
 */
static int remove_tree(int dirfd, const char *name, unsigned depth)
{
	if (unlinkat(dirfd, name, 0) == 0 || errno == ENOENT)
		return 0;
	if (errno != EISDIR && errno != EPERM)
		return -errno;
	int fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *folder = fd < 0 || depth > DEPTH_MAX ? NULL : fdopendir(fd);

	if (folder != NULL) {
		remove_content(folder, depth);
		closedir(folder);
	} else if (fd >= 0) {
		close(fd);
	}
	return unlinkat(dirfd, name, AT_REMOVEDIR) < 0 ? -errno : 0;
}

static int remove_scratch(struct overlay *scratch)
{
	if (scratch->name != NULL)
		(void)!remove_tree(scratch->top_fd, scratch->name, 0);
	mem_close_fd(&scratch->lock_fd);
	mem_close_fd(&scratch->top_fd);
	return 0;
}

/* What is above it is not the guests' alone, and open to others. */
static int make_top(const char *path)
{
	TMP_CTX(tmp);
	char *parent = mem_strdup(tmp, path), *slash = strrchr(parent, '/');
	int r = 0;

	if (slash != NULL && slash != parent) {
		*slash = '\0';
		r = file_make_folders(parent, 0755);
	}
	return r == 0 ? file_make_folders(path, 0711) : r;
}

/* The folder of all: often below /var/tmp, where anybody could have made it before us. */
static int open_top(const char *path, struct diags *diags)
{
	struct stat st;
	int r = make_top(path);

	if (r < 0)
		return diag_fail_errno(diags, EXIT_IO, -r, LOC_NONE,
			"the scratch directory '%s' cannot be made", path);
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &st) < 0)
		return diag_fail_errno(diags, EXIT_IO, errno, LOC_NONE,
			"the scratch directory '%s' cannot be opened", path);
	if (st.st_uid == geteuid() && (st.st_mode & (S_IWGRP | S_IWOTH)) == 0)
		return fd;
	close(fd);
	return diag_fail(diags, EXIT_IO, LOC_NONE,
		"the scratch directory '%s' must belong "
		"to user %u and be writable by nobody else",
		path, (unsigned)geteuid());
}

/*
 * The folder, locked; -EWOULDBLOCK where another supervisor has it, whatever runtime directory it
 * knows. On a file system without such locks nobody is asked.
 */
static int lock_folder(const struct overlay *scratch, const char *name)
{
	int fd = openat(
		scratch->top_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	if (flock(fd, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK)
		return fd;
	close(fd);
	return -EWOULDBLOCK;
}

static int refuse_folder(
	const struct overlay *scratch, const char *name, struct diags *diags)
{
	return diag_fail(diags, EXIT_BUSY, LOC_NONE,
		"VCN '%s': it still runs from another runtime directory, with the scratch "
		"directory '%s'",
		name, scratch->path);
}

static int make_folder(struct overlay *scratch, const char *name,
	const struct identity *identity, struct diags *diags)
{
	_cleanup_(mem_close_fd) int old = lock_folder(scratch, name);

	if (old == -EWOULDBLOCK)
		return refuse_folder(scratch, name, diags);
	/* What is not there now may be another's in a moment. */
	int r = old == -ENOENT ? 0 : remove_tree(scratch->top_fd, name, 0);

	if (r < 0)
		return diag_fail_errno(diags, EXIT_IO, -r, LOC_NONE,
			"the old scratch directory '%s' cannot be removed",
			scratch->path);
	if (mkdirat(scratch->top_fd, name, 0700) < 0)
		return errno == EEXIST
			       ? refuse_folder(scratch, name, diags)
			       : diag_fail_errno(diags, EXIT_IO, errno, LOC_NONE,
					 "the scratch directory '%s' cannot be made",
					 scratch->path);
	scratch->lock_fd = lock_folder(scratch, name);
	if (scratch->lock_fd == -EWOULDBLOCK || scratch->lock_fd == -ENOENT)
		return refuse_folder(scratch, name, diags);
	scratch->name = mem_strdup(scratch, name);
	if (identity->changes_user && fchownat(scratch->top_fd, name, identity->uid,
					      identity->uid, AT_SYMLINK_NOFOLLOW) < 0)
		return diag_fail_errno(diags, EXIT_IO, errno, LOC_NONE,
			"the scratch directory '%s' cannot be given to user %u",
			scratch->path, (unsigned)identity->uid);
	return 0;
}

int overlay_make(TALLOC_CTX *mem_ctx, const struct launch_settings *settings,
	const char *name, const struct identity *identity, struct diags *diags,
	struct overlay **ret_scratch)
{
	TMP_CTX(tmp);
	struct overlay *scratch = mem_new(tmp, struct overlay);

	scratch->lock_fd = -1;
	scratch->top_fd = open_top(settings->scratch, diags);
	if (scratch->top_fd < 0)
		return scratch->top_fd;
	talloc_set_destructor(scratch, remove_scratch);
	scratch->path = file_join(scratch, settings->scratch, name);
	int r = make_folder(scratch, name, identity, diags);

	if (r == 0)
		*ret_scratch = talloc_steal(mem_ctx, scratch);
	return r;
}

void overlay_forget(const char *path)
{
	_cleanup_(mem_close_fd) int fd =
		open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	/* Of a guest that runs it is empty to the eye, too. */
	if (fd >= 0 && (flock(fd, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK))
		(void)!rmdir(path);
}

uint64_t overlay_bytes_left(const struct overlay *scratch)
{
	struct statvfs fs;

	if (fstatvfs(scratch->top_fd, &fs) < 0)
		return UINT64_MAX;
	return (uint64_t)fs.f_bavail * fs.f_frsize;
}

int overlay_make_file(const struct overlay *scratch, const char *name, int *ret_fd)
{
	_cleanup_(mem_close_fd) int folder = openat(scratch->top_fd, scratch->name,
		O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (folder < 0)
		return -errno;
	*ret_fd = openat(
		folder, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (*ret_fd < 0 || unlinkat(folder, name, 0) < 0)
		return -errno;
	return 0;
}

struct limit {
	pid_t pid;
	unsigned mib;
};

static int set_limit(const void *data)
{
	const struct limit *limit = data;
	rlim_t bytes = (rlim_t)limit->mib * 1024 * 1024;
	const struct rlimit both = {bytes, bytes};

	return prlimit(limit->pid, RLIMIT_FSIZE, &both, NULL) < 0 ? errno : 0;
}

int overlay_limit(const struct identity *identity, pid_t pid, unsigned mib)
{
	return identity_act(identity, set_limit, &(struct limit){pid, mib});
}
