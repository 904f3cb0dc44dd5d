/* SPDX-License-Identifier: Apache-2.0 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "read/ldif.h"

/*
 * Input, and what comes out: each entry as `LINE DN` with its values as `name@line=value`
 * (other bytes than printable ones as \xHH), then the findings as they are printed.
 */
static const struct {
	const char *input, *output;
} rows[] = {
	{"", ""},
	{"\n\n\r\n", ""},
	{"# nothing but words\n#\n  folded: too\n", ""},
	{"version: 1\n", ""},
	{"dn: cn=a\ncn: a\n", "1 cn=a cn@2=a\n"},
	{"dn: cn=a\ncn: a", "1 cn=a cn@2=a\n"},
	{"dn: cn=a\r\ncn: a\r\n\r\ndn: cn=b\r\ncn: b\r\n",
		"1 cn=a cn@2=a\n4 cn=b cn@5=b\n"},
	{"version: 1\ndn: cn=a\ncn: a\n", "2 cn=a cn@3=a\n"},
	{"version: 1\n\ndn: cn=a\ncn: a\n", "3 cn=a cn@4=a\n"},
	{"\xef\xbb\xbf"
	 "dn: cn=a\ncn: a\n",
		"1 cn=a cn@2=a\n"},
	/* names, blanks, options, values apart from each other */
	{"DN:cn=a\nCN:a\ndescription:   x  \nl:\n",
		"1 cn=a CN@2=a description@3=x\\x20\\x20 l@4=\n"},
	{"dn: cn=a\ncn: 1\nl: x\nCn;lang-de: 2\nl;binary: y\n", "1 cn=a cn@2=1 l@3=x\n"},
	{"dn: cn=a\nCn;lang-de: 2\ncn;lang-fr: 3\nl: x\n",
		"1 cn=a Cn@2=2 cn@3=3 l@4=x\n"},
	{"# search reference\nref: ldap://b.example/dc=b\n\ndn: cn=a\ncn: a\n",
		"4 cn=a cn@5=a\n"
		"stdin:2:6: error: a part of the tree is on another server (continuation "
		"reference 'ldap://b.example/dc=b'): ask a server that has all of it, or "
		"below a narrower base\n"},
	{"dn: cn=a\nmember;range=0-1499: cn=b\n",
		"stdin:1:1: error: the server gave only a part of the values of "
		"'member;range=0-1499' of 'cn=a'\n"},
	{"dn: cn=a\n2.5.4.3: a\n", "1 cn=a 2.5.4.3@2=a\n"},
	{"dn: cn=a\ncn: a: b :c\n", "1 cn=a cn@2=a:\\x20b\\x20:c\n"},
	{"dn: cn=a\ncn: L\xc3\xa9\n", "1 cn=a cn@2=L\\xc3\\xa9\n"},
	/* folding */
	{"dn: cn=a,\n dc=x\ncn\n : a\n b\n  c\nl: x\n",
		"1 cn=a,dc=x cn@3=ab\\x20c l@7=x\n"},
	{"dn: cn=a,\r\n dc=x\r\ncn: a\r\n b\r\n", "1 cn=a,dc=x cn@3=ab\n"},
	{"dn: cn=a\n# hidden\n  cn: no\ncn: a\n# end\n", "1 cn=a cn@4=a\n"},
	{"# above\ndn: cn=a\ncn: a\n\n# alone\n\ndn: cn=b\ncn: b\n",
		"2 cn=a cn@3=a\n7 cn=b cn@8=b\n"},
	/* base64 */
	{"dn:: Y249YQ==\ncn:: YQ==\nl:: YWI=\nst:: YWJj\no::\nou:: AAE=\n",
		"1 cn=a cn@2=a l@3=ab st@4=abc o@5= ou@6=\\x00\\x01\n"},
	{"dn: cn=a\ncn:: YWJj\n ZGVm\n", "1 cn=a cn@2=abcdef\n"},
	{"dn: cn=a\ncn:: YQ= =\n", "stdin:2:8: error: 'cn' is no base64 (one colon means "
				   "plain text, two base64)\n"},
	{"dn: cn=a\ncn:: Y\n", "stdin:2:7: error: 'cn' is no base64 (one colon means "
			       "plain text, two base64)\n"},
	{"dn: cn=a\ncn:: not base64\n", "stdin:2:9: error: 'cn' is no base64 (one colon "
					"means plain text, two base64)\n"},
	{"dn: cn=a\ncn:: YQ\n", "stdin:2:8: error: 'cn' is no base64 (one colon means "
				"plain text, two base64)\n"},
	{"dn: cn=a\ncn:: YWI\n =x\n", "stdin:2: error: 'cn' is no base64 (one colon "
				      "means plain text, two base64)\n"},
	/* changes */
	{"dn: cn=a\nchangetype: add\ncn: a\n", "1 cn=a cn@3=a\n"},
	{"dn: cn=a\nchangetype: modify\nadd: l\nl: x\n-\n\ndn: cn=b\ncn: b\n",
		"7 cn=b cn@8=b\n"
		"stdin:2:13: error: 'changetype: modify' changes an entry, but only "
		"whole "
		"entries can be read\n"},
	{"dn: cn=a\ncontrol: 1.2.3 true\nchangetype: add\ncn: a\n",
		"stdin:2:1: error: controls are not "
		"supported: only whole entries can be read\n"},
	{"dn: cn=a\njpegPhoto:< file:///etc/passwd\n",
		"stdin:2:13: error: 'jpegPhoto' comes from a URL, "
		"which is not followed: write the value itself\n"},
	/* ldapsearch without -LLL */
	{"# extended LDIF\n#\n\n# a\ndn: cn=a\ncn: a\n\n# search result\nsearch: 2\n"
	 "result: 0 Success\n\n# numEntries: 1\n",
		"5 cn=a cn@6=a\n"},
	{"dn: cn=a\ncn: a\n\nsearch: 2\nresult: 4 Size limit exceeded\n",
		"1 cn=a cn@2=a\n"
		"stdin:5:9: error: the search that wrote this file did not end well ('4 "
		"Size "
		"limit exceeded'): entries are missing\n"},
	{"ref: ldap://other/dc=x??sub\n",
		"stdin:1:6: error: a part of the tree is on another server (continuation "
		"reference 'ldap://other/dc=x??sub'): ask a server that has all of it, or "
		"below a narrower base\n"},
	/* slapcat */
	{"dn: ou=r\nobjectClass: top\nobjectClass: Referral\nREF: ldap://other/\n",
		"1 ou=r objectClass@2=top objectClass@3=Referral REF@4=ldap://other/\n"
		"stdin:4:1: error: a part of the tree is on another server (referral "
		"'ldap://other/'): ask a server that has all of it, or below a narrower "
		"base\n"},
	{"dn: cn=a\nobjectClass: top\nref: ldap://other/\n",
		"1 cn=a objectClass@2=top ref@3=ldap://other/\n"},
	/* malformed */
	{"dn: cn=a\ncn a\n\ndn: cn=b\ncn: b\n\ndn: cn=c\nc n: c\n: d\n",
		"4 cn=b cn@5=b\n"
		"stdin:2:1: error: no colon: lines read 'attribute: value', and one that "
		"continues the line above starts with a blank\n"
		"stdin:8:2: error: 'c n' is no attribute name\n"
		"stdin:9:1: error: '' is no attribute name\n"},
	{" dn: cn=a\n",
		"stdin:1:1: error: a line that starts with a blank continues the one "
		"above it, but there is none\n"},
	{"dn: cn=a\ncn: a\n \ndn: cn=b\ncn: b\n",
		"stdin:4:1: error: a second 'dn' in one "
		"record: an empty line must stand before it\n"},
	{"cn: a\n", "stdin:1:1: error: the record starts with 'cn', not with 'dn'\n"},
	{"dn: cn=a\n\ndn: cn=b\ncn: b\n",
		"1 cn=a\n"
		"3 cn=b cn@4=b\n"
		"stdin:1:1: warning: the record has no attributes, as of an entry that "
		"whoever made the file may not read\n"},
	{"dn: nonsense\ncn: a\n",
		"stdin:1:5: error: 'nonsense' is no distinguished name\n"},
	{"dn:: Y249YQBi\ncn: a\n", "stdin:1: error: 'cn=a' is no distinguished name\n"},
	{"version: 2\ndn: cn=a\ncn: a\n",
		"stdin:1:10: error: LDIF version '2' is not known, only 1\n"},
	{"dn: cn=a\ncn: a\n\ndn: CN=A \ncn: a\n",
		"1 cn=a cn@2=a\n"
		"stdin:4:5: error: 'CN=A ' is here twice: it is in line 1 already\n"},
};

static void print_bytes(struct buffer *out, const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (bytes[i] > ' ' && bytes[i] < '\x7f')
			buffer_add_byte(out, bytes[i]);
		else
			buffer_printf(out, "\\x%02x", (unsigned char)bytes[i]);
	}
}

static void print_entry(void *data, const struct entry *entry)
{
	struct buffer *out = data;

	buffer_printf(out, "%u %s", entry->line, entry->dn);
	for (size_t i = 0; i < entry->n_attributes; i++) {
		const struct entry_attribute *a = &entry->attributes[i];

		for (size_t j = 0; j < a->n_values; j++) {
			buffer_printf(out, " %s@%u=", a->name, a->values[j].line);
			print_bytes(out, a->values[j].bytes, a->values[j].len);
			assert_int_equal(a->values[j].bytes[a->values[j].len], '\0');
		}
	}
	buffer_add_byte(out, '\n');
}

/* Makes @bytes what standard input gives. */
static void set_stdin(const char *bytes, size_t len)
{
	int fd = memfd_create("ldif", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, len), len);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	assert_int_equal(dup2(fd, STDIN_FILENO), STDIN_FILENO);
	close(fd);
}

static void print_findings(struct buffer *out, struct diags *diags)
{
	const struct diag_style style = {0};
	char *text;
	size_t len;
	FILE *stream = open_memstream(&text, &len);

	for (size_t i = 0; i < diags->n_findings; i++)
		diag_print(stream, diags->findings[i], &style);
	fclose(stream);
	buffer_add_text(out, text);
	free(text);
}

static char *read_text(TALLOC_CTX *mem_ctx, const char *bytes, size_t len)
{
	struct buffer *out = buffer_new(mem_ctx);
	struct diags *diags = diags_new(mem_ctx);
	size_t n = 0;

	set_stdin(bytes, len);
	int failed = ldif_read("-", NULL, print_entry, out, diags, &n);

	assert_int_equal(failed, -(int)diags->failure);
	print_findings(out, diags);
	return out->data;
}

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		TMP_CTX(tmp);

		assert_string_equal(read_text(tmp, rows[i].input, strlen(rows[i].input)),
			rows[i].output);
	}
}

static void test_nul(void **state)
{
	static const char input[] = "dn: cn=a\ncn: a\0b\n";
	TMP_CTX(tmp);

	(void)state;
	assert_string_equal(read_text(tmp, input, sizeof(input) - 1),
		"stdin:2:6: error: NUL byte: is this an LDIF file?\n");
}

struct tally {
	size_t n_entries, n_bytes;
};

static void count(void *data, const struct entry *entry)
{
	struct tally *tally = data;

	tally->n_entries++;
	for (size_t i = 0; i < entry->n_attributes; i++) {
		for (size_t j = 0; j < entry->attributes[i].n_values; j++)
			tally->n_bytes += entry->attributes[i].values[j].len;
	}
}

/* Records that lie across the borders of what one read gives, with every kind of break. */
static void test_borders(void **state)
{
	TMP_CTX(tmp);
	struct buffer *file = buffer_new(tmp);
	struct diags *diags = diags_new(tmp);
	struct tally tally = {0};
	size_t n = 0, expected = 0;

	(void)state;
	for (unsigned i = 0; file->len < 1200 * 1024; i++) {
		const char *end = i % 3 ? "\n" : "\r\n";

		buffer_printf(file, "dn: cn=n%u%scn: n%u%sl: ", i, end, i, end);
		for (unsigned j = 0; j < i % 41; j++)
			buffer_printf(file, "abcdefg%s hij", end);
		buffer_printf(file, "%s%s", end, end);
		expected++;
	}
	buffer_printf(file, "dn: cn=big\nl: ");
	for (unsigned i = 0; i < 100000; i++)
		buffer_printf(file, "0123456789\n ");
	set_stdin(file->data, file->len);
	assert_int_equal(ldif_read("-", NULL, count, &tally, diags, &n), 0);
	assert_int_equal(n, expected + 1);
	assert_int_equal(tally.n_entries, expected + 1);
	assert_true(tally.n_bytes > 1000000);
}

/* A file that is anything but LDIF: the complaints end somewhere. */
static void test_garbage(void **state)
{
	TMP_CTX(tmp);
	struct buffer *file = buffer_new(tmp);
	struct diags *diags = diags_new(tmp);
	struct tally tally = {0};
	size_t n = 0;

	(void)state;
	for (unsigned i = 0; i < 5000; i++)
		buffer_add_text(file, "garbage\n");
	set_stdin(file->data, file->len);
	assert_int_equal(ldif_read("-", NULL, count, &tally, diags, &n), -EXIT_DATA);
	assert_int_equal(diags->n_errors, 1001);
	assert_string_equal(
		diag_last(diags)->message, "4000 further faults are not shown");
}

static void test_missing(void **state)
{
	TMP_CTX(tmp);
	struct diags *diags = diags_new(tmp);
	size_t n = 7;

	(void)state;
	assert_int_equal(
		ldif_read("/nonexistent/site.ldif", NULL, count, NULL, diags, &n),
		-EXIT_IO);
	assert_int_equal(ldif_read("/", NULL, count, NULL, diags, &n), -EXIT_IO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_nul),
		cmocka_unit_test(test_borders),
		cmocka_unit_test(test_garbage),
		cmocka_unit_test(test_missing),
	};

	return cmocka_run_group_tests_name("ldif", tests, NULL, NULL);
}
