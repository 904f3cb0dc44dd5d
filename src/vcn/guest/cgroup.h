/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A control group (cgroup v2) of its own for each QEMU, with limits of memory and processors.
 *
 * Only where the supervisor's own group is delegated to it, by the sign that systemd leaves
 * with Delegate=: the attribute user.delegate or trusted.delegate. Any other group is somebody
 * else's, whom root could confuse. The supervisor goes into the group `supervisor` below it,
 * its QEMU into `guest`.
 */

#include "vcn/common/launch_settings.h"
#include "vcn/common/manifest.h"
#include "vcn/guest/overlay.h"

struct cgroup;

struct cgroup_limits {
	uint64_t memory_mib; /* 0: none */
	unsigned cpus; /* processors' time */
};

/*
 * cgroup_limits_of - what a QEMU may take
 *
 * shape: the memory that admission counts, and what it writes where that is kept in memory
 *        (tmpfs); a processor for each virtual one, and one for QEMU's own work
 */
struct cgroup_limits cgroup_limits_of(const struct launch_settings *settings,
	const struct guest *guest, const struct overlay *overlay);

/*
 * cgroup_enter - the calling process into its part of a group that is delegated to it
 *
 * shape:  NULL where there is none; *ret_why then says why one that is delegated can carry no
 *         limits, and is NULL where none is
 * memory: below @mem_ctx, the reason, too
 */
struct cgroup *cgroup_enter(TALLOC_CTX *mem_ctx, const char **ret_why) _must_check_;
/*
 * cgroup_make - the group of the next QEMU
 *
 * shape:  whoever writes "0" to *ret_fd is in it; the caller closes it
 * errors: -errno
 */
int cgroup_make(struct cgroup *cgroup, const struct cgroup_limits *limits,
	int *ret_fd) _must_check_;
/* Its end, after QEMU's. True where the kernel ended QEMU for its limit of memory. */
bool cgroup_end(struct cgroup *cgroup);

/*
 * cgroup_obstacle - why guests that are started from here would have no limits; or NULL
 *
 * shape:  @in_units: not from this process, but as systemd's units
 * memory: below @mem_ctx
 */
const char *cgroup_obstacle(TALLOC_CTX *mem_ctx, bool in_units) _must_check_;
