/* SPDX-License-Identifier: Apache-2.0 */
#include "vcn/host/check_command.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <json-c/json.h>

#include "base/file.h"
#include "base/json.h"
#include "base/table.h"
#include "base/text.h"
#include "vcn/common/patience.h"
#include "vcn/guest/cgroup.h"
#include "vcn/guest/preflight.h"
#include "vcn/guest/supervise.h"
#include "vcn/host/admission.h"
#include "vcn/host/apply_guard.h"
#include "vcn/host/unit.h"

enum { TIMEOUT_MS = 5000, NAMES_MAX = 16 * 1024 * 1024 };

/* This host */

/* Memory for all that are enabled: those that run count as what they may still take. */
static int check_memory(struct session *s, const struct manifest *manifest)
{
	struct observation seen;
	struct admission admission;
	int r = reconcile_observe(
		s->mem_ctx, s->settings->runtime_dir, NULL, s->diags, &seen);

	if (r == 0)
		r = admission_open(
			s->settings, seen.states, seen.n_states, s->diags, &admission);
	if (r < 0)
		return r;
	for (size_t i = 0; i < manifest->n_guests; i++) {
		const struct guest *guest = &manifest->guests[i];
		const struct run_state *state = reconcile_find(&seen, guest->name);
		uint64_t copied;

		if (!guest->is_enabled || (state != NULL && run_state_is_running(state)))
			continue;
		admission_copied_mib(&guest, 1, &copied);
		(void)!admission_take(
			&admission, guest, s->settings->accel, copied, NULL, s->diags);
	}
	return 0;
}

static void note_limits(struct session *s)
{
	TMP_CTX(tmp);
	const char *why = cgroup_obstacle(tmp, unit_is_available());

	if (why != NULL)
		diag_add(s->diags, SEVERITY_NOTE, NULL, LOC_NONE,
			"guests have no limits of memory and processors here: %s", why);
}

static bool is_one(const char *path)
{
	TMP_CTX(tmp);
	char *text;
	size_t len;

	return file_read_at(tmp, AT_FDCWD, path, &text, &len) == 0 && len > 0 &&
	       text[0] == '1';
}

/* It has no rule of its own for guests, but others let through only what is theirs. */
static void note_packet_filter(struct session *s)
{
	static const char *const names[] = {"iptables", "ip6tables", "arptables"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		TMP_CTX(tmp);
		const char *name = mem_printf(tmp, "bridge-nf-call-%s", names[i]);

		if (is_one(file_join(tmp, "/proc/sys/net/bridge", name)))
			diag_add(s->diags, SEVERITY_NOTE, NULL, LOC_NONE,
				"what guests send over a bridge passes this host's "
				"%s, by which Docker lets nothing through: 'sysctl "
				"net.bridge.%s=0' keeps it apart",
				names[i], name);
	}
}

/* Could every enabled VCN of the manifest start here? */
static int check_host(struct session *s, const struct manifest *manifest)
{
	struct table *files = table_new(s->mem_ctx, manifest->n_guests);
	int r = apply_guard_host(manifest, s->host, s->diags);

	if (r == 0)
		r = apply_guard_serial(s->settings, manifest, s->diags);
	for (size_t i = 0; i < manifest->n_guests; i++)
		if (manifest->guests[i].is_enabled)
			(void)!preflight_guest(
				s->settings, &manifest->guests[i], files, s->diags);
	(void)!check_memory(s, manifest);
	return r;
}

/* Manifests of several hosts */

static void take_file(struct session *s, struct table *written,
	const struct manifest *manifest, const struct guest *guest, const char *path)
{
	void **slot = table_slot(written, file_plain_path(written, path));
	const struct loc where = loc_at(mem_strdup(s->diags, manifest->path),
		guest->where.line, guest->where.column);

	if (*slot == NULL) {
		struct loc *first = mem_new(written, struct loc);

		*first = where;
		*slot = first;
		return;
	}
	const struct loc *first = *slot;

	if (strcmp(first->source, where.source) == 0)
		return;
	diag_note(diag_add(s->diags, SEVERITY_WARNING, NULL, where,
			  "VCN '%s' writes to '%s', and so does one of another "
			  "manifest: where the hosts share it, it is one file",
			  guest->name, path),
		*first, "here");
}

/*
 * Within a manifest one file in two guests is an error. Of two hosts it may be two files, each on
 * its own disks.
 */
static void take_written(
	struct session *s, struct table *written, const struct manifest *manifest)
{
	for (size_t i = 0; i < manifest->n_guests; i++) {
		const struct guest *guest = &manifest->guests[i];

		if (!guest->is_enabled)
			continue;
		if (guest->image.path != NULL && !guest->image.snapshot)
			take_file(s, written, manifest, guest, guest->image.path);
		for (size_t j = 0; j < guest->n_disks; j++)
			if (guest->disks[j].path != NULL)
				take_file(s, written, manifest, guest,
					guest->disks[j].path);
	}
}

/* A file */

static void put_manifest(
	struct session *s, const char *path, const struct manifest *manifest)
{
	struct json_object *json = json_object_new_object(), *list;

	json_put_text(json, "path", path);
	json_put_text(json, "host", manifest->host);
	json_put_number(json, "serial", (int64_t)manifest->serial);
	json_put_number(json, "vcns", (int64_t)manifest->n_guests);
	json_put_bool(json, "has_trailer", manifest->has_trailer);
	json_object_object_get_ex(s->result, "manifests", &list);
	json_object_array_add(list, json);
}

/* Its faults are in diags; @written has what guests of other files write to. */
static void check_file(struct session *s, struct table *written, const char *path)
{
	TMP_CTX(tmp);
	const struct manifest_demands demands = {
		.key = s->is_preflight ? s->settings->manifest_key : NULL,
		.timeout_ms = TIMEOUT_MS,
	};
	struct manifest *manifest;
	int r = manifest_load(tmp, path, &demands, s->diags, &manifest);

	if (r == -EXIT_BUSY)
		r = session_fail_hanging(s->diags, path);
	if (r == 0 && s->is_preflight)
		r = check_host(s, manifest);
	if (r == 0)
		take_written(s, written, manifest);
	if (r == 0 && s->arguments.json)
		put_manifest(s, path, manifest);
}

/* A folder */

static int is_manifest_name(const struct dirent *entry)
{
	return entry->d_name[0] != '.' && text_has_suffix(entry->d_name, ".yaml");
}

/*
 * Nothing for what is no folder; else an errno, 0 for none, and the names of its manifests,
 * each with its NUL.
 */
static void write_names(const void *path, int fd)
{
	struct stat st;
	struct dirent **entries;

	if (stat(path, &st) < 0 || !S_ISDIR(st.st_mode))
		return;
	int n = scandir(path, &entries, is_manifest_name, alphasort);
	int error = n < 0 ? errno : 0;

	(void)!file_write_all(fd, &error, sizeof(error));
	for (int i = 0; i < n; i++)
		(void)!file_write_all(
			fd, entries[i]->d_name, strlen(entries[i]->d_name) + 1);
}

static int check_path(struct session *s, struct table *written, const char *path)
{
	TMP_CTX(tmp);
	char *bytes;
	size_t len;
	int error;
	int r = patience_read(
		tmp, TIMEOUT_MS, NAMES_MAX, write_names, path, path, &bytes, &len);

	if (r == -ETIMEDOUT)
		return session_fail_hanging(s->diags, path);
	if (r < 0)
		return diag_fail_errno(
			s->diags, EXIT_IO, -r, loc_file(path), "it cannot be looked at");
	if (len < sizeof(error)) {
		check_file(s, written, path);
		return 0;
	}
	memcpy(&error, bytes, sizeof(error));
	if (error != 0)
		return diag_fail_errno(s->diags, EXIT_IO, error, loc_file(path),
			"the folder cannot be read");
	for (const char *name = bytes + sizeof(error); name < bytes + len;
		name += strlen(name) + 1)
		check_file(s, written, file_join(tmp, path, name));
	return 0;
}

/* The command */

/* What the host needs for any guest. */
static int open_preflight(struct session *s)
{
	int r = session_open_settings(s);

	if (r < 0)
		return r;
	s->host = s->arguments.host;
	(void)!supervise_check(s->settings, s->diags);
	note_limits(s);
	if (s->settings->network == NETWORK_BRIDGE)
		note_packet_filter(s);
	return 0;
}

int check_command(void *session)
{
	struct session *s = session;
	struct table *written = table_new(s->mem_ctx, 0);
	int r = 0;

	s->is_preflight = s->arguments.host != NULL;
	if (s->arguments.json)
		json_object_object_add(s->result, "manifests", json_object_new_array());
	if (s->is_preflight)
		r = open_preflight(s);
	else if (s->n_words == 0 && s->arguments.manifest == NULL)
		r = diag_fail(s->diags, EXIT_USAGE, LOC_NONE,
			"which manifests? Name them, or this host with --host");
	if (r == 0 && s->n_words == 0)
		check_file(s, written,
			s->arguments.manifest != NULL ? s->arguments.manifest
						      : session_manifest_path(s));
	for (size_t i = 0; r == 0 && i < s->n_words; i++)
		r = check_path(s, written, s->words[i]);
	return r < 0 ? r : -(int)s->diags->failure;
}
