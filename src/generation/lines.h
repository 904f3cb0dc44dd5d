/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The text files of the state folder: one fact a line, words parted by single blanks, the
 * last word of a line may hold blanks. Read strictly and in place: words point into the
 * text, which loses its blanks and newlines for NULs.
 */

#include "base/mem.h"

struct lines {
	char *at, *end; /* what is left of the text */
	char *rest; /* what is left of the line; NULL: nothing */
	unsigned number; /* of the line, from 1 */
	bool is_bad; /* a word was missing or of the wrong kind */
};

void lines_init(struct lines *l, char *text, size_t len);
/* On to the next line; false at the end. A last line without newline is bad. */
bool lines_next(struct lines *l);
/* The next word; "" and bad when there is none. */
char *lines_word(struct lines *l);
uint64_t lines_u64(struct lines *l, uint64_t max);
void lines_hex(struct lines *l, uint8_t *ret, size_t len);
/* All that is left of the line, blanks included. */
char *lines_rest(struct lines *l);
/* Is the whole line used up? Otherwise it is bad. */
void lines_done(struct lines *l);

/* Writing: a word and the blank before or the newline after it are the caller's. */
void lines_add_u64(struct buffer *b, uint64_t value);
void lines_add_hex(struct buffer *b, const uint8_t *bytes, size_t len);
