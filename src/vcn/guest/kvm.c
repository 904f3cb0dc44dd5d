/* SPDX-License-Identifier: Apache-2.0 */
#include "vcn/guest/kvm.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <linux/vhost.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/trailer.h"

enum {
	CID_FIRST = 3, /* 0 to 2 are the hypervisor's and the host's own (vsock(7)) */
	CID_TRIES = 64,
};

static const char kvm_path[] = "/dev/kvm";

#define TCG_HINT "'accel: tcg' in vcn.yaml runs guests without it, slowly and unisolated"

static int open_kvm(struct diags *diags)
{
	int fd = open(kvm_path, O_RDWR | O_CLOEXEC);

	if (fd < 0 && errno == ENOENT)
		return diag_fail(diags, EXIT_MISSING, LOC_NONE,
			"there is no /dev/kvm: virtualization is off in the "
			"firmware, or the module kvm_intel or kvm_amd is not loaded; " TCG_HINT);
	if (fd < 0)
		return diag_fail_errno(diags, EXIT_MISSING, errno, LOC_NONE,
			"/dev/kvm cannot be opened (" TCG_HINT ")");
	int version = ioctl(fd, KVM_GET_API_VERSION, 0);

	if (version == KVM_API_VERSION)
		return fd;
	close(fd);
	return diag_fail(diags, EXIT_MISSING, LOC_NONE,
		"/dev/kvm does not answer as KVM does; " TCG_HINT);
}

int kvm_check(struct diags *diags)
{
	int fd = open_kvm(diags);

	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

/* May @uid open the device, and with which group? */
static int find_group(
	int fd, const struct identity *identity, struct diags *diags, gid_t *ret_group)
{
	const mode_t group = S_IRGRP | S_IWGRP, others = S_IROTH | S_IWOTH;
	struct stat st;

	*ret_group = 0;
	if (fstat(fd, &st) < 0)
		return diag_fail_errno(diags, EXIT_MISSING, errno, LOC_NONE,
			"/dev/kvm cannot be looked at");
	if (!identity->changes_user || (st.st_mode & others) == others)
		return 0;
	if (st.st_gid == 0 || (st.st_mode & group) != group)
		return diag_fail(diags, EXIT_MISSING, LOC_NONE,
			"/dev/kvm is open to root only, and guests do not run as "
			"root: give it the group kvm and mode 0660, as udev does");
	*ret_group = st.st_gid;
	return 0;
}

int kvm_open(const struct identity *identity, const struct qemu *qemu,
	struct diags *diags, int *ret_fd, gid_t *ret_group)
{
	int fd = open_kvm(diags), r = 0;

	if (fd < 0)
		return fd;
	*ret_group = 0;
	if (!qemu->has_kvm_device)
		r = find_group(fd, identity, diags, ret_group);
	if (r < 0) {
		close(fd);
		return r;
	}
	*ret_fd = fd;
	return 0;
}

bool kvm_has_vhost_net(void)
{
	return access("/dev/vhost-net", R_OK | W_OK) == 0;
}

int kvm_open_vhost_net(void)
{
	return open("/dev/vhost-net", O_RDWR | O_CLOEXEC);
}

static uint64_t first_cid(const char *name)
{
	uint8_t digest[SHA256_BYTES];

	sha256(name, strlen(name), digest);
	return CID_FIRST +
	       ((uint64_t)digest[0] << 16 | (uint64_t)digest[1] << 8 | digest[2]);
}

int kvm_open_vsock(const char *name, struct diags *diags, int *ret_fd, unsigned *ret_cid)
{
	uint64_t cid = first_cid(name);
	int fd = open("/dev/vhost-vsock", O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return diag_fail_errno(diags, EXIT_MISSING, errno, LOC_NONE,
			"VCN '%s': readiness 'notify' needs the module vhost_vsock "
			"on this host ('virtserial' does without): /dev/vhost-vsock",
			name);
	/* The kernel says which are taken: that is the reservation. */
	for (int i = 0; i < CID_TRIES; i++, cid++) {
		if (ioctl(fd, VHOST_VSOCK_SET_GUEST_CID, &cid) == 0) {
			*ret_fd = fd;
			*ret_cid = (unsigned)cid;
			return 0;
		}
		if (errno != EADDRINUSE)
			break;
	}
	int r = diag_fail_errno(diags, EXIT_MISSING, errno, LOC_NONE,
		"VCN '%s': no vsock context id can be had", name);

	close(fd);
	return r;
}
