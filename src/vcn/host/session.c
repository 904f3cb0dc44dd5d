/* SPDX-License-Identifier: Apache-2.0 */
#include "vcn/host/session.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "base/trailer.h"
#include "vcn/common/patience.h"
#include "vcn/host/apply_guard.h"
#include "vcn/host/names.h"

enum { PATIENCE_MS = 5000, COPY_MAX = 64 * 1024 * 1024, TIMEOUT_MAX_S = 24 * 3600 };

#define MANIFEST_FOLDER "/srv/ldapcc/manifests"

/* Opening: settings, this host's name, its manifest */

int session_open_settings(struct session *s)
{
	int r = launch_settings_load(
		s->mem_ctx, s->arguments.config, s->diags, &s->settings);

	if (r < 0)
		return r;
	if (s->arguments.runtime_dir != NULL) {
		if (s->arguments.runtime_dir[0] != '/')
			return diag_fail(s->diags, EXIT_USAGE, LOC_NONE,
				"--runtime-dir needs an absolute path");
		s->settings->runtime_dir = s->arguments.runtime_dir;
	}
	if (s->arguments.timeout_s > TIMEOUT_MAX_S)
		return diag_fail(s->diags, EXIT_USAGE, LOC_NONE,
			"--timeout is at most %d seconds", TIMEOUT_MAX_S);
	/* one that is empty is none */
	if (s->environment_host != NULL && s->environment_host[0] == '\0')
		s->environment_host = NULL;
	return 0;
}

static unsigned patience_of(const struct session *s)
{
	return s->patience_ms > 0 ? s->patience_ms : PATIENCE_MS;
}

/* Only where it is needed: it asks the name servers. */
static void find_host(struct session *s)
{
	if (s->host == NULL)
		s->host = s->arguments.host;
	if (s->host == NULL)
		s->host = s->environment_host;
	if (s->host == NULL)
		s->host = apply_guard_host_name(s->mem_ctx, s->settings, patience_of(s));
}

const char *session_manifest_path(struct session *s)
{
	find_host(s);
	if (s->arguments.manifest != NULL)
		return s->arguments.manifest;
	return mem_printf(s->mem_ctx, MANIFEST_FOLDER "/%s.yaml", s->host);
}

static void write_missing(const void *path, int fd)
{
	if (access(path, F_OK) < 0 && errno == ENOENT)
		(void)!file_write_all(fd, "m", 1);
}

/* One whose file system hangs is there. */
static bool is_missing(const struct session *s, const char *path)
{
	TMP_CTX(tmp);
	char *answer;
	size_t len;

	return patience_read(tmp, patience_of(s), 1, write_missing, path, path, &answer,
		       &len) == 0 &&
	       len > 0;
}

int session_fail_hanging(struct diags *diags, const char *path)
{
	return diag_fail(diags, EXIT_BUSY, loc_file(mem_strdup(diags, path)),
		"the manifest cannot be read in time: its file system hangs");
}

/* The last manifest that was applied from this path, for when its file system hangs. */
static const char *copy_name(TALLOC_CTX *mem_ctx, const char *path)
{
	uint8_t digest[SHA256_BYTES];
	char hex[SHA256_TEXT_MAX];

	sha256(path, strlen(path), digest);
	sha256_text(digest, hex);
	return mem_printf(mem_ctx, ".manifest-%.12s.yaml", hex);
}

static int load_copy(struct session *s, const char *path, struct diags *diags)
{
	TMP_CTX(tmp);
	const char *copy = file_join(tmp, s->settings->runtime_dir, copy_name(tmp, path));
	char *text;
	size_t len;

	if (file_read_regular_at(tmp, AT_FDCWD, copy, COPY_MAX, &text, &len) < 0 ||
		manifest_parse(s->mem_ctx, path, text, len, false, diags_new(tmp),
			&s->manifest) < 0)
		return -EXIT_BUSY;
	diag_add(diags, SEVERITY_WARNING, NULL, loc_file(mem_strdup(diags, path)),
		"the manifest cannot be read, its file system hangs: the last one that "
		"was applied is used (serial %llu)",
		(unsigned long long)s->manifest->serial);
	s->is_manifest_copy = true;
	return 0;
}

static int load_manifest(struct session *s, struct diags *diags)
{
	const char *path = session_manifest_path(s);
	const struct manifest_demands demands = {
		.needs_trailer = s->arguments.manifest == NULL,
		.key = s->settings->manifest_key,
		.timeout_ms = patience_of(s),
	};
	int r = manifest_load(s->mem_ctx, path, &demands, diags, &s->manifest);

	if (r != -EXIT_BUSY || load_copy(s, path, s->diags) == 0)
		return r == -EXIT_BUSY ? 0 : r;
	return session_fail_hanging(diags, path);
}

const char *session_copy_name(struct session *s)
{
	return copy_name(s->mem_ctx, s->manifest->path);
}

int session_keep_manifest(struct session *s)
{
	TMP_CTX(tmp);
	const char *name = copy_name(tmp, s->manifest->path);
	_cleanup_(mem_close_fd) int dirfd =
		open(s->settings->runtime_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char *text;
	size_t len;

	if (s->is_manifest_copy)
		return 0;
	if (dirfd < 0)
		return -errno;
	if (file_read_regular_at(tmp, dirfd, name, COPY_MAX, &text, &len) == 0 &&
		len == s->manifest->len && memcmp(text, s->manifest->text, len) == 0)
		return 0;
	return file_replace_at(dirfd, name, s->manifest->text, s->manifest->len, 0600);
}

/* Nothing where it is looked for by default says more than "no such file". */
static int find_manifest(struct session *s)
{
	const char *path = session_manifest_path(s);

	if (s->arguments.manifest != NULL || !is_missing(s, path))
		return 0;
	return diag_fail(s->diags, EXIT_IO, loc_file(path),
		"there is no manifest for this host; ldapcc writes it, or name one with "
		"--manifest, or the host with --host");
}

/* Settings and this host's own, whole manifest. */
int session_open_manifest(struct session *s)
{
	int r = session_open_settings(s);

	if (r == 0)
		r = find_manifest(s);
	if (r == 0)
		r = load_manifest(s, s->diags);
	if (r == 0)
		r = apply_guard_host(s->manifest, s->host, s->diags);
	return r;
}

/*
 * For commands that work on what runs: a manifest that cannot be used is left out, with a
 * warning that says so unless there is simply none.
 */
int session_open_manifest_if_usable(struct session *s)
{
	TMP_CTX(tmp);
	struct diags *unheard = diags_new(tmp);
	const char *path;
	int r = session_open_settings(s);

	s->has_looked_for_manifest = true;
	if (r < 0)
		return r;
	path = session_manifest_path(s);
	if (s->arguments.manifest == NULL && is_missing(s, path))
		return 0;
	r = load_manifest(s, unheard);
	if (r == 0)
		r = apply_guard_host(s->manifest, s->host, unheard);
	if (r == 0)
		return 0;
	s->manifest = NULL;
	s->manifest_fault = -r;
	diag_add(s->diags, SEVERITY_WARNING, NULL, loc_file(mem_strdup(s->diags, path)),
		"the manifest cannot be used (%s): only what runs here is known",
		diag_last(unheard)->message);
	return 0;
}

/* Names */

int session_unknown_name(struct session *s, const char *name)
{
	TMP_CTX(tmp);
	const char **candidates = NULL;
	size_t n = 0;

	for (size_t i = 0; s->manifest != NULL && i < s->manifest->n_guests; i++)
		*mem_push(tmp, &candidates, &n) = s->manifest->guests[i].name;
	*mem_push(tmp, &candidates, &n) = NULL;
	const char *nearest = text_nearest(name, candidates);
	const char *shown = text_printable(tmp, name, strlen(name));

	if (nearest == NULL)
		return diag_fail(s->diags, EXIT_USAGE, LOC_NONE,
			"there is no VCN '%s' here", shown);
	return diag_fail(s->diags, EXIT_USAGE, LOC_NONE,
		"there is no VCN '%s' here, did you mean '%s'?", shown, nearest);
}

/* The words of the command line as names, ranges expanded. */
int session_expand_words(struct session *s, char ***ret_names, size_t *ret_n)
{
	*ret_names = NULL;
	*ret_n = 0;
	for (size_t i = 0; i < s->n_words; i++) {
		int r = names_expand(s->mem_ctx, s->words[i], s->diags, ret_names, ret_n);

		if (r < 0)
			return r;
	}
	if (s->arguments.all && *ret_n > 0)
		return diag_fail(s->diags, EXIT_USAGE, LOC_NONE,
			"--all and names do not go together");
	if (!s->arguments.all && s->n_words > 0 && *ret_n == 0)
		return diag_fail(s->diags, EXIT_USAGE, LOC_NONE, "a name is missing");
	return 0;
}

/* It has not run here yet: then only the manifest knows it. */
static int resolve_by_manifest(
	struct session *s, const char *name, struct run_state **ret_state)
{
	int r = session_open_manifest_if_usable(s);
	const char *own =
		r < 0 || s->manifest == NULL ? NULL : names_resolve(s->manifest, name);

	if (r < 0)
		return r;
	if (own == NULL)
		return session_unknown_name(s, name);
	return run_state_read(
		s->mem_ctx, s->settings->runtime_dir, own, s->diags, ret_state);
}

/* What is known of each name: the manifest's spelling first, or NULL and a failure. */
int session_resolve(struct session *s, const struct observation *seen, const char *name,
	struct run_state **ret_state)
{
	const char *own = s->manifest == NULL ? NULL : names_resolve(s->manifest, name);

	*ret_state = reconcile_find(seen, own != NULL ? own : name);
	for (size_t i = 0; *ret_state == NULL && i < seen->n_states; i++)
		if (seen->states[i]->fqdn != NULL &&
			text_equal_case(seen->states[i]->fqdn, name))
			*ret_state = seen->states[i];
	if (*ret_state == NULL && s->settings != NULL && !s->has_looked_for_manifest)
		return resolve_by_manifest(s, name, ret_state);
	return *ret_state == NULL ? session_unknown_name(s, name) : 0;
}

/* The one guest that `run`, `argv` name. */
int session_open_guest(struct session *s, const struct guest **ret_guest)
{
	int r = session_open_manifest(s);

	if (r < 0)
		return r;
	const char *own = names_resolve(s->manifest, s->words[0]);

	if (own == NULL)
		return session_unknown_name(s, s->words[0]);
	*ret_guest = manifest_find(s->manifest, own);
	return 0;
}
