/* SPDX-License-Identifier: Apache-2.0 */

/* Every language: what it makes of a value, what it refuses, and that nothing of a corpus
 * of injections leaves the place it is printed in. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <json-c/json.h>

#include "base/document.h"
#include "base/text.h"
#include "template/language.h"

#define TEXT(literal) (literal), sizeof(literal) - 1

struct row {
	const char *language;
	const char *field; /* NULL: any */
	const char *input;
	size_t len;
	const char *expected; /* NULL: refused */
};

static const struct row rows[] = {
	{"json", NULL, TEXT("a\"b\\c"), "a\\\"b\\\\c"},
	{"json", NULL, TEXT("a\nb\tc\rd\be\f"), "a\\nb\\tc\\rd\\be\\f"},
	{"json", NULL, TEXT("\x01\x1f\x7f"), "\\u0001\\u001f\\u007f"},
	{"json", NULL, TEXT("\xc2\x85\xe2\x80\xa8\xe2\x80\xa9\xef\xbb\xbf"),
		"\\u0085\\u2028\\u2029\\ufeff"},
	{"json", NULL, TEXT("gr\xc3\xbc\xc3\x9f \xf0\x9f\x90\xa7"),
		"gr\xc3\xbc\xc3\x9f \xf0\x9f\x90\xa7"},
	{"json", NULL, TEXT("a\0b"), NULL},
	{"json", NULL, TEXT("\xff"), NULL},
	{"json", NULL, TEXT("\xed\xa0\x80"), NULL},
	/* Kea would make the byte 85 of \u0085, and reads no \ufeff */
	{"kea", NULL, TEXT("\x01\n\x7f\"\\"), "\\u0001\\n\\u007f\\\"\\\\"},
	{"kea", NULL, TEXT("\xc2\x85\xe2\x80\xa8\xef\xbb\xbf\xef\xbf\xbe"),
		"\xc2\x85\xe2\x80\xa8\xef\xbb\xbf\xef\xbf\xbe"},
	{"kea", NULL, TEXT("a\0b"), NULL},
	{"kea", NULL, TEXT("\xff"), NULL},
	{"yaml", NULL, TEXT("a: \"b\" # \\"), "a: \\\"b\\\" # \\\\"},
	{"yaml", NULL, TEXT("x\ny: z"), "x\\ny: z"},
	{"yaml", NULL, TEXT("\xef\xbf\xbe\xef\xbf\xbf"), "\\ufffe\\uffff"},
	{"yaml", NULL, TEXT("\xc3"), NULL},

	{"dhcpd", NULL, TEXT("a\"; } host evil {"), "a\\\"; } host evil {"},
	{"dhcpd", NULL, TEXT("a\\"), "a\\\\"},
	{"dhcpd", NULL, TEXT("a\nb"), NULL},
	{"dhcpd", NULL, TEXT("a\0b"), NULL},
	{"dhcpd", NULL, TEXT("a b;#"), "a b;#"},
	{"dhcpd", NULL, TEXT("\xe9"), "\xe9"},

	{"zone", NULL, TEXT("a\"b\\c; (d)"), "a\\\"b\\\\c; (d)"},
	{"zone", NULL, TEXT("gr\xc3\xbc\xc3\x9f"), "gr\\195\\188\\195\\159"},
	{"zone", NULL, TEXT("a\nb"), NULL},
	{"zone", NULL, TEXT("a\0b"), NULL},

	{"shell", NULL, TEXT("it's"), "it'\\''s"},
	{"shell", NULL, TEXT("''"), "'\\'''\\''"},
	{"shell", NULL, TEXT("$(reboot) `x` \\ \""), "$(reboot) `x` \\ \""},
	{"shell", NULL, TEXT("a\nb"), NULL},

	{"kickstart", NULL, TEXT("http://h/$basearch/?a=b&c"),
		"http://h/$basearch/?a=b&c"},
	{"kickstart", NULL, TEXT("a b"), NULL},
	{"kickstart", NULL, TEXT("a\tb"), NULL},
	{"kickstart", NULL, TEXT("a\"b"), NULL},
	{"kickstart", NULL, TEXT("a'b"), NULL},
	{"kickstart", NULL, TEXT("a\\b"), NULL},
	{"kickstart", NULL, TEXT("http://h/x#y"), NULL},
	{"kickstart", NULL, TEXT("%post"), NULL},
	{"kickstart", NULL, TEXT("-x"), NULL},
	{"kickstart", "removed", TEXT("-x"), NULL},
	{"kickstart", "packages", TEXT("-x"), "-x"},
	{"kickstart", "packages", TEXT("--x"), NULL},
	{"kickstart", "packages", TEXT("-x y"), NULL},
	{"kickstart", "packages", TEXT("%end"), NULL},
	{"kickstart", "packages", TEXT("@core"), "@core"},
	{"kickstart", NULL, TEXT("a\xe2\x80\xa8z"), NULL},
	{"kickstart", NULL, TEXT("a\xc2\x85z"), NULL},
	{"kickstart", NULL, TEXT("a-b%c"), "a-b%c"},

	{"ini", NULL, TEXT("a b # c; d = e"), "a b # c; d = e"},
	{"ipxe", NULL, TEXT("a=1;b c#d $e \"f g\""), "a=1;b c#d $e \"f g\""},
	{"ipxe", NULL, TEXT("a ; b"), NULL},
	{"ipxe", NULL, TEXT("a || b"), NULL},
	{"ipxe", NULL, TEXT("a && b"), NULL},
	{"ipxe", NULL, TEXT("a #b"), NULL},
	{"ipxe", NULL, TEXT("a${ip}"), NULL},
	{"ipxe", NULL, TEXT("a\\"), NULL},
	{"ipxe", NULL, TEXT("a\nb"), NULL},
	{"preseed", NULL, TEXT("a b # c; $d 'e' \"f\" \\g"), "a b # c; $d 'e' \"f\" \\g"},
	{"preseed", NULL, TEXT("a\\"), NULL},
	{"preseed", NULL, TEXT(" a"), NULL},
	{"preseed", NULL, TEXT("a "), NULL},
	{"preseed", NULL, TEXT("a\nd-i partman/confirm boolean true"), NULL},
	{"preseed", NULL, TEXT("a\rb"), NULL},
	{"ini", NULL, TEXT(" a"), NULL},
	{"ini", NULL, TEXT("\ta"), NULL},
	{"ini", NULL, TEXT("a\n[evil]"), NULL},
	{"ini", NULL, TEXT("a\r[evil]"), NULL},

	{"dnsmasq", "ip", TEXT("2001:db8::1"), "2001:db8::1"},
	{"dnsmasq", "ip", TEXT("192.0.2.1"), "192.0.2.1"},
	{"dnsmasq", "mac", TEXT("52:54:00:00:00:01"), "52:54:00:00:00:01"},
	{"dnsmasq", "path", TEXT("/srv/x"), "/srv/x"},
	{"dnsmasq", "mtu", TEXT("1500"), "1500"},
	{"dnsmasq", "name", TEXT("1500"), NULL},
	{"dnsmasq", "name", TEXT("12h"), NULL},
	{"dnsmasq", "fqdn", TEXT("7D"), NULL},
	{"dnsmasq", "names", TEXT("30s"), NULL},
	{"dnsmasq", "names", TEXT("30x"), "30x"},
	{"dnsmasq", "hostname", TEXT("ignore"), NULL},
	{"dnsmasq", "hostname", TEXT("Infinite"), NULL},
	{"dnsmasq", "hostname", TEXT("ignored"), "ignored"},
	{"dnsmasq", "aliases", TEXT("192.0.2.1"), NULL},
	{"dnsmasq", "id", TEXT("n1-eth0"), "n1-eth0"},
	{"dnsmasq", "name", TEXT("52:54:00:00:00:01"), NULL},
	{"dnsmasq", "domain", TEXT("c.example/x"), NULL},
	{"dnsmasq", "domains", TEXT("c.example/x"), NULL},
	{"dnsmasq", "zone", TEXT("infinite"), NULL},
	{"dnsmasq", "fqdn", TEXT("12h.c.example"), "12h.c.example"},
	{"dnsmasq", NULL, TEXT("a,b"), NULL},
	{"dnsmasq", NULL, TEXT("a b"), NULL},
	{"dnsmasq", NULL, TEXT("a\"b"), NULL},
	{"dnsmasq", NULL, TEXT("a#b"), NULL},
	{"dnsmasq", NULL, TEXT("a\nhost-record=evil,6.6.6.6"), NULL},

	{"hosts", "names", TEXT("1001"), "1001"},
	{"hosts", NULL, TEXT("a,b'c"), NULL},
	{"hosts", NULL, TEXT("rack_1"), NULL},
	{"hosts", NULL, TEXT("n1.c.example"), "n1.c.example"},
	{"hosts", NULL, TEXT("2001:db8::1"), "2001:db8::1"},
	{"hosts", NULL, TEXT(""), ""},
	{"hosts", NULL, TEXT("a b"), NULL},
	{"hosts", NULL, TEXT("a\tb"), NULL},
	{"hosts", NULL, TEXT("a#b"), NULL},
	{"hosts", NULL, TEXT("a\n6.6.6.6 evil"), NULL},

	{"html", NULL, TEXT("<b> & \"c\" 'd'"),
		"&lt;b&gt; &amp; &quot;c&quot; &#39;d&#39;"},
	{"html", NULL, TEXT("a\nb"), NULL},
	{"html", NULL, TEXT("\xff"), NULL},
	{"text", NULL, TEXT(" <b> & \"c\" 'd' `e` \\ #;,%$ "),
		" <b> & \"c\" 'd' `e` \\ #;,%$ "},
	{"text", NULL, TEXT("a\nb"), NULL},
	{"text", NULL, TEXT("a\tb"), NULL},
	{"text", NULL, TEXT("a\xe2\x80\xa9z"), NULL},
	{"text", NULL, TEXT("\xff"), NULL},
	{"text", NULL, TEXT("\xc3\xa9"), "\xc3\xa9"},
	{"text", NULL, TEXT("\x1b[2J"), NULL},
};

static struct field make_field(const char *name)
{
	return (struct field){.name = name, .kind = VALUE_TEXT};
}

static void test_rows(_unused_ void **state)
{
	TMP_CTX(tmp);

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *row = &rows[i];
		struct buffer *out = buffer_new(tmp);
		struct field field = make_field(row->field);
		const struct field *of = row->field == NULL ? NULL : &field;
		const char *reason = language_escaper(language_find(row->language),
			PLACE_INSIDE, of)(row->input, row->len, of, out);

		if ((reason == NULL) != (row->expected != NULL) ||
			(reason == NULL && strcmp(out->data, row->expected) != 0))
			fail_msg("%s (%s): '%s' became '%s' (%s)", row->language,
				row->field == NULL ? "any field" : row->field, row->input,
				out->data, reason == NULL ? "not refused" : reason);
	}
}

/* Outside quotes, in the languages that have them */
static void test_bare(_unused_ void **state)
{
	static const char *const quoted[] = {"dhcpd", "json", "yaml", "shell"};
	static const struct {
		const char *input;
		bool passes;
	} words[] = {
		{"n1.c.example", true},
		{"192.0.2.1", true},
		{"2001:db8::", true},
		{"::1", true},
		{"52:54:00:00:00:01", true},
		{"/srv/images/a_b+c.qcow2", true},
		{"10.0.0.0/8", true},
		{"", true},
		{"a b", false},
		{"a;b", false},
		{"a}b", false},
		{"-rf", false},
		{"key:", false},
		{"a\"", false},
		{"a'b", false},
		{"$(x)", false},
		{"a\nb", false},
		{"a,b", false},
		{"a#b", false},
		{"a=b", false},
		{"{a", false},
		{"\xc3\xa9", false},
		{"-a::", false},
	};
	TMP_CTX(tmp);

	for (size_t i = 0; i < ARRAY_SIZE(quoted); i++)
		for (size_t j = 0; j < ARRAY_SIZE(words); j++) {
			struct buffer *out = buffer_new(tmp);
			const char *reason = language_escaper(language_find(quoted[i]),
				PLACE_OUTSIDE,
				NULL)(words[j].input, strlen(words[j].input), NULL, out);

			if ((reason == NULL) != words[j].passes)
				fail_msg("%s: '%s' bare: %s", quoted[i], words[j].input,
					reason == NULL ? "passed" : reason);
			if (reason == NULL)
				assert_string_equal(out->data, words[j].input);
		}
	assert_ptr_equal(
		language_escaper(language_find("ini"), PLACE_OUTSIDE, NULL), escape_ini);
}

/* A scalar of YAML that is no text without quotes */
static void test_yaml_plain(_unused_ void **state)
{
	static const char *const others[] = {"null", "NULL", "true", "Yes", "off", "n",
		"1", "1e3", "1E-3", ".5", "1.", "1_000", "0x1f", "0o17", "010", ".nan",
		"-.inf", "12:30", "52:54:00:12:34:56", "2001-12-14", "2001-1-1T1:2:3",
		"..."};
	static const char *const texts[] = {"n1", "nul", "1e", "e3", "1e3x", "192.0.2.1",
		"52:54:00:ab:34:56", "52:54:00:12:34:66", "2001:db8::1", "1.2.3", "0xg",
		"2001-12-14x", "01-02-03", ".", "_", "/srv", "10.0.0.0/8", ""};
	TMP_CTX(tmp);

	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (escape_yaml_plain(
			    others[i], strlen(others[i]), NULL, buffer_new(tmp)) == NULL)
			fail_msg("'%s' passed", others[i]);
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		if (escape_yaml_plain(
			    texts[i], strlen(texts[i]), NULL, buffer_new(tmp)) != NULL)
			fail_msg("'%s' was refused", texts[i]);
	assert_ptr_equal(language_escaper(language_find("yaml"), PLACE_BEGIN, NULL),
		escape_yaml_plain);
}

/* What people who can write to a directory might try. */
static const char *const corpus[] = {
	"\"",
	"'",
	"\\",
	"\\\"",
	"\"; }",
	"';reboot;'",
	"$(reboot)",
	"`reboot`",
	"${IFS}x",
	"a\nb",
	"a\rb",
	"a\r\nb",
	"\x01",
	"\x7f",
	"\x1b]0;x\x07",
	"a\x0b"
	"b",
	"a\x0c"
	"b",
	"a\x1c"
	"b",
	"\xc2\x85",
	"\xc2\x80",
	"\xe2\x80\xa8",
	"\xe2\x80\xa9",
	"\xef\xbb\xbf",
	"\xef\xbf\xbe",
	"\xff",
	"\xc0\xaf",
	"\xe2\x80",
	"\xf4\x90\x80\x80",
	"# comment",
	"a#b",
	"; x",
	"a;b",
	"%post",
	"%end",
	"--url=http://evil/",
	"-x",
	"- x",
	"key: value",
	"- item",
	"{a: b}",
	"[a]",
	"&anchor",
	"*alias",
	"!tag",
	"| x",
	"> x",
	"@x",
	"? x",
	": x",
	"no",
	"null",
	"~",
	"0x1f",
	"1e3",
	"12:30:45",
	"---",
	"...",
	"a,b",
	"a=b",
	"a b",
	" a",
	"a ",
	"\t",
	" ",
	"host-record=evil,6.6.6.6",
	"ignore",
	"12h",
	"100",
	"</script><script>",
	"<!--",
	"&lt;",
	"{{name}}",
	"{{{name}}}",
	"include \"/etc/shadow\";",
	"} subnet 0.0.0.0 netmask 0.0.0.0 {",
	"on commit { execute(\"x\"); }",
	"../../etc/passwd",
	"a/../b",
	"//",
	"\\x41",
	"\\u0022",
	"\\072",
	"%{lua:x}",
	"$VAR",
	"!!python/object:os",
	"\"\n- evil: yes",
	"\\\nx",
	"'\n'",
	"\"\"\"",
};

struct corpus_value {
	char bytes[96];
	size_t len;
};

/* The corpus as it is, and then each byte alone, first, last and in the middle. */
static bool next_value(size_t i, struct corpus_value *ret)
{
	if (i < ARRAY_SIZE(corpus)) {
		ret->len = strlen(corpus[i]);
		assert_true(ret->len < sizeof(ret->bytes));
		memcpy(ret->bytes, corpus[i], ret->len);
		return true;
	}
	i -= ARRAY_SIZE(corpus);
	char byte = (char)(i % 256);

	memset(ret->bytes, 'x', 5);
	ret->len = 5;
	switch (i / 256) {
	case 0:
		ret->bytes[0] = byte;
		ret->len = 1;
		return true;
	case 1:
		ret->bytes[0] = byte;
		return true;
	case 2:
		ret->bytes[2] = byte;
		return true;
	case 3:
		ret->bytes[4] = byte;
		return true;
	default:
		return false;
	}
}

/* Readers: the value that a program sees at the place, below @tmp; NULL: not one value.
 */

static char *read_yaml(TALLOC_CTX *tmp, const char *printed, size_t *ret_len)
{
	struct diags *diags = diags_new(tmp);
	struct document *document;
	char *text = mem_printf(tmp, "a: 1\nkey: \"%s\"\nb: 2\n", printed);

	if (document_parse(tmp, "x", text, strlen(text), 0, EXIT_DATA, diags, &document) <
		0)
		return NULL;
	const struct node *key = node_find(document->root, "key");

	if (document->root->n_items != 3 || key == NULL || key->kind != NODE_SCALAR)
		return NULL;
	*ret_len = key->length;
	return mem_strndup(tmp, key->text, key->length);
}

static char *read_json(TALLOC_CTX *tmp, const char *printed, size_t *ret_len)
{
	char *text = mem_printf(tmp, "{\"a\": 1, \"key\": \"%s\", \"b\": 2}", printed);
	struct json_tokener *tokener = json_tokener_new();

	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT);
	struct json_object *object =
		json_tokener_parse_ex(tokener, text, (int)strlen(text) + 1);
	struct json_object *key = NULL;
	char *value = NULL;

	if (object != NULL && json_object_object_length(object) == 3 &&
		json_object_object_get_ex(object, "key", &key)) {
		*ret_len = (size_t)json_object_get_string_len(key);
		value = mem_strndup(tmp, json_object_get_string(key), *ret_len);
	}
	json_object_put(object);
	json_tokener_free(tokener);
	return value;
}

/* dhcpd, common/conflex.c read_string(): to the first quote that no backslash takes */
static char *read_dhcpd(TALLOC_CTX *tmp, const char *printed, size_t *ret_len)
{
	struct buffer *b = buffer_new(tmp);

	for (; *printed != '\0'; printed++) {
		if (*printed == '"' || *printed == '\n')
			return NULL;
		/* \t, \x, \0 and the like would be something else */
		if (*printed == '\\' && *++printed != '"' && *printed != '\\')
			return NULL;
		buffer_add_byte(b, *printed);
	}
	*ret_len = b->len;
	return b->data;
}

/* sh: between single quotes all is literal; between two of them only \' is printed */
static char *read_shell(TALLOC_CTX *tmp, const char *printed, size_t *ret_len)
{
	struct buffer *b = buffer_new(tmp);

	for (; *printed != '\0'; printed++) {
		if (*printed == '\n')
			return NULL;
		if (*printed != '\'') {
			buffer_add_byte(b, *printed);
			continue;
		}
		if (strncmp(printed, "'\\''", 4) != 0)
			return NULL;
		buffer_add_byte(b, '\'');
		printed += 3;
	}
	*ret_len = b->len;
	return b->data;
}

/* A word or the rest of a line: itself, as long as nothing in it is special there. */
static char *read_plain(TALLOC_CTX *tmp, const char *printed, size_t *ret_len,
	const char *special, const char *special_first)
{
	*ret_len = strlen(printed);
	if (strpbrk(printed, special) != NULL || text_has_control(printed, *ret_len) ||
		strstr(printed, "\xe2\x80\xa8") != NULL ||
		strstr(printed, "\xc2\x85") != NULL ||
		(printed[0] != '\0' && strchr(special_first, printed[0]) != NULL))
		return NULL;
	return mem_strdup(tmp, printed);
}

static char *read_kickstart(TALLOC_CTX *tmp, const char *printed, size_t *ret_len)
{
	return read_plain(tmp, printed, ret_len, " \"'\\#", "-%");
}

static char *read_ini(TALLOC_CTX *tmp, const char *printed, size_t *ret_len)
{
	return read_plain(tmp, printed, ret_len, "", " ");
}

static char *read_preseed(TALLOC_CTX *tmp, const char *printed, size_t *ret_len)
{
	size_t len = strlen(printed);

	if (len > 0 && (printed[len - 1] == '\\' || printed[len - 1] == ' '))
		return NULL;
	return read_plain(tmp, printed, ret_len, "", " ");
}

/* Words, of which none ends the command or the line, and nothing is expanded in them. */
static char *read_ipxe(TALLOC_CTX *tmp, const char *printed, size_t *ret_len)
{
	const char *padded = mem_printf(tmp, " %s ", printed);

	if (strstr(padded, " || ") != NULL || strstr(padded, " && ") != NULL ||
		strstr(padded, " ; ") != NULL || strstr(padded, " #") != NULL ||
		strstr(padded, "${") != NULL)
		return NULL;
	return read_plain(tmp, printed, ret_len, "", "");
}

/* A line of a file in UTF-8: whatever it is, but one line. */
static char *read_text(TALLOC_CTX *tmp, const char *printed, size_t *ret_len)
{
	*ret_len = strlen(printed);
	if (!text_is_utf8(printed, *ret_len))
		return NULL;
	return read_plain(tmp, printed, ret_len, "", "");
}

static char *read_dnsmasq(TALLOC_CTX *tmp, const char *printed, size_t *ret_len)
{
	return read_plain(tmp, printed, ret_len, " ,\"#", "");
}

static char *read_hosts(TALLOC_CTX *tmp, const char *printed, size_t *ret_len)
{
	return read_plain(tmp, printed, ret_len, " #", "");
}

/* RFC 1035 section 5.1: \X is X, \DDD the byte of that number. */
static char *read_zone(TALLOC_CTX *tmp, const char *printed, size_t *ret_len)
{
	struct buffer *b = buffer_new(tmp);

	for (const char *at = printed; *at != '\0'; at++) {
		if (*at == '"' || text_has_control(at, 1) || (unsigned char)*at > 0x7e)
			return NULL;
		if (*at != '\\') {
			buffer_add_byte(b, *at);
		} else if (at[1] >= '0' && at[1] <= '9') {
			buffer_add_byte(b, (char)((at[1] - '0') * 100 +
						   (at[2] - '0') * 10 + at[3] - '0'));
			at += 3;
		} else {
			buffer_add_byte(b, *++at);
		}
	}
	*ret_len = b->len;
	return b->data;
}

static char *read_html(TALLOC_CTX *tmp, const char *printed, size_t *ret_len)
{
	static const struct {
		const char *entity;
		char byte;
	} entities[] = {{"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'},
		{"&#39;", '\''}};
	struct buffer *b = buffer_new(tmp);

	while (*printed != '\0') {
		size_t len = 1;
		char byte = *printed;

		if (strchr("<>\"'", byte) != NULL || text_has_control(printed, 1))
			return NULL;
		for (size_t i = 0; byte == '&' && i < ARRAY_SIZE(entities); i++)
			if (text_has_prefix(printed, entities[i].entity)) {
				len = strlen(entities[i].entity);
				byte = entities[i].byte;
				break;
			}
		if (*printed == '&' && len == 1)
			return NULL;
		buffer_add_byte(b, byte);
		printed += len;
	}
	*ret_len = b->len;
	return b->data;
}

static const struct {
	const char *language;
	char *(*read)(TALLOC_CTX *tmp, const char *printed, size_t *ret_len);
	size_t refused_min; /* so that a reader that reads nothing does not pass */
	size_t passed_min;
} readers[] = {
	{"yaml", read_yaml, 10, 500},
	{"json", read_json, 10, 500},
	{"kea", read_json, 10, 500},
	{"dhcpd", read_dhcpd, 100, 600},
	{"shell", read_shell, 100, 600},
	{"kickstart", read_kickstart, 150, 400},
	{"ini", read_ini, 100, 600},
	{"preseed", read_preseed, 100, 600},
	{"ipxe", read_ipxe, 100, 500},
	{"dnsmasq", read_dnsmasq, 150, 500},
	{"hosts", read_hosts, 150, 200},
	{"zone", read_zone, 100, 600},
	{"html", read_html, 500, 350},
	{"text", read_text, 500, 350},
};

/* Printed and read again, a value is itself; otherwise it was refused. */
static void test_injections(_unused_ void **state)
{
	struct corpus_value value;

	for (const struct language *l = languages; l->name != NULL; l++) {
		size_t r = 0;

		while (r < ARRAY_SIZE(readers) &&
			strcmp(readers[r].language, l->name) != 0)
			r++;
		if (r == ARRAY_SIZE(readers))
			fail_msg("%s: nothing was injected", l->name);
	}
	for (size_t r = 0; r < ARRAY_SIZE(readers); r++) {
		size_t n_refused = 0, n_passed = 0;

		for (size_t i = 0; next_value(i, &value); i++) {
			TMP_CTX(tmp);
			struct buffer *out = buffer_new(tmp);
			size_t len = 0;

			if (language_find(readers[r].language)
					->escape(value.bytes, value.len, NULL, out) !=
				NULL) {
				n_refused++;
				continue;
			}
			n_passed++;
			char *read = readers[r].read(tmp, out->data, &len);

			if (read == NULL || len != value.len ||
				memcmp(read, value.bytes, len) != 0)
				fail_msg("%s: '%s' was printed as '%s'",
					readers[r].language,
					text_printable(tmp, value.bytes, value.len),
					out->data);
		}
		if (n_refused < readers[r].refused_min ||
			n_passed < readers[r].passed_min)
			fail_msg("%s: %zu refused, %zu passed", readers[r].language,
				n_refused, n_passed);
	}
}

/* What becomes of a byte is the same wherever it stands, and however long the value is. */
static void test_every_place(_unused_ void **state)
{
	TMP_CTX(tmp);
	struct buffer *out = buffer_new(tmp);

	for (const struct language *l = languages; l->name != NULL; l++)
		for (unsigned byte = 1; byte < 0x80; byte++) {
			char text[40];

			memset(text, 'a', sizeof(text));
			text[1] = (char)byte;
			buffer_truncate(out, 0);
			bool passes = l->escape(text, 3, NULL, out) == NULL;
			size_t more = out->len - 3;

			for (size_t len = 3; len < sizeof(text); len++)
				for (size_t at = 1; at + 1 < len; at++) {
					memset(text, 'a', sizeof(text));
					text[at] = (char)byte;
					buffer_truncate(out, 0);
					assert_int_equal(
						l->escape(text, len, NULL, out) == NULL,
						passes);
					if (passes)
						assert_int_equal(out->len, len + more);
				}
		}
}

static void test_refused_bytes(_unused_ void **state)
{
	static const struct {
		const char *text, *refuse;
		int at; /* -1: nowhere */
	} cases[] = {
		{"a,b%", ",%", 1},
		{"a,b%", "%,", 1},
		{"a,b%", "%", 3},
		{"a,b%", ";", -1},
		{"a,b%", NULL, -1},
		{"", ",", -1},
		{" a", " ", 0},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *text = cases[i].text;
		const char *hit =
			escape_find_refused(text, strlen(text), cases[i].refuse);

		assert_int_equal(hit == NULL ? -1 : hit - text, cases[i].at);
	}
	/* a zero byte is not the end of the set, and hides nothing behind it */
	assert_null(escape_find_refused("a\0b", 3, ","));
	assert_non_null(escape_find_refused("a\0,", 3, ","));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_bare),
		cmocka_unit_test(test_yaml_plain),
		cmocka_unit_test(test_injections),
		cmocka_unit_test(test_every_place),
		cmocka_unit_test(test_refused_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
