/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* This host and its other VCNs: who here has what a guest is to have? */

#include "vcn/common/run_state.h"

/*
 * neighbour_refuse - does another VCN run with @key (guest_wire_key(), guest_on_disk())?
 *
 * What that was started with, and the manifest has given to this one since. By what state files
 * say, so that nobody is waited for.
 *
 * errors: EXIT_BUSY: one does, and is named
 */
int neighbour_refuse(const struct launch_settings *settings, const struct guest *guest,
	const char *key, struct diags *diags) _must_check_;
/* Has this host the address itself, on its interface @name? It does not answer its own questions. */
bool neighbour_is_host(const char *name, const struct ip *address);
