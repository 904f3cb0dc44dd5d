/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Reading what may hang: a file system whose server is gone keeps whoever touches it for
 * ever, whatever signal is sent. So a child touches it, and is given up after a time.
 */

#include <stddef.h>
#include <sys/types.h>

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
/* The descriptor that is left to such a child, beside 0 to 2 on /dev/null. */
enum { PATIENCE_FD = 3 };

/*
 * For a child: leaves everything that is its parent's but @fd, which becomes PATIENCE_FD.
 *
 * One that hangs would keep locks held, and whoever reads its parent's output waiting.
 */
void patience_leave(int fd);
/* Kills a child and reaps it, unless it hangs in the kernel: then init will. */
void patience_end(pid_t child);
