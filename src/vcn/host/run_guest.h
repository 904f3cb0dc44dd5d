/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* A VCN as `vcn run` starts it: the manifest's, with what the command line adds. */

#include "vcn/host/session.h"

/*
 * run_guest - @guest with --seed and --credential
 *
 * shape:  a credential of a name that the manifest has takes its place
 * memory: below the session's
 * errors: EXIT_USAGE
 */
int run_guest(struct session *s, const struct guest *guest,
	const struct guest **ret_guest) _must_check_;
