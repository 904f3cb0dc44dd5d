/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Writing members of JSON, and reading what others wrote, over json-c, by one rule:
 *
 *	a member that is absent or null leaves *ret as it was, and is no fault;
 *	a member of another type, or out of range, is a fault: false, *ret untouched;
 *	nothing is converted: "1" is no number, 1 is no string, 0 is no false.
 *
 * An object that is NULL or null has no members; anything else that is no object is a
 * fault. So a reader of a file joins its members with && and has one verdict.
 *
 * source: RFC 8259
 */

#include "base/mem.h"

struct json_object;

/*
 * json_read - one JSON object, with nothing but blanks around it
 *
 * shape:  nested 32 deep at most
 * memory: the caller's (json_object_put())
 * errors: NULL where it is anything else
 */
struct json_object *json_read(const char *text, size_t len) _must_check_;

/* Borrowed from @json. A string with a NUL inside is a fault: it would be cut. */
bool json_read_text(
	struct json_object *json, const char *key, const char **ret) _must_check_;
/* The same, copied below @mem_ctx. */
bool json_copy_text(TALLOC_CTX *mem_ctx, struct json_object *json, const char *key,
	const char **ret) _must_check_;
/* A whole number from @min to @max. */
bool json_read_integer(struct json_object *json, const char *key, int64_t min,
	int64_t max, int64_t *ret) _must_check_;
bool json_read_unsigned(
	struct json_object *json, const char *key, unsigned *ret) _must_check_;
/* Any number, whole or not. */
bool json_read_number(
	struct json_object *json, const char *key, double *ret) _must_check_;
bool json_read_bool(struct json_object *json, const char *key, bool *ret) _must_check_;
/* Borrowed from @json. */
bool json_read_object(
	struct json_object *json, const char *key, struct json_object **ret) _must_check_;
/* An array of strings, copied below @mem_ctx. */
bool json_copy_texts(TALLOC_CTX *mem_ctx, struct json_object *json, const char *key,
	const char ***ret, size_t *ret_n) _must_check_;

/* Writing a member of @json; a text that is NULL is none. */
void json_put_text(struct json_object *json, const char *key, const char *text);
void json_put_number(struct json_object *json, const char *key, int64_t number);
void json_put_bool(struct json_object *json, const char *key, bool truth);
