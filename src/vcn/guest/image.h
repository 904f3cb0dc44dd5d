/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Master images, kernels and initial RAM disks, opened by the launcher below the
 * configured image roots and handed to QEMU as descriptors: no path of the manifest ever
 * reaches QEMU, no symbolic link leads out, and a qcow2 header that names other files of
 * the host is refused.
 */

#include "vcn/common/manifest.h"

/*
 * image_open - a regular file below one of @roots
 *
 * shape:  @path is absolute; what follows the root is resolved beneath it, without
 *         symbolic links; @what ("image", "kernel", …) is for the message
 * errors: EXIT_DATA at @where
 * source: openat2(2)
 */
int image_open(const struct string_list *roots, const char *path, const char *what,
	bool is_writable, struct loc where, struct diags *diags,
	int *ret_fd) _must_check_;

/* Does @path lie below one of @roots, by its text? */
bool image_is_below(const struct string_list *roots, const char *path);

/* The very same file once more, for reading only; EXIT_DATA at @where. */
int image_reopen(int fd, const char *path, struct loc where, struct diags *diags,
	int *ret_fd) _must_check_;

/* Gives a file in memory the permissions @mode, and keeps everybody from changing it. -1: errno says why not. */
int image_seal(int fd, mode_t mode) _must_check_;

/* An image or a disk that is open. */
struct image_file {
	int fd;
	enum image_format format; /* as the manifest says */
	bool is_written; /* by its guest */
	const char *what, *path; /* for messages: "image", "disk" */
	struct loc where;
	uint64_t disk_bytes; /* of the disk that it stands for, by image_check() */
};

/*
 * image_check - may a guest have what is in it?
 *
 * errors: EXIT_DATA at file->where: it is of another format, leads to other files, or lacks what it
 *         says it has (qcow2.h, whole.h)
 */
int image_check(struct image_file *file, struct diags *diags) _must_check_;

/*
 * image_open_for_all - image_open() for a file that QEMU opens again, as its own user,
 * through /proc/self/fd (kernel and initial RAM disk: QEMU reads them with fopen())
 *
 * shape:  a file that not everybody may read is copied into memory first
 */
int image_open_for_all(const struct string_list *roots, const char *path,
	const char *what, struct loc where, struct diags *diags,
	int *ret_fd) _must_check_;
