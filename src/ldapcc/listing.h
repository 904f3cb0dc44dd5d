/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* --list: what can stand behind a command, a line each, for people and for their shells. */

#include "ldapcc/run.h"

/* The hosts and VCNs of the last generation, by full name; the directory is not asked. */
int listing_nodes(struct run *run) _must_check_;
/* The targets of the settings, each with its path. */
int listing_targets(struct run *run) _must_check_;
