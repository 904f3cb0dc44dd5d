/* SPDX-License-Identifier: Apache-2.0 */
#include "vcn/guest/readiness.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/vm_sockets.h>

#include "base/clock.h"

enum { MESSAGE_MAX = 4096, MESSAGE_WAIT_MS = 200, BACKLOG = 4 };

/* Messages of the guest */

static bool is_line(const char *line, size_t len, const char *wanted)
{
	return len == strlen(wanted) && memcmp(line, wanted, len) == 0;
}

static void read_line(const char *line, size_t len, struct readiness_news *news)
{
	if (is_line(line, len, "READY=1"))
		news->is_ready = true;
	else if (is_line(line, len, "X_SYSTEMD_UNIT_ACTIVE=emergency.target") ||
		 is_line(line, len, "X_SYSTEMD_UNIT_ACTIVE=rescue.target"))
		news->is_rescue = true;
	else if (is_line(line, len, "X_SYSTEMD_UNIT_INACTIVE=emergency.target") ||
		 is_line(line, len, "X_SYSTEMD_UNIT_INACTIVE=rescue.target"))
		news->is_rescue_over = true;
}

void readiness_read(const char *text, size_t len, struct readiness_news *news)
{
	while (len > 0) {
		const char *end = memchr(text, '\n', len);
		size_t length = end == NULL ? len : (size_t)(end - text);

		read_line(text, length, news);
		length += end != NULL;
		text += length;
		len -= length;
	}
}

int readiness_listen(struct diags *diags, int *ret_fd, unsigned *ret_port)
{
	struct sockaddr_vm address = {.svm_family = AF_VSOCK,
		.svm_cid = VMADDR_CID_ANY,
		.svm_port = VMADDR_PORT_ANY};
	socklen_t len = sizeof(address);
	int fd = socket(AF_VSOCK, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0 &&
		listen(fd, BACKLOG) == 0 &&
		getsockname(fd, (struct sockaddr *)&address, &len) == 0) {
		*ret_fd = fd;
		*ret_port = address.svm_port;
		return 0;
	}
	int r = diag_fail_errno(diags, EXIT_MISSING, errno, LOC_NONE,
		"readiness 'notify' needs vsock sockets, which this host does not give");

	mem_close_fd(&fd);
	return r;
}

/* The sender closes right after its message: what does not come soon does not come. */
static void read_message(int fd, struct readiness_news *news)
{
	char text[MESSAGE_MAX];
	size_t len = 0;
	struct pollfd ready = {.fd = fd, .events = POLLIN};
	int64_t deadline = clock_ms() + MESSAGE_WAIT_MS, left;

	while (len < sizeof(text) && (left = deadline - clock_ms()) > 0 &&
		poll(&ready, 1, (int)left) == 1) {
		ssize_t n = recv(fd, text + len, sizeof(text) - len, MSG_DONTWAIT);

		if (n <= 0)
			break;
		len += (size_t)n;
	}
	readiness_read(text, len, news);
}

void readiness_accept(int fd, unsigned cid, struct readiness_news *news)
{
	struct sockaddr_vm peer = {0};
	socklen_t len = sizeof(peer);
	_cleanup_(mem_close_fd) int connection =
		accept4(fd, (struct sockaddr *)&peer, &len, SOCK_CLOEXEC);

	if (connection >= 0 && peer.svm_family == AF_VSOCK && peer.svm_cid == cid)
		read_message(connection, news);
}
