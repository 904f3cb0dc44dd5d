/* SPDX-License-Identifier: Apache-2.0 */
#include "vcn/host/status.h"

#include <string.h>

#include <json-c/json.h>

#include "base/json.h"
#include "base/text.h"
#include "vcn/host/columns.h"

enum { MINUTE = 60, HOUR = 3600, DAY = 86400, N_COLUMNS = 8 };

/* A failure is one of what should run: nobody asks any more why something else does not. */
static enum guest_state shown_state(const struct manifest *manifest,
	const struct guest *guest, const struct run_state *state)
{
	bool shall_run = manifest == NULL || (guest != NULL && guest->is_enabled);

	return shall_run || run_state_is_running(state) ? state->state : STATE_STOPPED;
}

static bool is_wanted(const struct status_row *row, char *const *names, size_t n_names)
{
	if (n_names == 0)
		return row->guest == NULL || row->guest->is_enabled ||
		       row->shown != STATE_STOPPED;
	for (size_t i = 0; i < n_names; i++)
		if (text_equal_case(names[i], row->state->name))
			return true;
	return false;
}

struct status *status_collect(TALLOC_CTX *mem_ctx, const struct manifest *manifest,
	const struct observation *seen, char *const *names, size_t n_names,
	const char *host, int64_t now)
{
	struct status *status = mem_new(mem_ctx, struct status);

	status->host = host;
	status->now = now;
	status->has_manifest = manifest != NULL;
	for (size_t i = 0; i < seen->n_states; i++) {
		const struct run_state *state = seen->states[i];
		struct status_row row = {.state = state};

		if (manifest != NULL)
			row.guest = manifest_find(manifest, state->name);
		row.shown = shown_state(manifest, row.guest, state);
		if (!is_wanted(&row, names, n_names))
			continue;
		row.is_outdated = row.guest != NULL &&
				  reconcile_is_outdated(manifest, row.guest, state);
		row.word = row.is_outdated && state->state == STATE_READY
				   ? "outdated"
				   : run_state_name(row.shown);
		*mem_push(status, &status->rows, &status->n_rows) = row;
	}
	return status;
}

int status_code_of(const char *word)
{
	static const struct {
		enum guest_state state;
		int code;
	} codes[] = {
		{STATE_FAILED, EXIT_REJECTED},
		{STATE_DEGRADED, EXIT_REJECTED},
		{STATE_WAITING, EXIT_REJECTED},
		{STATE_REFUSED, EXIT_REFUSED},
	};

	for (size_t i = 0; i < ARRAY_SIZE(codes); i++)
		if (strcmp(run_state_name(codes[i].state), word) == 0)
			return codes[i].code;
	return 0;
}

int status_code(const struct status *status)
{
	int code = 0;

	for (size_t i = 0; i < status->n_rows; i++) {
		int of_row = status_code_of(status->rows[i].word);

		if (of_row > code)
			code = of_row;
	}
	return code;
}

/* The table */

int64_t status_uptime(const struct status *status, const struct run_state *state)
{
	int64_t seconds = status->now - state->started_at;

	return state->pid == 0 || state->started_at == 0 || seconds < 0 ? 0 : seconds;
}

/* "3d 04:05", "04:05:06", "05:06": as ps(1) shows it */
static const char *format_uptime(TALLOC_CTX *mem_ctx, int64_t seconds)
{
	int days = (int)(seconds / DAY), hours = (int)(seconds % DAY / HOUR);
	int minutes = (int)(seconds % HOUR / MINUTE);

	if (days > 0)
		return mem_printf(mem_ctx, "%dd %02d:%02d", days, hours, minutes);
	if (hours > 0)
		return mem_printf(mem_ctx, "%02d:%02d:%02d", hours, minutes,
			(int)(seconds % MINUTE));
	return mem_printf(mem_ctx, "%02d:%02d", minutes, (int)(seconds % MINUTE));
}

/* What the state's word does not say. */
static const char *remark(
	TALLOC_CTX *mem_ctx, const struct status *status, const struct status_row *row)
{
	bool is_running = run_state_is_running(row->state);
	const char *message = row->state->message;

	if (row->state->is_stopping)
		return "stopping";
	if (message != NULL)
		return text_printable_line(mem_ctx, message);
	if (is_running && status->has_manifest && row->guest == NULL)
		return "not in the manifest";
	if (row->guest != NULL && !row->guest->is_enabled)
		return "disabled";
	if (row->state->is_image_replaced)
		return "its image was replaced: vcn restart";
	if (row->is_outdated)
		return "the manifest has changed: vcn restart";
	return "";
}

/* Memory, image and accelerator: of the run, else of the manifest's entry. */
static void format_row(TALLOC_CTX *mem_ctx, const struct status *status,
	const struct status_row *row, const char **cells)
{
	const struct run_state *state = row->state;
	const struct guest *guest = row->guest;
	bool is_running = run_state_is_running(state);
	unsigned memory =
		is_running || guest == NULL ? state->memory_mib : guest->memory_mib;
	const char *image = state->image;

	if (!is_running && guest != NULL)
		image = guest->image.path != NULL ? guest->image.path
						  : guest->image.kernel;
	cells[0] = state->name;
	cells[1] = row->word;
	cells[2] = is_running && state->pid > 0
			   ? mem_printf(mem_ctx, "%d", (int)state->pid)
			   : "-";
	cells[3] = is_running && state->pid > 0
			   ? format_uptime(mem_ctx, status_uptime(status, state))
			   : "-";
	cells[4] = memory == 0 ? "-" : mem_printf(mem_ctx, "%u", memory);
	cells[5] = !is_running ? "-" : state->accel == ACCEL_TCG ? "tcg" : "kvm";
	cells[6] = image == NULL ? "-" : image;
	cells[7] = remark(mem_ctx, status, row);
}

const char *status_color(const char *word)
{
	static const struct {
		const char *word, *color;
	} colors[] = {
		{"ready", "\033[32m"},
		{"starting", "\033[33m"},
		{"booting", "\033[33m"},
		{"degraded", "\033[33m"},
		{"outdated", "\033[33m"},
		{"waiting", "\033[33m"},
		{"refused", "\033[31m"},
		{"failed", "\033[31m"},
		{"unknown", "\033[31m"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(colors); i++)
		if (strcmp(colors[i].word, word) == 0)
			return colors[i].color;
	return "";
}

void status_print(FILE *stream, const struct status *status, bool color)
{
	static const char *const head[N_COLUMNS] = {
		"NAME", "STATE", "PID", "UPTIME", "MIB", "ACCEL", "IMAGE", ""};
	TMP_CTX(tmp);
	struct columns table = {.head = head, .n_columns = N_COLUMNS, .colored = 1};

	for (size_t i = 0; i < status->n_rows; i++) {
		struct columns_row *row = columns_add(tmp, &table);

		format_row(tmp, status, &status->rows[i], row->cells);
		row->color = color ? status_color(status->rows[i].word) : "";
	}
	columns_print(stream, &table);
}

/* JSON */

/* Of a guest that does not run: what it would have. */
static void put_guest(struct json_object *json, const struct guest *guest)
{
	json_put_text(json, "fqdn", guest->fqdn);
	json_put_text(json, "uuid", guest->uuid);
	json_put_text(json, "vo", guest->vo);
	json_put_text(json, "image",
		guest->image.path != NULL ? guest->image.path : guest->image.kernel);
	json_put_number(json, "memory_mib", guest->memory_mib);
	json_put_number(json, "cpus", guest->cpus);
}

static struct json_object *row_to_json(
	const struct status *status, const struct status_row *row)
{
	struct json_object *json = run_state_to_json(row->state);
	const struct guest *guest = row->guest;

	/* What does not run has none. */
	if (!run_state_is_running(row->state))
		json_object_object_add(json, "accel", NULL);
	if (guest != NULL && !run_state_is_running(row->state))
		put_guest(json, guest);
	json_put_text(json, "state", row->word);
	json_put_bool(json, "outdated", row->is_outdated);
	json_put_number(json, "uptime_s", status_uptime(status, row->state));
	if (status->has_manifest) {
		json_put_bool(json, "in_manifest", guest != NULL);
		json_put_bool(json, "enabled", guest != NULL && guest->is_enabled);
	}
	return json;
}

struct json_object *status_to_json(const struct status *status)
{
	struct json_object *json = json_object_new_array();

	for (size_t i = 0; i < status->n_rows; i++)
		json_object_array_add(json, row_to_json(status, &status->rows[i]));
	return json;
}
