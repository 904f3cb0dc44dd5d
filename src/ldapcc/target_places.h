/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Where the files of targets really are. The settings are held against each other by their
 * text; what links make of it shows on the machine only.
 */

#include "ldapcc/run.h"

/*
 * target_places_check - do two targets write one file, by way of a link?
 *
 * shape:  looks at the folders that are there, and touches nothing
 * errors: EXIT_USAGE, with both places
 */
int target_places_check(const struct run *run) _must_check_;
