/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Who wrote a manifest: an Ed25519 signature in a file beside it (MANIFEST.sig, 64 bytes),
 * against a public key in PEM form, both as openssl(1) writes them.
 *
 * source: RFC 8032, RFC 8410
 */

#include "base/diag.h"

enum { SIGNATURE_BYTES = 64, SIGNATURE_KEY_BYTES = 32 };

/* The key in the file @path; EXIT_USAGE where it is no such file. */
int signature_load_key(const char *path, struct diags *diags,
	uint8_t ret_key[SIGNATURE_KEY_BYTES]) _must_check_;
bool signature_is_valid(const uint8_t key[SIGNATURE_KEY_BYTES],
	const uint8_t signature[SIGNATURE_BYTES], const char *text, size_t len);
