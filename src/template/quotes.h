/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Which quotes a value stands in: the template's own text is read as the readers of its
 * language do, with comments, both kinds of quotes, and what is inside each other. Where
 * that cannot be told a value counts as outside of quotes, where only plain words pass.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum quoting {
	QUOTING_NONE,
	QUOTING_LINE, /* "…", which ends with its line; \ takes the next character */
	QUOTING_LINES, /* "…", over lines too */
	QUOTING_KEA, /* as QUOTING_LINE, with the comments of C */
	QUOTING_SHELL, /* '…' is ours */
	QUOTING_YAML, /* "…" is ours, and only where a scalar may begin */
};

enum { QUOTES_DEPTH_MAX = 16, QUOTES_WORD_MAX = 32 };

/* How the text up to here is read; QUOTES_INIT: at its beginning. */
struct quotes {
	uint8_t stack[QUOTES_DEPTH_MAX]; /* what is open, enum quotes_in */
	uint8_t parens[QUOTES_DEPTH_MAX]; /* in $( of the shell */
	uint8_t depth; /* of the stack */
	uint8_t flow; /* YAML: brackets */
	char prev[4]; /* characters, the last one first; '\0': a line begins */
	bool is_skipped; /* the next character means nothing */
	bool is_ours; /* the innermost quote was opened in this line */
	bool is_lost; /* nobody knows where we are, for the rest */
	bool is_line_lost; /* for the rest of the line */

	/* shell: a here-document */
	uint8_t here; /* enum here_state */
	uint8_t here_len, here_at; /* of the word; of it seen in this line */
	bool here_differs, here_strips;
	char here_word[QUOTES_WORD_MAX];

	/* YAML */
	uint8_t scalar; /* enum scalar_state */
	uint8_t block; /* a block of text: 0, or the indentation that ends it, plus 1 */
	uint8_t indent, column; /* of the line; where we are in it */
	uint8_t start; /* where what a block of text hangs on begins */
	uint8_t plain_indent; /* a plain scalar goes on in lines indented more, minus 1 */
	bool is_indenting, is_block_mark, has_key;
};

#define QUOTES_INIT ((struct quotes){.is_indenting = true})

enum quotes_place {
	PLACE_OUTSIDE,
	PLACE_BEGIN, /* outside, at the beginning of a scalar of YAML */
	PLACE_INSIDE, /* of the language's own quotes */
};

/* Goes on through @text; @comment has what begins a comment, each a byte. */
void quotes_follow(struct quotes *q, enum quoting quoting, const char *comment,
	const char *text, size_t len);

/* Where a value would stand now; then one stands there. */
enum quotes_place quotes_take_value(struct quotes *q, enum quoting quoting);

/* Two ways lead here: @q and @other, which leave out what is between. False: they differ, and
 * from here on @q knows less. */
bool quotes_meet(struct quotes *q, const struct quotes *other, enum quoting quoting);
