/* SPDX-License-Identifier: Apache-2.0 */

/* The table of languages, and their checks of whole files; test-escape has the values. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/trailer.h"
#include "template/language.h"

enum { STRING_MAX = 1499 };

/* Expected: NULL for a good file, else a part of the sentence. */
static const struct {
	const char *language, *text, *expected;
	unsigned line;
} rows[] = {
	{"hosts", "", NULL, 0},
	{"hosts", "# c\n\n10.0.0.1 n1.c.example n1\nfd00::1\tn1\n", NULL, 0},
	{"hosts", "10.0.0.1 1234\n", NULL, 0},
	{"hosts", "10.0.0.1\n", "without a name", 1},
	{"hosts", "10.0.0.1 n1\n010.0.0.2 n2\n", "no address", 2},
	{"hosts", "10.0.0.1 n1 n_2\n", "no host name", 1},
	{"hosts", "10.0.0.1 n1 # c_\n", NULL, 0},
	{"hosts", "10.0.0.1 n1 #c\n", NULL, 0},
	{"hosts", "10.0.0.1 # c\n", "without a name", 1},
	{"hosts", "10.0.0.1 n1 a_b # c\n", "no host name", 1},
	{"kea", "# a\n// \"b\n\"x\": [ /* \"\n */ \"# // /*\" ] # c", NULL, 0},
	{"kea", "/* a", "", 1},
	{"kea", "\"x\": 1 / 2", "", 1},
	{"zone", "$TTL 1\nn1 A 10.0.0.1 ; \"\nn1 TXT \"a;(\\\"\"\n", NULL, 0},
	{"zone", "@ SOA a b (\n 1 2\n 3 4 5 )\n", NULL, 0},
	{"zone", "n1 TXT \"a\nb\"\n", "not closed", 1},
	{"zone", "n1 A 10.0.0.1\n@ SOA a b ( 1 2\n", "not closed", 0},
	{"zone", "n1 A )\n", "without an opening", 1},
	{"zone", "n1 TXT \"\x02\"\n", "control", 1},
	{"dnsmasq", "local=/c/\n\thost-record=n1,10.0.0.1\n", NULL, 0},
	{"dnsmasq", "local=/c/\x01\n", "control", 1},
	{"dhcpd", "", NULL, 0},
	{"dhcpd", "host a { hardware ethernet 02:00:00:00:00:01; }\n", NULL, 0},
	{"dhcpd", "option x \"a;{\\\"}\"; # }\nsubnet 10.0.0.0 netmask 255.0.0.0 {\n}\n",
		NULL, 0},
	{"dhcpd", "host a {\n hardware ethernet 02:00:00:00:00:01;\n", "not closed", 3},
	{"dhcpd", "host a { fixed-address 10.0.0.1 }\n", "semicolon", 1},
	{"dhcpd", "max-lease-time 600", "semicolon", 0},
	{"dhcpd", "}\n", "without an opening", 1},
	{"dhcpd", "option x \"abc;\n", "closing quote", 2},
	{"preseed", "# c\n\nd-i a/b string x y\nd-i a/c string\n", NULL, 0},
	{"preseed", "d-i a/b string x\\\n", "goes on", 1},
	{"preseed", "d-i a/b\n", "without owner", 1},
	{"preseed", "# c\nd-i a/b strings x\n", "no type", 2},
	{"json", "{\"a\": [1, true, null]}\n", NULL, 0},
	{"json", "{\"a\": [1, true\n", "too early", 0},
	{"json", "{\"a\": 1,}\n", "", 1},
	{"json", "{\"a\": 1} x\n", "", 1},
	{"kea", "\"a\": [1],\n\"b\": {}\n", NULL, 0},
	{"kea", "{\"a\": 1}\n,{\"a\": 2}\n", NULL, 0},
	{"kea", "", NULL, 0},
	{"kea", "\"a\": [1],\n", "", 2},
	{"kea", "\"a\": [1]\n}, \"b\": 1\n", "", 2},
	{"yaml", "a: 1\nb: {c: \"x y\", d: [1, 2]}\n", NULL, 0},
	{"yaml", "a: \"x\nb: 1\n", "", 0},
	{"yaml", "a: {b: 1\nc: 2\n", "", 0},
	{"yaml", "a: 1\n\tb: 2\n", "", 0},
	{"yaml", "a: |\n  it's \"free text [\nb: 'x'\n", NULL, 0},
	{"kickstart", "text\n%packages\n@core\n%end\n%post\n%include /x\n%end\n", NULL,
		0},
	{"kickstart", "text\n%packages\n@core\n%post\necho\n", NULL, 0}, /* RHEL 5 */
	{"kickstart", "%packages\n@core\n%post\n%end\n", "not closed before", 0},
	{"kickstart", "%packages\n%end\n%post\n", "last section", 0},
	{"kickstart", "%end\n", "without a section", 0},
	{"shell", "anything 'goes\n", NULL, 0},
};

static const char *check(TALLOC_CTX *mem_ctx, const char *language, const char *trailer,
	enum reading_depth depth, const struct buffer *b, unsigned *line)
{
	return language_check_file(
		mem_ctx, language, trailer, depth, b->data, b->len, line);
}

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		for (int pass = 0; pass < 4; pass++) {
			TMP_CTX(tmp);
			struct buffer *b = buffer_new(tmp);
			const char *trailer = pass & 1 ? "# " : NULL;
			unsigned line;

			buffer_add_text(b, rows[i].text);
			if (trailer != NULL)
				trailer_add(b, trailer, 1, 2);
			const char *fault = check(tmp, rows[i].language, trailer,
				pass & 2 ? READING_SHAPE : READING_PARSE, b, &line);

			if (rows[i].expected == NULL && fault != NULL)
				fail_msg("'%s': %s", rows[i].text, fault);
			if (rows[i].expected != NULL &&
				(fault == NULL ||
					strstr(fault, rows[i].expected) == NULL))
				fail_msg("'%s': %s", rows[i].text,
					fault == NULL ? "passes" : fault);
			if (rows[i].line != 0 && line != rows[i].line)
				fail_msg("'%s': line %u", rows[i].text, line);
		}
	}
}

/* A file that is cut anywhere, or has one bit changed, does not pass. */
static void test_damage(void **state)
{
	TMP_CTX(tmp);
	struct buffer *b = buffer_new(tmp);
	unsigned line;

	(void)state;
	buffer_add_text(b, "10.0.0.1 n1\n10.0.0.2 n2\n");
	trailer_add(b, "# ", 2, 0);
	assert_null(check(tmp, "hosts", "# ", READING_PARSE, b, &line));
	for (size_t i = 0; i < b->len; i++) {
		struct buffer *bad = buffer_new(tmp);

		buffer_add(bad, b->data, i);
		assert_non_null(check(tmp, "hosts", "# ", READING_PARSE, bad, &line));
		buffer_add(bad, b->data + i, b->len - i);
		bad->data[i] ^= 1;
		/* the counts are not part of what the hash covers */
		if (strncmp(b->data + i, "2 vcns", 6) == 0 ||
			strncmp(b->data + i, "0 sha256", 8) == 0)
			continue;
		assert_non_null(check(tmp, "hosts", "# ", READING_PARSE, bad, &line));
	}
}

static void test_limits(void **state)
{
	TMP_CTX(tmp);
	struct buffer *b = buffer_new(tmp);
	unsigned line;

	(void)state;
	for (size_t i = 0; i < 1023; i++)
		buffer_add_byte(b, 'a');
	buffer_add_byte(b, '\n');
	assert_null(check(tmp, "dnsmasq", NULL, READING_PARSE, b, &line));
	b->data[b->len - 1] = 'a';
	assert_non_null(check(tmp, "dnsmasq", NULL, READING_PARSE, b, &line));
	for (size_t len = STRING_MAX; len <= STRING_MAX + 1; len++) {
		buffer_truncate(b, 0);
		buffer_add_text(b, "option x \"");
		for (size_t i = 0; i < len; i++)
			buffer_add_byte(b, 'a');
		buffer_add_text(b, "\";\n");
		assert_true((check(tmp, "dhcpd", NULL, READING_PARSE, b, &line) ==
				    NULL) == (len == STRING_MAX));
	}
	buffer_truncate(b, 0);
	buffer_add(b, "a\0b\n", 4);
	assert_non_null(check(tmp, "text", NULL, READING_PARSE, b, &line));
}

/* The table */
static void test_table(void **state)
{
	TMP_CTX(tmp);
	const char **names = language_names(tmp);
	size_t n = 0;

	(void)state;
	assert_null(language_find("perl"));
	assert_null(language_find(NULL));
	for (; names[n] != NULL; n++) {
		const struct language *l = language_find(names[n]);

		assert_ptr_equal(l, &languages[n]);
		assert_non_null(l->escape);
		assert_ptr_equal(language_escaper(l, PLACE_INSIDE, NULL), l->escape);
		assert_ptr_equal(language_escaper(l, PLACE_OUTSIDE, NULL),
			l->quoting == QUOTING_NONE ? l->escape : escape_bare);
	}
	assert_int_equal(n, 14);
	assert_int_equal(language_find("shell")->quoting, QUOTING_SHELL);
	assert_int_equal(language_find("yaml")->quoting, QUOTING_YAML);
	assert_int_equal(language_find("hosts")->quoting, QUOTING_NONE);
}

/* Each @ is a value; the places are I (inside), O (outside), B (where a scalar begins). */
static const struct {
	const char *language, *text, *places;
} quoted[] = {
	{"dhcpd", "option x \"@\"; y @; # \"@\n z \"@\"", "IOOI"},
	{"dhcpd", "x \"a\nb @\" @ \"@\" \"a\\\"@\"", "OOII"},
	{"json", "{\"a\": \"@\", \"b\": @, \"it's @\": 1}", "IOI"},
	{"kea", "// it\"s\n\"@\" # \"@\n/* \"\n\" @ \" */ \"@\" @", "IOOIO"},
	{"kea", "\"http://@\" \"/*@\" \"#@\"", "III"},
	{"zone", "@ TXT \"@\" ; \"@\n@ TXT \"\\\"@\"", "OIOOI"},
	{"ini", "a=\"@\" '@'", "OO"},

	{"shell", "echo '@' @ \"@\" \"it's @\" '@'", "IOOOI"},
	{"shell", "echo \"@: it's @, isn't it\" '@'", "OOI"},
	{"shell", "echo \\'@ \\\\'@' \"\\\"'@'\"", "OIO"},
	{"shell", "# don't @\necho '@'; x#'@'", "OII"},
	{"shell", "a='b\nc @' '@'\n'@'", "OII"},
	{"shell", "$'@' '@'", "OI"},
	{"shell", "x=`echo '@'` '@'", "OI"},
	{"shell", "x=$(echo '@' \"@\") '@'", "IOI"},
	{"shell", "x=\"$(echo '@' \"it's @\") '@'\" '@'", "IOOI"},
	{"shell", "x=\"$(case $1 in a) '@' ;; esac)\" '@'", "OO"},
	{"shell", "cat <<END '@'\nit's '@'\n END\n '@'\nEND\n '@'", "IOOI"},
	{"shell", "cat <<-'END' | x '@'\n'@'\n\tEND\n '@'", "IOI"},
	{"shell", "cat <<\\E\n@\nE@\nE\n'@'", "OOI"},
	{"shell", "cat <<<'@' '@'; echo $((1 << 2)) '@'\n'@'", "IIII"},
	{"shell", "case $x in 'a') '@' ;; *')') '@' ;; esac", "II"},

	{"yaml", "a: \"@\"\nb: @\n\"@\": [\"@\", @, '@']\n", "IBIIBO"},
	{"yaml", "{say: 'echo \"@\"', b: \"it's @\"}", "OI"},
	{"yaml", "a: say \"@\"\nb: it's \"@\"\n", "OO"},
	{"yaml", "a: b, \"@\"\nc: [b, \"@\", d \"@\"]\n", "OIO"},
	{"yaml", "- \"@\"\n-   - \"@\"\n? \"@\"\n: \"@\"\n", "IIII"},
	{"yaml", "a: !unsafe \"@\"\nb: &x \"@\"\nc:\"@\"", "IIO"},
	{"yaml", "a: \"b\n c @\" # \"@\nd: \"@\"", "OOI"},
	{"yaml", "a: b\n  \"@\"\nc:\n  \"@\"\nd: \"e\"\n\"@\": 1", "OII"},
	{"yaml", "a: |\n  \"@\"\n\n  x\nb: \"@\"\n", "OI"},
	{"yaml", "- a: >-\n    \"@\"\n  b: \"@\"\n- |2\n  \"@\"\n- \"@\"", "OIOI"},
	{"yaml", "a: [\n  \"@\", \"@\",\n  @ ]\nb: c, \"@\"", "IIBO"},
	{"yaml", "a: \"\\\"@\" \nb: '\\' \nc: 'it''s @'\nd: \"@\"", "IOI"},
	{"yaml", "a: b - \"@\"\nc: b\n\n  c\n  \"@\"\nd: \"@\"", "OOI"},
	{"yaml", "['it''s, \"@\"', \"@\"]\n- -1 \"@\"\n- - \"@\"", "OIOI"},
	{"yaml", "a: @@\nb: x@\n- @: @\n", "BOOBB"},
};

static void test_quotes(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(quoted); i++) {
		const struct language *l = language_find(quoted[i].language);
		struct quotes q = QUOTES_INIT;
		char places[16] = "";
		size_t n = 0;

		for (const char *at = quoted[i].text; *at != '\0'; at++)
			if (*at == '@')
				places[n++] = "OBI"[quotes_take_value(&q, l->quoting)];
			else
				quotes_follow(&q, l->quoting, l->comment, at, 1);
		if (strcmp(places, quoted[i].places) != 0)
			fail_msg("%s: %s: %s instead of %s", quoted[i].language,
				quoted[i].text, places, quoted[i].places);
	}
}

static void test_comments(void **state)
{
	static const struct {
		const char *language, *trailer;
		bool is_comment;
	} comments[] = {
		{"dhcpd", "# ", true},
		{"dhcpd", "; ", false},
		{"dhcpd", " # ", false},
		{"dhcpd", "", false},
		{"ini", "# ", true},
		{"ini", ";; ", true},
		{"ini", "// ", false},
		{"json", "# ", false},
		{"kea", "# ", true},
		{"html", "<!-- ", false},
		{"text", "", true},
		{"text", "REM ", true},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(comments); i++)
		if (language_may_begin_comment(language_find(comments[i].language),
			    comments[i].trailer) != comments[i].is_comment)
			fail_msg("%s: '%s'", comments[i].language, comments[i].trailer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_damage),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_quotes),
		cmocka_unit_test(test_comments),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
