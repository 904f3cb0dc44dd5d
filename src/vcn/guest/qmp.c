/* SPDX-License-Identifier: Apache-2.0 */
#include "vcn/guest/qmp.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <json-c/json.h>

#include "base/clock.h"
#include "base/json.h"

enum { READ_STEP = 4096 };

struct qmp {
	int fd;
	size_t max_line;
	struct buffer *in; /* received */
	size_t done; /* bytes of @in that were handed out */
	size_t scanned; /* bytes of @in, from @done on, known to hold no newline */
	struct buffer *out; /* queued */
	uint64_t last_id;
	struct json_object *message; /* what the last qmp_next() gave */
};

static int close_qmp(struct qmp *qmp)
{
	json_object_put(qmp->message);
	mem_close_fd(&qmp->fd);
	return 0;
}

struct qmp *qmp_new(TALLOC_CTX *mem_ctx, int fd, size_t max_line)
{
	struct qmp *qmp = mem_new(mem_ctx, struct qmp);

	qmp->fd = fd;
	qmp->max_line = max_line;
	qmp->in = buffer_new(qmp);
	qmp->out = buffer_new(qmp);
	if (fd >= 0)
		fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	talloc_set_destructor(qmp, close_qmp);
	return qmp;
}

int qmp_fd(const struct qmp *qmp)
{
	return qmp->fd;
}

/* Receiving */

bool qmp_feed(struct qmp *qmp, const char *bytes, size_t len)
{
	struct buffer *in = qmp->in;

	if (qmp->done > 0) {
		memmove(in->data, in->data + qmp->done, in->len - qmp->done);
		buffer_truncate(in, in->len - qmp->done);
		qmp->done = 0;
	}
	buffer_add(in, bytes, len);
	return in->len <= qmp->max_line || memchr(in->data, '\n', in->len) != NULL;
}

int qmp_receive(struct qmp *qmp)
{
	size_t taken = 0;

	while (taken < qmp->max_line) {
		char bytes[READ_STEP];
		ssize_t n = read(qmp->fd, bytes, sizeof(bytes));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN ? 1 : -errno;
		if (n == 0)
			return 0;
		if (!qmp_feed(qmp, bytes, (size_t)n))
			return -EPROTO;
		taken += (size_t)n;
	}
	return 1;
}

/* Our commands carry numbers; an answer to none of them is no QMP. */
static int read_id(struct qmp *qmp, struct qmp_message *ret)
{
	int64_t id = 0;

	if (!json_read_integer(qmp->message, "id", 0, INT64_MAX, &id))
		return -EPROTO;
	ret->id = (uint64_t)id;
	return ret->id >= 1 && ret->id <= qmp->last_id ? 1 : -EPROTO;
}

static int classify(struct qmp *qmp, struct qmp_message *ret)
{
	struct json_object *json = qmp->message, *error = NULL;

	*ret = (struct qmp_message){0};
	if (json_object_object_get_ex(json, "QMP", &ret->data)) {
		ret->kind = QMP_GREETING;
		return 1;
	}
	if (!json_read_text(json, "event", &ret->text))
		return -EPROTO;
	if (ret->text != NULL) {
		ret->kind = QMP_EVENT;
		return json_read_object(json, "data", &ret->data) ? 1 : -EPROTO;
	}
	if (!json_read_object(json, "error", &error))
		return -EPROTO;
	if (error != NULL) {
		ret->kind = QMP_ERROR;
		if (!json_read_text(error, "desc", &ret->text) || ret->text == NULL)
			return -EPROTO;
		return read_id(qmp, ret);
	}
	ret->kind = QMP_REPLY;
	if (!json_object_object_get_ex(json, "return", &ret->data))
		return -EPROTO;
	return read_id(qmp, ret);
}

/* The next line, without its newline; false where none is complete. */
static bool next_line(struct qmp *qmp, const char **ret_line, size_t *ret_len)
{
	const char *start = qmp->in->data + qmp->done;
	size_t left = qmp->in->len - qmp->done;
	const char *end = memchr(start + qmp->scanned, '\n', left - qmp->scanned);

	if (end == NULL) {
		qmp->scanned = left;
		return false;
	}
	*ret_line = start;
	*ret_len = (size_t)(end - start);
	qmp->done += *ret_len + 1;
	qmp->scanned = 0;
	return true;
}

int qmp_next(struct qmp *qmp, struct qmp_message *ret)
{
	const char *line;
	size_t len;

	json_object_put(qmp->message);
	qmp->message = NULL;
	while (next_line(qmp, &line, &len)) {
		if (len > qmp->max_line)
			return -EPROTO;
		if (strspn(line, " \t\r") >= len)
			continue;
		qmp->message = json_read(line, len);
		return qmp->message == NULL ? -EPROTO : classify(qmp, ret);
	}
	return qmp->in->len - qmp->done > qmp->max_line ? -EPROTO : 0;
}

/* Sending */

bool qmp_wants_out(const struct qmp *qmp)
{
	return qmp->out->len > 0;
}

int qmp_flush(struct qmp *qmp)
{
	struct buffer *out = qmp->out;

	while (out->len > 0) {
		/* A socket: QEMU may be gone, and that must be no SIGPIPE. */
		ssize_t n = send(qmp->fd, out->data, out->len, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN ? 0 : -errno;
		memmove(out->data, out->data + n, out->len - (size_t)n);
		buffer_truncate(out, out->len - (size_t)n);
	}
	return 0;
}

uint64_t qmp_send(struct qmp *qmp, const char *command, struct json_object *arguments)
{
	struct json_object *json = json_object_new_object();

	json_put_text(json, "execute", command);
	if (arguments != NULL)
		json_object_object_add(json, "arguments", arguments);
	json_object_object_add(json, "id", json_object_new_uint64(++qmp->last_id));
	buffer_add_text(
		qmp->out, json_object_to_json_string_ext(json, JSON_C_TO_STRING_PLAIN));
	buffer_add_byte(qmp->out, '\n');
	json_object_put(json);
	/* What fails here is seen again as the end of the stream. */
	(void)!qmp_flush(qmp);
	return qmp->last_id;
}

/* Calling */

/* Waits for bytes, or for room to send; 1, 0 at the end of the stream, or -errno. */
static int wait_for_bytes(struct qmp *qmp, int64_t deadline)
{
	int64_t left = deadline - clock_ms();
	struct pollfd ready = {.fd = qmp->fd, .events = POLLIN};

	if (qmp_wants_out(qmp))
		ready.events |= POLLOUT;
	int n = left <= 0 ? 0 : poll(&ready, 1, (int)left);

	if (n < 0)
		return errno == EINTR ? 1 : -errno;
	if (n == 0)
		return -ETIMEDOUT;
	int r = qmp_flush(qmp);

	if (r < 0)
		return r;
	return (ready.revents & ~POLLOUT) ? qmp_receive(qmp) : 1;
}

/* Is it the answer to @id? 1 and -errno are, 0 is not. */
static int is_answer(const struct qmp_message *message, uint64_t id)
{
	if (message->kind == QMP_ERROR && message->id == id)
		return -EREMOTEIO;
	return message->kind == QMP_REPLY && message->id == id;
}

int qmp_call(struct qmp *qmp, const char *command, struct json_object *arguments,
	int timeout_ms, struct json_object **ret_data)
{
	int64_t deadline = clock_ms() + timeout_ms;
	uint64_t id = qmp_send(qmp, command, arguments);
	int open = 1;

	for (;;) {
		struct qmp_message message;
		int r = qmp_next(qmp, &message);

		if (r == 0 && open <= 0)
			return open < 0 ? open : -EPIPE;
		if (r == 0)
			open = wait_for_bytes(qmp, deadline);
		else if (r < 0 || (r = is_answer(&message, id)) < 0)
			return r;
		else if (r > 0 && ret_data != NULL)
			*ret_data = json_object_get(message.data);
		if (r > 0)
			return 0;
	}
}
