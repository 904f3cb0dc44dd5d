/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Boot records: how long each VCN took, on the host's clock.
 *
 * Every start leaves one line of JSON in a file that only grows (vcn.yaml, `records`),
 * whether it ended ready, timed out or failed. `vcn boot-times` makes the table of Fenn,
 * Murphy and Goasguen from it: n, min, median, p90, max, average and sample standard
 * deviation per stage, never mixing images or accelerators; a timeout or a failure is
 * counted, it is no sample.
 */

#include <stdio.h>

#include "base/diag.h"

/* The stages of a boot, in the order in which a guest passes them. */
enum boot_stage {
	STAGE_SPAWNED, /* QEMU's process exists */
	STAGE_QMP, /* QEMU answers */
	STAGE_RUNNING, /* the guest's processors run */
	STAGE_NIC, /* its network driver is up */
	STAGE_AGENT, /* it has opened the readiness port */
	STAGE_READY, /* it says that it is ready, or needs not to */
	_STAGE_MAX,
};

enum boot_outcome { BOOT_READY, BOOT_TIMEOUT, BOOT_FAILED, _BOOT_OUTCOME_MAX };

/* One start of one VCN. */
struct boot_record {
	uint64_t started; /* Unix time */
	const char *name;
	const char *image; /* the image's path, or the kernel's where there is no disk */
	const char *image_id; /* image_mark_id(); NULL: not known */
	const char *accel; /* "kvm", "tcg" */
	unsigned memory_mib, cpus;
	unsigned
		concurrency; /* guests that were booting at that moment, this one included */
	double load; /* the host's one-minute load average */
	enum boot_outcome outcome;
	int64_t stage_us[_STAGE_MAX]; /* microseconds since the fork; -1: not reached */
};

/* "spawned", "qmp", "running", "nic", "agent", "ready" */
const char *boot_stage_name(enum boot_stage stage);

/*
 * record_append - add one start to @path
 *
 * shape:  one write(2) of one line under O_APPEND, so that supervisors need no lock; a line
 *         that a crash left without its end is ended first. Folders are made.
 * errors: EXIT_IO
 */
int record_append(const char *path, const struct boot_record *record,
	struct diags *diags) _must_check_;

/*
 * record_load - all starts in @path
 *
 * shape:  a file that does not exist is no starts; a line that is no record is a warning
 *         [boot-record] at its line, and left out
 * memory: below @mem_ctx
 * errors: EXIT_IO
 */
int record_load(TALLOC_CTX *mem_ctx, const char *path, struct diags *diags,
	struct boot_record **ret_records, size_t *ret_n) _must_check_;

/* Milliseconds over the samples of one stage. */
struct boot_stage_times {
	size_t n;
	double min, median, p90, max, average,
		deviation; /* deviation: n - 1; 0 if n < 2 */
};

/* All starts of one image under one accelerator. */
struct boot_group {
	const char *image, *image_id, *accel; /* image_id: NULL: not known */
	size_t n_starts, n_ready, n_timeouts, n_failures;
	struct boot_stage_times stages[_STAGE_MAX];
};

/*
 * record_group - the table's rows, by image and accelerator; an image that was replaced under
 * its path is another one
 *
 * shape:  samples are the starts that became ready; p90 is the nearest rank, the median
 *         the mean of the middle two where n is even
 * memory: an array below @mem_ctx; strings are borrowed from @records
 */
struct boot_group *record_group(TALLOC_CTX *mem_ctx, const struct boot_record *records,
	size_t n_records, size_t *ret_n) _must_check_;

void record_print(FILE *stream, const struct boot_group *groups, size_t n_groups);
struct json_object *record_to_json(
	const struct boot_group *groups, size_t n_groups) _must_check_;
