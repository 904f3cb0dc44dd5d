/* SPDX-License-Identifier: Apache-2.0 */
#include "publish/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"

enum {
	TERM_GRACE_MS = 2000,
	DRAIN_MS = 200, /* for output that is still in the pipe when the program ended */
	TICK_MS = 20, /* without pidfd_open(2), Linux before 5.3 */
	NOT_STARTED = 127,
	READ_STEP = 8192,
};

static const char SYSTEM_PATH[] =
	"/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

static const char *own_path(TALLOC_CTX *mem_ctx)
{
	const char *path = getenv("PATH");

	if (path == NULL || path[0] == '\0')
		return SYSTEM_PATH;
	return mem_printf(mem_ctx, "%s:%s", path, SYSTEM_PATH);
}

static bool is_program(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, X_OK) == 0;
}

char *child_find(TALLOC_CTX *mem_ctx, const char *word)
{
	TMP_CTX(tmp);
	const char *folder = own_path(tmp);

	if (strchr(word, '/') != NULL)
		return is_program(word) ? mem_strdup(mem_ctx, word) : NULL;
	while (*folder != '\0') {
		size_t len = strcspn(folder, ":");
		char *path = mem_printf(tmp, "%.*s/%s", (int)len, folder, word);

		/* a relative folder would depend on where we were started */
		if (folder[0] == '/' && is_program(path))
			return talloc_steal(mem_ctx, path);
		folder += len + (folder[len] == ':');
	}
	return NULL;
}

/* A child at work. */
struct run {
	pid_t pid;
	int pidfd; /* -1: the kernel has none */
	int output; /* -1: closed by all that had it */
	struct buffer *tail;
	bool has_ended; /* but is not reaped: its group cannot become another's */
};

/* Starting */

static int set_actions(posix_spawn_file_actions_t *actions, int output)
{
	int r = posix_spawn_file_actions_addopen(actions, 0, "/dev/null", O_RDONLY, 0);

	if (r == 0)
		r = posix_spawn_file_actions_adddup2(actions, output, 1);
	if (r == 0)
		r = posix_spawn_file_actions_adddup2(actions, output, 2);
	if (r == 0)
		r = posix_spawn_file_actions_addchdir_np(actions, "/");
	return r;
}

/* No signal that we block or ignore may reach the program so. */
static int set_attributes(posix_spawnattr_t *attributes)
{
	sigset_t none, all;

	sigemptyset(&none);
	sigfillset(&all);
	int r = posix_spawnattr_setsigmask(attributes, &none);

	if (r == 0)
		r = posix_spawnattr_setsigdefault(attributes, &all);
	if (r == 0)
		r = posix_spawnattr_setpgroup(attributes, 0);
	if (r == 0)
		r = posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETPGROUP |
								 POSIX_SPAWN_SETSIGMASK |
								 POSIX_SPAWN_SETSIGDEF);
	return r;
}

static int spawn(
	const char *program, const char *const *words, int output, pid_t *ret_pid)
{
	TMP_CTX(tmp);
	char *environment[] = {
		mem_printf(tmp, "PATH=%s", own_path(tmp)),
		mem_strdup(tmp, "HOME=/"),
		mem_strdup(tmp, "LC_ALL=C"),
		NULL,
	};
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;

	posix_spawn_file_actions_init(&actions);
	posix_spawnattr_init(&attributes);
	int r = set_actions(&actions, output);

	if (r == 0)
		r = set_attributes(&attributes);
	if (r == 0)
		r = posix_spawn(ret_pid, program, &actions, &attributes,
			(char *const *)(uintptr_t)words, environment);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	return -r;
}

/* Whoever started us may have SIGCHLD ignored, and then nobody could be waited for. */
static void heed_children(void)
{
	struct sigaction action;

	if (sigaction(SIGCHLD, NULL, &action) == 0 && action.sa_handler == SIG_IGN) {
		action.sa_handler = SIG_DFL;
		(void)sigaction(SIGCHLD, &action, NULL);
	}
}

static int start(const char *program, const char *const *words, struct run *run)
{
	int ends[2];

	heed_children();
	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	fcntl(ends[0], F_SETFL, O_NONBLOCK);
	int r = spawn(program, words, ends[1], &run->pid);

	close(ends[1]);
	if (r < 0) {
		close(ends[0]);
		return r;
	}
	run->output = ends[0];
	run->pidfd = (int)syscall(SYS_pidfd_open, run->pid, 0);
	return 0;
}

/* Waiting */

/* Keeps the last bytes only, however much comes. */
static void read_output(struct run *run)
{
	char bytes[READ_STEP];

	for (;;) {
		ssize_t n = read(run->output, bytes, sizeof(bytes));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return;
		if (n <= 0) {
			mem_close_fd(&run->output);
			return;
		}
		buffer_add(run->tail, bytes, (size_t)n);
		if (run->tail->len > 2 * CHILD_OUTPUT_MAX) {
			memmove(run->tail->data,
				run->tail->data + run->tail->len - CHILD_OUTPUT_MAX,
				CHILD_OUTPUT_MAX);
			buffer_truncate(run->tail, CHILD_OUTPUT_MAX);
		}
	}
}

static void look(struct run *run)
{
	siginfo_t info = {0};

	if (waitid(P_PID, (id_t)run->pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0)
		run->has_ended = info.si_pid != 0;
	else
		run->has_ended = errno == ECHILD;
}

static void reap(const struct run *run, struct child_result *ret)
{
	int status = 0;
	pid_t pid;

	do
		pid = waitpid(run->pid, &status, run->has_ended ? 0 : WNOHANG);
	while (pid < 0 && errno == EINTR);
	if (pid != run->pid)
		ret->status = NOT_STARTED;
	else if (WIFSIGNALED(status))
		ret->signal = WTERMSIG(status);
	else
		ret->status = WEXITSTATUS(status);
	if (ret->signal != 0)
		ret->status = -1;
}

/* Until the program ended, or @deadline. */
static void wait_until(struct run *run, int64_t deadline)
{
	while (!run->has_ended) {
		int64_t left = deadline - clock_ms();
		struct pollfd fds[] = {
			{.fd = run->output, .events = POLLIN},
			{.fd = run->pidfd, .events = POLLIN},
		};

		if (left <= 0)
			return;
		if (run->pidfd < 0 && left > TICK_MS)
			left = TICK_MS;
		(void)poll(fds, ARRAY_SIZE(fds), (int)left);
		if (run->output >= 0)
			read_output(run);
		look(run);
	}
}

/* A grandchild that keeps the pipe open must not keep us. */
static void drain(struct run *run)
{
	int64_t deadline = clock_ms() + DRAIN_MS;

	while (run->output >= 0) {
		struct pollfd fd = {.fd = run->output, .events = POLLIN};
		int64_t left = deadline - clock_ms();

		if (left <= 0 || poll(&fd, 1, (int)left) == 0)
			break;
		read_output(run);
	}
	mem_close_fd(&run->output);
}

static void stop(struct run *run)
{
	kill(-run->pid, SIGTERM);
	wait_until(run, clock_ms() + TERM_GRACE_MS);
	kill(-run->pid, SIGKILL);
	/* a process that the kernel does not let go of must not keep us */
	wait_until(run, clock_ms() + TERM_GRACE_MS);
}

static char *tail_of(TALLOC_CTX *mem_ctx, const struct buffer *b)
{
	size_t len = b->len < CHILD_OUTPUT_MAX ? b->len : CHILD_OUTPUT_MAX;
	char *text = mem_strndup(mem_ctx, b->data + b->len - len, len);

	/* it goes into messages: a zero byte would cut it */
	for (size_t i = 0; i < len; i++)
		if (text[i] == '\0')
			text[i] = '?';
	return text;
}

void child_run(TALLOC_CTX *mem_ctx, const char *const *words, unsigned timeout_ms,
	bool kill_group, struct child_result *ret)
{
	TMP_CTX(tmp);
	struct run run = {.pidfd = -1, .output = -1, .tail = buffer_new(tmp)};
	char *program = child_find(tmp, words[0]);
	int r = program == NULL ? -ENOENT : start(program, words, &run);

	*ret = (struct child_result){.is_missing = program == NULL};
	if (r < 0) {
		ret->status = NOT_STARTED;
		ret->output = mem_printf(mem_ctx, "%s: %s\n", words[0], strerror(-r));
		return;
	}
	wait_until(&run, clock_ms() + timeout_ms);
	ret->is_timed_out = !run.has_ended;
	if (ret->is_timed_out)
		stop(&run);
	else if (kill_group)
		kill(-run.pid, SIGKILL);
	drain(&run);
	mem_close_fd(&run.pidfd);
	reap(&run, ret);
	ret->output = tail_of(mem_ctx, run.tail);
}

/* Words */

char *child_describe(
	TALLOC_CTX *mem_ctx, const struct child_result *result, unsigned timeout_ms)
{
	if (result->is_missing)
		return mem_strdup(mem_ctx, "is not installed");
	if (result->is_timed_out)
		return mem_printf(
			mem_ctx, "did not end within %g s", (double)timeout_ms / 1000);
	if (result->signal != 0)
		return mem_printf(mem_ctx, "was killed by signal %d", result->signal);
	return mem_printf(mem_ctx, "exited with status %d", result->status);
}

char *child_format(TALLOC_CTX *mem_ctx, const char *const *words)
{
	TMP_CTX(tmp);
	struct buffer *b = buffer_new(tmp);

	for (size_t i = 0; words[i] != NULL; i++) {
		bool is_plain = words[i][0] != '\0' &&
				words[i][strcspn(words[i], " \t\n'\"\\$")] == '\0';

		buffer_printf(b, "%s%s%s%s", i == 0 ? "" : " ", is_plain ? "" : "'",
			words[i], is_plain ? "" : "'");
	}
	return talloc_steal(mem_ctx, b->data);
}
