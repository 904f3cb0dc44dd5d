/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Folders that we write into. A folder that somebody else may change could have our files
 * exchanged under our hands, so it must belong to root or to us and be writable by nobody
 * else, and no part of its path may be a link: whoever can make one there says where we
 * write. That holds for the administrator's own links, too: nothing is guessed about who
 * made one, the message says what the path is without it.
 */

#include <sys/types.h>

#include "base/diag.h"

/*
 * folder_enter - open the folder @path, an absolute one, through no link
 *
 * errors: -errno; -ELOOP: there is one
 */
int folder_enter(const char *path) _must_check_;
/* The same, after making what is missing of it. */
int folder_enter_new(const char *path, mode_t mode) _must_check_;
/* Adds what folder_enter() has said of @path: which part is a link, and to where. */
int folder_fail(
	struct diags *diags, int error, const char *path, const char *what) _must_check_;

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
