/* SPDX-License-Identifier: Apache-2.0 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <json-c/json.h>

#include "vcn/guest/event.h"

static const struct row {
	const char *line;
	bool is_read;
	struct event expected;
} rows[] = {
	{"{\"event\":\"SHUTDOWN\",\"data\":{\"reason\":\"guest-reset\"}}", true,
		{EVENT_SHUTDOWN, "", true, false, false, ""}},
	{"{\"event\":\"SHUTDOWN\",\"data\":{\"reason\":\"guest-shutdown\"}}", true,
		{EVENT_SHUTDOWN, "", false, true, false, ""}},
	{"{\"event\":\"SHUTDOWN\",\"data\":{\"reason\":null}}", true,
		{EVENT_SHUTDOWN, "", false, false, false, ""}},
	{"{\"event\":\"SHUTDOWN\",\"data\":null}", true,
		{EVENT_SHUTDOWN, "", false, false, false, ""}},
	{"{\"event\":\"SHUTDOWN\"}", true, {EVENT_SHUTDOWN, "", false, false, false, ""}},
	{"{\"event\":\"SHUTDOWN\",\"data\":{\"reason\":[]}}", false, {0}},
	{"{\"event\":\"VSERPORT_CHANGE\",\"data\":{\"open\":true,\"id\":\"p\"}}", true,
		{EVENT_PORT_OPEN, "p", false, false, false, ""}},
	{"{\"event\":\"VSERPORT_CHANGE\",\"data\":{\"open\":true,\"id\":null}}", true,
		{EVENT_PORT_OPEN, "", false, false, false, ""}},
	{"{\"event\":\"VSERPORT_CHANGE\",\"data\":{\"open\":1,\"id\":\"p\"}}", false,
		{0}},
	{"{\"event\":\"BLOCK_IO_ERROR\",\"data\":{\"action\":\"stop\","
	 "\"nospace\":true,\"reason\":\"full\"}}",
		true, {EVENT_DISK_STOPPED, "", false, false, true, "full"}},
	{"{\"event\":\"BLOCK_IO_ERROR\",\"data\":{\"device\":\"drive0\",\"action\":"
	 "\"stop\",\"nospace\":true,\"reason\":\"full\"}}",
		true, {EVENT_DISK_STOPPED, "", false, false, true, "full", "drive0"}},
	{"{\"event\":\"BLOCK_IO_ERROR\",\"data\":{\"action\":\"stop\","
	 "\"nospace\":null,\"reason\":null}}",
		true, {EVENT_DISK_STOPPED, "", false, false, false, ""}},
	{"{\"event\":\"BLOCK_IO_ERROR\",\"data\":{\"action\":7}}", false, {0}},
	{"{\"event\":\"STOP\"}", true, {EVENT_STOPPED, "", false, false, false, ""}},
	{"{\"event\":\"RTC_CHANGE\",\"data\":{\"offset\":null}}", true,
		{EVENT_NONE, "", false, false, false, ""}},
};

static void compare(const struct event *event, const struct event *expected)
{
	assert_int_equal(event->kind, expected->kind);
	assert_string_equal(event->port, expected->port);
	assert_string_equal(event->reason, expected->reason);
	assert_string_equal(event->drive, expected->drive == NULL ? "" : expected->drive);
	assert_int_equal(event->was_reset, expected->was_reset);
	assert_int_equal(event->was_shut_down, expected->was_shut_down);
	assert_int_equal(event->is_out_of_space, expected->is_out_of_space);
}

static void test_rows(void **state _unused_)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		TMP_CTX(tmp);
		struct qmp *qmp = qmp_new(tmp, -1, 1024);
		struct qmp_message message;
		struct event event;

		assert_true(qmp_feed(qmp, rows[i].line, strlen(rows[i].line)));
		assert_true(qmp_feed(qmp, "\n", 1));
		assert_int_equal(qmp_next(qmp, &message), 1);
		assert_int_equal(event_read(&message, &event), rows[i].is_read);
		if (rows[i].is_read)
			compare(&event, &rows[i].expected);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
