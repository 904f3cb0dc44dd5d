/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What `ldapcc COMMAND` does, between the command line and the stages. A command prints
 * its result, or puts it into run->result; findings go to run->diags; main prints those
 * and exits. Each returns 0, EXIT_CHANGES, or a negative exit code.
 */

#include "ldapcc/run.h"

int command_check(void *run);
int command_render(void *run);
int command_show(void *run);
int command_diff(void *run);
int command_graph(void *run);
int command_apply(void *run);
int command_watch(void *run);
int command_status(void *run);
int command_verify(void *run);
int command_import(void *run);
int command_history(void *run);
int command_rollback(void *run);
int command_allocate(void *run);
