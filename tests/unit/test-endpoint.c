/* SPDX-License-Identifier: Apache-2.0 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "read/endpoint.h"

static const struct {
	const char *uri;
	enum endpoint_kind kind;
	const char *host, *port, *path; /* all NULL: refused */
} rows[] = {
	{"ldap://a.example", ENDPOINT_LDAP, "a.example", "389", NULL},
	{"LDAP://a.example/", ENDPOINT_LDAP, "a.example", "389", NULL},
	{"ldaps://a.example", ENDPOINT_LDAPS, "a.example", "636", NULL},
	{"ldap://a:1389", ENDPOINT_LDAP, "a", "1389", NULL},
	{"ldap://192.0.2.1:65535", ENDPOINT_LDAP, "192.0.2.1", "65535", NULL},
	{"ldaps://[2001:db8::1]", ENDPOINT_LDAPS, "2001:db8::1", "636", NULL},
	{"ldap://[::1]:1389/", ENDPOINT_LDAP, "::1", "1389", NULL},
	{"ldapi://%2Frun%2fa", ENDPOINT_LDAPI, NULL, NULL, "/run/a"},
	{"ldapi://%2Frun%2Fa%20b/", ENDPOINT_LDAPI, NULL, NULL, "/run/a b"},
	{"", 0, NULL, NULL, NULL},
	{"a.example", 0, NULL, NULL, NULL},
	{"http://a.example", 0, NULL, NULL, NULL},
	{"ldap://", 0, NULL, NULL, NULL},
	{"ldap://:389", 0, NULL, NULL, NULL},
	{"ldap://a:", 0, NULL, NULL, NULL},
	{"ldap://a:0", 0, NULL, NULL, NULL},
	{"ldap://a:65536", 0, NULL, NULL, NULL},
	{"ldap://a:b", 0, NULL, NULL, NULL},
	{"ldap://[::1", 0, NULL, NULL, NULL},
	{"ldap://[::1]x", 0, NULL, NULL, NULL},
	{"ldap://a/dc=x", 0, NULL, NULL, NULL},
	{"ldap://a?x", 0, NULL, NULL, NULL},
	{"ldapi:///run/slapd/ldapi", 0, NULL, NULL, NULL},
	{"ldapi://%2", 0, NULL, NULL, NULL},
	{"ldapi://%2Gx", 0, NULL, NULL, NULL},
	{"ldapi://a%00b", 0, NULL, NULL, NULL},
};

static void assert_same(const char *uri, const char *is, const char *expected)
{
	if (!is != !expected || (is && strcmp(is, expected) != 0))
		fail_msg("%s: '%s', not '%s'", uri, is ? is : "(none)",
			expected ? expected : "(none)");
}

static void test_uris(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		TMP_CTX(tmp);
		struct endpoint endpoint = {0};
		bool is_valid = rows[i].host || rows[i].path;
		const char *reason = endpoint_parse(tmp, rows[i].uri, &endpoint);

		if (is_valid != !reason)
			fail_msg("%s: %s", rows[i].uri, reason ? reason : "accepted");
		if (!is_valid)
			continue;
		assert_int_equal(endpoint.kind, rows[i].kind);
		assert_same(rows[i].uri, endpoint.host, rows[i].host);
		assert_same(rows[i].uri, endpoint.port, rows[i].port);
		assert_same(rows[i].uri, endpoint.path, rows[i].path);
	}
}

static void test_default_socket(void **state)
{
	TMP_CTX(tmp);
	struct endpoint endpoint;

	(void)state;
	assert_null(endpoint_parse(tmp, "ldapi:///", &endpoint));
	assert_non_null(strstr(endpoint.path, "/ldapi"));
	assert_null(endpoint_parse(tmp, "ldapi://", &endpoint));
	assert_non_null(endpoint.path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_uris),
		cmocka_unit_test(test_default_socket),
	};

	return cmocka_run_group_tests_name("endpoint", tests, NULL, NULL);
}
