/* SPDX-License-Identifier: Apache-2.0 */
#include "vcn/guest/drive.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "vcn/guest/image.h"

enum {
	BYTES_PER_MIB = 1024 * 1024,
	QCOW2_SHARE = 128, /* one part in so many, at most, for what qcow2 itself needs */
};

unsigned drive_limit_mib(
	const struct launch_settings *settings, const struct guest *guest)
{
	return guest->scratch_mib > 0 ? guest->scratch_mib : settings->scratch_limit_mib;
}

static int fail_size(const struct guest *guest, const struct guest_disk *disk,
	uint64_t bytes, unsigned limit, struct diags *diags)
{
	return diag_fail(diags, EXIT_DATA, guest->where,
		"disk '%s' of VCN '%s' has %llu MiB, and no file of the guest may grow "
		"above %u (scratch in its manifest, scratch-limit in vcn.yaml)",
		disk->name, guest->name, (unsigned long long)bytes / BYTES_PER_MIB,
		limit);
}

int drive_check(const struct launch_settings *settings, const struct guest *guest,
	const struct guest_disk *disk, struct diags *diags)
{
	unsigned limit = drive_limit_mib(settings, guest);
	uint64_t bytes = (uint64_t)disk->size_mib * BYTES_PER_MIB;

	return limit == 0 || disk->size_mib <= limit
		       ? 0
		       : fail_size(guest, disk, bytes, limit, diags);
}

static int check_size(const struct launch_settings *settings, const struct guest *guest,
	const struct guest_disk *disk, uint64_t bytes, struct diags *diags)
{
	uint64_t limit = (uint64_t)drive_limit_mib(settings, guest) * BYTES_PER_MIB;
	uint64_t most = disk->format == IMAGE_QCOW2 ? bytes + bytes / QCOW2_SHARE : bytes;

	return limit == 0 || most <= limit
		       ? 0
		       : fail_size(guest, disk, bytes, drive_limit_mib(settings, guest),
				 diags);
}

int drive_open(const struct launch_settings *settings, const struct guest *guest,
	const struct guest_disk *disk, struct diags *diags, struct drive_fds *ret)
{
	int r = image_open(&settings->writable_roots, disk->path, "disk", true,
		guest->where, diags, &ret->fd);

	if (r == 0)
		r = image_reopen(ret->fd, disk->path, guest->where, diags, &ret->read_fd);
	struct image_file file = {
		.fd = ret->read_fd,
		.format = disk->format,
		.is_written = true,
		.what = "disk",
		.path = disk->path,
		.where = guest->where,
	};

	if (r == 0)
		r = image_check(&file, diags);
	return r < 0 ? r : check_size(settings, guest, disk, file.disk_bytes, diags);
}

static int check_room(const struct overlay *scratch, const struct guest *guest,
	const struct guest_disk *disk, int fd, struct diags *diags)
{
	struct statvfs fs;
	uint64_t bytes = (uint64_t)disk->size_mib * BYTES_PER_MIB;

	if (fstatvfs(fd, &fs) == 0 && (uint64_t)fs.f_blocks * fs.f_frsize < bytes)
		return diag_fail(diags, EXIT_REJECTED, guest->where,
			"disk '%s' of VCN '%s' has %u MiB, and the file system of '%s' "
			"has %llu in all",
			disk->name, guest->name, disk->size_mib, scratch->path,
			(unsigned long long)fs.f_blocks * fs.f_frsize / BYTES_PER_MIB);
	if (ftruncate(fd, (off_t)bytes) < 0)
		return diag_fail_errno(diags, EXIT_IO, errno, guest->where,
			"disk '%s' of VCN '%s' cannot be made in '%s'", disk->name,
			guest->name, scratch->path);
	return 0;
}

int drive_make(const struct overlay *scratch, const struct guest *guest,
	const struct guest_disk *disk, struct diags *diags, struct drive_fds *ret)
{
	int r = overlay_make_file(scratch, disk->name, &ret->fd);

	if (r < 0)
		return diag_fail_errno(diags, EXIT_IO, -r, guest->where,
			"disk '%s' of VCN '%s' cannot be made in '%s'", disk->name,
			guest->name, scratch->path);
	r = check_room(scratch, guest, disk, ret->fd, diags);
	return r < 0 ? r
		     : image_reopen(
			       ret->fd, disk->name, guest->where, diags, &ret->read_fd);
}
