/* SPDX-License-Identifier: Apache-2.0 */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { READ_STEP = 64 * 1024 };

int file_read_fd(
	TALLOC_CTX *mem_ctx, int fd, size_t max, char **ret_bytes, size_t *ret_len)
{
	TMP_CTX(tmp);
	struct buffer *b = buffer_new(tmp);
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	/* Before any memory is taken: a sparse file says any size. */
	if (S_ISREG(st.st_mode) && (uint64_t)st.st_size > max)
		return -EFBIG;
	size_t step = S_ISREG(st.st_mode) && st.st_size > 0 ? (size_t)st.st_size + 1
							    : READ_STEP;

	for (;;) {
		ssize_t n = read(fd, buffer_reserve(b, step), step);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		buffer_grown(b, (size_t)n);
		if (b->len > max)
			return -EFBIG;
		/* the end is seen without more room, where it is where it was announced */
		step = b->cap - b->len > 1 ? b->cap - b->len - 1 : READ_STEP;
	}
	*ret_len = b->len;
	*ret_bytes = talloc_steal(mem_ctx, b->data);
	return 0;
}

int file_read_at(TALLOC_CTX *mem_ctx, int dirfd, const char *name, char **ret_bytes,
	size_t *ret_len)
{
	_cleanup_(mem_close_fd) int fd =
		openat(dirfd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

	if (fd < 0)
		return -errno;
	return file_read_fd(mem_ctx, fd, SIZE_MAX, ret_bytes, ret_len);
}

/* Is it a regular file? 0, or -errno. */
static int check_regular(int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	return S_ISREG(st.st_mode) ? 0 : -EMEDIUMTYPE;
}

int file_read_regular_at(TALLOC_CTX *mem_ctx, int dirfd, const char *name, size_t max,
	char **ret_bytes, size_t *ret_len)
{
	_cleanup_(mem_close_fd) int fd =
		openat(dirfd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	int r = fd < 0 ? -errno : check_regular(fd);

	return r < 0 ? r : file_read_fd(mem_ctx, fd, max, ret_bytes, ret_len);
}

struct mapping {
	void *bytes;
	size_t len;
};

static int unmap(struct mapping *mapping)
{
	munmap(mapping->bytes, mapping->len);
	return 0;
}

static int map_fd(
	TALLOC_CTX *mem_ctx, int fd, size_t max, const char **ret_bytes, size_t *ret_len)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	if ((uint64_t)st.st_size > max)
		return -EFBIG;
	*ret_bytes = "";
	*ret_len = (size_t)st.st_size;
	if (*ret_len == 0)
		return 0;
	void *bytes = mmap(NULL, *ret_len, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);

	if (bytes == MAP_FAILED)
		return -errno;
	struct mapping *mapping = mem_new(mem_ctx, struct mapping);

	*mapping = (struct mapping){bytes, *ret_len};
	talloc_set_destructor(mapping, unmap);
	*ret_bytes = bytes;
	return 0;
}

int file_map_regular_at(TALLOC_CTX *mem_ctx, int dirfd, const char *name, size_t max,
	const char **ret_bytes, size_t *ret_len)
{
	_cleanup_(mem_close_fd) int fd =
		openat(dirfd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	int r = fd < 0 ? -errno : check_regular(fd);

	return r < 0 ? r : map_fd(mem_ctx, fd, max, ret_bytes, ret_len);
}

int file_open_regular(const char *path, int flags, mode_t mode)
{
	int fd = open(path, flags | O_CLOEXEC | O_NONBLOCK, mode);
	int r = fd < 0 ? -errno : check_regular(fd);

	if (r < 0) {
		mem_close_fd(&fd);
		return r;
	}
	return fd;
}

int file_read_regular(TALLOC_CTX *mem_ctx, const char *path, size_t max,
	struct diags *diags, char **ret_bytes, size_t *ret_len)
{
	_cleanup_(mem_close_fd) int fd = file_open_regular(path, O_RDONLY, 0);
	int r = fd < 0 ? fd : file_read_fd(mem_ctx, fd, max, ret_bytes, ret_len);

	if (r < 0)
		return diag_fail_errno(
			diags, EXIT_IO, -r, loc_file(path), "the file cannot be read");
	return 0;
}

int file_read(TALLOC_CTX *mem_ctx, const char *path, enum exit_code code, size_t max,
	struct diags *diags, char **ret_bytes, size_t *ret_len)
{
	_cleanup_(mem_close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return diag_fail_errno(
			diags, code, errno, loc_file(path), "the file cannot be opened");
	int r = file_read_fd(mem_ctx, fd, max, ret_bytes, ret_len);

	if (r < 0)
		return diag_fail_errno(
			diags, code, -r, loc_file(path), "the file cannot be read");
	return 0;
}

int file_write_all(int fd, const void *bytes, size_t len)
{
	const char *from = bytes;

	while (len > 0) {
		ssize_t n = write(fd, from, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		from += n;
		len -= (size_t)n;
	}
	return 0;
}

static int write_temporary(
	int dirfd, const char *name, const void *bytes, size_t len, mode_t mode)
{
	_cleanup_(mem_close_fd) int fd = openat(
		dirfd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0)
		return -errno;
	int r = file_write_all(fd, bytes, len);

	if (r == 0 && (fchmod(fd, mode) < 0 || fsync(fd) < 0))
		r = -errno;
	int closed = close(fd);

	fd = -1;
	return r < 0 ? r : closed < 0 ? -errno : 0;
}

int file_replace_at(
	int dirfd, const char *name, const void *bytes, size_t len, mode_t mode)
{
	TMP_CTX(tmp);
	const char *temporary = mem_printf(tmp, ".%s.tmp", name);

	if (unlinkat(dirfd, temporary, 0) < 0 && errno != ENOENT)
		return -errno;
	int r = write_temporary(dirfd, temporary, bytes, len, mode);

	if (r == 0 && renameat(dirfd, temporary, dirfd, name) < 0)
		r = -errno;
	if (r < 0) {
		unlinkat(dirfd, temporary, 0);
		return r;
	}
	return fsync(dirfd) < 0 ? -errno : 0;
}

int file_make_folders(const char *path, mode_t mode)
{
	TMP_CTX(tmp);
	char *copy = mem_strdup(tmp, path);

	for (char *slash = copy; slash != NULL;) {
		slash = strchr(slash + 1, '/');
		if (slash != NULL)
			*slash = '\0';
		if (mkdir(copy, mode) < 0 && errno != EEXIST)
			return -errno;
		if (slash != NULL)
			*slash = '/';
	}
	return 0;
}

char *file_join(TALLOC_CTX *mem_ctx, const char *folder, const char *name)
{
	size_t length = strlen(folder);

	while (length > 0 && folder[length - 1] == '/')
		length--;
	return mem_printf(
		mem_ctx, "%.*s/%s", (int)length, folder, name + strspn(name, "/"));
}

char *file_plain_path(TALLOC_CTX *mem_ctx, const char *path)
{
	TMP_CTX(tmp);
	struct buffer *plain = buffer_new(tmp);

	while (*path != '\0') {
		size_t len;

		path += strspn(path, "/");
		len = strcspn(path, "/");
		if (len > 0 && !(len == 1 && path[0] == '.')) {
			buffer_add_byte(plain, '/');
			buffer_add(plain, path, len);
		}
		path += len;
	}
	return mem_strdup(mem_ctx, plain->len == 0 ? "/" : plain->data);
}
