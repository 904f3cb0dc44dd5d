/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Mustache text to tokens: text and tags, opening tags paired with their ends, and the
 * blank space that each tag takes with it.
 *
 * A tag alone on its line takes the line. Sections, inverted sections, comments,
 * delimiters and partials do so as single tags; a parent and its end as a pair. A block's
 * opening tag takes the blanks before it when it begins its line, and the line when it is
 * alone on it. Inside a parent nothing is printed before a block or after it, so there
 * only the inner sides of the block's two tags count.
 */

#include "template/template.h"

enum { TEMPLATE_NESTING_MAX = 64 };

/*
 * A stretch of text, or a tag. The tokens follow each other without gaps; a tag that
 * stands alone on its line extends its cut over the blanks before and the newline after.
 */
struct token {
	char sigil; /* 0: text; 'v': value; '&': raw value; else the tag's own character */
	bool is_argument; /* block, or its end: directly inside a parent */
	bool is_cut; /* the blanks before it, if any, are its own */
	bool begins_line; /* only blanks before it on its line */
	bool is_lined; /* only blanks after it: what follows is on the next line */
	unsigned line, column;
	size_t start, end;
	size_t cut_start, cut_end;
	size_t blanks; /* begins_line: where the blanks before it start */
	const char *name;
	size_t name_len;
	size_t match; /* opening and end tag: index of the other one */
};

/*
 * template_tokenize - @text to *ret_n tokens
 *
 * memory: an array below @mem_ctx; names point into @text
 * errors: false; every syntax error is then in @diags
 */
bool template_tokenize(TALLOC_CTX *mem_ctx, const struct template_text *text,
	struct diags *diags, struct token **ret_tokens, size_t *ret_n) _must_check_;

/* "template-syntax" */
extern const char template_syntax_id[];

/*
 * template_fault - one error in a template, with the source line
 *
 * returns: the finding, for notes; it copies path and line, so it may outlive @text
 */
struct finding *template_fault(struct diags *diags, const struct template_text *text,
	const char *id, unsigned line, unsigned column, const char *format, ...)
	_printf_(6, 7);
