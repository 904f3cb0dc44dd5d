/* SPDX-License-Identifier: Apache-2.0 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "read/dn.h"

/* NULL: no DN */
static const char *const keys[][2] = {
	{"", ""},
	{"   ", ""},
	{"cn=db1,ou=hosts,dc=c,dc=example", "cn=db1,ou=hosts,dc=c,dc=example"},
	{"CN=DB1,  OU=Hosts , dc = C,DC=Example", "cn=db1,ou=hosts,dc=c,dc=example"},
	{"cn=  a   b  ,dc=x", "cn=a b,dc=x"},
	{"cn=a\\20\\20b\\20,dc=x", "cn=a b,dc=x"},
	{"cn=a\\,b,dc=x", "cn=a\\2cb,dc=x"},
	{"cn=a\\2Cb,dc=x", "cn=a\\2cb,dc=x"},
	{"cn=a\\2cb,dc=x", "cn=a\\2cb,dc=x"},
	{"cn=a\\+b\\=c=d", "cn=a\\2bb\\3dc\\3dd"},
	{"cn=\\\"q\\\"\\;\\<\\>\\\\", "cn=\\22q\\22\\3b\\3c\\3e\\5c"},
	{"cn=\\#1,dc=x", "cn=\\231,dc=x"},
	{"cn=a#1,dc=x", "cn=a#1,dc=x"},
	{"cn=\\0aline,dc=x", "cn=\\0aline,dc=x"},
	{"cn=L\\C3\\A9,dc=x", "cn=l\xc3\xa9,dc=x"},
	/* Ô and ô, composed or not; ß as SS; the Kelvin sign as k (RFC 4518, RFC 3454 B.2) */
	{"ou=H\xc3\x94tes,dc=x", "ou=h\xc3\xb4tes,dc=x"},
	{"ou=HO\xcc\x82tes,dc=x", "ou=h\xc3\xb4tes,dc=x"},
	{"ou=Stra\xc3\x9f"
	 "e",
		"ou=strasse"},
	{"cn=\xe2\x84\xaa\\2c", "cn=k\\2c"},
	{"cn=\xff\xfe", "cn=\xff\xfe"},
	{"cn=n1+ipHostNumber=10.0.0.1,dc=x", "cn=n1+iphostnumber=10.0.0.1,dc=x"},
	{"ipHostNumber=10.0.0.1 + cn=N1,dc=x", "cn=n1+iphostnumber=10.0.0.1,dc=x"},
	{"c=a\\+b+b=1+a=2", "a=2+b=1+c=a\\2bb"},
	{"gidNumber=0+uidNumber=0,cn=peercred,cn=external,cn=auth",
		"gidnumber=0+uidnumber=0,cn=peercred,cn=external,cn=auth"},
	{"cn=#04024869,dc=x", "cn=hi,dc=x"},
	{"cn=#0c0161", "cn=a"},
	{"cn=#0C0161", "cn=a"},
	{"cn=#0c012c", "cn=\\2c"},
	{"cn=#020101,dc=x", "cn=#020101,dc=x"},
	{"cn=#0403414", NULL},
	{"cn=#04034142", "cn=#04034142"},
	{"cn=#04024100", "cn=#04024100"},
	{"cn=#04,dc=x", "cn=#04,dc=x"},
	{"cn=#", NULL},
	{"2.5.4.3=a,0.9.2342.19200300.100.1.25=x", "cn=a,dc=x"},
	{"OID.2.5.4.3=a", "cn=a"},
	{"L=a,ST=b,C=c,STREET=d,UID=e", "l=a,st=b,c=c,street=d,uid=e"},
	{"localityName=a,stateOrProvinceName=b,countryName=c,streetAddress=d,userId=e",
		"l=a,st=b,c=c,street=d,uid=e"},
	{"2.5.4.7=a,2.5.4.8=b,2.5.4.6=c,2.5.4.9=d,0.9.2342.19200300.100.1.1=e,o=f",
		"l=a,st=b,c=c,street=d,uid=e,o=f"},
	{"userids=a,2.5.4.60=b", "userids=a,2.5.4.60=b"},
	{"commonName=a,organizationalUnitName=b,domainComponent=c", "cn=a,ou=b,dc=c"},
	{"cn=", "cn="},
	{"cn=,dc=x", "cn=,dc=x"},
	{"cn", NULL},
	{"cn=a,", NULL},
	{"cn=a,,dc=x", NULL},
	{",cn=a", NULL},
	{"cn=a+", NULL},
	{"=a", NULL},
	{"cn=a\"b\"", NULL},
	{"cn=a;dc=x", NULL},
	{"cn=a<b", NULL},
	{"cn=a\\", NULL},
	{"cn=a\\z", NULL},
	{"cn=a\\00", NULL},
	{"c n=a", NULL},
	{"-cn=a", NULL},
	{"c.n=a", NULL},
	{"2.5.4.=a", NULL},
	{"2..4=a", NULL},
	{"2.5-4=a", NULL},
	{"OID.=a", NULL},
	{"OID..5=a", NULL},
	{"OID.OID.2.5.4.3=a", NULL},
};

static void test_keys(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		TMP_CTX(tmp);
		char *key = dn_key(tmp, keys[i][0]);

		if (!keys[i][1] != !key || (key && strcmp(key, keys[i][1]) != 0))
			fail_msg("'%s': '%s', not '%s'", keys[i][0], key ? key : "(none)",
				keys[i][1] ? keys[i][1] : "(none)");
		/* a key is its own key */
		if (key)
			assert_string_equal(dn_key(tmp, key), key);
	}
}

static void test_long(void **state)
{
	TMP_CTX(tmp);
	struct buffer *dn = buffer_new(tmp), *key = buffer_new(tmp);

	(void)state;
	for (int i = 0; i < 300; i++) {
		buffer_add_text(dn, i ? ", CN=\\,X" : "CN=\\,X");
		buffer_add_text(key, i ? ",cn=\\2cx" : "cn=\\2cx");
		assert_string_equal(dn_key(tmp, dn->data), key->data);
	}
}

/* U+FDFA is three bytes, and 33 by NFKC: however it is written, there is room for it. */
static void test_wide(void **state)
{
	static const char *const spellings[] = {"\xef\xb7\xba", "\\EF\\B7\\BA", "efb7ba"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(spellings); i++)
		for (unsigned n = 1; n <= 42; n++) { /* 126 bytes: the longest in hex */
			TMP_CTX(tmp);
			struct buffer *dn = buffer_new(tmp), *plain = buffer_new(tmp);

			buffer_add_text(dn, "cn=");
			buffer_add_text(plain, "cn=");
			if (i == 2)
				buffer_add_text(dn, mem_printf(tmp, "#0c%02x", 3 * n));
			for (unsigned k = 0; k < n; k++) {
				buffer_add_text(dn, spellings[i]);
				buffer_add_text(plain, spellings[0]);
			}
			for (unsigned k = 0; k < 30; k++)
				buffer_add_text(dn, ",dc=x");
			for (unsigned k = 0; k < 30; k++)
				buffer_add_text(plain, ",dc=x");
			assert_string_equal(
				dn_key(tmp, dn->data), dn_key(tmp, plain->data));
			assert_true(strlen(dn_key(tmp, dn->data)) > 30 * n);
		}
}

static void test_parent(void **state)
{
	(void)state;
	assert_string_equal(dn_key_parent("cn=a\\2cb,ou=x,dc=y"), "ou=x,dc=y");
	assert_string_equal(dn_key_parent("dc=y"), "");
	assert_string_equal(dn_key_parent(""), "");
}

/* {DN, "attribute=value|…" of the first RDN} */
static const char *const rdns[][2] = {
	{"cn=DB1,ou=hosts", "cn=DB1"},
	{"CN=n1+ipHostNumber=10.0.0.1,ou=hosts", "cn=n1|iphostnumber=10.0.0.1"},
	{"cn=a\\,b \\+ c\\ ,ou=x", "cn=a,b + c "},
	{"cn=#04024869", "cn=Hi"},
	{"cn=#020101", "cn=#020101"},
	{"cn = two  blanks , ou=x", "cn=two  blanks"},
	{"2.5.4.3=a", "cn=a"},
	{"cn=a,broken", "cn=a"},
	{"", ""},
	{"broken", ""},
	{"cn=a+", ""},
};

static void test_rdns(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rdns); i++) {
		TMP_CTX(tmp);
		struct buffer *text = buffer_new(tmp);
		size_t n;
		struct rdn_part *parts = dn_parse_rdn(tmp, rdns[i][0], &n);

		for (size_t j = 0; j < n; j++)
			buffer_printf(text, "%s%s=%s", j ? "|" : "", parts[j].attribute,
				parts[j].value);
		assert_string_equal(text->data, rdns[i][1]);
		assert_int_equal(parts != NULL, n > 0);
	}
}

/* What has nothing to escape is no copy; the others are the same name. */
static void test_safe(void **state)
{
	static const char *const rows[][2] = {
		{"cn=a,dc=x", "cn=a,dc=x"},
		{"cn=caf\xc3\xa9,dc=x", "cn=caf\xc3\xa9,dc=x"},
		{"cn=a\\0a,dc=x", "cn=a\\0a,dc=x"},
		{"cn=a\nb,dc=x", "cn=a\\0ab,dc=x"},
		{"cn=\x1b[1m\x7f,dc=x", "cn=\\1b[1m\\7f,dc=x"},
		{"cn=\xc3\xa9\xff,dc=x", "cn=\\c3\\a9\\ff,dc=x"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		TMP_CTX(tmp);
		const char *safe = dn_safe(tmp, rows[i][0]);

		assert_string_equal(safe, rows[i][1]);
		assert_int_equal(safe == rows[i][0], i < 3);
		assert_string_equal(dn_key(tmp, safe), dn_key(tmp, rows[i][0]));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_wide),
		cmocka_unit_test(test_parent),
		cmocka_unit_test(test_rdns),
		cmocka_unit_test(test_safe),
	};

	return cmocka_run_group_tests_name("dn", tests, NULL, NULL);
}
