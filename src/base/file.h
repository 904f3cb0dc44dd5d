/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Files: read whole, replace whole, always relative to an open folder where it matters. */

#include <sys/stat.h>

#include "base/diag.h"

enum { FILE_PATH_MAX = 4095 /* PATH_MAX less its NUL */ };

/*
 * file_read - a whole regular file, or a pipe, to its end
 *
 * memory: *ret_bytes below @mem_ctx, with a NUL after the last byte
 * errors: EXIT_IO, or @code where the caller knows better (a settings file: EXIT_USAGE)
 */
int file_read(TALLOC_CTX *mem_ctx, const char *path, enum exit_code code, size_t max,
	struct diags *diags, char **ret_bytes, size_t *ret_len) _must_check_;
/* The same of an open file; 0, or -errno: -EFBIG above @max. */
int file_read_fd(TALLOC_CTX *mem_ctx, int fd, size_t max, char **ret_bytes,
	size_t *ret_len) _must_check_;
/* The same below @dirfd without following a link in the last component; 0, or -errno. */
int file_read_at(TALLOC_CTX *mem_ctx, int dirfd, const char *name, char **ret_bytes,
	size_t *ret_len) _must_check_;

/*
 * file_read_regular_at - the same of a file of ours, which is regular and not above @max
 *
 * shape:  never waits: a pipe in its place is not read
 * errors: -errno; -EISDIR a folder, -EMEDIUMTYPE what is no regular file else, -EFBIG
 */
int file_read_regular_at(TALLOC_CTX *mem_ctx, int dirfd, const char *name, size_t max,
	char **ret_bytes, size_t *ret_len) _must_check_;
/*
 * file_map_regular_at - the same, without a copy and without a NUL
 *
 * shape:  the pages are the file's. Only for files that are replaced and never written in place
 * memory: gone with @mem_ctx
 */
int file_map_regular_at(TALLOC_CTX *mem_ctx, int dirfd, const char *name, size_t max,
	const char **ret_bytes, size_t *ret_len) _must_check_;
/* The same by path, through links; the failure is EXIT_IO. */
int file_read_regular(TALLOC_CTX *mem_ctx, const char *path, size_t max,
	struct diags *diags, char **ret_bytes, size_t *ret_len) _must_check_;
/* open(2) that never waits; the descriptor, or -errno as above. */
int file_open_regular(const char *path, int flags, mode_t mode) _must_check_;

/* Writes all of it, through EINTR and short writes; 0, or -errno. */
int file_write_all(int fd, const void *bytes, size_t len) _must_check_;

/*
 * file_replace_at - crash-safe replacement of @name in the folder @dirfd
 *
 * shape: temporary `.NAME.tmp` beside it (O_EXCL; one of ours that is left over is removed
 *        first), write, fsync, fchmod, close checked, rename, fsync of the folder
 * errors: -errno; the old file is then untouched
 */
int file_replace_at(int dirfd, const char *name, const void *bytes, size_t len,
	mode_t mode) _must_check_;

/* mkdir -p with @mode for what is made; 0, or -errno. */
int file_make_folders(const char *path, mode_t mode) _must_check_;
/* An absolute path without empty and "." parts: two that name one file by their letters are equal. */
char *file_plain_path(TALLOC_CTX *mem_ctx, const char *path) _must_check_;
/* Joins with exactly one slash; an absolute @name is appended all the same (--root). */
char *file_join(TALLOC_CTX *mem_ctx, const char *folder, const char *name) _must_check_;
