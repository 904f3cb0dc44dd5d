/* SPDX-License-Identifier: Apache-2.0 */

/* What the state of a guest says, and above all what it must not say. */

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <json-c/json.h>

#include "base/file.h"
#include "vcn/common/process.h"
#include "vcn/common/run_state.h"
#include "vcn/guest/readiness.h"

static char runtime_dir[] = "/tmp/test-state.XXXXXX";

static int set_up(void **state)
{
	(void)state;
	return mkdtemp(runtime_dir) == NULL ? -1 : 0;
}

static int tear_down(void **state)
{
	(void)state;
	return rmdir(runtime_dir);
}

/* As a supervisor would write it: this process, now. */
static void fill(TALLOC_CTX *mem_ctx, struct run_state *state)
{
	*state = (struct run_state){
		.name = "vcn001",
		.state = STATE_READY,
		.digest = "abc",
		.pid = getpid(),
		.starttime = process_starttime(getpid()),
		.supervisor_pid = getpid(),
		.supervisor_starttime = process_starttime(getpid()),
		.boot_id = process_boot_id(mem_ctx),
		.changed_at = 1795430400,
		.stage_us = {1, 2, 3, -1, -1, 6},
	};
}

static struct run_state_folder *lock(TALLOC_CTX *mem_ctx)
{
	struct run_state_folder *folder;

	assert_int_equal(run_state_lock(mem_ctx, runtime_dir, "vcn001",
				 diags_new(mem_ctx), &folder),
		0);
	return folder;
}

static struct run_state *look(TALLOC_CTX *mem_ctx)
{
	struct run_state *state;

	assert_int_equal(run_state_read(mem_ctx, runtime_dir, "vcn001",
				 diags_new(mem_ctx), &state),
		0);
	return state;
}

static void test_never_ran(void **state)
{
	TMP_CTX(tmp);
	struct run_state *found = look(tmp);
	char **names;
	size_t n;

	(void)state;
	assert_int_equal(found->state, STATE_STOPPED);
	assert_string_equal(found->name, "vcn001");
	assert_int_equal(found->stage_us[STAGE_READY], -1);
	assert_int_equal(run_state_list(tmp, runtime_dir, diags_new(tmp), &names, &n), 0);
	assert_int_equal(n, 0);
}

static void test_round_trip(void **state)
{
	TMP_CTX(tmp);
	const char *taps[] = {"vcn0123456789ab", "vcnba9876543210"};
	struct run_state *found, written;

	(void)state;
	fill(tmp, &written);
	written.taps = taps;
	written.n_taps = 2;
	written.message = "a \"quoted\" message";
	written.accel = ACCEL_TCG;
	struct json_object *json = run_state_to_json(&written);

	found = run_state_from_json(tmp, json);
	json_object_put(json);
	assert_string_equal(found->name, "vcn001");
	assert_int_equal(found->state, STATE_READY);
	assert_int_equal(found->accel, ACCEL_TCG);
	assert_string_equal(found->message, written.message);
	assert_null(found->image);
	assert_int_equal(found->n_taps, 2);
	assert_string_equal(found->taps[1], taps[1]);
	assert_int_equal(found->starttime, written.starttime);
	assert_memory_equal(found->stage_us, written.stage_us, sizeof(written.stage_us));
}

/* One row: what the file says, whether the lock is held, and what is then true. */
static const struct row {
	enum guest_state written;
	bool is_locked, other_boot, other_process;
	enum guest_state found;
	unsigned n_failures;
} rows[] = {
	{STATE_READY, true, false, false, STATE_READY, 0},
	{STATE_DEGRADED, true, false, false, STATE_DEGRADED, 0},
	/* locked, but the file is an older supervisor's */
	{STATE_READY, true, true, false, STATE_STARTING, 0},
	{STATE_READY, true, false, true, STATE_STARTING, 0},
	{STATE_FAILED, true, false, true, STATE_STARTING, 0},
	/* not locked: nothing runs, whatever lives under the numbers in the file */
	{STATE_READY, false, false, false, STATE_FAILED, 1},
	{STATE_STARTING, false, false, false, STATE_FAILED, 1},
	{STATE_BOOTING, false, false, true, STATE_FAILED, 1},
	{STATE_READY, false, true, false, STATE_STOPPED, 0},
	{STATE_STOPPED, false, false, false, STATE_STOPPED, 0},
	{STATE_FAILED, false, true, false, STATE_FAILED, 0},
};

static void test_truth(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		TMP_CTX(tmp);
		struct run_state written;
		struct run_state_folder *folder = lock(tmp);

		fill(tmp, &written);
		written.state = rows[i].written;
		if (rows[i].other_boot)
			written.boot_id = "another";
		if (rows[i].other_process)
			written.supervisor_starttime--;
		assert_int_equal(run_state_write(folder, &written, diags_new(tmp)), 0);
		if (!rows[i].is_locked)
			TALLOC_FREE(folder);
		struct run_state *found = look(tmp);

		if (found->state != rows[i].found)
			fail_msg("row %zu: %s", i, run_state_name(found->state));
		if (!run_state_is_running(found))
			assert_int_equal(found->pid, 0);
		assert_int_equal(found->n_failures, rows[i].n_failures);
		TALLOC_FREE(folder);
		run_state_forget(runtime_dir, "vcn001");
	}
}

static void test_damaged_file(void **state)
{
	static const char *const texts[] = {"", "{", "[]", "null",
		"{\"state\": \"ready\"}",
		"{\"state\": 7, \"taps\": {}, \"stages_us\": [], \"pid\": \"x\"}"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		TMP_CTX(tmp);
		struct run_state_folder *folder = lock(tmp);

		assert_int_equal(file_replace_at(folder->dirfd, "state.json", texts[i],
					 strlen(texts[i]), 0600),
			0);
		assert_int_equal(look(tmp)->state, STATE_STARTING);
		TALLOC_FREE(folder);
		assert_false(run_state_is_running(look(tmp)));
		run_state_forget(runtime_dir, "vcn001");
	}
}

static void test_one_supervisor(void **state)
{
	TMP_CTX(tmp);
	struct diags *diags = diags_new(tmp);
	struct run_state_folder *first = lock(tmp), *second;

	(void)state;
	assert_int_equal(
		run_state_lock(tmp, runtime_dir, "vcn001", diags, &second), -EXIT_BUSY);
	/* Looking does not take, and forgetting does not remove. */
	assert_int_equal(look(tmp)->state, STATE_STARTING);
	run_state_forget(runtime_dir, "vcn001");
	assert_int_equal(look(tmp)->state, STATE_STARTING);
	TALLOC_FREE(first);
	second = lock(tmp);
	TALLOC_FREE(second);
	run_state_forget(runtime_dir, "vcn001");
	assert_int_equal(look(tmp)->state, STATE_STOPPED);
}

/* Of a QEMU that outlived its supervisor: the next one ends it before it starts another. */
static void test_leftover(void **state)
{
	TMP_CTX(tmp);
	struct run_state_folder *folder;
	struct run_state written;
	/* Before the lock, which it would inherit. */
	pid_t child = fork();

	(void)state;
	if (child == 0) {
		alarm(60);
		pause();
		_exit(0);
	}
	folder = lock(tmp);
	fill(tmp, &written);
	written.pid = child;
	written.starttime = process_starttime(child);
	assert_int_equal(run_state_write(folder, &written, diags_new(tmp)), 0);
	TALLOC_FREE(folder);
	_cleanup_(mem_close_fd) int pidfd = process_open(child, written.starttime);

	assert_true(pidfd >= 0);
	folder = lock(tmp);
	assert_true(process_wait(pidfd, 0));
	assert_int_equal(folder->n_failures, 1);
	TALLOC_FREE(folder);
	run_state_forget(runtime_dir, "vcn001");
}

static void test_processes(void **state)
{
	uint64_t starttime = process_starttime(getpid());
	int pidfd = process_open(getpid(), starttime);

	(void)state;
	assert_true(starttime > 0);
	assert_true(pidfd >= 0);
	close(pidfd);
	/* The same number with another start time is another process. */
	assert_int_equal(process_open(getpid(), starttime + 1), -1);
	assert_int_equal(process_open(getpid(), 0), -1);
	assert_int_equal(process_open(0, starttime), -1);
	assert_int_equal(process_starttime(-1), 0);
}

static void test_names(void **state)
{
	static const char *const names[] = {
		"", ".", "..", ".uids", "a/b", "../vcn001", "a\nb"};
	TMP_CTX(tmp);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct diags *diags = diags_new(tmp);
		struct run_state_folder *folder;
		struct run_state *found;

		assert_int_equal(
			run_state_lock(tmp, runtime_dir, names[i], diags, &folder),
			-EXIT_DATA);
		assert_int_equal(
			run_state_read(tmp, runtime_dir, names[i], diags, &found),
			-EXIT_DATA);
		run_state_forget(runtime_dir, names[i]);
	}
}

static void test_open_folder_is_refused(void **state)
{
	TMP_CTX(tmp);
	struct run_state_folder *folder;

	(void)state;
	assert_int_equal(chmod(runtime_dir, 0777), 0);
	assert_int_equal(
		run_state_lock(tmp, runtime_dir, "vcn001", diags_new(tmp), &folder),
		-EXIT_IO);
	assert_int_equal(chmod(runtime_dir, 0700), 0);
}

/* What a guest's systemd says (notify.h) */

static void test_notify(void **state)
{
	static const struct {
		const char *text;
		bool is_ready, is_rescue, is_rescue_over;
	} messages[] = {
		{"READY=1", true, false, false},
		{"STATUS=x\nREADY=1\n", true, false, false},
		{"X_SYSTEMD_UNIT_ACTIVE=emergency.target\n", false, true, false},
		{"X_SYSTEMD_UNIT_ACTIVE=rescue.target\nREADY=1", true, true, false},
		{"X_SYSTEMD_UNIT_INACTIVE=rescue.target", false, false, true},
		{"READY=10", false, false, false},
		{"XREADY=1", false, false, false},
		{"READY=", false, false, false},
		{"", false, false, false},
		{"\n\n\n", false, false, false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(messages); i++) {
		struct readiness_news news = {0};

		readiness_read(messages[i].text, strlen(messages[i].text), &news);
		assert_int_equal(news.is_ready, messages[i].is_ready);
		assert_int_equal(news.is_rescue, messages[i].is_rescue);
		assert_int_equal(news.is_rescue_over, messages[i].is_rescue_over);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_never_ran),
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_truth),
		cmocka_unit_test(test_damaged_file),
		cmocka_unit_test(test_one_supervisor),
		cmocka_unit_test(test_leftover),
		cmocka_unit_test(test_processes),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_open_folder_is_refused),
		cmocka_unit_test(test_notify),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
