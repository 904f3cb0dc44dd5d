/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The administrator's own file, as a checker shall read it: what it includes of ours is
 * exchanged for the new version. What stands in a comment includes nothing.
 */

#include "base/mem.h"

struct included {
	const char *path; /* as the daemon will read it */
	const char *copy; /* what the checker reads instead */
};

/*
 * main_file_rewrite - @text with the copy of each file in the place of its path
 *
 * shape:  *ret_hits: how often @files[0] is included. In dhcpd and JSON (Kea) that is by
 *         include "PATH" and <?include "PATH"?>; in dnsmasq also by a conf-dir that reads
 *         the file: it is left out there, and a conf-file names its copy. In other
 *         languages each mention counts. A path may have doubled slashes
 * memory: below @mem_ctx
 */
char *main_file_rewrite(TALLOC_CTX *mem_ctx, const char *text, const char *language,
	const struct included *files, size_t n_files, size_t *ret_hits) _must_check_;
