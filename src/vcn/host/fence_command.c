/* SPDX-License-Identifier: Apache-2.0 */
#include "vcn/host/fence_command.h"

#include <ifaddrs.h>
#include <netdb.h>
#include <netinet/in.h>
#include <signal.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <json-c/json.h>

#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "vcn/common/patience.h"
#include "vcn/host/command.h"
#include "vcn/host/control.h"
#include "vcn/host/session.h"

enum {
	MS_PER_S = 1000,
	ASK_TIMEOUT_MS = 5000,
	NAME_TIMEOUT_MS = 2000,
	HOST_NAME_BYTES = 256
};

/* "node01" is node01.c.example, too. */
static bool is_same_host(const char *a, const char *b)
{
	size_t a_len = strlen(a), b_len = strlen(b);
	size_t len = a_len < b_len ? a_len : b_len;
	const char *longer = a_len < b_len ? b : a;

	return strncasecmp(a, b, len) == 0 && (longer[len] == '\0' || longer[len] == '.');
}

/* The IP address as text; "" where it is none. */
static const char *text_of(const struct sockaddr *address, char ret_text[NI_MAXHOST])
{
	bool is_six = address != NULL && address->sa_family == AF_INET6;

	if (address == NULL || (address->sa_family != AF_INET && !is_six) ||
		getnameinfo(address,
			is_six ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in),
			ret_text, NI_MAXHOST, NULL, 0, NI_NUMERICHOST) != 0)
		ret_text[0] = '\0';
	return ret_text;
}

/* Is it an address of this host's, its loopback included? */
static bool is_own_address(const struct sockaddr *address, const struct ifaddrs *own)
{
	char wanted[NI_MAXHOST], other[NI_MAXHOST];

	text_of(address, wanted);
	if (text_has_prefix(wanted, "127.") || strcmp(wanted, "::1") == 0)
		return true;
	for (; wanted[0] != '\0' && own != NULL; own = own->ifa_next)
		if (strcmp(wanted, text_of(own->ifa_addr, other)) == 0)
			return true;
	return false;
}

/* A byte, where @host leads here under whatever name: it may be an alias, or an address. */
static void write_own(const void *host, int fd)
{
	struct addrinfo hints = {.ai_socktype = SOCK_DGRAM}, *found = NULL;
	struct ifaddrs *own = NULL;
	bool is_own = false;

	if (getaddrinfo(host, NULL, &hints, &found) != 0)
		return;
	(void)!getifaddrs(&own);
	for (const struct addrinfo *at = found; !is_own && at != NULL; at = at->ai_next)
		is_own = is_own_address(at->ai_addr, own);
	if (is_own)
		(void)!file_write_all(fd, "o", 1);
	if (own != NULL)
		freeifaddrs(own);
	freeaddrinfo(found);
}

/* Where the name servers are gone only the name counts. */
static bool leads_here(const char *host)
{
	TMP_CTX(tmp);
	char name[HOST_NAME_BYTES] = "";
	char *answer;
	size_t len = 0;

	if (gethostname(name, sizeof(name) - 1) == 0 && name[0] != '\0' &&
		is_same_host(host, name))
		return true;
	return patience_read(tmp, NAME_TIMEOUT_MS, 1, write_own, host, NULL, &answer,
		       &len) == 0 &&
	       len > 0;
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
	return is_same_host(host, s->host) || leads_here(host)
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
		json_put_text(s->result, "fenced", host);
	else
		fprintf(s->out, "%s: fenced\n", host);
	return 0;
}
