/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What somebody types who means a host or VCN: a name, an address, a MAC address. */

#include "ldapcc/run.h"

/*
 * find_node - the host or VCN that @word means
 *
 * shape:  a name, full or short, or an alias; an address; a MAC address in any spelling, or
 *         the GUID of an InfiniBand port
 * errors: EXIT_USAGE: nobody has it, with the nearest name; or several have it
 */
int find_node(struct run *run, const char *word,
	const struct machine **ret_machine) _must_check_;
