/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The room vcn/guest: one guest of the manifest on this host.
 *
 * takes:  settings, one guest of a manifest (vcn/common)
 * gives:  the guest from clone to reaping; its state, console, boot record and exit code
 * may use: base, vcn/common; libmnl in netlink.c and nftables.c, libnftables in ingress.c
 * floors: each uses what stands before it: qmp event probe image veto opening kvm tap
 *         nftables ingress netlink presence network answer console apart
 *         server spawn machine uplink; supervisor; stop; upkeep; progress; boot; supervise
 *
 * One guest from clone to reaping.
 *
 * The supervisor opens everything privileged (TAP, image, vhost, sockets), hands it over
 * as file descriptors, starts QEMU without any privilege, and then waits in one poll()
 * loop for the guest's process (a pidfd), QMP events, the console, the readiness port,
 * the control socket, signals and deadlines. `vcn run` calls it in the foreground, `vcn
 * start` and `vcn apply` in a process of its own: the same code.
 *
 * A guest that powers itself off has ended well. One that reboots is started again, from
 * the master image: a reboot gives a clean node. SIGTERM and SIGINT start the stop ladder
 * (ACPI, QMP quit, SIGKILL), a second SIGINT kills. When the supervisor itself is killed
 * the kernel kills the guest (PR_SET_PDEATHSIG) and removes its TAPs.
 */

#include "vcn/common/launch_settings.h"
#include "vcn/common/manifest.h"
#include "vcn/common/record.h"
#include "vcn/common/run_state.h"
#include "vcn/guest/supervise_options.h"

/*
 * supervise_run - run one guest to its end in this process
 *
 * returns: 0 for a guest that powered off or was stopped or killed on request; else the
 *          negative exit code: EXIT_REJECTED guest failed, EXIT_MISSING KVM or QEMU
 *          missing, EXIT_BUSY already running, EXIT_IO, EXIT_DATA image refused
 * errors:  the same text as the state's message
 */
int supervise_run(const struct launch_settings *settings, const struct guest *guest,
	const char *host, const struct supervise_options *options,
	struct diags *diags) _must_check_;

/*
 * supervise_detach - the same in a new process and session, standard files on /dev/null
 *
 * shape:  *ret_fd gives a line of state JSON at every change and ends with the
 *         supervisor (its lock is released then); the caller may close it at any time.
 *         options->report_fd is ignored. A line holds the whole state: run_state_from_json().
 *         The last line before the end tells how it went. The supervisor is reparented:
 *         there is no child to wait for.
 */
int supervise_detach(const struct launch_settings *settings, const struct guest *guest,
	const char *host, const struct supervise_options *options, struct diags *diags,
	int *ret_fd) _must_check_;

/*
 * supervise_check - what is missing on this host to run any guest: KVM, QEMU, its sandbox
 *
 * shape:  probes QEMU once, so that supervisors started next find it in the cache
 * errors: EXIT_MISSING, EXIT_IO
 */
int supervise_check(
	const struct launch_settings *settings, struct diags *diags) _must_check_;

/*
 * supervise_argv - the command that would run, without opening anything
 *
 * memory: NULL-terminated array below @mem_ctx; descriptor numbers are those the guest
 *         would get
 */
int supervise_argv(TALLOC_CTX *mem_ctx, const struct launch_settings *settings,
	const struct guest *guest, struct diags *diags, char ***ret_argv) _must_check_;
