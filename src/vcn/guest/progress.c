/* SPDX-License-Identifier: Apache-2.0 */

/* What a guest has come to: its stages, its readiness, and telling everybody. */

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include <json-c/json.h>

#include "base/clock.h"
#include "base/notify.h"
#include "vcn/guest/machine.h"
#include "vcn/guest/readiness.h"
#include "vcn/guest/supervisor.h"

enum {
	LOOK_MS = 15000,
	SCRATCH_LOW_MIB = 256,
	LATE_EXTENSION_S = 60,
};

/* Publishing */

static enum guest_state current_state(const struct supervisor *s)
{
	const struct boot *boot = s->boot;

	if (boot == NULL)
		return s->is_ended ? s->state->state : STATE_STARTING;
	if (boot->is_rescue || boot->is_scratch_low || (boot->is_late && !boot->is_ready))
		return STATE_DEGRADED;
	return boot->is_ready ? STATE_READY : STATE_BOOTING;
}

/* Why it is degraded. */
static const char *current_message(struct supervisor *s)
{
	const struct boot *boot = s->boot;

	if (boot == NULL)
		return s->state->message;
	TALLOC_FREE(s->message);
	if (boot->is_scratch_low)
		return s->message = mem_printf(s,
			       "little room is left in scratch directory '%s'",
			       s->settings->scratch);
	if (boot->is_rescue)
		return "the guest is in its emergency or rescue mode";
	if (boot->is_late && !boot->is_ready)
		return s->message = mem_printf(s, "not ready after %u seconds",
			       s->settings->ready_timeout_s);
	return NULL;
}

void progress_report(const struct supervisor *s)
{
	TMP_CTX(tmp);
	struct json_object *json;

	if (s->options->report_fd < 0)
		return;
	json = run_state_to_json(s->state);
	const char *text = mem_printf(tmp, "%s\n",
		json_object_to_json_string_ext(json, JSON_C_TO_STRING_PLAIN));

	/* Whoever reads it may be gone, or slow: he is not waited for. */
	(void)!send(
		s->options->report_fd, text, strlen(text), MSG_DONTWAIT | MSG_NOSIGNAL);
	json_object_put(json);
}

void progress_publish(struct supervisor *s)
{
	TMP_CTX(tmp);

	s->state->state = current_state(s);
	s->state->message = current_message(s);
	s->state->changed_at = time(NULL);
	if (s->boot != NULL)
		memcpy(s->state->stage_us, s->boot->record.stage_us,
			sizeof(s->state->stage_us));
	/* A full disk is no reason to end a guest; run_state_lock() made sure it can be
	 * written. */
	(void)!run_state_write(s->folder, s->state, diags_new(tmp));
	progress_report(s);
	if (!s->state->is_stopping)
		notify_send(s->options->notify_socket, "STATUS=%s%s%s",
			run_state_name(s->state->state),
			s->state->message == NULL ? "" : ": ",
			s->state->message == NULL ? "" : s->state->message);
}

/* Stages */

void progress_record(struct supervisor *s, enum boot_outcome outcome)
{
	struct boot *boot = s->boot;

	if (boot->is_recorded)
		return;
	boot->is_recorded = true;
	boot->record.outcome = outcome;
	if (s->options->booted != NULL)
		s->options->booted(s->options->user, &boot->record);
}

static void become_ready(struct supervisor *s)
{
	if (s->boot->is_ready)
		return;
	s->boot->is_ready = true;
	s->state->n_failures = 0;
	/* Recorded first: who sees it ready finds it in boot-times. */
	s->boot->record.stage_us[STAGE_READY] = clock_us() - s->boot->started_us;
	progress_record(s, BOOT_READY);
	progress_publish(s);
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

void progress_stage(struct supervisor *s, enum boot_stage stage)
{
	int64_t *us = &s->boot->record.stage_us[stage];

	if (*us >= 0)
		return;
	*us = clock_us() - s->boot->started_us;
	if (is_last_stage(s->guest, stage))
		become_ready(s);
	else
		progress_publish(s);
}

/* QMP */

static const char *text_member(struct json_object *data, const char *key)
{
	struct json_object *value;

	return json_object_object_get_ex(data, key, &value)
		       ? json_object_get_string(value)
		       : "";
}

static bool true_member(struct json_object *data, const char *key)
{
	struct json_object *value;

	return json_object_object_get_ex(data, key, &value) &&
	       json_object_get_boolean(value);
}

static void event_nic(struct supervisor *s, struct json_object *data _unused_)
{
	progress_stage(s, STAGE_NIC);
}

static void event_port(struct supervisor *s, struct json_object *data)
{
	if (true_member(data, "open") &&
		strcmp(text_member(data, "id"), MACHINE_READY_ID) == 0)
		progress_stage(s, STAGE_AGENT);
}

static void event_shutdown(struct supervisor *s, struct json_object *data)
{
	const char *reason = text_member(data, "reason");

	s->boot->was_reset = strcmp(reason, "guest-reset") == 0;
	s->boot->was_shut_down = strcmp(reason, "guest-shutdown") == 0;
}

static void event_panicked(struct supervisor *s, struct json_object *data _unused_)
{
	s->boot->has_panicked = true;
}

/* A guest whose writes find no room is frozen, and deaf to everything but SIGKILL. */
static void event_io_error(struct supervisor *s, struct json_object *data)
{
	if (strcmp(text_member(data, "action"), "stop") != 0)
		return;
	if (true_member(data, "nospace") && s->guest->image.snapshot)
		boot_fail(
			s, "scratch full: no room is left in '%s'", s->settings->scratch);
	else
		boot_fail(s, "its disk fails: %s", text_member(data, "reason"));
}

/* Nobody but us may stop it, and we do not: QEMU gave up, as after an error inside KVM. */
static void event_stop(struct supervisor *s, struct json_object *data _unused_)
{
	boot_fail(s, "QEMU has stopped the guest after an internal error");
}

static const struct event {
	const char *name;
	void (*handle)(struct supervisor *s, struct json_object *data);
} events[] = {
	{"NIC_RX_FILTER_CHANGED", event_nic},
	{"VSERPORT_CHANGE", event_port},
	{"SHUTDOWN", event_shutdown},
	{"GUEST_PANICKED", event_panicked},
	{"BLOCK_IO_ERROR", event_io_error},
	{"STOP", event_stop},
};

static void handle_event(struct supervisor *s, const struct qmp_message *message)
{
	for (size_t i = 0; i < ARRAY_SIZE(events); i++)
		if (strcmp(events[i].name, message->text) == 0)
			events[i].handle(s, message->data);
}

/* The greeting may be answered with both commands at once: QEMU takes them in order. */
static void handle_greeting(struct supervisor *s)
{
	if (s->boot->cont_id != 0)
		return;
	s->boot->record.stage_us[STAGE_QMP] = clock_us() - s->boot->started_us;
	qmp_send(s->boot->qmp, "qmp_capabilities", NULL);
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
		if (message->id == s->boot->cont_id)
			progress_stage(s, STAGE_RUNNING);
		break;
	case QMP_ERROR:
		/* The stop ladder climbs on whatever QEMU answers. */
		if (message->id <= s->boot->cont_id)
			boot_fail(s, "QEMU does not start the guest: %s", message->text);
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
		boot_fail(s, "QEMU does not speak its protocol");
	/* Its end comes as the end of the process; until then there is nothing to poll. */
	if (r < 0 || open <= 0)
		hang_up(s);
}

/* Readiness */

static void read_port(struct supervisor *s)
{
	char bytes[64];
	ssize_t n = recv(s->boot->ready_fd, bytes, sizeof(bytes), MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	/* One word is enough; what else the guest writes there waits in its own queue. */
	mem_close_fd(&s->boot->ready_fd);
	if (n > 0)
		become_ready(s);
}

static void read_notify(struct supervisor *s)
{
	struct readiness_news news = {0};
	bool was_rescue = s->boot->is_rescue;

	readiness_accept(s->boot->ready_fd, s->boot->cid, &news);
	progress_stage(s, STAGE_AGENT);
	s->boot->is_rescue = (was_rescue || news.is_rescue) && !news.is_rescue_over;
	if (s->boot->is_rescue != was_rescue)
		progress_publish(s);
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

static void look_at_scratch(struct supervisor *s)
{
	struct boot *boot = s->boot;
	uint64_t mark = low_mark(boot->overlay);
	uint64_t left = overlay_bytes_left(boot->overlay);
	/* Twice as much to be well again, so that it does not flap. */
	bool is_low = left < (boot->is_scratch_low ? 2 * mark : mark);

	s->look_at = clock_ms() + LOOK_MS;
	if (is_low != boot->is_scratch_low) {
		boot->is_scratch_low = is_low;
		progress_publish(s);
	}
}

static bool writes_to_scratch(const struct guest *guest)
{
	return guest->image.path != NULL && guest->image.snapshot;
}

int64_t progress_deadline(const struct supervisor *s)
{
	int64_t deadline = INT64_MAX;

	if (s->boot == NULL)
		return s->is_ended ? INT64_MAX : s->restart_at;
	if (!s->boot->is_ready && !s->boot->is_late && !s->state->is_stopping)
		deadline = late_at(s);
	if ((writes_to_scratch(s->guest) || s->boot->is_late) && s->look_at < deadline)
		deadline = s->look_at;
	return deadline;
}

/* A unit of Type=notify that is not ready yet would else be killed by its manager. */
static void ask_for_patience(const struct supervisor *s)
{
	if (s->boot->is_late && !s->boot->is_ready && !s->state->is_stopping)
		notify_send(s->options->notify_socket, "EXTEND_TIMEOUT_USEC=%lld",
			(long long)LATE_EXTENSION_S * 1000000);
}

void progress_tick(struct supervisor *s)
{
	if (s->boot == NULL)
		return;
	if (!s->boot->is_ready && !s->boot->is_late && !s->state->is_stopping &&
		clock_ms() >= late_at(s)) {
		s->boot->is_late = true;
		progress_record(s, BOOT_TIMEOUT);
		progress_publish(s);
	}
	if (clock_ms() >= s->look_at) {
		ask_for_patience(s);
		if (writes_to_scratch(s->guest))
			look_at_scratch(s);
		s->look_at = clock_ms() + LOOK_MS;
	}
}
