/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Folders that we write into. A folder that somebody else may change could have our files
 * exchanged under our hands, so it must belong to root or to us and be writable by nobody
 * else, and it must not be a link.
 */

#include "base/diag.h"

/*
 * folder_open - open @path, safely
 *
 * shape:  @is_below_root: a tree under --root may belong to whom it will
 * memory: *ret_fd is the caller's
 * errors: EXIT_IO
 */
int folder_open(const char *path, bool is_below_root, struct diags *diags,
	int *ret_fd) _must_check_;

/* The same, after making what is missing of it with mode 0755. */
int folder_make(const char *path, bool is_below_root, struct diags *diags,
	int *ret_fd) _must_check_;

/* The folder part of an absolute path, "/" for what lies there. */
char *folder_of(TALLOC_CTX *mem_ctx, const char *path) _must_check_;
const char *folder_name(const char *path); /* the part behind the last slash */

/*
 * folder_remove - @name below @dirfd with all it holds, without following links
 *
 * errors: -errno of the first fault; one that does not exist is none
 */
int folder_remove(int dirfd, const char *name) _must_check_;
