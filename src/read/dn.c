/* SPDX-License-Identifier: Apache-2.0 */

#include "read/dn.h"

#include <stdlib.h>
#include <string.h>

#include <unicase.h>

#include "base/text.h"

/* Where the parser stands, and what it has just read. */
struct scan {
	const char *at;
	char *type; /* room for the whole DN; lower case */
	char *value; /* the same; unescaped */
	size_t type_len, value_len;
	bool is_hex; /* value is `#…` text of a type that is no string */
};

/* RFC 4514 section 3 names these; servers give the short form, people write any. */
static const char *const type_aliases[][2] = {
	{"2.5.4.3", "cn"},
	{"commonname", "cn"},
	{"2.5.4.7", "l"},
	{"localityname", "l"},
	{"2.5.4.8", "st"},
	{"stateorprovincename", "st"},
	{"2.5.4.6", "c"},
	{"countryname", "c"},
	{"2.5.4.9", "street"},
	{"streetaddress", "street"},
	{"0.9.2342.19200300.100.1.1", "uid"},
	{"userid", "uid"},
	{"2.5.4.10", "o"},
	{"organizationname", "o"},
	{"2.5.4.11", "ou"},
	{"organizationalunitname", "ou"},
	{"0.9.2342.19200300.100.1.25", "dc"},
	{"domaincomponent", "dc"},
};

static bool is_alpha(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

/* Must be escaped wherever it stands in a value (RFC 4514 section 2.4). */
static bool is_special(char c)
{
	switch (c) {
	case '"':
	case '+':
	case ',':
	case ';':
	case '<':
	case '>':
	case '\\':
		return true;
	default:
		return false;
	}
}

static bool ends_value(char c)
{
	return c == '\0' || c == ',' || c == '+';
}

static void skip_blanks(struct scan *s)
{
	while (*s->at == ' ')
		s->at++;
}

static void set_type(struct scan *s, const char *type)
{
	s->type_len = strlen(type);
	memmove(s->type, type, s->type_len + 1);
}

static void shorten_type(struct scan *s)
{
	if (text_has_prefix(s->type, "oid."))
		set_type(s, s->type + 4);
	for (size_t i = 0; i < ARRAY_SIZE(type_aliases); i++) {
		if (strcmp(s->type, type_aliases[i][0]) == 0)
			set_type(s, type_aliases[i][1]);
	}
}

/* keystring or numericoid (RFC 4512 section 1.4) of characters that are right already */
static bool is_type(const char *type)
{
	if (is_alpha(type[0]))
		return strchr(type, '.') == NULL;
	return is_digit(type[0]) && strstr(type, "..") == NULL &&
	       is_digit(type[strlen(type) - 1]) &&
	       type[strspn(type, "0123456789.")] == '\0';
}

static bool read_type(struct scan *s)
{
	size_t n = 0;

	skip_blanks(s);
	while (is_alpha(*s->at) || is_digit(*s->at) || *s->at == '-' || *s->at == '.')
		s->type[n++] = lower(*s->at++);
	s->type[n] = '\0';
	s->type_len = n;
	skip_blanks(s);
	if (*s->at++ != '=')
		return false;
	if (n > 4)
		shorten_type(s);
	return is_type(s->type);
}

/* BER tags whose content is text: OCTET STRING, UTF8String, PrintableString, IA5String */
static bool is_text_tag(unsigned char tag)
{
	return tag == 0x04 || tag == 0x0c || tag == 0x13 || tag == 0x16;
}

/*
 * `#` and the BER encoding in hex (RFC 4514 section 2.4). A short string is decoded, so
 * that it equals its plain spelling; anything else stays as it is written.
 */
static bool read_hex_value(struct scan *s)
{
	const char *start = s->at++;
	unsigned char *bytes = (unsigned char *)s->value;
	size_t n = 0;
	int byte;

	while ((byte = text_hex_byte(s->at)) >= 0) {
		bytes[n++] = (unsigned char)byte;
		s->at += 2;
	}
	if (n == 0)
		return false;
	s->value_len = n - 2;
	s->is_hex = n < 2 || !is_text_tag(bytes[0]) || bytes[1] != n - 2 ||
		    bytes[1] > 127 || memchr(bytes + 2, '\0', n - 2);
	if (s->is_hex) {
		s->value_len = (size_t)(s->at - start);
		for (size_t i = 0; i < s->value_len; i++)
			s->value[i] = lower(start[i]);
	} else {
		memmove(bytes, bytes + 2, n - 2);
	}
	skip_blanks(s);
	return true;
}

/* Behind a backslash: a special character or two hex digits; -1 for neither, or NUL. */
static int read_escape(struct scan *s)
{
	int byte = text_hex_byte(s->at);

	if (byte >= 0) {
		s->at += 2;
		return byte == 0 ? -1 : byte;
	}
	if (*s->at == '\0' || !strchr(" \"#+,;<=>\\", *s->at))
		return -1;
	return (unsigned char)*s->at++;
}

/* Blanks around the value are no part of it, unless they are escaped. */
static bool read_text_value(struct scan *s)
{
	size_t n = 0, end = 0;

	while (!ends_value(*s->at)) {
		int c = (unsigned char)*s->at++;
		bool is_escaped = c == '\\';

		if (is_escaped)
			c = read_escape(s);
		else if (is_special((char)c))
			c = -1;
		if (c < 0)
			return false;
		s->value[n++] = (char)c;
		if (is_escaped || c != ' ')
			end = n;
	}
	s->value_len = end;
	return true;
}

/* One `type=value`; leaves @s at the separator or the end. */
static bool read_part(struct scan *s)
{
	if (!read_type(s))
		return false;
	skip_blanks(s);
	s->is_hex = false;
	if (*s->at == '#' ? !read_hex_value(s) : !read_text_value(s))
		return false;
	s->value[s->value_len] = '\0';
	return ends_value(*s->at);
}

/* Types and values stand behind each other in what one piece of memory has room for. */
struct rdn_part *dn_parse_rdn(TALLOC_CTX *mem_ctx, const char *dn, size_t *ret_n)
{
	struct rdn_part *parts = NULL;
	size_t n = 0, room = strlen(dn) + 1;
	char *texts = mem_array(mem_ctx, char, 2 * room);
	struct scan s = {.at = dn, .type = texts, .value = texts + room};

	*ret_n = 0;
	do {
		if (!read_part(&s))
			return NULL;
		*mem_push(mem_ctx, &parts, &n) = (struct rdn_part){s.type, s.value};
		s.type += s.type_len + 1;
		s.value += s.value_len + 1;
	} while (*s.at++ == '+');
	*ret_n = n;
	return parts;
}

static char *write_escaped(char *out, unsigned char c)
{
	*out++ = '\\';
	return text_write_hex(out, &c, 1);
}

static bool is_control(char c)
{
	return (unsigned char)c < ' ' || c == '\x7f';
}

const char *dn_safe(TALLOC_CTX *mem_ctx, const char *dn)
{
	size_t length = strlen(dn);
	bool is_wrong = !text_is_utf8(dn, length);

	if (!is_wrong && !text_has_control(dn, length))
		return dn;
	char *safe = mem_array(mem_ctx, char, 3 * length + 1), *out = safe;

	for (const char *at = dn; *at != '\0'; at++)
		if (is_control(*at) || (is_wrong && (unsigned char)*at >= 0x80))
			out = write_escaped(out, (unsigned char)*at);
		else
			*out++ = *at;
	*out = '\0';
	return safe;
}

/* The most bytes of a key that one byte of a value can become: NFKC, then escapes. */
enum { FOLDED_MAX = 18 * 3 };

static bool is_wide(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if ((unsigned char)text[i] >= 0x80)
			return true;
	return false;
}

/*
 * The value of @s without case, in the form in which equal letters are equal bytes
 * (RFC 4518 sections 2.2 and 2.3); as it is where it is no UTF-8.
 *
 * memory: @out has room for 18 times the value
 */
static size_t fold(const struct scan *s, char *out)
{
	size_t length = 18 * s->value_len;

	if (text_is_utf8(s->value, s->value_len) &&
		u8_casefold((const uint8_t *)s->value, s->value_len, NULL, UNINORM_NFKC,
			(uint8_t *)out, &length) == (uint8_t *)out)
		return length;
	memcpy(out, s->value, s->value_len);
	return s->value_len;
}

/* Lower case, blanks at the ends dropped and inside made one (RFC 4518 section 2.6.1). */
static char *write_letters(
	char *out, const struct scan *s, const char *value, size_t length)
{
	bool is_first = true, has_blank = false;

	for (size_t i = 0; i < length; i++) {
		char c = lower(value[i]);

		if (c == ' ') {
			has_blank = !is_first;
			continue;
		}
		if (has_blank)
			*out++ = ' ';
		has_blank = false;
		if (is_control(c) || is_special(c) || c == '=' ||
			(c == '#' && is_first && !s->is_hex))
			out = write_escaped(out, (unsigned char)c);
		else
			*out++ = c;
		is_first = false;
	}
	return out;
}

static char *write_value(char *out, const struct scan *s)
{
	if (!is_wide(s->value, s->value_len))
		return write_letters(out, s, s->value, s->value_len);
	TMP_CTX(tmp);
	char *folded = mem_array(tmp, char, 18 * s->value_len + 1);

	return write_letters(out, s, folded, fold(s, folded));
}

/* Puts the parts of the RDN between @start and @end, joined by `+`, into order. */
static void sort_parts(char *start, char *end)
{
	TMP_CTX(tmp);
	size_t n;
	char *text = mem_strndup(tmp, start, (size_t)(end - start));
	char **parts = text_split(tmp, text, '+', &n);

	qsort(parts, n, sizeof(*parts), text_compare_items);
	for (size_t i = 0; i < n; i++) {
		size_t len = strlen(parts[i]);

		if (i > 0)
			*start++ = '+';
		memcpy(start, parts[i], len);
		start += len;
	}
}

/*
 * What stands in a key for a character that needs no more care than its case: a letter, a digit,
 * or `-`, `.`, `_`, `:`, `/`; 0 for any other.
 */
#define UPPER(c) [(c) - ('a' - 'A')] = (c), [c] = (c)
static const char plain[256] = {UPPER('a'), UPPER('b'), UPPER('c'), UPPER('d'),
	UPPER('e'), UPPER('f'), UPPER('g'), UPPER('h'), UPPER('i'), UPPER('j'),
	UPPER('k'), UPPER('l'), UPPER('m'), UPPER('n'), UPPER('o'), UPPER('p'),
	UPPER('q'), UPPER('r'), UPPER('s'), UPPER('t'), UPPER('u'), UPPER('v'),
	UPPER('w'), UPPER('x'), UPPER('y'),
	UPPER('z'), ['0'] = '0', ['1'] = '1', ['2'] = '2', ['3'] = '3', ['4'] = '4',
	['5'] = '5', ['6'] = '6', ['7'] = '7', ['8'] = '8', ['9'] = '9', ['-'] = '-',
	['.'] = '.', ['_'] = '_', [':'] = ':', ['/'] = '/'};
#undef UPPER

/*
 * The part as nearly every one is written, such as `cn=n1`, behind @out, and *at behind it; NULL,
 * and *at where it was, for any other: it is taken apart.
 */
static char *write_plain_part(char *out, const char **at)
{
	enum { SHORT_TYPE = 9 }; /* one of type_aliases[] is among those */
	const char *from = *at;
	size_t n = 0;
	char c;

	for (; (c = plain[(unsigned char)from[n]]) >= 'a'; n++)
		out[n] = c;
	if (n == 0 || from[n] != '=' || n > SHORT_TYPE ||
		(n == 6 && memcmp(out, "userid", n) == 0))
		return NULL;
	for (out[n++] = '='; (c = plain[(unsigned char)from[n]]) != '\0'; n++)
		out[n] = c;
	if (!ends_value(from[n]))
		return NULL;
	*at = from + n;
	return out + n;
}

/* A part in any spelling, taken apart and put together. */
static char *write_part(char *out, struct scan *s)
{
	if (!read_part(s))
		return NULL;
	memcpy(out, s->type, s->type_len);
	out += s->type_len;
	*out++ = '=';
	return write_value(out, s);
}

/* One RDN of the key behind @out; NULL for what is none. */
static char *write_rdn(char *out, struct scan *s)
{
	char *start = out, *end;
	bool has_more = false, is_several = false;

	do {
		if (has_more)
			*out++ = '+';
		end = write_plain_part(out, &s->at);
		out = end != NULL ? end : write_part(out, s);
		if (out == NULL)
			return NULL;
		is_several |= has_more;
		has_more = true;
	} while (*s->at == '+' && s->at++);
	if (is_several)
		sort_parts(start, out);
	return out;
}

/* The key in @key, which has room for it; its length, or -1 for what is no DN. */
static ssize_t write_key(char *key, struct scan *s)
{
	char *out = key;

	skip_blanks(s);
	while (*s->at) {
		out = write_rdn(out, s);
		if (!out)
			return -1;
		if (*s->at == '\0')
			break;
		s->at++;
		*out++ = ',';
		skip_blanks(s);
		if (*s->at == '\0')
			return -1;
	}
	return out - key;
}

/* Where a key goes: below a context, into an arena, or into a buffer. */
struct home {
	TALLOC_CTX *mem_ctx;
	struct arena *arena; /* NULL: mem_ctx */
	struct buffer *buffer; /* NULL: neither */
};

static char *keep(const struct home *home, const char *key, size_t length)
{
	if (home->buffer != NULL) {
		buffer_truncate(home->buffer, 0);
		buffer_add(home->buffer, key, length);
		return home->buffer->data;
	}
	return home->arena == NULL ? mem_strndup(home->mem_ctx, key, length)
				   : arena_strndup(home->arena, key, length);
}

/* @scratch has room for type and value of @length + 1 bytes each, and behind them the key. */
static char *make_key(
	const struct home *home, const char *dn, size_t length, char *scratch)
{
	char *key = scratch + 2 * (length + 1);
	struct scan s = {.at = dn, .type = scratch, .value = scratch + length + 1};
	ssize_t n = write_key(key, &s);

	if (n < 0)
		return NULL;
	return keep(home, key, (size_t)n);
}

/* The key behind @out, which has room for as much as @dn; its end, or NULL where not all is plain. */
static char *write_plain_key(char *out, const char *dn)
{
	while ((out = write_plain_part(out, &dn)) != NULL && *dn == ',') {
		*out++ = ',';
		dn++;
	}
	return *dn == '\0' ? out : NULL;
}

enum { SHORT = 200 }; /* most are: their keys are made without an allocation */

/* The key of a DN in any spelling. */
static char *take_apart(const struct home *home, const char *dn, size_t length)
{
	/* an escaped byte may be one of a wide letter, and so may one in hex behind `#` */
	bool is_narrow = strpbrk(dn, "\\#") == NULL && !is_wide(dn, length);

	if (is_narrow && length < SHORT) {
		char scratch[5 * SHORT];

		return make_key(home, dn, length, scratch);
	}
	TMP_CTX(tmp);
	size_t room = (2 + (is_narrow ? 3 : FOLDED_MAX)) * (length + 1);

	return make_key(home, dn, length, mem_array(tmp, char, room));
}

static char *key_of(const struct home *home, const char *dn)
{
	size_t length = strlen(dn);

	if (length < SHORT) { /* called once or more an entry */
		char key[SHORT], *end = write_plain_key(key, dn);

		if (end != NULL)
			return keep(home, key, (size_t)(end - key));
	}
	return take_apart(home, dn, length);
}

char *dn_key(TALLOC_CTX *mem_ctx, const char *dn)
{
	return key_of(&(struct home){.mem_ctx = mem_ctx}, dn);
}

char *dn_key_arena(struct arena *arena, const char *dn)
{
	return key_of(&(struct home){.arena = arena}, dn);
}

bool dn_write_key(struct buffer *key, const char *dn)
{
	return key_of(&(struct home){.buffer = key}, dn) != NULL;
}

const char *dn_key_parent(const char *key)
{
	const char *comma = strchr(key, ',');

	return comma ? comma + 1 : key + strlen(key);
}

/* The bytes before the value of the first RDN: its attribute, and the equals sign. */
static size_t type_length(const char *key)
{
	const char *equals = strchr(key, '=');

	return equals == NULL ? strlen(key) : (size_t)(equals - key) + 1;
}

/* Does the canonical @dn begin with the attribute that @first does? */
static bool begins_alike(const char *first, const char *dn)
{
	return strncmp(first, dn, type_length(first)) == 0;
}

static bool ends_label(char c)
{
	return c == '\0' || c == ',' || c == '+' || c == '\\';
}

/* The value of the first RDN of the canonical @dn, which is written in another way than it is. */
static bool add_written(struct buffer *name, const char *dn)
{
	TMP_CTX(tmp);
	size_t n;
	const struct rdn_part *parts = dn_parse_rdn(tmp, dn, &n);

	if (parts == NULL || n != 1)
		return false;
	buffer_add_text(name, parts->value);
	return true;
}

/* Adds @value, of the first RDN of the canonical @dn; its end, or NULL: it has several parts. */
static const char *add_label(struct buffer *name, const char *dn, const char *value)
{
	const char *end = value;

	while (plain[(unsigned char)*end] != '\0' || !ends_label(*end))
		end++;
	if (*end == '+' || *end == '\\')
		return add_written(name, dn) ? end + strcspn(end, ",") : NULL;
	buffer_add(name, value, (size_t)(end - value));
	return end;
}

void dn_domain_name(struct buffer *name, const char *key)
{
	const char *dn = key;
	size_t start = name->len, type = type_length(key);

	if (dn[type] == '@' && dn[type + 1] == ',')
		dn = dn_key_parent(dn);
	while (*dn != '\0' && strncmp(key, dn, type) == 0) {
		if (name->len > start)
			buffer_add_byte(name, '.');
		const char *end = add_label(name, dn, dn + type);

		if (end == NULL)
			return;
		dn = *end == ',' ? end + 1 : end;
	}
}

void dn_zone_name(struct buffer *name, const char *key)
{
	const char *parent = dn_key_parent(key);

	dn_domain_name(name, *parent != '\0' && begins_alike(key, parent) ? parent : key);
}
