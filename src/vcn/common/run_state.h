/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What is known of a running guest, in RUNTIME_DIR/NAME/ (0700):
 *
 *	lock          held (OFD write lock) by the supervisor for all of its life
 *	state.json    replaced as a whole at every change
 *	control       unix stream socket, 0600 (control.h)
 *	console.log   bounded, with one rotation to console.log.1
 *
 * The lock is the truth: it vanishes with the supervisor however that ends, and a guest
 * never outlives its supervisor. A state file without its lock, from another boot of the
 * host, or of another process than the one it names, never says that anything runs. No
 * process id in it is signalled without a check of the start time beside it.
 */

#include <sys/types.h>

#include "base/diag.h"
#include "vcn/common/launch_settings.h"
#include "vcn/common/manifest.h"
#include "vcn/common/record.h"

enum guest_state {
	STATE_STOPPED, /* not running, and the last run (if any) ended well */
	STATE_STARTING, /* a supervisor prepares; no QEMU yet */
	STATE_BOOTING, /* QEMU runs */
	STATE_READY,
	STATE_DEGRADED, /* runs, but was not ready in time or needs attention: see message */
	STATE_FAILED, /* not running; message says why */
	STATE_WAITING, /* a supervisor waits for the VCN's end elsewhere: see message */
	STATE_REFUSED, /* not running, because it does not fit: message says why */
	_STATE_MAX
};

struct run_state {
	const char *name, *fqdn, *uuid, *host, *vo;
	enum guest_state state;
	bool is_stopping; /* the stop ladder is at work */
	const char *message; /* why degraded or failed; else NULL */
	const char *digest; /* of the manifest entry it was started from */
	const char *image; /* path of the master image, or of the kernel without a disk */
	const char *image_mark; /* the files it was started from (image_mark.h) */
	bool is_replacing; /* another entry's guest takes its place, or does not get ready */
	/* why its newest entry did not get ready, so that it runs as it was before; NULL */
	const char *backed_out;
	const char *backed_out_digest,
		*backed_out_mark; /* of that entry, and its files */
	bool is_backed_out_current; /* these are as they were then; not in the file */
	bool is_image_replaced; /* one of them is another file now; not in the file */
	enum accel accel;
	const char *machine_type, *qemu_version; /* as QEMU resolved them; NULL before */
	unsigned memory_mib, cpus;
	pid_t supervisor_pid, pid; /* pid: QEMU's; 0 when none runs */
	uint64_t supervisor_starttime, starttime; /* field 22 of /proc/PID/stat */
	const char *boot_id;
	uid_t uid; /* QEMU's */
	unsigned memory_limit_mib, cpu_limit; /* of its control group; 0: none */
	const char **taps;
	size_t n_taps;
	bool is_mac_locked; /* every bridge port drops frames of foreign source addresses */
	bool is_filtered; /* every TAP drops what no guest may send */
	const char *
		held_to; /* guest_addresses(), where it may use no others; NULL: it may */
	const char **on_wire; /* guest_on_wire() of what it was started from */
	size_t n_on_wire;
	const char **on_disk; /* guest_on_disk() of the same */
	size_t n_on_disk;
	/* Unix seconds; @started_at of its QEMU, before that of its supervisor */
	int64_t started_at, changed_at;
	unsigned n_boots; /* of this supervisor: a guest's reboot is a new one */
	unsigned n_failures; /* in a row; a boot that gets ready sets it to 0 */
	int64_t failed_at; /* Unix seconds of the last failure, 0 if none */
	int64_t stage_us[_STAGE_MAX]; /* of the last boot, as in struct boot_record */
};

/* "stopped", "starting", "booting", "ready", "degraded", "failed", "waiting", "refused" */
const char *run_state_name(enum guest_state state);
/* Is a supervisor there? (starting, booting, ready, degraded, waiting) */
bool run_state_is_running(const struct run_state *state);

/*
 * run_state_read - what is true of a guest now
 *
 * shape:  a name that never ran here gives STATE_STOPPED with only the name set; a file
 *         that says "running" without its supervisor gives STATE_FAILED
 * memory: below @mem_ctx
 * errors: EXIT_IO
 */
int run_state_read(TALLOC_CTX *mem_ctx, const char *runtime_dir, const char *name,
	struct diags *diags, struct run_state **ret_state) _must_check_;
/* Is there a supervisor, whatever the state file says? */
bool run_state_is_held(const char *runtime_dir, const char *name);
/* Names of all guests that have a folder in the runtime directory, sorted. */
int run_state_list(TALLOC_CTX *mem_ctx, const char *runtime_dir, struct diags *diags,
	char ***ret_names, size_t *ret_n) _must_check_;
/* Removes what a guest that does not run left (state, console log): nothing where one
 * runs. */
void run_state_forget(const char *runtime_dir, const char *name);

struct json_object;
/*
 * The members above by the same names; `status --json` and the control socket use it.
 * Back: NULL where a member has a wrong type, or name or state are not there.
 */
struct json_object *run_state_to_json(const struct run_state *state) _must_check_;
struct run_state *run_state_from_json(
	TALLOC_CTX *mem_ctx, struct json_object *json) _must_check_;

/*
 * run_state_open_runtime_dir - the folder of all guests' folders, made where it is missing
 *
 * errors: EXIT_IO; also where others may write to it, who could pretend to be supervisors
 */
int run_state_open_runtime_dir(const char *path, struct diags *diags) _must_check_;

/*
 * For the supervisor: the guest's folder, made and locked.
 *
 * errors: run_state_lock: EXIT_BUSY where another supervisor holds it, or where a QEMU of a
 *         killed one has not died yet; EXIT_IO; EXIT_DATA for a name that is no file name
 */
struct run_state_folder {
	int dirfd;
	int lock_fd;
	const char *name;
	bool had_taps; /* an earlier run had: its forwarding entries may be left */
	unsigned n_failures; /* of earlier runs */
	int64_t failed_at;
};

int run_state_lock(TALLOC_CTX *mem_ctx, const char *runtime_dir, const char *name,
	struct diags *diags, struct run_state_folder **ret_folder) _must_check_;
/*
 * run_state_refuse - a guest that is not started, and why
 *
 * shape: nothing where it runs; what cannot be written is not said here
 */
void run_state_refuse(const char *runtime_dir, const char *host,
	const struct guest *guest, const char *why);
int run_state_write(struct run_state_folder *folder, const struct run_state *state,
	struct diags *diags) _must_check_;
