/* SPDX-License-Identifier: Apache-2.0 */
#include "vcn/host/admission.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "vcn/common/memory_need.h"
#include "vcn/common/patience.h"

enum {
	KIB_PER_MIB = 1024,
	BYTES_PER_MIB = 1024 * 1024,
	COPIED_TIMEOUT_MS = 3000,
};

/* The number behind @key in a file of `KEY:   NUMBER kB` lines; false where it has none. */
static bool find_kib(const char *text, const char *key, uint64_t *ret)
{
	for (const char *line = text; line != NULL; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (text_has_prefix(line, key) && line[strlen(key)] == ':') {
			*ret = strtoull(line + strlen(key) + 1, NULL, 10);
			return true;
		}
	}
	return false;
}

/* What a process has in memory now, by a line of its status; 0 for one that is gone. */
static uint64_t status_mib(pid_t pid, const char *key)
{
	TMP_CTX(tmp);
	const char *path = mem_printf(tmp, "/proc/%d/status", (int)pid);
	uint64_t kib = 0;
	char *text;
	size_t len;

	if (pid <= 0 || file_read_at(tmp, AT_FDCWD, path, &text, &len) < 0 ||
		!find_kib(text, key, &kib))
		return 0;
	return kib / KIB_PER_MIB;
}

static uint64_t huge_mib(pid_t pid)
{
	return status_mib(pid, "HugetlbPages");
}

static uint64_t may_still_take(const struct run_state *state)
{
	uint64_t need = memory_need_mib(state->memory_mib, state->cpus, state->accel);
	uint64_t has = status_mib(state->pid, "VmRSS") + huge_mib(state->pid);

	return has < need ? need - has : 0;
}

/* Of the host's own size, which QEMU takes too. */
static uint64_t free_huge_mib(const char *meminfo)
{
	uint64_t pages = 0, kib = 0;

	if (!find_kib(meminfo, "HugePages_Free", &pages) ||
		!find_kib(meminfo, "Hugepagesize", &kib))
		return 0;
	return pages * kib / KIB_PER_MIB;
}

int admission_open(const struct launch_settings *settings,
	struct run_state *const *states, size_t n_states, struct diags *diags,
	struct admission *ret)
{
	static const char path[] = "/proc/meminfo";
	TMP_CTX(tmp);
	uint64_t kib, taken = settings->memory_reserve_mib;
	char *text;
	size_t len;
	int r = file_read(tmp, path, EXIT_IO, SIZE_MAX, diags, &text, &len);

	if (r < 0)
		return r;
	if (!find_kib(text, "MemAvailable", &kib))
		return diag_fail(
			diags, EXIT_IO, loc_file(path), "there is no MemAvailable");
	for (size_t i = 0; i < n_states; i++)
		if (run_state_is_running(states[i]))
			taken += may_still_take(states[i]);
	ret->free_huge_mib = free_huge_mib(text);
	ret->free_mib = kib / KIB_PER_MIB > taken ? kib / KIB_PER_MIB - taken : 0;
	return 0;
}

/* For the child: the guests, and how many. */
struct asked {
	const struct guest *const *guests;
	size_t n;
};

static uint64_t copied_bytes(const char *path)
{
	struct stat st;

	if (path == NULL || stat(path, &st) < 0 || (st.st_mode & S_IROTH) != 0)
		return 0;
	return (uint64_t)st.st_size;
}

static void write_copied(const void *user, int fd)
{
	const struct asked *asked = user;

	for (size_t i = 0; i < asked->n; i++) {
		const struct guest_image *image = &asked->guests[i]->image;
		uint64_t bytes = copied_bytes(image->kernel);

		if (image->kernel != NULL)
			bytes += copied_bytes(image->initrd);
		if (file_write_all(fd, &bytes, sizeof(bytes)) < 0)
			return;
	}
}

void admission_copied_mib(const struct guest *const *guests, size_t n, uint64_t *ret)
{
	TMP_CTX(tmp);
	const struct asked asked = {guests, n};
	char *answer;
	size_t len = 0;

	(void)!patience_read(tmp, COPIED_TIMEOUT_MS, n * sizeof(uint64_t), write_copied,
		&asked, NULL, &answer, &len);
	for (size_t i = 0; i < n; i++) {
		uint64_t bytes = 0;

		if ((i + 1) * sizeof(bytes) <= len)
			memcpy(&bytes, answer + i * sizeof(bytes), sizeof(bytes));
		ret[i] = (bytes + BYTES_PER_MIB - 1) / BYTES_PER_MIB;
	}
}

int admission_take(struct admission *admission, const struct guest *guest,
	enum accel accel, uint64_t copied_mib, const struct run_state *replaced,
	struct diags *diags)
{
	/* One that has ended gives nothing back: what it had is free by now. */
	if (replaced != NULL && !run_state_is_running(replaced))
		replaced = NULL;
	uint64_t has_huge = replaced == NULL ? 0 : huge_mib(replaced->pid);
	uint64_t huge = guest->has_huge_pages ? guest->memory_mib : 0;
	uint64_t need = memory_need_mib(guest->memory_mib, guest->cpus, accel) - huge +
			copied_mib;
	uint64_t has = replaced == NULL ? 0
					: memory_need_mib(replaced->memory_mib,
						  replaced->cpus, replaced->accel) -
						  has_huge;

	if (huge > admission->free_huge_mib + has_huge)
		return diag_fail(diags, EXIT_REJECTED, guest->where,
			"'%s' does not fit: it needs %llu MiB of huge pages and %llu are "
			"free (vm.nr_hugepages)",
			guest->name, (unsigned long long)huge,
			(unsigned long long)(admission->free_huge_mib + has_huge));

	if (need > admission->free_mib + has)
		return diag_fail(diags, EXIT_REJECTED, guest->where,
			"'%s' does not fit: it needs %llu MiB (%u of its own) and %llu "
			"MiB are left for guests; stop others, or lower 'memory-reserve'",
			guest->name, (unsigned long long)need, guest->memory_mib,
			(unsigned long long)(admission->free_mib + has));
	admission->free_mib = admission->free_mib + has - need;
	admission->free_huge_mib = admission->free_huge_mib + has_huge - huge;
	return 0;
}
