/* SPDX-License-Identifier: Apache-2.0 */

#include "read/directory_servers.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "read/dn.h"

/* What is needed before any server is asked. */
struct plan {
	struct endpoint *endpoints;
	size_t n_endpoints;
	char *password;
};

/* Preparation: settings that cannot work are EXIT_USAGE */

static int read_password(TALLOC_CTX *mem_ctx, const struct directory_settings *settings,
	struct diags *diags, char **ret_password)
{
	const char *path = settings->password_file;
	struct stat st;
	size_t len;

	if (!path)
		return diag_fail(diags, EXIT_USAGE, settings->where,
			"bind: password-file is missing");
	if (stat(path, &st) < 0)
		return diag_fail_errno(diags, EXIT_USAGE, errno, loc_file(path),
			"the password file cannot be used");
	if (st.st_mode & 077)
		return diag_fail(diags, EXIT_USAGE, loc_file(path),
			"the password file can be read by others: chmod 600 it");
	int failed =
		file_read(mem_ctx, path, EXIT_USAGE, 4096, diags, ret_password, &len);

	if (failed)
		return failed;
	(*ret_password)[strcspn(*ret_password, "\r\n")] = '\0';
	/* servers take a DN with an empty password for an anonymous bind (RFC 4513 5.1.2) */
	if (**ret_password == '\0')
		return diag_fail(
			diags, EXIT_USAGE, loc_file(path), "the password file is empty");
	return 0;
}

static int make_plan(TALLOC_CTX *mem_ctx, const struct directory_settings *settings,
	struct diags *diags, struct plan *ret)
{
	*ret = (struct plan){0};
	for (size_t i = 0; i < settings->uris.n; i++) {
		const char *uri = settings->uris.items[i];
		struct endpoint *endpoint =
			mem_push(mem_ctx, &ret->endpoints, &ret->n_endpoints);
		const char *reason = endpoint_parse(mem_ctx, uri, endpoint);

		if (reason)
			return diag_fail(diags, EXIT_USAGE, settings->where,
				"uri '%s': %s", uri, reason);
	}
	if (settings->bases.n == 0)
		return diag_fail(diags, EXIT_USAGE, settings->where,
			"directory: 'base' is missing, the "
			"entry below which everything is");
	for (size_t i = 0; i < settings->canaries.n; i++) {
		char *key = dn_key(mem_ctx, settings->canaries.items[i]);

		if (!key || *key == '\0')
			return diag_fail(diags, EXIT_USAGE, settings->where,
				"canary '%s' is no distinguished name",
				settings->canaries.items[i]);
	}
	return settings->bind == BIND_SIMPLE
		       ? read_password(mem_ctx, settings, diags, &ret->password)
		       : 0;
}

/* Servers, one after the other */

/* What went wrong with a server that was tried. */
struct failure {
	const char *uri;
	char *fault;
};
struct failures {
	struct failure *items;
	size_t n;
};

/* None worked: one failure, and a note for every further server. */
static int fail_all(struct diags *diags, const struct failures *failures)
{
	assert(failures->n > 0);
	int code = diag_fail(diags, EXIT_DIRECTORY, loc_file(failures->items[0].uri),
		"%s", failures->items[0].fault);

	for (size_t i = 1; i < failures->n; i++)
		diag_note(diag_last(diags), loc_file(failures->items[i].uri), "%s",
			failures->items[i].fault);
	return code;
}

int servers_try(TALLOC_CTX *mem_ctx, const struct directory_settings *settings,
	int (*use)(struct session *s, void *data), void *data, struct diags *diags,
	struct session **ret_session)
{
	TMP_CTX(tmp);
	struct failures failures = {0};
	struct plan *plan = mem_new(tmp, struct plan);
	int failed = make_plan(plan, settings, diags, plan);

	if (failed)
		return failed;
	for (size_t i = 0; i < plan->n_endpoints; i++) {
		struct session *s =
			session_new(plan, settings, &plan->endpoints[i], plan->password);

		if (!session_open(s) && !use(s, data)) {
			*ret_session = talloc_steal(mem_ctx, s);
			(void)talloc_steal(s, plan);
			break;
		}
		struct failure *failure = mem_push(tmp, &failures.items, &failures.n);

		failure->uri = s->endpoint->uri;
		failure->fault = talloc_steal(tmp, s->fault);
		talloc_free(s);
	}
	if (failures.n == plan->n_endpoints)
		return fail_all(diags, &failures);
	for (size_t i = 0; i < failures.n; i++)
		diag_add(diags, SEVERITY_WARNING, NULL, loc_file(failures.items[i].uri),
			"%s; '%s' was used instead", failures.items[i].fault,
			(*ret_session)->endpoint->uri);
	return 0;
}
