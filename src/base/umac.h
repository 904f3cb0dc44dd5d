/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * UMAC-128 (RFC 4418): are two texts the same? It takes a fifth of what SHA-256 does, and is for
 * comparisons that stay on this machine. Whoever does not know the key cannot make two texts with
 * one sum; with a key that everybody knows it tells damage, not malice.
 */

#include <stdint.h>

#include "base/mem.h"

enum { UMAC_BYTES = 16, UMAC_KEY_BYTES = 16 };

struct umac;

struct umac *umac_new(
	TALLOC_CTX *mem_ctx, const uint8_t key[UMAC_KEY_BYTES]) _must_check_;
/* Any number of these, then the sum of all; the next one begins anew. */
void umac_add(struct umac *umac, const void *bytes, size_t len);
void umac_end(struct umac *umac, uint8_t ret[UMAC_BYTES]);
