/* SPDX-License-Identifier: Apache-2.0 */
#include "vcn/common/launch_settings.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "vcn/common/manifest_value.h"

enum {
	MEMORY_RESERVE_MIB = 512,
	STOP_TIMEOUT_S = 60,
	READY_TIMEOUT_S = 300,
	FENCE_TIMEOUT_S = 60,
	TIMEOUT_MAX_S = 24 * 3600,
	PARALLEL_MAX = 1024,
	UID_FIRST_USABLE = 1000,
	/* between what container managers use (to 1879048191) and 2^31 (systemd,
	   UIDS-GIDS) */
	UID_FIRST = 1900000000,
	UID_LAST = 1900009999,
};

static int read_accel(struct reader *r, const struct node *value, void *field)
{
	const char *text;
	int failed = read_string(r, value, &text);

	if (failed < 0)
		return failed;
	if (strcmp(text, "kvm") != 0 && strcmp(text, "tcg") != 0)
		return document_fault(r, value, "expected kvm or tcg");
	*(enum accel *)field = strcmp(text, "tcg") == 0 ? ACCEL_TCG : ACCEL_KVM;
	return 0;
}

static int read_network(struct reader *r, const struct node *value, void *field)
{
	const char *text;
	int failed = read_string(r, value, &text);

	if (failed < 0)
		return failed;
	if (strcmp(text, "bridge") != 0 && strcmp(text, "user") != 0)
		return document_fault(r, value, "expected bridge or user");
	*(enum network_mode *)field =
		strcmp(text, "user") == 0 ? NETWORK_USER : NETWORK_BRIDGE;
	return 0;
}

/* Absolute and plain, because the launcher works in / and opens it as root. */
static int check_path(struct reader *r, const struct node *value, const char *path)
{
	if (path[0] != '/')
		return document_fault(r, value, "expected an absolute path");
	if (text_has_control(path, strlen(path)))
		return document_fault(r, value, "a control character in a path");
	return 0;
}

static int read_path(struct reader *r, const struct node *value, void *field)
{
	const char *path;
	int failed = read_string(r, value, &path);

	if (failed == 0)
		failed = check_path(r, value, path);
	if (failed == 0)
		*(const char **)field = path;
	return failed;
}

static int read_paths(struct reader *r, const struct node *value, void *field)
{
	struct string_list list;
	int failed = read_strings(r, value, &list);

	if (failed < 0)
		return failed;
	for (size_t i = 0; i < list.n; i++) {
		const struct node *item =
			value->kind == NODE_LIST ? value->items[i] : value;
		int bad = check_path(r, item, list.items[i]);

		failed = bad < 0 ? bad : failed;
	}
	if (failed == 0)
		*(struct string_list *)field = list;
	return failed;
}

/* @field is the whole object: a list, also an empty one, is another thing than none. */
static int read_bridges(struct reader *r, const struct node *value, void *field)
{
	struct launch_settings *settings = field;
	int result = read_strings(r, value, &settings->bridges);

	settings->has_bridges = true;
	for (size_t i = 0; result == 0 && i < settings->bridges.n; i++)
		result = value_bridge(r,
			value->kind == NODE_LIST ? value->items[i] : value,
			&settings->bridges.items[i]);
	return result;
}

static int read_writable_roots(struct reader *r, const struct node *value, void *field)
{
	struct launch_settings *settings = field;

	settings->has_writable_roots = true;
	return read_paths(r, value, &settings->writable_roots);
}

/* A program: a name to look for in PATH, or a path. */
static int read_program(struct reader *r, const struct node *value, void *field)
{
	const char *text;
	int failed = read_string(r, value, &text);

	if (failed < 0)
		return failed;
	if (text[0] == '\0' || (strchr(text, '/') != NULL && text[0] != '/'))
		return document_fault(
			r, value, "expected a program's name or absolute path");
	*(const char **)field = text;
	return 0;
}

/* A program, by its path as it runs as root, and its words. */
static int read_command(struct reader *r, const struct node *value, void *field)
{
	struct string_list list;
	int failed = read_strings(r, value, &list);

	if (failed == 0 && (list.n == 0 || list.items[0][0] != '/'))
		failed = document_fault(r, value,
			"expected a command: a program's absolute path, and its words");
	if (failed == 0)
		*(struct string_list *)field = list;
	return failed;
}

static int read_timeout(struct reader *r, const struct node *value, void *field)
{
	return read_between(r, value, 1, TIMEOUT_MAX_S, field);
}

static int read_parallel(struct reader *r, const struct node *value, void *field)
{
	return read_between(r, value, 1, PARALLEL_MAX, field);
}

static int read_uid(struct reader *r, const struct node *value, unsigned *ret)
{
	return read_between(r, value, UID_FIRST_USABLE, INT32_MAX - 1, ret);
}

/* "FIRST-LAST" */
static int split_uid_range(
	struct reader *r, const struct node *value, struct launch_settings *settings)
{
	size_t n;
	char **ends = text_split(r->mem_ctx, value->text, '-', &n);
	uint64_t first, last;

	if (n != 2 || !text_parse_u64(ends[0], INT32_MAX - 1, &first) ||
		!text_parse_u64(ends[1], INT32_MAX - 1, &last) ||
		first < UID_FIRST_USABLE)
		return document_fault(r, value,
			"expected FIRST-LAST, or a list of both, of user ids from %d up",
			UID_FIRST_USABLE);
	settings->uid_first = (unsigned)first;
	settings->uid_last = (unsigned)last;
	return 0;
}

/* @field is the whole object: two members are set. */
static int read_uid_range(struct reader *r, const struct node *value, void *field)
{
	struct launch_settings *settings = field;
	int failed, bad;

	if (value->kind == NODE_SCALAR) {
		failed = split_uid_range(r, value, settings);
	} else if (value->kind != NODE_LIST || value->n_items != 2) {
		failed = document_fault(
			r, value, "expected the first and the last user id");
	} else {
		failed = read_uid(r, value->items[0], &settings->uid_first);
		bad = read_uid(r, value->items[1], &settings->uid_last);
		failed = bad < 0 ? bad : failed;
	}
	if (failed == 0 && settings->uid_first > settings->uid_last)
		failed = document_fault(r, value, "the first user id is above the last");
	return failed;
}

/* @field is the whole object: pointer and count. */
static int read_bridge_map(struct reader *r, const struct node *value, void *field)
{
	struct launch_settings *settings = field;
	int result = 0;

	if (value->kind != NODE_MAP)
		return document_fault(r, value,
			"expected a map: the manifest's "
			"bridge, and its name on this host");
	for (size_t i = 0; i < value->n_items; i++) {
		struct bridge_alias *alias = mem_push(
			r->mem_ctx, &settings->bridge_map, &settings->n_bridge_map);
		int failed = value_bridge(r, value->keys[i], &alias->from);
		int bad = value_bridge(r, value->items[i], &alias->to);

		failed = bad < 0 ? bad : failed;
		for (size_t j = 0; failed == 0 && j + 1 < settings->n_bridge_map; j++)
			if (strcmp(settings->bridge_map[j].from, alias->from) == 0)
				failed = document_fault(r, value->keys[i],
					"'%s' is there twice", alias->from);
		result = failed < 0 ? failed : result;
	}
	return result;
}

#define MEMBER(name) offsetof(struct launch_settings, name)

static const struct key settings_keys[] = {
	{"qemu", read_program, MEMBER(qemu)},
	{"qemu-aarch64", read_program, MEMBER(qemu_aarch64)},
	{"firmware", read_paths, MEMBER(firmware)},
	{"qemu-roots", read_paths, MEMBER(qemu_roots)},
	{"accel", read_accel, MEMBER(accel)},
	{"network", read_network, MEMBER(network)},
	{"passt", read_program, MEMBER(passt)},
	{"bridge-map", read_bridge_map, 0},
	{"filter", read_bool, MEMBER(filter)},
	{"bridges", read_bridges, 0},
	{"image-roots", read_paths, MEMBER(image_roots)},
	{"writable-roots", read_writable_roots, 0},
	{"credential-roots", read_paths, MEMBER(credential_roots)},
	{"manifest-key", read_path, MEMBER(manifest_key)},
	{"scratch", read_path, MEMBER(scratch)},
	{"scratch-limit", read_unsigned, MEMBER(scratch_limit_mib)},
	{"uid-range", read_uid_range, 0},
	{"memory-reserve", read_unsigned, MEMBER(memory_reserve_mib)},
	{"parallel", read_parallel, MEMBER(parallel)},
	{"stop-timeout", read_timeout, MEMBER(stop_timeout_s)},
	{"ready-timeout", read_timeout, MEMBER(ready_timeout_s)},
	{"fence", read_command, MEMBER(fence)},
	{"fence-timeout", read_timeout, MEMBER(fence_timeout_s)},
	{"runtime-dir", read_path, MEMBER(runtime_dir)},
	{"records", read_path, MEMBER(records)},
	{NULL},
};

static void add_root(TALLOC_CTX *mem_ctx, struct string_list *list, const char *path)
{
	*mem_push(mem_ctx, &list->items, &list->n) = path;
}

static struct launch_settings *settings_new(TALLOC_CTX *mem_ctx)
{
	struct launch_settings *settings = mem_new(mem_ctx, struct launch_settings);
	long n_processors = sysconf(_SC_NPROCESSORS_ONLN);

	*settings = (struct launch_settings){
		.qemu = "qemu-system-x86_64",
		.qemu_aarch64 = "qemu-system-aarch64",
		.passt = "passt",
		.scratch = "/var/lib/vcn/scratch",
		.uid_first = UID_FIRST,
		.uid_last = UID_LAST,
		.memory_reserve_mib = MEMORY_RESERVE_MIB,
		.parallel = n_processors < 1 ? 1 : (unsigned)n_processors,
		.stop_timeout_s = STOP_TIMEOUT_S,
		.ready_timeout_s = READY_TIMEOUT_S,
		.fence_timeout_s = FENCE_TIMEOUT_S,
		.runtime_dir = "/run/vcn",
		.records = "/var/lib/vcn/boots.jsonl",
	};
	add_root(settings, &settings->image_roots, "/images");
	add_root(settings, &settings->credential_roots, LDAPCC_SYSCONFDIR "/credentials");
	add_root(settings, &settings->firmware, "/etc/qemu/firmware");
	add_root(settings, &settings->firmware, "/usr/share/qemu/firmware");
	return settings;
}

int launch_settings_load(TALLOC_CTX *mem_ctx, const char *path, struct diags *diags,
	struct launch_settings **ret_settings)
{
	static const char standard[] = LDAPCC_SYSCONFDIR "/vcn.yaml";
	TMP_CTX(tmp);
	struct launch_settings *settings = settings_new(tmp);
	struct document *document;

	if (path == NULL && (access(standard, F_OK) == 0 || errno != ENOENT))
		path = standard;
	if (path != NULL) {
		int r = document_load(tmp, path, EXIT_USAGE, diags, &document);

		if (r < 0)
			return r;
		struct reader reader = {.mem_ctx = settings,
			.document = document,
			.diags = diags,
			.code = EXIT_USAGE};

		r = document_read(&reader, document->root, settings_keys, settings);
		if (r < 0)
			return r;
		settings->path = mem_strdup(settings, path);
	}
	*ret_settings = talloc_steal(mem_ctx, settings);
	return 0;
}

const char *launch_bridge(const struct launch_settings *settings, const char *bridge)
{
	for (size_t i = 0; i < settings->n_bridge_map; i++)
		if (strcmp(settings->bridge_map[i].from, bridge) == 0)
			return settings->bridge_map[i].to;
	return bridge;
}
