/* SPDX-License-Identifier: Apache-2.0 */
#include "generation/state_file.h"

#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "base/trailer.h"

enum { SIZE_MAX_MIB = 2047, HEAD_MAX = 64 };

static const char TRAILER[] = "# ";

/* Files */

void state_file_begin(struct buffer *b, const char *kind)
{
	buffer_printf(b, "ldapcc %s 1\n", kind);
}

int state_file_save(const struct state *state, const char *name, struct buffer *b,
	struct diags *diags)
{
	trailer_add(b, TRAILER, 0, 0);
	return state_save(state, name, b->data, b->len, diags);
}

/* NULL, or what is wrong with the file as a whole; @l then stands behind its first line. */
static const char *open_lines(char *text, size_t len, const char *kind, struct lines *l)
{
	struct trailer trailer;
	char head[HEAD_MAX];
	const char *fault = trailer_check(text, len, TRAILER, &trailer);

	if (fault != NULL)
		return fault;
	lines_init(l, text, trailer.body_len);
	snprintf(head, sizeof(head), "ldapcc %s 1", kind);
	if (!lines_next(l) || strcmp(lines_rest(l), head) != 0)
		return "it is of another kind or version";
	return NULL;
}

static int fail_damaged(
	struct loc where, const char *why, const char *way_out, struct diags *diags)
{
	(void)diag_fail(diags, EXIT_IO, where, "the file is damaged: %s", why);
	if (way_out != NULL)
		diag_note(diag_last(diags), LOC_NONE, "%s", way_out);
	return -(int)EXIT_IO;
}

int state_file_load(TALLOC_CTX *mem_ctx, const struct state *state, const char *name,
	const char *kind, const char *way_out, struct diags *diags, struct lines *ret,
	bool *ret_is_there)
{
	char *text;
	size_t len;
	int r = state_load(mem_ctx, state, name, diags, &text, &len);

	*ret_is_there = r == 0 && text != NULL;
	if (!*ret_is_there)
		return r;
	const char *why = open_lines(text, len, kind, ret);

	return why == NULL
		       ? 0
		       : fail_damaged(state_loc(state, name, diags), why, way_out, diags);
}

bool state_file_load_hint(TALLOC_CTX *mem_ctx, const struct state *state,
	const char *name, const char *kind, struct lines *ret)
{
	char *text;
	size_t len;

	return state->dirfd >= 0 &&
	       file_read_regular_at(mem_ctx, state->dirfd, name,
		       (size_t)SIZE_MAX_MIB << 20, &text, &len) == 0 &&
	       open_lines(text, len, kind, ret) == NULL;
}

int state_file_damaged(const struct state *state, const char *name, const struct lines *l,
	const char *way_out, struct diags *diags)
{
	struct loc where = state_loc(state, name, diags);

	where.line = l->number;
	return fail_damaged(where, "unexpected line", way_out, diags);
}

/* Lines */

void lines_init(struct lines *l, char *text, size_t len)
{
	*l = (struct lines){.at = text, .end = text + len};
}

bool lines_next(struct lines *l)
{
	if (l->at >= l->end)
		return false;
	char *newline = memchr(l->at, '\n', (size_t)(l->end - l->at));

	l->number++;
	l->rest = l->at;
	if (newline == NULL) {
		l->is_bad = true;
		l->at = l->end;
		return true;
	}
	*newline = '\0';
	l->at = newline + 1;
	return true;
}

char *lines_word(struct lines *l)
{
	static char none[1];
	char *word = l->rest;

	if (word == NULL || word[0] == '\0' || word[0] == ' ') {
		l->is_bad = true;
		return none;
	}
	char *blank = strchr(word, ' ');

	l->rest = blank == NULL ? NULL : blank + 1;
	if (blank != NULL)
		*blank = '\0';
	return word;
}

uint64_t lines_u64(struct lines *l, uint64_t max)
{
	uint64_t value = 0;

	if (!text_parse_u64(lines_word(l), max, &value))
		l->is_bad = true;
	return value;
}

void lines_hex(struct lines *l, uint8_t *ret, size_t len)
{
	const char *word = lines_word(l);

	for (size_t i = 0; i < len; i++) {
		int byte = text_hex_byte(word);

		if (byte < 0) {
			l->is_bad = true;
			return;
		}
		ret[i] = (uint8_t)byte;
		word += 2;
	}
	if (*word != '\0')
		l->is_bad = true;
}

char *lines_rest(struct lines *l)
{
	static char none[1];
	char *rest = l->rest;

	if (rest == NULL) {
		l->is_bad = true;
		return none;
	}
	l->rest = NULL;
	return rest;
}

void lines_done(struct lines *l)
{
	if (l->rest != NULL)
		l->is_bad = true;
}

void lines_add_word(struct buffer *b, const char *word)
{
	buffer_add_text(b, word == NULL || *word == '\0' ? "-" : word);
	buffer_add_byte(b, ' ');
}

void lines_add_u64(struct buffer *b, uint64_t value)
{
	char digits[20];
	size_t n = 0;

	do {
		digits[n++] = (char)('0' + value % 10);
		value /= 10;
	} while (value > 0);
	char *to = buffer_reserve(b, n);

	for (size_t i = 0; i < n; i++)
		to[i] = digits[n - 1 - i];
	buffer_grown(b, n);
	buffer_add_byte(b, ' ');
}

void lines_add_hex(struct buffer *b, const uint8_t *bytes, size_t len)
{
	(void)text_write_hex(buffer_reserve(b, 2 * len), bytes, len);
	buffer_grown(b, 2 * len);
	buffer_add_byte(b, ' ');
}

void lines_end(struct buffer *b, const char *rest)
{
	if (rest == NULL)
		b->len--; /* the blank after the last word */
	else
		buffer_add_text(b, rest);
	buffer_add_byte(b, '\n');
}
