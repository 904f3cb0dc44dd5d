/* SPDX-License-Identifier: Apache-2.0 */
#include "vcn/guest/image.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "vcn/guest/whole.h"

enum { COPY_MAX_MIB = 512 };

/* Opening */

/* What follows @root in @path, or NULL: `/images` covers `/images/a`, not `/images2/a`. */
static const char *below_root(const char *root, const char *path)
{
	size_t length = strlen(root);

	while (length > 0 && root[length - 1] == '/')
		length--;
	if (strncmp(root, path, length) != 0 || path[length] != '/')
		return NULL;
	path += length;
	path += strspn(path, "/");
	return *path == '\0' ? NULL : path;
}

bool image_is_below(const struct string_list *roots, const char *path)
{
	for (size_t i = 0; i < roots->n; i++)
		if (below_root(roots->items[i], path) != NULL)
			return true;
	return false;
}

/* Of a link ELOOP, whatever else it is not. */
static int open_step(int dirfd, const char *name, int flags)
{
	struct stat st;
	int fd = openat(dirfd, name, flags | O_NOFOLLOW | O_CLOEXEC);

	if (fd >= 0)
		return fd;
	int error = errno;

	return fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(st.st_mode)
		       ? -ELOOP
		       : -error;
}

/* Without "." and ".."; -EXDEV where it would lead up and out. */
static int plain_names(char **names, size_t n, size_t *ret_n)
{
	size_t n_plain = 0;

	for (size_t i = 0; i < n; i++) {
		bool is_up = strcmp(names[i], "..") == 0;

		if (is_up && n_plain == 0)
			return -EXDEV;
		if (is_up)
			n_plain--;
		else if (names[i][0] != '\0' && strcmp(names[i], ".") != 0)
			names[n_plain++] = names[i];
	}
	*ret_n = n_plain;
	return n_plain == 0 ? -EISDIR : 0;
}

/*
 * Step by step, and never through a link. Not openat2(2), whose flags no filter of system
 * calls can look at: where a unit has RestrictSUIDSGID= there is none.
 */
static int open_beneath(const char *root, const char *rest, bool is_writable)
{
	TMP_CTX(tmp);
	size_t n;
	char **names = text_split(tmp, rest, '/', &n);
	int r = plain_names(names, n, &n);
	/* The root itself is the administrator's word: it may be a link. */
	_cleanup_(mem_close_fd) int dirfd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (dirfd < 0)
		return -errno;
	for (size_t i = 0; r == 0 && i + 1 < n; i++) {
		int below = open_step(dirfd, names[i], O_PATH | O_DIRECTORY);

		if (below < 0)
			return below;
		close(dirfd);
		dirfd = below;
	}
	/* O_NONBLOCK: a FIFO in the way must not hang us */
	return r < 0 ? r
		     : open_step(dirfd, names[n - 1],
			       (is_writable ? O_RDWR : O_RDONLY) | O_NOCTTY | O_NONBLOCK);
}

static int open_fault(int error, const char *what, const char *path, struct loc where,
	struct diags *diags)
{
	if (error == ELOOP)
		return diag_fail(diags, EXIT_DATA, where,
			"%s '%s' is or goes through a symbolic link, "
			"which is not followed below the roots in vcn.yaml",
			what, path);
	if (error == EXDEV)
		return diag_fail(diags, EXIT_DATA, where,
			"%s '%s' leads out of its image root", what, path);
	return diag_fail_errno(
		diags, EXIT_DATA, error, where, "%s '%s' cannot be opened", what, path);
}

static int check_regular(
	int fd, const char *what, const char *path, struct loc where, struct diags *diags)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return open_fault(errno, what, path, where, diags);
	if (!S_ISREG(st.st_mode))
		return diag_fail(diags, EXIT_DATA, where, "%s '%s' is no regular file",
			what, path);
	/* What a full disk, or a copy that has just begun, leaves; of a credential a word. */
	if (st.st_size == 0 && strcmp(what, "credential") != 0)
		return diag_fail(diags, EXIT_DATA, where, "%s '%s' is empty", what, path);
	return 0;
}

int image_open(const struct string_list *roots, const char *path, const char *what,
	bool is_writable, struct loc where, struct diags *diags, int *ret_fd)
{
	const char *rest = NULL;
	const char *kind = strcmp(what, "credential") == 0 ? what
			   : strcmp(what, "disk") == 0	   ? "writable"
							   : "image";
	size_t i = 0;

	while (i < roots->n && (rest = below_root(roots->items[i], path)) == NULL)
		i++;
	if (rest == NULL)
		return diag_fail(diags, EXIT_DATA, where,
			"%s '%s' is below none of the %s roots "
			"of this host (vcn.yaml, %s-roots)",
			what, path, kind, kind);
	_cleanup_(mem_close_fd) int fd = open_beneath(roots->items[i], rest, is_writable);

	if (fd < 0)
		return open_fault(-fd, what, path, where, diags);
	int r = check_regular(fd, what, path, where, diags);

	if (r < 0)
		return r;
	*ret_fd = mem_take_fd(&fd);
	return 0;
}

int image_reopen(
	int fd, const char *path, struct loc where, struct diags *diags, int *ret_fd)
{
	char link[64];

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	*ret_fd = open(link, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	return *ret_fd < 0 ? open_fault(errno, "image", path, where, diags) : 0;
}

int image_seal(int fd, mode_t mode)
{
	const int seals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;

	return fchmod(fd, mode) < 0 ? -1 : fcntl(fd, F_ADD_SEALS, seals);
}

/*
 * Copies a file into memory that other users may open; the descriptor, or -errno: -EFBIG
 * above the bound, because a sparse file says any size.
 */
static int copy_to_memory(int from)
{
	struct stat st;
	off_t offset = 0;

	if (fstat(from, &st) < 0)
		return -errno;
	if (st.st_size > (off_t)COPY_MAX_MIB * 1024 * 1024)
		return -EFBIG;
	_cleanup_(mem_close_fd) int fd =
		memfd_create("boot", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0)
		return -errno;
	while (offset < st.st_size) {
		ssize_t n = sendfile(fd, from, &offset, (size_t)(st.st_size - offset));

		if (n <= 0)
			return n < 0 ? -errno : -EIO;
	}
	if (image_seal(fd, 0444) < 0)
		return -errno;
	return mem_take_fd(&fd);
}

static int refuse_cut(const struct image_file *file, struct diags *diags)
{
	struct stat st = {0};

	(void)!fstat(file->fd, &st);
	return diag_fail(diags, EXIT_DATA, file->where,
		"%s '%s' is cut: it has %lld bytes, and by its own tables more (is it "
		"still being copied?)",
		file->what, file->path, (long long)st.st_size);
}

int image_open_for_all(const struct string_list *roots, const char *path,
	const char *what, struct loc where, struct diags *diags, int *ret_fd)
{
	struct stat st;
	int fd, r = image_open(roots, path, what, false, where, diags, &fd);

	if (r < 0)
		return r;
	if (whole_kernel_is_cut(fd)) {
		const struct image_file file = {
			.fd = fd, .what = what, .path = path, .where = where};

		r = refuse_cut(&file, diags);
		close(fd);
		return r;
	}
	if (fstat(fd, &st) == 0 && (st.st_mode & S_IROTH) == 0) {
		int copy = copy_to_memory(fd);

		close(fd);
		if (copy == -EFBIG)
			return diag_fail(diags, EXIT_DATA, where,
				"%s '%s' is not readable for everybody, and too large "
				"to be copied (%d MiB): chmod o+r",
				what, path, COPY_MAX_MIB);
		if (copy < 0)
			return open_fault(-copy, what, path, where, diags);
		fd = copy;
	}
	*ret_fd = fd;
	return 0;
}

/* What is in it */

static int fail_reading(const struct image_file *file, struct diags *diags)
{
	return diag_fail_errno(diags, EXIT_DATA, errno, file->where,
		"%s '%s' cannot be read", file->what, file->path);
}

static int check_qcow2(struct image_file *file, struct diags *diags)
{
	uint8_t bytes[QCOW2_HEAD_BYTES];
	struct qcow2_head head;
	ssize_t n = pread(file->fd, bytes, sizeof(bytes), 0);

	if (n < 0)
		return fail_reading(file, diags);
	const char *fault = qcow2_read_head(bytes, (size_t)n, &head);

	if (fault != NULL)
		return diag_fail(diags, EXIT_DATA, file->where, "%s '%s' %s", file->what,
			file->path, fault);
	file->disk_bytes = head.disk_bytes;
	return whole_qcow2_is_cut(file->fd, &head, file->is_written)
		       ? refuse_cut(file, diags)
		       : 0;
}

/*
 * What is no raw image: a guest would find no system on it, and format a disk that is kept. One
 * byte string each, which no disk that boots begins with.
 */
static const struct {
	const char *magic, *format;
} other_formats[] = {
	{"QFI\xfb", "qcow2"},
	{"KDMV", "VMDK"},
	{"vhdxfile", "VHDX"},
	{"<<< Oracle VM", "VDI"},
	{"<<< Sun", "VDI"},
};

static int check_raw(struct image_file *file, struct diags *diags)
{
	char start[16] = "";
	struct stat st;

	if (fstat(file->fd, &st) < 0 || pread(file->fd, start, sizeof(start), 0) < 0)
		return fail_reading(file, diags);
	for (size_t i = 0; i < ARRAY_SIZE(other_formats); i++)
		if (memcmp(start, other_formats[i].magic,
			    strlen(other_formats[i].magic)) == 0)
			return diag_fail(diags, EXIT_DATA, file->where,
				"%s '%s' is a %s image, and the manifest says raw",
				file->what, file->path, other_formats[i].format);
	file->disk_bytes = (uint64_t)st.st_size;
	return whole_disk_is_cut(file->fd) ? refuse_cut(file, diags) : 0;
}

int image_check(struct image_file *file, struct diags *diags)
{
	return file->format == IMAGE_QCOW2 ? check_qcow2(file, diags)
					   : check_raw(file, diags);
}
