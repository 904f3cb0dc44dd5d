/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Master images, kernels and initial RAM disks, opened by the launcher below the
 * configured image roots and handed to QEMU as descriptors: no path of the manifest ever
 * reaches QEMU, no symbolic link leads out, and a qcow2 header that names other files of
 * the host is refused.
 */

#include "base/document.h"
#include "vcn/guest/whole.h"

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

/*
 * image_qcow2_fault - why a qcow2 image is not accepted, or NULL
 *
 * shape:  @header: the first @len bytes of the file, 104 of them unless it is shorter
 * memory: a static sentence
 * source: QEMU docs/interop/qcow2.txt, "Header"; CVE-2024-4467, CVE-2026-24708: backing
 *         and data files in a header name any path of the host
 */
const char *image_qcow2_fault(const uint8_t *header, size_t len);
/* The same for an open file; EXIT_DATA at @where. */
int image_check_qcow2(
	int fd, const char *path, struct loc where, struct diags *diags) _must_check_;

/* One called raw that is of another format: EXIT_DATA at @where. */
int image_check_raw(int fd, const char *what, const char *path, struct loc where,
	struct diags *diags) _must_check_;

/* A file that lacks what it says it has (whole_is_cut()): EXIT_DATA at @where. */
int image_check_whole(int fd, enum whole_kind kind, const char *what, const char *path,
	struct loc where, struct diags *diags) _must_check_;

/* Bytes of the disk that an image stands for; 0 where it cannot be read. */
uint64_t image_bytes(int fd, bool is_qcow2);

/*
 * image_open_for_all - image_open() for a file that QEMU opens again, as its own user,
 * through /proc/self/fd (kernel and initial RAM disk: QEMU reads them with fopen())
 *
 * shape:  a file that not everybody may read is copied into memory first
 */
int image_open_for_all(const struct string_list *roots, const char *path,
	const char *what, struct loc where, struct diags *diags,
	int *ret_fd) _must_check_;
