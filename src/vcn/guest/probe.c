/* SPDX-License-Identifier: Apache-2.0 */
#include "vcn/guest/probe.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <json-c/json.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "base/lock.h"
#include "base/text.h"
#include "vcn/common/patience.h"
#include "vcn/common/process.h"
#include "vcn/common/run_state.h"
#include "vcn/guest/qmp.h"
#include "vcn/guest/spawn.h"

enum {
	ANSWER_MAX = 4 * 1024 * 1024,
	INTERVIEW_TIMEOUT_MS = 60000, /* all of it; its libraries may come over NFS */
	END_TIMEOUT_MS = 20000,
	LOCK_TIMEOUT_MS = 20000,
	LOCK_STEP_MS = 20,
	STDERR_MAX = 1000,
	CACHE_MAX = 64 * 1024,
	CACHE_FORMAT = 2, /* changes when struct qemu does */
};

/* What is asked and kept as yes or no. */
enum asked { ASKED_TYPE, ASKED_MACHINE, ASKED_KVM, ASKED_BALLOON, ASKED_TO_TRY };

static const struct feature {
	const char *name; /* of the QEMU type, or of the property */
	enum asked asked;
	size_t offset;
} features[] = {
	{"memory-backend-memfd", ASKED_TYPE, offsetof(struct qemu, has_memfd)},
	{"vmgenid", ASKED_TYPE, offsetof(struct qemu, has_vmgenid)},
	{"pvpanic-pci", ASKED_TYPE, offsetof(struct qemu, has_pvpanic)},
	{"virtio-rng-pci", ASKED_TYPE, offsetof(struct qemu, has_rng)},
	{"virtio-balloon-pci", ASKED_TYPE, offsetof(struct qemu, has_balloon)},
	{"free-page-reporting", ASKED_BALLOON,
		offsetof(struct qemu, has_balloon_reporting)},
	{"hpet", ASKED_MACHINE, offsetof(struct qemu, has_hpet)},
	{"vmport", ASKED_MACHINE, offsetof(struct qemu, has_vmport)},
	{"smbus", ASKED_MACHINE, offsetof(struct qemu, has_smbus)},
	{"sata", ASKED_MACHINE, offsetof(struct qemu, has_sata)},
	{"graphics", ASKED_MACHINE, offsetof(struct qemu, has_graphics)},
	{"device", ASKED_KVM, offsetof(struct qemu, has_kvm_device)},
	{"io_uring", ASKED_TO_TRY, offsetof(struct qemu, has_io_uring)},
};

static bool *feature_of(struct qemu *qemu, const struct feature *feature)
{
	return (bool *)((char *)qemu + feature->offset);
}

/* The binary */

static bool is_program(const char *path, struct stat *ret)
{
	return stat(path, ret) == 0 && S_ISREG(ret->st_mode) && access(path, X_OK) == 0;
}

const char *probe_find(TALLOC_CTX *mem_ctx, const char *name, struct stat *ret)
{
	TMP_CTX(tmp);
	const char *search = getenv("PATH");

	if (strchr(name, '/') != NULL)
		return is_program(name, ret) ? mem_strdup(mem_ctx, name) : NULL;
	if (search == NULL)
		search = "/usr/local/bin:/usr/bin:/bin";
	while (*search != '\0') {
		size_t length = strcspn(search, ":");
		const char *path = mem_printf(tmp, "%.*s/%s", (int)length, search, name);

		if (*search == '/' && is_program(path, ret))
			return mem_strdup(mem_ctx, path);
		search += length + (search[length] == ':');
	}
	return NULL;
}

/* RHEL keeps its QEMU elsewhere under another name. */
static const char *find_binary(TALLOC_CTX *mem_ctx, const char *name, struct stat *ret)
{
	static const char elsewhere[] = "/usr/libexec/qemu-kvm";
	const char *path = probe_find(mem_ctx, name, ret);

	if (path != NULL || strchr(name, '/') != NULL || !is_program(elsewhere, ret))
		return path;
	return elsewhere;
}

/* The cache */

static bool has_number(struct json_object *json, const char *key, int64_t wanted)
{
	int64_t number = wanted - 1;

	return json_read_integer(json, key, INT64_MIN, INT64_MAX, &number) &&
	       number == wanted;
}

static bool has_text(struct json_object *json, const char *key, const char *wanted)
{
	const char *text = NULL;

	return json_read_text(json, key, &text) && text != NULL &&
	       strcmp(text, wanted) == 0;
}

static int64_t changed_ns(const struct stat *st)
{
	return (int64_t)st->st_mtim.tv_sec * 1000000000 + st->st_mtim.tv_nsec;
}

/* Who may have rings of io_uring, which a sysctl says from Linux 6.6 on; -1: nothing says it. */
static int64_t rings_forbidden(void)
{
	TMP_CTX(tmp);
	uint64_t value;
	char *text;
	size_t len;

	if (file_read_at(
		    tmp, AT_FDCWD, "/proc/sys/kernel/io_uring_disabled", &text, &len) < 0)
		return -1;
	text[strcspn(text, "\n")] = '\0';
	return text_parse_u64(text, INT32_MAX, &value) ? (int64_t)value : -1;
}

/* Is the kept answer about this very binary? */
static bool is_about(struct json_object *json, const char *path, const struct stat *st)
{
	return has_number(json, "format", CACHE_FORMAT) && has_text(json, "path", path) &&
	       has_number(json, "size", st->st_size) &&
	       has_number(json, "inode", (int64_t)st->st_ino) &&
	       has_number(json, "mtime_ns", changed_ns(st)) &&
	       has_number(json, "rings_forbidden", rings_forbidden());
}

/* Whole, or NULL: QEMU is asked again then. */
static struct qemu *from_json(TALLOC_CTX *mem_ctx, struct json_object *json)
{
	TMP_CTX(tmp);
	struct qemu *qemu = mem_new(tmp, struct qemu);

	if (!json_copy_text(qemu, json, "path", &qemu->path) ||
		!json_copy_text(qemu, json, "version", &qemu->version) ||
		!json_copy_text(qemu, json, "machine_type", &qemu->machine_type) ||
		!json_read_unsigned(json, "major", &qemu->major) || qemu->path == NULL ||
		qemu->version == NULL || qemu->machine_type == NULL)
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(features); i++)
		if (!json_read_bool(
			    json, features[i].name, feature_of(qemu, &features[i])))
			return NULL;
	return talloc_steal(mem_ctx, qemu);
}

static struct qemu *load_cache(TALLOC_CTX *mem_ctx, int dirfd, const char *cache,
	const char *path, const struct stat *st)
{
	TMP_CTX(tmp);
	char *text;
	size_t len;

	if (dirfd < 0 ||
		file_read_regular_at(tmp, dirfd, cache, CACHE_MAX, &text, &len) < 0)
		return NULL;
	struct json_object *json = json_read(text, len);
	struct qemu *qemu = is_about(json, path, st) ? from_json(mem_ctx, json) : NULL;

	json_object_put(json);
	return qemu;
}

static void save_cache(
	int dirfd, const char *cache, struct qemu *qemu, const struct stat *st)
{
	struct json_object *json = json_object_new_object();

	json_put_number(json, "format", CACHE_FORMAT);
	json_put_text(json, "path", qemu->path);
	json_put_number(json, "size", st->st_size);
	json_put_number(json, "inode", (int64_t)st->st_ino);
	json_put_number(json, "mtime_ns", changed_ns(st));
	json_put_number(json, "rings_forbidden", rings_forbidden());
	json_put_text(json, "version", qemu->version);
	json_put_number(json, "major", (int)qemu->major);
	json_put_text(json, "machine_type", qemu->machine_type);
	for (size_t i = 0; i < ARRAY_SIZE(features); i++)
		json_put_bool(json, features[i].name, *feature_of(qemu, &features[i]));
	const char *text = json_object_to_json_string_ext(json, JSON_C_TO_STRING_PLAIN);

	/* Where it cannot be kept the next one asks again. */
	(void)!file_replace_at(dirfd, cache, text, strlen(text), 0600);
	json_object_put(json);
}

/* Asking */

struct interview {
	struct qmp *qmp;
	int64_t deadline;
	int error; /* 0, or -errno: nothing that it said then counts */
};

/* NULL where it says no, and after an error. */
static struct json_object *ask_with(
	struct interview *talk, const char *command, struct json_object *arguments)
{
	struct json_object *answer = NULL;
	int64_t left = talk->deadline - clock_ms();

	if (talk->error == 0 && left <= 0)
		talk->error = -ETIMEDOUT;
	if (talk->error < 0) {
		json_object_put(arguments);
		return NULL;
	}
	int r = qmp_call(talk->qmp, command, arguments, (int)left, &answer);

	/* a type that it does not have is an answer, too */
	if (r < 0 && r != -EREMOTEIO)
		talk->error = r;
	return r < 0 ? NULL : answer;
}

static struct json_object *ask(
	struct interview *talk, const char *command, const char *key, const char *value)
{
	struct json_object *arguments = NULL;

	if (key != NULL) {
		arguments = json_object_new_object();
		json_put_text(arguments, key, value);
	}
	return ask_with(talk, command, arguments);
}

/*
 * Does it get a ring of io_uring? Builds without it, kernels without it, a sysctl and filters of
 * system calls say no, so it is tried, on the one file that is surely there: its own.
 */
static void try_ring(struct qemu *qemu, struct interview *talk)
{
	static const char own[] = "{\"driver\": \"file\", \"node-name\": \"own\", "
				  "\"filename\": \"/proc/self/exe\", "
				  "\"read-only\": true, \"locking\": \"off\", "
				  "\"aio\": \"io_uring\"}";
	struct json_object *answer =
		ask_with(talk, "blockdev-add", json_read(own, strlen(own)));

	qemu->has_io_uring = answer != NULL;
	json_object_put(answer);
}

/* Does a list of objects hold one of this name? */
static bool list_has(struct json_object *list, const char *name)
{
	if (!json_object_is_type(list, json_type_array))
		return false;
	for (size_t i = 0; i < json_object_array_length(list); i++)
		if (has_text(json_object_array_get_idx(list, i), "name", name))
			return true;
	return false;
}

static void read_features(struct qemu *qemu, enum asked asked, struct json_object *list)
{
	for (size_t i = 0; i < ARRAY_SIZE(features); i++)
		if (features[i].asked == asked)
			*feature_of(qemu, &features[i]) =
				list_has(list, features[i].name);
	json_object_put(list);
}

/* The numbered type that @alias stands for. */
static void read_machine_type(
	struct qemu *qemu, const char *alias, struct json_object *machines)
{
	size_t n = json_object_is_type(machines, json_type_array)
			   ? json_object_array_length(machines)
			   : 0;

	for (size_t i = 0; i < n; i++) {
		struct json_object *machine = json_object_array_get_idx(machines, i);

		if (has_text(machine, "alias", alias))
			(void)!json_copy_text(qemu, machine, "name", &qemu->machine_type);
	}
	json_object_put(machines);
}

static void read_version(struct qemu *qemu, struct json_object *answer)
{
	unsigned major = 0, minor = 0, micro = 0;
	struct json_object *numbers = NULL;

	if (answer != NULL && json_read_object(answer, "qemu", &numbers) &&
		json_read_unsigned(numbers, "major", &major) &&
		json_read_unsigned(numbers, "minor", &minor) &&
		json_read_unsigned(numbers, "micro", &micro)) {
		qemu->major = major;
		qemu->version = mem_printf(qemu, "%u.%u.%u", major, minor, micro);
	}
	json_object_put(answer);
}

/* The whole conversation: 0, or -errno where it broke off. */
static int interview(struct qemu *qemu, enum architecture architecture, struct qmp *qmp)
{
	TMP_CTX(tmp);
	struct interview talk = {
		.qmp = qmp, .deadline = clock_ms() + INTERVIEW_TIMEOUT_MS};

	json_object_put(ask(&talk, "qmp_capabilities", NULL, NULL));
	read_version(qemu, ask(&talk, "query-version", NULL, NULL));
	read_machine_type(qemu, architecture_machine(architecture),
		ask(&talk, "query-machines", NULL, NULL));
	read_features(qemu, ASKED_TYPE, ask(&talk, "qom-list-types", NULL, NULL));
	read_features(qemu, ASKED_BALLOON,
		ask(&talk, "device-list-properties", "typename", "virtio-balloon-pci"));
	read_features(qemu, ASKED_KVM,
		ask(&talk, "qom-list-properties", "typename", "kvm-accel"));
	if (qemu->machine_type != NULL)
		read_features(qemu, ASKED_MACHINE,
			ask(&talk, "qom-list-properties", "typename",
				mem_printf(tmp, "%s-machine", qemu->machine_type)));
	try_ring(qemu, &talk);
	qmp_send(qmp, "quit", NULL);
	return talk.error;
}

/* Started with the sandbox it will have later: a build without one fails here. */
static int start(const char *path, const struct launch_settings *settings,
	const struct identity *identity, int qmp_fd, int stderr_fd, struct diags *diags,
	struct process *ret)
{
	static const char sandbox[] = "on,obsolete=deny,elevateprivileges=deny,"
				      "spawn=deny,resourcecontrol=deny";
	static const char *const arguments[] = {"-machine", "none", "-nodefaults",
		"-no-user-config", "-display", "none", "-S", "-accel", "kvm", "-accel",
		"tcg", "-chardev", "socket,id=qmp,fd=3", "-mon",
		"chardev=qmp,mode=control", "-sandbox", sandbox};
	TMP_CTX(tmp);
	char **argv = mem_array(tmp, char *, ARRAY_SIZE(arguments) + 2);
	struct spawn_fd fd = {.fd = qmp_fd, .number = 3};
	struct spawn spawn = {
		.group_fd = -1,
		.path = path,
		.argv = argv,
		.scratch = "/nonexistent",
		.fds = &fd,
		.n_fds = 1,
		.stderr_fd = stderr_fd,
		.changes_user = identity->changes_user,
		.uid = identity->uid,
		.apart = identity->changes_user ? apart_plan(tmp, path, NULL,
							  &settings->qemu_roots, NULL)
						: NULL,
	};

	argv[0] = mem_strdup(tmp, path);
	for (size_t i = 0; i < ARRAY_SIZE(arguments); i++)
		argv[i + 1] = mem_strdup(tmp, arguments[i]);
	return spawn_process(&spawn, diags, ret);
}

static void end(struct process *process)
{
	(void)!process_wait(process->pidfd, END_TIMEOUT_MS);
	patience_end(process->pid);
	mem_close_fd(&process->pidfd);
}

static const char *last_words(TALLOC_CTX *mem_ctx, int stderr_fd)
{
	char text[STDERR_MAX + 1];
	ssize_t n = read(stderr_fd, text, STDERR_MAX);

	text[n > 0 ? n : 0] = '\0';
	text[strcspn(text, "\n")] = '\0';
	return mem_strdup(mem_ctx, text[0] == '\0' ? "it says nothing" : text);
}

/* Of one that is only slow we know nothing: it is asked again the next time. */
static int check(const struct qemu *qemu, enum architecture architecture, int error,
	int stderr_fd, struct diags *diags)
{
	TMP_CTX(tmp);

	if (error == -ETIMEDOUT)
		return diag_fail(diags, EXIT_IO, LOC_NONE,
			"QEMU '%s' does not answer within %d s: this host is too busy, or "
			"what QEMU is read from does not answer",
			qemu->path, INTERVIEW_TIMEOUT_MS / 1000);
	if (error < 0 || qemu->version == NULL)
		return diag_fail(diags, EXIT_MISSING, LOC_NONE,
			"QEMU '%s' does not start as guests need it: %s", qemu->path,
			last_words(tmp, stderr_fd));
	if (qemu->machine_type == NULL)
		return diag_fail(diags, EXIT_MISSING, LOC_NONE,
			"QEMU '%s' has no machine type %s: it is not for %s guests",
			qemu->path, architecture_machine(architecture),
			architecture_name(architecture));
	return 0;
}

static int question(TALLOC_CTX *mem_ctx, const char *path,
	const struct launch_settings *settings, enum architecture architecture,
	const struct identity *identity, struct diags *diags, struct qemu **ret_qemu)
{
	TMP_CTX(tmp);
	struct qemu *qemu = mem_new(tmp, struct qemu);
	int pair[2] = {-1, -1}, errors[2] = {-1, -1}, r;
	struct process process;

	qemu->path = mem_strdup(qemu, path);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return diag_fail_errno(
			diags, EXIT_IO, errno, LOC_NONE, "no socket to ask QEMU through");
	struct qmp *qmp = qmp_new(tmp, pair[0], ANSWER_MAX);
	_cleanup_(mem_close_fd) int theirs = pair[1];

	if (pipe2(errors, O_CLOEXEC | O_NONBLOCK) < 0)
		return diag_fail_errno(
			diags, EXIT_IO, errno, LOC_NONE, "no pipe for QEMU's messages");
	_cleanup_(mem_close_fd) int errors_out = errors[0];
	_cleanup_(mem_close_fd) int errors_in = errors[1];

	r = start(path, settings, identity, theirs, errors_in, diags, &process);
	if (r < 0)
		return r;
	mem_close_fd(&theirs);
	int error = interview(qemu, architecture, qmp);

	end(&process);
	r = check(qemu, architecture, error, errors_out, diags);
	if (r == 0)
		*ret_qemu = talloc_steal(mem_ctx, qemu);
	return r;
}

/*
 * One asks, the others wait for its answer, unless it stands still. Without the lock everybody
 * asks.
 */
static int lock_cache(int dirfd)
{
	int64_t deadline = clock_ms() + LOCK_TIMEOUT_MS;
	int lock;

	while ((lock = lock_take_at(dirfd, ".qemu.lock", LOCK_TRY)) == -EAGAIN &&
		clock_ms() < deadline)
		(void)!poll(NULL, 0, LOCK_STEP_MS);
	return lock;
}

static const char *cache_name(TALLOC_CTX *mem_ctx, enum architecture architecture)
{
	return architecture_resolve(architecture) == ARCHITECTURE_X86_64
		       ? ".qemu.json"
		       : mem_printf(mem_ctx, ".qemu-%s.json",
				 architecture_name(architecture));
}

int probe_qemu(TALLOC_CTX *mem_ctx, const struct launch_settings *settings,
	enum architecture architecture, const struct identity *identity,
	struct diags *diags, struct qemu **ret_qemu)
{
	TMP_CTX(tmp);
	struct stat st;
	bool is_x86 = architecture_resolve(architecture) == ARCHITECTURE_X86_64;
	const char *program = is_x86 ? settings->qemu : settings->qemu_aarch64;
	const char *path = find_binary(tmp, program, &st);
	const char *cache = cache_name(tmp, architecture);

	if (path == NULL)
		return diag_fail(diags, EXIT_MISSING, LOC_NONE,
			"QEMU '%s' is not installed on this host (vcn.yaml, %s)", program,
			is_x86 ? "qemu" : "qemu-aarch64");
	_cleanup_(mem_close_fd) int dirfd =
		run_state_open_runtime_dir(settings->runtime_dir, diags);

	if (dirfd < 0)
		return dirfd;
	*ret_qemu = load_cache(mem_ctx, dirfd, cache, path, &st);
	if (*ret_qemu != NULL)
		return 0;
	_cleanup_(mem_close_fd) _unused_ int lock = lock_cache(dirfd);

	*ret_qemu = load_cache(mem_ctx, dirfd, cache, path, &st);
	if (*ret_qemu != NULL)
		return 0;
	int r = question(
		mem_ctx, path, settings, architecture, identity, diags, ret_qemu);

	if (r == 0)
		save_cache(dirfd, cache, *ret_qemu, &st);
	return r;
}
