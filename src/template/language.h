/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The languages that templates write, a row each: how a value is made safe where it is
 * printed, the quotes it stands in, what begins a comment, and the check of a whole file.
 * A further language is a row here, its escaper in escape.c, and in wellformed.c the check
 * of what its readers would take wrongly without a word.
 */

#include "template/escape.h"
#include "template/quotes.h"
#include "template/wellformed.h"

struct language {
	const char *name; /* "dhcpd", as in front matter */
	enum quoting quoting; /* which quotes the template writes around values */
	const char *comment; /* each byte begins a comment that ends with its line; "":
				none does; NULL: nobody knows, as in plain text */
	escape_fn *escape; /* a value in its place: inside the quotes, if there are any */
	wellformed_fn *check; /* a whole file, NULL: any text is one */
	unsigned line_max; /* its readers cut lines of so many bytes; 0: of none */
	/* fields with one of these names have another escaper; NULL: none */
	const char *const *names;
	escape_fn *escape_name;
};

/* All of them; the last has a NULL name. */
extern const struct language languages[];

/* NULL: not known, or @name is NULL */
const struct language *language_find(const char *name);

/* Their names, NULL-terminated, below @mem_ctx. */
const char **language_names(TALLOC_CTX *mem_ctx) _must_check_;

/* The escaper for a value of @field (NULL: not known) at @place, inside the language's quotes
 * or outside of them: there only plain words (names, addresses, paths) pass. A language
 * without quotes has one for everything but its `names`. */
escape_fn *language_escaper(const struct language *language, enum quotes_place place,
	const struct field *field);

/* Is @trailer the beginning of a comment? */
bool language_may_begin_comment(const struct language *language, const char *trailer);

/*
 * language_check_file - is a file, as it was read back from the disk, whole and well formed?
 *
 * shape:  @language by name; @trailer is its comment form, NULL: the file has none. A
 *         language that is not known, and one without a check, need only be text.
 *         *ret_line is the line at fault, 0: the whole file
 * errors: NULL, or a sentence below @mem_ctx
 */
const char *language_check_file(TALLOC_CTX *mem_ctx, const char *language,
	const char *trailer, enum reading_depth depth, const char *bytes, size_t len,
	unsigned *ret_line) _must_check_;
