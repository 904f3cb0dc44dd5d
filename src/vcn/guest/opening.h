/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A guest's files, opened by a child.
 *
 * Images and kernels often lie on a server, and whoever touches a file of one that is gone
 * hangs for ever, whatever signal is sent. So a child opens, checks and copies them, and
 * hands the descriptors over; the supervisor polls, goes on hearing its clients, and gives
 * the child up after a time.
 */

#include "vcn/common/launch_settings.h"
#include "vcn/common/manifest.h"

/* What a guest has of files; -1 for what it has not. */
enum opened_file {
	OPENED_IMAGE,
	OPENED_IMAGE_READ, /* the same, read-only, for an image that is written */
	OPENED_KERNEL,
	OPENED_INITRD,
	OPENED_DISK, /* the first of GUEST_DISKS_MAX: those that are kept */
	OPENED_DISK_READ = OPENED_DISK + GUEST_DISKS_MAX, /* the same, read-only */
	OPENED_CREDENTIAL = OPENED_DISK_READ + GUEST_DISKS_MAX,
	_OPENED_MAX = OPENED_CREDENTIAL + CREDENTIALS_MAX
};

struct opened {
	int fds[_OPENED_MAX]; /* the taker's */
	char *mark; /* image_mark.h, taken before they were opened */
};

/* The image, where it is only read, and the kernel of a guest that runs: kept open. */
struct kept_files {
	int fds[OPENED_INITRD + 1]; /* -1 for what it has not */
	char *mark;
};

struct kept_files *kept_files_new(
	TALLOC_CTX *mem_ctx, const struct opened *opened) _must_check_;

struct opening;

/*
 * opening_begin - starts the child
 *
 * shape:  @kept: taken instead of what is under their paths now; NULL: none
 * memory: below @mem_ctx; the child is killed with it
 * errors: EXIT_IO
 */
int opening_begin(TALLOC_CTX *mem_ctx, const struct launch_settings *settings,
	const struct guest *guest, const struct kept_files *kept, struct diags *diags,
	struct opening **ret_opening) _must_check_;
/* Readable when opening_end() does not wait. */
int opening_fd(const struct opening *opening);
/* ms; then opening_end() fails. */
int64_t opening_deadline(const struct opening *opening);
/*
 * opening_end - what the child has opened
 *
 * memory: *ret below @mem_ctx
 * errors: EXIT_DATA: a file that is refused or not there; EXIT_IO: not opened in time
 */
int opening_end(TALLOC_CTX *mem_ctx, struct opening *opening, struct loc where,
	struct diags *diags, struct opened **ret) _must_check_;
