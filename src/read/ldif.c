/* SPDX-License-Identifier: Apache-2.0 */

#include "read/ldif.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <nettle/base64.h>

#include "base/text.h"
#include "read/dn.h"
#include "read/dn_set.h"

enum {
	READ_STEP = 256 * 1024,
	RECORD_MAX = 64 * 1024 * 1024,
	FAULTS_MAX = 1000, /* a file that is no LDIF at all must not fill a mailbox */
};

/* `name: value`; points into the record, where it has been unfolded and decoded. */
struct line {
	const char *name; /* NULL: taken already */
	char *value;
	size_t len;
	unsigned number;
	unsigned column; /* of the value; 0 if it was folded or encoded */
};

struct ldif {
	const char *path;
	int fd;
	bool is_at_end;
	const struct map *map; /* NULL: every attribute is wanted */
	struct buffer *text; /* what has been read of the file and not been taken yet */
	size_t taken; /* bytes at its start that have */

	char *at, *end; /* the rest of the record */
	unsigned number; /* of the line at @at */
	bool is_first; /* record of the file */
	bool is_broken; /* this record has a fault */

	struct line *lines; /* of this record */
	size_t n_lines, line_room;
	struct entry_attribute *attributes; /* room for n_lines of each */
	struct entry_value *values;
	size_t value_room;

	struct dn_set *seen;
	struct diags *diags;
	size_t n_faults, n_entries;
	entry_sink sink;
	void *sink_data;
};

/* Faults */

static void fault(struct ldif *f, unsigned line, unsigned column, const char *format, ...)
	_printf_(4, 5);

static void fault(struct ldif *f, unsigned line, unsigned column, const char *format, ...)
{
	va_list args;

	f->is_broken = true;
	if (f->n_faults++ >= FAULTS_MAX)
		return;
	va_start(args, format);
	char *message = mem_vprintf(f, format, args);
	va_end(args);
	(void)diag_fail(
		f->diags, EXIT_DATA, loc_at(f->path, line, column), "%s", message);
	talloc_free(message);
}

/* Reading, record by record */

/* More of the file behind what is left; failures are I/O. */
static int read_more(struct ldif *f)
{
	size_t rest = f->text->len - f->taken;

	memmove(f->text->data, f->text->data + f->taken, rest);
	buffer_truncate(f->text, rest);
	f->taken = 0;
	if (rest > RECORD_MAX)
		return diag_fail(f->diags, EXIT_DATA, loc_at(f->path, f->number, 0),
			"the record is longer than %d MiB: is this an LDIF file?",
			RECORD_MAX >> 20);
	for (;;) {
		ssize_t n = read(f->fd, buffer_reserve(f->text, READ_STEP), READ_STEP);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return diag_fail_errno(f->diags, EXIT_IO, errno,
				loc_file(f->path), "the file cannot be read");
		buffer_grown(f->text, (size_t)n);
		f->is_at_end = n == 0;
		return 0;
	}
}

/* Bytes of the empty line at @text, 0 if it is not empty. */
static size_t empty_line(const char *text, size_t len)
{
	if (len >= 1 && text[0] == '\n')
		return 1;
	return len >= 2 && text[0] == '\r' && text[1] == '\n' ? 2 : 0;
}

/* Bytes of @text up to the first empty line, looked for behind @from; 0: none. */
static size_t record_length(const char *text, size_t len, size_t from)
{
	while (from < len) {
		const char *newline = memchr(text + from, '\n', len - from);

		if (!newline)
			return 0;
		from = (size_t)(newline - text) + 1;
		if (empty_line(text + from, len - from))
			return from;
	}
	return 0;
}

static void skip_empty_lines(struct ldif *f)
{
	size_t n;

	while ((n = empty_line(f->text->data + f->taken, f->text->len - f->taken)) > 0) {
		f->taken += n;
		f->number++;
	}
}

/* The next record into at…end; 1, 0 at the end of the file, or a failure. */
static int next_record(struct ldif *f)
{
	size_t known = 0, length;

	for (;;) {
		if (known == 0)
			skip_empty_lines(f);
		size_t rest = f->text->len - f->taken;

		length = record_length(f->text->data + f->taken, rest, known);
		if (length > 0)
			break;
		if (f->is_at_end) {
			length = rest;
			break;
		}
		/* the last bytes may be half of an empty line */
		known = rest > 4 ? rest - 4 : 0;
		int failed = read_more(f);

		if (failed)
			return failed;
	}
	f->at = f->text->data + f->taken;
	f->end = f->at + length;
	f->taken += length;
	return length > 0;
}

/* Lines */

/* One physical line without its end; moves on behind it. */
static char *take_line(struct ldif *f, size_t *ret_len)
{
	char *start = f->at;
	char *newline = memchr(start, '\n', (size_t)(f->end - start));
	char *stop = newline ? newline : f->end;

	f->at = newline ? newline + 1 : f->end;
	f->number++;
	if (stop > start && stop[-1] == '\r')
		stop--;
	*ret_len = (size_t)(stop - start);
	return start;
}

/* A line with all that continue it, joined in place. The byte behind it becomes NUL. */
static char *take_folded(struct ldif *f, size_t *ret_len, bool *ret_is_folded)
{
	char *start = take_line(f, ret_len);

	*ret_is_folded = false;
	while (f->at < f->end && *f->at == ' ') {
		size_t len;
		char *more = take_line(f, &len);

		memmove(start + *ret_len, more + 1, len - 1);
		*ret_len += len - 1;
		*ret_is_folded = true;
	}
	start[*ret_len] = '\0';
	return start;
}

/* The character that has no place in an attribute description (RFC 4512 section 2.5). */
static const char *bad_name(const char *name)
{
	if (!((name[0] | 0x20) >= 'a' && (name[0] | 0x20) <= 'z') &&
		!(name[0] >= '0' && name[0] <= '9'))
		return name;
	name += strspn(
		name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-.");
	/* Active Directory's `;range=0-1499` is none of RFC 4512's options */
	if (*name == ';')
		name += strspn(name,
			"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
			"0123456789-.;=*");
	return *name ? name : NULL;
}

static int base64_digit(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Decodes in place (RFC 4648 section 4); the length, or -1 with *ret_bad at the fault. */
static ssize_t decode_base64(char *text, size_t len, size_t *ret_bad)
{
	size_t n = 0, in;
	unsigned bits = 0;

	while (len > 0 && text[len - 1] == ' ')
		len--;
	for (in = 0; in < len && text[in] != '='; in++) {
		int digit = base64_digit(text[in]);

		if (digit < 0)
			break;
		bits = bits << 6 | (unsigned)digit;
		if (in % 4 > 0)
			text[n++] = (char)(bits >> (6 - 2 * (in % 4)));
	}
	*ret_bad = in;
	size_t padding = len - in;

	if (in % 4 == 1 || (in + padding) % 4 != 0 || padding > 2 ||
		strspn(text + in, "=") < padding)
		return -1;
	text[n] = '\0';
	return (ssize_t)n;
}

static void decode_line(struct ldif *f, struct line *line)
{
	size_t bad;
	ssize_t n = decode_base64(line->value, line->len, &bad);

	if (n < 0)
		fault(f, line->number, line->column ? line->column + (unsigned)bad : 0,
			"'%s' is no base64 (one colon means plain text, two base64)",
			line->name);
	line->len = n < 0 ? 0 : (size_t)n;
	line->column = 0;
}

static struct line *push_line(struct ldif *f)
{
	if (f->n_lines == f->line_room) {
		struct line *old = f->lines;

		f->line_room = f->line_room ? 2 * f->line_room : 32;
		f->lines = mem_array(f, struct line, f->line_room);
		if (old)
			memcpy(f->lines, old, f->n_lines * sizeof(*old));
		talloc_free(old);
	}
	return &f->lines[f->n_lines++];
}

/* What stands behind the first colon: plain, `:` base64, `<` a URL. */
static void take_value(struct ldif *f, struct line *line, char *value, char *end)
{
	char kind = *value;

	if (kind == ':' || kind == '<')
		value++;
	while (*value == ' ')
		value++;
	line->value = value;
	line->len = (size_t)(end - value);
	if (line->column)
		line->column = (unsigned)(value - line->name) + 1;
	if (kind == ':')
		decode_line(f, line);
	else if (kind == '<')
		fault(f, line->number, line->column,
			"'%s' comes from a URL, which is not "
			"followed: write the value itself",
			line->name);
}

/* Why @text cannot be a line, and where; NULL if it can. @colon is its first colon. */
static const char *line_fault(
	const char *text, size_t len, const char *colon, const char **ret_at)
{
	*ret_at = memchr(text, '\0', len);
	if (*ret_at)
		return "NUL byte: is this an LDIF file?";
	*ret_at = text;
	if (text[0] == ' ')
		return "a line that starts with a blank continues "
		       "the one above it, but there is none";
	if (!colon)
		return "no colon: lines read 'attribute: value', and one that continues "
		       "the line above starts with a blank";
	return NULL;
}

/* One logical line of the record, unless it is a comment or malformed. */
static void take_attribute(struct ldif *f)
{
	unsigned number = f->number;
	bool is_folded;
	size_t len;
	char *text = take_folded(f, &len, &is_folded);
	char *colon = strchr(text, ':');
	const char *at;

	if (text[0] == '#')
		return;
	const char *reason = line_fault(text, len, colon, &at);

	if (reason) {
		fault(f, number, is_folded ? 0 : (unsigned)(at - text) + 1, "%s", reason);
		return;
	}
	*colon = '\0';
	at = bad_name(text);
	if (at) {
		fault(f, number, (unsigned)(at - text) + 1, "'%s' is no attribute name",
			text);
		return;
	}
	struct line *line = push_line(f);

	*line = (struct line){.name = text, .number = number, .column = !is_folded};
	take_value(f, line, colon + 1, text + len);
}

/* Records */

static bool is_named(const struct line *line, const char *name)
{
	return text_equal_case(line->name, name);
}

/* Goes over what is left of a record without a further word about it. */
static void skip_record(struct ldif *f)
{
	size_t len;

	while (f->at < f->end)
		(void)take_line(f, &len);
}

/* Lines until the end of the record, or until it shows that it changes something. */
static void take_lines(struct ldif *f)
{
	f->n_lines = 0;
	f->is_broken = false;
	while (f->at < f->end) {
		size_t n = f->n_lines;

		take_attribute(f);
		if (f->n_lines == n || !is_named(&f->lines[n], "changetype") ||
			text_equal_case(f->lines[n].value, "add"))
			continue;
		fault(f, f->lines[n].number, f->lines[n].column,
			"'changetype: %s' changes an entry, "
			"but only whole entries can be read",
			f->lines[n].value);
		skip_record(f);
	}
}

/*
 * What ldapsearch prints behind the entries: `search: 2` and `result: 4 Size limit
 * exceeded`. Other than success, the entries before it are not all.
 */
static void check_result(struct ldif *f)
{
	for (size_t i = 0; i < f->n_lines; i++) {
		const struct line *line = &f->lines[i];

		if (is_named(line, "result") && !text_has_prefix(line->value, "0 "))
			fault(f, line->number, line->column,
				"the search that wrote this file did not end well "
				"('%s'): entries are missing",
				line->value);
	}
}

/* What ldapsearch prints where a part of the tree is on another server (RFC 4511 4.5.3). */
static void check_reference(struct ldif *f)
{
	const struct line *line = &f->lines[0];

	if (f->map == NULL || !f->map->skips_references)
		fault(f, line->number, line->column,
			"a part of the tree is on another server (continuation reference "
			"'%s'): ask a server that has all of it, or below a narrower base",
			line->value);
}

/* Checks the one line that may stand before the first record; true: skip it. */
static bool is_version(struct ldif *f)
{
	const struct line *line = &f->lines[0];

	if (!f->is_first || !is_named(line, "version"))
		return false;
	if (strcmp(line->value, "1") != 0)
		fault(f, line->number, line->column,
			"LDIF version '%s' is not known, only 1", line->value);
	return true;
}

static void check_dn(struct ldif *f, const struct line *line)
{
	char *key = dn_key(f, line->value);
	unsigned earlier;

	if (!key || strlen(line->value) != line->len)
		fault(f, line->number, line->column, "'%s' is no distinguished name",
			line->value);
	else if (!dn_set_add(f->seen, key, strlen(key), line->number, &earlier))
		fault(f, line->number, line->column,
			"'%s' is here twice: it is in line %u already", line->value,
			earlier);
	talloc_free(key);
}

/* The record's shape from line @i on: dn, changetype or none, attributes. Moves @i there. */
static void check_record(struct ldif *f, size_t *i)
{
	const struct line *first = &f->lines[*i];

	if (!is_named(first, "dn")) {
		fault(f, first->number, 1, "the record starts with '%s', not with 'dn'",
			first->name);
		return;
	}
	check_dn(f, first);
	++*i;
	if (*i < f->n_lines && is_named(&f->lines[*i], "control")) {
		fault(f, f->lines[*i].number, 1,
			"controls are not supported: only whole entries can be read");
		return;
	}
	if (*i < f->n_lines && is_named(&f->lines[*i], "changetype"))
		++*i;
	if (*i == f->n_lines)
		fault(f, first->number, 1, "the record has no attributes");
	for (size_t j = *i; j < f->n_lines; j++) {
		if (is_named(&f->lines[j], "dn"))
			fault(f, f->lines[j].number, 1,
				"a second 'dn' in one record: an "
				"empty line must stand before it");
	}
}

/* Room for the attributes and values of a record with @n lines. */
static void reserve_values(struct ldif *f, size_t n)
{
	if (n <= f->value_room)
		return;
	talloc_free(f->attributes);
	talloc_free(f->values);
	f->value_room = 2 * n;
	f->attributes = mem_array(f, struct entry_attribute, f->value_room);
	f->values = mem_array(f, struct entry_value, f->value_room);
}

/* Values of one attribute are brought together, wherever their lines stand. */
static size_t gather_values(struct ldif *f, size_t first, struct entry_value *values)
{
	const char *name = f->lines[first].name;
	size_t n = 0;

	for (size_t i = first; i < f->n_lines; i++) {
		struct line *line = &f->lines[i];

		if (!line->name || !text_equal_case(line->name, name))
			continue;
		values[n++] = (struct entry_value){line->value, line->len, line->number};
		line->name = NULL;
	}
	return n;
}

static void deliver(struct ldif *f, const struct line *dn, size_t first)
{
	struct entry entry = {.dn = dn->value, .line = dn->number};
	size_t n_values = 0;

	reserve_values(f, f->n_lines);
	for (size_t i = first; i < f->n_lines; i++) {
		if (!f->lines[i].name)
			continue;
		struct entry_attribute *attribute = &f->attributes[entry.n_attributes++];

		*attribute = (struct entry_attribute){.name = f->lines[i].name};
		attribute->values = f->values + n_values;
		attribute->n_values = gather_values(f, i, attribute->values);
		n_values += attribute->n_values;
	}
	entry.attributes = f->attributes;
	const char *part =
		entry_settle_options(&entry, f->map == NULL ? NULL : &f->map->wanted);

	if (part != NULL) {
		fault(f, dn->number, 1,
			"the server gave only a part of the values of '%s' of '%s'", part,
			dn->value);
		return;
	}
	f->n_entries++;
	f->sink(f->sink_data, &entry);
}

static void take_record(struct ldif *f)
{
	size_t i = 0;

	take_lines(f);
	if (f->n_lines == 0 || f->is_broken)
		return;
	if (is_named(&f->lines[0], "search")) {
		check_result(f);
		return;
	}
	if (is_named(&f->lines[0], "ref")) {
		check_reference(f);
		return;
	}
	if (is_version(f))
		i++;
	f->is_first = false;
	if (i == f->n_lines)
		return;
	size_t dn = i;

	check_record(f, &i);
	if (!f->is_broken)
		deliver(f, &f->lines[dn], i);
}

/* The byte order mark that some editors write. */
static int skip_mark(struct ldif *f)
{
	static const char mark[] = "\xef\xbb\xbf";
	int failed = 0;

	while (!failed && !f->is_at_end && f->text->len < strlen(mark))
		failed = read_more(f);
	if (text_has_prefix(f->text->data, mark))
		f->taken = strlen(mark);
	return failed;
}

static int read_records(struct ldif *f)
{
	int got = skip_mark(f);

	if (got < 0)
		return got;
	while ((got = next_record(f)) > 0)
		take_record(f);
	if (got == 0 && f->n_faults > FAULTS_MAX)
		(void)diag_fail(f->diags, EXIT_DATA, loc_file(f->path),
			"%zu further faults are not shown", f->n_faults - FAULTS_MAX);
	return got < 0 ? got : f->n_faults > 0 ? -EXIT_DATA : 0;
}

int ldif_read(const char *path, const struct map *map, entry_sink sink, void *sink_data,
	struct diags *diags, size_t *ret_n_entries)
{
	TMP_CTX(tmp);
	bool is_stdin = strcmp(path, "-") == 0;
	_cleanup_(mem_close_fd) int opened =
		is_stdin ? -1 : open(path, O_RDONLY | O_CLOEXEC);
	struct ldif *f = mem_new(tmp, struct ldif);

	if (!is_stdin && opened < 0)
		return diag_fail_errno(diags, EXIT_IO, errno, loc_file(path),
			"the file cannot be opened");
	*f = (struct ldif){
		.path = is_stdin ? "stdin" : path,
		.fd = is_stdin ? STDIN_FILENO : opened,
		.text = buffer_new(f),
		.number = 1,
		.is_first = true,
		.map = map,
		.seen = dn_set_new(f),
		.diags = diags,
		.sink = sink,
		.sink_data = sink_data,
	};
	int failed = read_records(f);

	*ret_n_entries = f->n_entries;
	return failed;
}

/* Writing */

/* RFC 2849 SAFE-STRING, else base64. */
static bool is_safe(const char *value)
{
	if (*value == ' ' || *value == ':' || *value == '<' ||
		text_has_suffix(value, " "))
		return false;
	for (; *value != '\0'; value++)
		if ((unsigned char)*value >= 0x80 || *value == '\n' || *value == '\r')
			return false;
	return true;
}

void ldif_put(struct buffer *ldif, const char *attribute, const char *value)
{
	size_t len = strlen(value);

	if (is_safe(value)) {
		buffer_printf(ldif, "%s: %s\n", attribute, value);
		return;
	}
	buffer_printf(ldif, "%s:: ", attribute);
	char *to = buffer_reserve(ldif, BASE64_ENCODE_RAW_LENGTH(len));

	base64_encode_raw(to, len, (const uint8_t *)value);
	buffer_grown(ldif, BASE64_ENCODE_RAW_LENGTH(len));
	buffer_add_byte(ldif, '\n');
}
