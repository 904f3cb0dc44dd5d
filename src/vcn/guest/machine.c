/* SPDX-License-Identifier: Apache-2.0 */
#include "vcn/guest/machine.h"

#include <string.h>

#include "base/text.h"
#include "vcn/common/memory_need.h"

enum { FIRST_NUMBER = 3, IMAGE_SET = 1, FIRST_DISK_SET = 10, MTU_MAX = 65535 };

/* By these QEMU calls them in its events. */
#define ROOT_DRIVE "root"
#define DISK_DRIVE "drive%zu"

const char *machine_set_path(const struct guest *guest, size_t set)
{
	if (set == IMAGE_SET)
		return guest->image.path;
	return set >= FIRST_DISK_SET && set - FIRST_DISK_SET < guest->n_disks
		       ? guest->disks[set - FIRST_DISK_SET].path
		       : NULL;
}

const char *machine_kept_path(const struct guest *guest, const char *id)
{
	TMP_CTX(tmp);

	if (strcmp(id, ROOT_DRIVE) == 0)
		return guest->image.snapshot ? NULL : guest->image.path;
	for (size_t i = 0; i < guest->n_disks; i++)
		if (strcmp(id, mem_printf(tmp, DISK_DRIVE, i)) == 0)
			return guest->disks[i].path;
	return NULL;
}

/* A value inside an option: QEMU ends it at a comma, unless there are two. */
static const char *escaped(TALLOC_CTX *mem_ctx, const char *value)
{
	struct buffer *b = buffer_new(mem_ctx);

	for (; *value != '\0'; value++) {
		buffer_add_byte(b, *value);
		if (*value == ',')
			buffer_add_byte(b, ',');
	}
	return b->data;
}

static void add(struct machine *m, const char *argument)
{
	*mem_push(m, &m->argv, &m->n_arguments) = mem_strdup(m, argument);
}

static void add_option(struct machine *m, const char *option, const char *format, ...)
	_printf_(3, 4);

static void add_option(struct machine *m, const char *option, const char *format, ...)
{
	TMP_CTX(tmp);
	va_list args;

	va_start(args, format);
	const char *value = mem_vprintf(tmp, format, args);
	va_end(args);
	add(m, option);
	add(m, value);
}

static int add_queue_fd(
	struct machine *m, enum machine_fd_kind kind, size_t index, unsigned queue)
{
	struct machine_fd *fd = mem_push(m, &m->fds, &m->n_fds);

	fd->kind = kind;
	fd->index = index;
	fd->queue = queue;
	fd->number = FIRST_NUMBER + (int)m->n_fds - 1;
	return fd->number;
}

static int add_fd(struct machine *m, enum machine_fd_kind kind, size_t index)
{
	return add_queue_fd(m, kind, index, 0);
}

/* Name, machine, processors, memory */

static void add_identity(
	struct machine *m, const struct guest *guest, const struct qemu *qemu)
{
	/* From 11.0 on threads always have names, and saying so is deprecated. */
	add_option(m, "-name", "guest=%s%s", escaped(m, guest->name),
		qemu->major < 11 ? ",debug-threads=on" : "");
	if (guest->uuid != NULL)
		add_option(m, "-uuid", "%s", guest->uuid);
	add(m, "-nodefaults");
	add(m, "-no-user-config");
	add_option(m, "-display", "none");
}

/*
 * q35 and virt without their numbers: guests that keep nothing are never migrated, and numbered
 * types are deleted after six years. graphics=off makes the firmware write to the serial line.
 */
static void add_board(
	struct machine *m, const struct guest *guest, const struct machine_host *host)
{
	const struct qemu *qemu = host->qemu;
	bool is_x86 = architecture_resolve(guest->architecture) == ARCHITECTURE_X86_64;
	bool has_smm = host->firmware != NULL && host->firmware->needs_smm;

	add_option(m, "-machine",
		"%s,usb=off%s%s%s%s%s%s%s,dump-guest-core=off,memory-backend=ram0",
		architecture_machine(guest->architecture),
		qemu->has_vmport ? ",vmport=off" : "", qemu->has_hpet ? ",hpet=off" : "",
		qemu->has_smbus ? ",smbus=off" : "", qemu->has_sata ? ",sata=off" : "",
		qemu->has_graphics ? ",graphics=off" : "", has_smm ? ",smm=on" : "",
		is_x86 ? "" : ",gic-version=max");
	/* Only code in SMM may write to the variables: what Secure Boot stands on. */
	if (has_smm)
		add_option(m, "-global", "driver=cfi.pflash01,property=secure,value=on");
}

/* The code is every guest's; of the variables each has its own, and keeps none. */
static void add_firmware(struct machine *m, const struct firmware *firmware)
{
	if (firmware == NULL)
		return;
	add_option(m, "-add-fd", "fd=%d,set=3,opaque=rdonly:firmware",
		add_fd(m, MACHINE_FD_FIRMWARE, 0));
	add_option(m, "-drive",
		"if=pflash,unit=0,format=%s,file=/dev/fdset/3,readonly=on",
		firmware->is_code_qcow2 ? "qcow2" : "raw");
	add_option(m, "-add-fd", "fd=%d,set=4,opaque=rdonly:variables",
		add_fd(m, MACHINE_FD_VARIABLES, 0));
	add_option(m, "-drive",
		"if=pflash,unit=1,format=%s,file=/dev/fdset/4,snapshot=on",
		firmware->are_variables_qcow2 ? "qcow2" : "raw");
}

static void add_accelerator(struct machine *m, enum architecture architecture,
	const struct machine_host *host)
{
	if (host->settings->accel == ACCEL_TCG) {
		add_option(m, "-accel", "tcg,tb-size=%d", TRANSLATED_CODE_MIB);
		/* signing pointers as the standard says costs half of the time */
		add_option(m, "-cpu", "max%s",
			architecture_resolve(architecture) == ARCHITECTURE_AARCH64
				? ",pauth-impdef=on"
				: "");
		return;
	}
	if (host->qemu->has_kvm_device) {
		add_option(m, "-add-fd", "fd=%d,set=2,opaque=kvm",
			add_fd(m, MACHINE_FD_KVM, 0));
		add_option(m, "-accel", "kvm,device=/dev/fdset/2");
	} else {
		add_option(m, "-accel", "kvm");
	}
	add_option(m, "-cpu", "host");
}

static void add_processors_and_memory(
	struct machine *m, const struct guest *guest, const struct qemu *qemu)
{
	add_option(
		m, "-smp", "%u,sockets=1,cores=%u,threads=1", guest->cpus, guest->cpus);
	add_option(m, "-m", "%uM", guest->memory_mib);
	if (qemu->has_memfd)
		add_option(m, "-object",
			"memory-backend-memfd,id=ram0,size=%uM,share=off%s",
			guest->memory_mib,
			guest->has_huge_pages ? ",hugetlb=on,prealloc=on" : "");
	else
		add_option(m, "-object", "memory-backend-ram,id=ram0,size=%uM",
			guest->memory_mib);
}

/* Disk and kernel */

/* Without rings QEMU has its threads for this. */
static const char *aio_option(const struct qemu *qemu)
{
	return qemu->has_io_uring ? ",aio=io_uring" : "";
}

static void add_disk(
	struct machine *m, const struct guest_image *image, const struct qemu *qemu)
{
	if (image->path == NULL)
		return;
	/*
	 * The set's number stands in the path's place: no path is parsed by QEMU, which
	 * takes from the set whichever descriptor fits, and opens what it writes for
	 * reading first.
	 */
	add_option(m, "-add-fd", "fd=%d,set=1,opaque=%s", add_fd(m, MACHINE_FD_IMAGE, 0),
		image->snapshot ? "rdonly:master" : "rdwr:image");
	if (!image->snapshot)
		add_option(m, "-add-fd", "fd=%d,set=1,opaque=rdonly:image",
			add_fd(m, MACHINE_FD_IMAGE_READ, 0));
	/* snapshot=on and not -snapshot: that one is ignored for some ways to name a
	 * disk. werror=stop: where its scratch space ends the guest is stopped, and does
	 * not hear of errors that its disk has not. */
	add_option(m, "-drive",
		"if=none,id=" ROOT_DRIVE
		",format=%s,file=/dev/fdset/1,snapshot=%s,discard=unmap,"
		"detect-zeroes=unmap%s%s",
		image->format == IMAGE_RAW ? "raw" : "qcow2",
		image->snapshot ? "on" : "off", image->snapshot ? ",werror=stop" : "",
		aio_option(qemu));
	add_option(m, "-device",
		"virtio-blk-pci,id=disk0,drive=root,serial=vcnroot,bootindex=1");
}

/*
 * Each in a set of its own. What is thrown away need not reach the host's disk, and its guest
 * is stopped where there is no room for it; so it is for what is kept (werror=enospc, QEMU's default),
 * of other errors of which it hears.
 */
static void add_further_disk(struct machine *m, const struct guest_disk *disk, size_t i,
	const struct qemu *qemu)
{
	bool is_kept = disk->path != NULL;
	size_t set = FIRST_DISK_SET + i;

	add_option(m, "-add-fd", "fd=%d,set=%zu,opaque=rdwr:disk",
		add_fd(m, MACHINE_FD_DISK, i), set);
	add_option(m, "-add-fd", "fd=%d,set=%zu,opaque=rdonly:disk",
		add_fd(m, MACHINE_FD_DISK_READ, i), set);
	add_option(m, "-drive",
		"if=none,id=" DISK_DRIVE ",format=%s,file=/dev/fdset/%zu,discard=unmap,"
		"detect-zeroes=unmap%s%s",
		i, disk->format == IMAGE_QCOW2 && is_kept ? "qcow2" : "raw", set,
		is_kept ? "" : ",cache=unsafe,werror=stop", aio_option(qemu));
	add_option(m, "-device", "virtio-blk-pci,id=further%zu,drive=drive%zu,serial=%s",
		i, i, disk->name);
}

static void add_further_disks(
	struct machine *m, const struct guest *guest, const struct qemu *qemu)
{
	for (size_t i = 0; i < guest->n_disks; i++)
		add_further_disk(m, &guest->disks[i], i, qemu);
}

/* Read with fopen() by QEMU, which knows no descriptor sets there. */
static void add_kernel(struct machine *m, const struct guest_image *image)
{
	if (image->kernel == NULL)
		return;
	add_option(m, "-kernel", "/proc/self/fd/%d", add_fd(m, MACHINE_FD_KERNEL, 0));
	if (image->initrd != NULL)
		add_option(m, "-initrd", "/proc/self/fd/%d",
			add_fd(m, MACHINE_FD_INITRD, 0));
	if (image->arguments != NULL)
		add_option(m, "-append", "%s", image->arguments);
}

/* Network */

/* 4:5:6, the descriptors of an interface's queues */
static const char *queue_fds(TALLOC_CTX *mem_ctx, struct machine *m,
	enum machine_fd_kind kind, size_t i, unsigned queues)
{
	struct buffer *b = buffer_new(mem_ctx);

	for (unsigned queue = 0; queue < queues; queue++)
		buffer_printf(b, "%s%d", queue == 0 ? "" : ":",
			add_queue_fd(m, kind, i, queue));
	return b->data;
}

static void add_tap(struct machine *m, size_t i, unsigned queues)
{
	TMP_CTX(tmp);
	const char *taps = queue_fds(tmp, m, MACHINE_FD_TAP, i, queues > 1 ? queues : 1);

	/* vhost=on without a descriptor makes QEMU 7.2 abort where /dev/vhost-net is
	 * unusable */
	if (queues == 0)
		add_option(m, "-netdev", "tap,id=n%zu,fd=%s,vhost=off", i, taps);
	else
		add_option(m, "-netdev", "tap,id=n%zu,%s=%s,vhost=on,%s=%s", i,
			queues > 1 ? "fds" : "fd", taps,
			queues > 1 ? "vhostfds" : "vhostfd",
			queue_fds(tmp, m, MACHINE_FD_VHOST, i, queues));
}

static void add_interfaces(
	struct machine *m, const struct guest *guest, const struct machine_host *host)
{
	TMP_CTX(tmp);
	bool is_user = host->settings->network == NETWORK_USER;
	/* passt has one. */
	unsigned queues = is_user ? 0 : host->queues;

	for (size_t i = 0; i < guest->n_interfaces; i++) {
		const struct guest_interface *nic = &guest->interfaces[i];
		char mac[MAC_TEXT_MAX];
		unsigned mtu = host->mtus != NULL ? host->mtus[i] : nic->mtu;
		const char *options = "";

		if (is_user)
			add_option(m, "-netdev",
				"stream,id=n%zu,server=off,addr.type=fd,addr.str=%d", i,
				add_fd(m, MACHINE_FD_UPLINK, i));
		else
			add_tap(m, i, queues);
		if (mtu > 0 && mtu <= MTU_MAX)
			options = mem_printf(tmp, ",host_mtu=%u", mtu);
		/* for each queue two, for the configuration and the control queue one each */
		if (queues > 1)
			options = mem_printf(
				tmp, "%s,mq=on,vectors=%u", options, 2 * queues + 2);
		add_option(m, "-device",
			"virtio-net-pci,id=nic%zu,netdev=n%zu,mac=%s,romfile=%s", i, i,
			mac_format(nic->mac, mac), options);
	}
}

/* The rest */

static void add_devices(struct machine *m, const struct qemu *qemu)
{
	if (qemu->has_rng)
		add_option(m, "-device", "virtio-rng-pci");
	if (qemu->has_vmgenid)
		add_option(m, "-device", "vmgenid,guid=auto");
	if (qemu->has_pvpanic)
		add_option(m, "-device", "pvpanic-pci");
	if (qemu->has_balloon)
		add_option(m, "-device", "virtio-balloon-pci,id=bal0%s,deflate-on-oom=on",
			qemu->has_balloon_reporting ? ",free-page-reporting=on" : "");
}

/* Without an id= on the port QEMU does not tell when the guest opens it. */
static void add_readiness(
	struct machine *m, const struct guest *guest, const struct machine_host *host)
{
	if (guest->image.readiness == READINESS_VIRTSERIAL) {
		add_option(m, "-device", "virtio-serial-pci,id=vs0");
		add_option(m, "-chardev", "socket,id=rdy,fd=%d",
			add_fd(m, MACHINE_FD_READY, 0));
		add_option(m, "-device",
			"virtserialport,id=" MACHINE_READY_ID
			",bus=vs0.0,chardev=rdy,name=" MACHINE_READY_PORT);
	}
	if (guest->image.readiness == READINESS_NOTIFY) {
		add_option(m, "-device", "vhost-vsock-pci,guest-cid=%u,vhostfd=%d",
			host->vsock_cid, add_fd(m, MACHINE_FD_VSOCK, 0));
		/* 2 is the host (vsock(7)); systemd(1), "System credentials" */
		add_option(m, "-smbios",
			"type=11,value=io.systemd.credential:vmm.notify_socket="
			"vsock-stream:2:%u",
			host->notify_port);
	}
}

/*
 * cloud-init asks for the files in a folder, and Ignition for one. Before 23.2 cloud-init takes
 * ds=nocloud for a seed that is on its own disks: it asks for ours, and then drops it without a word
 * unless dsmode says that it comes by the network.
 */
static void add_seed(struct machine *m, const char *url)
{
	if (text_has_suffix(url, ".ign"))
		add_option(m, "-fw_cfg",
			"name=opt/com.coreos/config,string="
			"{\"ignition\":{\"version\":\"3.0.0\",,"
			"\"config\":{\"replace\":{\"source\":\"%s\"}}}}",
			url);
	else
		add_option(m, "-smbios", "type=1,serial=ds=nocloud;dsmode=net;s=%s%s",
			url, text_has_suffix(url, "/") ? "" : "/");
}

/* Read by QEMU before it starts; what is in them is on no command line. */
static void add_credentials(struct machine *m, const struct guest *guest)
{
	for (size_t i = 0; i < guest->n_credentials; i++)
		add_option(m, "-smbios", "type=11,path=/proc/self/fd/%d",
			add_fd(m, MACHINE_FD_CREDENTIAL, i));
}

static void add_channels(struct machine *m)
{
	add_option(
		m, "-chardev", "socket,id=ser0,fd=%d", add_fd(m, MACHINE_FD_SERIAL, 0));
	add_option(m, "-serial", "chardev:ser0");
	add_option(m, "-chardev", "socket,id=qmp,fd=%d", add_fd(m, MACHINE_FD_QMP, 0));
	add_option(m, "-mon", "chardev=qmp,mode=control");
}

/* A reboot ends QEMU: the supervisor starts the next one from the clean master image. */
static void add_conduct(struct machine *m)
{
	add_option(m, "-action", "reboot=shutdown,panic=exit-failure");
	add_option(m, "-rtc", "base=utc");
	add_option(m, "-msg", "timestamp=on,guest-name=on");
	add(m, "-S");
	add_option(m, "-sandbox",
		"on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny");
}

struct machine *machine_build(
	TALLOC_CTX *mem_ctx, const struct guest *guest, const struct machine_host *host)
{
	struct machine *m = mem_new(mem_ctx, struct machine);

	add(m, host->qemu->path);
	add_identity(m, guest, host->qemu);
	add_board(m, guest, host);
	add_firmware(m, host->firmware);
	add_accelerator(m, guest->architecture, host);
	add_processors_and_memory(m, guest, host->qemu);
	add_disk(m, &guest->image, host->qemu);
	add_further_disks(m, guest, host->qemu);
	add_kernel(m, &guest->image);
	add_interfaces(m, guest, host);
	add_devices(m, host->qemu);
	add_readiness(m, guest, host);
	if (guest->seed != NULL)
		add_seed(m, guest->seed);
	add_credentials(m, guest);
	add_channels(m);
	add_conduct(m);
	*mem_push(m, &m->argv, &m->n_arguments) = NULL;
	m->n_arguments--;
	return m;
}
