/* SPDX-License-Identifier: Apache-2.0 */
#include "vcn/host/metrics.h"

#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

#include "base/metric.h"

enum { BYTES_PER_MIB = 1024 * 1024, US_PER_S = 1000000 };

/* A label's value: backslash, quote and newline escaped. */
static void print_label(FILE *stream, const char *name, const char *value)
{
	fprintf(stream, "%s=\"", name);
	for (; *value != '\0'; value++)
		if (*value == '\n')
			fputs("\\n", stream);
		else if (*value == '\\' || *value == '"')
			fprintf(stream, "\\%c", *value);
		else
			fputc(*value, stream);
	fputc('"', stream);
}

static void print_head(FILE *stream, const char *name, const char *type, const char *help)
{
	fprintf(stream, "# TYPE %s %s\n# HELP %s %s\n", name, type, name, help);
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
	{"vcn_uptime_seconds", "Since the start of its supervisor.", uptime},
	{"vcn_memory_bytes", "What the guest has.", memory_bytes},
	{"vcn_cpus", "Virtual processors.", processors},
	{"vcn_boots", "Of this supervisor; a guest's reboot is a new one.", boots},
	{"vcn_failures", "In a row.", failures},
	{"vcn_outdated", "1: its entry or its image has changed since.", outdated},
};

static void print_metric(
	FILE *stream, const struct metric *metric, const struct status *status)
{
	print_head(stream, metric->name, "gauge", metric->help);
	for (size_t i = 0; i < status->n_rows; i++) {
		fprintf(stream, "%s{", metric->name);
		print_label(stream, "vcn", status->rows[i].state->name);
		fprintf(stream, "} %" PRId64 "\n",
			metric->value(status, &status->rows[i]));
	}
}

/* Every state with 1 or 0, so that a change is seen without a gap. */
static void print_states(FILE *stream, const struct status *status, const char *type)
{
	print_head(stream, "vcn_state", type, "As vcn status names it.");
	for (size_t i = 0; i < status->n_rows; i++)
		for (enum guest_state state = 0; state < _STATE_MAX; state++) {
			fputs("vcn_state{", stream);
			print_label(stream, "vcn", status->rows[i].state->name);
			fputc(',', stream);
			print_label(stream, "vcn_state", run_state_name(state));
			fprintf(stream, "} %d\n", status->rows[i].state->state == state);
		}
}

static void print_stages(FILE *stream, const struct status *status)
{
	print_head(stream, "vcn_boot_seconds", "gauge",
		"From the start of QEMU to each stage of the last boot.");
	for (size_t i = 0; i < status->n_rows; i++)
		for (enum boot_stage stage = 0; stage < _STAGE_MAX; stage++) {
			const struct run_state *state = status->rows[i].state;

			if (!runs(&status->rows[i]) || state->stage_us[stage] < 0)
				continue;
			fputs("vcn_boot_seconds{", stream);
			print_label(stream, "vcn", state->name);
			fputc(',', stream);
			print_label(stream, "stage", boot_stage_name(stage));
			fprintf(stream, "} %.6f\n",
				(double)state->stage_us[stage] / US_PER_S);
		}
}

static void print_all(FILE *stream, const struct status *status, const char *stateset)
{
	print_head(stream, "vcn_exit_status", "gauge", "That vcn status exits with.");
	fprintf(stream, "vcn_exit_status %d\n", status_code(status));
	print_states(stream, status, stateset);
	for (size_t i = 0; i < ARRAY_SIZE(metrics); i++)
		print_metric(stream, &metrics[i], status);
	print_stages(stream, status);
}

void metrics_print(FILE *stream, const struct status *status)
{
	print_all(stream, status, "stateset");
	fputs("# EOF\n", stream);
}

int metrics_write(
	const char *path, const struct status *status, int apply, struct diags *diags)
{
	TMP_CTX(tmp);
	struct buffer *b = buffer_new(tmp);
	char *text = NULL;
	size_t len = 0;
	FILE *stream = open_memstream(&text, &len);

	if (stream == NULL)
		abort(); /* out of memory, as in base/mem.c */
	if (status != NULL)
		print_all(stream, status, "gauge");
	fclose(stream);
	buffer_add(b, text, len);
	free(text);
	if (apply >= 0) {
		metric_number(b, "vcn_apply_exit_status",
			"Of the last vcn apply; see vcn(8).", apply);
		metric_number(b, "vcn_apply_timestamp_seconds",
			"When it ended, in Unix time.", (int64_t)time(NULL));
	}
	return metric_write(path, b, diags);
}
