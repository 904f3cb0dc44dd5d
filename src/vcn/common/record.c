/* SPDX-License-Identifier: Apache-2.0 */
#include "vcn/common/record.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <json-c/json.h>

#include "base/file.h"
#include "base/json.h"
#include "base/text.h"

enum { RECORDS_MAX = 256 * 1024 * 1024, US_PER_MS = 1000, MS_PER_S = 1000 };

static const double MS_MAX = 1e12;

static const char *const stage_names[] = {
	[STAGE_SPAWNED] = "spawned",
	[STAGE_QMP] = "qmp",
	[STAGE_RUNNING] = "running",
	[STAGE_NIC] = "nic",
	[STAGE_AGENT] = "agent",
	[STAGE_READY] = "ready",
};

static const char *const outcome_names[] = {
	[BOOT_READY] = "ready", [BOOT_TIMEOUT] = "timeout", [BOOT_FAILED] = "failed"};

const char *boot_stage_name(enum boot_stage stage)
{
	return stage_names[stage];
}

/* Writing */

/* Whole microseconds as milliseconds: three decimals are exact. */
static struct json_object *milliseconds(int64_t us)
{
	TMP_CTX(tmp);
	const char *text = mem_printf(
		tmp, "%lld.%03d", (long long)(us / US_PER_MS), (int)(us % US_PER_MS));

	return json_object_new_double_s((double)us / US_PER_MS, text);
}

static struct json_object *stages_to_json(const int64_t us[_STAGE_MAX])
{
	struct json_object *json = json_object_new_object();

	for (int stage = 0; stage < _STAGE_MAX; stage++)
		if (us[stage] >= 0)
			json_object_object_add(
				json, stage_names[stage], milliseconds(us[stage]));
	return json;
}

static struct json_object *boot_to_json(const struct boot_record *record)
{
	TMP_CTX(tmp);
	struct json_object *json = json_object_new_object();

	json_put_number(json, "started_at", (int64_t)record->started);
	json_put_text(json, "name", record->name);
	json_put_text(json, "image", record->image);
	json_put_text(json, "image_id", record->image_id);
	json_put_text(json, "accel", record->accel);
	json_put_number(json, "memory_mib", record->memory_mib);
	json_put_number(json, "cpus", record->cpus);
	json_put_number(json, "concurrency", record->concurrency);
	json_object_object_add(json, "load",
		json_object_new_double_s(
			record->load, mem_printf(tmp, "%.2f", record->load)));
	json_put_text(json, "outcome", outcome_names[record->outcome]);
	json_object_object_add(json, "ms", stages_to_json(record->stage_us));
	return json;
}

/* Does the file end inside a line, because a writer died in it? */
static bool ends_inside_line(int fd)
{
	off_t size = lseek(fd, 0, SEEK_END);
	char last;

	return size > 0 && pread(fd, &last, 1, size - 1) == 1 && last != '\n';
}

static int open_records(const char *path)
{
	TMP_CTX(tmp);
	char *folder = mem_strdup(tmp, path);
	char *slash = strrchr(folder, '/');

	if (slash != NULL && slash != folder) {
		*slash = '\0';
		int r = file_make_folders(folder, 0755);

		if (r < 0)
			return r;
	}
	return file_open_regular(path, O_RDWR | O_APPEND | O_CREAT, 0644);
}

int record_append(const char *path, const struct boot_record *record, struct diags *diags)
{
	TMP_CTX(tmp);
	struct buffer *line = buffer_new(tmp);
	struct json_object *json = boot_to_json(record);
	_cleanup_(mem_close_fd) int fd = open_records(path);

	if (fd >= 0 && ends_inside_line(fd))
		buffer_add_byte(line, '\n');
	buffer_add_text(
		line, json_object_to_json_string_ext(json, JSON_C_TO_STRING_PLAIN));
	buffer_add_byte(line, '\n');
	json_object_put(json);
	int r = fd < 0 ? fd : file_write_all(fd, line->data, line->len);

	if (r < 0)
		return diag_fail_errno(diags, EXIT_IO, -r, loc_file(path),
			"the boot of '%s' cannot be recorded", record->name);
	return 0;
}

/* Reading */

static bool get_outcome(struct json_object *json, enum boot_outcome *ret)
{
	const char *name = NULL;

	if (!json_read_text(json, "outcome", &name) || name == NULL)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(outcome_names); i++)
		if (strcmp(name, outcome_names[i]) == 0) {
			*ret = (enum boot_outcome)i;
			return true;
		}
	return false;
}

static bool get_stages(struct json_object *json, int64_t us[_STAGE_MAX])
{
	struct json_object *list = NULL;

	if (!json_read_object(json, "ms", &list))
		return false;
	for (int stage = 0; stage < _STAGE_MAX; stage++) {
		double ms = -1;

		if (!json_read_number(list, stage_names[stage], &ms) || ms >= MS_MAX)
			return false;
		us[stage] = ms < 0 ? -1 : llround(ms * US_PER_MS);
	}
	return true;
}

static bool boot_from_json(
	TALLOC_CTX *mem_ctx, struct json_object *json, struct boot_record *ret)
{
	int64_t started = 0;

	if (!get_outcome(json, &ret->outcome) ||
		!json_copy_text(mem_ctx, json, "name", &ret->name) ||
		!json_copy_text(mem_ctx, json, "image", &ret->image) ||
		!json_copy_text(mem_ctx, json, "image_id", &ret->image_id) ||
		!json_copy_text(mem_ctx, json, "accel", &ret->accel) ||
		!json_read_integer(json, "started_at", 0, INT64_MAX, &started) ||
		!json_read_unsigned(json, "memory_mib", &ret->memory_mib) ||
		!json_read_unsigned(json, "cpus", &ret->cpus) ||
		!json_read_unsigned(json, "concurrency", &ret->concurrency) ||
		!json_read_number(json, "load", &ret->load) ||
		!get_stages(json, ret->stage_us))
		return false;
	ret->started = (uint64_t)started;
	return ret->name != NULL && ret->image != NULL && ret->accel != NULL;
}

/* @line up to its newline; false where it is no record. */
static bool parse_record(
	TALLOC_CTX *mem_ctx, const char *line, size_t length, struct boot_record *ret)
{
	struct json_object *json = json_read(line, length);
	bool is_record = json != NULL && boot_from_json(mem_ctx, json, ret);

	json_object_put(json);
	return is_record;
}

int record_load(TALLOC_CTX *mem_ctx, const char *path, struct diags *diags,
	struct boot_record **ret_records, size_t *ret_n)
{
	TMP_CTX(tmp);
	struct boot_record *records = NULL;
	const char *source = mem_strdup(diags, path);
	unsigned line_no = 0;
	size_t n = 0, len;
	char *text;

	*ret_records = NULL;
	*ret_n = 0;
	if (access(path, F_OK) < 0 && errno == ENOENT)
		return 0;
	int r = file_read_regular(tmp, source, RECORDS_MAX, diags, &text, &len);

	if (r < 0)
		return r;
	TALLOC_CTX *owner = talloc_named_const(tmp, 0, "records");

	for (const char *line = text; line < text + len;) {
		const char *end = memchr(line, '\n', (size_t)(text + len - line));
		size_t length = (size_t)((end == NULL ? text + len : end) - line);
		struct boot_record record = {0};

		line_no++;
		if (parse_record(owner, line, length, &record))
			*mem_push(owner, &records, &n) = record;
		else
			diag_add(diags, SEVERITY_WARNING, "boot-record",
				loc_at(source, line_no, 1),
				"this line is no boot record");
		line += length + 1;
	}
	talloc_steal(mem_ctx, owner);
	*ret_records = records;
	*ret_n = n;
	return 0;
}

/* The table */

static int compare_numbers(const void *left, const void *right)
{
	double a = *(const double *)left, b = *(const double *)right;

	return a < b ? -1 : a > b;
}

static double deviation(const double *samples, size_t n, double average)
{
	double sum = 0;

	if (n < 2)
		return 0;
	for (size_t i = 0; i < n; i++)
		sum += (samples[i] - average) * (samples[i] - average);
	return sqrt(sum / (double)(n - 1));
}

static struct boot_stage_times summarize(double *samples, size_t n)
{
	struct boot_stage_times times = {.n = n};
	double sum = 0;

	if (n == 0)
		return times;
	qsort(samples, n, sizeof(samples[0]), compare_numbers);
	for (size_t i = 0; i < n; i++)
		sum += samples[i];
	times.min = samples[0];
	times.max = samples[n - 1];
	times.median = (samples[(n - 1) / 2] + samples[n / 2]) / 2;
	times.p90 = samples[(n * 9 + 9) / 10 - 1];
	times.average = sum / (double)n;
	times.deviation = deviation(samples, n, times.average);
	return times;
}

static bool is_in_group(const struct boot_record *record, const struct boot_group *group)
{
	return strcmp(record->image, group->image) == 0 &&
	       text_compare(record->image_id, group->image_id) == 0 &&
	       strcmp(record->accel, group->accel) == 0;
}

static void fill_group(
	struct boot_group *group, const struct boot_record *records, size_t n_records)
{
	TMP_CTX(tmp);
	double *samples[_STAGE_MAX];
	size_t n[_STAGE_MAX] = {0};

	for (int stage = 0; stage < _STAGE_MAX; stage++)
		samples[stage] = mem_array(tmp, double, n_records);
	for (size_t i = 0; i < n_records; i++) {
		if (!is_in_group(&records[i], group))
			continue;
		group->n_starts++;
		group->n_ready += records[i].outcome == BOOT_READY;
		group->n_timeouts += records[i].outcome == BOOT_TIMEOUT;
		group->n_failures += records[i].outcome == BOOT_FAILED;
		for (int stage = 0; stage < _STAGE_MAX; stage++)
			if (records[i].outcome == BOOT_READY &&
				records[i].stage_us[stage] >= 0)
				samples[stage][n[stage]++] =
					(double)records[i].stage_us[stage] / US_PER_MS;
	}
	for (int stage = 0; stage < _STAGE_MAX; stage++)
		group->stages[stage] = summarize(samples[stage], n[stage]);
}

static int compare_groups(const void *left, const void *right)
{
	const struct boot_group *a = left, *b = right;
	int order = strcmp(a->image, b->image);

	if (order == 0)
		order = text_compare(a->image_id, b->image_id);
	return order != 0 ? order : strcmp(a->accel, b->accel);
}

static bool has_group(
	const struct boot_group *groups, size_t n, const struct boot_record *record)
{
	for (size_t i = 0; i < n; i++)
		if (is_in_group(record, &groups[i]))
			return true;
	return false;
}

struct boot_group *record_group(TALLOC_CTX *mem_ctx, const struct boot_record *records,
	size_t n_records, size_t *ret_n)
{
	struct boot_group *groups = NULL;
	size_t n = 0;

	for (size_t i = 0; i < n_records; i++)
		if (!has_group(groups, n, &records[i])) {
			struct boot_group *group = mem_push(mem_ctx, &groups, &n);

			group->image = records[i].image;
			group->image_id = records[i].image_id;
			group->accel = records[i].accel;
		}
	for (size_t i = 0; i < n; i++)
		fill_group(&groups[i], records, n_records);
	if (n > 1)
		qsort(groups, n, sizeof(groups[0]), compare_groups);
	*ret_n = n;
	return groups;
}

static void print_group(FILE *stream, const struct boot_group *group)
{
	fprintf(stream,
		"%s%s%s%s, %s: %zu %s, %zu ready, %zu timed out, "
		"%zu failed; seconds since the start of QEMU\n",
		group->image, group->image_id == NULL ? "" : " (",
		group->image_id == NULL ? "" : group->image_id,
		group->image_id == NULL ? "" : ")", group->accel, group->n_starts,
		text_plural(group->n_starts, "start", "starts"), group->n_ready,
		group->n_timeouts, group->n_failures);
	fprintf(stream, "  %-8s %6s %9s %9s %9s %9s %9s %9s\n", "stage", "n", "min",
		"median", "p90", "max", "average", "stddev");
	for (int stage = 0; stage < _STAGE_MAX; stage++) {
		const struct boot_stage_times *t = &group->stages[stage];

		if (t->n == 0)
			continue;
		fprintf(stream, "  %-8s %6zu %9.3f %9.3f %9.3f %9.3f %9.3f %9.3f\n",
			stage_names[stage], t->n, t->min / MS_PER_S, t->median / MS_PER_S,
			t->p90 / MS_PER_S, t->max / MS_PER_S, t->average / MS_PER_S,
			t->deviation / MS_PER_S);
	}
}

void record_print(FILE *stream, const struct boot_group *groups, size_t n_groups)
{
	for (size_t i = 0; i < n_groups; i++) {
		if (i > 0)
			fputc('\n', stream);
		print_group(stream, &groups[i]);
	}
}

static void put_number(struct json_object *json, const char *key, double value)
{
	TMP_CTX(tmp);

	json_object_object_add(json, key,
		json_object_new_double_s(value, mem_printf(tmp, "%.3f", value)));
}

static struct json_object *stage_to_json(const struct boot_stage_times *times)
{
	struct json_object *json = json_object_new_object();

	json_put_number(json, "n", (int64_t)times->n);
	put_number(json, "min", times->min);
	put_number(json, "median", times->median);
	put_number(json, "p90", times->p90);
	put_number(json, "max", times->max);
	put_number(json, "average", times->average);
	put_number(json, "stddev", times->deviation);
	return json;
}

static struct json_object *group_to_json(const struct boot_group *group)
{
	struct json_object *json = json_object_new_object();
	struct json_object *stages = json_object_new_object();

	json_put_text(json, "image", group->image);
	json_put_text(json, "image_id", group->image_id);
	json_put_text(json, "accel", group->accel);
	json_put_number(json, "starts", (int64_t)group->n_starts);
	json_put_number(json, "ready", (int64_t)group->n_ready);
	json_put_number(json, "timeouts", (int64_t)group->n_timeouts);
	json_put_number(json, "failures", (int64_t)group->n_failures);
	for (int stage = 0; stage < _STAGE_MAX; stage++)
		if (group->stages[stage].n > 0)
			json_object_object_add(stages, stage_names[stage],
				stage_to_json(&group->stages[stage]));
	json_object_object_add(json, "ms", stages);
	return json;
}

struct json_object *record_to_json(const struct boot_group *groups, size_t n_groups)
{
	struct json_object *json = json_object_new_array();

	for (size_t i = 0; i < n_groups; i++)
		json_object_array_add(json, group_to_json(&groups[i]));
	return json;
}
