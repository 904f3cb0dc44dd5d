/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What the installed QEMU can do.
 *
 * Asked over QMP, never guessed from a version number, because distributions leave
 * devices out. The answer is kept in RUNTIME_DIR/.qemu.json and used again as long as the
 * binary's path, size and time are the same, so that starting a guest does not cost a
 * second QEMU; that of an architecture other than x86_64 in .qemu-NAME.json.
 */

#include "vcn/common/architecture.h"
#include "vcn/common/launch_settings.h"
#include "vcn/guest/identity.h"

struct qemu {
	const char *path; /* absolute */
	const char *version; /* 7.2.22 */
	unsigned major;
	const char *machine_type; /* what q35 or virt stands for: pc-q35-7.2 */
	/* devices and objects of this build */
	bool has_memfd, has_vmgenid, has_pvpanic, has_rng, has_balloon,
		has_balloon_reporting;
	/* properties */
	bool has_hpet, has_vmport, has_smbus, has_sata, has_graphics; /* of the machine */
	bool has_io_uring; /* it gets rings on this host, as the user that guests run as */
	bool has_kvm_device; /* the accelerator takes /dev/kvm as a descriptor (from 8.2) */
};

/*
 * probe_qemu - find the binary for @architecture and what it can do
 *
 * shape:  @identity: QEMU runs as this user for the question
 * memory: below @mem_ctx
 * errors: EXIT_MISSING: no QEMU, one for others, or without the sandbox;
 *         EXIT_IO
 */
int probe_qemu(TALLOC_CTX *mem_ctx, const struct launch_settings *settings,
	enum architecture architecture, const struct identity *identity,
	struct diags *diags, struct qemu **ret_qemu) _must_check_;
struct stat;
/* A program by its path, or by its name in PATH; NULL where there is none. */
const char *probe_find(TALLOC_CTX *mem_ctx, const char *name, struct stat *ret);
