/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A public key of an SSH host, as /etc/ssh/ssh_host_*_key.pub has it, and what DNS says of
 * it: `TYPE BASE64 [comment]` becomes SSHFP records (RFC 4255, 6594, 7479, 8709).
 */

#include "base/mem.h"

/* The kinds of fingerprint of an SSHFP record. */
enum ssh_fingerprint { SSHFP_SHA1 = 1, SSHFP_SHA256 = 2 };

struct ssh_key {
	const char *type; /* "ssh-ed25519"; static */
	unsigned algorithm; /* the number that SSHFP has for it */
	const uint8_t *blob; /* what is hashed */
	size_t len;
};

/*
 * ssh_key_parse - one line of a public key
 *
 * memory: the blob below @mem_ctx
 * errors: NULL, or a static sentence: "is no public SSH key: TYPE BASE64", …
 */
const char *ssh_key_parse(
	TALLOC_CTX *mem_ctx, const char *text, struct ssh_key *ret) _must_check_;

/*
 * ssh_key_text - a key as a line, where it is there as bytes only (RFC 4253 section 6.6)
 *
 * shape:  what does not begin as such bytes is text already
 * memory: below @mem_ctx
 */
char *ssh_key_text(TALLOC_CTX *mem_ctx, const char *bytes, size_t len) _must_check_;

/* The fingerprint in lower-case hex, below @mem_ctx. */
char *ssh_key_fingerprint(TALLOC_CTX *mem_ctx, const struct ssh_key *key,
	enum ssh_fingerprint kind) _must_check_;
