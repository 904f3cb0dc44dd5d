/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Guards: a run that would take away or change more than a share of the nodes stops and
 * asks a person (ldapcc.yaml(5), `guard`). Nothing here can be switched off for good by
 * accident: an accept holds for one set of changes only.
 */

#include "change/plan.h"

/*
 * guard_check - what the change set does to nodes, against the limits
 *
 * shape:  over the whole site, by kind and by network; floors of three. Every limit that is
 *         passed is named with its figures, then the records behind it, then the exact
 *         command; @accept is the plan id given by the administrator, for the message
 * errors: EXIT_REFUSED; EXIT_IO where the state of a day ago is damaged
 */
int guard_check(const struct plan *plan, const struct guard_settings *settings,
	const char *accept, struct diags *diags) _must_check_;

/*
 * guard_check_rollback - would going back to generation @number arm a host to install?
 *
 * shape:  what was TRUE then says nothing of today, and a reinstallation by mistake loses a
 *         disk: one host is enough. They are named, then the exact command
 * errors: EXIT_REFUSED
 */
int guard_check_rollback(const struct plan *plan, uint64_t number, const char *accept,
	struct diags *diags) _must_check_;

/* Did a person accept this very set of changes? */
bool guard_is_accepted(const struct plan *plan, const char *accept);
