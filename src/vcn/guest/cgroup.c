/* SPDX-License-Identifier: Apache-2.0 */
#include "vcn/guest/cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "vcn/common/memory_need.h"
#include "vcn/guest/drive.h"

#define SUPERVISOR "supervisor"
#define GUEST "guest"

enum {
	BYTES_PER_MIB = 1024 * 1024,
	PERIOD_US = 100 * 1000,
	FIRMWARE_FILES = 1, /* what UEFI remembers */
};

/* A guest that takes all it may still leaves its supervisor a turn. */
#define SUPERVISOR_WEIGHT "1000"

struct cgroup {
	int fd; /* the folder of the delegated group */
	uint64_t n_killed; /* in the guest's, before the QEMU of now */
};

static int close_cgroup(struct cgroup *cgroup)
{
	mem_close_fd(&cgroup->fd);
	return 0;
}

/* Limits */

/* MiB that it may write where a file system keeps that in memory; UINT64_MAX: any number. */
static uint64_t written_to_memory_mib(const struct launch_settings *settings,
	const struct guest *guest, const struct overlay *overlay)
{
	uint64_t limit = drive_limit_mib(settings, guest), whole;
	uint64_t n_files = (guest->image.path != NULL) + FIRMWARE_FILES + guest->n_disks;
	struct statfs fs;

	if (fstatfs(overlay->top_fd, &fs) < 0 ||
		(fs.f_type != TMPFS_MAGIC && fs.f_type != RAMFS_MAGIC))
		return 0;
	whole = (uint64_t)fs.f_blocks * (uint64_t)fs.f_bsize / BYTES_PER_MIB;
	if (whole == 0)
		whole = UINT64_MAX;
	if (limit == 0)
		return whole;
	return limit * n_files < whole ? limit * n_files : whole;
}

struct cgroup_limits cgroup_limits_of(const struct launch_settings *settings,
	const struct guest *guest, const struct overlay *overlay)
{
	uint64_t need = memory_need_mib(guest->memory_mib, guest->cpus, settings->accel);
	uint64_t written = written_to_memory_mib(settings, guest, overlay);

	/* Huge pages are counted by themselves. */
	if (guest->has_huge_pages)
		need -= guest->memory_mib;
	return (struct cgroup_limits){
		.memory_mib = written == UINT64_MAX ? 0 : need + written,
		.cpus = guest->cpus + 1,
	};
}

/* Files of groups */

static int write_text(int fd, const char *name, const char *text)
{
	_cleanup_(mem_close_fd) int file = openat(fd, name, O_WRONLY | O_CLOEXEC);

	return file < 0 ? -errno : file_write_all(file, text, strlen(text));
}

/* The number behind "@key " in a file of such lines; 0 where it has none. */
static uint64_t read_number(int fd, const char *name, const char *key)
{
	TMP_CTX(tmp);
	char *text;
	size_t len, n_lines;

	if (file_read_at(tmp, fd, name, &text, &len) < 0)
		return 0;
	char **lines = text_split(tmp, text, '\n', &n_lines);

	for (size_t i = 0; i < n_lines; i++)
		if (text_has_prefix(lines[i], key) && lines[i][strlen(key)] == ' ')
			return strtoull(lines[i] + strlen(key), NULL, 10);
	return 0;
}

/* Where cgroup v2 is: all there is, or beside v1; NULL: nowhere. */
static const char *find_mount(void)
{
	static const char *const places[] = {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"};
	struct statfs fs;

	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		if (statfs(places[i], &fs) == 0 && fs.f_type == CGROUP2_SUPER_MAGIC)
			return places[i];
	return NULL;
}

/* The folder of the calling process' group, or NULL. */
static const char *find_own(TALLOC_CTX *mem_ctx)
{
	static const char prefix[] = "0::";
	TMP_CTX(tmp);
	const char *mount = find_mount();
	char *text;
	size_t len, n_lines;

	if (mount == NULL ||
		file_read_at(tmp, AT_FDCWD, "/proc/self/cgroup", &text, &len) < 0)
		return NULL;
	char **lines = text_split(tmp, text, '\n', &n_lines);

	for (size_t i = 0; i < n_lines; i++)
		if (text_has_prefix(lines[i], prefix))
			return file_join(mem_ctx, mount, lines[i] + strlen(prefix));
	return NULL;
}

static bool is_delegated(const char *path)
{
	static const char *const signs[] = {"user.delegate", "trusted.delegate"};
	char value;

	for (size_t i = 0; path != NULL && i < ARRAY_SIZE(signs); i++)
		if (getxattr(path, signs[i], &value, 1) == 1 && value == '1')
			return true;
	return false;
}

/* Has the group what limits are made of? */
static bool has_controllers(int fd)
{
	static const char *const wanted[] = {"memory", "cpu"};
	TMP_CTX(tmp);
	char *text;
	size_t len, n_words, n_found = 0;

	if (file_read_at(tmp, fd, "cgroup.controllers", &text, &len) < 0)
		return false;
	text[strcspn(text, "\n")] = '\0';
	char **words = text_split(tmp, text, ' ', &n_words);

	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++)
		for (size_t j = 0; j < n_words; j++)
			n_found += strcmp(words[j], wanted[i]) == 0;
	return n_found == ARRAY_SIZE(wanted);
}

/* The supervisor's part */

static int make_group(int fd, const char *name)
{
	return mkdirat(fd, name, 0755) < 0 && errno != EEXIST ? -errno : 0;
}

/* A group that gives to others has no processes of its own. */
static int move_supervisor(int fd)
{
	int r = make_group(fd, SUPERVISOR);

	if (r == 0)
		r = write_text(fd, SUPERVISOR "/cgroup.procs", "0");
	if (r == 0)
		r = write_text(fd, "cgroup.subtree_control", "+memory +cpu");
	return r;
}

static const char *explain(TALLOC_CTX *mem_ctx, const char *path, int error)
{
	return error == EOPNOTSUPP
		       ? mem_printf(mem_ctx,
				 "control group '%s' has no controllers 'memory' and 'cpu'",
				 path)
		       : mem_printf(mem_ctx, "control group '%s': %s", path,
				 error == EBUSY ? "other processes are in it"
						: strerror(error));
}

struct cgroup *cgroup_enter(TALLOC_CTX *mem_ctx, const char **ret_why)
{
	TMP_CTX(tmp);
	const char *path = find_own(tmp);
	struct cgroup *cgroup = mem_new(tmp, struct cgroup);
	int r;

	*ret_why = NULL;
	if (!is_delegated(path))
		return NULL;
	cgroup->fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	talloc_set_destructor(cgroup, close_cgroup);
	if (cgroup->fd < 0)
		r = -errno;
	else if (!has_controllers(cgroup->fd))
		r = -EOPNOTSUPP;
	else
		r = move_supervisor(cgroup->fd);
	if (r < 0) {
		*ret_why = explain(mem_ctx, path, -r);
		return NULL;
	}
	(void)!write_text(cgroup->fd, SUPERVISOR "/cpu.weight", SUPERVISOR_WEIGHT);
	return talloc_steal(mem_ctx, cgroup);
}

/* The guest's part */

static int set_limits(int fd, const struct cgroup_limits *limits)
{
	TMP_CTX(tmp);
	const char *memory = limits->memory_mib == 0
				     ? "max"
				     : mem_printf(tmp, "%lluM",
					       (unsigned long long)limits->memory_mib);
	const char *cpu = mem_printf(
		tmp, "%llu %d", (unsigned long long)limits->cpus * PERIOD_US, PERIOD_US);
	int r = write_text(fd, GUEST "/memory.max", memory);

	return r < 0 ? r : write_text(fd, GUEST "/cpu.max", cpu);
}

static uint64_t count_killed(const struct cgroup *cgroup)
{
	return read_number(cgroup->fd, GUEST "/memory.events", "oom_kill");
}

int cgroup_make(struct cgroup *cgroup, const struct cgroup_limits *limits, int *ret_fd)
{
	int r;

	(void)!unlinkat(cgroup->fd, GUEST, AT_REMOVEDIR);
	r = make_group(cgroup->fd, GUEST);
	if (r == 0)
		r = set_limits(cgroup->fd, limits);
	if (r < 0)
		return r;
	cgroup->n_killed = count_killed(cgroup);
	*ret_fd = openat(cgroup->fd, GUEST "/cgroup.procs", O_WRONLY | O_CLOEXEC);
	return *ret_fd < 0 ? -errno : 0;
}

bool cgroup_end(struct cgroup *cgroup)
{
	bool was_killed = count_killed(cgroup) > cgroup->n_killed;

	(void)!unlinkat(cgroup->fd, GUEST, AT_REMOVEDIR);
	return was_killed;
}

/* Before there is a guest */

const char *cgroup_obstacle(TALLOC_CTX *mem_ctx, bool in_units)
{
	const char *mount = find_mount();
	const char *path = in_units ? mount : find_own(mem_ctx);

	if (mount == NULL)
		return "this host has no cgroup v2";
	if (!in_units && !is_delegated(path))
		return mem_printf(mem_ctx, "control group '%s' is not delegated to vcn",
			path == NULL ? mount : path);
	_cleanup_(mem_close_fd) int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd >= 0 && has_controllers(fd) ? NULL : explain(mem_ctx, path, EOPNOTSUPP);
}
