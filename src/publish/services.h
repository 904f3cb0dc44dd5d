/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Telling services that their files changed: everything that pending.h has noted.
 *
 * In one run a service is told once, however many targets ask for it, and a restart
 * covers a reload of the same unit. A path among the units is Kea's control socket
 * (kea_socket.h), which says itself whether it did. A unit counts as told when systemd shows it active
 * again, as another process than before for a restart; kill(2) succeeding would prove
 * nothing. What is not confirmed stays noted and is tried at every run.
 */

#include "publish/pending.h"

struct services_options {
	unsigned timeout_ms; /* of one command, and of a unit to become active */
	unsigned settle_ms; /* a restarted unit must then stay active so long */
	uint64_t generation; /* only what this or a younger one noted; 0: all */
};
/* 30 s, 1 s, all */
extern const struct services_options services_defaults;

/*
 * services_run - do what is pending
 *
 * shape:  of a list of units the first that exists on this machine. Where none does, that
 *         is a warning, `no-service`, and nothing is pending; nor is it where the
 *         administrator stopped it. Programs, systemctl as well,
 *         are found by child_find().
 * errors: EXIT_PENDING, with one failure a service; EXIT_IO
 */
int services_run(const struct state *state, const struct services_options *options,
	struct diags *diags) _must_check_;
