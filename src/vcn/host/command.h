/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* A command of the host, run to its end: systemctl, or the one that fences. */

#include <sys/types.h>

#include "base/diag.h"

/*
 * command_spawn - the program words[0], its outputs on @out_fd and @err_fd, without any input and
 *                 with the signals as they are by default
 *
 * shape:  @flags: 0: in our process group; POSIX_SPAWN_SETPGROUP: in one of its own
 * errors: -errno
 */
int command_spawn(const char *const *words, int out_fd, int err_fd, short flags,
	pid_t *ret_pid) _must_check_;

/*
 * command_run - @words, the first a program, without a shell
 *
 * shape:  true where it exited with 0; *ret_output is what it said on both outputs, cut, without the
 *         last newline, below @mem_ctx. After @timeout_ms it and what it has started is killed.
 *         *ret_status, where not NULL, is as of waitpid(2), or -1 where it did not run
 */
bool command_run(TALLOC_CTX *mem_ctx, const char *const *words, unsigned timeout_ms,
	char **ret_output, int *ret_status) _must_check_;
