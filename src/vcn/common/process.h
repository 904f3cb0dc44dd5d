/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Which process is which. A process id alone says nothing: it is given away again. One
 * with its start time names one process of this boot of the host, and a pidfd is the only
 * thing that is ever signalled.
 */

#include <sys/types.h>

#include "base/mem.h"

/*
 * process_starttime - clock ticks since boot
 *
 * errors: 0 where there is no such process
 * source: proc(5), /proc/PID/stat field 22
 */
uint64_t process_starttime(pid_t pid);

/* Does it stand still, by SIGSTOP or a debugger? */
bool process_is_stopped(pid_t pid, uint64_t starttime);

/* A pidfd for the very process that had this start time, or -1. */
int process_open(pid_t pid, uint64_t starttime) _must_check_;

/* One that is gone by now needs none. */
void process_signal(int pidfd, int signal);

/* Waits for the end of the process; false when @timeout_ms have passed before. */
bool process_wait(int pidfd, int timeout_ms) _must_check_;

/* Changes at every boot of the host; "unknown" where the kernel does not say. */
const char *process_boot_id(TALLOC_CTX *mem_ctx) _must_check_;
