/* SPDX-License-Identifier: Apache-2.0 */
#include "vcn/guest/console.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"

enum { READ_STEP = 4096, CLIENTS_MAX = 4, REST_MS = 10, DRAIN_MAX = 256 * 1024 };

struct console {
	int dirfd, copy_fd;
	int terminal_fd; /* the same, where that is a terminal; or -1 */
	int line; /* to QEMU */
	int log_fd; /* -1: could not be opened, or its disk is full */
	size_t log_size;
	int clients[CLIENTS_MAX];
	size_t n_clients;
	int64_t rests_until; /* clock_ms(): it is not looked at before */
};

static void open_log(struct console *console)
{
	struct stat st;

	mem_close_fd(&console->log_fd);
	console->log_fd = openat(console->dirfd, "console.log",
		O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600);
	console->log_size = console->log_fd >= 0 && fstat(console->log_fd, &st) == 0
				    ? (size_t)st.st_size
				    : 0;
}

/*
 * A terminal that somebody has stopped, or whose line stands still, has room for a few bytes and
 * keeps whoever writes more. Opened once more, because the caller's mode is the shell's, too.
 */
static int open_terminal(int fd)
{
	char path[64];

	if (fd < 0 || !isatty(fd))
		return -1;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

static int close_console(struct console *console)
{
	mem_close_fd(&console->line);
	mem_close_fd(&console->terminal_fd);
	mem_close_fd(&console->log_fd);
	return 0;
}

struct console *console_new(TALLOC_CTX *mem_ctx, int dirfd, int copy_fd)
{
	struct console *console = mem_new(mem_ctx, struct console);

	console->dirfd = dirfd;
	console->copy_fd = copy_fd;
	console->terminal_fd = open_terminal(copy_fd);
	console->line = console->log_fd = -1;
	open_log(console);
	talloc_set_destructor(console, close_console);
	return console;
}

void console_connect(struct console *console, int fd)
{
	console->line = fd;
	console->rests_until = 0;
}

/* Output */

static void write_log(struct console *console, const char *bytes, size_t len)
{
	if (console->log_size + len > CONSOLE_LOG_MAX) {
		(void)!renameat(
			console->dirfd, "console.log", console->dirfd, "console.log.1");
		open_log(console);
	}
	/* A log that cannot be written is no reason to stop a guest. */
	if (console->log_fd >= 0 && file_write_all(console->log_fd, bytes, len) == 0)
		console->log_size += len;
}

/* Only what fits at once: nobody makes the guest wait. */
static void write_copies(struct console *console, const char *bytes, size_t len)
{
	int fd = console->terminal_fd >= 0 ? console->terminal_fd : console->copy_fd;
	struct pollfd copy = {.fd = fd, .events = POLLOUT};

	for (size_t i = 0; i < console->n_clients; i++)
		(void)!send(console->clients[i], bytes, len, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (fd >= 0 && poll(&copy, 1, 0) == 1 && (copy.revents & POLLOUT))
		(void)!write(fd, bytes, len);
}

/* One read; false at the end of the line or where nothing is there. */
static bool receive_some(struct console *console, size_t *taken)
{
	char bytes[READ_STEP];
	ssize_t n;

	do
		n = recv(console->line, bytes, sizeof(bytes), MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	if (n == 0 || (n < 0 && errno != EAGAIN))
		mem_close_fd(&console->line);
	if (n <= 0)
		return false;
	write_log(console, bytes, (size_t)n);
	write_copies(console, bytes, (size_t)n);
	*taken += (size_t)n;
	return true;
}

/*
 * A serial line delivers byte by byte: after each look the line rests a moment, so that a
 * chatty guest costs a hundred looks a second and not a hundred thousand.
 */
void console_receive(struct console *console)
{
	size_t taken = 0;

	while (console->line >= 0 && taken < CONSOLE_RATE / (1000 / REST_MS) &&
		receive_some(console, &taken))
		;
	console->rests_until = clock_ms() + REST_MS;
}

void console_disconnect(struct console *console)
{
	size_t taken = 0;

	while (console->line >= 0 && taken < DRAIN_MAX && receive_some(console, &taken))
		;
	mem_close_fd(&console->line);
}

int console_fd(const struct console *console)
{
	return clock_ms() < console->rests_until ? -1 : console->line;
}

int console_pause_ms(const struct console *console)
{
	int64_t left = console->rests_until - clock_ms();

	if (console->line < 0 || left <= 0)
		return -1;
	return (int)left;
}

/* Clients */

bool console_attach(struct console *console, int client_fd)
{
	if (console->n_clients == CLIENTS_MAX)
		return false;
	console->clients[console->n_clients++] = client_fd;
	return true;
}

void console_detach(struct console *console, int client_fd)
{
	for (size_t i = 0; i < console->n_clients; i++)
		if (console->clients[i] == client_fd)
			console->clients[i--] = console->clients[--console->n_clients];
}

void console_type(struct console *console, const char *bytes, size_t len)
{
	/* A guest that does not read its serial line loses what is typed. */
	if (console->line >= 0)
		(void)!send(console->line, bytes, len, MSG_DONTWAIT | MSG_NOSIGNAL);
}
