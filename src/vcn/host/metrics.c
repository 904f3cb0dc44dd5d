/* SPDX-License-Identifier: Apache-2.0 */
#include "vcn/host/metrics.h"

#include <inttypes.h>
#include <time.h>

#include "base/metric.h"

enum { BYTES_PER_MIB = 1024 * 1024, US_PER_S = 1000000 };

/* A label's value: backslash, quote and newline escaped. */
static void add_label(struct buffer *b, const char *name, const char *value)
{
	buffer_printf(b, "%s=\"", name);
	for (; *value != '\0'; value++)
		if (*value == '\n')
			buffer_add_text(b, "\\n");
		else if (*value == '\\' || *value == '"')
			buffer_printf(b, "\\%c", *value);
		else
			buffer_add(b, value, 1);
	buffer_add_text(b, "\"");
}

static void add_head(
	struct buffer *b, const char *name, const char *type, const char *help)
{
	buffer_printf(b, "# TYPE %s %s\n# HELP %s %s\n", name, type, name, help);
}

static bool runs(const struct status_row *row)
{
	return run_state_is_running(row->state);
}

static int64_t memory_bytes(const struct status *status, const struct status_row *row)
{
	(void)status;
	return runs(row) ? (int64_t)row->state->memory_mib * BYTES_PER_MIB : 0;
}

static int64_t uptime(const struct status *status, const struct status_row *row)
{
	return status_uptime(status, row->state);
}

static int64_t processors(const struct status *status, const struct status_row *row)
{
	(void)status;
	return runs(row) ? row->state->cpus : 0;
}

static int64_t failures(const struct status *status, const struct status_row *row)
{
	(void)status;
	return row->state->n_failures;
}

static int64_t outdated(const struct status *status, const struct status_row *row)
{
	(void)status;
	return row->is_outdated;
}

static int64_t boots(const struct status *status, const struct status_row *row)
{
	(void)status;
	return runs(row) ? row->state->n_boots : 0;
}

/* One number of each VCN. */
static const struct metric {
	const char *name, *help;
	int64_t (*value)(const struct status *status, const struct status_row *row);
} metrics[] = {
	{"vcn_uptime_seconds", "Since the start of its QEMU.", uptime},
	{"vcn_memory_bytes", "What the guest has.", memory_bytes},
	{"vcn_cpus", "Virtual processors.", processors},
	{"vcn_boots", "Of this supervisor; a guest's reboot is a new one.", boots},
	{"vcn_failures", "In a row.", failures},
	{"vcn_outdated", "1: its entry or its image has changed since.", outdated},
};

static void add_metric(
	struct buffer *b, const struct metric *metric, const struct status *status)
{
	add_head(b, metric->name, "gauge", metric->help);
	for (size_t i = 0; i < status->n_rows; i++) {
		buffer_printf(b, "%s{", metric->name);
		add_label(b, "vcn", status->rows[i].state->name);
		buffer_printf(
			b, "} %" PRId64 "\n", metric->value(status, &status->rows[i]));
	}
}

/* Every state with 1 or 0, so that a change is seen without a gap. */
static void add_states(struct buffer *b, const struct status *status, const char *type)
{
	add_head(b, "vcn_state", type, "As vcn status names it.");
	for (size_t i = 0; i < status->n_rows; i++)
		for (enum guest_state state = 0; state < _STATE_MAX; state++) {
			buffer_add_text(b, "vcn_state{");
			add_label(b, "vcn", status->rows[i].state->name);
			buffer_add_text(b, ",");
			add_label(b, "vcn_state", run_state_name(state));
			buffer_printf(b, "} %d\n", status->rows[i].shown == state);
		}
}

static void add_stages(struct buffer *b, const struct status *status)
{
	add_head(b, "vcn_boot_seconds", "gauge",
		"From the start of QEMU to each stage of the last boot.");
	for (size_t i = 0; i < status->n_rows; i++)
		for (enum boot_stage stage = 0; stage < _STAGE_MAX; stage++) {
			const struct run_state *state = status->rows[i].state;

			if (!runs(&status->rows[i]) || state->stage_us[stage] < 0)
				continue;
			buffer_add_text(b, "vcn_boot_seconds{");
			add_label(b, "vcn", state->name);
			buffer_add_text(b, ",");
			add_label(b, "stage", boot_stage_name(stage));
			buffer_printf(
				b, "} %.6f\n", (double)state->stage_us[stage] / US_PER_S);
		}
}

static void add_all(struct buffer *b, const struct status *status, const char *stateset)
{
	add_head(b, "vcn_exit_status", "gauge", "That vcn status exits with.");
	buffer_printf(b, "vcn_exit_status %d\n", status_code(status));
	add_states(b, status, stateset);
	for (size_t i = 0; i < ARRAY_SIZE(metrics); i++)
		add_metric(b, &metrics[i], status);
	add_stages(b, status);
}

char *metrics_text(TALLOC_CTX *mem_ctx, const struct status *status)
{
	struct buffer *b = buffer_new(mem_ctx);

	add_all(b, status, "stateset");
	buffer_add_text(b, "# EOF\n");
	return b->data;
}

int metrics_write(
	const char *path, const struct status *status, int apply, struct diags *diags)
{
	TMP_CTX(tmp);
	struct buffer *b = buffer_new(tmp);

	if (status != NULL)
		add_all(b, status, "gauge");
	if (apply >= 0) {
		metric_number(b, "vcn_apply_exit_status",
			"Of the last vcn apply; see vcn(8).", apply);
		metric_number(b, "vcn_apply_timestamp_seconds",
			"When it ended, in Unix time.", (int64_t)time(NULL));
	}
	return metric_write(path, b, diags);
}
