/* SPDX-License-Identifier: Apache-2.0 */
#include "vcn/host/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/text.h"

enum { SYSTEMCTL_TIMEOUT_MS = 30000, OUTPUT_MAX = 4096 };

extern char **environ;

static void actions_done(posix_spawn_file_actions_t *actions)
{
	posix_spawn_file_actions_destroy(actions);
}

/* Starts @words with both outputs on @write_fd; 0, or -errno. */
static int spawn_on_pipe(const char *const *words, int write_fd, pid_t *ret_pid)
{
	_cleanup_(actions_done) posix_spawn_file_actions_t actions;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(
		&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, write_fd, STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(&actions, write_fd, STDERR_FILENO);
	return -posix_spawnp(ret_pid, words[0], &actions, NULL,
		(char *const *)(uintptr_t)words, environ);
}

/* To the end of @fd, or to the deadline: then the process is killed. */
static void read_output(int fd, pid_t pid, struct buffer *output)
{
	struct pollfd ready = {.fd = fd, .events = POLLIN};

	for (;;) {
		int n_ready = poll(&ready, 1, SYSTEMCTL_TIMEOUT_MS);

		if (n_ready < 0 && errno == EINTR)
			continue;
		if (n_ready <= 0) {
			kill(pid, SIGKILL);
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

/*
 * Runs systemctl with @words and gives what it said, without the last newline; true where
 * it exited with 0.
 */
static bool systemctl(TALLOC_CTX *mem_ctx, const char *const *words, char **ret_output)
{
	TMP_CTX(tmp);
	struct buffer *output = buffer_new(tmp);
	int ends[2], status = -1;
	pid_t pid;

	*ret_output = mem_strdup(mem_ctx, "");
	if (pipe2(ends, O_CLOEXEC) < 0)
		return false;
	int r = spawn_on_pipe(words, ends[1], &pid);

	close(ends[1]);
	if (r == 0) {
		read_output(ends[0], pid, output);
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
	} else {
		buffer_add_text(output, strerror(-r));
	}
	close(ends[0]);
	while (output->len > 0 && output->data[output->len - 1] == '\n')
		buffer_truncate(output, output->len - 1);
	*ret_output = mem_strdup(mem_ctx, output->data);
	return r == 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

bool unit_is_available(void)
{
	TMP_CTX(tmp);
	char *output;

	if (geteuid() != 0 || access("/run/systemd/system", F_OK) < 0)
		return false;
	return systemctl(
		tmp, (const char *[]){"systemctl", "cat", "vcn@.service", NULL}, &output);
}

int unit_start(const char *name, struct diags *diags)
{
	TMP_CTX(tmp);
	const char *unit = mem_printf(tmp, "vcn@%s.service", name);
	char *output;

	(void)!systemctl(
		tmp, (const char *[]){"systemctl", "reset-failed", unit, NULL}, &output);
	if (systemctl(tmp,
		    (const char *[]){"systemctl", "start", "--no-block", unit, NULL},
		    &output))
		return 0;
	return diag_fail(
		diags, EXIT_REJECTED, LOC_NONE, "%s cannot be started: %s", unit, output);
}

/* The value behind KEY= in lines of that form, or "". */
static char *value_of(TALLOC_CTX *mem_ctx, const char *lines, const char *key)
{
	for (const char *line = lines; line != NULL; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (text_has_prefix(line, key) && line[strlen(key)] == '=') {
			line += strlen(key) + 1;
			return mem_strndup(mem_ctx, line, strcspn(line, "\n"));
		}
	}
	return mem_strdup(mem_ctx, "");
}

char *unit_state(TALLOC_CTX *mem_ctx, const char *name)
{
	TMP_CTX(tmp);
	const char *unit = mem_printf(tmp, "vcn@%s.service", name);
	char *output;

	if (!systemctl(tmp,
		    (const char *[]){"systemctl", "show", "--property=ActiveState,Job",
			    unit, NULL},
		    &output))
		return mem_strdup(mem_ctx, "unknown");
	const char *job = value_of(tmp, output, "Job");

	/* A unit that waits for its turn is inactive, too. */
	if (job[0] != '\0' && strcmp(job, "0") != 0)
		return mem_strdup(mem_ctx, "queued");
	return value_of(mem_ctx, output, "ActiveState");
}
