/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The supervisor's state, and what each of its floors does with it: stop.c the stop
 * ladder, upkeep.c the tick, progress.c the stages, boot.c one QEMU, supervise.c the loop. A floor calls the
 * ones before it and this one, never one after it.
 */

#include "vcn/common/manifest.h"
#include "vcn/common/run_state.h"
#include "vcn/guest/answer.h"
#include "vcn/guest/cgroup.h"
#include "vcn/guest/console.h"
#include "vcn/guest/identity.h"
#include "vcn/guest/network.h"
#include "vcn/guest/opening.h"
#include "vcn/guest/overlay.h"
#include "vcn/guest/probe.h"
#include "vcn/guest/qmp.h"
#include "vcn/guest/server.h"
#include "vcn/guest/spawn.h"
#include "vcn/guest/supervise_options.h"
#include "vcn/guest/uplink.h"

enum { STDERR_TAIL = 2000, READY_LINE_MAX = 16 };

/* What a guest's writes have come to the end of. */
enum scratch_end {
	SCRATCH_GOES_ON,
	SCRATCH_LIMIT,
	SCRATCH_NO_SPACE,
	SCRATCH_KEPT, /* not of its scratch space: a file that is kept cannot be written */
};

/* One QEMU, from its clone to its end. */
struct boot {
	struct process process;
	struct overlay *overlay;
	struct kept_files *files; /* that it was started from */
	struct network_port *ports;
	struct answers *answers; /* that it is there */
	struct uplinks *uplinks;
	struct qmp *qmp;
	int ready_fd; /* virtserial: bytes of the guest; notify: the vsock listener; or -1 */
	int stderr_fd;
	unsigned cid;
	int64_t started_us; /* just before the clone */
	uint64_t cont_id; /* of the QMP command; 0: not sent */
	uint64_t cpus_id; /* of the question for its processors; 0: not asked */
	bool is_greeted; /* its QEMU has */
	bool is_ready, is_late, is_rescue, is_scratch_low;
	enum scratch_end scratch_end; /* QEMU has stopped it for this */
	const char *kept_path, *kept_fault; /* SCRATCH_KEPT: which file, and why */
	int64_t retried_at; /* ms: QEMU was told to try once more; 0: not since it failed */
	char ready_line[READY_LINE_MAX]; /* what the readiness port has said of a line */
	size_t ready_len, ready_total;
	bool is_mute; /* its QEMU does not answer */
	int64_t answer_due; /* ms: an answer of QEMU is awaited until then; 0: none is */
	uint64_t beat_id; /* of the last question whether it is there; 0: none yet */
	char *network_fault; /* NULL: its ports are as they should be */
	const char *warning; /* what this host cannot do for it */
	const char *unchecked; /* why what it sends is not checked; of its ports */
	bool is_recorded; /* the booted callback was called */
	/* how it came to its end, as far as QMP told */
	bool was_reset, was_shut_down, has_panicked;
	const char *failure; /* our own verdict: it is being killed for this */
	char stderr_tail[STDERR_TAIL + 1];
	size_t stderr_len;
	struct cgroup_limits limits; /* 0: none */
	struct boot_record record;
};

enum rung { RUNG_NONE, RUNG_ACPI, RUNG_QUIT, RUNG_KILL };

struct supervisor {
	const struct launch_settings *settings;
	const struct guest *guest;
	const struct supervise_options *options;
	struct diags *diags;
	struct run_state_folder *folder;
	struct identity *identity;
	struct qemu *qemu;
	struct cgroup *cgroup; /* that QEMU gets one of its own in; or NULL */
	const char *unlimited; /* why a delegated one cannot be used; or NULL */
	struct console *console;
	struct server *server;
	struct run_state *state; /* what was published last, and what will be */
	char *message; /* state->message while a boot runs */
	struct boot *boot; /* NULL between boots */
	struct opening *opening; /* of the next boot's files; NULL: none is at work */
	int signal_fd;
	bool is_ended;
	int result; /* of supervise_run() */

	/* the stop ladder (stop.c) */
	enum rung rung;
	int64_t quit_at, kill_at, resend_at; /* ms; valid by rung */
	unsigned n_interrupts;

	/* the guest takes the place of another (replace.c); NULL: of none */
	struct replacement *replacement;

	bool is_waiting; /* the VCN still runs elsewhere: tried again at restart_at */

	/* a guest's reboot (supervise.c) */
	int64_t restart_at;
	unsigned n_quick_reboots;
	unsigned n_unready; /* boots in a row that ended in a reboot and were not ready */
	int64_t unready_since; /* ms: the first of them began */

	int64_t tick_at; /* ms: of the next look at everything (upkeep.c) */
};

/* A reboot before it was ready gives a guest no more time to become so. */
bool supervisor_is_overdue(const struct supervisor *s);
/* What the state says of s->guest itself. */
void supervisor_note_guest(struct supervisor *s);
/* And of its ports: their names, what holds for what it sends, and why not. */
void supervisor_note_ports(struct supervisor *s);
/* The last failure as the state tells it, beside the VCN's name; below s->state. */
const char *supervisor_last_fault(const struct supervisor *s);
/* Brings the state up to date, writes it, and tells whoever listens. */
void supervisor_publish(struct supervisor *s);
/* The state's line for the caller of supervise_detach(). */
void supervisor_report(const struct supervisor *s);
/* The record of the boot at work, once. */
void supervisor_record(struct supervisor *s, enum boot_outcome outcome);
/* MiB that it may write; 0: no limit. */
unsigned supervisor_scratch_mib(const struct supervisor *s);
/* Kills a boot for a reason, which becomes the message of the failed state. */
void supervisor_fail_boot(struct supervisor *s, const char *format, ...) _printf_(2, 3);
