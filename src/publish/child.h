/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Programs that we run: checkers, on-change commands, systemctl. No shell; an environment
 * of PATH, HOME and LC_ALL=C; input from /dev/null; a process group of their own; a
 * deadline; the last 64 KiB of what they print.
 */

#include "base/document.h"

enum { CHILD_TIMEOUT_MS = 30000, CHILD_OUTPUT_MAX = 65536 };

struct child_result {
	bool is_missing; /* there is no such program */
	bool is_timed_out; /* it was killed */
	int status; /* exit status; -1 if it died of a signal */
	int signal; /* that it died of, or 0 */
	char *output; /* stdout and stderr as they came; never NULL */
};

/*
 * child_find - the program's path: @word itself if it has a slash, else the first in
 * the folders of PATH, then of /usr/local/sbin … /bin (cron's PATH has no sbin)
 *
 * errors: NULL if there is none
 */
char *child_find(TALLOC_CTX *mem_ctx, const char *word) _must_check_;

/*
 * child_run - run @words (NULL-terminated) and wait
 *
 * shape:  at the deadline the group gets SIGTERM, two seconds later SIGKILL. With
 *         @kill_group what the program left running in its group is killed as well.
 * errors: none; what could not be started counts as status 127 with the reason in output
 */
void child_run(TALLOC_CTX *mem_ctx, const char *const *words, unsigned timeout_ms,
	bool kill_group, struct child_result *ret);

/* "exited with status 1", "was killed by signal 9", "did not end within 30 s". */
char *child_describe(TALLOC_CTX *mem_ctx, const struct child_result *result,
	unsigned timeout_ms) _must_check_;
/* The words as one line for messages, quoted where needed. */
char *child_format(TALLOC_CTX *mem_ctx, const char *const *words) _must_check_;
