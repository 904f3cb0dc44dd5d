/* SPDX-License-Identifier: Apache-2.0 */
#include "vcn/guest/boot.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"
#include "vcn/common/image_mark.h"
#include "vcn/common/process.h"
#include "vcn/guest/drive.h"
#include "vcn/guest/kvm.h"
#include "vcn/guest/machine.h"
#include "vcn/guest/neighbour.h"
#include "vcn/guest/progress.h"
#include "vcn/guest/readiness.h"
#include "vcn/guest/replace.h"
#include "vcn/guest/upkeep.h"

enum {
	QMP_LINE_MAX = 256 * 1024, /* of a thousand processors, and more */
	KINDS = MACHINE_FD_VARIABLES + 1,
	REBOOT_WAIT_MAX_S = 64,
	QUICK_REBOOT_MS = 60 * 1000,
	DRAIN_ROUNDS = 64,
	WORDS_MAX = 500,
	OOM_SCORE = 500, /* of 1000: before what the host itself runs */
};

/* Descriptors on their way to QEMU, by kind; those of ports are in the ports. */
struct handover {
	int fds[KINDS];
	struct drive_fds drives[GUEST_DISKS_MAX];
	int credentials[CREDENTIALS_MAX];
	struct firmware *firmware;
	gid_t kvm_group;
	unsigned notify_port;
};

static int close_handover(struct handover *handover)
{
	for (size_t i = 0; i < KINDS; i++)
		mem_close_fd(&handover->fds[i]);
	for (size_t i = 0; i < GUEST_DISKS_MAX; i++) {
		mem_close_fd(&handover->drives[i].fd);
		mem_close_fd(&handover->drives[i].read_fd);
	}
	for (size_t i = 0; i < CREDENTIALS_MAX; i++)
		mem_close_fd(&handover->credentials[i]);
	return 0;
}

static struct handover *new_handover(TALLOC_CTX *mem_ctx)
{
	struct handover *handover = mem_new(mem_ctx, struct handover);

	for (size_t i = 0; i < KINDS; i++)
		handover->fds[i] = -1;
	for (size_t i = 0; i < GUEST_DISKS_MAX; i++)
		handover->drives[i] = (struct drive_fds){-1, -1};
	for (size_t i = 0; i < CREDENTIALS_MAX; i++)
		handover->credentials[i] = -1;
	talloc_set_destructor(handover, close_handover);
	return handover;
}

static int close_boot(struct boot *boot)
{
	mem_close_fd(&boot->process.pidfd);
	mem_close_fd(&boot->ready_fd);
	mem_close_fd(&boot->stderr_fd);
	return 0;
}

static void fill_record(struct boot_record *record, const struct supervisor *s)
{
	const struct guest *guest = s->guest;

	record->started = (uint64_t)time(NULL);
	record->name = guest->name;
	record->image = s->state->image;
	record->accel = s->settings->accel == ACCEL_TCG ? "tcg" : "kvm";
	record->memory_mib = guest->memory_mib;
	record->cpus = guest->cpus;
	record->concurrency = 1;
	if (getloadavg(&record->load, 1) < 1)
		record->load = 0;
	for (enum boot_stage stage = 0; stage < _STAGE_MAX; stage++)
		record->stage_us[stage] = -1;
}

static struct boot *new_boot(struct supervisor *s)
{
	struct boot *boot = mem_new(NULL, struct boot);

	boot->process.pidfd = boot->ready_fd = boot->stderr_fd = -1;
	talloc_set_destructor(boot, close_boot);
	fill_record(&boot->record, s);
	return boot;
}

/* What QEMU gets */

static int open_kvm(struct supervisor *s, struct handover *handover)
{
	return s->settings->accel == ACCEL_TCG
		       ? 0
		       : kvm_open(s->identity, s->qemu, s->diags,
				 &handover->fds[MACHINE_FD_KVM], &handover->kvm_group);
}

/* The files come from another process; from here on they are QEMU's. */
static void take_opened(struct handover *handover, struct opened *opened)
{
	static const enum machine_fd_kind kinds[] = {
		[OPENED_IMAGE] = MACHINE_FD_IMAGE,
		[OPENED_IMAGE_READ] = MACHINE_FD_IMAGE_READ,
		[OPENED_KERNEL] = MACHINE_FD_KERNEL,
		[OPENED_INITRD] = MACHINE_FD_INITRD,
	};

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		handover->fds[kinds[i]] = mem_take_fd(&opened->fds[i]);
	for (size_t i = 0; i < GUEST_DISKS_MAX; i++)
		handover->drives[i] =
			(struct drive_fds){mem_take_fd(&opened->fds[OPENED_DISK + i]),
				mem_take_fd(&opened->fds[OPENED_DISK_READ + i])};
	for (size_t i = 0; i < CREDENTIALS_MAX; i++)
		handover->credentials[i] =
			mem_take_fd(&opened->fds[OPENED_CREDENTIAL + i]);
}

/* QEMU opens them once more, by their descriptors, as its own user. */
static int give_credentials(struct supervisor *s, const struct handover *handover)
{
	for (size_t i = 0; s->identity->changes_user && i < s->guest->n_credentials; i++)
		if (fchown(handover->credentials[i], s->identity->uid, s->identity->uid) <
			0)
			return diag_fail_errno(s->diags, EXIT_IO, errno, LOC_NONE,
				"VCN '%s': its credentials cannot be given to its QEMU",
				s->guest->name);
	return 0;
}

static int open_files(struct supervisor *s, struct boot *boot, struct opening *opening,
	struct handover *handover)
{
	TMP_CTX(tmp);
	struct opened *opened;
	int r = opening_end(tmp, opening, s->guest->where, s->diags, &opened);

	if (r < 0)
		return r;
	boot->files = kept_files_new(boot, opened);
	s->state->image_mark = talloc_steal(s->state, opened->mark);
	take_opened(handover, opened);
	return give_credentials(s, handover);
}

static int make_disks(
	struct supervisor *s, const struct boot *boot, struct handover *handover)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < s->guest->n_disks; i++)
		if (s->guest->disks[i].path == NULL)
			r = drive_make(boot->overlay, s->guest, &s->guest->disks[i],
				s->diags, &handover->drives[i]);
	return r;
}

/* A file of the host's own, which everybody may read. */
static int open_shared(struct supervisor *s, const char *path, int *ret_fd)
{
	*ret_fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	return *ret_fd >= 0 ? 0
			    : diag_fail_errno(s->diags, EXIT_MISSING, errno, LOC_NONE,
				      "VCN '%s': its firmware '%s' cannot be opened",
				      s->guest->name, path);
}

static int open_firmware(struct supervisor *s, struct handover *handover)
{
	int r = firmware_find(
		handover, s->settings, s->guest, s->diags, &handover->firmware);

	if (r < 0 || handover->firmware == NULL)
		return r;
	r = open_shared(s, handover->firmware->code, &handover->fds[MACHINE_FD_FIRMWARE]);
	return r < 0 ? r
		     : open_shared(s, handover->firmware->variables,
			       &handover->fds[MACHINE_FD_VARIABLES]);
}

static int open_vsock(struct supervisor *s, struct boot *boot, struct handover *handover)
{
	if (s->guest->image.readiness != READINESS_NOTIFY)
		return 0;
	int r = kvm_open_vsock(
		s->guest->name, s->diags, &handover->fds[MACHINE_FD_VSOCK], &boot->cid);

	return r < 0 ? r
		     : readiness_listen(
			       s->diags, &boot->ready_fd, &handover->notify_port);
}

/* A socket pair: one end for QEMU under @kind, the other in *ret_ours. */
static int open_pair(struct supervisor *s, struct handover *handover,
	enum machine_fd_kind kind, int *ret_ours)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return diag_fail_errno(s->diags, EXIT_IO, errno, LOC_NONE,
			"VCN '%s': no socket for its QEMU", s->guest->name);
	*ret_ours = pair[0];
	handover->fds[kind] = pair[1];
	return 0;
}

static int open_channels(
	struct supervisor *s, struct boot *boot, struct handover *handover)
{
	int fd, r = open_pair(s, handover, MACHINE_FD_QMP, &fd);

	if (r < 0)
		return r;
	boot->qmp = qmp_new(boot, fd, QMP_LINE_MAX);
	if (s->guest->image.readiness == READINESS_VIRTSERIAL)
		r = open_pair(s, handover, MACHINE_FD_READY, &boot->ready_fd);
	if (r == 0)
		r = open_pair(s, handover, MACHINE_FD_SERIAL, &fd);
	if (r == 0)
		console_connect(s->console, fd);
	return r;
}

/* QEMU's lock would refuse them, too, but as a failure. */
static int refuse_shared_files(struct supervisor *s)
{
	TMP_CTX(tmp);
	const char **files;
	size_t n;
	int r = 0;

	guest_on_disk(tmp, s->guest, &files, &n);
	for (size_t i = 0; r == 0 && i < n; i++)
		r = neighbour_refuse(s->settings, s->guest, files[i], s->diags);
	return r;
}

/* All of it, the quick and harmless first, so that a typo leaves no trace. */
static int open_all(struct supervisor *s, struct boot *boot, struct opening *opening,
	struct handover *handover)
{
	int r = open_kvm(s, handover);

	if (r == 0)
		r = open_firmware(s, handover);
	if (r == 0)
		r = open_files(s, boot, opening, handover);
	if (r == 0)
		boot->record.image_id =
			image_mark_id(boot, s->state->image_mark, &s->guest->image);
	if (r == 0)
		r = refuse_shared_files(s);
	if (r == 0)
		r = open_vsock(s, boot, handover);
	if (r == 0)
		r = overlay_make(boot, s->settings, s->guest->name, s->identity, s->diags,
			&boot->overlay);
	if (r == 0)
		r = make_disks(s, boot, handover);
	if (r == 0)
		r = network_open(boot, s->settings, s->guest, s->folder->had_taps,
			s->diags, &boot->ports);
	if (r == 0)
		r = uplink_open(boot, s->settings, s->guest, s->identity, s->diags,
			&boot->uplinks);
	if (r < 0)
		return r;
	boot->answers = answers_open(boot, s->guest, boot->ports);
	return open_channels(s, boot, handover);
}

/* The start */

/* All interfaces alike: as many as the one with the fewest has. */
static unsigned count_queues(const struct supervisor *s, const struct boot *boot)
{
	unsigned queues = QUEUES_MAX;

	for (size_t i = 0; i < s->guest->n_interfaces; i++)
		if (boot->ports[i].queues < queues)
			queues = boot->ports[i].queues;
	return queues;
}

static int fd_for(const struct machine_fd *wanted, const struct handover *handover,
	const struct boot *boot)
{
	switch (wanted->kind) {
	case MACHINE_FD_TAP:
		return wanted->queue == 0 ? boot->ports[wanted->index].tap_fd
					  : boot->ports[wanted->index]
						    .more_tap_fds[wanted->queue - 1];
	case MACHINE_FD_VHOST:
		return boot->ports[wanted->index].vhost_fds[wanted->queue];
	case MACHINE_FD_CREDENTIAL:
		return handover->credentials[wanted->index];
	case MACHINE_FD_DISK:
		return handover->drives[wanted->index].fd;
	case MACHINE_FD_DISK_READ:
		return handover->drives[wanted->index].read_fd;
	case MACHINE_FD_UPLINK:
		return uplink_fd(boot->uplinks, wanted->index);
	default:
		return handover->fds[wanted->kind];
	}
}

static struct spawn_fd *list_fds(TALLOC_CTX *mem_ctx, const struct machine *machine,
	const struct handover *handover, const struct boot *boot)
{
	struct spawn_fd *fds = mem_array(mem_ctx, struct spawn_fd, machine->n_fds);

	for (size_t i = 0; i < machine->n_fds; i++) {
		fds[i].fd = fd_for(&machine->fds[i], handover, boot);
		fds[i].number = machine->fds[i].number;
	}
	return fds;
}

/* An older QEMU opens KVM itself, by its path. */
static const struct apart *apart_of(TALLOC_CTX *mem_ctx, const struct supervisor *s,
	const struct boot *boot, const struct handover *handover)
{
	bool opens_kvm = handover->fds[MACHINE_FD_KVM] >= 0 && !s->qemu->has_kvm_device;

	if (!s->identity->changes_user)
		return NULL;
	return apart_plan(mem_ctx, s->qemu->path, boot->overlay->path,
		&s->settings->qemu_roots, opens_kvm ? "/dev/kvm" : NULL);
}

static void warn_unlimited(struct boot *boot, const char *why)
{
	if (why != NULL)
		boot->warning = mem_printf(
			boot, "its memory and processors have no limit: %s", why);
}

/* A group that cannot be made keeps nobody from running. */
static int make_group(struct supervisor *s, struct boot *boot)
{
	struct cgroup_limits limits =
		cgroup_limits_of(s->settings, s->guest, boot->overlay);
	int fd = -1, r = s->cgroup == NULL ? 0 : cgroup_make(s->cgroup, &limits, &fd);

	warn_unlimited(boot, r < 0 ? strerror(-r) : s->unlimited);
	if (fd >= 0)
		boot->limits = limits;
	return fd;
}

/* True where the kernel ended QEMU for its limit of memory. */
static bool end_group(struct supervisor *s, const struct boot *boot)
{
	return boot->limits.cpus > 0 && cgroup_end(s->cgroup);
}

static int spawn_qemu(struct supervisor *s, struct boot *boot,
	const struct machine *machine, const struct handover *handover)
{
	TMP_CTX(tmp);
	_cleanup_(mem_close_fd) int group_fd = make_group(s, boot);
	int errors[2];

	if (pipe2(errors, O_CLOEXEC | O_NONBLOCK) < 0)
		return diag_fail_errno(s->diags, EXIT_IO, errno, LOC_NONE,
			"VCN '%s': no pipe for QEMU's messages", s->guest->name);
	boot->stderr_fd = errors[0];
	/* QEMU's end blocks: a message must not get lost. */
	fcntl(errors[1], F_SETFL, 0);
	struct spawn spawn = {
		.path = s->qemu->path,
		.argv = machine->argv,
		.scratch = boot->overlay->path,
		.fds = list_fds(tmp, machine, handover, boot),
		.n_fds = machine->n_fds,
		.stderr_fd = errors[1],
		.changes_user = s->identity->changes_user,
		.uid = s->identity->uid,
		.kvm_group = handover->kvm_group,
		.group_fd = group_fd,
		.apart = apart_of(tmp, s, boot, handover),
		.cpus = s->guest->cpuset == NULL ? NULL : &s->guest->cpu_list,
		.oom_score_adj = OOM_SCORE,
	};

	boot->started_us = clock_us();
	int r = spawn_process(&spawn, s->diags, &boot->process);

	close(errors[1]);
	if (r == 0)
		boot->record.stage_us[STAGE_SPAWNED] = clock_us() - boot->started_us;
	return r;
}

/* Guests that are booting now, this one included: boot times depend on it. */
static unsigned count_booting(const struct supervisor *s)
{
	TMP_CTX(tmp);
	struct diags *diags = diags_new(tmp);
	char **names;
	size_t n;
	unsigned n_booting = 1;

	if (run_state_list(tmp, s->settings->runtime_dir, diags, &names, &n) < 0)
		return 1;
	for (size_t i = 0; i < n; i++) {
		struct run_state *state;

		if (strcmp(names[i], s->guest->name) != 0 &&
			run_state_read(tmp, s->settings->runtime_dir, names[i], diags,
				&state) == 0)
			n_booting += state->state == STATE_BOOTING ||
				     state->state == STATE_STARTING;
	}
	return n_booting;
}

static void note_start(struct supervisor *s, struct boot *boot)
{
	s->boot = boot;
	s->rung = RUNG_NONE;
	if (s->n_unready == 0)
		s->unready_since = boot->started_us / 1000;
	s->state->pid = boot->process.pid;
	s->state->starttime = process_starttime(boot->process.pid);
	s->state->started_at = time(NULL); /* a supervisor may have waited for days */
	s->state->n_boots++;
	s->state->memory_limit_mib = (unsigned)boot->limits.memory_mib;
	s->state->cpu_limit = boot->limits.cpus;
	supervisor_note_ports(s);
	network_handed_over(boot->ports);
	uplink_close(boot->uplinks);
	supervisor_publish(s);
	boot->record.concurrency = count_booting(s);
	upkeep_begin(s);
}

/* With QEMU's own network there is no bridge to ask: the manifest's word counts. */
static const unsigned *list_mtus(
	TALLOC_CTX *mem_ctx, const struct supervisor *s, const struct boot *boot)
{
	size_t n = s->guest->n_interfaces;
	unsigned *mtus = mem_array(mem_ctx, unsigned, n);

	if (s->settings->network == NETWORK_USER)
		return NULL;
	for (size_t i = 0; i < n; i++)
		mtus[i] = boot->ports[i].mtu;
	return mtus;
}

static int prepare_and_spawn(
	struct supervisor *s, struct boot *boot, struct opening *opening)
{
	TMP_CTX(tmp);
	struct handover *handover = new_handover(tmp);
	int r = open_all(s, boot, opening, handover);

	if (r < 0)
		return r;
	struct machine_host host = {
		.settings = s->settings,
		.qemu = s->qemu,
		.firmware = handover->firmware,
		.queues = count_queues(s, boot),
		.vsock_cid = boot->cid,
		.notify_port = handover->notify_port,
		.mtus = list_mtus(tmp, s, boot),
	};

	return spawn_qemu(s, boot, machine_build(tmp, s->guest, &host), handover);
}

int boot_start(struct supervisor *s, struct opening *opening)
{
	struct boot *boot = new_boot(s);
	int r = prepare_and_spawn(s, boot, opening);

	if (r == 0) {
		note_start(s, boot);
		return 0;
	}
	(void)!end_group(s, boot);
	console_disconnect(s->console);
	boot->record.outcome = BOOT_FAILED;
	/* One that waits has not tried yet. */
	if (s->options->booted != NULL && r != -EXIT_BUSY)
		s->options->booted(s->options->user, &boot->record);
	talloc_free(boot);
	return r;
}

/* The end */

void boot_read_stderr(struct boot *boot)
{
	char bytes[STDERR_TAIL];
	ssize_t n = read(boot->stderr_fd, bytes, sizeof(bytes));

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		mem_close_fd(&boot->stderr_fd);
		return;
	}
	size_t len = (size_t)n, keep = STDERR_TAIL - len;

	if (boot->stderr_len > keep) {
		memmove(boot->stderr_tail, boot->stderr_tail + boot->stderr_len - keep,
			keep);
		boot->stderr_len = keep;
	}
	memcpy(boot->stderr_tail + boot->stderr_len, bytes, len);
	boot->stderr_len += len;
}

/* QEMU knows its files by their descriptors; whoever reads what it says, by their paths. */
static const char *name_files(
	TALLOC_CTX *mem_ctx, const struct guest *guest, const char *words)
{
	static const char by_number[] = "/dev/fdset/";
	struct buffer *b = buffer_new(mem_ctx);
	const char *found;

	while ((found = strstr(words, by_number)) != NULL) {
		char *end;
		size_t set = strtoul(found + strlen(by_number), &end, 10);
		const char *path = machine_set_path(guest, set);

		buffer_add(b, words, (size_t)(found - words));
		if (path == NULL)
			buffer_add(b, found, (size_t)(end - found));
		else
			buffer_add_text(b, path);
		words = end;
	}
	buffer_add_text(b, words);
	return b->data;
}

/* QEMU's last words on one line, without anything that could drive a terminal. */
static const char *last_words(
	TALLOC_CTX *mem_ctx, const struct guest *guest, const struct boot *boot)
{
	size_t start = boot->stderr_len > WORDS_MAX ? boot->stderr_len - WORDS_MAX : 0;
	struct buffer *b = buffer_new(mem_ctx);

	for (size_t i = start; i < boot->stderr_len; i++) {
		unsigned char byte = (unsigned char)boot->stderr_tail[i];

		if (byte == '\n' && i + 1 < boot->stderr_len)
			buffer_add_text(b, "; ");
		else if (byte >= ' ' && byte < 0x7f)
			buffer_add_byte(b, (char)byte);
	}
	return b->len == 0 ? "it said nothing" : name_files(mem_ctx, guest, b->data);
}

static const char *describe_end(TALLOC_CTX *mem_ctx, const struct guest *guest,
	const struct boot *boot, const siginfo_t *info)
{
	bool ended_well = info->si_code == CLD_EXITED && info->si_status == 0;

	if (boot->failure != NULL)
		return mem_strdup(mem_ctx, boot->failure);
	if (boot->has_panicked)
		return "the guest panicked";
	if (info->si_code != CLD_EXITED)
		return mem_printf(mem_ctx, "QEMU was ended by signal %d (%s)%s: %s",
			info->si_status, strsignal(info->si_status),
			info->si_status == SIGKILL ? ", maybe for want of memory" : "",
			last_words(mem_ctx, guest, boot));
	if (ended_well && (boot->was_reset || boot->was_shut_down))
		return boot->was_reset ? "it rebooted before it was ready"
				       : "it powered off before it was ready";
	if (ended_well)
		return "QEMU was told to end by somebody else";
	return mem_printf(mem_ctx, "QEMU failed with exit code %d: %s", info->si_status,
		last_words(mem_ctx, guest, boot));
}

/* What was written before the end and not read yet. */
static void drain(struct supervisor *s)
{
	for (int i = 0; i < DRAIN_ROUNDS && s->boot->qmp != NULL; i++)
		progress_read_qmp(s);
	for (int i = 0; i < DRAIN_ROUNDS && s->boot->stderr_fd >= 0; i++)
		boot_read_stderr(s->boot);
	if (s->boot->ready_fd >= 0 && s->guest->image.readiness == READINESS_VIRTSERIAL)
		progress_read_ready(s);
	console_disconnect(s->console);
}

static void reap(struct boot *boot, siginfo_t *ret_info)
{
	*ret_info = (siginfo_t){0};
	while (waitid(P_PID, (id_t)boot->process.pid, ret_info, WEXITED) < 0 &&
		errno == EINTR)
		;
}

/* A guest that does nothing but reboot gets slower and slower at it. */
static void plan_reboot(struct supervisor *s, const struct boot *boot)
{
	int64_t now = clock_ms(), wait_s = 0;

	s->n_unready += !boot->is_ready;
	if (now - boot->started_us / 1000 >= QUICK_REBOOT_MS)
		s->n_quick_reboots = 0;
	else if ((wait_s = 1 << s->n_quick_reboots) < REBOOT_WAIT_MAX_S)
		s->n_quick_reboots++;
	s->restart_at = now + wait_s * 1000;
}

void boot_count_failure(struct supervisor *s, int code)
{
	s->is_ended = true;
	s->result = code;
	s->state->state = STATE_FAILED;
	s->state->n_failures++;
	s->state->failed_at = time(NULL);
}

static void fail_run(struct supervisor *s, const char *why)
{
	int code = diag_fail(s->diags, EXIT_REJECTED, s->guest->where, "VCN '%s': %s",
		s->guest->name, why);

	boot_count_failure(s, code);
	s->state->message = mem_strdup(s->state, why);
}

void boot_end(struct supervisor *s)
{
	TMP_CTX(tmp);
	struct boot *boot = talloc_steal(tmp, s->boot);
	siginfo_t info;

	drain(s);
	reap(boot, &info);
	if (end_group(s, boot) && info.si_code != CLD_EXITED && boot->failure == NULL)
		boot->failure = mem_printf(boot,
			"it took more than its %llu MiB of memory, and the kernel ended "
			"it",
			(unsigned long long)boot->limits.memory_mib);
	bool ended_well = info.si_code == CLD_EXITED && info.si_status == 0 &&
			  boot->failure == NULL && !boot->has_panicked;

	if (!s->state->is_stopping)
		supervisor_record(s, BOOT_FAILED);
	s->boot = NULL;
	s->state->pid = 0;
	s->state->message = NULL;
	if (replace_goes_on(s, describe_end(tmp, s->guest, boot, &info)))
		supervisor_publish(s);
	else if (s->state->is_stopping || (ended_well && boot->was_shut_down)) {
		s->is_ended = true;
		s->state->state = STATE_STOPPED;
	} else if (ended_well && boot->was_reset) {
		plan_reboot(s, boot);
		supervisor_publish(s);
	} else {
		fail_run(s, describe_end(tmp, s->guest, boot, &info));
	}
}
