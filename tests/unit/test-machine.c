/* SPDX-License-Identifier: Apache-2.0 */

/* QEMU commands against tests/vcn/argv/; the folder is the argument. */

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "vcn/guest/machine.h"

static const char *cases_folder = "tests/vcn/argv";

static const struct qemu full_qemu = {
	.path = "/usr/bin/qemu-system-x86_64",
	.version = "7.2.22",
	.major = 7,
	.machine_type = "pc-q35-7.2",
	.has_memfd = true,
	.has_vmgenid = true,
	.has_pvpanic = true,
	.has_rng = true,
	.has_balloon = true,
	.has_balloon_reporting = true,
	.has_hpet = true,
	.has_vmport = true,
	.has_smbus = true,
	.has_sata = true,
	.has_graphics = true,
};

static const struct firmware firmware = {
	"/usr/share/code", "/usr/share/variables", .are_variables_qcow2 = true};
static const struct firmware secure_firmware = {
	"/usr/share/code", "/usr/share/variables", .needs_smm = true};

static const char *const fd_names[] = {
	[MACHINE_FD_QMP] = "qmp",
	[MACHINE_FD_SERIAL] = "serial",
	[MACHINE_FD_READY] = "ready",
	[MACHINE_FD_IMAGE] = "image",
	[MACHINE_FD_IMAGE_READ] = "image, read-only",
	[MACHINE_FD_KERNEL] = "kernel",
	[MACHINE_FD_INITRD] = "initrd",
	[MACHINE_FD_KVM] = "kvm",
	[MACHINE_FD_VSOCK] = "vsock",
	[MACHINE_FD_TAP] = "tap",
	[MACHINE_FD_VHOST] = "vhost",
	[MACHINE_FD_UPLINK] = "uplink",
	[MACHINE_FD_DISK] = "disk",
	[MACHINE_FD_DISK_READ] = "disk, read-only",
	[MACHINE_FD_CREDENTIAL] = "credential",
	[MACHINE_FD_FIRMWARE] = "firmware",
	[MACHINE_FD_VARIABLES] = "variables",
};

/* Golden cases */

static char *read_optional(TALLOC_CTX *mem_ctx, const char *path)
{
	char *text;
	size_t len;

	if (file_read_at(mem_ctx, AT_FDCWD, path, &text, &len) < 0)
		return mem_strdup(mem_ctx, "");
	return text;
}

static void read_host(const char *words, struct machine_host *host, struct qemu *qemu)
{
	if (strstr(words, "bare") != NULL)
		*qemu = (struct qemu){
			.path = full_qemu.path, .version = "7.2.22", .major = 7};
	if (strstr(words, "qemu-11") != NULL)
		qemu->major = 11;
	qemu->has_io_uring = strstr(words, "io-uring") != NULL;
	qemu->has_kvm_device = strstr(words, "kvm-device") != NULL;
	host->queues = strstr(words, "four-queues") != NULL
			       ? 4
			       : strstr(words, "vhost-net") != NULL;
	if (strstr(words, "uefi") != NULL)
		host->firmware = strstr(words, "uefi-secure") != NULL ? &secure_firmware
								      : &firmware;
	if (strstr(words, "vsock") != NULL) {
		host->vsock_cid = 7;
		host->notify_port = 1234;
	}
}

static const char *describe(TALLOC_CTX *mem_ctx, const struct machine *machine)
{
	struct buffer *b = buffer_new(mem_ctx);

	for (size_t i = 0; i < machine->n_arguments; i++)
		buffer_printf(b, "%s\n", machine->argv[i]);
	for (size_t i = 0; i < machine->n_fds; i++) {
		const struct machine_fd *fd = &machine->fds[i];

		buffer_printf(b, "fd %d: %s", fd->number, fd_names[fd->kind]);
		if (fd->kind == MACHINE_FD_TAP || fd->kind == MACHINE_FD_VHOST ||
			fd->kind == MACHINE_FD_UPLINK || fd->kind == MACHINE_FD_DISK ||
			fd->kind == MACHINE_FD_DISK_READ ||
			fd->kind == MACHINE_FD_CREDENTIAL)
			buffer_printf(b, " %zu", fd->index);
		buffer_add_byte(b, '\n');
	}
	return b->data;
}

static const char *build_case(TALLOC_CTX *mem_ctx, const char *folder)
{
	struct diags *diags = diags_new(mem_ctx);
	struct launch_settings *settings;
	struct manifest *manifest;
	struct qemu qemu = full_qemu;

	assert_int_equal(
		launch_settings_load(mem_ctx, file_join(mem_ctx, folder, "vcn.yaml"),
			diags, &settings),
		0);
	assert_int_equal(
		manifest_load(mem_ctx, file_join(mem_ctx, folder, "manifest.yaml"),
			&(struct manifest_demands){.timeout_ms = 5000}, diags, &manifest),
		0);
	struct machine_host host = {.settings = settings, .qemu = &qemu};

	read_host(
		read_optional(mem_ctx, file_join(mem_ctx, folder, "host")), &host, &qemu);
	struct machine *machine = machine_build(mem_ctx, &manifest->guests[0], &host);

	assert_null(machine->argv[machine->n_arguments]);
	return describe(mem_ctx, machine);
}

static void bless(const char *folder, const char *text)
{
	int dirfd = open(folder, O_RDONLY | O_DIRECTORY);

	assert_true(dirfd >= 0);
	assert_int_equal(file_replace_at(dirfd, "expected", text, strlen(text), 0644), 0);
	close(dirfd);
}

static void check_case(const char *name)
{
	TMP_CTX(tmp);
	const char *folder = file_join(tmp, cases_folder, name);
	const char *found = build_case(tmp, folder);

	if (getenv("BLESS") != NULL)
		bless(folder, found);
	const char *expected = read_optional(tmp, file_join(tmp, folder, "expected"));

	if (strcmp(expected, found) != 0)
		print_error("%s differs\n", folder);
	assert_string_equal(found, expected);
}

static void test_golden(void **state)
{
	DIR *folder = opendir(cases_folder);
	struct dirent *entry;
	int n = 0;

	(void)state;
	assert_non_null(folder);
	while ((entry = readdir(folder)) != NULL)
		if (entry->d_name[0] >= '0' && entry->d_name[0] <= '9') {
			check_case(entry->d_name);
			n++;
		}
	closedir(folder);
	assert_true(n >= 10);
}

/* Invariants, over what the golden cases cannot say */

static struct machine *build(TALLOC_CTX *mem_ctx, const struct guest *guest,
	enum accel accel, enum network_mode network)
{
	struct launch_settings settings = {.accel = accel, .network = network};
	struct machine_host host = {.settings = &settings, .qemu = &full_qemu};

	return machine_build(mem_ctx, guest, &host);
}

static const char *value_of(const struct machine *machine, const char *option)
{
	for (size_t i = 0; i + 1 < machine->n_arguments; i++)
		if (strcmp(machine->argv[i], option) == 0)
			return machine->argv[i + 1];
	return NULL;
}

static void test_hostile_texts(void **state)
{
	TMP_CTX(tmp);
	struct guest_interface nic = {.bridge = "br0"};
	struct guest guest = {
		.name = "a,debug-threads=off,%d,..",
		.fqdn = "a.c.example",
		.memory_mib = 1,
		.cpus = 1,
		.interfaces = &nic,
		.n_interfaces = 1,
		.image = {.kernel = "/images/a,snapshot=off",
			.initrd = "/images/b,c",
			.path = "/images/d,snapshot=off.qcow2",
			.snapshot = true,
			.arguments = "-S,-monitor stdio"},
	};
	struct machine *machine = build(tmp, &guest, ACCEL_TCG, NETWORK_USER);

	(void)state;
	assert_string_equal(value_of(machine, "-name"),
		"guest=a,,debug-threads=off,,%d,,..,debug-threads=on");
	assert_string_equal(value_of(machine, "-netdev"),
		"stream,id=n0,server=off,addr.type=fd,addr.str=6");
	/* An argument of its own: there is no option syntax in it. */
	assert_string_equal(value_of(machine, "-append"), "-S,-monitor stdio");
	for (size_t i = 0; i < machine->n_arguments; i++)
		assert_null(strstr(machine->argv[i], "/images"));
}

static void test_accelerators(void **state)
{
	TMP_CTX(tmp);
	struct guest guest = {.name = "a", .fqdn = "a", .memory_mib = 1, .cpus = 1};
	const struct {
		enum accel accel;
		const char *accelerator, *cpu;
	} rows[] = {{ACCEL_KVM, "kvm", "host"}, {ACCEL_TCG, "tcg,tb-size=96", "max"}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct machine *machine = build(tmp, &guest, rows[i].accel, NETWORK_USER);
		size_t n = 0;

		/* Once: a second -accel would be a fallback. */
		for (size_t k = 0; k < machine->n_arguments; k++)
			n += strcmp(machine->argv[k], "-accel") == 0;
		assert_int_equal(n, 1);
		assert_string_equal(value_of(machine, "-accel"), rows[i].accelerator);
		assert_string_equal(value_of(machine, "-cpu"), rows[i].cpu);
	}
}

static void test_descriptors_have_no_gaps(void **state)
{
	TMP_CTX(tmp);
	struct guest_interface nics[3] = {
		{.bridge = "a"}, {.bridge = "b"}, {.bridge = "c"}};
	struct guest guest = {
		.name = "a",
		.fqdn = "a",
		.memory_mib = 1,
		.cpus = 1,
		.interfaces = nics,
		.n_interfaces = 3,
		.image = {.path = "/i",
			.kernel = "/k",
			.initrd = "/r",
			.readiness = READINESS_VIRTSERIAL},
	};
	struct machine *machine = build(tmp, &guest, ACCEL_KVM, NETWORK_BRIDGE);

	(void)state;
	assert_int_equal(machine->n_fds, 10);
	for (size_t i = 0; i < machine->n_fds; i++)
		assert_int_equal(machine->fds[i].number, 3 + (int)i);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden),
		cmocka_unit_test(test_hostile_texts),
		cmocka_unit_test(test_accelerators),
		cmocka_unit_test(test_descriptors_have_no_gaps),
	};

	if (argc > 1)
		cases_folder = argv[1];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
