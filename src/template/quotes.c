/* SPDX-License-Identifier: Apache-2.0 */
#include "template/quotes.h"

#include <string.h>

enum quotes_in {
	IN_NOTHING,
	IN_COMMENT, /* to the end of the line */
	IN_C_COMMENT,
	IN_DOUBLE,
	IN_SINGLE,
	IN_ANSI, /* $'…' */
	IN_COMMAND, /* $(…) inside "…" */
	IN_BACK, /* `…` */
	IN_HERE, /* the lines of a here-document */
	IN_BLOCK, /* YAML: lines of text after | or > */
};

enum here_state { HERE_NONE, HERE_BEGINS, HERE_WORD, HERE_READ };

enum scalar_state {
	SCALAR_BEGINS,
	SCALAR_MARK, /* "-" or "?" before it */
	SCALAR_PROPERTY, /* a !tag or &anchor before it */
	SCALAR_PLAIN,
	SCALAR_ENDED, /* what had quotes or brackets */
};

static uint8_t top(const struct quotes *q)
{
	return q->stack[q->depth];
}

static void push(struct quotes *q, enum quotes_in in)
{
	if (q->depth + 1 == QUOTES_DEPTH_MAX) {
		q->is_lost = true;
		return;
	}
	q->stack[++q->depth] = (uint8_t)in;
	q->parens[q->depth] = 0;
	q->is_ours = true;
}

static void pop(struct quotes *q)
{
	if (q->depth > 0)
		q->depth--;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Does @c stand where a word may begin? */
static bool begins_word(const struct quotes *q)
{
	return q->prev[0] == '\0' || strchr(" \t;&|()`", q->prev[0]) != NULL;
}

/* Strings and comments: dhcpd, JSON, Kea, zones */

static bool begins_comment(const struct quotes *q, const char *comment, char c)
{
	return (comment != NULL && strchr(comment, c) != NULL) ||
	       (c == '/' && q->prev[0] == '/');
}

static void follow_string(
	struct quotes *q, enum quoting quoting, const char *comment, char c)
{
	switch (top(q)) {
	case IN_DOUBLE:
		if (c == '\\')
			q->is_skipped = true;
		else if (c == '"' || (c == '\n' && quoting != QUOTING_LINES))
			pop(q);
		break;
	case IN_COMMENT:
		if (c == '\n')
			pop(q);
		break;
	case IN_C_COMMENT:
		if (c == '/' && q->prev[0] == '*')
			pop(q);
		break;
	default:
		if (c == '"')
			push(q, IN_DOUBLE);
		else if (c == '\\' && quoting == QUOTING_LINE)
			q->is_skipped = true;
		else if (quoting == QUOTING_KEA && c == '*' && q->prev[0] == '/')
			push(q, IN_C_COMMENT);
		else if (begins_comment(q, comment, c) &&
			 (c != '/' || quoting == QUOTING_KEA))
			push(q, IN_COMMENT);
	}
}

/* The shell */

/* A backquote closes the command that the last one opened, whatever is open in it. */
static void take_backquote(struct quotes *q)
{
	for (uint8_t i = q->depth; i > 0; i--)
		if (q->stack[i] == IN_BACK) {
			q->depth = (uint8_t)(i - 1);
			return;
		}
	push(q, IN_BACK);
}

static bool is_in_back(const struct quotes *q)
{
	for (uint8_t i = q->depth; i > 0; i--)
		if (q->stack[i] == IN_BACK)
			return true;
	return false;
}

/* After << comes the word that ends a here-document. True: @c was part of that. */
static bool follow_here(struct quotes *q, char c)
{
	if (q->here == HERE_NONE) {
		if (c != '<' && q->prev[0] == '<' && q->prev[1] == '<' &&
			q->prev[2] != '<') {
			q->here = HERE_BEGINS;
			q->here_len = 0;
			q->here_strips = c == '-';
			if (q->here_strips)
				return true;
		}
	}
	if (q->here == HERE_BEGINS && is_blank(c))
		return true;
	/* a shift of numbers, not a document */
	if (q->here == HERE_BEGINS)
		q->here = c >= '0' && c <= '9' ? HERE_NONE : HERE_WORD;
	if (q->here != HERE_WORD)
		return false;
	if (c == '\n' || strchr(" \t;&|<>()", c) != NULL) {
		q->here = HERE_READ;
		return false;
	}
	if (strchr("'\"\\", c) != NULL)
		return true;
	if (q->here_len == QUOTES_WORD_MAX)
		q->is_lost = true;
	else
		q->here_word[q->here_len++] = c;
	return true;
}

static void begin_here_line(struct quotes *q)
{
	q->here_at = 0;
	q->here_differs = false;
}

static void follow_here_line(struct quotes *q, char c)
{
	if (c == '\n') {
		if (!q->here_differs && q->here_at == q->here_len)
			pop(q);
		begin_here_line(q);
	} else if (c == '\t' && q->here_strips && q->here_at == 0) {
		return;
	} else if (q->here_at < q->here_len && q->here_word[q->here_at] == c) {
		q->here_at++;
	} else {
		q->here_differs = true;
	}
}

/* Where commands are, outside of quotes. */
static void follow_command(struct quotes *q, char c)
{
	/* the brackets of case have no partners */
	if (top(q) == IN_COMMAND && is_blank(c) &&
		memcmp(q->prev, "esac" /* case, backwards */, 4) == 0)
		q->is_lost = true;
	if (follow_here(q, c))
		return;
	switch (c) {
	case '\\':
		q->is_skipped = true;
		break;
	case '\'':
		push(q, q->prev[0] == '$' ? IN_ANSI : IN_SINGLE);
		break;
	case '"':
		push(q, IN_DOUBLE);
		break;
	case '`':
		take_backquote(q);
		break;
	case '(':
		if (q->parens[q->depth]++ == UINT8_MAX)
			q->is_lost = true;
		break;
	case ')':
		if (q->parens[q->depth] > 0)
			q->parens[q->depth]--;
		if (top(q) == IN_COMMAND && q->parens[q->depth] == 0)
			pop(q);
		break;
	case '#':
		if (begins_word(q))
			push(q, IN_COMMENT);
		break;
	case '\n':
		if (q->here == HERE_READ) {
			q->here = HERE_NONE;
			push(q, IN_HERE);
			begin_here_line(q);
		}
		break;
	}
}

static void follow_double(struct quotes *q, char c)
{
	if (c == '\\') {
		q->is_skipped = true;
	} else if (c == '"') {
		pop(q);
	} else if (c == '`') {
		take_backquote(q);
	} else if (c == '(' && q->prev[0] == '$') {
		push(q, IN_COMMAND);
		q->parens[q->depth] = 1;
	}
}

static void follow_shell(struct quotes *q, char c)
{
	switch (top(q)) {
	case IN_SINGLE:
		if (c == '\'')
			pop(q);
		break;
	case IN_ANSI:
		if (c == '\\')
			q->is_skipped = true;
		else if (c == '\'')
			pop(q);
		break;
	case IN_DOUBLE:
		follow_double(q, c);
		break;
	case IN_COMMENT:
		if (c != '\n')
			break;
		pop(q);
		follow_command(q, c);
		break;
	case IN_HERE:
		follow_here_line(q, c);
		break;
	default:
		follow_command(q, c);
	}
}

/* YAML */

/* The parts of a line that have nothing to do with what is in the others. */
static void end_yaml_line(struct quotes *q)
{
	bool goes_on = q->depth == 0 && q->flow == 0 && q->scalar == SCALAR_PLAIN;

	if (top(q) == IN_COMMENT)
		pop(q);
	if (q->depth == 0) {
		if (q->is_block_mark) {
			push(q, IN_BLOCK);
			q->block = q->start;
		}
		if (!goes_on && !q->is_indenting)
			q->plain_indent = 0;
		else if (goes_on && q->plain_indent == 0)
			q->plain_indent = (uint8_t)(q->indent + 1);
		q->scalar = SCALAR_BEGINS;
	}
	q->indent = q->start = q->column = 0;
	q->is_indenting = true;
	q->is_block_mark = q->has_key = false;
}

/* The first character of a line: does what began above go on? */
static void begin_yaml_text(struct quotes *q)
{
	q->is_indenting = false;
	q->start = q->column = q->indent;
	if (top(q) == IN_BLOCK && q->indent <= q->block)
		pop(q);
	if (q->depth > 0)
		return;
	if (q->plain_indent > 0 && q->indent >= q->plain_indent)
		q->scalar = SCALAR_PLAIN;
	else
		q->plain_indent = 0;
}

/* A blank: behind "key:", "-" and "?" a scalar may begin. */
static void end_yaml_word(struct quotes *q)
{
	if (q->scalar == SCALAR_MARK && !q->has_key)
		q->start = (uint8_t)(q->column - 1);
	q->has_key |= q->prev[0] == ':';
	if (q->prev[0] == ':' || q->scalar == SCALAR_MARK || q->scalar == SCALAR_PROPERTY)
		q->scalar = SCALAR_BEGINS;
}

static enum scalar_state scalar_with(char c)
{
	if (c == '-' || c == '?')
		return SCALAR_MARK;
	return c == '!' || c == '&' ? SCALAR_PROPERTY : SCALAR_PLAIN;
}

/* A scalar begins; one that is a key says what is below it. */
static void begin_scalar(struct quotes *q, char c)
{
	q->is_block_mark = c == '|' || c == '>';
	if (!q->has_key && !q->is_block_mark)
		q->start = q->column;
}

/* A character of a plain scalar, or between scalars. */
static void follow_plain(struct quotes *q, char c)
{
	bool after_blank = q->prev[0] == '\0' || is_blank(q->prev[0]);

	if (is_blank(c)) {
		end_yaml_word(q);
		return;
	}
	if (c == '#' && after_blank) {
		push(q, IN_COMMENT);
		return;
	}
	if (q->scalar == SCALAR_BEGINS)
		begin_scalar(q, c);
	bool is_again = c == '\'' && q->prev[0] == c && q->scalar == SCALAR_ENDED;

	if (is_again || (q->scalar == SCALAR_BEGINS && (c == '"' || c == '\''))) {
		push(q, c == '"' ? IN_DOUBLE : IN_SINGLE);
		q->scalar = SCALAR_ENDED;
		return;
	}
	if (strchr("[{", c) != NULL && (q->scalar == SCALAR_BEGINS || q->flow > 0)) {
		q->flow = (uint8_t)(q->flow + (q->flow < UINT8_MAX));
		q->scalar = SCALAR_BEGINS;
	} else if (strchr("]}", c) != NULL && q->flow > 0) {
		q->flow--;
		q->scalar = SCALAR_ENDED;
	} else if (c == ',' && q->flow > 0) {
		q->scalar = SCALAR_BEGINS;
	} else if (c == ':' && q->scalar == SCALAR_ENDED && q->flow > 0) {
		q->scalar = SCALAR_BEGINS; /* "key":value */
	} else if (q->scalar == SCALAR_BEGINS) {
		q->scalar = scalar_with(c);
	} else if (q->scalar == SCALAR_MARK) {
		q->scalar = SCALAR_PLAIN;
	} else if (q->is_block_mark && strchr("0123456789+-", c) == NULL) {
		q->is_block_mark = false;
	}
}

static void follow_yaml_text(struct quotes *q, char c)
{
	switch (top(q)) {
	case IN_SINGLE:
	case IN_DOUBLE:
		if (c == '\\' && top(q) == IN_DOUBLE)
			q->is_skipped = true;
		else if (c == (top(q) == IN_DOUBLE ? '"' : '\''))
			pop(q);
		break;
	case IN_COMMENT:
	case IN_BLOCK:
		break;
	default:
		follow_plain(q, c);
	}
}

static void follow_yaml(struct quotes *q, char c)
{
	if (c == '\n') {
		/* what follows the colon is in the lines below */
		if (q->depth == 0 && q->prev[0] == ':')
			q->scalar = SCALAR_BEGINS;
		end_yaml_line(q);
		return;
	}
	if (q->is_indenting && c == ' ') {
		q->indent = (uint8_t)(q->indent + (q->indent < UINT8_MAX));
		return;
	}
	if (q->is_indenting)
		begin_yaml_text(q);
	follow_yaml_text(q, c);
	q->column = (uint8_t)(q->column + (q->column < UINT8_MAX));
}

/* All of them */

static void remember(struct quotes *q, char c)
{
	memmove(q->prev + 1, q->prev, sizeof(q->prev) - 1);
	q->prev[0] = c;
}

static void follow_one(
	struct quotes *q, enum quoting quoting, const char *comment, char c)
{
	bool is_skipped = q->is_skipped;

	q->is_skipped = false;
	if (!is_skipped || c == '\n') {
		if (quoting == QUOTING_SHELL)
			follow_shell(q, c);
		else if (quoting == QUOTING_YAML)
			follow_yaml(q, c);
		else
			follow_string(q, quoting, comment, c);
	}
	if (c == '\n') {
		q->is_ours = q->is_line_lost = false;
		memset(q->prev, 0, sizeof(q->prev));
		return;
	}
	/* what a backslash took is no sign of anything */
	remember(q, is_skipped ? 'x' : c);
}

void quotes_follow(struct quotes *q, enum quoting quoting, const char *comment,
	const char *text, size_t len)
{
	if (quoting == QUOTING_NONE)
		return;
	for (size_t i = 0; i < len; i++)
		follow_one(q, quoting, comment, text[i]);
}

static bool is_inside(const struct quotes *q, enum quoting quoting)
{
	enum quotes_in ours = quoting == QUOTING_SHELL ? IN_SINGLE : IN_DOUBLE;

	return top(q) == ours && q->is_ours && !(ours == IN_SINGLE && is_in_back(q));
}

enum quotes_place quotes_take_value(struct quotes *q, enum quoting quoting)
{
	enum quotes_place place = PLACE_OUTSIDE;

	if (quoting == QUOTING_NONE)
		return place;
	if (quoting == QUOTING_YAML && q->is_indenting)
		begin_yaml_text(q);
	if (!q->is_lost && !q->is_line_lost && !q->is_skipped) {
		if (is_inside(q, quoting))
			place = PLACE_INSIDE;
		else if (quoting == QUOTING_YAML && q->depth == 0 &&
			 q->scalar == SCALAR_BEGINS)
			place = PLACE_BEGIN;
	}
	q->is_skipped = false;
	q->is_block_mark = false;
	q->here_differs = true;
	if (q->depth == 0 && q->scalar == SCALAR_BEGINS)
		q->scalar = SCALAR_PLAIN;
	remember(q, 'x');
	return place;
}

static bool is_same_stack(const struct quotes *a, const struct quotes *b)
{
	return a->depth == b->depth && memcmp(a->stack, b->stack, a->depth + 1U) == 0;
}

bool quotes_meet(struct quotes *q, const struct quotes *other, enum quoting quoting)
{
	bool is_same = is_same_stack(q, other) && q->is_skipped == other->is_skipped;
	const struct quotes *less = q->depth < other->depth ? q : other;
	uint8_t most = q->depth < other->depth ? top(other) : top(q);

	q->is_lost |= other->is_lost;
	q->is_line_lost |= other->is_line_lost;
	q->is_ours &= other->is_ours;
	q->here_differs |= other->here_differs;
	if (q->flow > other->flow)
		q->flow = other->flow;
	if (q->scalar != other->scalar)
		q->scalar = SCALAR_PLAIN;
	if (is_same)
		return true;
	/* with the line ends what they differ in: comments, and strings that must end there */
	bool is_over_soon = most == IN_COMMENT || quoting == QUOTING_LINE ||
			    quoting == QUOTING_KEA || quoting == QUOTING_YAML;

	q->depth = less->depth;
	memmove(q->stack, less->stack, sizeof(q->stack));
	q->is_skipped = false;
	q->is_line_lost = true;
	q->is_lost |= !is_over_soon;
	return most == IN_COMMENT;
}
