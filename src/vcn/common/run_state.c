/* SPDX-License-Identifier: Apache-2.0 */
#include "vcn/common/run_state.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <json-c/json.h>

#include "base/file.h"
#include "base/json.h"
#include "base/lock.h"
#include "base/text.h"
#include "vcn/common/process.h"

enum { LEFTOVER_WAIT_MS = 5000, STATE_BYTES_MAX = 1024 * 1024 };

static const char *const state_names[_STATE_MAX] = {
	[STATE_STOPPED] = "stopped",
	[STATE_STARTING] = "starting",
	[STATE_BOOTING] = "booting",
	[STATE_READY] = "ready",
	[STATE_DEGRADED] = "degraded",
	[STATE_FAILED] = "failed",
	[STATE_WAITING] = "waiting",
	[STATE_REFUSED] = "refused",
};

static const char *const accel_names[] = {[ACCEL_KVM] = "kvm", [ACCEL_TCG] = "tcg"};

const char *run_state_name(enum guest_state state)
{
	return state_names[state];
}

bool run_state_is_running(const struct run_state *state)
{
	return state->state != STATE_STOPPED && state->state != STATE_FAILED &&
	       state->state != STATE_REFUSED;
}

/* JSON */

static void put_text(struct json_object *json, const char *key, const char *value)
{
	json_object_object_add(
		json, key, value == NULL ? NULL : json_object_new_string(value));
}

static struct json_object *texts_to_json(const char *const *texts, size_t n)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < n; i++)
		json_object_array_add(list, json_object_new_string(texts[i]));
	return list;
}

/* Stages that were not reached are left out. */
static struct json_object *stages_to_json(const int64_t us[_STAGE_MAX])
{
	struct json_object *stages = json_object_new_object();

	for (enum boot_stage stage = 0; stage < _STAGE_MAX; stage++)
		if (us[stage] >= 0)
			json_put_number(stages, boot_stage_name(stage), us[stage]);
	return stages;
}

static void put_processes(struct json_object *json, const struct run_state *state)
{
	json_put_number(json, "supervisor_pid", state->supervisor_pid);
	json_put_number(
		json, "supervisor_starttime", (int64_t)state->supervisor_starttime);
	json_put_number(json, "pid", state->pid);
	json_put_number(json, "starttime", (int64_t)state->starttime);
	put_text(json, "boot_id", state->boot_id);
	json_put_number(json, "uid", state->uid);
}

struct json_object *run_state_to_json(const struct run_state *state)
{
	struct json_object *json = json_object_new_object();

	put_text(json, "name", state->name);
	put_text(json, "fqdn", state->fqdn);
	put_text(json, "uuid", state->uuid);
	put_text(json, "host", state->host);
	put_text(json, "vo", state->vo);
	put_text(json, "state", run_state_name(state->state));
	json_put_bool(json, "stopping", state->is_stopping);
	put_text(json, "message", state->message);
	put_text(json, "digest", state->digest);
	put_text(json, "image", state->image);
	put_text(json, "image_mark", state->image_mark);
	json_put_bool(json, "replacing", state->is_replacing);
	put_text(json, "backed_out", state->backed_out);
	put_text(json, "backed_out_digest", state->backed_out_digest);
	put_text(json, "backed_out_mark", state->backed_out_mark);
	put_text(json, "accel", accel_names[state->accel]);
	put_text(json, "machine_type", state->machine_type);
	put_text(json, "qemu_version", state->qemu_version);
	json_put_number(json, "memory_mib", state->memory_mib);
	json_put_number(json, "cpus", state->cpus);
	json_put_number(json, "memory_limit_mib", state->memory_limit_mib);
	json_put_number(json, "cpu_limit", state->cpu_limit);
	put_processes(json, state);
	json_object_object_add(json, "taps", texts_to_json(state->taps, state->n_taps));
	json_object_object_add(
		json, "on_wire", texts_to_json(state->on_wire, state->n_on_wire));
	json_object_object_add(
		json, "on_disk", texts_to_json(state->on_disk, state->n_on_disk));
	json_put_bool(json, "mac_locked", state->is_mac_locked);
	json_put_bool(json, "filtered", state->is_filtered);
	put_text(json, "held_to", state->held_to);
	json_put_number(json, "started_at", state->started_at);
	json_put_number(json, "changed_at", state->changed_at);
	json_put_number(json, "n_boots", state->n_boots);
	json_put_number(json, "n_failures", state->n_failures);
	json_put_number(json, "failed_at", state->failed_at);
	json_object_object_add(json, "stages_us", stages_to_json(state->stage_us));
	return json;
}

static bool get_names(struct run_state *state, struct json_object *json)
{
	return json_copy_text(state, json, "name", &state->name) &&
	       json_copy_text(state, json, "fqdn", &state->fqdn) &&
	       json_copy_text(state, json, "uuid", &state->uuid) &&
	       json_copy_text(state, json, "host", &state->host) &&
	       json_copy_text(state, json, "vo", &state->vo) &&
	       json_copy_text(state, json, "message", &state->message) &&
	       json_copy_text(state, json, "digest", &state->digest) &&
	       json_copy_text(state, json, "image", &state->image) &&
	       json_copy_text(state, json, "image_mark", &state->image_mark) &&
	       json_copy_text(state, json, "backed_out", &state->backed_out) &&
	       json_copy_text(
		       state, json, "backed_out_digest", &state->backed_out_digest) &&
	       json_copy_text(state, json, "backed_out_mark", &state->backed_out_mark) &&
	       json_copy_text(state, json, "held_to", &state->held_to) &&
	       json_copy_text(state, json, "machine_type", &state->machine_type) &&
	       json_copy_text(state, json, "qemu_version", &state->qemu_version) &&
	       json_copy_text(state, json, "boot_id", &state->boot_id);
}

static bool get_time(struct json_object *json, const char *key, int64_t *ret)
{
	return json_read_integer(json, key, 0, INT64_MAX, ret);
}

static bool get_process(struct json_object *json, const char *pid_key,
	const char *starttime_key, pid_t *ret_pid, uint64_t *ret_starttime)
{
	int64_t pid = 0, starttime = 0;

	if (!json_read_integer(json, pid_key, 0, INT_MAX, &pid) ||
		!get_time(json, starttime_key, &starttime))
		return false;
	*ret_pid = (pid_t)pid;
	*ret_starttime = (uint64_t)starttime;
	return true;
}

static bool get_numbers(struct run_state *state, struct json_object *json)
{
	return json_read_bool(json, "stopping", &state->is_stopping) &&
	       json_read_bool(json, "replacing", &state->is_replacing) &&
	       json_read_bool(json, "mac_locked", &state->is_mac_locked) &&
	       json_read_bool(json, "filtered", &state->is_filtered) &&
	       json_read_unsigned(json, "memory_mib", &state->memory_mib) &&
	       json_read_unsigned(json, "cpus", &state->cpus) &&
	       json_read_unsigned(json, "memory_limit_mib", &state->memory_limit_mib) &&
	       json_read_unsigned(json, "cpu_limit", &state->cpu_limit) &&
	       get_process(json, "supervisor_pid", "supervisor_starttime",
		       &state->supervisor_pid, &state->supervisor_starttime) &&
	       get_process(json, "pid", "starttime", &state->pid, &state->starttime) &&
	       json_read_unsigned(json, "uid", &state->uid) &&
	       get_time(json, "started_at", &state->started_at) &&
	       get_time(json, "changed_at", &state->changed_at) &&
	       json_read_unsigned(json, "n_boots", &state->n_boots) &&
	       json_read_unsigned(json, "n_failures", &state->n_failures) &&
	       get_time(json, "failed_at", &state->failed_at);
}

static bool get_stages(struct run_state *state, struct json_object *json)
{
	struct json_object *stages = NULL;

	if (!json_read_object(json, "stages_us", &stages))
		return false;
	for (enum boot_stage stage = 0; stage < _STAGE_MAX; stage++) {
		state->stage_us[stage] = -1;
		if (!get_time(stages, boot_stage_name(stage), &state->stage_us[stage]))
			return false;
	}
	return true;
}

static bool get_state(struct run_state *state, struct json_object *json)
{
	const char *name = NULL;

	if (!json_read_text(json, "state", &name) || name == NULL)
		return false;
	for (enum guest_state i = 0; i < _STATE_MAX; i++)
		if (strcmp(state_names[i], name) == 0) {
			state->state = i;
			return true;
		}
	return false;
}

static bool get_accel(struct run_state *state, struct json_object *json)
{
	const char *accel = "kvm";

	if (!json_read_text(json, "accel", &accel))
		return false;
	state->accel = strcmp(accel, "tcg") == 0 ? ACCEL_TCG : ACCEL_KVM;
	return true;
}

struct run_state *run_state_from_json(TALLOC_CTX *mem_ctx, struct json_object *json)
{
	TMP_CTX(tmp);
	struct run_state *state = mem_new(tmp, struct run_state);

	if (!get_names(state, json) || !get_numbers(state, json) ||
		!json_copy_texts(state, json, "taps", &state->taps, &state->n_taps) ||
		!json_copy_texts(
			state, json, "on_wire", &state->on_wire, &state->n_on_wire) ||
		!json_copy_texts(
			state, json, "on_disk", &state->on_disk, &state->n_on_disk) ||
		!get_stages(state, json) || !get_state(state, json) ||
		!get_accel(state, json) || state->name == NULL)
		return NULL;
	return talloc_steal(mem_ctx, state);
}

/* The folder */

static const char *name_fault(const char *name)
{
	size_t length = strlen(name);

	if (length == 0)
		return "is empty";
	if (length > GUEST_NAME_MAX)
		return "is too long";
	if (name[0] == '.')
		return "starts with a dot";
	if (strchr(name, '/') != NULL)
		return "holds a slash";
	return text_has_control(name, length) ? "holds a control character" : NULL;
}

static int check_name(const char *name, struct diags *diags)
{
	TMP_CTX(tmp);
	const char *fault = name_fault(name);

	if (fault == NULL)
		return 0;
	return diag_fail(diags, EXIT_DATA, LOC_NONE,
		"'%s' cannot be the name of a VCN: it %s",
		text_printable(tmp, name, strlen(name)), fault);
}

/* The folder's descriptor, or -errno. */
static int open_folder(const char *runtime_dir, const char *name)
{
	_cleanup_(mem_close_fd) int top =
		open(runtime_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (top < 0)
		return -errno;
	int fd = openat(top, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* The file as it stands, or NULL where it is missing or, with a warning, damaged. */
static struct run_state *read_file(
	TALLOC_CTX *mem_ctx, int dirfd, const char *name, struct diags *diags)
{
	TMP_CTX(tmp);
	char *text;
	size_t len;
	int r = file_read_regular_at(
		tmp, dirfd, "state.json", STATE_BYTES_MAX, &text, &len);

	if (r == -ENOENT)
		return NULL;
	struct json_object *json = r < 0 ? NULL : json_read(text, len);
	struct run_state *state =
		json == NULL ? NULL : run_state_from_json(mem_ctx, json);

	json_object_put(json);
	if (state == NULL || strcmp(state->name, name) != 0) {
		TALLOC_FREE(state);
		diag_add(diags, SEVERITY_WARNING, "state-file", LOC_NONE,
			"the state file of VCN '%s' is damaged and not used", name);
	}
	return state;
}

/* Nobody holds the lock: whatever the file says, nothing runs. */
static void make_stopped(struct run_state *state, const char *boot_id)
{
	bool was_running = run_state_is_running(state);

	state->pid = 0;
	state->is_stopping = false;
	if (!was_running)
		return;
	if (state->boot_id == NULL || strcmp(state->boot_id, boot_id) != 0) {
		state->state = STATE_STOPPED;
		state->message = "the host was restarted";
		return;
	}
	state->state = STATE_FAILED;
	state->message = "its supervisor was killed";
	state->n_failures++;
	state->failed_at = state->changed_at;
}

/* Somebody holds the lock: but is it the process that wrote the file? */
static bool is_current(const struct run_state *state, const char *boot_id)
{
	return state->boot_id != NULL && strcmp(state->boot_id, boot_id) == 0 &&
	       state->supervisor_starttime != 0 &&
	       process_starttime(state->supervisor_pid) == state->supervisor_starttime;
}

static struct run_state *new_state(TALLOC_CTX *mem_ctx, const char *name)
{
	struct run_state *state = mem_new(mem_ctx, struct run_state);

	state->name = mem_strdup(state, name);
	for (enum boot_stage stage = 0; stage < _STAGE_MAX; stage++)
		state->stage_us[stage] = -1;
	return state;
}

int run_state_read(TALLOC_CTX *mem_ctx, const char *runtime_dir, const char *name,
	struct diags *diags, struct run_state **ret_state)
{
	TMP_CTX(tmp);
	const char *boot_id = process_boot_id(tmp);
	struct run_state *state = NULL;
	int r = check_name(name, diags);

	if (r < 0)
		return r;
	_cleanup_(mem_close_fd) int dirfd = open_folder(runtime_dir, name);

	if (dirfd < 0 && dirfd != -ENOENT)
		return diag_fail_errno(diags, EXIT_IO, -dirfd, LOC_NONE,
			"the state of VCN '%s' in '%s' cannot be read", name,
			runtime_dir);
	/* The lock first: a supervisor that ends in between has then written its last
	 * word. */
	bool locked = dirfd >= 0 && lock_is_held_at(dirfd, "lock");

	if (dirfd >= 0)
		state = read_file(tmp, dirfd, name, diags);
	if (state == NULL || (locked && !is_current(state, boot_id))) {
		state = new_state(tmp, name);
		state->state = locked ? STATE_STARTING : STATE_STOPPED;
	} else if (!locked) {
		make_stopped(state, boot_id);
	}
	*ret_state = talloc_steal(mem_ctx, state);
	return 0;
}

bool run_state_is_held(const char *runtime_dir, const char *name)
{
	_cleanup_(mem_close_fd) int dirfd =
		name_fault(name) != NULL ? -1 : open_folder(runtime_dir, name);

	return dirfd >= 0 && lock_is_held_at(dirfd, "lock");
}

/*
 * Of whatever kind: what has become of it is told when it is read. So is a folder that is closed to
 * us: who may not look does not say that nothing runs.
 */
static bool has_file(int top, const char *name, const char *file)
{
	TMP_CTX(tmp);
	struct stat st;

	return fstatat(top, file_join(tmp, name, file), &st, AT_SYMLINK_NOFOLLOW) == 0 ||
	       errno == EACCES;
}

/* Whatever else lies there is not ours: it is no guest, and nothing of it is touched. */
static bool is_guest_folder(int top, const char *name)
{
	struct stat st;

	return name_fault(name) == NULL &&
	       fstatat(top, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode) &&
	       (has_file(top, name, "lock") || has_file(top, name, "state.json"));
}

int run_state_list(TALLOC_CTX *mem_ctx, const char *runtime_dir, struct diags *diags,
	char ***ret_names, size_t *ret_n)
{
	char **names = NULL;
	size_t n = 0;
	struct dirent *entry;
	_cleanup_(mem_close_dir) DIR *folder = opendir(runtime_dir);

	if (folder == NULL && errno != ENOENT)
		return diag_fail_errno(diags, EXIT_IO, errno, LOC_NONE,
			"the runtime directory '%s' cannot be read", runtime_dir);
	while (folder != NULL && (entry = readdir(folder)) != NULL)
		if (is_guest_folder(dirfd(folder), entry->d_name))
			*mem_push(mem_ctx, &names, &n) =
				mem_strdup(mem_ctx, entry->d_name);
	if (n > 1)
		qsort(names, n, sizeof(*names), text_compare_items);
	*ret_names = names;
	*ret_n = n;
	return 0;
}

/* The open lock file, locked; -EAGAIN where somebody else holds it. */
static int take_lock(int dirfd)
{
	for (;;) {
		struct stat ours, there;
		int fd = lock_take_at(dirfd, "lock", LOCK_TRY);

		if (fd < 0)
			return fd;
		/* run_state_forget() may have removed the file between open and lock. */
		if (fstat(fd, &ours) == 0 && fstatat(dirfd, "lock", &there, 0) == 0 &&
			ours.st_ino == there.st_ino)
			return fd;
		close(fd);
		/* A folder that was removed under us takes no new file: ENOENT ends this. */
	}
}

void run_state_forget(const char *runtime_dir, const char *name)
{
	static const char *const files[] = {"state.json", ".state.json.tmp", "control",
		"console.log", "console.log.1", "lock"};

	_cleanup_(mem_close_fd) int top =
		open(runtime_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	/* A folder that only has a lock may be anybody's. */
	if (top < 0 || name_fault(name) != NULL || !has_file(top, name, "state.json"))
		return;
	_cleanup_(mem_close_fd) int dirfd = open_folder(runtime_dir, name);
	_cleanup_(mem_close_fd) int lock = dirfd < 0 ? -1 : take_lock(dirfd);

	if (lock < 0)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		unlinkat(dirfd, files[i], 0);
	unlinkat(top, name, AT_REMOVEDIR);
}

int run_state_open_runtime_dir(const char *path, struct diags *diags)
{
	struct stat st;
	int r = file_make_folders(path, 0755);

	if (r < 0)
		return diag_fail_errno(diags, EXIT_IO, -r, LOC_NONE,
			"the runtime directory '%s' cannot be made", path);
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &st) < 0)
		return diag_fail_errno(diags, EXIT_IO, errno, LOC_NONE,
			"the runtime directory '%s' cannot be opened", path);
	if (st.st_uid == geteuid() && (st.st_mode & (S_IWGRP | S_IWOTH)) == 0)
		return fd;
	close(fd);
	return diag_fail(diags, EXIT_IO, LOC_NONE,
		"the runtime directory '%s' must belong "
		"to user %u and be writable by nobody else",
		path, (unsigned)geteuid());
}

static int close_folder(struct run_state_folder *folder)
{
	mem_close_fd(&folder->lock_fd);
	mem_close_fd(&folder->dirfd);
	return 0;
}

/* A QEMU whose supervisor was killed a moment ago is still dying: wait for it. */
static int wait_for_leftover(
	const char *name, const struct run_state *state, struct diags *diags)
{
	_cleanup_(mem_close_fd) int pidfd = process_open(state->pid, state->starttime);

	if (pidfd < 0)
		return 0;
	process_signal(pidfd, SIGKILL);
	if (process_wait(pidfd, LEFTOVER_WAIT_MS))
		return 0;
	return diag_fail(diags, EXIT_BUSY, LOC_NONE,
		"VCN '%s': its last QEMU, process %d, does "
		"not die (is its image on a dead NFS server?)",
		name, (int)state->pid);
}

static int inherit(struct run_state_folder *folder, struct diags *diags)
{
	TMP_CTX(tmp);
	const char *boot_id = process_boot_id(tmp);
	struct run_state *state = read_file(tmp, folder->dirfd, folder->name, diags);

	if (state == NULL)
		return 0;
	if (state->boot_id != NULL && strcmp(state->boot_id, boot_id) == 0) {
		int r = wait_for_leftover(folder->name, state, diags);

		if (r < 0)
			return r;
	}
	make_stopped(state, boot_id);
	folder->had_taps = state->n_taps > 0;
	folder->n_failures = state->n_failures;
	folder->failed_at = state->failed_at;
	return 0;
}

static int lock_folder(struct run_state_folder *folder, int top, struct diags *diags)
{
	if (mkdirat(top, folder->name, 0700) < 0 && errno != EEXIST)
		return diag_fail_errno(diags, EXIT_IO, errno, LOC_NONE,
			"the state folder of VCN '%s' cannot be made", folder->name);
	folder->dirfd = openat(
		top, folder->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (folder->dirfd < 0)
		return diag_fail_errno(diags, EXIT_IO, errno, LOC_NONE,
			"the state folder of VCN '%s' cannot be opened", folder->name);
	folder->lock_fd = take_lock(folder->dirfd);
	if (folder->lock_fd == -EAGAIN)
		return diag_fail(diags, EXIT_BUSY, LOC_NONE,
			"VCN '%s' is running already, or is being started", folder->name);
	if (folder->lock_fd < 0)
		return diag_fail_errno(diags, EXIT_IO, -folder->lock_fd, LOC_NONE,
			"VCN '%s': its lock cannot be taken", folder->name);
	return inherit(folder, diags);
}

int run_state_lock(TALLOC_CTX *mem_ctx, const char *runtime_dir, const char *name,
	struct diags *diags, struct run_state_folder **ret_folder)
{
	TMP_CTX(tmp);
	struct run_state_folder *folder = mem_new(tmp, struct run_state_folder);
	int r = check_name(name, diags);

	if (r < 0)
		return r;
	folder->dirfd = folder->lock_fd = -1;
	folder->name = mem_strdup(folder, name);
	talloc_set_destructor(folder, close_folder);
	_cleanup_(mem_close_fd) int top = run_state_open_runtime_dir(runtime_dir, diags);

	if (top < 0)
		return top;
	r = lock_folder(folder, top, diags);
	if (r == 0)
		*ret_folder = talloc_steal(mem_ctx, folder);
	return r;
}

static const char temporary[] = ".state.json.tmp";

/*
 * Not file_replace_at(): the file means nothing after a crash of the host, and its fsync
 * would stand between a guest and its start where the runtime directory is on a disk.
 */
static int replace_file(int dirfd, const char *text, size_t len)
{
	_cleanup_(mem_close_fd) int fd = openat(dirfd, temporary,
		O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0)
		return -errno;
	int r = file_write_all(fd, text, len);

	if (r < 0)
		return r;
	return renameat(dirfd, temporary, dirfd, "state.json") < 0 ? -errno : 0;
}

/*
 * In the room that the file has already, for a file system without any: else what it said last
 * would stay, of a guest that has ended that it was killed. In one write, blank to the old end.
 */
static int overwrite_file(int dirfd, const char *text, size_t len)
{
	TMP_CTX(tmp);
	_cleanup_(mem_close_fd) int fd =
		openat(dirfd, "state.json", O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	size_t size = st.st_size < STATE_BYTES_MAX ? (size_t)st.st_size : 0;
	const char *whole =
		size <= len ? text
			    : mem_printf(tmp, "%s%*s", text, (int)(size - len), "");
	int r = file_write_all(fd, whole, size <= len ? len : size);

	if (r == 0 && ftruncate(fd, (off_t)len) < 0)
		r = -errno;
	return r;
}

static int write_state_file(int dirfd, const char *text, size_t len)
{
	int r = replace_file(dirfd, text, len);

	if (r < 0)
		(void)!unlinkat(dirfd, temporary, 0);
	return r < 0 && overwrite_file(dirfd, text, len) == 0 ? 0 : r;
}

int run_state_write(struct run_state_folder *folder, const struct run_state *state,
	struct diags *diags)
{
	TMP_CTX(tmp);
	struct json_object *json = run_state_to_json(state);
	const char *text = mem_printf(tmp, "%s\n",
		json_object_to_json_string_ext(json, JSON_C_TO_STRING_PLAIN));
	int r = write_state_file(folder->dirfd, text, strlen(text));

	json_object_put(json);
	if (r < 0)
		return diag_fail_errno(diags, EXIT_IO, -r, LOC_NONE,
			"the state of VCN '%s' cannot be written", folder->name);
	return 0;
}

void run_state_refuse(const char *runtime_dir, const char *host,
	const struct guest *guest, const char *why)
{
	TMP_CTX(tmp);
	struct diags *unheard = diags_new(tmp);
	struct run_state_folder *folder;
	struct run_state *state = new_state(tmp, guest->name);

	if (run_state_lock(tmp, runtime_dir, guest->name, unheard, &folder) < 0)
		return;
	state->fqdn = guest->fqdn;
	state->uuid = guest->uuid;
	state->vo = guest->vo;
	state->host = host;
	state->state = STATE_REFUSED;
	state->message = why;
	state->digest = guest->digest;
	state->boot_id = process_boot_id(tmp);
	state->changed_at = time(NULL);
	state->n_failures = folder->n_failures;
	state->failed_at = folder->failed_at;
	(void)!run_state_write(folder, state, unheard);
}
