/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * `vcn --hosts NODESET status`: what each host's own `vcn status` says, as one summary: a line for
 * VCNs that are in one state for one reason.
 */

#include "vcn/host/session.h"

/* Exits as the worst of the hosts does (the largest code); EXIT_IO where one does not answer. */
int hosts_status(struct session *s) _must_check_;
