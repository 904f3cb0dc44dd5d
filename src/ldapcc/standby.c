/* SPDX-License-Identifier: Apache-2.0 */
#include "ldapcc/standby.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"

enum word { GO = 'g', MORE = 'm', SETTLED = 's' };

/* From the word to go on. One ldapmodify sends the next change within a few milliseconds. */
enum { SHORT_MS = 20 };

struct standby {
	int fd; /* our end of the pipe */
	pid_t child; /* 0: that is us, or it has ended */
	bool has_more; /* that has been said */
	bool is_settled; /* the last word has been said */
	int64_t gone_ms; /* when it was told to go */
};

static int reap(struct standby *standby)
{
	int status = 0;

	while (waitpid(standby->child, &status, 0) < 0 && errno == EINTR)
		;
	standby->child = 0;
	return status;
}

/* Before it was told to go it holds no lock and has changed nothing. */
static int dismiss(struct standby *standby)
{
	if (standby->child > 0) {
		kill(standby->child, SIGKILL);
		(void)reap(standby);
	}
	mem_close_fd(&standby->fd);
	return 0;
}

struct standby *standby_new(TALLOC_CTX *mem_ctx, bool *ret_is_child)
{
	int fds[2];

	*ret_is_child = false;
	if (pipe2(fds, O_CLOEXEC) < 0)
		return NULL;
	pid_t child = fork();

	if (child < 0) {
		close(fds[0]);
		close(fds[1]);
		return NULL;
	}
	struct standby *standby = mem_new(mem_ctx, struct standby);

	*ret_is_child = child == 0;
	standby->child = child;
	standby->fd = fds[child == 0 ? 0 : 1];
	close(fds[child == 0 ? 1 : 0]);
	talloc_set_destructor(standby, dismiss);
	return standby;
}

static bool say(const struct standby *standby, enum word word)
{
	char byte = (char)word;

	return write(standby->fd, &byte, 1) == 1;
}

bool standby_go(struct standby *standby)
{
	if (waitpid(standby->child, NULL, WNOHANG) == 0)
		return say(standby, GO);
	standby->child = 0;
	return false;
}

void standby_more(struct standby *standby)
{
	if (!standby->has_more)
		(void)say(standby, MORE);
	standby->has_more = true;
}

void standby_settle(struct standby *standby)
{
	(void)say(standby, SETTLED);
}

int standby_end(struct standby *standby)
{
	int status = reap(standby);

	talloc_free(standby);
	return status;
}

/* The child */

static enum word hear(const struct standby *standby)
{
	char byte;
	ssize_t n;

	while ((n = read(standby->fd, &byte, 1)) < 0 && errno == EINTR)
		;
	if (n != 1)
		_exit(EXIT_SUCCESS); /* who watched is gone */
	return (enum word)(unsigned char)byte;
}

void standby_wait(struct standby *standby)
{
	(void)hear(standby);
	standby->gone_ms = clock_ms();
}

/* What has been said, or is within @ms. */
static void listen(struct standby *standby, int64_t ms)
{
	int64_t end = clock_ms() + ms;

	while (!standby->is_settled) {
		int64_t left = end - clock_ms();
		struct pollfd fd = {.fd = standby->fd, .events = POLLIN};
		int n = poll(&fd, 1, left > 0 ? (int)left : 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return;
		enum word word = hear(standby);

		standby->has_more |= word == MORE;
		standby->is_settled = word == SETTLED;
	}
}

bool standby_has_more(struct standby *standby, enum patience patience)
{
	if (patience == PATIENCE_SHORT)
		listen(standby, standby->gone_ms + SHORT_MS - clock_ms());
	else
		listen(standby, 0);
	while (!standby->is_settled && (standby->has_more || patience == PATIENCE_QUIET))
		listen(standby, INT_MAX);
	bool has_more = standby->has_more;

	standby->has_more = false;
	return has_more;
}
