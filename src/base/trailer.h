/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The completeness trailer, the last line of every file that ldapcc renders:
 *
 *	# ldapcc hosts=16 vcns=32 sha256=HEX
 *
 * The hash covers all bytes before the line. Daemons' parsers accept a truncated file;
 * this does not.
 */

#include <sys/uio.h>

#include "base/mem.h"

enum { SHA256_BYTES = 32, SHA256_TEXT_MAX = 65, SHA1_BYTES = 20, UUID_TEXT_MAX = 37 };

struct trailer {
	unsigned n_hosts;
	unsigned n_vcns;
	size_t body_len; /* bytes before the trailer's line */
};

/* SHA-256 (FIPS 180-4) and its lower-case hex form. */
void sha256(const void *bytes, size_t len, uint8_t ret[SHA256_BYTES]);
const char *sha256_text(const uint8_t digest[SHA256_BYTES], char buffer[SHA256_TEXT_MAX]);
/* SHA-1 (FIPS 180-4): for identities that are made of it, never against anybody. */
void sha1(const void *bytes, size_t len, uint8_t ret[SHA1_BYTES]);
/* RFC 4122 section 4.3, version 5 in the DNS namespace, as 36 lower-case characters. */
const char *uuid_of_name(const char *fqdn, char buffer[UUID_TEXT_MAX]);

/* Appends the line; @comment is the file's comment form, such as "# ". A body without a
 * newline at its end gets one first. */
void trailer_add(
	struct buffer *b, const char *comment, unsigned n_hosts, unsigned n_vcns);

/* The same, and the hash of all of it, line included. */
void trailer_add_hashed(struct buffer *b, const char *comment, unsigned n_hosts,
	unsigned n_vcns, uint8_t ret_sha256[SHA256_BYTES]);

/* The same line for a body in parts, which ends with a newline; @line gets the line alone. */
void trailer_add_parts(struct buffer *line, const char *comment,
	const struct iovec *parts, size_t n_parts);

/*
 * trailer_check - is the file whole?
 *
 * errors: NULL, or a static sentence: "no trailer", "trailer is not the last line",
 *         "checksum differs"
 */
const char *trailer_check(const char *bytes, size_t len, const char *comment,
	struct trailer *ret) _must_check_;
/* The same of bytes that something else vouches for: the hash is not looked at. */
const char *trailer_find(const char *bytes, size_t len, const char *comment,
	struct trailer *ret) _must_check_;
