/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The disks that a guest has beside its image. One that is thrown away is a file without a
 * name in its scratch folder; one that is kept lies below the writable roots, and QEMU's own
 * lock on it keeps a second guest away.
 */

#include "vcn/common/launch_settings.h"
#include "vcn/common/manifest.h"
#include "vcn/guest/overlay.h"

/* A disk's two descriptors: QEMU opens what it writes for reading first. */
struct drive_fds {
	int fd, read_fd;
};

/* MiB that no file of the guest may grow above; 0: no limit. */
unsigned drive_limit_mib(
	const struct launch_settings *settings, const struct guest *guest);
/* Is a disk that is thrown away no larger than what its guest may write? EXIT_DATA. */
int drive_check(const struct launch_settings *settings, const struct guest *guest,
	const struct guest_disk *disk, struct diags *diags) _must_check_;
/*
 * drive_open - a disk that is kept, for the child that opens files
 *
 * errors: EXIT_DATA; also for one that is larger than what its guest may write
 */
int drive_open(const struct launch_settings *settings, const struct guest *guest,
	const struct guest_disk *disk, struct diags *diags,
	struct drive_fds *ret) _must_check_;
/*
 * drive_make - a disk that is thrown away; it takes room as the guest writes
 *
 * errors: EXIT_REJECTED where the file system has not so many bytes at all; EXIT_IO
 */
int drive_make(const struct overlay *scratch, const struct guest *guest,
	const struct guest_disk *disk, struct diags *diags,
	struct drive_fds *ret) _must_check_;
