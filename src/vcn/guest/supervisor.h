/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The supervisor's inside, shared by its parts: boot.c starts and ends one QEMU,
 * progress.c follows its stages and publishes them, stop.c is the stop ladder,
 * supervise.c the loop.
 */

#include "vcn/guest/console.h"
#include "vcn/guest/identity.h"
#include "vcn/guest/network.h"
#include "vcn/guest/overlay.h"
#include "vcn/guest/probe.h"
#include "vcn/guest/qmp.h"
#include "vcn/guest/server.h"
#include "vcn/guest/spawn.h"
#include "vcn/guest/supervise.h"

enum { STDERR_TAIL = 2000 };

/* One QEMU, from its clone to its end. */
struct boot {
	struct process process;
	struct overlay *overlay;
	struct network_port *ports;
	struct qmp *qmp;
	int ready_fd; /* virtserial: bytes of the guest; notify: the vsock listener; or -1 */
	int stderr_fd;
	unsigned cid;
	int64_t started_us; /* just before the clone */
	uint64_t cont_id; /* of the QMP command; 0: not sent */
	bool is_ready, is_late, is_rescue, is_scratch_low;
	bool is_recorded; /* the booted callback was called */
	/* how it came to its end, as far as QMP told */
	bool was_reset, was_shut_down, has_panicked;
	const char *failure; /* our own verdict: it is being killed for this */
	char stderr_tail[STDERR_TAIL + 1];
	size_t stderr_len;
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
	struct console *console;
	struct server *server;
	struct run_state *state; /* what was published last, and what will be */
	char *message; /* state->message while a boot runs */
	struct boot *boot; /* NULL between boots */
	int signal_fd;
	bool is_ended;
	int result; /* of supervise_run() */

	/* the stop ladder (stop.c) */
	enum rung rung;
	int64_t quit_at, kill_at, resend_at; /* ms; valid by rung */
	unsigned n_interrupts;

	/* a guest's reboot (supervise.c) */
	int64_t restart_at;
	unsigned n_quick_reboots;

	int64_t look_at; /* the next look at the scratch space */
};

/* boot.c */

/*
 * boot_start - everything for one QEMU, and the QEMU
 *
 * errors: the exit code of what was missing; nothing is left behind
 */
int boot_start(struct supervisor *s) _must_check_;
/* Kills a boot for @failure, which becomes the message of the failed state. */
void boot_fail(struct supervisor *s, const char *format, ...) _printf_(2, 3);
void boot_read_stderr(struct boot *boot);
/* QEMU is dead: reaps it, frees the boot and decides what comes next. */
void boot_end(struct supervisor *s);
/* The run could not go on: state, record and failure count. @code as of diag_fail(). */
void boot_count_failure(struct supervisor *s, int code);

/* progress.c */

void progress_publish(struct supervisor *s);
/* The state's line for the caller of supervise_detach(). */
void progress_report(const struct supervisor *s);
void progress_stage(struct supervisor *s, enum boot_stage stage);
void progress_read_qmp(struct supervisor *s);
void progress_read_ready(struct supervisor *s);
void progress_record(struct supervisor *s, enum boot_outcome outcome);
/* Milliseconds of clock_ms() of the next thing to do by time; INT64_MAX: none. */
int64_t progress_deadline(const struct supervisor *s);
void progress_tick(struct supervisor *s);

/* stop.c */

/* @timeout_s 0: the setting. A second call can only make the end come sooner. */
void stop_begin(struct supervisor *s, unsigned timeout_s);
void stop_kill(struct supervisor *s);
/* QEMU hung up: if it is not dead soon it is killed. */
void stop_expect_end(struct supervisor *s);
int64_t stop_deadline(const struct supervisor *s);
void stop_tick(struct supervisor *s);
