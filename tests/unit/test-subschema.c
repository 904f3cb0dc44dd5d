/* SPDX-License-Identifier: Apache-2.0 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "read/subschema.h"

static const char *types[] = {
	"( 2.5.4.0 NAME 'objectClass' DESC 'x' )",
	"( 2.5.4.3 NAME ( 'cn' 'commonName' ) SUP name )",
	"( 1.2.3 DESC 'NAME ''hidden''' )",
};
static const char *classes[] = {
	"(1.3.6.1.1.1.2.6 NAME 'ipHost' SUP top AUXILIARY )",
	"( 2.5.6.14 NAME 'device' DESC 'no NAME ( ''router'' )' )",
};

/* {filter, what is missing} */
static const char *const rows[][2] = {
	{"(objectClass=ipHost)", ""},
	{"(|(objectclass=IPHOST)(OBJECTCLASS=device))", ""},
	{"(&(cn=x)(commonname=y)(2.5.4.3=z)(objectClass=*))", ""},
	{"(objectClass=1.3.6.1.1.1.2.6)", ""},
	{"(|(objectClass=vocCluster)(objectClass=ipHost)(objectClass=vocCluster))",
		"vocCluster"},
	{"(|(!(xyzzy=1))(cn>=2)(plugh<=3)(frob:=4)(Xyzzy~=5))", "xyzzy plugh frob"},
	{"(objectClass=router)", "router"},
	{"(hidden=1)", "hidden"},
	{"(objectClass=ipHos)", "ipHos"},
	{"(objectClass=ipHosts)", "ipHosts"},
	{"", ""},
	{"((((", ""},
};

static void test_rows(void **state)
{
	const struct string_list attribute_types = {types, ARRAY_SIZE(types)};
	const struct string_list object_classes = {classes, ARRAY_SIZE(classes)};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		TMP_CTX(tmp);
		struct buffer *text = buffer_new(tmp);
		struct string_list missing = subschema_missing(
			tmp, rows[i][0], &attribute_types, &object_classes);

		for (size_t j = 0; j < missing.n; j++)
			buffer_printf(text, "%s%s", j ? " " : "", missing.items[j]);
		assert_string_equal(text->data, rows[i][1]);
	}
}

static void test_operational(void **state)
{
	TMP_CTX(tmp);
	static const char *with_usage[] = {
		"( 2.5.18.1 NAME 'createTimestamp' "
		"SINGLE-VALUE USAGE directoryOperation )",
		"( 1.2 NAME ( 'entryUUID' 'x' ) "
		"NO-USER-MODIFICATION USAGE dSAOperation )",
		"( 1.3 NAME 'plain' USAGE userApplications )",
		"( 1.4 NAME 'cn' )",
	};
	static const char *names[] = {"cn", "ENTRYUUID", "plain", "other"};
	const struct string_list types_list = {with_usage, ARRAY_SIZE(with_usage)};
	const struct string_list wanted = {names, ARRAY_SIZE(names)};
	struct string_list found = subschema_operational(tmp, &wanted, &types_list);

	(void)state;
	assert_int_equal(found.n, 1);
	assert_string_equal(found.items[0], "ENTRYUUID");
}

static void test_dns(void **state)
{
	static const char *of_server[] = {
		"( 1.1 NAME 'kindOfOwner' SUP owner )",
		"( 2.5.4.49 NAME 'distinguishedName' SYNTAX 1.3.6.1.4.1.1466.115.121.1.12 )",
		"( 2.5.4.32 NAME ( 'owner' 'boss' ) DESC 'a DN' SUP distinguishedName )",
		"( 2.5.4.50 NAME 'uniqueMember' SYNTAX 1.3.6.1.4.1.1466.115.121.1.34)",
		"( 1.2 NAME 'quoted' SYNTAX '1.3.6.1.4.1.1466.115.121.1.12' )",
		"( 1.3 NAME 'byNumber' SUP 2.5.4.49 SINGLE-VALUE )",
		"( 1.4 NAME 'text' SYNTAX 1.3.6.1.4.1.1466.115.121.1.15{64} )",
		"( 1.5 NAME 'longer' SYNTAX 1.3.6.1.4.1.1466.115.121.1.121 )",
		"( 1.6 NAME 'ofText' SUP text )",
	};
	const struct string_list attribute_types = {of_server, ARRAY_SIZE(of_server)};
	TMP_CTX(tmp);
	struct buffer *text = buffer_new(tmp);
	struct string_list dns = subschema_dns(tmp, &attribute_types);

	(void)state;
	for (size_t i = 0; i < dns.n; i++)
		buffer_printf(text, "%s%s", i ? " " : "", dns.items[i]);
	assert_string_equal(text->data,
		"distinguishedName owner boss uniqueMember quoted byNumber kindOfOwner");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_operational),
		cmocka_unit_test(test_dns),
	};

	return cmocka_run_group_tests_name("subschema", tests, NULL, NULL);
}
