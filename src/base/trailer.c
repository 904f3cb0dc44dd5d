/* SPDX-License-Identifier: Apache-2.0 */
#include "base/trailer.h"

#include <stdio.h>
#include <string.h>

#include <nettle/sha1.h>
#include <nettle/sha2.h>

#include "base/text.h"

static const char small_digits[] = "0123456789abcdef";

void sha256(const void *bytes, size_t len, uint8_t ret[SHA256_BYTES])
{
	struct sha256_ctx state;

	sha256_init(&state);
	sha256_update(&state, len, bytes);
	sha256_digest(&state, SHA256_BYTES, ret);
}

const char *sha256_text(const uint8_t digest[SHA256_BYTES], char buffer[SHA256_TEXT_MAX])
{
	*text_write_hex(buffer, digest, SHA256_BYTES) = '\0';
	return buffer;
}

void sha1(const void *bytes, size_t len, uint8_t ret[SHA1_BYTES])
{
	struct sha1_ctx state;

	sha1_init(&state);
	sha1_update(&state, len, bytes);
	sha1_digest(&state, SHA1_BYTES, ret);
}

const char *uuid_of_name(const char *fqdn, char buffer[UUID_TEXT_MAX])
{
	/* the DNS namespace, RFC 4122 appendix C */
	static const uint8_t dns[16] = {0x6b, 0xa7, 0xb8, 0x10, 0x9d, 0xad, 0x11, 0xd1,
		0x80, 0xb4, 0x00, 0xc0, 0x4f, 0xd4, 0x30, 0xc8};
	struct sha1_ctx state;
	uint8_t u[SHA1_DIGEST_SIZE];
	char *at = buffer;

	sha1_init(&state);
	sha1_update(&state, sizeof(dns), dns);
	sha1_update(&state, strlen(fqdn), (const uint8_t *)fqdn);
	sha1_digest(&state, sizeof(u), u);
	u[6] = (u[6] & 0x0f) | 0x50;
	u[8] = (u[8] & 0x3f) | 0x80;
	/* 8-4-4-4-12 digits */
	for (unsigned i = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*at++ = '-';
		at = text_write_hex(at, &u[i], 1);
	}
	*at = '\0';
	return buffer;
}

/* @state covers all of @b after it. */
static void add_line(struct buffer *b, const char *comment, unsigned n_hosts,
	unsigned n_vcns, struct sha256_ctx *state)
{
	struct sha256_ctx body;
	uint8_t digest[SHA256_BYTES];
	char text[SHA256_TEXT_MAX];

	if (b->len > 0 && b->data[b->len - 1] != '\n')
		buffer_add_byte(b, '\n');
	size_t len = b->len;

	sha256_init(state);
	sha256_update(state, len, (const uint8_t *)b->data);
	body = *state;
	sha256_digest(&body, sizeof(digest), digest);
	buffer_printf(b, "%sldapcc hosts=%u vcns=%u sha256=%s\n", comment, n_hosts,
		n_vcns, sha256_text(digest, text));
	sha256_update(state, b->len - len, (const uint8_t *)b->data + len);
}

void trailer_add(struct buffer *b, const char *comment, unsigned n_hosts, unsigned n_vcns)
{
	struct sha256_ctx state;

	add_line(b, comment, n_hosts, n_vcns, &state);
}

void trailer_add_hashed(struct buffer *b, const char *comment, unsigned n_hosts,
	unsigned n_vcns, uint8_t ret_sha256[SHA256_BYTES])
{
	struct sha256_ctx state;

	add_line(b, comment, n_hosts, n_vcns, &state);
	sha256_digest(&state, SHA256_BYTES, ret_sha256);
}

void trailer_add_parts(struct buffer *line, const char *comment,
	const struct iovec *parts, size_t n_parts)
{
	uint8_t digest[SHA256_BYTES];
	char text[SHA256_TEXT_MAX];
	struct sha256_ctx state;

	sha256_init(&state);
	for (size_t i = 0; i < n_parts; i++)
		sha256_update(&state, parts[i].iov_len, parts[i].iov_base);
	sha256_digest(&state, sizeof(digest), digest);
	buffer_printf(line, "%sldapcc hosts=0 vcns=0 sha256=%s\n", comment,
		sha256_text(digest, text));
}

/* Reads `KEY=NUMBER ` and moves past it. */
static bool take_count(const char **line, const char *key, unsigned *ret)
{
	uint64_t value = 0;
	const char *at = *line;

	if (!text_has_prefix(at, key))
		return false;
	at += strlen(key);
	if (*at < '0' || *at > '9')
		return false;
	for (; *at >= '0' && *at <= '9' && value < UINT32_MAX; at++)
		value = value * 10 + (uint64_t)(*at - '0');
	if (*at != ' ' || value > UINT32_MAX)
		return false;
	*line = at + 1;
	*ret = (unsigned)value;
	return true;
}

/* The whole line, and nothing but it. */
static bool parse_line(
	const char *line, const char *comment, struct trailer *ret, const char **ret_hash)
{
	if (!text_has_prefix(line, comment))
		return false;
	line += strlen(comment);
	if (!text_has_prefix(line, "ldapcc "))
		return false;
	line += strlen("ldapcc ");
	if (!take_count(&line, "hosts=", &ret->n_hosts) ||
		!take_count(&line, "vcns=", &ret->n_vcns) ||
		!text_has_prefix(line, "sha256="))
		return false;
	*ret_hash = line + strlen("sha256=");
	return strspn(*ret_hash, small_digits) == SHA256_TEXT_MAX - 1 &&
	       strcmp(*ret_hash + SHA256_TEXT_MAX - 1, "\n") == 0;
}

/* The trailer's hash is below @mem_ctx. */
static const char *find_line(TALLOC_CTX *mem_ctx, const char *bytes, size_t len,
	const char *comment, struct trailer *ret, const char **ret_hash)
{
	if (len == 0 || bytes[len - 1] != '\n')
		return "the last line is incomplete";
	size_t start = len - 1;

	while (start > 0 && bytes[start - 1] != '\n')
		start--;
	ret->body_len = start;
	return parse_line(mem_strndup(mem_ctx, bytes + start, len - start), comment, ret,
		       ret_hash)
		       ? NULL
		       : "no trailer";
}

const char *trailer_find(
	const char *bytes, size_t len, const char *comment, struct trailer *ret)
{
	TMP_CTX(tmp);
	const char *hash;

	return find_line(tmp, bytes, len, comment, ret, &hash);
}

const char *trailer_check(
	const char *bytes, size_t len, const char *comment, struct trailer *ret)
{
	TMP_CTX(tmp);
	struct trailer trailer = {0};
	const char *hash;
	uint8_t digest[SHA256_BYTES];
	char text[SHA256_TEXT_MAX];
	const char *fault = find_line(tmp, bytes, len, comment, &trailer, &hash);

	if (fault != NULL)
		return fault;
	sha256(bytes, trailer.body_len, digest);
	if (memcmp(sha256_text(digest, text), hash, SHA256_TEXT_MAX - 1) != 0)
		return "checksum differs";
	*ret = trailer;
	return NULL;
}
