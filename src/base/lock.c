/* SPDX-License-Identifier: Apache-2.0 */
#include "base/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/mem.h"

static const int COMMANDS[] = {
	[LOCK_TRY] = F_OFD_SETLK,
	[LOCK_TRY_ALONE] = F_SETLK,
};

int lock_take_at(int dirfd, const char *name, enum lock_kind kind)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	int fd = openat(dirfd, name,
		O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);

	if (fd < 0)
		return -errno;
	if (fcntl(fd, COMMANDS[kind], &lock) == 0)
		return fd;
	int error = errno == EACCES ? EAGAIN : errno;

	close(fd);
	return -error;
}

bool lock_is_held_at(int dirfd, const char *name)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	_cleanup_(mem_close_fd) int fd =
		openat(dirfd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	return fd >= 0 && fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}
