/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Starting QEMU without any privilege.
 *
 * The child gets the descriptors it is given, under the numbers named, and nothing else:
 * no other file, no environment but PATH and TMPDIR, no controlling terminal, no
 * capability (also none that an executed file could give back), no new privileges for
 * ever. SIGXFSZ is ignored: a file that is too large is an error to it and not its end. It is
 * killed when its parent dies, and the parent gets a pidfd from the very
 * clone.
 */

#include <sys/types.h>

#include "base/guest_value.h"
#include "vcn/guest/apart.h"

/* @fd of the parent becomes @number of the child (from 3 on, each once). */
struct spawn_fd {
	int fd;
	int number;
};

struct spawn {
	const char *path;
	char **argv;
	const char *scratch; /* TMPDIR */
	const struct apart *apart; /* its world, for who changes the user; or NULL */
	int group_fd; /* of its control group's processes, or -1 */
	const struct cpu_list *cpus; /* that it is confined to; NULL: as its parent */
	int oom_score_adj; /* 0: as its parent */
	const struct spawn_fd *fds;
	size_t n_fds;
	int stderr_fd; /* becomes 1 and 2 */
	bool changes_user; /* else it stays as it is: we have no privilege to drop */
	uid_t uid; /* and the group of the same number */
	gid_t kvm_group; /* a supplementary group, or 0 for none */
};

struct process {
	pid_t pid;
	int pidfd; /* the caller closes it */
};

/*
 * spawn_process - clone, drop, execute
 *
 * shape:  comes back when the program was executed, or has failed to be
 * errors: EXIT_MISSING where the program cannot be executed, EXIT_IO for any other step
 */
int spawn_process(
	const struct spawn *spawn, struct diags *diags, struct process *ret) _must_check_;
