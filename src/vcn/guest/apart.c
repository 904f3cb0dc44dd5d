/* SPDX-License-Identifier: Apache-2.0 */
#include "vcn/guest/apart.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/mount.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/text.h"

/* Where it is put together: a folder that every host has, with nothing in it we need. */
#define BASE "/sys"

/* glibc's <sys/mount.h> and the kernel's cannot be included both before glibc 2.37. */
int mount(const char *source, const char *target, const char *type, unsigned long flags,
	const void *data);
int umount2(const char *target, int flags);

enum { DETACH = 2 /* MNT_DETACH */, AT_WHOLE_TREE = 0x8000 /* AT_RECURSIVE */ };

enum kind { PLACE_FOLDER, PLACE_FILE, PLACE_LINK };

/* One thing of the host that is there, too. */
struct place {
	enum kind kind;
	const char *path;
	const char *target; /* below BASE */
	const char *content; /* of a link */
	bool is_writable;
};

struct apart {
	char **folders; /* below BASE, parents first */
	size_t n_folders;
	struct place *places;
	size_t n_places;
};

uint64_t apart_flags(void)
{
	return CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS;
}

/* Planning */

static void add_folder(struct apart *apart, const char *path)
{
	*mem_push(apart, &apart->folders, &apart->n_folders) =
		mem_printf(apart, BASE "%s", path);
}

/* Every folder above @path; that some are added twice is no harm. */
static void add_parents(struct apart *apart, const char *path)
{
	TMP_CTX(tmp);

	for (const char *slash = strchr(path + 1, '/'); slash != NULL;
		slash = strchr(slash + 1, '/'))
		add_folder(apart, mem_strndup(tmp, path, (size_t)(slash - path)));
}

static const char *read_link(TALLOC_CTX *mem_ctx, const char *path)
{
	char content[PATH_MAX];
	ssize_t n = readlink(path, content, sizeof(content));

	return n <= 0 || n == (ssize_t)sizeof(content)
		       ? NULL
		       : mem_strndup(mem_ctx, content, (size_t)n);
}

/* What is not there on this host is not there for QEMU. */
static void add_place(
	struct apart *apart, const char *path, bool follows, bool is_writable)
{
	struct stat st;
	struct place place = {.path = mem_strdup(apart, path),
		.target = mem_printf(apart, BASE "%s", path),
		.is_writable = is_writable};

	if ((follows ? stat(path, &st) : lstat(path, &st)) < 0)
		return;
	place.kind = S_ISLNK(st.st_mode)   ? PLACE_LINK
		     : S_ISDIR(st.st_mode) ? PLACE_FOLDER
					   : PLACE_FILE;
	if (place.kind == PLACE_LINK)
		place.content = read_link(apart, path);
	if (place.kind == PLACE_LINK && place.content == NULL)
		return;
	add_parents(apart, path);
	if (place.kind == PLACE_FOLDER)
		add_folder(apart, path);
	*mem_push(apart, &apart->places, &apart->n_places) = place;
}

/* Is it there already, for itself or in a folder that is? */
static bool has_place(const struct apart *apart, const char *path)
{
	for (size_t i = 0; i < apart->n_places; i++)
		if (strcmp(path, apart->places[i].path) == 0 ||
			(apart->places[i].kind == PLACE_FOLDER &&
				text_is_below(path, apart->places[i].path)))
			return true;
	return false;
}

/* On many hosts /bin is a link into /usr: what is below it has no folder of that name here. */
static const char *behind_links(
	TALLOC_CTX *mem_ctx, const struct apart *apart, const char *path)
{
	char real[PATH_MAX];

	for (size_t i = 0; i < apart->n_places; i++)
		if (apart->places[i].kind == PLACE_LINK &&
			text_is_below(path, apart->places[i].path) &&
			realpath(path, real) != NULL)
			return mem_strdup(mem_ctx, real);
	return path;
}

struct apart *apart_plan(TALLOC_CTX *mem_ctx, const char *program, const char *scratch,
	const struct string_list *roots, const char *device)
{
	/* Libraries, firmware and modules; on many hosts all but /usr are links into it. */
	static const char *const system[] = {"/usr", "/bin", "/sbin", "/lib", "/lib32",
		"/lib64", "/etc/ld.so.cache", "/etc/alternatives"};
	TMP_CTX(tmp);
	struct apart *apart = mem_new(mem_ctx, struct apart);

	add_folder(apart, "/proc");
	for (size_t i = 0; i < ARRAY_SIZE(system); i++)
		add_place(apart, system[i], false, false);
	for (size_t i = 0; i < roots->n; i++) {
		const char *root = behind_links(tmp, apart, roots->items[i]);

		if (!has_place(apart, root))
			add_place(apart, root, true, false);
	}
	program = behind_links(tmp, apart, program);
	if (!text_is_below(program, "/usr"))
		add_place(apart, program, true, false);
	add_place(apart, "/dev/null", true, false);
	if (device != NULL)
		add_place(apart, device, true, false);
	if (scratch != NULL)
		add_place(apart, behind_links(tmp, apart, scratch), true, true);
	return apart;
}

/* In the new process */

/* With what is mounted below it, too; an older kernel than 5.12 does the top only. */
static int restrict_mount(const struct place *place)
{
	bool is_device = place->kind == PLACE_FILE;
	struct mount_attr attributes = {
		.attr_set = MOUNT_ATTR_NOSUID | (is_device ? 0 : MOUNT_ATTR_NODEV) |
			    (place->is_writable ? MOUNT_ATTR_NOEXEC : MOUNT_ATTR_RDONLY)};
	unsigned long flags = MS_REMOUNT | MS_BIND | MS_NOSUID |
			      (is_device ? 0 : MS_NODEV) |
			      (place->is_writable ? MS_NOEXEC : MS_RDONLY);

	if (syscall(SYS_mount_setattr, -1, place->target, AT_WHOLE_TREE, &attributes,
		    sizeof(attributes)) == 0)
		return 0;
	if (errno != ENOSYS)
		return -1;
	return mount(NULL, place->target, NULL, flags, NULL);
}

static int make_place(const struct place *place)
{
	if (place->kind == PLACE_LINK)
		return symlink(place->content, place->target);
	if (place->kind == PLACE_FILE && mknod(place->target, S_IFREG | 0600, 0) < 0 &&
		errno != EEXIST)
		return -1;
	if (mount(place->path, place->target, NULL, MS_BIND | MS_REC, NULL) < 0)
		return -1;
	return restrict_mount(place);
}

/* Its processes, and where the kernel can, nothing but them. */
static int mount_processes(void)
{
	const unsigned long flags = MS_NOSUID | MS_NODEV | MS_NOEXEC;

	if (mount("proc", BASE "/proc", "proc", flags, "subset=pid") == 0)
		return 0;
	return mount("proc", BASE "/proc", "proc", flags, NULL);
}

/* The old root lies on the new one for a moment, and is taken away from there. */
static int change_root(void)
{
	if (chdir(BASE) < 0 || syscall(SYS_pivot_root, ".", ".") < 0 ||
		umount2(".", DETACH) < 0 || chdir("/") < 0)
		return -1;
	return mount(NULL, "/", NULL,
		MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV, NULL);
}

int apart_enter(const struct apart *apart)
{
	umask(0);
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
		mount("tmpfs", BASE, "tmpfs", MS_NOSUID, "mode=0755,size=1m") < 0)
		return -1;
	for (size_t i = 0; i < apart->n_folders; i++)
		if (mkdir(apart->folders[i], 0755) < 0 && errno != EEXIST)
			return -1;
	for (size_t i = 0; i < apart->n_places; i++)
		if (make_place(&apart->places[i]) < 0)
			return -1;
	return mount_processes() < 0 ? -1 : change_root();
}
