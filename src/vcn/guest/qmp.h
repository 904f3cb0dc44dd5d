/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The QEMU machine protocol over a descriptor: lines of JSON, both ways.
 *
 * QEMU is taken for hostile once its guest runs: a line has a length limit, nesting has a
 * depth limit, nothing is kept but the line being received, and a reply must answer the
 * command that was sent. The descriptor does not block; a caller polls it and calls
 * qmp_receive(), then qmp_next() until there is no message left.
 *
 * source: QEMU docs/interop/qmp-spec.txt
 */

#include "base/diag.h"

struct json_object;

enum qmp_kind { QMP_GREETING, QMP_REPLY, QMP_ERROR, QMP_EVENT };

/* All members are borrowed from @json, until the next qmp_next(). */
struct qmp_message {
	enum qmp_kind kind;
	uint64_t id; /* reply, error: the command's */
	const char *text; /* event: its name; error: its description */
	struct json_object
		*data; /* greeting: version; reply: value; event: data; or NULL */
};

struct qmp;

/*
 * qmp_new - a client on @fd, which it makes non-blocking and closes with itself
 *
 * shape: lines longer than @max_line are a protocol fault; -1 for @fd: for qmp_feed()
 * only
 */
struct qmp *qmp_new(TALLOC_CTX *mem_ctx, int fd, size_t max_line) _must_check_;
int qmp_fd(const struct qmp *qmp);

/* Reads what is there, no more than one line's limit; 1, 0 at the end, or -errno. */
int qmp_receive(struct qmp *qmp) _must_check_;
/* Takes @bytes as if received (tests); false where a line gets too long. */
bool qmp_feed(struct qmp *qmp, const char *bytes, size_t len) _must_check_;
/*
 * qmp_next - the next whole message
 *
 * returns: 1, 0 where none is complete yet, -EPROTO for what is no QMP
 */
int qmp_next(struct qmp *qmp, struct qmp_message *ret) _must_check_;

/*
 * qmp_send - queue a command and write as much as the descriptor takes
 *
 * shape:   @arguments (its reference is taken) or NULL
 * returns: the command's id, from 1
 */
uint64_t qmp_send(struct qmp *qmp, const char *command, struct json_object *arguments);
/* Bytes are waiting for POLLOUT; then qmp_flush(): 0, or -errno. */
bool qmp_wants_out(const struct qmp *qmp);
int qmp_flush(struct qmp *qmp) _must_check_;

/*
 * qmp_call - send and wait for the reply; events are dropped
 *
 * memory: the caller owns *ret_data (json_object_put()); NULL @ret_data: not wanted
 * errors: -ETIMEDOUT, -EPROTO, -EPIPE at the end of the stream, -EREMOTEIO where QEMU
 *         says no
 */
int qmp_call(struct qmp *qmp, const char *command, struct json_object *arguments,
	int timeout_ms, struct json_object **ret_data) _must_check_;
