/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The user a guest's QEMU runs as.
 *
 * Started as root, every VCN gets a user id of its own out of `uid-range`, which no other
 * VCN of this host has at the time: one that broke out of its QEMU can neither trace its
 * neighbour nor read what that writes. An id that /etc/passwd has, or that a process runs
 * as, is passed over. The claim is a locked file in /run/vcn/.uids, whatever the runtime
 * directory, gone with the supervisor. Started without privilege, everything runs as the one
 * user.
 */

#include <sys/types.h>

#include "vcn/common/launch_settings.h"

struct identity {
	bool changes_user;
	uid_t uid;
	int lock_fd;
};

/*
 * identity_claim - a free user id; the same for the same name, where it is free
 *
 * memory: below @mem_ctx; the claim ends with it
 * errors: EXIT_REJECTED where every id of the range is taken, EXIT_IO
 */
int identity_claim(TALLOC_CTX *mem_ctx, const struct launch_settings *settings,
	const char *name, struct diags *diags,
	struct identity **ret_identity) _must_check_;

/*
 * identity_act - calls @act, which gives an errno or 0, as the user that QEMU runs as
 *
 * shape:  in a child where that is another: root without CAP_SYS_RESOURCE or CAP_SYS_NICE, as in a
 *         container, may not change what is another user's
 * errors: -errno
 */
int identity_act(const struct identity *identity, int (*act)(const void *data),
	const void *data) _must_check_;
