/* SPDX-License-Identifier: Apache-2.0 */
#include "publish/kea_socket.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <json-c/json.h>

#include "base/clock.h"
#include "base/json.h"

enum { ANSWER_MAX = 1024 * 1024 };

/* A descriptor, or -errno. */
static int connect_to(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	memcpy(address.sun_path, path, strlen(path) + 1);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -errno;
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	int error = errno;

	close(fd);
	return -error;
}

bool kea_listens(const char *path)
{
	_cleanup_(mem_close_fd) int fd = connect_to(path);

	return fd >= 0 || fd == -EAGAIN;
}

/* All that comes until Kea closes, which it does after its answer; 0 or -errno. */
static int read_answer(int fd, struct buffer *answer, int64_t deadline)
{
	for (;;) {
		struct pollfd waiting = {.fd = fd, .events = POLLIN};
		int64_t left = deadline - clock_ms();

		if (left <= 0 || answer->len > ANSWER_MAX)
			return -ETIMEDOUT;
		if (poll(&waiting, 1, (int)left) < 0 && errno != EINTR)
			return -errno;
		ssize_t n = read(fd, buffer_reserve(answer, 4096), 4096);

		if (n == 0)
			return 0;
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return -errno;
		buffer_grown(answer, n < 0 ? 0 : (size_t)n);
	}
}

static const char *verdict(TALLOC_CTX *mem_ctx, const struct buffer *answer)
{
	struct json_object *json = json_read(answer->data, answer->len);
	const char *text = "it does not say why", *why = NULL;
	int64_t result = -1;

	if (json == NULL || !json_read_integer(json, "result", 0, INT32_MAX, &result) ||
		result < 0 || !json_read_text(json, "text", &text))
		why = "its answer cannot be read";
	else if (result != 0)
		why = mem_printf(mem_ctx, "it keeps its old configuration: %s", text);
	json_object_put(json);
	return why;
}

const char *kea_reload(TALLOC_CTX *mem_ctx, const char *path, unsigned timeout_ms)
{
	static const char command[] = "{\"command\": \"config-reload\"}";
	struct buffer *answer = buffer_new(mem_ctx);
	_cleanup_(mem_close_fd) int fd = connect_to(path);
	const char *why;
	int r = fd;

	if (fd >= 0 && send(fd, command, strlen(command), MSG_NOSIGNAL) < 0)
		r = -errno;
	else if (fd >= 0)
		r = read_answer(fd, answer, clock_ms() + timeout_ms);
	why = r < 0 ? strerror(-r) : verdict(mem_ctx, answer);
	return why == NULL
		       ? NULL
		       : mem_printf(mem_ctx, "Kea at '%s' did not reload: %s", path, why);
}
