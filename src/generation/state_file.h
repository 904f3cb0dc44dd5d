/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The files of the state folder, all of one form:
 *
 *	ldapcc KIND 1		what it is, and the version of its form
 *	WORD WORD …		one fact a line, words parted by single blanks; the last
 *				word of a line may hold blanks
 *	# ldapcc hosts=0 …	the completeness trailer (trailer.h)
 *
 * One reader for all: a file is regular, of its kind, whole, and every line is as it should
 * be, or it is damaged and the message says what to do. It is read in place: words point
 * into the text, which loses its blanks and newlines for NULs.
 */

#include "generation/state.h"

struct lines {
	char *at, *end; /* what is left of the text */
	char *rest; /* what is left of the line; NULL: nothing */
	unsigned number; /* of the line, from 1 */
	bool is_bad; /* a word was missing or of the wrong kind */
};

/* Begins the text of a file. */
void state_file_begin(struct buffer *b, const char *kind);
/* Ends it with the trailer, and replaces @name by it, durably; EXIT_IO. */
int state_file_save(const struct state *state, const char *name, struct buffer *b,
	struct diags *diags) _must_check_;

/*
 * state_file_load - @name, and where its lines begin
 *
 * shape:  *ret_is_there is false where there is no such file, which is no fault. @way_out is
 *         what a person can do about a damaged one, as a note; NULL: nothing
 * memory: the text below @mem_ctx
 * errors: EXIT_IO: not regular, of another kind or version, damaged
 */
int state_file_load(TALLOC_CTX *mem_ctx, const struct state *state, const char *name,
	const char *kind, const char *way_out, struct diags *diags, struct lines *ret,
	bool *ret_is_there) _must_check_;
/* A file that only saves time: one that is damaged is none. */
bool state_file_load_hint(TALLOC_CTX *mem_ctx, const struct state *state,
	const char *name, const char *kind, struct lines *ret) _must_check_;
/* Fails with the line at which @l stands, and @way_out. */
int state_file_damaged(const struct state *state, const char *name, const struct lines *l,
	const char *way_out, struct diags *diags);

/* Reading lines */

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

/* Writing: a word with the blank after it; `-` where there is none. */
void lines_add_word(struct buffer *b, const char *word);
void lines_add_u64(struct buffer *b, uint64_t value);
void lines_add_hex(struct buffer *b, const uint8_t *bytes, size_t len);
/* Ends the line, by text that may hold blanks or, with NULL, at its last word. */
void lines_end(struct buffer *b, const char *rest);
