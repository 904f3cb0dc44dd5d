/* SPDX-License-Identifier: Apache-2.0 */
#include "vcn/host/unit.h"

#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "vcn/host/command.h"

enum { SYSTEMCTL_TIMEOUT_MS = 30000 };

static bool systemctl(TALLOC_CTX *mem_ctx, const char *const *words, char **ret_output)
{
	return command_run(mem_ctx, words, SYSTEMCTL_TIMEOUT_MS, ret_output, NULL);
}

bool unit_is_available(void)
{
	TMP_CTX(tmp);
	char *output;

	if (geteuid() != 0 || access("/run/systemd/system", F_OK) < 0)
		return false;
	return systemctl(
		tmp, (const char *[]){"systemctl", "cat", "vcn@.service", NULL}, &output);
}

int unit_start(const char *name, struct diags *diags)
{
	TMP_CTX(tmp);
	const char *unit = mem_printf(tmp, "vcn@%s.service", name);
	char *output;

	(void)!systemctl(
		tmp, (const char *[]){"systemctl", "reset-failed", unit, NULL}, &output);
	if (systemctl(tmp,
		    (const char *[]){"systemctl", "start", "--no-block", unit, NULL},
		    &output))
		return 0;
	return diag_fail(
		diags, EXIT_REJECTED, LOC_NONE, "%s cannot be started: %s", unit, output);
}

/* The value behind KEY= in lines of that form, or "". */
static char *value_of(TALLOC_CTX *mem_ctx, const char *lines, const char *key)
{
	for (const char *line = lines; line != NULL; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (text_has_prefix(line, key) && line[strlen(key)] == '=') {
			line += strlen(key) + 1;
			return mem_strndup(mem_ctx, line, strcspn(line, "\n"));
		}
	}
	return mem_strdup(mem_ctx, "");
}

char *unit_state(TALLOC_CTX *mem_ctx, const char *name)
{
	TMP_CTX(tmp);
	const char *unit = mem_printf(tmp, "vcn@%s.service", name);
	char *output;

	if (!systemctl(tmp,
		    (const char *[]){"systemctl", "show", "--property=ActiveState,Job",
			    unit, NULL},
		    &output))
		return mem_strdup(mem_ctx, "unknown");
	const char *job = value_of(tmp, output, "Job");

	/* A unit that waits for its turn is inactive, too. */
	if (job[0] != '\0' && strcmp(job, "0") != 0)
		return mem_strdup(mem_ctx, "queued");
	return value_of(mem_ctx, output, "ActiveState");
}
