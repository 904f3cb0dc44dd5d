/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/text.h"
#include "ldapcc/import/dhcpd.h"

/* dhcpd.conf as statements of words: strings, comments, and what stands for itself. */

static struct loc here(const struct dhcpd_parser *p)
{
	return loc_at(p->file, p->line, (unsigned)(p->at - p->line_at) + 1);
}

static void count_line(struct dhcpd_parser *p)
{
	if (*p->at != '\n')
		return;
	p->line++;
	p->line_at = p->at + 1;
}

static void skip_blank(struct dhcpd_parser *p)
{
	for (; p->at < p->end; p->at++) {
		if (*p->at == '#')
			while (p->at < p->end && *p->at != '\n')
				p->at++;
		if (p->at == p->end || strchr(" \t\r\n", *p->at) == NULL ||
			*p->at == '\0')
			return;
		count_line(p);
	}
}

static int octal_digit(const struct dhcpd_parser *p, size_t i)
{
	char c = (size_t)(p->end - p->at) > i ? p->at[i] : '\0';

	return c >= '0' && c <= '7' ? c - '0' : -1;
}

/* What stands behind a backslash: \t, \101, \x41, or the letter itself (conflex.c of dhcpd). */
static char take_escaped(struct dhcpd_parser *p)
{
	static const char from[] = "trnb", to[] = "\t\r\n\b";
	const char *letter = strchr(from, *p->at);
	int first = octal_digit(p, 0), second = octal_digit(p, 1),
	    third = octal_digit(p, 2);

	if (first >= 0 && first < 4 && second >= 0 && third >= 0) {
		p->at += 2;
		return (char)(first * 64 + second * 8 + third);
	}
	if (*p->at == 'x' && p->end - p->at > 2 && text_hex_byte(p->at + 1) >= 0) {
		p->at += 2;
		return (char)text_hex_byte(p->at - 1);
	}
	return letter == NULL || *letter == '\0' ? *p->at : to[letter - from];
}

static char *take_string(struct dhcpd_parser *p)
{
	struct buffer *b = buffer_new(p->im->mem_ctx);

	for (p->at++; p->at < p->end && *p->at != '"'; p->at++) {
		bool is_escaped = *p->at == '\\' && p->at + 1 < p->end;

		p->at += is_escaped;
		count_line(p);
		char c = is_escaped ? take_escaped(p) : *p->at;

		/* a NUL would cut the text; as another control character it is refused */
		buffer_add_byte(b, c == '\0' ? '\x01' : c);
	}
	p->at += p->at < p->end;
	return b->data;
}

static char *take_word(struct dhcpd_parser *p)
{
	static const char single[] = ",=()";
	const char *start = p->at;

	if (*start == '\0' || strchr(single, *start) != NULL) {
		p->at++;
		return mem_strndup(p->im->mem_ctx, *start == '\0' ? "\x01" : start, 1);
	}
	while (p->at < p->end && strchr(" \t\r\n;{}#\",=()", *p->at) == NULL)
		p->at++;
	return mem_strndup(p->im->mem_ctx, start, (size_t)(p->at - start));
}

static void add_word(struct dhcpd_parser *p, struct dhcpd_statement *s)
{
	bool is_string = *p->at == '"';
	size_t n = s->n;
	char *word = is_string ? take_string(p) : take_word(p);

	*mem_push(p->im->mem_ctx, &s->words, &s->n) = word;
	*mem_push(p->im->mem_ctx, &s->is_string, &n) = is_string;
}

bool dhcpd_next(struct dhcpd_parser *p, struct dhcpd_statement *s)
{
	memset(s, 0, sizeof(*s));
	skip_blank(p);
	s->where = here(p);
	for (;; skip_blank(p)) {
		if (p->at >= p->end || *p->at == '}')
			return s->n > 0;
		if (*p->at == ';' || *p->at == '{') {
			s->has_block = *p->at++ == '{';
			return true;
		}
		add_word(p, s);
	}
}

bool dhcpd_is(const struct dhcpd_statement *s, size_t i, const char *word)
{
	return i < s->n && text_equal_case(s->words[i], word);
}

static const char *joined(TALLOC_CTX *mem_ctx, const struct dhcpd_statement *s)
{
	struct buffer *b = buffer_new(mem_ctx);

	for (size_t i = 0; i < s->n; i++)
		buffer_printf(b, "%s%s", i == 0 ? "" : " ", s->words[i]);
	return b->data;
}

const char *dhcpd_list(TALLOC_CTX *mem_ctx, const struct dhcpd_statement *s, size_t from)
{
	struct buffer *b = buffer_new(mem_ctx);

	for (size_t i = from; i < s->n; i++)
		if (strcmp(s->words[i], ",") != 0)
			buffer_printf(b, "%s%s", b->len == 0 ? "" : " ", s->words[i]);
	return b->data;
}

void dhcpd_left(struct dhcpd_parser *p, const struct dhcpd_statement *s, const char *why)
{
	TMP_CTX(tmp);
	const char *text = joined(tmp, s);

	if (!p->is_muted)
		import_left(p->im, s->where, "'%s' %s",
			text_printable(tmp, text, strlen(text)), why);
}
