/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What a hostile QEMU may send, cut into pieces anyhow: no crash, no leak, bounded
 * memory, and every message is what it claims to be.
 */

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include <json-c/json.h>

#include "vcn/guest/event.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

/* What the supervisor makes of it, without a supervisor. */
static void check_event(const struct qmp_message *message)
{
	struct event event;

	if (!event_read(message, &event))
		return;
	assert(event.port != NULL && event.reason != NULL);
	assert(!event.was_reset || !event.was_shut_down);
	assert(event.kind == EVENT_SHUTDOWN ||
		(!event.was_reset && !event.was_shut_down));
}

static void check(const struct qmp_message *message)
{
	switch (message->kind) {
	case QMP_GREETING:
		break;
	case QMP_REPLY:
		assert(message->id == 1 || message->id == 2);
		break;
	case QMP_ERROR:
		assert(message->id == 1 || message->id == 2);
		assert(message->text != NULL);
		break;
	case QMP_EVENT:
		assert(message->text != NULL);
		check_event(message);
		break;
	}
	if (message->data != NULL)
		assert(json_object_to_json_string(message->data) != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	TMP_CTX(tmp);
	struct qmp *qmp = qmp_new(tmp, -1, 1024);
	struct qmp_message message;

	qmp_send(qmp, "qmp_capabilities", NULL);
	qmp_send(qmp, "cont", NULL);
	while (len > 0) {
		/* The first byte of a piece says how long it is. */
		size_t piece = (size_t)*bytes + 1;

		if (piece > len)
			piece = len;
		if (!qmp_feed(qmp, (const char *)bytes, piece))
			return 0;
		bytes += piece;
		len -= piece;
		int r;

		while ((r = qmp_next(qmp, &message)) == 1)
			check(&message);
		if (r < 0)
			return 0;
	}
	return 0;
}
