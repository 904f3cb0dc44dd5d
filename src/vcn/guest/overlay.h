/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A guest's private scratch directory: SCRATCH/NAME, 0700, its QEMU's TMPDIR.
 *
 * QEMU keeps there what the guest writes, in a file that it unlinks at once. The folder
 * goes when the guest ends; what a killed supervisor left behind goes at the next start.
 */

#include <sys/types.h>

#include "vcn/guest/identity.h"

struct overlay {
	const char *path;
	int top_fd; /* the folder of all */
	int lock_fd; /* of its own, locked; negative where its file system has no locks */
	const char *name;
};

/*
 * overlay_make - a new, empty folder for @identity
 *
 * memory: below @mem_ctx; the folder and what is in it are removed with it
 * errors: EXIT_IO; also where somebody else could have put the folder there; EXIT_BUSY where
 *         another supervisor has it
 */
int overlay_make(TALLOC_CTX *mem_ctx, const struct launch_settings *settings,
	const char *name, const struct identity *identity, struct diags *diags,
	struct overlay **ret_scratch) _must_check_;

/* Removes the folder that a killed supervisor left, where it is empty and nobody's. */
void overlay_forget(const char *path);
/*
 * overlay_make_file - an empty file of the folder, which has no name
 *
 * shape:  @name is that of a moment, nobody else's
 * errors: -errno
 */
int overlay_make_file(
	const struct overlay *scratch, const char *name, int *ret_fd) _must_check_;
/* Bytes left for guests' writes on its file system; UINT64_MAX where it does not say. */
uint64_t overlay_bytes_left(const struct overlay *scratch);
/*
 * overlay_limit - no file of @pid, a process of @identity, grows above @mib
 *
 * shape: what is written beyond is EFBIG to a process that ignores SIGXFSZ
 * errors: -errno
 */
int overlay_limit(const struct identity *identity, pid_t pid, unsigned mib) _must_check_;
