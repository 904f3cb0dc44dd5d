/* SPDX-License-Identifier: Apache-2.0 */
#include "vcn/common/patience.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"

enum { READ_STEP = 64 * 1024, GONE_MS = 100 };

/* 1: more may come, 0: the end, -errno */
static int take(int fd, struct buffer *b, size_t max)
{
	ssize_t n = read(fd, buffer_reserve(b, READ_STEP), READ_STEP);

	if (n < 0)
		return errno == EINTR ? 1 : -errno;
	buffer_grown(b, (size_t)n);
	return n == 0 ? 0 : b->len > max ? -EFBIG : 1;
}

static int take_all(int fd, struct buffer *b, size_t max, unsigned timeout_ms)
{
	int64_t deadline = clock_ms() + timeout_ms, left;
	int r = 1;

	while (r > 0 && (left = deadline - clock_ms()) > 0) {
		struct pollfd ready = {.fd = fd, .events = POLLIN};

		if (poll(&ready, 1, (int)left) > 0)
			r = take(fd, b, max);
	}
	return r > 0 ? -ETIMEDOUT : r;
}

void patience_end(pid_t child)
{
	struct pollfd end = {.events = POLLIN};

	kill(child, SIGKILL);
	end.fd = (int)syscall(SYS_pidfd_open, child, 0);
	(void)!poll(&end, 1, GONE_MS);
	waitpid(child, NULL, WNOHANG);
	mem_close_fd(&end.fd);
}

/* N of /dev/fd/N, or -1. */
static int fd_of(const char *path)
{
	static const char *const folders[] = {"/dev/fd/", "/proc/self/fd/"};
	uint64_t number;

	for (size_t i = 0; path != NULL && i < ARRAY_SIZE(folders); i++)
		if (text_has_prefix(path, folders[i]) &&
			text_parse_u64(path + strlen(folders[i]), INT_MAX, &number))
			return (int)number;
	return -1;
}

/* From @first to @last, where that is anything. */
static void close_between(int first, int last)
{
	if (first <= last && close_range((unsigned)first, (unsigned)last, 0) < 0)
		_exit(EXIT_FAILURE);
}

void patience_leave(int fd, const char *path)
{
	int kept = fd_of(path), null_fd = open("/dev/null", O_RDWR);
	int low = kept > STDERR_FILENO && kept < fd ? kept : fd;
	int high = kept > fd ? kept : fd;

	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	if (null_fd < 0 || dup2(null_fd, STDOUT_FILENO) < 0 ||
		dup2(null_fd, STDERR_FILENO) < 0)
		_exit(EXIT_FAILURE);
	close_between(STDERR_FILENO + 1, low - 1);
	close_between(low + 1, high - 1);
	close_between(high + 1, INT_MAX);
}

int patience_read(TALLOC_CTX *mem_ctx, unsigned timeout_ms, size_t max,
	void (*work)(const void *user, int fd), const void *user, const char *path,
	char **ret_bytes, size_t *ret_len)
{
	struct buffer *b = buffer_new(mem_ctx);
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	pid_t child = fork();

	if (child == 0) {
		patience_leave(ends[1], path);
		work(user, ends[1]);
		_exit(0);
	}
	close(ends[1]);
	int r = child < 0 ? -errno : take_all(ends[0], b, max, timeout_ms);

	close(ends[0]);
	if (child > 0)
		patience_end(child);
	*ret_bytes = b->data;
	*ret_len = b->len;
	return r;
}
