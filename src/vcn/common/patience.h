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
 * shape:  @max bytes at most; @path: what it reads, where that may be one of our descriptors
 *         (/dev/fd/N), or NULL
 * memory: *ret_bytes below @mem_ctx, with a NUL after the last byte
 * errors: -ETIMEDOUT: not at its end after @timeout_ms; -EFBIG, -errno
 */
int patience_read(TALLOC_CTX *mem_ctx, unsigned timeout_ms, size_t max,
	void (*work)(const void *user, int fd), const void *user, const char *path,
	char **ret_bytes, size_t *ret_len) _must_check_;
/*
 * For a child: closes everything that is its parent's but @fd, and the descriptor that @path
 * names (/dev/fd/N; NULL: none); standard output and error are /dev/null.
 *
 * One that hangs would keep locks held, and whoever reads its parent's output waiting.
 */
void patience_leave(int fd, const char *path);
/* Kills a child and reaps it, unless it hangs in the kernel: then init will. */
void patience_end(pid_t child);
