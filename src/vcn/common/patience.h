/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Reading what may hang: a file system whose server is gone keeps whoever touches it for
 * ever, whatever signal is sent. So a child touches it, and is given up after a time.
 */

#include <stddef.h>

#include "base/mem.h"

/*
 * patience_read - what @work writes to the descriptor it is given, in a child of its own
 *
 * shape:  @max bytes at most
 * memory: *ret_bytes below @mem_ctx, with a NUL after the last byte
 * errors: -ETIMEDOUT: not at its end after @timeout_ms; -EFBIG, -errno
 */
int patience_read(TALLOC_CTX *mem_ctx, unsigned timeout_ms, size_t max,
	void (*work)(const void *user, int fd), const void *user, char **ret_bytes,
	size_t *ret_len) _must_check_;
