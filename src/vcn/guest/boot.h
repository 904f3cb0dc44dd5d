/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* One QEMU: everything it needs, its start, and what its end means. */

#include "vcn/guest/supervisor.h"

/*
 * boot_start - everything for one QEMU, and the QEMU
 *
 * shape:  @opening has its answer, or is late
 * errors: the exit code of what was missing, EXIT_BUSY where the VCN still runs elsewhere;
 *         nothing is left behind
 */
int boot_start(struct supervisor *s, struct opening *opening) _must_check_;
void boot_read_stderr(struct boot *boot);
/* QEMU is dead: reaps it, frees the boot and decides what comes next. */
void boot_end(struct supervisor *s);
/* The run could not go on: state, record and failure count. @code as of diag_fail(). */
void boot_count_failure(struct supervisor *s, int code);
