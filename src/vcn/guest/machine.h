/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * One VCN as a QEMU command: arguments and the descriptors they speak of.
 *
 * Pure: nothing is opened here, so a test compares text. Every file, device and socket is
 * a descriptor that the supervisor opens and gives the number named here. The few texts
 * of the manifest that reach an option value have their commas doubled, as QEMU wants it.
 */

#include "vcn/common/manifest.h"
#include "vcn/guest/firmware.h"
#include "vcn/guest/probe.h"

enum machine_fd_kind {
	MACHINE_FD_QMP,
	MACHINE_FD_SERIAL,
	MACHINE_FD_READY,
	MACHINE_FD_IMAGE,
	MACHINE_FD_IMAGE_READ, /* the same, read-only, for an image that is written */
	MACHINE_FD_KERNEL,
	MACHINE_FD_INITRD,
	MACHINE_FD_KVM,
	MACHINE_FD_VSOCK,
	MACHINE_FD_TAP,
	MACHINE_FD_VHOST,
	MACHINE_FD_UPLINK,
	MACHINE_FD_DISK,
	MACHINE_FD_DISK_READ, /* the same, read-only */
	MACHINE_FD_CREDENTIAL,
	MACHINE_FD_FIRMWARE,
	MACHINE_FD_VARIABLES, /* the firmware's, which are thrown away */
};

/*
 * A descriptor of QEMU's: what it is, of which interface (TAP, vhost, uplink), disk or
 * credential, and which of the interface's queues, under what number.
 */
struct machine_fd {
	enum machine_fd_kind kind;
	size_t index;
	unsigned queue;
	int number;
};

/* What the command depends on besides the guest. */
struct machine_host {
	const struct launch_settings *settings;
	const struct qemu *qemu;
	const struct firmware *firmware; /* NULL: BIOS */
	unsigned queues; /* of each interface, by vhost; 0: one, without vhost */
	unsigned vsock_cid, notify_port; /* for READINESS_NOTIFY */
	const unsigned
		*mtus; /* by interface; NULL: the manifest's are all that is known */
};

struct machine {
	char **argv; /* NULL-terminated */
	size_t n_arguments;
	struct machine_fd *fds; /* numbers from 3 on, without gaps */
	size_t n_fds;
};

/* The QEMU ids of what the supervisor hears about. */
#define MACHINE_READY_ID "rdyport"
#define MACHINE_READY_PORT "org.vcn.ready.0"

/* The file behind QEMU's /dev/fdset/@set, as the manifest names it; NULL: none of it. */
const char *machine_set_path(const struct guest *guest, size_t set);

/* The file that is kept behind the drive @id; NULL: what is written there is thrown away. */
const char *machine_kept_path(const struct guest *guest, const char *id);

struct machine *machine_build(TALLOC_CTX *mem_ctx, const struct guest *guest,
	const struct machine_host *host) _must_check_;
