/* SPDX-License-Identifier: Apache-2.0 */
#include "template/escape.h"

#include <string.h>

#include "base/net.h"
#include "base/text.h"
#include "template/wellformed.h"

static const char why_utf8[] = "is not UTF-8";

/* Looking: what a value holds is found in one pass, a bit for each kind of byte. */
enum {
	HAS_CONTROL = 1 << 0,
	HAS_HIGH = 1 << 1, /* above ASCII: has_separator() looks closer */
	HAS_BLANK = 1 << 2,
	HAS_DOUBLE = 1 << 3, /* quotes */
	HAS_SINGLE = 1 << 4,
	HAS_BACK = 1 << 5,
	HAS_BACKSLASH = 1 << 6,
	HAS_HASH = 1 << 7,
	HAS_COMMA = 1 << 8,
	HAS_MARKUP = 1 << 9, /* & < > */
	HAS_OTHER = 1 << 10, /* anything else that is not in a plain word */

	DNSMASQ_SYNTAX =
		HAS_CONTROL | HAS_BLANK | HAS_DOUBLE | HAS_SINGLE | HAS_HASH | HAS_COMMA,
};

static const uint16_t byte_kinds[256] = {
	[0x00 ... 0x1f] = HAS_CONTROL,
	[0x7f] = HAS_CONTROL,
	[0x80 ... 0xff] = HAS_HIGH,
	[' '] = HAS_BLANK,
	['"'] = HAS_DOUBLE,
	['\''] = HAS_SINGLE,
	['`'] = HAS_BACK,
	['\\'] = HAS_BACKSLASH,
	['#'] = HAS_HASH,
	[','] = HAS_COMMA,
	['&'] = HAS_MARKUP,
	['<'] = HAS_MARKUP,
	['>'] = HAS_MARKUP,
	['!'] = HAS_OTHER,
	['$'] = HAS_OTHER,
	['%'] = HAS_OTHER,
	['('] = HAS_OTHER,
	[')'] = HAS_OTHER,
	['*'] = HAS_OTHER,
	[';'] = HAS_OTHER,
	['='] = HAS_OTHER,
	['?'] = HAS_OTHER,
	['@'] = HAS_OTHER,
	['['] = HAS_OTHER,
	[']'] = HAS_OTHER,
	['^'] = HAS_OTHER,
	['{'] = HAS_OTHER,
	['|'] = HAS_OTHER,
	['}'] = HAS_OTHER,
	['~'] = HAS_OTHER,
};

/*
 * U+0080 to U+009F, U+2028 and U+2029 in UTF-8: with bytes below 0x20 and 0x7f what some
 * reader takes for the end of a line. Python's str.splitlines(), with which kickstart
 * files are read, takes U+0085, U+2028 and U+2029 for one.
 */
static bool has_separator(const char *text, size_t len)
{
	const unsigned char *c = (const unsigned char *)text, *end = c + len;

	for (; c + 1 < end; c++) {
		if (*c == 0xc2 && c[1] >= 0x80 && c[1] <= 0x9f)
			return true;
		if (*c == 0xe2 && c + 2 < end && c[1] == 0x80 &&
			(c[2] == 0xa8 || c[2] == 0xa9))
			return true;
	}
	return false;
}

/* Sixteen bytes at a time: most values are plain words, and are seen to be so at once. */
typedef uint8_t bytes16 __attribute__((vector_size(16)));
typedef int8_t truths16 __attribute__((vector_size(16)));

/* All bytes of a text of 1 to 16, some of them twice. */
static inline bytes16 gather(const char *text, size_t len)
{
	uint64_t halves[2];
	bytes16 all;

	if (len >= 8) {
		memcpy(&halves[0], text, 8);
		memcpy(&halves[1], text + len - 8, 8);
	} else if (len >= 4) {
		uint32_t quarters[2];

		memcpy(&quarters[0], text, 4);
		memcpy(&quarters[1], text + len - 4, 4);
		halves[0] = halves[1] = (uint64_t)quarters[0] << 32 | quarters[1];
	} else {
		uint64_t few = (uint64_t)(uint8_t)text[0] << 16 |
			       (uint64_t)(uint8_t)text[len / 2] << 8 |
			       (uint8_t)text[len - 1];

		halves[0] = halves[1] = few << 40 | few << 16 | few >> 8;
	}
	memcpy(&all, halves, sizeof(all));
	return all;
}

static inline bool is_all(truths16 truths)
{
	uint64_t halves[2];

	memcpy(halves, &truths, sizeof(halves));
	return (halves[0] & halves[1]) == UINT64_MAX;
}

/* Does @test hold for every byte? */
static inline bool each_byte(const char *text, size_t len, truths16 (*test)(bytes16))
{
	bytes16 some;

	if (len < sizeof(some))
		return len == 0 || is_all(test(gather(text, len)));
	for (size_t i = 0; i + sizeof(some) < len; i += sizeof(some)) {
		memcpy(&some, text + i, sizeof(some));
		if (!is_all(test(some)))
			return false;
	}
	memcpy(&some, text + len - sizeof(some), sizeof(some));
	return is_all(test(some));
}

/* Those of kind 0, in which no language sees anything: letters, digits, +-./:_ */
static inline truths16 in_words(bytes16 c)
{
	return ((c | 0x20) - 'a' < 26) | (c - '-' < 14) | (c == '_') | (c == '+');
}

/* Letters, digits, hyphens and dots. */
static inline truths16 in_names(bytes16 c)
{
	return ((c | 0x20) - 'a' < 26) | (c - '0' < 10) | (c - '-' < 2);
}

/* What stands between double quotes as it is. */
static inline truths16 in_quotes(bytes16 c)
{
	return (c - ' ' < 0x7f - ' ') & (c != '"') & (c != '\\');
}

static unsigned look(const char *text, size_t len)
{
	unsigned kinds = 0;

	if (each_byte(text, len, in_words))
		return 0;
	for (size_t i = 0; i < len; i++)
		kinds |= byte_kinds[(unsigned char)text[i]];
	if ((kinds & HAS_HIGH) != 0 && has_separator(text, len))
		kinds |= HAS_CONTROL;
	return kinds;
}

/* Why a value that holds @kinds is refused where it must not hold @forbidden ones. */
static const char *refuse(unsigned kinds, unsigned forbidden)
{
	kinds &= forbidden;
	if (kinds == 0)
		return NULL;
	if ((kinds & HAS_CONTROL) != 0)
		return "contains a control character";
	if ((kinds & HAS_BLANK) != 0)
		return "contains a blank";
	if ((kinds & (HAS_DOUBLE | HAS_SINGLE | HAS_BACK)) != 0)
		return "contains a quote";
	if ((kinds & HAS_BACKSLASH) != 0)
		return "contains a backslash";
	if ((kinds & HAS_HASH) != 0)
		return "contains '#', which begins a comment";
	return "contains a comma";
}

static bool is_one_of(const struct field *field, const char *const *names)
{
	if (field == NULL)
		return false;
	for (; *names != NULL; names++)
		if (**names == field->name[0] && strcmp(field->name, *names) == 0)
			return true;
	return false;
}

static const char *copy(const char *text, size_t len, struct buffer *out)
{
	buffer_add(out, text, len);
	return NULL;
}

/* Adds @replacement for every @special of @text, found at the same index. */
static const char *replace(const char *text, size_t len, const char *special,
	const char *const *replacements, struct buffer *out)
{
	size_t from = 0;

	for (size_t i = 0; i < len; i++) {
		const char *hit = text[i] == '\0' ? NULL : strchr(special, text[i]);

		if (hit == NULL)
			continue;
		buffer_add(out, text + from, i - from);
		buffer_add_text(out, replacements[hit - special]);
		from = i + 1;
	}
	return copy(text + from, len - from, out);
}

/* Languages with quotes */

/* Outside quotes: a word in which no language we write sees anything but a word. */
const char *escape_bare(const char *text, size_t len, _unused_ const struct field *field,
	struct buffer *out)
{
	if (look(text, len) != 0)
		return "is more than a plain word, and none of the language's quotes is "
		       "around it";
	bool is_option = len > 0 && (text[0] == '-' || text[0] == '+');
	bool is_key =
		len > 0 && text[len - 1] == ':' && (len == 1 || text[len - 2] != ':');

	if (is_option || is_key)
		return "is no plain word, and none of the language's quotes is around it";
	return copy(text, len, out);
}

/* Past digits and underscores. */
static const char *skip_digits(const char *at, const char *digits)
{
	return at + strspn(at, digits);
}

/* 1, 0x1f, 0b1, 0o17, 1.5, .5e3, 12:30:45, 52:54:00:12:34:56 */
static bool is_yaml_number(const char *text)
{
	static const char decimals[] = "0123456789_";
	const char *at = text + (*text == '-' || *text == '+');

	if (at[0] == '0' && at[1] != '\0' && strchr("xXbBoO", at[1]) != NULL)
		return *skip_digits(at + 2, "0123456789abcdefABCDEF_") == '\0';
	const char *start = at;

	at = skip_digits(at, decimals);
	while (at > start && at[0] == ':' && at[1] >= '0' && at[1] <= '9') {
		size_t n = strspn(at + 1, "0123456789");

		if (n > 2 || (n == 2 && at[1] > '5'))
			return false;
		at += 1 + n;
	}
	if (*at == '.')
		at = skip_digits(at + 1, decimals);
	if (strpbrk(text, "0123456789") == NULL)
		return false;
	if (at > start && (*at == 'e' || *at == 'E')) {
		at += 1 + (at[1] == '-' || at[1] == '+');
		if (*at == '\0')
			return false;
		at = skip_digits(at, decimals);
	}
	return *at == '\0';
}

/* 2001-12-14, 2001-12-14T21:59:43.10 */
static bool is_yaml_date(const char *text)
{
	size_t year = strspn(text, "0123456789");

	if (year != 4 || text[4] != '-')
		return false;
	size_t month = strspn(text + 5, "0123456789");
	const char *at = text + 5 + month;

	if (month < 1 || month > 2 || *at != '-')
		return false;
	size_t day = strspn(at + 1, "0123456789");

	at += 1 + day;
	return day >= 1 && day <= 2 && (*at == '\0' || *at == 'T' || *at == 't');
}

/* What a reader of YAML 1.1 or 1.2 takes for no text. */
static bool is_yaml_other(const char *text)
{
	static const char *const words[] = {"null", "true", "false", "yes", "no", "on",
		"off", "y", "n", ".inf", "-.inf", "+.inf", ".nan", "---", "..."};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (text_equal_case(text, words[i]))
			return true;
	return is_yaml_number(text) || is_yaml_date(text);
}

const char *escape_yaml_plain(
	const char *text, size_t len, const struct field *field, struct buffer *out)
{
	char word[80]; /* longer than what is no text */
	const char *reason = escape_bare(text, len, field, out);

	if (reason != NULL || len == 0 || len >= sizeof(word))
		return reason;
	memcpy(word, text, len);
	word[len] = '\0';
	return is_yaml_other(word) ? "is no text to YAML without quotes around it" : NULL;
}

/* One character of UTF-8: its code point, and its length in *ret_len. */
static uint32_t decode(const unsigned char *c, size_t *ret_len)
{
	if (c[0] < 0x80) {
		*ret_len = 1;
		return c[0];
	}
	if (c[0] < 0xe0) {
		*ret_len = 2;
		return (c[0] & 0x1fU) << 6 | (c[1] & 0x3fU);
	}
	if (c[0] < 0xf0) {
		*ret_len = 3;
		return (c[0] & 0x0fU) << 12 | (c[1] & 0x3fU) << 6 | (c[2] & 0x3fU);
	}
	*ret_len = 4;
	return (c[0] & 0x07U) << 18 | (c[1] & 0x3fU) << 12 | (c[2] & 0x3fU) << 6 |
	       (c[3] & 0x3fU);
}

/* What readers of YAML refuse, or take for the end of a line, or for a byte order mark. */
static bool needs_number(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0x2028 || c == 0x2029 ||
	       c == 0xfeff || c == 0xfffe || c == 0xffff;
}

static void put_quoted(uint32_t c, struct buffer *out)
{
	static const char letters[] = "\b\f\n\r\t\"\\";
	static const char *const escapes[] = {
		"\\b", "\\f", "\\n", "\\r", "\\t", "\\\"", "\\\\"};
	const char *hit = c > 0 && c < 0x80 ? strchr(letters, (int)c) : NULL;

	if (hit != NULL)
		buffer_add_text(out, escapes[hit - letters]);
	else
		buffer_printf(out, "\\u%04x", (unsigned)c);
}

/* Kea 2.2 makes the byte XX of \u00XX, and takes no other number: what is above ASCII stands
 * as it is, and it reads all of it. */
static bool needs_number_in_kea(uint32_t c)
{
	return c < 0x20 || c == 0x7f;
}

static const char *put_json(
	const char *text, size_t len, bool (*is_numbered)(uint32_t), struct buffer *out)
{
	const unsigned char *bytes = (const unsigned char *)text;
	size_t from = 0, step;

	if (each_byte(text, len, in_quotes))
		return copy(text, len, out);
	if (memchr(text, '\0', len) != NULL)
		return "contains a NUL byte";
	if (!text_is_utf8(text, len))
		return why_utf8;
	for (size_t i = 0; i < len; i += step) {
		uint32_t c = decode(bytes + i, &step);

		if (c != '"' && c != '\\' && !is_numbered(c))
			continue;
		buffer_add(out, text + from, i - from);
		put_quoted(c, out);
		from = i + step;
	}
	return copy(text + from, len - from, out);
}

/* RFC 8259 section 7; every escape is also one of YAML 1.1 and 1.2. */
const char *escape_json(const char *text, size_t len, _unused_ const struct field *field,
	struct buffer *out)
{
	return put_json(text, len, needs_number, out);
}

const char *escape_kea(const char *text, size_t len, _unused_ const struct field *field,
	struct buffer *out)
{
	return put_json(text, len, needs_number_in_kea, out);
}

/* dhcpd's lexer, common/conflex.c: a backslash takes the next character as it is. */
const char *escape_dhcpd(const char *text, size_t len, _unused_ const struct field *field,
	struct buffer *out)
{
	static const char *const replacements[] = {"\\\"", "\\\\"};

	if (len > DHCPD_STRING_MAX)
		return "is longer than the 1,499 bytes that dhcpd reads";
	if (each_byte(text, len, in_quotes))
		return copy(text, len, out);
	unsigned kinds = look(text, len);

	if ((kinds & HAS_CONTROL) != 0)
		return refuse(kinds, HAS_CONTROL);
	return replace(text, len, "\"\\", replacements, out);
}

/* RFC 1035 section 5.1: \DDD is a byte by its number, which every server reads. */
const char *escape_zone(const char *text, size_t len, _unused_ const struct field *field,
	struct buffer *out)
{
	if (len <= 255 && each_byte(text, len, in_quotes))
		return copy(text, len, out);
	unsigned kinds = look(text, len);

	if ((kinds & HAS_CONTROL) != 0)
		return refuse(kinds, HAS_CONTROL);
	if (len > 255)
		return "is longer than 255 bytes";
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '"' || text[i] == '\\')
			buffer_printf(out, "\\%c", text[i]);
		else if ((unsigned char)text[i] > 0x7e)
			buffer_printf(out, "\\%03u", (unsigned char)text[i]);
		else
			buffer_add_byte(out, text[i]);
	}
	return NULL;
}

const char *escape_shell(const char *text, size_t len, _unused_ const struct field *field,
	struct buffer *out)
{
	static const char *const replacements[] = {"'\\''"};
	unsigned kinds = look(text, len);

	if ((kinds & HAS_CONTROL) != 0)
		return refuse(kinds, HAS_CONTROL);
	if ((kinds & HAS_SINGLE) == 0)
		return copy(text, len, out);
	return replace(text, len, "'", replacements, out);
}

/* Words and lines */

/*
 * pykickstart cuts a line with shlex: `#` ends it even inside a word; a leading `-` is an
 * option and a leading `%` a section. In %packages `-name` leaves a package out, and a line
 * is one group, blanks in its name and all.
 */
const char *escape_kickstart(
	const char *text, size_t len, const struct field *field, struct buffer *out)
{
	static const char *const packages[] = {"packages", NULL};
	static const char *const groups[] = {"groups", "removed", NULL};
	unsigned blanks = is_one_of(field, groups) ? 0 : HAS_BLANK;

	const char *reason =
		refuse(look(text, len), HAS_CONTROL | blanks | HAS_DOUBLE | HAS_SINGLE |
						HAS_BACK | HAS_BACKSLASH | HAS_HASH);

	if (reason != NULL)
		return reason;
	if (len > 0 && text[0] == '%')
		return "begins with '%'";
	if (len > 0 && text[0] == '-' && !is_one_of(field, packages))
		return "begins with '-'";
	if (len > 1 && text[0] == '-' && text[1] == '-')
		return "begins with '--'";
	return copy(text, len, out);
}

const char *escape_ini(const char *text, size_t len, _unused_ const struct field *field,
	struct buffer *out)
{
	const char *reason = refuse(look(text, len), HAS_CONTROL);

	if (reason == NULL && len > 0 && text[0] == ' ')
		reason = "begins with a blank";
	return reason != NULL ? reason : copy(text, len, out);
}

/*
 * debconf-set-selections takes a value to the end of the line: a backslash there goes on in
 * the next one, and blanks around it are dropped.
 */
const char *escape_preseed(const char *text, size_t len,
	_unused_ const struct field *field, struct buffer *out)
{
	const char *reason = refuse(look(text, len), HAS_CONTROL);

	if (reason == NULL && len > 0 && (text[0] == ' ' || text[len - 1] == ' '))
		reason = "begins or ends with a blank";
	if (reason == NULL && len > 0 && text[len - 1] == '\\')
		reason = "ends with a backslash, which goes on in the next line";
	return reason != NULL ? reason : copy(text, len, out);
}

static bool is_ipxe_syntax(const char *word, size_t len)
{
	return word[0] == '#' || (len == 1 && word[0] == ';') ||
	       (len == 2 && (memcmp(word, "||", 2) == 0 || memcmp(word, "&&", 2) == 0));
}

/* iPXE cuts a line at blanks, looks at whole words, then expands ${…} (its core/exec.c). */
const char *escape_ipxe(const char *text, size_t len, _unused_ const struct field *field,
	struct buffer *out)
{
	const char *reason = refuse(look(text, len), HAS_CONTROL);

	for (size_t i = 0, word; reason == NULL && i < len; i = word + 1) {
		for (word = i; word < len && text[word] != ' '; word++)
			if (text[word] == '$' && word + 1 < len && text[word + 1] == '{')
				reason = "contains '${', which iPXE expands";
		if (word > i && is_ipxe_syntax(text + i, word - i))
			reason = "has a word that iPXE takes for its own";
	}
	if (reason == NULL && len > 0 && (text[len - 1] == '\\' || text[len - 1] == '$'))
		reason = "ends with a backslash or '$'";
	return reason != NULL ? reason : copy(text, len, out);
}

/* An address or a host name, as wellformed_hosts() wants each word of a line to be. */
const char *escape_hosts(const char *text, size_t len, _unused_ const struct field *field,
	struct buffer *out)
{
	char word[WORD_MAX];
	struct ip ip;
	const char *reason = refuse(look(text, len), HAS_CONTROL | HAS_BLANK | HAS_HASH);

	if (reason != NULL || len == 0)
		return reason;
	if (len >= sizeof(word))
		return "is longer than any host name";
	memcpy(word, text, len);
	word[len] = '\0';
	if (text_hostname_fault(word) != NULL && !ip_parse(word, &ip))
		return "is neither a host name nor an address";
	return copy(text, len, out);
}

/* dnsmasq tells the fields of a line apart by their looks (its option.c): a name must
 * look like nothing else. */
static const char *refuse_dnsmasq_name(const char *text, size_t len)
{
	char name[IP_TEXT_MAX];
	struct ip ip;
	size_t digits = 0;

	while (digits < len && text[digits] >= '0' && text[digits] <= '9')
		digits++;
	if (len > 0 && digits == len)
		return "reads as a number";
	if (digits > 0 && digits + 1 == len && strchr("smhdwSMHDW", text[digits]) != NULL)
		return "reads as a time";
	if (memchr(text, ':', len) != NULL || memchr(text, '/', len) != NULL)
		return "contains ':' or '/', which no name does";
	if (len >= sizeof(name))
		return NULL;
	memcpy(name, text, len);
	name[len] = '\0';
	if ((name[0] | ' ') == 'i' &&
		(text_equal_case(name, "ignore") || text_equal_case(name, "infinite")))
		return "reads as a keyword of dnsmasq";
	/* one of IPv6 has a colon */
	return digits > 0 && ip_parse(name, &ip) ? "reads as an address" : NULL;
}

/* A template's own text after the last value has what dnsmasq reads above its longest line. */
const char *escape_dnsmasq(const char *text, size_t len,
	_unused_ const struct field *field, struct buffer *out)
{
	const char *reason = refuse(look(text, len), DNSMASQ_SYNTAX);

	return reason != NULL ? reason : copy(text, len, out);
}

/* A name that begins with a letter, and not as a keyword does, looks like nothing else. */
const char *escape_dnsmasq_name(const char *text, size_t len,
	_unused_ const struct field *field, struct buffer *out)
{
	char first = len == 0 ? '\0' : (char)(text[0] | ' ');

	if (first >= 'a' && first <= 'z' && first != 'i' &&
		each_byte(text, len, in_names))
		return copy(text, len, out);
	const char *reason = refuse(look(text, len), DNSMASQ_SYNTAX);

	if (reason == NULL)
		reason = refuse_dnsmasq_name(text, len);
	return reason != NULL ? reason : copy(text, len, out);
}

const char *escape_html(const char *text, size_t len, _unused_ const struct field *field,
	struct buffer *out)
{
	static const char *const replacements[] = {
		"&amp;", "&lt;", "&gt;", "&quot;", "&#39;"};

	unsigned kinds = look(text, len);

	if ((kinds & HAS_CONTROL) != 0)
		return refuse(kinds, HAS_CONTROL);
	if ((kinds & HAS_HIGH) != 0 && !text_is_utf8(text, len))
		return why_utf8;
	if ((kinds & (HAS_MARKUP | HAS_DOUBLE | HAS_SINGLE)) == 0)
		return copy(text, len, out);
	return replace(text, len, "&<>\"'", replacements, out);
}

/* A line of text as it is; what reads it in another encoding might see the end of one. */
const char *escape_text(const char *text, size_t len, _unused_ const struct field *field,
	struct buffer *out)
{
	unsigned kinds = look(text, len);

	if ((kinds & HAS_CONTROL) != 0)
		return refuse(kinds, HAS_CONTROL);
	if ((kinds & HAS_HIGH) != 0 && !text_is_utf8(text, len))
		return why_utf8;
	return copy(text, len, out);
}

const char *escape_mustache(const char *text, size_t len,
	_unused_ const struct field *field, struct buffer *out)
{
	static const char *const replacements[] = {"&amp;", "&lt;", "&gt;", "&quot;"};

	return replace(text, len, "&<>\"", replacements, out);
}

const char *escape_find_refused(const char *text, size_t len, const char *refuse)
{
	if (refuse == NULL)
		return NULL;
	for (const char *at = text; at < text + len; at++)
		if (*at != '\0' && strchr(refuse, *at) != NULL)
			return at;
	return NULL;
}
