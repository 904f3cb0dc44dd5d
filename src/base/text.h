/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Text of outside origin: strict numbers, splitting, UTF-8, host names. */

#include "base/mem.h"

/* For strspn(3): what `isalpha()` and `isdigit()` are in every locale. */
#define TEXT_LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define TEXT_DIGITS "0123456789"

/* Case-insensitive ASCII, independent of the locale. */
int text_compare_case(const char *a, const char *b);

/* The case of a letter is one bit: most texts differ in their first byte already. */
static inline bool text_equal_case(const char *a, const char *b)
{
	return ((*a ^ *b) & ~('a' ^ 'A')) == 0 && text_compare_case(a, b) == 0;
}

/* By bytes; NULL is the empty text. */
int text_compare(const char *a, const char *b);
/* For qsort(3) and bsearch(3) over an array of strings: by bytes. */
int text_compare_items(const void *a, const void *b);
bool text_has_prefix(const char *text, const char *prefix);
bool text_has_suffix(const char *text, const char *suffix);
/* Is @path below @folder? `/images` has `/images/a`, and neither itself nor `/images2/a`. */
bool text_is_below(const char *path, const char *folder);
void text_lower(char *text);

/* Is it a word for yes or for no (true, yes, on), in any case? @ret has which; else it is untouched. */
bool text_is_truth(const char *text, bool *ret) _must_check_;

/*
 * text_parse_u64 - a whole decimal number, nothing around it, no sign
 *
 * returns: false for anything else, or above @max; @ret is then untouched
 */
bool text_parse_u64(const char *text, uint64_t max, uint64_t *ret) _must_check_;

/*
 * text_parse_time - GeneralizedTime: YYYYmmddHH[MM[SS]][.f](Z|+hhmm|-hhmm)
 *
 * units:   Unix time; `.f` is a part of what stands before it, and of a second it is dropped
 * returns: false for anything else; @ret is then untouched
 * source:  RFC 4517 section 3.3.13
 */
bool text_parse_time(const char *text, int64_t *ret) _must_check_;
/* 2026-12-31T23:59:00Z */
char *text_format_time(TALLOC_CTX *mem_ctx, int64_t seconds) _must_check_;

/* Cuts at blanks, or at @separator; empty pieces are dropped. The array ends with NULL. */
char **text_split_blank(
	TALLOC_CTX *mem_ctx, const char *text, size_t *ret_n) _must_check_;
char **text_split(TALLOC_CTX *mem_ctx, const char *text, char separator,
	size_t *ret_n) _must_check_;

/* The value of a hexadecimal digit of either case, or -1. */
int text_hex_digit(char c);
/* The byte of two of them, or -1; looks at no second one behind a NUL. */
int text_hex_byte(const char *text);
/* Writes two small digits for each byte at @to, and no NUL; returns what follows them. */
char *text_write_hex(char *to, const void *bytes, size_t len);

/* Well-formed UTF-8 (RFC 3629): no overlong forms, surrogates or values above U+10FFFF. */
bool text_is_utf8(const char *text, size_t length);
/* A copy in which what is no UTF-8 is U+FFFD, for formats that take nothing else. */
char *text_as_utf8(TALLOC_CTX *mem_ctx, const char *text) _must_check_;
/* The first character of good UTF-8 that shows nothing, such as U+00A0; 0: there is none. */
uint32_t text_unseen(const char *text);
/* A byte below 0x20, or 0x7f: what no output language may be given. */
bool text_has_control(const char *text, size_t length);
/*
 * Bytes for a message: control characters, those of Unicode too, and bad UTF-8 as \xHH, cut after
 * 80 with "…".
 */
char *text_printable(TALLOC_CTX *mem_ctx, const char *text, size_t length) _must_check_;
/* The same for a line that a program printed: the end often says what is wrong, so it is cut
 * after 1000 only. */
char *text_printable_line(TALLOC_CTX *mem_ctx, const char *line) _must_check_;

/* One word of letters, digits and `_ . : -`, no `-` or `.` first: what every language can carry. */
bool text_is_word(const char *text);
/* Of a name with a domain the bytes before its first dot; all of any other, and of an address. */
size_t text_first_label(const char *name, size_t length);

/*
 * text_hostname_fault - why @name is no host name, or NULL when it is one
 *
 * shape:  one label or several with dots; letters, digits, hyphens, no hyphen at either
 *         end of a label, labels to 63 and the whole to 253 octets; case as given
 * memory: a static sentence, such as "label longer than 63 octets"
 * source: RFC 952, RFC 1123 section 2.1, RFC 2181 section 11
 */
const char *text_hostname_fault(const char *name);
enum { NAME_MAX_DNS = 253 }; /* octets of a whole name, without the dot at its end */

/* " --config /etc/a\\ b": an option of a command that is printed for a shell; nothing for NULL. */
void text_add_option(struct buffer *b, const char *option, const char *value);

/* @one for 1, else @many. */
const char *text_plural(uint64_t n, const char *one, const char *many);

/* The nearest of @candidates (NULL-terminated) by edit distance, NULL if none is near. */
const char *text_nearest(const char *word, const char *const *candidates);
