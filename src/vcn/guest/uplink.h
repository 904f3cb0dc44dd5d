/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * `network: user`: a guest's way out without a bridge, which is passt(1).
 *
 * One passt for each interface, with a socket to QEMU that the launcher makes. It runs as
 * the guest's own user, closes itself in, forwards nothing inwards, and does not pass the
 * host's loopback off as the gateway. It ends with its socket, so with QEMU.
 */

#include "vcn/common/launch_settings.h"
#include "vcn/common/manifest.h"
#include "vcn/guest/identity.h"

struct uplinks;

/* Is passt there? EXIT_MISSING where the settings need it and it is not. */
int uplink_check(
	const struct launch_settings *settings, struct diags *diags) _must_check_;
/*
 * uplink_open - one for each interface of @guest; none where the guest is on bridges
 *
 * memory: below @mem_ctx; what still runs is killed with it
 * errors: EXIT_MISSING, EXIT_IO
 */
int uplink_open(TALLOC_CTX *mem_ctx, const struct launch_settings *settings,
	const struct guest *guest, const struct identity *identity, struct diags *diags,
	struct uplinks **ret) _must_check_;
/* QEMU's end of an interface's socket; -1 where it is on a bridge, or handed over. */
int uplink_fd(const struct uplinks *uplinks, size_t interface);
/* Closes the launcher's ends, once QEMU has its own. */
void uplink_close(struct uplinks *uplinks);
/* NULL while all run; else what passt said at its end, below @mem_ctx. */
const char *uplink_fault(TALLOC_CTX *mem_ctx, struct uplinks *uplinks);
