/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The room base: what both programs need and nothing of either.
 *
 * takes:  bytes, text, JSON, YAML and paths of any origin
 * gives:  memory, findings and failures, parsed values, files, a clock, a JSON reader
 * may use: libc, talloc; json-c, libyaml and nettle where their one module is
 *
 * Memory that succeeds or aborts.
 *
 * Everything lives in talloc trees (talloc(3)): an owner is freed with all below it. A
 * function that returns memory takes @mem_ctx first; its temporaries hang on a scope of
 * their own (TMP_CTX), freed on every way out, and the result is stolen at the end.
 * Nobody checks for NULL: when memory is out the program aborts, which is safe because
 * every state on disk is journaled (ldapcc(8), "Publishing").
 */

#include <dirent.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <talloc.h>

#define _must_check_ __attribute__((warn_unused_result))
#define _printf_(fmt, args) __attribute__((format(printf, fmt, args)))
#define _cleanup_(function) __attribute__((cleanup(function)))
#define _unused_ __attribute__((unused))

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

/* A scope for temporaries: `TMP_CTX(tmp);`, freed when the block is left. */
#define TMP_CTX(name) _cleanup_(mem_scope_done) TALLOC_CTX *name = mem_scope_new()

TALLOC_CTX *mem_scope_new(void) _must_check_;
void mem_scope_done(TALLOC_CTX **scope);

/*
 * A context that is emptied again and again, with room for @size bytes that cost no malloc(3).
 * What is below it is never stolen.
 */
TALLOC_CTX *mem_pool_new(TALLOC_CTX *mem_ctx, size_t size) _must_check_;
void mem_pool_empty(TALLOC_CTX *pool);

/* Zeroed memory for one object, or for @n of them, below @mem_ctx. */
#define mem_new(mem_ctx, type) ((type *)mem_zero((mem_ctx), sizeof(type), 1, #type))
#define mem_array(mem_ctx, type, n) \
	((type *)mem_zero((mem_ctx), sizeof(type), (n), #type))

void *mem_zero(TALLOC_CTX *mem_ctx, size_t size, size_t n, const char *name) _must_check_;
/* Room for @n objects that are all written before one is read: not zeroed. */
#define mem_room(mem_ctx, type, n) ((type *)mem_bare((mem_ctx), sizeof(type), (n), #type))
void *mem_bare(TALLOC_CTX *mem_ctx, size_t size, size_t n, const char *name) _must_check_;
/*
 * Zeroed memory of nobody, for free(3): of much of it no page is there before it is used, and
 * whoever uses it first, in whatever thread, has the work.
 */
void *mem_pages(size_t n, size_t size) _must_check_;
/*
 * Its pages at once, before each is a fault of its own, or two where it is read first. An older
 * kernel (before 5.14) refuses, and nothing is lost.
 */
void mem_populate(void *bytes, size_t size);
char *mem_strdup(TALLOC_CTX *mem_ctx, const char *text) _must_check_;
char *mem_strndup(TALLOC_CTX *mem_ctx, const char *text, size_t length) _must_check_;
char *mem_printf(TALLOC_CTX *mem_ctx, const char *format, ...)
	_printf_(2, 3) _must_check_;
char *mem_vprintf(TALLOC_CTX *mem_ctx, const char *format, va_list args)
	_printf_(2, 0) _must_check_;

/*
 * mem_push - append one zeroed element to a growing array and return a pointer to it
 *
 * shape:  mem_push(ctx, &array, &n); the array doubles whenever *n is a power of two, so
 *         only pointer and count are kept
 * memory: elements move when the array grows; keep indexes, not pointers, across pushes
 */
#define mem_push(mem_ctx, array, n) \
	((__typeof__(*(array)))mem_push_size( \
		(mem_ctx), (void **)(array), (n), sizeof(**(array))))
void *mem_push_size(
	TALLOC_CTX *mem_ctx, void **array, size_t *n, size_t size) _must_check_;

/*
 * mem_reserve - room for @n elements in an array that is used again and again
 *
 * shape:  mem_reserve(ctx, &array, &room, n), which begin as NULL and 0
 * memory: elements move when the array grows, and stay what they are
 */
#define mem_reserve(mem_ctx, array, room, n) \
	mem_reserve_size((mem_ctx), (void **)(array), (room), (n), sizeof(**(array)))
void mem_reserve_size(
	TALLOC_CTX *mem_ctx, void **array, size_t *room, size_t n, size_t size);

/*
 * A byte buffer that grows. Invariant: data[len] is NUL, so data is a string; data is
 * never NULL after buffer_new(). It may hold NUL bytes of its own: use len.
 */
struct buffer {
	char *data;
	size_t len;
	size_t cap;
};

struct buffer *buffer_new(TALLOC_CTX *mem_ctx) _must_check_;
void buffer_add(struct buffer *b, const void *bytes, size_t len);
void buffer_add_text(struct buffer *b, const char *text);
void buffer_add_byte(struct buffer *b, char byte);
void buffer_printf(struct buffer *b, const char *format, ...) _printf_(2, 3);
void buffer_truncate(struct buffer *b, size_t len);
/* Makes room for @len more bytes and returns where they go; buffer_grown() adds them. */
char *buffer_reserve(struct buffer *b, size_t len) _must_check_;
void buffer_grown(struct buffer *b, size_t len);

/*
 * An arena: many small things that die together, without talloc's header on each (96
 * bytes, more than a host name). Freed with its talloc parent.
 */
struct arena;

struct arena *arena_new(TALLOC_CTX *mem_ctx) _must_check_;
/*
 * After @size bytes the rest is no memory of the process, but of files without a name in TMPDIR,
 * else /var/tmp, which the system writes when it needs the room; where that has none it is memory.
 */
void arena_spill_after(struct arena *a, size_t size);
void *arena_alloc(struct arena *a, size_t size) _must_check_;
/* Room for what is written at once: neither zeroed nor aligned. */
char *arena_bytes(struct arena *a, size_t size) _must_check_;
/* Gives back the @size bytes that were taken last. */
void arena_give_back(struct arena *a, const void *bytes, size_t size);
char *arena_strndup(struct arena *a, const char *text, size_t length) _must_check_;
char *arena_strdup(struct arena *a, const char *text) _must_check_;
/* Two texts with a byte between them: what names are made of, without printf. */
char *arena_join(struct arena *a, const char *first, char between,
	const char *second) _must_check_;
char *arena_printf(struct arena *a, const char *format, ...) _printf_(2, 3) _must_check_;

/* Cleanup handlers for _cleanup_(): each accepts what was never opened. */
void mem_close_fd(int *fd);
void mem_close_dir(DIR **dir);
/* What is in *@fd, which is empty then: a cleanup handler finds nothing to close. */
int mem_take_fd(int *fd) _must_check_;
