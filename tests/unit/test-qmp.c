/* SPDX-License-Identifier: Apache-2.0 */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>
#include <json-c/json.h>

#include "vcn/guest/qmp.h"

enum { MAX_LINE = 256 };

/* One line in, one message out, without a descriptor. */

struct row {
	const char *line;
	int result; /* of qmp_next() */
	enum qmp_kind kind;
	const char *text;
};

static const struct row rows[] = {
	{"{\"QMP\": {\"version\": {}, \"capabilities\": []}}", 1, QMP_GREETING, NULL},
	{"{\"event\": \"STOP\", \"timestamp\": {\"seconds\": 1}}", 1, QMP_EVENT, "STOP"},
	{"{\"event\": \"SHUTDOWN\", \"data\": {\"guest\": true}}\r", 1, QMP_EVENT,
		"SHUTDOWN"},
	{"{\"return\": {}, \"id\": 1}", 1, QMP_REPLY, NULL},
	{"{\"error\": {\"class\": \"GenericError\", \"desc\": \"no\"}, \"id\": 1}", 1,
		QMP_ERROR, "no"},
	{"", 0, 0, NULL},
	{" \t\r", 0, 0, NULL},
	/* answers to what was never asked */
	{"{\"return\": {}}", -EPROTO, 0, NULL},
	{"{\"return\": {}, \"id\": 0}", -EPROTO, 0, NULL},
	{"{\"return\": {}, \"id\": 3}", -EPROTO, 0, NULL},
	{"{\"return\": {}, \"id\": -1}", -EPROTO, 0, NULL},
	{"{\"return\": {}, \"id\": \"1\"}", -EPROTO, 0, NULL},
	{"{\"error\": {\"desc\": \"no\"}}", -EPROTO, 0, NULL},
	{"{\"error\": \"no\", \"id\": 1}", -EPROTO, 0, NULL},
	{"{\"error\": {\"desc\": 1}, \"id\": 1}", -EPROTO, 0, NULL},
	{"{\"event\": 1}", -EPROTO, 0, NULL},
	{"{}", -EPROTO, 0, NULL},
	{"[]", -EPROTO, 0, NULL},
	{"null", -EPROTO, 0, NULL},
	{"1", -EPROTO, 0, NULL},
	{"{\"return\": ", -EPROTO, 0, NULL},
	{"hello", -EPROTO, 0, NULL},
	{"{\"a\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]"
	 "]]]]]]]]}",
		-EPROTO, 0, NULL},
};

static void feed(struct qmp *qmp, const char *line)
{
	assert_true(qmp_feed(qmp, line, strlen(line)));
	assert_true(qmp_feed(qmp, "\n", 1));
}

static void test_lines(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		TMP_CTX(tmp);
		struct qmp *qmp = qmp_new(tmp, -1, MAX_LINE);
		struct qmp_message message;

		qmp_send(qmp, "one", NULL);
		qmp_send(qmp, "two", NULL);
		feed(qmp, rows[i].line);
		int r = qmp_next(qmp, &message);

		if (r != rows[i].result)
			fail_msg("%s: %d", rows[i].line, r);
		if (r != 1)
			continue;
		assert_int_equal(message.kind, rows[i].kind);
		if (rows[i].text != NULL)
			assert_string_equal(message.text, rows[i].text);
	}
}

/* However the bytes are cut, the messages are the same. */
static void test_pieces(void **state)
{
	static const char stream[] =
		"{\"event\": \"A\"}\r\n\r\n{\"event\": \"B\"}\n{\"return\": 7, "
		"\"id\": 1}\n";

	(void)state;
	for (size_t step = 1; step < sizeof(stream); step++) {
		TMP_CTX(tmp);
		struct qmp *qmp = qmp_new(tmp, -1, MAX_LINE);
		struct qmp_message message;
		char found[32] = "";

		qmp_send(qmp, "one", NULL);
		for (size_t at = 0; at < sizeof(stream) - 1; at += step) {
			size_t left = sizeof(stream) - 1 - at;

			assert_true(
				qmp_feed(qmp, stream + at, left < step ? left : step));
			while (qmp_next(qmp, &message) == 1)
				strncat(found,
					message.kind == QMP_EVENT ? message.text : "r",
					2);
		}
		assert_string_equal(found, "ABr");
	}
}

static void test_long_line(void **state)
{
	TMP_CTX(tmp);
	struct qmp *qmp = qmp_new(tmp, -1, MAX_LINE);
	struct qmp_message message;
	char spaces[MAX_LINE + 2];

	(void)state;
	memset(spaces, ' ', sizeof(spaces));
	assert_true(qmp_feed(qmp, spaces, MAX_LINE));
	assert_int_equal(qmp_next(qmp, &message), 0);
	assert_false(qmp_feed(qmp, spaces, 1));
	assert_int_equal(qmp_next(qmp, &message), -EPROTO);
}

/* Over a socket */

static struct qmp *connect_pair(TALLOC_CTX *mem_ctx, int *ret_peer)
{
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	*ret_peer = pair[1];
	return qmp_new(mem_ctx, pair[0], MAX_LINE);
}

static void say(int peer, const char *text)
{
	assert_int_equal(send(peer, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

static void test_call(void **state)
{
	TMP_CTX(tmp);
	int peer;
	struct qmp *qmp = connect_pair(tmp, &peer);
	struct json_object *data = NULL;
	char sent[128] = "";

	(void)state;
	say(peer, "{\"QMP\": {}}\n{\"event\": \"X\"}\n{\"return\": 42, \"id\": 1}\n");
	struct json_object *arguments = json_object_new_object();

	json_object_object_add(arguments, "a\"b", json_object_new_string("c\nd"));
	assert_int_equal(qmp_call(qmp, "query", arguments, 1000, &data), 0);
	assert_int_equal(json_object_get_int(data), 42);
	json_object_put(data);
	assert_true(read(peer, sent, sizeof(sent) - 1) > 0);
	assert_string_equal(sent, "{\"execute\":\"query\",\"arguments\":{\"a\\\"b\":"
				  "\"c\\nd\"},\"id\":1}\n");
	close(peer);
}

static void test_call_failures(void **state)
{
	static const struct {
		const char *answer;
		bool hangs_up;
		int result;
	} cases[] = {
		{"{\"error\": {\"desc\": \"no\"}, \"id\": 1}\n", false, -EREMOTEIO},
		{"nonsense\n", false, -EPROTO},
		{"", false, -ETIMEDOUT},
		{"{\"event\": \"X\"}\n", false, -ETIMEDOUT},
		{"", true, -EPIPE},
		{"{\"return\"", true, -EPIPE},
		/* the answer, then the end: the answer counts */
		{"{\"return\": {}, \"id\": 1}\n", true, 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		TMP_CTX(tmp);
		int peer;
		struct qmp *qmp = connect_pair(tmp, &peer);

		say(peer, cases[i].answer);
		if (cases[i].hangs_up)
			assert_int_equal(shutdown(peer, SHUT_WR), 0);
		int r = qmp_call(qmp, "query", NULL, 20, NULL);

		if (r != cases[i].result)
			fail_msg("case %zu: %d", i, r);
		close(peer);
	}
}

/* A QEMU that does not read: commands wait, and nothing blocks. */
static void test_full_socket(void **state)
{
	TMP_CTX(tmp);
	int peer;
	struct qmp *qmp = connect_pair(tmp, &peer);
	uint64_t n = 0;
	char bytes[4096];

	(void)state;
	while (!qmp_wants_out(qmp))
		n = qmp_send(qmp, "system_powerdown", NULL);
	assert_true(n > 100);
	assert_int_equal(qmp_flush(qmp), 0);
	assert_true(qmp_wants_out(qmp));
	while (qmp_wants_out(qmp)) {
		assert_true(read(peer, bytes, sizeof(bytes)) > 0);
		assert_int_equal(qmp_flush(qmp), 0);
	}
	close(peer);
	/* And one that is gone is no SIGPIPE. */
	qmp_send(qmp, "quit", NULL);
	assert_true(qmp_receive(qmp) <= 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_pieces),
		cmocka_unit_test(test_long_line),
		cmocka_unit_test(test_call),
		cmocka_unit_test(test_call_failures),
		cmocka_unit_test(test_full_socket),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
