/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What `vcn COMMAND` does, between the command line and the modules that do it. A command
 * writes its result to the session's stream, or puts it into the session's JSON object;
 * findings go to diags, and main prints them and exits. Each returns 0, EXIT_CHANGES
 * (diff), or a negative exit code.
 */

#include "vcn/host/session.h"

int command_check(void *session);
int command_apply(void *session);
int command_diff(void *session);
int command_run(void *session);
int command_start(void *session);
int command_stop(void *session);
int command_kill(void *session);
int command_restart(void *session);
int command_status(void *session);
int command_console(void *session);
int command_log(void *session);
int command_boot_times(void *session);
int command_argv(void *session);
