/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What keeps a wrong manifest from stopping guests.
 *
 * A directory that was read wrongly, a copy that was cut or is old, another host's file: each
 * has once emptied a cluster somewhere. So a manifest must be whole (manifest.h), this
 * host's, and not older than the last one applied here; and even then it stops at most half
 * of what runs unless the administrator says how many. Every refusal is EXIT_REFUSED, with
 * nothing stopped or started.
 */

#include "vcn/common/launch_settings.h"
#include "vcn/common/manifest.h"

/*
 * apply_guard_host_name - this host's FQDN, as `hostname -f` gives it
 *
 * shape:  where the name servers do not answer within @timeout_ms, the name that it had
 *         when a manifest was applied; where no domain is to be had, the bare host name
 * memory: below @mem_ctx
 */
char *apply_guard_host_name(TALLOC_CTX *mem_ctx, const struct launch_settings *settings,
	unsigned timeout_ms) _must_check_;

/* Is the manifest this host's? @host: its FQDN, or what --host says. */
int apply_guard_host(const struct manifest *manifest, const char *host,
	struct diags *diags) _must_check_;

/*
 * apply_guard_serial - is the manifest at least as new as the last one applied for its host?
 *
 * shape:  the serial is kept as `HOST SERIAL` in a file named "applied" beside the boot
 *         records, so that it outlives a reboot of the host: an old copy would start what
 *         has moved elsewhere
 * errors: EXIT_REFUSED; EXIT_IO
 */
int apply_guard_serial(const struct launch_settings *settings,
	const struct manifest *manifest, struct diags *diags) _must_check_;
/*
 * apply_guard_note_serial - remembers the serial of a manifest that is being applied
 *
 * shape: nothing is written when it is known. What cannot be written is a warning, and false:
 *        a full disk is no reason to leave guests as they are.
 */
bool apply_guard_note_serial(const struct launch_settings *settings,
	const struct manifest *manifest, struct diags *diags) _must_check_;
/*
 * apply_guard_stops - may @n_stops of @n_running guests be stopped?
 *
 * shape:  up to max(2, half of them), or up to @allow_stop where that is more; @command is
 *         the command line so far, for the message ("vcn --manifest X apply")
 */
int apply_guard_stops(size_t n_stops, size_t n_running, size_t allow_stop,
	const char *command, struct diags *diags) _must_check_;
