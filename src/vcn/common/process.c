/* SPDX-License-Identifier: Apache-2.0 */
#include "vcn/common/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/file.h"

enum { STAT_COMMAND = 2, STAT_STARTTIME = 22 };

uint64_t process_starttime(pid_t pid)
{
	TMP_CTX(tmp);
	char *text = NULL, *end;
	size_t len;

	if (pid <= 0 ||
		file_read_at(tmp, AT_FDCWD, mem_printf(tmp, "/proc/%d/stat", (int)pid),
			&text, &len) < 0)
		return 0;
	/* The command stands in parentheses and may hold anything: count after it. */
	char *field = strrchr(text, ')');

	for (int n = STAT_COMMAND; field != NULL && n < STAT_STARTTIME; n++)
		field = strchr(field + 1, ' ');
	if (field == NULL)
		return 0;
	unsigned long long ticks = strtoull(field + 1, &end, 10);

	return end > field + 1 ? ticks : 0;
}

bool process_is_stopped(pid_t pid, uint64_t starttime)
{
	TMP_CTX(tmp);
	char *text = NULL;
	size_t len;

	if (pid <= 0 || process_starttime(pid) != starttime ||
		file_read_at(tmp, AT_FDCWD, mem_printf(tmp, "/proc/%d/stat", (int)pid),
			&text, &len) < 0)
		return false;
	const char *state = strrchr(text, ')');

	return state != NULL && (state[2] == 'T' || state[2] == 't');
}

/* By number, because glibc has wrappers only from 2.36 on. */
int process_open(pid_t pid, uint64_t starttime)
{
	if (pid <= 0 || starttime == 0)
		return -1;
	int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);

	/* Looked at after the open: the number cannot be given away any more. */
	if (pidfd >= 0 && process_starttime(pid) != starttime) {
		close(pidfd);
		return -1;
	}
	return pidfd;
}

void process_signal(int pidfd, int signal)
{
	(void)!syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0);
}

bool process_wait(int pidfd, int timeout_ms)
{
	struct pollfd end = {.fd = pidfd, .events = POLLIN};

	return poll(&end, 1, timeout_ms) == 1;
}

const char *process_boot_id(TALLOC_CTX *mem_ctx)
{
	char *text;
	size_t len;

	if (file_read_at(mem_ctx, AT_FDCWD, "/proc/sys/kernel/random/boot_id", &text,
		    &len) < 0)
		return "unknown";
	text[strcspn(text, "\n")] = '\0';
	return text;
}
