/* SPDX-License-Identifier: Apache-2.0 */
#include "vcn/host/clush.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <json-c/json.h>

#include "base/file.h"
#include "base/json.h"
#include "base/table.h"
#include "base/text.h"
#include "vcn/host/command.h"

enum { OUTPUT_MAX = 1 << 30 };

/* What a program has printed, as lines. */
struct output {
	int fd;
	char **lines;
	size_t n;
};

static void output_done(struct output *output)
{
	mem_close_fd(&output->fd);
}

static int read_lines(TALLOC_CTX *mem_ctx, struct output *output)
{
	char *text = NULL;
	size_t len;
	int r = lseek(output->fd, 0, SEEK_SET) < 0
			? -errno
			: file_read_fd(mem_ctx, output->fd, OUTPUT_MAX, &text, &len);

	if (r == 0)
		output->lines = text_split(mem_ctx, text, '\n', &output->n);
	return r;
}

/* Both outputs of @words, and how it ended, as of waitpid(2); 0, or -errno. */
static int run_to_end(TALLOC_CTX *mem_ctx, const char *const *words, struct output *out,
	struct output *err, int *ret_status)
{
	pid_t pid = -1;

	out->fd = memfd_create("stdout", MFD_CLOEXEC);
	err->fd = memfd_create("stderr", MFD_CLOEXEC);
	/* in our process group, so that Ctrl-C reaches it and ssh may ask its user */
	int r = out->fd < 0 || err->fd < 0
			? -errno
			: command_spawn(words, out->fd, err->fd, 0, &pid);

	if (r < 0)
		return r;
	while (waitpid(pid, ret_status, 0) < 0 && errno == EINTR)
		;
	r = read_lines(mem_ctx, out);
	return r < 0 ? r : read_lines(mem_ctx, err);
}

static int run(TALLOC_CTX *mem_ctx, const char *const *words, struct diags *diags,
	struct output *out, struct output *err, int *ret_status)
{
	int r = run_to_end(mem_ctx, words, out, err, ret_status);

	if (r == 0)
		return 0;
	if (r == -ENOENT)
		return diag_fail(diags, EXIT_MISSING, LOC_NONE,
			"--hosts needs ClusterShell: there is no program '%s'", words[0]);
	return diag_fail_errno(
		diags, EXIT_IO, -r, LOC_NONE, "'%s' cannot be run", words[0]);
}

static bool is_well(int status)
{
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* The hosts of a nodeset, an answer each. */
static int find_hosts(TALLOC_CTX *mem_ctx, const char *nodeset, struct diags *diags,
	struct clush_answer **ret, size_t *ret_n)
{
	TMP_CTX(tmp);
	_cleanup_(output_done) struct output out = {.fd = -1}, err = {.fd = -1};
	const char *const words[] = {"nodeset", "-S", ",", "-e", "--", nodeset, NULL};
	const char *shown = text_printable(tmp, nodeset, strlen(nodeset));
	int status = 0;
	int r = run(tmp, words, diags, &out, &err, &status);

	if (r < 0)
		return r;
	if (!is_well(status))
		return diag_fail(diags, EXIT_USAGE, LOC_NONE, "--hosts '%s': %s", shown,
			err.n == 0 ? "it is no nodeset"
				   : text_printable_line(tmp, err.lines[err.n - 1]));
	size_t n = 0;
	char **hosts = out.n == 0 ? NULL : text_split(mem_ctx, out.lines[0], ',', &n);

	if (n == 0)
		return diag_fail(
			diags, EXIT_USAGE, LOC_NONE, "--hosts '%s' names no host", shown);
	*ret_n = 0;
	for (size_t i = 0; i < n; i++)
		mem_push(mem_ctx, ret, ret_n)->host = hosts[i];
	return 0;
}

/* The answers by their hosts' names. */
static struct table *index_hosts(
	TALLOC_CTX *mem_ctx, struct clush_answer *answers, size_t n)
{
	struct table *table = table_new(mem_ctx, n);

	for (size_t i = 0; i < n; i++)
		*table_slot(table, answers[i].host) = &answers[i];
	return table;
}

/* "HOST: text": who said it, and what; NULL where nobody of the hosts did. */
static struct clush_answer *speaker(
	const struct table *hosts, const char *line, const char **ret_text)
{
	const char *end = strstr(line, ": ");

	if (end == NULL)
		return NULL;
	*ret_text = end + 2;
	return table_find_bytes(hosts, line, (size_t)(end - line));
}

static int release(struct json_object **slot)
{
	json_object_put(*slot);
	return 0;
}

/* What stands on the host's terminal before the object (a login's greeting) is none of it. */
static void take_json(TALLOC_CTX *mem_ctx, struct clush_answer *answer, const char *text)
{
	const char *start = text[0] == '{' ? text : strstr(text, "\n{");

	if (start == NULL)
		return;
	answer->json = json_read(start, strlen(start));
	if (answer->json == NULL)
		return;
	struct json_object **slot = mem_new(mem_ctx, struct json_object *);

	*slot = answer->json;
	talloc_set_destructor(slot, release);
}

static void take_output(TALLOC_CTX *mem_ctx, const struct output *out,
	struct clush_answer *answers, size_t n)
{
	TMP_CTX(tmp);
	struct table *hosts = index_hosts(tmp, answers, n);
	struct buffer **texts = mem_array(tmp, struct buffer *, n);

	for (size_t i = 0; i < n; i++)
		texts[i] = buffer_new(tmp);
	for (size_t i = 0; i < out->n; i++) {
		const char *text;
		struct clush_answer *answer = speaker(hosts, out->lines[i], &text);

		if (answer == NULL)
			continue;
		buffer_add_text(texts[answer - answers], text);
		buffer_add_byte(texts[answer - answers], '\n');
	}
	for (size_t i = 0; i < n; i++)
		take_json(mem_ctx, &answers[i], texts[i]->data);
}

/* Of a host, or of clush about a host; the host's own words say more than its exit code. */
static void take_reasons(TALLOC_CTX *mem_ctx, const struct output *err,
	struct clush_answer *answers, size_t n)
{
	static const char by_clush[] = "clush: ";
	TMP_CTX(tmp);
	struct table *hosts = index_hosts(tmp, answers, n);

	for (size_t i = 0; i < err->n; i++) {
		const char *line = err->lines[i], *text;
		bool is_clush = text_has_prefix(line, by_clush);
		struct clush_answer *answer =
			speaker(hosts, is_clush ? line + strlen(by_clush) : line, &text);

		if (answer != NULL && (!is_clush || answer->reason == NULL))
			answer->reason = text_printable_line(mem_ctx, text);
	}
}

static bool is_heard(const struct clush_answer *answers, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (answers[i].json != NULL || answers[i].reason != NULL)
			return true;
	return false;
}

int clush_ask(TALLOC_CTX *mem_ctx, const char *nodeset, const char *command,
	struct diags *diags, struct clush_answer **ret, size_t *ret_n)
{
	TMP_CTX(tmp);
	_cleanup_(output_done) struct output out = {.fd = -1}, err = {.fd = -1};
	const char *const words[] = {
		"clush", "--nostdin", "--color=never", "-w", nodeset, command, NULL};
	int status = 0;
	int r = find_hosts(mem_ctx, nodeset, diags, ret, ret_n);

	if (r == 0)
		r = run(tmp, words, diags, &out, &err, &status);
	if (r < 0)
		return r;
	take_output(mem_ctx, &out, *ret, *ret_n);
	take_reasons(mem_ctx, &err, *ret, *ret_n);
	/* It fails by itself where it cannot read its settings, for one. */
	if (!is_heard(*ret, *ret_n) && !is_well(status) && err.n > 0)
		return diag_fail(diags, EXIT_IO, LOC_NONE, "clush: %s",
			text_printable_line(tmp, err.lines[err.n - 1]));
	for (size_t i = 0; i < *ret_n; i++)
		if ((*ret)[i].reason == NULL)
			(*ret)[i].reason = "it has not answered";
	return 0;
}
