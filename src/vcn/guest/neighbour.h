/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* This host and its other VCNs: who here has what a guest is to have? */

#include "vcn/common/run_state.h"

/*
 * neighbour_with - the name of the other VCN that runs with @key (guest_wire_key())
 *
 * shape:  0 or 1 name; what a state file says, so that nobody is waited for
 * memory: below @mem_ctx; NULL: nobody's
 */
const char *neighbour_with(TALLOC_CTX *mem_ctx, const struct launch_settings *settings,
	const struct guest *guest, const char *key);
/* Has this host the address itself, on its interface @name? It does not answer its own questions. */
bool neighbour_is_host(const char *name, const struct ip *address);
