/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Is a file all there? A copy that is under way, or broke off, begins like the whole one, and a
 * guest that runs from it reads zeros where its data should be. So what the file says of itself
 * is held against its size, before anything that runs is stopped for it.
 */

#include <stdbool.h>
#include <stdint.h>

enum whole_kind {
	WHOLE_RAW, /* a GPT names the last block of its disk */
	WHOLE_QCOW2, /* all that its tables lead to */
	/* Its tables only: of data that nobody has flushed QEMU knows before the file system does. */
	WHOLE_QCOW2_WRITTEN,
	WHOLE_KERNEL, /* of x86: its header has its size */
};

/*
 * whole_is_cut - does the file lack what it says it has?
 *
 * shape:  @fd may be read; its header, of qcow2, is one that image_qcow2_fault() accepts
 * errors: none; what cannot be read, or says nothing of the kind, is not judged
 * source: QEMU docs/interop/qcow2.txt; UEFI 2.10 section 5.3.2; Linux
 *         Documentation/arch/x86/boot.rst
 */
bool whole_is_cut(int fd, enum whole_kind kind);

/* Bytes of a command line that a kernel takes, of which it cuts the rest; 0: it does not say. */
uint64_t whole_kernel_arguments(int fd);
