/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "ldapcc/verify.h"
#include "publish/child.h"

enum { FILE_MAX = 64 * 1024 };

/* When the files of @target were written last, or 0. */
int64_t verify_written_at(const struct verify *v, const char *target, bool has_parts)
{
	TMP_CTX(tmp);
	size_t len = strlen(target);
	int64_t newest = 0;

	for (size_t i = 0; i < v->current->n_files; i++) {
		const struct generation_file *file = &v->current->files[i];
		const char *name = v->current->targets[file->target].name;
		struct stat st;

		if (strncmp(name, target, len) != 0 ||
			(name[len] != '\0' && !(has_parts && name[len] == '-')) ||
			stat(state_path(tmp, v->state, file->path), &st) < 0)
			continue;
		int64_t written =
			(int64_t)st.st_mtim.tv_sec * 1000 + st.st_mtim.tv_nsec / 1000000;

		newest = written > newest ? written : newest;
	}
	return newest;
}

int64_t verify_now_ms(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

const char *verify_time_text(TALLOC_CTX *mem_ctx, int64_t ms)
{
	return text_format_time(mem_ctx, ms / 1000);
}

/* dhcpd and dnsmasq: who was not started since reads an old file */

struct process {
	const char *target, *program;
	const char *units[3]; /* as systemd has them */
	const char *pid_file;
	bool rereads; /* its file, when it is told to; else it has to be started again */
};

static int64_t read_pid(TALLOC_CTX *mem_ctx, const char *path)
{
	uint64_t pid;
	char *text;
	size_t len;

	if (file_read(mem_ctx, path, EXIT_IO, FILE_MAX, diags_new(mem_ctx), &text, &len) <
		0)
		return -1;
	text[strcspn(text, " \t\r\n")] = '\0';
	return text_parse_u64(text, INT32_MAX, &pid) ? (int64_t)pid : -1;
}

/* The main process of the first unit that systemd knows; -1: none is known. */
static int64_t unit_pid(TALLOC_CTX *mem_ctx, const struct process *process)
{
	for (size_t i = 0; i < ARRAY_SIZE(process->units); i++) {
		const char *words[] = {"systemctl", "show",
			"--property=LoadState,MainPID", "--value", "--",
			process->units[i], NULL};
		struct child_result result;
		uint64_t pid;
		size_t n;

		if (process->units[i] == NULL)
			break;
		child_run(mem_ctx, words, CHILD_TIMEOUT_MS, true, &result);
		char **lines = text_split(mem_ctx, result.output, '\n', &n);
		bool is_known = false;

		for (size_t j = 0; j < n; j++)
			is_known |= strcmp(lines[j], "loaded") == 0;
		for (size_t j = 0; result.status == 0 && is_known && j < n; j++)
			if (text_parse_u64(lines[j], INT32_MAX, &pid))
				return (int64_t)pid;
	}
	return -1;
}

/* proc(5): the 22nd word, in ticks since the machine started; behind the name in brackets. */
static bool started_at(int64_t pid, int64_t *ret_ms)
{
	TMP_CTX(tmp);
	const char *path = mem_printf(tmp, "/proc/%lld/stat", (long long)pid);
	uint64_t ticks;
	char *text;
	size_t len, n;

	if (file_read(tmp, path, EXIT_IO, FILE_MAX, diags_new(tmp), &text, &len) < 0)
		return false;
	const char *behind = strrchr(text, ')');
	char **words = text_split_blank(tmp, behind == NULL ? "" : behind + 1, &n);

	if (n < 20 || !text_parse_u64(words[19], UINT64_MAX / 1000, &ticks))
		return false;
	*ret_ms = verify_now_ms(CLOCK_REALTIME) - verify_now_ms(CLOCK_BOOTTIME) +
		  (int64_t)(ticks * 1000 / (uint64_t)sysconf(_SC_CLK_TCK));
	return true;
}

/*
 * Was it told of what is there? When it was sent a SIGHUP last no kernel says; a reload that is
 * not confirmed is pending, and verify_pending() has reported that.
 */
static bool is_told(const struct verify *v, const struct process *process)
{
	const struct target *target =
		targets_find(v->run->targets, v->run->n_targets, process->target);

	return process->rereads && target != NULL &&
	       target->on_change.kind != ACTION_NONE;
}

/* Two clocks are compared, one of which counts in hundredths. */
enum { CLOCK_SLACK_MS = 50 };

static void verify_process(struct verify *v, const struct process *process)
{
	TMP_CTX(tmp);
	int64_t pid = -1, started = 0,
		written = verify_written_at(v, process->target, false);

	if (!verify_has_target(v, process->target))
		return;
	if (access("/run/systemd/system", F_OK) == 0)
		pid = unit_pid(tmp, process);
	if (pid < 0)
		pid = read_pid(tmp, state_path(tmp, v->state, process->pid_file));
	if (pid < 0) {
		verify_note(v,
			"no %s was looked at for '%s': there is no unit, and no %s",
			process->program, process->target, process->pid_file);
		return;
	}
	v->n_looked_at++;
	if (pid == 0 || !started_at(pid, &started))
		verify_report(v, process->target, "%s does not run", process->program);
	else if (started + CLOCK_SLACK_MS < written && !is_told(v, process))
		verify_report(v, process->target,
			"%s (process %lld) runs since %s, and its file was written at %s",
			process->program, (long long)pid, verify_time_text(tmp, started),
			verify_time_text(tmp, written));
}

void verify_dhcp(struct verify *v)
{
	const struct verify_settings *settings = &v->run->settings->verify;
	const struct process processes[] = {
		{"dhcpd", "dhcpd", {"isc-dhcp-server", "dhcpd"}, settings->dhcpd_pid,
			false},
		{"dhcpd6", "dhcpd", {"isc-dhcp-server6", "isc-dhcp-server", "dhcpd6"},
			settings->dhcpd6_pid, false},
		{"dnsmasq", "dnsmasq", {"dnsmasq"}, settings->dnsmasq_pid, false},
		{"dnsmasq-dhcp", "dnsmasq", {"dnsmasq"}, settings->dnsmasq_pid, false},
		{"dnsmasq-dhcp-hosts", "dnsmasq", {"dnsmasq"}, settings->dnsmasq_pid,
			true},
	};

	for (size_t i = 0; i < ARRAY_SIZE(processes); i++)
		verify_process(v, &processes[i]);
	verify_kea(v, 4, settings->kea4_socket);
	verify_kea(v, 6, settings->kea6_socket);
}
