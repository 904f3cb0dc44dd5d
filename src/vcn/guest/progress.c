/* SPDX-License-Identifier: Apache-2.0 */
#include "vcn/guest/progress.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/notify.h"
#include "vcn/guest/event.h"
#include "vcn/guest/machine.h"
#include "vcn/guest/pin.h"
#include "vcn/guest/readiness.h"
#include "vcn/guest/replace.h"
#include "vcn/guest/stop.h"
#include "vcn/guest/upkeep.h"

enum { READY_BYTES_MAX = 64 * 1024 };

static const char ready_word[] = "READY";

/* Stages */

static void become_ready(struct supervisor *s)
{
	if (s->boot->is_ready)
		return;
	s->boot->is_ready = true;
	s->state->n_failures = s->n_unready = 0;
	replace_ready(s);
	/* Recorded first: who sees it ready finds it in boot-times. */
	s->boot->record.stage_us[STAGE_READY] = clock_us() - s->boot->started_us;
	supervisor_record(s, BOOT_READY);
	supervisor_publish(s);
	if (!s->state->is_stopping)
		notify_send(s->options->notify_socket, "READY=1");
}

/* Without a readiness of its own a guest is ready with its network, or without one. */
static bool is_last_stage(const struct guest *guest, enum boot_stage stage)
{
	if (guest->image.readiness != READINESS_NONE)
		return false;
	return stage == (guest->n_interfaces > 0 ? STAGE_NIC : STAGE_RUNNING);
}

static void pass_stage(struct supervisor *s, enum boot_stage stage)
{
	int64_t *us = &s->boot->record.stage_us[stage];

	if (*us >= 0)
		return;
	*us = clock_us() - s->boot->started_us;
	if (is_last_stage(s->guest, stage))
		become_ready(s);
	else
		supervisor_publish(s);
}

/* QMP */

/* What it writes there is to be kept, and would be lost with it. */
static void stop_for_kept(struct supervisor *s, const char *path, const char *why)
{
	s->boot->scratch_end = SCRATCH_KEPT;
	s->boot->kept_path = path;
	s->boot->kept_fault = mem_strdup(s->boot, why);
	s->boot->retried_at = 0;
	supervisor_publish(s);
}

/*
 * A guest whose scratch space ends is stopped, and stays so: it is a person's to say what
 * becomes of it. Any other fault of a disk that is thrown away ends it.
 */
static void end_writes(struct supervisor *s, const struct event *event)
{
	const char *kept = machine_kept_path(s->guest, event->drive);
	bool is_limit = strcmp(event->reason, strerror(EFBIG)) == 0;
	bool is_full =
		event->is_out_of_space || strcmp(event->reason, strerror(EDQUOT)) == 0;

	if (kept != NULL) {
		stop_for_kept(s, kept, event->reason);
		return;
	}
	if (!is_full && !is_limit) {
		supervisor_fail_boot(s, "its disk fails: %s", event->reason);
		return;
	}
	s->boot->scratch_end = is_limit ? SCRATCH_LIMIT : SCRATCH_NO_SPACE;
	supervisor_publish(s);
}

static void handle_event(struct supervisor *s, const struct qmp_message *message)
{
	struct event event;

	if (!event_read(message, &event)) {
		supervisor_fail_boot(s, "QEMU does not speak its protocol");
		return;
	}
	switch (event.kind) {
	case EVENT_NONE:
		break;
	case EVENT_NIC:
		pass_stage(s, STAGE_NIC);
		break;
	case EVENT_PORT_OPEN:
		if (strcmp(event.port, MACHINE_READY_ID) == 0)
			pass_stage(s, STAGE_AGENT);
		break;
	case EVENT_SHUTDOWN:
		s->boot->was_reset = event.was_reset;
		s->boot->was_shut_down = event.was_shut_down;
		break;
	case EVENT_PANICKED:
		s->boot->has_panicked = true;
		break;
	case EVENT_DISK_STOPPED:
		end_writes(s, &event);
		break;
	case EVENT_STOPPED:
		/* Nobody but us may stop it, and we do not: as after an error inside KVM. */
		if (s->boot->scratch_end == SCRATCH_GOES_ON)
			supervisor_fail_boot(
				s, "QEMU has stopped the guest after an internal error");
		break;
	}
}

/* Only now: the guest's memory is a file, too, and has its size already. */
static void limit_writes(struct supervisor *s)
{
	unsigned mib = supervisor_scratch_mib(s);

	if (mib == 0 || s->guest->image.path == NULL || !s->guest->image.snapshot)
		return;
	int r = overlay_limit(s->identity, s->boot->process.pid, mib);

	if (r < 0)
		supervisor_fail_boot(
			s, "its scratch space cannot be limited: %s", strerror(-r));
}

/* The greeting may be answered with both commands at once: QEMU takes them in order. */
static void handle_greeting(struct supervisor *s)
{
	if (s->boot->is_greeted)
		return;
	s->boot->is_greeted = true;
	s->boot->record.stage_us[STAGE_QMP] = clock_us() - s->boot->started_us;
	upkeep_greeted(s);
	limit_writes(s);
	qmp_send(s->boot->qmp, "qmp_capabilities", NULL);
	/* Its processors are bound while they stand still. */
	if (s->guest->cpuset != NULL)
		s->boot->cpus_id = qmp_send(s->boot->qmp, "query-cpus-fast", NULL);
	else
		s->boot->cont_id = qmp_send(s->boot->qmp, "cont", NULL);
}

static void bind_processors(struct supervisor *s, const struct qmp_message *message)
{
	int r = pin_processors(
		&s->guest->cpu_list, s->identity, s->boot->process.pid, message->data);

	s->boot->cpus_id = 0;
	if (r < 0)
		supervisor_fail_boot(s, "its processors cannot be bound to '%s': %s",
			s->guest->cpuset, strerror(-r));
	else
		s->boot->cont_id = qmp_send(s->boot->qmp, "cont", NULL);
}

static void handle_message(struct supervisor *s, const struct qmp_message *message)
{
	switch (message->kind) {
	case QMP_GREETING:
		handle_greeting(s);
		break;
	case QMP_EVENT:
		handle_event(s, message);
		break;
	case QMP_REPLY:
		upkeep_answered(s, message->id);
		if (s->boot->cpus_id != 0 && message->id == s->boot->cpus_id)
			bind_processors(s, message);
		else if (message->id == s->boot->cont_id)
			pass_stage(s, STAGE_RUNNING);
		break;
	case QMP_ERROR:
		upkeep_answered(s, message->id);
		/* The stop ladder climbs on whatever QEMU answers. */
		if (message->id <= s->boot->cont_id || message->id == s->boot->cpus_id)
			supervisor_fail_boot(
				s, "QEMU does not start the guest: %s", message->text);
		break;
	}
}

static void hang_up(struct supervisor *s)
{
	TALLOC_FREE(s->boot->qmp);
	stop_expect_end(s);
}

void progress_read_qmp(struct supervisor *s)
{
	struct qmp_message message;
	int open = qmp_receive(s->boot->qmp), r;

	while ((r = qmp_next(s->boot->qmp, &message)) > 0)
		handle_message(s, &message);
	if (r < 0 || open == -EPROTO)
		supervisor_fail_boot(s, "QEMU does not speak its protocol");
	/* Its end comes as the end of the process; until then there is nothing to poll. */
	if (r < 0 || open <= 0)
		hang_up(s);
}

/* Readiness */

/* Is the line READY complete with these bytes? Other lines say nothing. */
static bool takes_ready_line(struct boot *boot, const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (bytes[i] == '\r')
			continue;
		if (bytes[i] == '\n') {
			bool is_ready = boot->ready_len == strlen(ready_word) &&
					memcmp(boot->ready_line, ready_word,
						boot->ready_len) == 0;

			if (is_ready)
				return true;
			boot->ready_len = 0;
			continue;
		}
		/* One that is too long stays so until it ends. */
		if (boot->ready_len < READY_LINE_MAX)
			boot->ready_line[boot->ready_len++] = bytes[i];
	}
	return false;
}

static void read_port(struct supervisor *s)
{
	char bytes[64];
	ssize_t n = recv(s->boot->ready_fd, bytes, sizeof(bytes), MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	bool is_ready = n > 0 && takes_ready_line(s->boot, bytes, (size_t)n);

	s->boot->ready_total += n > 0 ? (size_t)n : 0;
	/* Once said it is enough; one that only talks is not listened to for ever. */
	if (n <= 0 || is_ready || s->boot->ready_total > READY_BYTES_MAX)
		mem_close_fd(&s->boot->ready_fd);
	if (is_ready)
		become_ready(s);
}

static void read_notify(struct supervisor *s)
{
	struct readiness_news news = {0};
	bool was_rescue = s->boot->is_rescue;

	readiness_accept(s->boot->ready_fd, s->boot->cid, &news);
	pass_stage(s, STAGE_AGENT);
	s->boot->is_rescue = (was_rescue || news.is_rescue) && !news.is_rescue_over;
	if (s->boot->is_rescue != was_rescue)
		supervisor_publish(s);
	if (news.is_ready && !s->boot->is_rescue) {
		mem_close_fd(&s->boot->ready_fd);
		become_ready(s);
	}
}

void progress_read_ready(struct supervisor *s)
{
	if (s->guest->image.readiness == READINESS_NOTIFY)
		read_notify(s);
	else
		read_port(s);
}

/* By time */

static int64_t late_at(const struct supervisor *s)
{
	return s->boot->started_us / 1000 + (int64_t)s->settings->ready_timeout_s * 1000;
}

int64_t progress_deadline(const struct supervisor *s)
{
	int64_t deadline = INT64_MAX;

	if (s->boot == NULL && s->opening != NULL)
		return opening_deadline(s->opening);
	if (s->boot == NULL)
		return s->is_ended ? INT64_MAX : s->restart_at;
	if (!s->boot->is_ready && !s->boot->is_late && !s->state->is_stopping)
		deadline = late_at(s);
	if (s->opening != NULL && opening_deadline(s->opening) < deadline)
		deadline = opening_deadline(s->opening);
	return upkeep_deadline(s) < deadline ? upkeep_deadline(s) : deadline;
}

void progress_tick(struct supervisor *s)
{
	if (s->boot == NULL)
		return;
	if (!s->boot->is_ready && !s->boot->is_late && !s->state->is_stopping &&
		clock_ms() >= late_at(s)) {
		s->boot->is_late = true;
		supervisor_record(s, BOOT_TIMEOUT);
		supervisor_publish(s);
		if (replace_is_on_trial(s))
			supervisor_fail_boot(s, "it was not ready after %u seconds",
				s->settings->ready_timeout_s);
	}
	if (supervisor_is_overdue(s) && s->state->state == STATE_BOOTING)
		supervisor_publish(s);
	upkeep_tick(s);
}
