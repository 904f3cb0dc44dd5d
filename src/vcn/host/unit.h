/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Guests as systemd units: `vcn@NAME.service` runs `vcn run NAME`. Only starting goes
 * through systemd, so that a guest lives in a control group of its own; it is stopped by
 * its supervisor, whose good end ends the unit.
 */

#include "base/diag.h"

/* Is this host run by systemd, are we its administrator, and is the unit installed? */
bool unit_is_available(void);

/*
 * unit_start - ask systemd for vcn@NAME.service and come back at once
 *
 * shape:  what it remembers of earlier failures is reset first, else a unit that failed
 *         often would not be started again
 * errors: EXIT_REJECTED with systemctl's words
 */
int unit_start(const char *name, struct diags *diags) _must_check_;

/*
 * "active", "activating", "failed", "inactive", …, "queued" while systemd has not come to it,
 * or "unknown"; below @mem_ctx
 */
char *unit_state(TALLOC_CTX *mem_ctx, const char *name) _must_check_;
