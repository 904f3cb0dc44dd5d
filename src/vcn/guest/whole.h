/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Is a file all there? A copy that is under way, or broke off, begins like the whole one, and a
 * guest that runs from it reads zeros where its data should be. So what the file says of itself
 * is held against its size, before anything that runs is stopped for it. What cannot be read, or
 * says nothing of the kind, is not judged.
 *
 * source: QEMU docs/interop/qcow2.txt; UEFI 2.10 section 5.3.2; Linux
 *         Documentation/arch/x86/boot.rst
 */

#include "vcn/guest/qcow2.h"

/* By its partition table (GPT), which names the last block of its disk. */
bool whole_disk_is_cut(int fd);
/*
 * By all that its tables lead to. Of one that its guest writes by the tables only: of data that
 * nobody has flushed QEMU knows before the file system does.
 */
bool whole_qcow2_is_cut(int fd, const struct qcow2_head *head, bool is_written);
/* By the header of a kernel of x86, which has its size. */
bool whole_kernel_is_cut(int fd);

/* Bytes of a command line that a kernel takes, of which it cuts the rest; 0: it does not say. */
uint64_t whole_kernel_arguments(int fd);
