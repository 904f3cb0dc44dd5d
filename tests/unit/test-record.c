/* SPDX-License-Identifier: Apache-2.0 */

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <json-c/json.h>

#include "base/file.h"
#include "vcn/common/record.h"

static char folder[] = "/tmp/test-record.XXXXXX";

static int make_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) == NULL ? -1 : 0;
}

static int remove_folder(void **state)
{
	(void)state;
	return rmdir(folder);
}

static const char *path_of(TALLOC_CTX *mem_ctx, const char *name)
{
	return file_join(mem_ctx, folder, name);
}

static struct boot_record make_record(
	const char *image, const char *accel, enum boot_outcome outcome, int64_t ready_us)
{
	return (struct boot_record){
		.started = 1795430400,
		.name = "vcn001",
		.image = image,
		.accel = accel,
		.memory_mib = 128,
		.cpus = 1,
		.concurrency = 3,
		.load = 0.25,
		.outcome = outcome,
		.stage_us = {1, 60125, 61000, -1, -1, ready_us},
	};
}

static void test_round_trip(void **state)
{
	TMP_CTX(tmp);
	struct diags *diags = diags_new(tmp);
	const char *path = path_of(tmp, "a/b/boots.jsonl");
	struct boot_record record =
		make_record("/images/\"odd\".qcow2", "tcg", BOOT_READY, 6789012);
	struct boot_record *read;
	size_t n;

	(void)state;
	assert_int_equal(record_append(path, &record, diags), 0);
	record.outcome = BOOT_TIMEOUT;
	assert_int_equal(record_append(path, &record, diags), 0);
	assert_int_equal(record_load(tmp, path, diags, &read, &n), 0);
	assert_int_equal(n, 2);
	assert_int_equal(diags->n_findings, 0);
	assert_string_equal(read[0].image, "/images/\"odd\".qcow2");
	assert_string_equal(read[0].name, "vcn001");
	assert_int_equal(read[0].started, 1795430400);
	assert_int_equal(read[0].concurrency, 3);
	assert_int_equal(read[0].memory_mib, 128);
	assert_memory_equal(read[0].stage_us, record.stage_us, sizeof(record.stage_us));
	assert_int_equal(read[0].outcome, BOOT_READY);
	assert_int_equal(read[1].outcome, BOOT_TIMEOUT);
	unlink(path);
	rmdir(path_of(tmp, "a/b"));
	rmdir(path_of(tmp, "a"));
}

static void test_damaged_lines(void **state)
{
	static const char lines[] = "no json\n"
				    "{\"name\": \"v\"}\n"
				    "[]\n"
				    "{\"name\": \"v\", \"image\": \"/i\", \"accel\": "
				    "\"kvm\", \"outcome\": \"odd\"}\n"
				    "{\"name\": \"v\", \"image\": \"/i\", \"accel\": "
				    "\"kvm\", \"outcome\": \"ready\"}\n"
				    "{\"name\": \"cut";
	TMP_CTX(tmp);
	struct diags *diags = diags_new(tmp);
	const char *path = path_of(tmp, "boots.jsonl");
	struct boot_record record = make_record("/i", "kvm", BOOT_READY, 5);
	struct boot_record *read;
	size_t n;
	int fd = open(path, O_WRONLY | O_CREAT, 0600);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, lines, strlen(lines)), strlen(lines));
	close(fd);
	/* the cut line is ended first, so this record survives it */
	assert_int_equal(record_append(path, &record, diags), 0);
	assert_int_equal(record_load(tmp, path, diags, &read, &n), 0);
	assert_int_equal(n, 2);
	assert_int_equal(read[0].stage_us[STAGE_READY], -1);
	assert_int_equal(read[1].stage_us[STAGE_READY], 5);
	assert_int_equal(diags->n_warnings, 5);
	assert_int_equal(diags->findings[4]->where.line, 6);
	unlink(path);
}

static void test_no_file(void **state)
{
	TMP_CTX(tmp);
	struct diags *diags = diags_new(tmp);
	struct boot_record *read;
	size_t n = 1;

	(void)state;
	assert_int_equal(record_load(tmp, path_of(tmp, "none"), diags, &read, &n), 0);
	assert_int_equal(n, 0);
}

static void assert_near(double got, double wanted)
{
	if (got < wanted - 1e-6 || got > wanted + 1e-6)
		fail_msg("%f, not %f", got, wanted);
}

/* Figures worked out by hand. */
static void test_statistics(void **state)
{
	TMP_CTX(tmp);
	struct boot_record records[12];
	size_t n;

	(void)state;
	for (int i = 0; i < 10; i++) /* 10, 9, … 1 s */
		records[i] = make_record("/b", "tcg", BOOT_READY, (10 - i) * 1000000);
	records[10] = make_record("/b", "tcg", BOOT_TIMEOUT, -1);
	records[11] = make_record("/a", "kvm", BOOT_FAILED, 99000000);
	struct boot_group *groups = record_group(tmp, records, 12, &n);

	assert_int_equal(n, 2);
	assert_string_equal(groups[0].image, "/a");
	assert_int_equal(groups[0].n_starts, 1);
	assert_int_equal(groups[0].n_failures, 1);
	assert_int_equal(groups[0].stages[STAGE_READY].n, 0); /* a failure is no sample */
	assert_int_equal(groups[1].n_starts, 11);
	assert_int_equal(groups[1].n_ready, 10);
	assert_int_equal(groups[1].n_timeouts, 1);
	const struct boot_stage_times *t = &groups[1].stages[STAGE_READY];

	assert_int_equal(t->n, 10);
	assert_near(t->min, 1000);
	assert_near(t->median, 5500);
	assert_near(t->p90, 9000);
	assert_near(t->max, 10000);
	assert_near(t->average, 5500);
	assert_near(t->deviation, 3027.650354097); /* sqrt(82.5 / 9) s */
	assert_int_equal(groups[1].stages[STAGE_NIC].n, 0);
	assert_near(groups[1].stages[STAGE_QMP].deviation, 0);
}

static void test_one_sample(void **state)
{
	TMP_CTX(tmp);
	struct boot_record record = make_record("/b", "tcg", BOOT_READY, 2000000);
	size_t n;
	struct boot_group *groups;

	(void)state;
	groups = record_group(tmp, &record, 1, &n);
	assert_near(groups[0].stages[STAGE_READY].median, 2000);
	assert_near(groups[0].stages[STAGE_READY].p90, 2000);
	assert_near(groups[0].stages[STAGE_READY].deviation, 0);
}

static void test_output(void **state)
{
	static const char wanted[] = "/b, tcg: 1 start, 1 ready, 0 timed out, 0 failed; "
				     "seconds since the start of "
				     "QEMU\n"
				     "  stage         n       min    median       p90    "
				     "   max   average    stddev\n"
				     "  spawned       1     0.000     0.000     0.000    "
				     " 0.000     0.000     0.000\n"
				     "  qmp           1     0.060     0.060     0.060    "
				     " 0.060     0.060     0.000\n"
				     "  running       1     0.061     0.061     0.061    "
				     " 0.061     0.061     0.000\n"
				     "  ready         1     2.000     2.000     2.000    "
				     " 2.000     2.000     0.000\n";
	TMP_CTX(tmp);
	struct boot_record record = make_record("/b", "tcg", BOOT_READY, 2000000);
	char *text;
	size_t n, size;
	struct boot_group *groups = record_group(tmp, &record, 1, &n);
	FILE *stream = open_memstream(&text, &size);

	(void)state;
	record_print(stream, groups, n);
	fclose(stream);
	assert_string_equal(text, wanted);
	free(text);
	struct json_object *json = record_to_json(groups, n);

	assert_non_null(
		strstr(json_object_to_json_string_ext(json, JSON_C_TO_STRING_PLAIN),
			"\"ready\":{\"n\":1,\"min\":2000.000,\"median\":2000.000"));
	json_object_put(json);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_damaged_lines),
		cmocka_unit_test(test_no_file),
		cmocka_unit_test(test_statistics),
		cmocka_unit_test(test_one_sample),
		cmocka_unit_test(test_output),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
