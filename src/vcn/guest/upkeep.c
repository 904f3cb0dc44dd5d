/* SPDX-License-Identifier: Apache-2.0 */
#include "vcn/guest/upkeep.h"

#include <string.h>
#include <sys/statvfs.h>

#include "base/clock.h"
#include "base/notify.h"
#include "base/text.h"

enum {
	TICK_MS = 20000,
	GREETING_MS = 20000, /* a loaded host starts QEMU in a second or two */
	ANSWER_MS = 5000,
	RETRY_MS = 10000, /* in which a write that fails again has done so */
	SCRATCH_LOW_MIB = 256,
	LATE_EXTENSION_S = 60,
};

/* QEMU's voice */

static void take_answer(struct supervisor *s)
{
	bool was_mute = s->boot->is_mute;

	s->boot->answer_due = 0;
	s->boot->is_mute = false;
	if (was_mute)
		supervisor_publish(s);
}

void upkeep_greeted(struct supervisor *s)
{
	TMP_CTX(tmp);
	const char *fault = uplink_fault(tmp, s->boot->uplinks);

	take_answer(s);
	/* One that cannot work here ends at once: before the guest has begun. */
	if (fault != NULL)
		supervisor_fail_boot(s, "%s", fault);
}

void upkeep_answered(struct supervisor *s, uint64_t id)
{
	if (s->boot->beat_id != 0 && id == s->boot->beat_id)
		take_answer(s);
}

/* One question at a time: one that stands still must not be sent more and more. */
static void ask_qemu(struct supervisor *s)
{
	struct boot *boot = s->boot;

	if (boot->qmp == NULL || boot->answer_due != 0)
		return;
	boot->beat_id = qmp_send(boot->qmp, "query-status", NULL);
	boot->answer_due = clock_ms() + ANSWER_MS;
}

static void note_silence(struct supervisor *s)
{
	s->boot->is_mute = true;
	supervisor_publish(s);
}

/* The scratch space */

/* A tenth of the file system where that is less, so that a small one is not always low. */
static uint64_t low_mark(const struct overlay *scratch)
{
	struct statvfs fs;
	uint64_t mark = (uint64_t)SCRATCH_LOW_MIB * 1024 * 1024;

	if (fstatvfs(scratch->top_fd, &fs) == 0 &&
		(uint64_t)fs.f_blocks * fs.f_frsize / 10 < mark)
		mark = (uint64_t)fs.f_blocks * fs.f_frsize / 10;
	return mark;
}

/* What filled the file system is gone: QEMU tries again the write that failed. */
static void resume(struct supervisor *s)
{
	if (s->boot->qmp == NULL)
		return;
	s->boot->scratch_end = SCRATCH_GOES_ON;
	qmp_send(s->boot->qmp, "cont", NULL);
	supervisor_publish(s);
}

/*
 * A file that is kept may be anywhere, its server gone: nobody is asked, QEMU tries again the write
 * that failed. Where that does not fail again the guest goes on.
 */
static void retry_kept(struct supervisor *s)
{
	struct boot *boot = s->boot;

	if (boot->scratch_end != SCRATCH_KEPT || boot->qmp == NULL)
		return;
	if (boot->retried_at == 0) {
		boot->retried_at = clock_ms();
		qmp_send(boot->qmp, "cont", NULL);
	} else if (clock_ms() - boot->retried_at >= RETRY_MS) {
		boot->scratch_end = SCRATCH_GOES_ON;
		supervisor_publish(s);
	}
}

static bool has_scratch(const struct guest *guest)
{
	bool has = guest->image.path != NULL && guest->image.snapshot;

	for (size_t i = 0; !has && i < guest->n_disks; i++)
		has = guest->disks[i].path == NULL;
	return has;
}

static void look_at_scratch(struct supervisor *s)
{
	struct boot *boot = s->boot;
	uint64_t mark = low_mark(boot->overlay);
	uint64_t left = overlay_bytes_left(boot->overlay);
	/* Twice as much to be well again, so that it does not flap. */
	bool is_low = left < (boot->is_scratch_low ? 2 * mark : mark);

	if (!has_scratch(s->guest))
		return;
	if (is_low != boot->is_scratch_low) {
		boot->is_scratch_low = is_low;
		supervisor_publish(s);
	}
	if (boot->scratch_end == SCRATCH_NO_SPACE && !is_low)
		resume(s);
}

/* The network */

static void look_at_network(struct supervisor *s)
{
	TMP_CTX(tmp);
	struct boot *boot = s->boot;
	const char *fault = network_keep(tmp, s->settings, s->guest, boot->ports);
	bool was_filtered = s->state->is_filtered;

	if (fault == NULL)
		fault = uplink_fault(tmp, boot->uplinks);
	supervisor_note_ports(s);
	if (text_compare(fault, boot->network_fault) == 0 &&
		was_filtered == s->state->is_filtered)
		return;
	TALLOC_FREE(boot->network_fault);
	boot->network_fault = fault == NULL ? NULL : mem_strdup(boot, fault);
	supervisor_publish(s);
}

/* The tick */

/* A unit of Type=notify that is not ready yet would else be killed by its manager. */
static void ask_for_patience(const struct supervisor *s)
{
	if (s->boot->is_late && !s->boot->is_ready)
		notify_send(s->options->notify_socket, "EXTEND_TIMEOUT_USEC=%lld",
			(long long)LATE_EXTENSION_S * 1000000);
}

void upkeep_begin(struct supervisor *s)
{
	s->tick_at = clock_ms() + TICK_MS;
	s->boot->answer_due = clock_ms() + GREETING_MS;
	look_at_scratch(s);
}

int64_t upkeep_deadline(const struct supervisor *s)
{
	const struct boot *boot = s->boot;

	if (boot == NULL || s->state->is_stopping)
		return INT64_MAX;
	if (boot->answer_due != 0 && !boot->is_mute && boot->answer_due < s->tick_at)
		return boot->answer_due;
	return s->tick_at;
}

void upkeep_now(struct supervisor *s)
{
	if (s->boot == NULL || s->state->is_stopping)
		return;
	s->tick_at = clock_ms() + TICK_MS;
	ask_for_patience(s);
	look_at_scratch(s);
	retry_kept(s);
	look_at_network(s);
	ask_qemu(s);
}

void upkeep_tick(struct supervisor *s)
{
	int64_t now = clock_ms();

	if (now < upkeep_deadline(s))
		return;
	if (s->boot->answer_due != 0 && now >= s->boot->answer_due && !s->boot->is_mute)
		note_silence(s);
	if (now >= s->tick_at)
		upkeep_now(s);
}
