/* SPDX-License-Identifier: Apache-2.0 */

#include "read/ldif_lines.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"

enum {
	READ_STEP = 256 * 1024,
	RECORD_MAX = 64 * 1024 * 1024,
	FAULTS_MAX = 1000, /* a file that is no LDIF at all must not fill a mailbox */
};

struct ldif_source {
	int fd;
	bool is_opened; /* by us */
	bool is_at_end;
	bool takes_separators;
	struct buffer *text; /* what has been read of the file and not been taken yet */
	size_t taken; /* bytes at its start that have */
	char *at, *end; /* the rest of the record */
	bool has_nul; /* the record */
	unsigned number; /* of the line at @at */
	size_t line_room, n_faults;
};

/* Faults */

void ldif_fault(
	struct ldif_file *f, unsigned line, unsigned column, const char *format, ...)
{
	va_list args;

	f->is_broken = true;
	if (f->source->n_faults++ >= FAULTS_MAX)
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
static int read_more(struct ldif_file *f)
{
	size_t rest = f->source->text->len - f->source->taken;

	memmove(f->source->text->data, f->source->text->data + f->source->taken, rest);
	buffer_truncate(f->source->text, rest);
	f->source->taken = 0;
	if (rest > RECORD_MAX)
		return diag_fail(f->diags, EXIT_DATA,
			loc_at(f->path, f->source->number, 0),
			"the record is longer than %d MiB: is this an LDIF file?",
			RECORD_MAX >> 20);
	for (;;) {
		ssize_t n = read(f->source->fd,
			buffer_reserve(f->source->text, READ_STEP), READ_STEP);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return diag_fail_errno(f->diags, EXIT_IO, errno,
				loc_file(f->path), "the file cannot be read");
		buffer_grown(f->source->text, (size_t)n);
		f->source->is_at_end = n == 0;
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

static void skip_empty_lines(struct ldif_file *f)
{
	size_t n;

	while ((n = empty_line(f->source->text->data + f->source->taken,
			f->source->text->len - f->source->taken)) > 0) {
		f->source->taken += n;
		f->source->number++;
	}
}

/* The next record into at…end; 1, 0 at the end of the file, or a failure. */
static int next_record(struct ldif_file *f)
{
	size_t known = 0, length;

	for (;;) {
		if (known == 0)
			skip_empty_lines(f);
		size_t rest = f->source->text->len - f->source->taken;

		length = record_length(
			f->source->text->data + f->source->taken, rest, known);
		if (length > 0)
			break;
		if (f->source->is_at_end) {
			length = rest;
			break;
		}
		/* the last bytes may be half of an empty line */
		known = rest > 4 ? rest - 4 : 0;
		int failed = read_more(f);

		if (failed)
			return failed;
	}
	f->source->at = f->source->text->data + f->source->taken;
	f->source->end = f->source->at + length;
	f->source->has_nul = memchr(f->source->at, '\0', length) != NULL;
	f->source->taken += length;
	return length > 0;
}

/* Lines */

/* One physical line without its end; moves on behind it. */
static char *take_line(struct ldif_file *f, size_t *ret_len)
{
	char *start = f->source->at;
	char *newline = memchr(start, '\n', (size_t)(f->source->end - start));
	char *stop = newline ? newline : f->source->end;

	f->source->at = newline ? newline + 1 : f->source->end;
	f->source->number++;
	if (stop > start && stop[-1] == '\r')
		stop--;
	*ret_len = (size_t)(stop - start);
	return start;
}

/* A line with all that continue it, joined in place. The byte behind it becomes NUL. */
static char *take_folded(struct ldif_file *f, size_t *ret_len, bool *ret_is_folded)
{
	char *start = take_line(f, ret_len);

	*ret_is_folded = false;
	while (f->source->at < f->source->end && *f->source->at == ' ') {
		size_t len;
		char *more = take_line(f, &len);

		memmove(start + *ret_len, more + 1, len - 1);
		*ret_len += len - 1;
		*ret_is_folded = true;
	}
	start[*ret_len] = '\0';
	return start;
}

/* What stands in an attribute description (RFC 4512 section 2.5). */
enum { ALPHANUMERIC = 1, IN_NAME = 2, IN_OPTION = 4, LETTER = 7 };

#define BOTH(c) [(c) - ('a' - 'A')] = LETTER, [c] = LETTER
static const uint8_t place_of[256] = {BOTH('a'), BOTH('b'), BOTH('c'), BOTH('d'),
	BOTH('e'), BOTH('f'), BOTH('g'), BOTH('h'), BOTH('i'), BOTH('j'), BOTH('k'),
	BOTH('l'), BOTH('m'), BOTH('n'), BOTH('o'), BOTH('p'), BOTH('q'), BOTH('r'),
	BOTH('s'), BOTH('t'), BOTH('u'), BOTH('v'), BOTH('w'), BOTH('x'), BOTH('y'),
	BOTH('z'), ['0'] = LETTER, ['1'] = LETTER, ['2'] = LETTER, ['3'] = LETTER,
	['4'] = LETTER, ['5'] = LETTER, ['6'] = LETTER, ['7'] = LETTER, ['8'] = LETTER,
	['9'] = LETTER, ['-'] = IN_NAME | IN_OPTION, ['.'] = IN_NAME | IN_OPTION,
	[';'] = IN_OPTION, ['='] = IN_OPTION, ['*'] = IN_OPTION};
#undef BOTH

static bool is_in(char c, unsigned place)
{
	return (place_of[(unsigned char)c] & place) != 0;
}

/* The character that has no place in an attribute description. */
static const char *bad_name(const char *name)
{
	if (!is_in(*name, ALPHANUMERIC))
		return name;
	while (is_in(*name, IN_NAME))
		name++;
	/* Active Directory's `;range=0-1499` is none of RFC 4512's options */
	if (*name == ';')
		while (is_in(*name, IN_OPTION))
			name++;
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

static void decode_line(struct ldif_file *f, struct ldif_line *line)
{
	size_t bad;
	ssize_t n = decode_base64(line->value, line->len, &bad);

	if (n < 0)
		ldif_fault(f, line->number,
			line->column ? line->column + (unsigned)bad : 0,
			"'%s' is no base64 (one colon means plain text, two base64)",
			line->name);
	line->len = n < 0 ? 0 : (size_t)n;
	line->column = 0;
}

static struct ldif_line *push_line(struct ldif_file *f)
{
	mem_reserve(f, &f->lines, &f->source->line_room, f->n_lines + 1);
	return &f->lines[f->n_lines++];
}

/* What stands behind the first colon: plain, `:` base64, `<` a URL. */
static void take_value(
	struct ldif_file *f, struct ldif_line *line, char *value, char *end)
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
		ldif_fault(f, line->number, line->column,
			"'%s' comes from a URL, which is not "
			"followed: write the value itself",
			line->name);
}

/* Why @text cannot be a line, and where; NULL if it can. @colon is its first colon. */
static const char *line_fault(const struct ldif_source *source, const char *text,
	size_t len, const char *colon, const char **ret_at)
{
	*ret_at = source->has_nul ? memchr(text, '\0', len) : NULL;
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

bool ldif_take_line(struct ldif_file *f)
{
	unsigned number = f->source->number;
	bool is_folded;
	size_t len;
	char *text = take_folded(f, &len, &is_folded);
	char *colon = strchr(text, ':');
	const char *at;

	if (text[0] == '#')
		return false;
	if (f->source->takes_separators && strcmp(text, LDIF_SEPARATOR) == 0) {
		*push_line(f) = (struct ldif_line){
			.name = text, .value = text + len, .number = number};
		return true;
	}
	const char *reason = line_fault(f->source, text, len, colon, &at);

	if (reason) {
		ldif_fault(f, number, is_folded ? 0 : (unsigned)(at - text) + 1, "%s",
			reason);
		return false;
	}
	*colon = '\0';
	at = bad_name(text);
	if (at) {
		ldif_fault(f, number, (unsigned)(at - text) + 1,
			"'%s' is no attribute name", text);
		return false;
	}
	struct ldif_line *line = push_line(f);

	*line = (struct ldif_line){.name = text, .number = number, .column = !is_folded};
	take_value(f, line, colon + 1, text + len);
	return true;
}

/* The byte order mark that some editors write. */
static int skip_mark(struct ldif_file *f)
{
	static const char mark[] = "\xef\xbb\xbf";
	int failed = 0;

	while (!failed && !f->source->is_at_end && f->source->text->len < strlen(mark))
		failed = read_more(f);
	if (text_has_prefix(f->source->text->data, mark))
		f->source->taken = strlen(mark);
	return failed;
}

void ldif_skip_record(struct ldif_file *f)
{
	size_t len;

	while (f->source->at < f->source->end)
		(void)take_line(f, &len);
}

/* The file */

bool ldif_is_named(const struct ldif_line *line, const char *name)
{
	return text_equal_case(line->name, name);
}

static int close_source(struct ldif_source *source)
{
	if (source->is_opened)
		close(source->fd);
	return 0;
}

int ldif_open(TALLOC_CTX *mem_ctx, const char *path, bool takes_separators,
	struct diags *diags, struct ldif_file **ret_file)
{
	bool is_stdin = strcmp(path, "-") == 0;
	int fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return diag_fail_errno(diags, EXIT_IO, errno, loc_file(path),
			"the file cannot be opened");
	struct ldif_file *f = mem_new(mem_ctx, struct ldif_file);

	f->path = is_stdin ? "stdin" : path;
	f->diags = diags;
	f->is_first = true;
	f->source = mem_new(f, struct ldif_source);
	*f->source = (struct ldif_source){.fd = fd,
		.is_opened = !is_stdin,
		.takes_separators = takes_separators,
		.text = buffer_new(f),
		.number = 1};
	talloc_set_destructor(f->source, close_source);
	*ret_file = f;
	return skip_mark(f);
}

int ldif_next(struct ldif_file *f)
{
	int got = next_record(f);

	f->n_lines = 0;
	f->is_broken = false;
	return got;
}

bool ldif_has_line(const struct ldif_file *f)
{
	return f->source->at < f->source->end;
}

int ldif_end(struct ldif_file *f)
{
	if (f->source->n_faults > FAULTS_MAX)
		(void)diag_fail(f->diags, EXIT_DATA, loc_file(f->path),
			"%zu further faults are not shown",
			f->source->n_faults - FAULTS_MAX);
	return f->source->n_faults > 0 ? -EXIT_DATA : 0;
}

bool ldif_is_version(struct ldif_file *f)
{
	const struct ldif_line *line = f->lines;

	if (!f->is_first || f->n_lines == 0 || !ldif_is_named(line, "version"))
		return false;
	if (strcmp(line->value, "1") != 0)
		ldif_fault(f, line->number, line->column,
			"LDIF version '%s' is not known, only 1", line->value);
	return true;
}
