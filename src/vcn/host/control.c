/* SPDX-License-Identifier: Apache-2.0 */
#include "vcn/host/control.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

#include <json-c/json.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "vcn/common/process.h"
#include "vcn/guest/server.h"

enum {
	REPLY_TIMEOUT_MS = 3000,
	CONNECT_TIMEOUT_S = 3,
	RETRY_MS = 20, /* of a connection that is not taken */
	DEATH_TIMEOUT_MS = 5000,
	REPLY_MAX = 64 * 1024,
	ESCAPE_KEY = 0x1d, /* Ctrl-] */
	RELAY_STEP = 4096,
	LOG_MAX = 64 * 1024 * 1024, /* far above what the supervisor keeps */
};

/* Connecting */

/* The guest's folder, or -errno. */
static int open_folder(const char *runtime_dir, const char *name)
{
	TMP_CTX(tmp);

	if (name[0] == '\0' || name[0] == '.' || strchr(name, '/') != NULL)
		return -ENOENT;
	int fd = open(file_join(tmp, runtime_dir, name),
		O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/*
 * A connection, or -errno: -ENOENT and -ECONNREFUSED where no supervisor listens. One that stands
 * still accepts nobody: then -EAGAIN, at once with SOCK_NONBLOCK in @flags, else not later than a
 * reply would be.
 */
static int connect_to(const char *runtime_dir, const char *name, int flags)
{
	static const struct timeval patience = {.tv_sec = CONNECT_TIMEOUT_S};
	struct sockaddr_un address;
	_cleanup_(mem_close_fd) int dirfd = open_folder(runtime_dir, name);
	_cleanup_(mem_close_fd) int fd =
		socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);

	if (dirfd < 0)
		return dirfd;
	if (fd < 0)
		return -errno;
	(void)!setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	server_address(dirfd, &address);
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return -errno;
	return mem_take_fd(&fd);
}

static int connect_fault(const char *name, int error, struct diags *diags)
{
	if (error == ENOENT || error == ECONNREFUSED)
		return diag_fail(
			diags, EXIT_REJECTED, LOC_NONE, "VCN '%s' is not running", name);
	return diag_fail_errno(diags, EXIT_IO, error, LOC_NONE,
		"VCN '%s': its supervisor cannot be reached", name);
}

static int send_line(int fd, const char *request)
{
	TMP_CTX(tmp);
	const char *line = mem_printf(tmp, "%s\n", request);
	size_t len = strlen(line);
	ssize_t n = send(fd, line, len, MSG_NOSIGNAL);

	return n < 0 ? -errno : (size_t)n < len ? -EIO : 0;
}

/* One line, byte by byte: what follows it, on a console, belongs to somebody else. */
static int read_line(int fd, struct buffer *line, unsigned timeout_ms)
{
	int64_t deadline = clock_ms() + timeout_ms, left;

	while ((left = deadline - clock_ms()) > 0 && line->len < REPLY_MAX) {
		struct pollfd ready = {.fd = fd, .events = POLLIN};
		char byte;

		if (poll(&ready, 1, (int)left) < 0 && errno != EINTR)
			return -errno;
		if (ready.revents == 0)
			continue;
		ssize_t n = read(fd, &byte, 1);

		if (n <= 0)
			return n < 0 ? -errno : -EPIPE;
		if (byte == '\n')
			return 0;
		buffer_add_byte(line, byte);
	}
	return -ETIMEDOUT;
}

static int check_reply(const char *name, struct json_object *reply, struct diags *diags)
{
	const char *message = NULL;
	bool ok = false;

	if (json_read_bool(reply, "ok", &ok) && ok)
		return 0;
	if (!json_read_text(reply, "message", &message) || message == NULL)
		message = "its supervisor gives no sensible answer";
	return diag_fail(diags, EXIT_REJECTED, LOC_NONE, "VCN '%s': %s", name, message);
}

/* Sends on an open connection and reads the reply; -errno where that does not work. */
static int exchange(
	int fd, const char *request, unsigned timeout_ms, struct json_object **ret_reply)
{
	TMP_CTX(tmp);
	struct buffer *line = buffer_new(tmp);
	int r = send_line(fd, request);

	if (r == 0)
		r = read_line(fd, line, timeout_ms);
	if (r == 0)
		*ret_reply = json_read(line->data, line->len);
	return r;
}

/* Asking many */

/* One question on its way. */
struct question {
	const char *name;
	int fd; /* -1: over, or not asked yet */
	bool waits; /* its queue of connections is full */
	struct buffer *line;
};

/* Whoever is after one that accepts nobody does not wait for it. */
static void ask_one(struct question *question, const char *runtime_dir,
	const char *request, struct control_answer *answer)
{
	int fd = connect_to(runtime_dir, question->name, SOCK_NONBLOCK);

	question->waits = fd == -EAGAIN;
	answer->is_unreachable = fd == -ENOENT || fd == -ECONNREFUSED;
	question->fd = fd < 0 ? -1 : fd;
	if (fd >= 0 && send_line(fd, request) < 0)
		mem_close_fd(&question->fd);
}

static struct run_state *read_answer(TALLOC_CTX *mem_ctx, const struct buffer *line)
{
	struct json_object *json = json_read(line->data, strcspn(line->data, "\n"));
	struct json_object *inner = NULL;
	struct run_state *state = NULL;

	if (json != NULL && json_read_object(json, "state", &inner) && inner != NULL)
		state = run_state_from_json(mem_ctx, inner);
	json_object_put(json);
	return state;
}

static void take_answer(
	TALLOC_CTX *mem_ctx, struct question *question, struct control_answer *answer)
{
	ssize_t n = recv(question->fd, buffer_reserve(question->line, RELAY_STEP),
		RELAY_STEP, MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0)
		buffer_grown(question->line, (size_t)n);
	if (n > 0 && strchr(question->line->data, '\n') == NULL &&
		question->line->len < REPLY_MAX)
		return;
	if (n > 0)
		answer->state = read_answer(mem_ctx, question->line);
	mem_close_fd(&question->fd);
}

/* What has come in after @timeout_ms at the latest. */
static void take_answers(TALLOC_CTX *mem_ctx, struct question *questions, size_t n,
	int timeout_ms, struct control_answer *ret)
{
	TMP_CTX(tmp);
	struct pollfd *polls = mem_array(tmp, struct pollfd, n);

	for (size_t i = 0; i < n; i++)
		polls[i] = (struct pollfd){.fd = questions[i].fd, .events = POLLIN};
	if (poll(polls, n, timeout_ms) <= 0)
		return;
	for (size_t i = 0; i < n; i++)
		if (polls[i].revents != 0)
			take_answer(mem_ctx, &questions[i], &ret[i]);
}

/* Asks those that wait for it; is there any that has not answered? */
static bool ask_some(struct question *questions, size_t n, const char *runtime_dir,
	const char *request, struct control_answer *ret, bool *ret_waits)
{
	bool is_open = false;

	*ret_waits = false;
	for (size_t i = 0; i < n; i++) {
		if (questions[i].waits)
			ask_one(&questions[i], runtime_dir, request, &ret[i]);
		*ret_waits = *ret_waits || questions[i].waits;
		is_open = is_open || questions[i].waits || questions[i].fd >= 0;
	}
	return is_open;
}

void control_ask_all(TALLOC_CTX *mem_ctx, const char *runtime_dir,
	const char *const *names, size_t n, const char *request, unsigned timeout_ms,
	struct control_answer *ret)
{
	TMP_CTX(tmp);
	struct question *questions = mem_array(tmp, struct question, n);
	const char *line = mem_printf(tmp, "{\"request\": \"%s\"}", request);
	int64_t deadline = clock_ms() + timeout_ms, left;
	bool waits;

	for (size_t i = 0; i < n; i++) {
		ret[i] = (struct control_answer){0};
		questions[i] = (struct question){names[i], -1, true, buffer_new(tmp)};
	}
	while ((left = deadline - clock_ms()) > 0 &&
		ask_some(questions, n, runtime_dir, line, ret, &waits))
		take_answers(mem_ctx, questions, n,
			waits && left > RETRY_MS ? RETRY_MS : (int)left, ret);
	for (size_t i = 0; i < n; i++) {
		ret[i].is_silent = questions[i].waits || questions[i].fd >= 0;
		mem_close_fd(&questions[i].fd);
	}
}

/* Connects and exchanges; the connection, or -errno. */
static int begin(const char *runtime_dir, const char *name, const char *request,
	unsigned timeout_ms, struct json_object **ret_reply)
{
	int fd = connect_to(runtime_dir, name, 0);

	if (fd < 0)
		return fd;
	int r = exchange(fd, request, timeout_ms, ret_reply);

	if (r == 0)
		return fd;
	close(fd);
	return r;
}

int control_request(const char *runtime_dir, const char *name, const char *request,
	unsigned timeout_ms, struct diags *diags, struct json_object **ret_reply)
{
	struct json_object *reply = NULL;
	_cleanup_(mem_close_fd) int fd =
		begin(runtime_dir, name, request, timeout_ms, &reply);

	if (fd < 0)
		return connect_fault(name, -fd, diags);
	int r = check_reply(name, reply, diags);

	if (r == 0 && ret_reply != NULL)
		*ret_reply = reply;
	else
		json_object_put(reply);
	return r;
}

/* Stopping */

static bool is_gone(int error)
{
	return error == ENOENT || error == ECONNREFUSED || error == EPIPE ||
	       error == ECONNRESET;
}

int control_force(const char *runtime_dir, const char *name, struct diags *diags)
{
	TMP_CTX(tmp);
	struct run_state *state;
	int r = run_state_read(tmp, runtime_dir, name, diags, &state);

	if (r < 0)
		return r;
	_cleanup_(mem_close_fd) int supervisor =
		process_open(state->supervisor_pid, state->supervisor_starttime);
	_cleanup_(mem_close_fd) int qemu = process_open(state->pid, state->starttime);

	if (supervisor >= 0)
		process_signal(supervisor, SIGKILL);
	if (qemu >= 0)
		process_signal(qemu, SIGKILL);
	if ((qemu >= 0 && !process_wait(qemu, DEATH_TIMEOUT_MS)) ||
		(supervisor >= 0 && !process_wait(supervisor, DEATH_TIMEOUT_MS)))
		return diag_fail(
			diags, EXIT_BUSY, LOC_NONE, "VCN '%s' does not die", name);
	if (!run_state_is_held(runtime_dir, name))
		return 0;
	return diag_fail(diags, EXIT_BUSY, LOC_NONE,
		"VCN '%s' still runs, and its state file does not say as which process: "
		"find what holds '%s/%s/lock' (fuser, lsof), and end it",
		name, runtime_dir, name);
}

/* Sends it and does not wait for the reply: who stands still would keep all others. */
static int begin_end(const char *runtime_dir, const char *name, const char *request,
	struct diags *diags, int *ret_fd)
{
	int fd = connect_to(runtime_dir, name, 0);
	int r = fd < 0 ? fd : send_line(fd, request);

	*ret_fd = -1;
	if (r == 0) {
		*ret_fd = fd;
		return 0;
	}
	mem_close_fd(&fd);
	if (is_gone(-r))
		return 0;
	/* So many wait for it already that it has not looked for long. */
	if (r == -EAGAIN)
		return control_force(runtime_dir, name, diags);
	return connect_fault(name, -r, diags);
}

int control_stop_begin(const char *runtime_dir, const char *name, unsigned timeout_s,
	struct diags *diags, int *ret_fd)
{
	TMP_CTX(tmp);

	return begin_end(runtime_dir, name,
		mem_printf(tmp, "{\"request\": \"stop\", \"timeout\": %u}", timeout_s),
		diags, ret_fd);
}

int control_kill_begin(
	const char *runtime_dir, const char *name, struct diags *diags, int *ret_fd)
{
	return begin_end(runtime_dir, name, "{\"request\": \"kill\"}", diags, ret_fd);
}

int control_take(const char *name, int fd, struct diags *diags)
{
	char bytes[RELAY_STEP + 1];
	ssize_t n = recv(fd, bytes, RELAY_STEP, MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 1;
	if (n <= 0)
		return 0;
	/* The reply, or the last word before the end; what is cut says nothing. */
	bytes[n] = '\0';
	struct json_object *json = json_read(bytes, strcspn(bytes, "\n"));
	bool ok = true;
	int r = !json_read_bool(json, "ok", &ok) || ok ? 0
						       : check_reply(name, json, diags);

	json_object_put(json);
	return r < 0 ? r : 1;
}

/* The console */

/* Raw, so that keys reach the guest and not our own process; false for no terminal. */
static bool make_raw(int fd, struct termios *ret_before)
{
	struct termios raw;

	if (tcgetattr(fd, ret_before) < 0)
		return false;
	raw = *ret_before;
	cfmakeraw(&raw);
	return tcsetattr(fd, TCSANOW, &raw) == 0;
}

/* Typed bytes to the guest; false at the escape key or the end of the input. */
static bool relay_typing(int in_fd, int fd)
{
	char bytes[RELAY_STEP];
	ssize_t n = read(in_fd, bytes, sizeof(bytes));

	if (n <= 0)
		return n < 0 && errno == EINTR;
	char *escape = memchr(bytes, ESCAPE_KEY, (size_t)n);

	if (escape != NULL)
		n = escape - bytes;
	return send(fd, bytes, (size_t)n, MSG_NOSIGNAL) >= 0 && escape == NULL;
}

static bool relay_output(int fd, int out_fd)
{
	char bytes[RELAY_STEP];
	ssize_t n = read(fd, bytes, sizeof(bytes));

	if (n <= 0)
		return n < 0 && errno == EINTR;
	return file_write_all(out_fd, bytes, (size_t)n) == 0;
}

/* To the end of one of both, or to a signal, which is given back. */
static int relay(int fd, int in_fd, int out_fd, int signal_fd)
{
	struct signalfd_siginfo info;
	struct pollfd polls[] = {{.fd = fd, .events = POLLIN},
		{.fd = in_fd, .events = POLLIN}, {.fd = signal_fd, .events = POLLIN}};

	for (;;) {
		if (poll(polls, ARRAY_SIZE(polls), -1) < 0 && errno != EINTR)
			return 0;
		if (polls[2].revents != 0 &&
			read(signal_fd, &info, sizeof(info)) == sizeof(info))
			return (int)info.ssi_signo;
		if (polls[0].revents != 0 && !relay_output(fd, out_fd))
			return 0;
		if (polls[1].revents != 0 && !relay_typing(in_fd, fd))
			return 0;
	}
}

/* Whatever ends us: a terminal that stays raw is of no use to anybody. */
static void relay_raw(int fd, int in_fd, int out_fd)
{
	static const int ends[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM};
	struct termios before;
	sigset_t wanted, mask;

	sigemptyset(&wanted);
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
		sigaddset(&wanted, ends[i]);
	sigprocmask(SIG_BLOCK, &wanted, &mask);
	_cleanup_(mem_close_fd) int signal_fd = signalfd(-1, &wanted, SFD_CLOEXEC);
	bool is_raw = make_raw(in_fd, &before);
	int signal = relay(fd, in_fd, out_fd, signal_fd);

	if (is_raw)
		tcsetattr(in_fd, TCSANOW, &before);
	sigprocmask(SIG_SETMASK, &mask, NULL);
	if (signal != 0)
		raise(signal);
}

int control_console(const char *runtime_dir, const char *name, int in_fd, int out_fd,
	struct diags *diags)
{
	struct json_object *reply = NULL;
	_cleanup_(mem_close_fd) int fd = begin(runtime_dir, name,
		"{\"request\": \"console\"}", REPLY_TIMEOUT_MS, &reply);

	if (fd < 0)
		return connect_fault(name, -fd, diags);
	int r = check_reply(name, reply, diags);

	json_object_put(reply);
	if (r < 0)
		return r;
	relay_raw(fd, in_fd, out_fd);
	return 0;
}

/* The log */

/* What a terminal would take for an order, spelled out. */
static void add_plain(struct buffer *b, const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char byte = (unsigned char)bytes[i];

		if (byte == '\r')
			continue;
		if ((byte < ' ' && byte != '\n' && byte != '\t') || byte == 0x7f ||
			(byte >= 0x80 && byte < 0xa0))
			buffer_printf(b, "\\x%02x", byte);
		else
			buffer_add_byte(b, (char)byte);
	}
}

/* One of the two files; one that is not there is no fault. */
static int add_log(struct buffer *b, int dirfd, const char *file, bool is_plain)
{
	TMP_CTX(tmp);
	char *bytes;
	size_t len;
	int r = file_read_regular_at(tmp, dirfd, file, LOG_MAX, &bytes, &len);

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	if (is_plain)
		add_plain(b, bytes, len);
	else
		buffer_add(b, bytes, len);
	return 0;
}

int control_log(struct buffer *log, const char *runtime_dir, const char *name,
	bool is_plain, struct diags *diags)
{
	_cleanup_(mem_close_fd) int dirfd = open_folder(runtime_dir, name);
	int r = dirfd < 0 ? dirfd : add_log(log, dirfd, "console.log.1", is_plain);

	if (r == 0)
		r = add_log(log, dirfd, "console.log", is_plain);
	if (r == -ENOENT)
		return diag_fail(
			diags, EXIT_REJECTED, LOC_NONE, "VCN '%s' never ran here", name);
	if (r < 0)
		return diag_fail_errno(diags, EXIT_IO, -r, LOC_NONE,
			"the console log of VCN '%s' cannot be read", name);
	return 0;
}
