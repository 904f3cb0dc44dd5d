/* SPDX-License-Identifier: Apache-2.0 */

/* Programs and services: real children, and a systemctl that the test wrote. */

#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "publish/child.h"
#include "publish/services.h"

static void run_shell(TALLOC_CTX *mem_ctx, const char *script, unsigned timeout_ms,
	struct child_result *ret)
{
	const char *words[] = {"sh", "-c", script, NULL};

	child_run(mem_ctx, words, timeout_ms, true, ret);
}

/* Commands */

static void test_status(void **state)
{
	TMP_CTX(tmp);
	struct child_result r;
	const char *missing[] = {"no-such-program-here", NULL};

	(void)state;
	run_shell(tmp, "echo out; echo err >&2; exit 7", CHILD_TIMEOUT_MS, &r);
	assert_int_equal(r.status, 7);
	assert_string_equal(r.output, "out\nerr\n");
	assert_string_equal(child_describe(tmp, &r, 30000), "exited with status 7");
	run_shell(tmp, "kill -9 $$", CHILD_TIMEOUT_MS, &r);
	assert_int_equal(r.signal, 9);
	assert_int_not_equal(r.status, 0);
	child_run(tmp, missing, CHILD_TIMEOUT_MS, true, &r);
	assert_true(r.is_missing);
	assert_int_not_equal(r.status, 0);
}

static void test_environment(void **state)
{
	TMP_CTX(tmp);
	struct child_result r;

	(void)state;
	setenv("LD_LIBRARY_PATH", "/nowhere", 1);
	run_shell(tmp, "env | sed 's/=.*//' | sort | tr '\\n' ' '; pwd; cat; ulimit -c",
		CHILD_TIMEOUT_MS, &r);
	unsetenv("LD_LIBRARY_PATH");
	/* the shell adds PWD and its own */
	assert_non_null(strstr(r.output, "HOME LC_ALL "));
	assert_null(strstr(r.output, "LD_LIBRARY_PATH"));
	assert_non_null(strstr(r.output, "/\n"));
}

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* A zombie that nobody reaps does not run, either. */
static bool is_running(TALLOC_CTX *mem_ctx, pid_t pid)
{
	char *text;
	size_t len;

	if (file_read_at(mem_ctx, AT_FDCWD,
		    mem_printf(mem_ctx, "/proc/%d/stat", (int)pid), &text, &len) < 0)
		return false;
	const char *state = strrchr(text, ')');

	return state != NULL && strncmp(state, ") Z", 3) != 0;
}

/* The group goes with it, and a grandchild that holds the pipe does not keep us. */
static void test_timeout(void **state)
{
	TMP_CTX(tmp);
	struct child_result r;
	int64_t start = now_ms();

	(void)state;
	run_shell(tmp, "sleep 1000 & echo $!; wait", 200, &r);
	assert_true(r.is_timed_out);
	pid_t grandchild = (pid_t)strtol(r.output, NULL, 10);

	assert_true(grandchild > 0);
	while (is_running(tmp, grandchild) && now_ms() - start < 20000)
		;
	assert_string_equal(child_describe(tmp, &r, 200), "did not end within 0.2 s");
	run_shell(tmp, "trap '' TERM; sleep 1000 & wait; sleep 1000", 200, &r);
	assert_true(r.is_timed_out);
	run_shell(tmp, "sleep 1000 & exit 0", CHILD_TIMEOUT_MS, &r);
	assert_int_equal(r.status, 0);
	assert_false(r.is_timed_out);
	assert_in_range(now_ms() - start, 0, 20000);
}

static void test_flood(void **state)
{
	TMP_CTX(tmp);
	struct child_result r;

	(void)state;
	run_shell(tmp, "yes abcdefg | head -c 3000000; echo; echo last", CHILD_TIMEOUT_MS,
		&r);
	assert_int_equal(r.status, 0);
	assert_in_range(strlen(r.output), 1000, CHILD_OUTPUT_MAX);
	assert_string_equal(r.output + strlen(r.output) - 5, "last\n");
}

static void test_format(void **state)
{
	TMP_CTX(tmp);
	const char *words[] = {"dhcpd", "-t", "a b", "", NULL};

	(void)state;
	assert_string_equal(child_format(tmp, words), "dhcpd -t 'a b' ''");
}

/* Services */

struct lab {
	char *root;
	struct settings settings;
	struct state *state;
	struct diags *diags;
};

static const struct services_options quick = {.timeout_ms = 2000};

/*
 * A systemctl over plain files: ROOT/units/NAME holds the state's words, "restart"
 * follows ROOT/on-restart, and every call but show is written to ROOT/calls.
 */
static const char systemctl[] =
	"#!/bin/sh\n"
	"root=${0%/bin/*}\n"
	"for unit; do :; done\n"
	"case $1 in\n"
	"show)\n"
	"	echo \"Id=$unit.service\"\n"
	"	if [ -e $root/units/$unit ] || [ -e $root/units/${unit%.service} ]; "
	"then\n"
	"		echo LoadState=loaded; cat $root/units/${unit%.service}\n"
	"	else echo LoadState=not-found; echo ActiveState=inactive; fi;;\n"
	"restart|reload)\n"
	"	echo \"$1 ${unit%.service}\" >>$root/calls\n"
	"	. $root/on-restart;;\n"
	"esac\n";

static char *place(struct lab *m, const char *name)
{
	return file_join(m, m->root, name);
}

static void put(struct lab *m, const char *name, const char *text, mode_t mode)
{
	int fd = open(place(m, name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);

	assert_true(fd >= 0);
	assert_int_equal(file_write_all(fd, text, strlen(text)), 0);
	close(fd);
}

static const char *calls(struct lab *m)
{
	char *bytes;
	size_t len;

	if (file_read_at(m, AT_FDCWD, place(m, "calls"), &bytes, &len) < 0)
		return "";
	return bytes;
}

static int remove_entry(
	const char *path, const struct stat *st, int flag, struct FTW *walk)
{
	(void)st;
	(void)flag;
	(void)walk;
	return remove(path);
}

static int set_up(void **state)
{
	struct lab *m = mem_new(NULL, struct lab);
	char root[] = "/tmp/test-services-XXXXXX";

	if (mkdtemp(root) == NULL)
		return -1;
	m->root = mem_strdup(m, root);
	m->settings.state = "/state";
	m->settings.keep = 3;
	mkdir(place(m, "bin"), 0755);
	mkdir(place(m, "units"), 0755);
	put(m, "bin/systemctl", systemctl, 0755);
	put(m, "on-restart",
		"echo 'ActiveState=active\nMainPID=2' >$root/units/${unit%.service}\n",
		0644);
	setenv("PATH", mem_printf(m, "%s:/usr/bin:/bin", place(m, "bin")), 1);
	m->diags = diags_new(m);
	*state = m;
	return state_open(m, &m->settings, m->root, true, m->diags, &m->state);
}

static int tear_down(void **state)
{
	struct lab *m = *state;

	nftw(m->root, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
	talloc_free(m);
	return 0;
}

static void note(struct lab *m, const char *target, enum action_kind kind,
	const char *const *units, uint64_t generation)
{
	struct action action = {.kind = kind};

	for (; *units != NULL; units++)
		*mem_push(m, &action.words.items, &action.words.n) = *units;
	assert_int_equal(
		pending_note(m->state, target, &action, generation, 1000, m->diags), 0);
}

static size_t n_pending(struct lab *m)
{
	struct pending *pending;
	size_t n;

	assert_int_equal(pending_load(m, m->state, m->diags, &pending, &n), 0);
	return n;
}

static const char *const dhcpd[] = {"isc-dhcp-server", "dhcpd", NULL};
static const char *const dnsmasq[] = {"dnsmasq", NULL};

static void test_restart(void **state)
{
	struct lab *m = *state;

	put(m, "units/dhcpd", "ActiveState=active\nMainPID=1\n", 0644);
	note(m, "dhcpd", ACTION_RESTART, dhcpd, 1);
	assert_int_equal(services_run(m->state, &quick, m->diags), 0);
	assert_string_equal(calls(m), "restart dhcpd\n");
	assert_int_equal(n_pending(m), 0);
	assert_int_equal(services_run(m->state, &quick, m->diags), 0);
	assert_string_equal(calls(m), "restart dhcpd\n");
}

static void test_nothing_to_restart(void **state)
{
	struct lab *m = *state;

	note(m, "dhcpd", ACTION_RESTART, dhcpd, 1);
	put(m, "units/dnsmasq", "ActiveState=inactive\nMainPID=0\n", 0644);
	note(m, "dnsmasq", ACTION_RESTART, dnsmasq, 1);
	assert_int_equal(services_run(m->state, &quick, m->diags), 0);
	assert_string_equal(calls(m), "");
	assert_int_equal(n_pending(m), 0);
	/* by somebody who is just about to stop it */
	put(m, "units/dnsmasq", "ActiveState=deactivating\nMainPID=1\n", 0644);
	note(m, "dnsmasq", ACTION_RESTART, dnsmasq, 1);
	assert_int_equal(services_run(m->state, &quick, m->diags), 0);
	assert_string_equal(calls(m), "");
}

static void test_strongest_once(void **state)
{
	struct lab *m = *state;

	put(m, "units/dnsmasq", "ActiveState=active\nMainPID=1\nCanReload=yes\n", 0644);
	note(m, "dnsmasq-hosts", ACTION_RELOAD, dnsmasq, 1);
	assert_int_equal(services_run(m->state, &quick, m->diags), 0);
	assert_string_equal(calls(m), "reload dnsmasq\n");
	put(m, "units/dnsmasq", "ActiveState=active\nMainPID=1\nCanReload=yes\n", 0644);
	note(m, "dnsmasq-hosts", ACTION_RELOAD, dnsmasq, 2);
	note(m, "dnsmasq", ACTION_RESTART, dnsmasq, 2);
	assert_int_equal(services_run(m->state, &quick, m->diags), 0);
	assert_string_equal(calls(m), "reload dnsmasq\nrestart dnsmasq\n");
	assert_int_equal(n_pending(m), 0);
	/* a unit that cannot reload */
	put(m, "units/dnsmasq", "ActiveState=active\nMainPID=1\nCanReload=no\n", 0644);
	note(m, "dnsmasq-hosts", ACTION_RELOAD, dnsmasq, 3);
	assert_int_equal(services_run(m->state, &quick, m->diags), 0);
	assert_string_equal(
		calls(m), "reload dnsmasq\nrestart dnsmasq\nrestart dnsmasq\n");
}

/* A restart that takes the unit down is no wish of the administrator's. */
static void test_failed_restart(void **state)
{
	struct lab *m = *state;

	put(m, "units/dnsmasq", "ActiveState=active\nMainPID=1\n", 0644);
	put(m, "on-restart",
		"echo ActiveState=inactive >$root/units/dnsmasq; echo broken; exit 1\n",
		0644);
	note(m, "dnsmasq", ACTION_RESTART, dnsmasq, 1);
	assert_int_equal(services_run(m->state, &quick, m->diags), -EXIT_PENDING);
	assert_int_equal(n_pending(m), 1);
	assert_int_equal(m->diags->findings[0]->n_notes, 1);
	assert_string_equal(m->diags->findings[0]->notes[0].message, "broken");
	/* only what is younger */
	struct services_options later = quick;

	later.generation = 2;
	assert_int_equal(services_run(m->state, &later, m->diags), 0);
	assert_int_equal(n_pending(m), 1);
	/* nor is it after the next change */
	note(m, "dnsmasq", ACTION_RESTART, dnsmasq, 2);
	assert_int_equal(services_run(m->state, &quick, m->diags), -EXIT_PENDING);
	assert_int_equal(n_pending(m), 1);
	put(m, "on-restart",
		"echo 'ActiveState=active\nMainPID=2' >$root/units/dnsmasq\n", 0644);
	assert_int_equal(services_run(m->state, &quick, m->diags), 0);
	assert_int_equal(n_pending(m), 0);
}

/* systemctl says yes, and nothing happened: the same process is still there. */
static void test_unconfirmed(void **state)
{
	struct lab *m = *state;
	struct services_options impatient = {.timeout_ms = 300};

	put(m, "units/dnsmasq", "ActiveState=active\nMainPID=1\n", 0644);
	put(m, "on-restart", ":\n", 0644);
	note(m, "dnsmasq", ACTION_RESTART, dnsmasq, 1);
	assert_int_equal(services_run(m->state, &impatient, m->diags), -EXIT_PENDING);
	put(m, "on-restart", "echo 'ActiveState=failed' >$root/units/dnsmasq\n", 0644);
	assert_int_equal(services_run(m->state, &impatient, m->diags), -EXIT_PENDING);
	assert_non_null(
		strstr(m->diags->findings[1]->message, "failed after the restart"));
	assert_int_equal(n_pending(m), 1);
}

/* systemctl says yes, and what was told to read its files has ended by them. */
static void test_unconfirmed_reload(void **state)
{
	struct lab *m = *state;

	put(m, "units/dnsmasq", "ActiveState=active\nMainPID=1\nCanReload=yes\n", 0644);
	put(m, "on-restart", "echo ActiveState=failed >$root/units/dnsmasq\n", 0644);
	note(m, "dnsmasq-hosts", ACTION_RELOAD, dnsmasq, 1);
	assert_int_equal(services_run(m->state, &quick, m->diags), -EXIT_PENDING);
	assert_non_null(
		strstr(m->diags->findings[0]->message, "not active after the reload"));
	assert_int_equal(n_pending(m), 1);
}

/* A daemon that dies of its configuration right after its start. */
static void test_settling(void **state)
{
	struct lab *m = *state;
	struct services_options settle = {.timeout_ms = 2000, .settle_ms = 2000};

	put(m, "units/dnsmasq", "ActiveState=active\nMainPID=1\n", 0644);
	put(m, "on-restart",
		"echo 'ActiveState=active\nMainPID=2' >$root/units/dnsmasq\n"
		"(sleep 0.3; echo ActiveState=activating >$root/units/dnsmasq) "
		">/dev/null 2>&1 &\n",
		0644);
	note(m, "dnsmasq", ACTION_RESTART, dnsmasq, 1);
	assert_int_equal(services_run(m->state, &settle, m->diags), -EXIT_PENDING);
	assert_non_null(strstr(m->diags->findings[0]->message, "did not stay active"));
}

static void test_damaged_note(void **state)
{
	struct lab *m = *state;

	put(m, "state/pending/dnsmasq", "action restart\nword dnsmasq\n", 0644);
	assert_int_equal(services_run(m->state, &quick, m->diags), -EXIT_IO);
	assert_non_null(strstr(m->diags->findings[0]->message, "damaged"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_status),
		cmocka_unit_test(test_environment),
		cmocka_unit_test(test_timeout),
		cmocka_unit_test(test_flood),
		cmocka_unit_test(test_format),
		TEST(test_restart),
		TEST(test_nothing_to_restart),
		TEST(test_strongest_once),
		TEST(test_failed_restart),
		TEST(test_unconfirmed),
		TEST(test_unconfirmed_reload),
		TEST(test_settling),
		TEST(test_damaged_note),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
