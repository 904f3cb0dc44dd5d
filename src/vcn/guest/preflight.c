/* SPDX-License-Identifier: Apache-2.0 */
#include "vcn/guest/preflight.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/table.h"
#include "vcn/guest/firmware.h"
#include "vcn/guest/netlink.h"
#include "vcn/guest/network.h"
#include "vcn/guest/opening.h"
#include "vcn/guest/veto.h"

enum { BYTES_PER_MIB = 1024 * 1024 };

static int check_bridge(struct links *links, const char *name,
	const struct guest_interface *interface, const struct guest *guest,
	struct diags *diags)
{
	TMP_CTX(tmp);
	struct bridge bridge;
	int r = link_find_bridge(links, name, &bridge);

	if (r < 0 || !bridge.is_bridge)
		return diag_fail(diags, EXIT_IO, guest->where,
			"VCN '%s': this host has no bridge '%s' (vcn.yaml, bridge-map)",
			guest->name, name);
	const char *fault = network_bridge_fault(tmp, &bridge, name, interface->vlan_id);

	if (fault != NULL)
		return diag_fail(
			diags, EXIT_IO, guest->where, "VCN '%s': %s", guest->name, fault);
	if (interface->mtu > bridge.mtu)
		return diag_fail(diags, EXIT_IO, guest->where,
			"VCN '%s': MTU %u is more than the %u of bridge '%s'",
			guest->name, interface->mtu, bridge.mtu, name);
	return 0;
}

static int check_bridges(const struct launch_settings *settings,
	const struct guest *guest, struct diags *diags)
{
	TMP_CTX(tmp);
	int error = 0, result = 0;

	if (settings->network == NETWORK_USER || guest->n_interfaces == 0)
		return 0;
	struct links *links = links_open(tmp, &error);

	if (links == NULL)
		return diag_fail_errno(diags, EXIT_IO, error, guest->where,
			"the kernel's netlink socket cannot be opened");
	for (size_t i = 0; i < guest->n_interfaces; i++) {
		const struct guest_interface *interface = &guest->interfaces[i];
		int r = check_bridge(links, launch_bridge(settings, interface->bridge),
			interface, guest, diags);

		result = result == 0 ? r : result;
	}
	return result;
}

/* A file of a guest that was looked at. */
struct file_use {
	const struct guest *guest;
	const char *path;
	bool is_written;
};

static int use_file(
	struct table *files, const struct file_use *use, int fd, struct diags *diags)
{
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return 0;
	void **slot = table_slot(files,
		mem_printf(files, "%jx:%ju", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino));
	struct file_use *first = *slot;

	if (first == NULL) {
		*slot = first = mem_new(files, struct file_use);
		*first = *use;
		return 0;
	}
	if (!first->is_written && !use->is_written)
		return 0;
	return diag_fail(diags, EXIT_DATA, use->guest->where,
		"VCN '%s': its file '%s' is the same one as '%s' of VCN '%s', and is "
		"written to",
		use->guest->name, use->path, first->path, first->guest->name);
}

static int use_files(struct table *files, const struct guest *guest,
	const struct opened *opened, struct diags *diags)
{
	const struct guest_image *image = &guest->image;
	struct file_use use = {guest, image->path, !image->snapshot};
	int r = use_file(files, &use, opened->fds[OPENED_IMAGE], diags);

	for (size_t i = 0; r == 0 && i < guest->n_disks; i++) {
		use = (struct file_use){guest, guest->disks[i].path, true};
		r = use_file(files, &use, opened->fds[OPENED_DISK + i], diags);
	}
	return r;
}

static int check_files(const struct launch_settings *settings, const struct guest *guest,
	struct table *files, struct diags *diags)
{
	TMP_CTX(tmp);
	struct opening *opening;
	struct opened *opened;
	int r = opening_begin(tmp, settings, guest, NULL, diags, &opening);

	if (r < 0)
		return r;
	struct pollfd answer = {.fd = opening_fd(opening), .events = POLLIN};
	int64_t left;

	while ((left = opening_deadline(opening) - clock_ms()) > 0 &&
		poll(&answer, 1, (int)left) < 0 && errno == EINTR)
		;
	r = opening_end(tmp, opening, guest->where, diags, &opened);
	return r < 0 ? r : use_files(files, guest, opened, diags);
}

static int check_firmware(const struct launch_settings *settings,
	const struct guest *guest, struct diags *diags)
{
	TMP_CTX(tmp);
	struct firmware *firmware;

	return firmware_find(tmp, settings, guest, diags, &firmware);
}

/* More than there are would only wait for each other. */
static int check_processors(const struct guest *guest, struct diags *diags)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	return n < 1 || guest->cpus <= (unsigned long)n
		       ? 0
		       : diag_fail(diags, EXIT_DATA, guest->where,
				 "VCN '%s' has %u processors, and this host %ld",
				 guest->name, guest->cpus, n);
}

/* The folder, or the nearest one above it that is there. */
static bool find_room(const char *folder, uint64_t *ret_mib)
{
	TMP_CTX(tmp);
	char *path = mem_strdup(tmp, folder);
	struct statvfs fs;

	while (statvfs(path, &fs) < 0) {
		char *slash = strrchr(path, '/');

		if (errno != ENOENT || slash == NULL || slash == path)
			return false;
		*slash = '\0';
	}
	*ret_mib = (uint64_t)fs.f_blocks * fs.f_frsize / BYTES_PER_MIB;
	return true;
}

/* Of what is thrown away: the file system as a whole, however full it is now. */
static int check_sizes(const struct launch_settings *settings, const struct guest *guest,
	struct diags *diags)
{
	uint64_t room = 0;
	int result = 0;

	if (!find_room(settings->scratch, &room))
		return 0;
	for (size_t i = 0; i < guest->n_disks; i++)
		if (guest->disks[i].path == NULL && guest->disks[i].size_mib > room)
			result = diag_fail(diags, EXIT_REJECTED, guest->where,
				"disk '%s' of VCN '%s' has %u MiB, and the file system of "
				"'%s' has %llu in all",
				guest->disks[i].name, guest->name,
				guest->disks[i].size_mib, settings->scratch,
				(unsigned long long)room);
	return result;
}

int preflight_guest(const struct launch_settings *settings, const struct guest *guest,
	struct table *files, struct diags *diags)
{
	int veto = veto_check(settings, guest, diags);
	int bridges = check_bridges(settings, guest, diags);
	int opened = check_files(settings, guest, files, diags);
	int firmware = check_firmware(settings, guest, diags);
	int processors = check_processors(guest, diags);
	int sizes = check_sizes(settings, guest, diags);
	const int results[] = {veto, bridges, opened, firmware, processors, sizes};

	for (size_t i = 0; i < ARRAY_SIZE(results); i++)
		if (results[i] < 0)
			return results[i];
	return 0;
}

int preflight_start(const struct launch_settings *settings, const struct guest *guest,
	struct diags *diags)
{
	TMP_CTX(tmp);
	int r = veto_check(settings, guest, diags);

	if (r == 0)
		r = check_bridges(settings, guest, diags);
	if (r == 0)
		r = check_files(
			settings, guest, table_new(tmp, guest->n_disks + 1), diags);
	return r == 0 ? check_firmware(settings, guest, diags) : r;
}
