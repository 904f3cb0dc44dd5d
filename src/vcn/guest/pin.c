/* SPDX-License-Identifier: Apache-2.0 */
#include "vcn/guest/pin.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <json-c/json.h>

#include "base/file.h"
#include "base/json.h"
#include "base/text.h"

int pin_check(const struct guest *guest, struct diags *diags)
{
	cpu_set_t allowed;

	if (guest->cpuset == NULL || sched_getaffinity(0, sizeof(allowed), &allowed) < 0)
		return 0;
	for (unsigned i = 0; i < guest->cpu_list.n; i++)
		if (!CPU_ISSET(guest->cpu_list.items[i], &allowed))
			return diag_fail(diags, EXIT_DATA, guest->where,
				"VCN '%s': its cpuset '%s' names processor %u, which "
				"this host has not, or does not give to vcn",
				guest->name, guest->cpuset, guest->cpu_list.items[i]);
	return 0;
}

int pin_confine(const struct cpu_list *cpus)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	for (unsigned i = 0; i < cpus->n; i++)
		CPU_SET(cpus->items[i], &set);
	return sched_setaffinity(0, sizeof(set), &set);
}

/* The last number of NSpid: the thread's in its own process namespace. */
static pid_t own_number(pid_t qemu, const char *thread)
{
	static const char key[] = "\nNSpid:";
	TMP_CTX(tmp);
	const char *path = mem_printf(tmp, "/proc/%d/task/%s/status", (int)qemu, thread);
	char *text, *line, *last;
	size_t len;

	if (file_read_at(tmp, AT_FDCWD, path, &text, &len) < 0 ||
		(line = strstr(text, key)) == NULL)
		return -1;
	line += strlen(key);
	line[strcspn(line, "\n")] = '\0';
	last = strrchr(line, '\t');
	return last == NULL ? -1 : (pid_t)strtol(last, NULL, 10);
}

/* The thread that QEMU, in a process namespace of its own, calls @number; -1: none. */
static pid_t find_thread(pid_t qemu, pid_t number)
{
	TMP_CTX(tmp);
	_cleanup_(mem_close_dir) DIR *folder =
		opendir(mem_printf(tmp, "/proc/%d/task", (int)qemu));
	struct dirent *entry;
	pid_t found = -1;

	while (folder != NULL && found < 0 && (entry = readdir(folder)) != NULL)
		if (entry->d_name[0] != '.' && own_number(qemu, entry->d_name) == number)
			found = (pid_t)strtol(entry->d_name, NULL, 10);
	return found;
}

static int bind_thread(pid_t thread, unsigned cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return sched_setaffinity(thread, sizeof(set), &set) < 0 ? errno : 0;
}

/* QEMU's threads, by the numbers that it gives them itself, and where they go. */
struct binding {
	const struct cpu_list *cpus;
	pid_t qemu;
	const int64_t *numbers;
	size_t n;
};

static int bind_all(const void *data)
{
	const struct binding *b = data;
	int error = 0;

	for (size_t i = 0; error == 0 && i < b->n; i++) {
		pid_t thread = find_thread(b->qemu, (pid_t)b->numbers[i]);

		error = thread < 0 ? ESRCH : bind_thread(thread, b->cpus->items[i]);
	}
	return error;
}

int pin_processors(const struct cpu_list *cpus, const struct identity *identity,
	pid_t qemu, struct json_object *answer)
{
	int64_t numbers[CPU_LIST_MAX];
	size_t n = json_object_is_type(answer, json_type_array)
			   ? json_object_array_length(answer)
			   : 0;

	if (n > cpus->n)
		return 0;
	for (size_t i = 0; i < n; i++) {
		numbers[i] = 0;
		if (!json_read_integer(json_object_array_get_idx(answer, i), "thread-id",
			    1, INT32_MAX, &numbers[i]) ||
			numbers[i] == 0)
			return -EPROTO;
	}
	return identity_act(
		identity, bind_all, &(struct binding){cpus, qemu, numbers, n});
}
