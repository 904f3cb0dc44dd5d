/* SPDX-License-Identifier: Apache-2.0 */
#include "vcn/guest/stop.h"

/*
 * The stop ladder: the power button, again and again, because a guest early in its boot
 * misses it; QMP quit for one that does not listen; SIGKILL for a QEMU that does not. All
 * of it inside the time given.
 */

#include <signal.h>

#include "base/clock.h"
#include "base/notify.h"
#include "vcn/common/process.h"

enum { RESEND_MS = 3000, HANG_MS = 10000, QUIT_RESERVE_MS = 2000, NOTIFY_SPARE_S = 5 };

/* A QEMU that hung up its QMP is on its way out: only the deadline is left to it. */
static void tell_qemu(struct supervisor *s, const char *command)
{
	if (s->boot->qmp != NULL)
		qmp_send(s->boot->qmp, command, NULL);
}

static void press_power_button(struct supervisor *s)
{
	s->resend_at = clock_ms() + RESEND_MS;
	tell_qemu(s, "system_powerdown");
}

static void climb_to_quit(struct supervisor *s)
{
	s->rung = RUNG_QUIT;
	tell_qemu(s, "quit");
}

static void climb_to_kill(struct supervisor *s)
{
	s->rung = RUNG_KILL;
	process_signal(s->boot->process.pidfd, SIGKILL);
}

static void first_rung(struct supervisor *s)
{
	/* QEMU does not talk yet: then there is no guest that could mind. */
	if (s->boot->record.stage_us[STAGE_QMP] < 0) {
		climb_to_kill(s);
	} else if (s->boot->record.stage_us[STAGE_RUNNING] < 0 ||
		   (s->boot->scratch_end != SCRATCH_GOES_ON &&
			   s->boot->retried_at == 0)) {
		/* It does not run, or not any more: it could not hear the button. */
		climb_to_quit(s);
	} else {
		s->rung = RUNG_ACPI;
		press_power_button(s);
	}
}

static void announce(struct supervisor *s, int64_t timeout_ms)
{
	s->state->is_stopping = true;
	/* Of a replacement the supervisor, and so the unit, does not end. */
	if (s->replacement == NULL)
		notify_send(s->options->notify_socket,
			"STOPPING=1\nSTATUS=stopping\nEXTEND_TIMEOUT_USEC=%lld",
			(long long)(timeout_ms / 1000 + NOTIFY_SPARE_S) * 1000000);
	supervisor_publish(s);
}

/* Between two boots there is nothing to stop. */
static void end_at_once(struct supervisor *s)
{
	if (!s->is_ended) {
		s->state->state = STATE_STOPPED;
		s->state->message = NULL;
	}
	s->is_ended = true;
}

void stop_expect_end(struct supervisor *s)
{
	int64_t kill_at = clock_ms() + HANG_MS;

	if (s->rung == RUNG_KILL)
		return;
	if (!s->state->is_stopping || kill_at < s->kill_at)
		s->kill_at = kill_at;
	s->rung = RUNG_QUIT;
}

void stop_begin(struct supervisor *s, unsigned timeout_s)
{
	int64_t timeout_ms =
		(int64_t)(timeout_s == 0 ? s->settings->stop_timeout_s : timeout_s) *
		1000;
	int64_t reserve =
		timeout_ms / 4 < QUIT_RESERVE_MS ? timeout_ms / 4 : QUIT_RESERVE_MS;
	int64_t kill_at = clock_ms() + timeout_ms;

	if (s->state->is_stopping && kill_at >= s->kill_at)
		return;
	s->kill_at = kill_at;
	s->quit_at = kill_at - reserve;
	if (s->state->is_stopping)
		return;
	announce(s, timeout_ms);
	if (s->boot == NULL)
		end_at_once(s);
	else
		first_rung(s);
}

void stop_kill(struct supervisor *s)
{
	if (!s->state->is_stopping) {
		s->kill_at = clock_ms();
		announce(s, 0);
	}
	if (s->boot == NULL)
		end_at_once(s);
	else
		climb_to_kill(s);
}

int64_t stop_deadline(const struct supervisor *s)
{
	if (s->boot == NULL)
		return INT64_MAX;
	switch (s->rung) {
	case RUNG_ACPI:
		return s->resend_at < s->quit_at ? s->resend_at : s->quit_at;
	case RUNG_QUIT:
		return s->kill_at;
	case RUNG_NONE:
	case RUNG_KILL:
		break;
	}
	return INT64_MAX;
}

void stop_tick(struct supervisor *s)
{
	int64_t now = clock_ms();

	if (s->boot == NULL || now < stop_deadline(s))
		return;
	if (s->rung == RUNG_QUIT || now >= s->kill_at)
		climb_to_kill(s);
	else if (now >= s->quit_at)
		climb_to_quit(s);
	else
		press_power_button(s);
}
