/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* --help, from a program's two tables. */

#include <stdio.h>

#include "base/program.h"

/*
 * program_help - print all commands and options, or of program->command what belongs to it
 *
 * What an option is for begins with the commands that have it, `diff, render: the targets`, where
 * not all have it; several such are parted by `; `. Of one command only its own is printed.
 */
void program_help(const struct program *program, FILE *out);

/* A value in brackets may be left out: --name[=VALUE]. */
bool program_option_is_optional(const struct program_option *option);
