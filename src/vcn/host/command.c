/* SPDX-License-Identifier: Apache-2.0 */
#include "vcn/host/command.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"
#include "vcn/common/process.h"

enum { OUTPUT_MAX = 4096 };

extern char **environ;

int command_spawn(
	const char *const *words, int out_fd, int err_fd, short flags, pid_t *ret_pid)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t ignored; /* by us */

	sigemptyset(&ignored);
	sigaddset(&ignored, SIGPIPE);
	sigaddset(&ignored, SIGXFSZ);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setsigdefault(&attributes, &ignored);
	posix_spawnattr_setflags(&attributes, (short)(flags | POSIX_SPAWN_SETSIGDEF));
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(
		&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, out_fd, STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(&actions, err_fd, STDERR_FILENO);
	int r = posix_spawnp(ret_pid, words[0], &actions, &attributes,
		(char *const *)(uintptr_t)words, environ);

	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attributes);
	return -r;
}

/* All of the process' group, and itself where it has left that. */
static void kill_all(pid_t pid)
{
	kill(-pid, SIGKILL);
	kill(pid, SIGKILL);
}

/* To the end of @fd, or to the deadline: then all is killed. */
static void read_output(int fd, pid_t pid, int64_t deadline, struct buffer *output)
{
	struct pollfd ready = {.fd = fd, .events = POLLIN};

	for (;;) {
		int64_t left = deadline - clock_ms();
		int n_ready = left <= 0 ? 0 : poll(&ready, 1, (int)left);

		if (n_ready < 0 && errno == EINTR)
			continue;
		if (n_ready <= 0) {
			kill_all(pid);
			return;
		}
		ssize_t n = read(fd, buffer_reserve(output, OUTPUT_MAX), OUTPUT_MAX);

		if (n <= 0)
			return;
		buffer_grown(output, (size_t)n);
		if (output->len > OUTPUT_MAX)
			buffer_truncate(output, OUTPUT_MAX);
	}
}

/* One that has closed its outputs may go on all the same. */
static int wait_for_end(pid_t pid, int64_t deadline)
{
	_cleanup_(mem_close_fd) int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	int64_t left = deadline - clock_ms();
	int status = -1;

	if (pidfd >= 0 && !process_wait(pidfd, left > 0 ? (int)left : 0))
		kill_all(pid);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return status;
}

bool command_run(TALLOC_CTX *mem_ctx, const char *const *words, unsigned timeout_ms,
	char **ret_output, int *ret_status)
{
	TMP_CTX(tmp);
	struct buffer *output = buffer_new(tmp);
	int ends[2], status = -1;
	pid_t pid;

	*ret_output = mem_strdup(mem_ctx, "");
	if (ret_status != NULL)
		*ret_status = -1;
	if (pipe2(ends, O_CLOEXEC) < 0)
		return false;
	int r = command_spawn(words, ends[1], ends[1], POSIX_SPAWN_SETPGROUP, &pid);

	close(ends[1]);
	if (r == 0) {
		int64_t deadline = clock_ms() + timeout_ms;

		read_output(ends[0], pid, deadline, output);
		status = wait_for_end(pid, deadline);
	} else {
		buffer_add_text(output, strerror(-r));
	}
	close(ends[0]);
	while (output->len > 0 && output->data[output->len - 1] == '\n')
		buffer_truncate(output, output->len - 1);
	*ret_output = mem_strdup(mem_ctx, output->data);
	if (ret_status != NULL)
		*ret_status = status;
	return r == 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}
