/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Guards: a run that would take away or change more than a share of the nodes stops and
 * asks a person (ldapcc.yaml(5), `guard`). Nothing here can be switched off for good by
 * accident: an accept holds for one set of changes only.
 */

#include "change/plan.h"

/*
 * guard_check - volume of change against the last generation
 *
 * shape:  every limit that is passed is named with its figures, then the exact command;
 *         @accept is the plan id given by the administrator, or NULL
 * errors: EXIT_REFUSED
 */
int guard_check(const struct plan *plan, const struct guard_settings *settings,
	const char *accept, struct diags *diags) _must_check_;
