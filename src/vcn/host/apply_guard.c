/* SPDX-License-Identifier: Apache-2.0 */
#include "vcn/host/apply_guard.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "vcn/common/patience.h"

enum {
	HOST_NAME_MAX_BYTES = 256,
	FREE_STOPS = 2,
	APPLIED_MAX = 4096,
};

static void write_full_name(const void *host, int fd)
{
	struct addrinfo hints = {.ai_socktype = SOCK_DGRAM, .ai_flags = AI_CANONNAME};
	struct addrinfo *found = NULL;

	if (getaddrinfo(host, NULL, &hints, &found) != 0)
		return;
	if (found->ai_canonname != NULL)
		(void)!file_write_all(
			fd, found->ai_canonname, strlen(found->ai_canonname));
	freeaddrinfo(found);
}

int apply_guard_host(
	const struct manifest *manifest, const char *host, struct diags *diags)
{
	if (text_equal_case(manifest->host, host))
		return 0;
	return diag_fail(diags, EXIT_REFUSED, loc_file(mem_strdup(diags, manifest->path)),
		"this is the manifest of '%s', and this host "
		"is '%s'; if it is the right one, say --host %s",
		manifest->host, host, manifest->host);
}

/* Where the last serial is kept. */
static char *applied_path(TALLOC_CTX *mem_ctx, const struct launch_settings *settings)
{
	const char *slash = strrchr(settings->records, '/');

	return mem_printf(mem_ctx, "%.*s/applied", (int)(slash - settings->records),
		settings->records);
}

/* "HOST SERIAL" of the manifest last applied; *ret_host is NULL where none was. */
static int read_applied_line(TALLOC_CTX *mem_ctx, const char *path, struct diags *diags,
	const char **ret_host, uint64_t *ret_serial)
{
	TMP_CTX(tmp);
	char *text;
	size_t len, n;

	*ret_host = NULL;
	*ret_serial = 0;
	int r = file_read_regular_at(tmp, AT_FDCWD, path, APPLIED_MAX, &text, &len);

	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return diag_fail_errno(diags, EXIT_IO, -r,
			loc_file(mem_strdup(diags, path)),
			"the last applied serial cannot be read");
	char **words = text_split_blank(tmp, text, &n);

	if (n != 2 || !text_parse_u64(words[1], INT64_MAX, ret_serial))
		return diag_fail(diags, EXIT_IO, loc_file(mem_strdup(diags, path)),
			"this is no 'HOST SERIAL': the last applied serial is lost; "
			"remove the file to apply any manifest");
	*ret_host = mem_strdup(mem_ctx, words[0]);
	return 0;
}

/* The serial last applied for @host, 0 if there was none or the file is another host's. */
static int read_applied(
	const char *path, const char *host, struct diags *diags, uint64_t *ret_serial)
{
	TMP_CTX(tmp);
	const char *applied;
	int r = read_applied_line(tmp, path, diags, &applied, ret_serial);

	if (r == 0 && (applied == NULL || !text_equal_case(applied, host)))
		*ret_serial = 0;
	return r;
}

/* The name that a manifest was applied under, where it is @host with a domain. */
static const char *applied_name(
	TALLOC_CTX *mem_ctx, const struct launch_settings *settings, const char *host)
{
	TMP_CTX(tmp);
	const char *name;
	size_t len = strlen(host);
	uint64_t serial;

	if (read_applied_line(mem_ctx, applied_path(tmp, settings), diags_new(tmp), &name,
		    &serial) < 0 ||
		name == NULL || strncasecmp(name, host, len) != 0 || name[len] != '.')
		return host;
	return name;
}

/* The name servers of a host may be gone, which is no reason to wait for them. */
char *apply_guard_host_name(
	TALLOC_CTX *mem_ctx, const struct launch_settings *settings, unsigned timeout_ms)
{
	TMP_CTX(tmp);
	char host[HOST_NAME_MAX_BYTES] = "";
	char *name;
	size_t len;

	if (gethostname(host, sizeof(host) - 1) < 0 || host[0] == '\0')
		return mem_strdup(mem_ctx, "localhost");
	if (strchr(host, '.') != NULL)
		return mem_strdup(mem_ctx, host);
	int r = patience_read(tmp, timeout_ms, HOST_NAME_MAX_BYTES, write_full_name, host,
		NULL, &name, &len);

	if (r < 0 || len == 0)
		return mem_strdup(mem_ctx, applied_name(tmp, settings, host));
	return mem_strdup(mem_ctx, name);
}

int apply_guard_serial(const struct launch_settings *settings,
	const struct manifest *manifest, struct diags *diags)
{
	TMP_CTX(tmp);
	const char *path = applied_path(tmp, settings);
	uint64_t last;
	int r = read_applied(path, manifest->host, diags, &last);

	if (r < 0 || manifest->serial >= last)
		return r;
	return diag_fail(diags, EXIT_REFUSED, loc_file(mem_strdup(diags, manifest->path)),
		"the manifest is old: its serial is %llu, and %llu was applied here; "
		"publish or copy it again, or remove '%s' to go back on purpose",
		(unsigned long long)manifest->serial, (unsigned long long)last, path);
}

/* 0, or -errno. */
static int write_applied(const char *path, const struct manifest *manifest)
{
	TMP_CTX(tmp);
	const char *line = mem_printf(
		tmp, "%s %llu\n", manifest->host, (unsigned long long)manifest->serial);
	char *folder = mem_strdup(tmp, path), *slash = strrchr(folder, '/');

	slash[slash == folder ? 1 : 0] = '\0';
	int r = file_make_folders(folder, 0755);

	if (r < 0)
		return r;
	_cleanup_(mem_close_fd) int dirfd =
		open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return dirfd < 0 ? -errno
			 : file_replace_at(dirfd, "applied", line, strlen(line), 0644);
}

bool apply_guard_note_serial(const struct launch_settings *settings,
	const struct manifest *manifest, struct diags *diags)
{
	TMP_CTX(tmp);
	const char *path = applied_path(diags, settings);
	uint64_t last = 0;
	bool is_known = read_applied(path, manifest->host, diags_new(tmp), &last) == 0 &&
			manifest->serial == last;
	int r = is_known ? 0 : write_applied(path, manifest);

	if (r == 0)
		return true;
	diag_add(diags, SEVERITY_WARNING, NULL, loc_file(path),
		"the applied serial cannot be written: %s; until a later apply writes it, "
		"a manifest older than this one is not refused",
		strerror(-r));
	return false;
}

int apply_guard_stops(size_t n_stops, size_t n_running, size_t allow_stop,
	const char *command, struct diags *diags)
{
	size_t limit = n_running / 2 > FREE_STOPS ? n_running / 2 : FREE_STOPS;

	if (allow_stop > limit)
		limit = allow_stop;
	if (n_stops <= limit)
		return 0;
	return diag_fail(diags, EXIT_REFUSED, LOC_NONE,
		"%zu of %zu running VCNs would be stopped, more than %zu; "
		"nothing was done. If that is meant: %s --allow-stop=%zu",
		n_stops, n_running, limit, command, n_stops);
}
