/* SPDX-License-Identifier: Apache-2.0 */
#include "vcn/guest/event.h"

#include <string.h>

#include "base/json.h"

static bool read_nic(struct json_object *data _unused_, struct event *ret)
{
	ret->kind = EVENT_NIC;
	return true;
}

static bool read_port(struct json_object *data, struct event *ret)
{
	bool is_open = false;

	if (!json_read_bool(data, "open", &is_open) ||
		!json_read_text(data, "id", &ret->port))
		return false;
	if (is_open)
		ret->kind = EVENT_PORT_OPEN;
	return true;
}

static bool read_shutdown(struct json_object *data, struct event *ret)
{
	const char *reason = "";

	if (!json_read_text(data, "reason", &reason))
		return false;
	ret->kind = EVENT_SHUTDOWN;
	ret->was_reset = strcmp(reason, "guest-reset") == 0;
	ret->was_shut_down = strcmp(reason, "guest-shutdown") == 0;
	return true;
}

static bool read_panicked(struct json_object *data _unused_, struct event *ret)
{
	ret->kind = EVENT_PANICKED;
	return true;
}

static bool read_io_error(struct json_object *data, struct event *ret)
{
	const char *action = "";

	if (!json_read_text(data, "action", &action) ||
		!json_read_bool(data, "nospace", &ret->is_out_of_space) ||
		!json_read_text(data, "device", &ret->drive) ||
		!json_read_text(data, "reason", &ret->reason))
		return false;
	if (strcmp(action, "stop") == 0)
		ret->kind = EVENT_DISK_STOPPED;
	return true;
}

static bool read_stop(struct json_object *data _unused_, struct event *ret)
{
	ret->kind = EVENT_STOPPED;
	return true;
}

static const struct row {
	const char *name;
	bool (*read)(struct json_object *data, struct event *ret);
} rows[] = {
	{"NIC_RX_FILTER_CHANGED", read_nic},
	{"VSERPORT_CHANGE", read_port},
	{"SHUTDOWN", read_shutdown},
	{"GUEST_PANICKED", read_panicked},
	{"BLOCK_IO_ERROR", read_io_error},
	{"STOP", read_stop},
};

bool event_read(const struct qmp_message *message, struct event *ret)
{
	*ret = (struct event){.port = "", .drive = "", .reason = ""};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (strcmp(rows[i].name, message->text) == 0)
			return rows[i].read(message->data, ret);
	return true;
}
