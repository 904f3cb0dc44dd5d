/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* `--metrics FILE`: how a run ended and what stands, for who watches servers. */

#include "ldapcc/run.h"

/*
 * run_metrics_write - what status tells, as numbers, after a run that ended with @result
 *
 * shape:  also of a run that failed; what cannot be known then is left out. Nothing to do
 *         without --metrics. @started is the Unix time at which the run began
 * returns: @result, or EXIT_IO where that is no failure and the file could not be written
 */
int run_metrics_write(struct run *run, int64_t started, int result) _must_check_;
