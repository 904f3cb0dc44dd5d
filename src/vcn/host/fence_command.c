/* SPDX-License-Identifier: Apache-2.0 */
#include "vcn/host/fence_command.h"

#include <signal.h>
#include <string.h>
#include <strings.h>
#include <sys/wait.h>

#include <json-c/json.h>

#include "base/text.h"
#include "vcn/host/command.h"
#include "vcn/host/control.h"
#include "vcn/host/session.h"

enum { MS_PER_S = 1000, ASK_TIMEOUT_MS = 5000 };

/* "node01" is node01.c.example, too. */
static bool is_same_host(const char *a, const char *b)
{
	size_t a_len = strlen(a), b_len = strlen(b);
	size_t len = a_len < b_len ? a_len : b_len;
	const char *longer = a_len < b_len ? b : a;

	return strncasecmp(a, b, len) == 0 && (longer[len] == '\0' || longer[len] == '.');
}

static int check_name(struct session *s, const char *host)
{
	const char *fault = text_hostname_fault(host);

	if (fault != NULL)
		return diag_fail(s->diags, EXIT_USAGE, LOC_NONE, "'%s' is no host: %s",
			host, fault);
	if (s->settings->fence.n == 0)
		return diag_fail(s->diags, EXIT_USAGE, LOC_NONE,
			"this host does not know how to fence another: give it a command "
			"(vcn.yaml, fence)");
	(void)!session_manifest_path(s); /* finds this host's name */
	return is_same_host(host, s->host)
		       ? diag_fail(s->diags, EXIT_REFUSED, LOC_NONE,
				 "'%s' is this host: it does not fence itself", host)
		       : 0;
}

static const char *describe(TALLOC_CTX *mem_ctx, int status, unsigned timeout_s)
{
	if (status != -1 && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
		return mem_printf(
			mem_ctx, "it was not done within %u seconds", timeout_s);
	if (status != -1 && WIFEXITED(status))
		return mem_printf(mem_ctx, "exit code %d", WEXITSTATUS(status));
	return status == -1 ? "it cannot be run" : "it was ended by a signal";
}

static int run_fence(struct session *s, const char *host)
{
	TMP_CTX(tmp);
	const struct launch_settings *settings = s->settings;
	const struct string_list *fence = &settings->fence;
	const char **words = mem_array(tmp, const char *, fence->n + 2);
	char *output;
	int status;

	for (size_t i = 0; i < fence->n; i++)
		words[i] = fence->items[i];
	words[fence->n] = host;
	if (command_run(
		    tmp, words, settings->fence_timeout_s * MS_PER_S, &output, &status))
		return 0;
	return diag_fail(s->diags, EXIT_REJECTED, LOC_NONE,
		"'%s' may still run: its fence '%s' failed: %s%s%s", host, words[0],
		describe(tmp, status, settings->fence_timeout_s),
		output[0] == '\0' ? "" : ": ", output);
}

/* They need not wait for their next question. */
static void wake_waiting(struct session *s)
{
	TMP_CTX(tmp);
	const char *runtime_dir = s->settings->runtime_dir;
	struct observation seen;
	const char **names = NULL;
	size_t n = 0;

	if (reconcile_observe(tmp, runtime_dir, NULL, diags_new(tmp), &seen) < 0)
		return;
	for (size_t i = 0; i < seen.n_states; i++)
		if (seen.states[i]->state == STATE_WAITING)
			*mem_push(tmp, &names, &n) = seen.states[i]->name;
	struct control_answer *answers = mem_array(tmp, struct control_answer, n + 1);

	control_ask_all(tmp, runtime_dir, names, n, "check", ASK_TIMEOUT_MS, answers);
}

int fence_command(void *session)
{
	struct session *s = session;
	const char *host = s->words[0];
	int r = session_open_settings(s);

	if (r == 0)
		r = check_name(s, host);
	if (r == 0)
		r = run_fence(s, host);
	if (r < 0)
		return r;
	wake_waiting(s);
	if (s->arguments.json)
		json_object_object_add(s->result, "fenced", json_object_new_string(host));
	else
		fprintf(s->out, "%s: fenced\n", host);
	return 0;
}
