/* SPDX-License-Identifier: Apache-2.0 */
#include "vcn/guest/supervisor.h"

#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include <json-c/json.h>

#include "base/clock.h"
#include "base/notify.h"
#include "base/text.h"
#include "vcn/common/process.h"
#include "vcn/guest/drive.h"
#include "vcn/guest/replace.h"

void supervisor_note_guest(struct supervisor *s)
{
	const struct guest *guest = s->guest;
	struct run_state *state = s->state;

	state->name = guest->name;
	state->fqdn = guest->fqdn;
	state->uuid = guest->uuid;
	state->vo = guest->vo;
	state->digest = guest->digest;
	state->image =
		guest->image.path != NULL ? guest->image.path : guest->image.kernel;
	state->memory_mib = guest->memory_mib;
	state->cpus = guest->cpus;
	state->held_to = NULL;
	TALLOC_FREE(state->on_wire);
	state->n_on_wire = 0;
	if (s->settings->network == NETWORK_BRIDGE)
		guest_on_wire(state, guest, &state->on_wire, &state->n_on_wire);
	TALLOC_FREE(state->on_disk);
	guest_on_disk(state, guest, &state->on_disk, &state->n_on_disk);
}

void supervisor_note_ports(struct supervisor *s)
{
	struct run_state *state = s->state;
	const struct network_port *ports = s->boot->ports;

	state->n_taps = 0;
	s->boot->unchecked = NULL;
	TALLOC_FREE(state->taps);
	state->is_mac_locked = state->is_filtered = s->guest->n_interfaces > 0;
	for (size_t i = 0; i < s->guest->n_interfaces; i++) {
		if (ports[i].tap_fd < 0) {
			state->is_mac_locked = state->is_filtered = false;
			continue;
		}
		state->is_mac_locked = state->is_mac_locked && ports[i].is_locked;
		state->is_filtered = state->is_filtered && ports[i].unchecked == NULL;
		if (ports[i].unchecked != NULL)
			s->boot->unchecked = ports[i].unchecked;
		*mem_push(state, &state->taps, &state->n_taps) =
			mem_strdup(state, ports[i].name);
	}
	if (!state->is_filtered || !s->settings->filter)
		state->held_to = NULL;
	else if (state->held_to == NULL)
		state->held_to = guest_addresses(state, s->guest);
}

bool supervisor_is_overdue(const struct supervisor *s)
{
	int64_t timeout_ms = (int64_t)s->settings->ready_timeout_s * 1000;

	return s->n_unready > 0 && (s->boot == NULL || !s->boot->is_ready) &&
	       clock_ms() >= s->unready_since + timeout_ms;
}

/* Publishing */

static enum guest_state current_state(const struct supervisor *s)
{
	const struct boot *boot = s->boot;

	if (boot == NULL && s->is_ended)
		return s->state->state;
	if (boot == NULL && s->is_waiting)
		return STATE_WAITING;
	if (supervisor_is_overdue(s))
		return STATE_DEGRADED;
	if (boot == NULL)
		return STATE_STARTING;
	if (boot->is_mute || boot->scratch_end != SCRATCH_GOES_ON ||
		boot->network_fault != NULL || boot->is_rescue || boot->is_scratch_low ||
		(boot->is_late && !boot->is_ready))
		return STATE_DEGRADED;
	return boot->is_ready ? STATE_READY : STATE_BOOTING;
}

static const char *describe_overdue(struct supervisor *s)
{
	return s->message = mem_printf(s, "it has rebooted %u %s and was not ready",
		       s->n_unready, text_plural(s->n_unready, "time", "times"));
}

/* Why it is degraded. */
static const char *current_message(struct supervisor *s)
{
	const struct boot *boot = s->boot;
	const char *warning = boot == NULL		? NULL
			      : boot->unchecked != NULL ? boot->unchecked
							: boot->warning;

	if (boot == NULL && (s->is_ended || !supervisor_is_overdue(s)))
		return s->state->message;
	TALLOC_FREE(s->message);
	if (boot == NULL)
		return describe_overdue(s);
	if (boot->is_mute)
		return "its QEMU does not answer";
	if (boot->scratch_end == SCRATCH_LIMIT)
		return s->message = mem_printf(s,
			       "scratch full: it has written its %u MiB, and is stopped",
			       supervisor_scratch_mib(s));
	if (boot->scratch_end == SCRATCH_NO_SPACE)
		return s->message = mem_printf(s,
			       "scratch full: no room is left in '%s', and it is stopped",
			       s->settings->scratch);
	if (boot->scratch_end == SCRATCH_KEPT)
		return s->message = mem_printf(s,
			       "'%s' cannot be written (%s): it is stopped until it can",
			       boot->kept_path, boot->kept_fault);
	if (boot->network_fault != NULL)
		return boot->network_fault;
	if (boot->is_scratch_low)
		return s->message = mem_printf(s,
			       "little room is left in scratch directory '%s'",
			       s->settings->scratch);
	if (boot->is_rescue)
		return "the guest is in its emergency or rescue mode";
	if (supervisor_is_overdue(s))
		return describe_overdue(s);
	if (boot->is_late && !boot->is_ready)
		return s->message = mem_printf(s, "not ready after %u seconds",
			       s->settings->ready_timeout_s);
	if (warning == NULL && s->state->backed_out != NULL)
		return s->message = mem_printf(s,
			       "it runs as it was: with its changes it did not get "
			       "ready: %s",
			       s->state->backed_out);
	return warning;
}

void supervisor_report(const struct supervisor *s)
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

const char *supervisor_last_fault(const struct supervisor *s)
{
	return mem_strdup(
		s->state, guest_own_words(s->guest, diag_last(s->diags)->message));
}

void supervisor_publish(struct supervisor *s)
{
	TMP_CTX(tmp);

	s->state->is_replacing = replace_is_under_way(s);
	s->state->state = current_state(s);
	s->state->message = current_message(s);
	s->state->changed_at = time(NULL);
	if (s->boot != NULL)
		memcpy(s->state->stage_us, s->boot->record.stage_us,
			sizeof(s->state->stage_us));
	/* A full disk is no reason to end a guest; run_state_lock() made sure it can be
	 * written. */
	(void)!run_state_write(s->folder, s->state, diags_new(tmp));
	supervisor_report(s);
	if (!s->state->is_stopping)
		notify_send(s->options->notify_socket, "STATUS=%s%s%s",
			run_state_name(s->state->state),
			s->state->message == NULL ? "" : ": ",
			s->state->message == NULL ? "" : s->state->message);
}

/* A boot at work */

unsigned supervisor_scratch_mib(const struct supervisor *s)
{
	return drive_limit_mib(s->settings, s->guest);
}

void supervisor_record(struct supervisor *s, enum boot_outcome outcome)
{
	struct boot *boot = s->boot;

	if (boot->is_recorded)
		return;
	boot->is_recorded = true;
	boot->record.outcome = outcome;
	if (s->options->booted != NULL)
		s->options->booted(s->options->user, &boot->record);
}

void supervisor_fail_boot(struct supervisor *s, const char *format, ...)
{
	va_list args;

	if (s->boot->failure != NULL)
		return;
	va_start(args, format);
	s->boot->failure = mem_vprintf(s->boot, format, args);
	va_end(args);
	process_signal(s->boot->process.pidfd, SIGKILL);
}
