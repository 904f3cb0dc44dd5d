/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The room vcn/host: the guests of one host, from the command line.
 *
 * takes:  a command, the manifest and the state of all guests
 * gives:  actions carried out in order, tables and JSON, an exit code
 * may use: base, vcn/common, vcn/guest
 *
 * What `vcn COMMAND` does, between the command line and the modules that do it. A command
 * writes its result to the session's stream, or puts it into the session's JSON object;
 * findings go to diags, and main prints them and exits. Each returns 0, EXIT_CHANGES
 * (diff), or a negative exit code.
 */

#include "vcn/host/session.h"

int launch_command_apply(void *session);
int launch_command_diff(void *session);
int launch_command_run(void *session);
int launch_command_start(void *session);
int launch_command_stop(void *session);
int launch_command_kill(void *session);
int launch_command_restart(void *session);
int launch_command_status(void *session);
int launch_command_console(void *session);
int launch_command_log(void *session);
int launch_command_boot_times(void *session);
int launch_command_argv(void *session);
