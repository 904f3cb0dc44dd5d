/* SPDX-License-Identifier: Apache-2.0 */
#include "vcn/host/hosts_status.h"

#include <string.h>

#include <json-c/json.h>

#include "base/json.h"
#include "base/nodeset.h"
#include "base/table.h"
#include "base/text.h"
#include "vcn/host/clush.h"
#include "vcn/host/columns.h"
#include "vcn/host/status.h"

/* What hosts say of themselves, beside the states of their VCNs. */
static const char NO_VCN[] = "none", UNKNOWN[] = "unknown";
static const char FOREIGN[] = "it has not answered as vcn does";

/* The names of a line's VCNs or hosts. */
struct names {
	const char **items;
	size_t n;
};

/* Those that are in one state for one reason. */
struct line {
	const char *state, *reason;
	struct names vcns, hosts;
};

struct summary {
	struct session *session;
	char **wanted; /* names on the command line; none: all */
	bool *is_found; /* of each of them */
	size_t n_wanted;
	struct names seen; /* VCNs of all hosts; at the end NULL */
	struct table *lines; /* by state and reason */
	struct line **list; /* as they came */
	size_t n_lines;
	struct json_object *hosts; /* --json, or NULL */
	bool is_partial; /* some host did not say what it has */
	int code;
};

/* The command of each host */

static void add_quoted(struct buffer *b, const char *option, const char *value)
{
	if (value == NULL)
		return;
	buffer_printf(b, " %s '", option);
	for (; *value != '\0'; value++)
		if (*value == '\'')
			buffer_add_text(b, "'\\''");
		else
			buffer_add_byte(b, *value);
	buffer_add_byte(b, '\'');
}

static const char *remote_command(TALLOC_CTX *mem_ctx, const struct arguments *a)
{
	struct buffer *b = buffer_new(mem_ctx);

	buffer_add_text(b, "vcn --json");
	add_quoted(b, "--config", a->config);
	add_quoted(b, "--runtime-dir", a->runtime_dir);
	buffer_add_text(b, " status");
	return b->data;
}

/* Lines */

static void add_name(TALLOC_CTX *mem_ctx, struct names *names, const char *name)
{
	*mem_push(mem_ctx, &names->items, &names->n) = name;
}

/* @vcn: NULL where the line is about the host alone. */
static void add_to_line(struct summary *sum, const char *state, const char *reason,
	const char *vcn, const char *host)
{
	TALLOC_CTX *mem_ctx = sum->session->mem_ctx;
	const char *key = mem_printf(mem_ctx, "%s\n%s", state, reason);
	void **slot = table_slot(sum->lines, key);
	struct line *line = *slot;

	if (line == NULL) {
		*slot = line = mem_new(mem_ctx, struct line);
		line->state = state;
		line->reason = reason;
		*mem_push(mem_ctx, &sum->list, &sum->n_lines) = line;
	}
	if (vcn != NULL)
		add_name(mem_ctx, &line->vcns, vcn);
	add_name(mem_ctx, &line->hosts, host);
}

static void count_code(struct summary *sum, int code)
{
	if (code > sum->code)
		sum->code = code;
}

/* One VCN of a host */

/* What of a VCN's object a line needs. */
struct vcn {
	const char *name, *fqdn, *state, *message;
	bool is_stopping, is_outdated, is_in_manifest, is_enabled;
};

static bool read_vcn(struct json_object *json, struct vcn *ret)
{
	*ret = (struct vcn){.is_in_manifest = true, .is_enabled = true};
	return json_read_text(json, "name", &ret->name) &&
	       json_read_text(json, "fqdn", &ret->fqdn) &&
	       json_read_text(json, "state", &ret->state) &&
	       json_read_text(json, "message", &ret->message) &&
	       json_read_bool(json, "stopping", &ret->is_stopping) &&
	       json_read_bool(json, "outdated", &ret->is_outdated) &&
	       json_read_bool(json, "in_manifest", &ret->is_in_manifest) &&
	       json_read_bool(json, "enabled", &ret->is_enabled) && ret->name != NULL &&
	       ret->state != NULL;
}

static bool is_wanted(struct summary *sum, const struct vcn *vcn)
{
	bool is_named = sum->n_wanted == 0;

	for (size_t i = 0; i < sum->n_wanted; i++)
		if (text_equal_case(sum->wanted[i], vcn->name) ||
			(vcn->fqdn != NULL && text_equal_case(sum->wanted[i], vcn->fqdn)))
			is_named = sum->is_found[i] = true;
	return is_named;
}

static const char *reason_of(TALLOC_CTX *mem_ctx, const struct vcn *vcn)
{
	if (vcn->is_stopping)
		return "stopping";
	if (vcn->message != NULL)
		return text_printable_line(mem_ctx, vcn->message);
	if (!vcn->is_in_manifest)
		return "not in the manifest";
	if (!vcn->is_enabled)
		return "disabled";
	return vcn->is_outdated ? "vcn restart applies what has changed" : "";
}

/* One host */

/* The VCNs that are wanted; how many, or -1 where that is no answer of vcn's. */
static int take_vcns(struct summary *sum, const char *host, struct json_object *list,
	struct json_object *kept)
{
	int n = 0;

	for (size_t i = 0; i < json_object_array_length(list); i++) {
		struct json_object *json = json_object_array_get_idx(list, i);
		struct vcn vcn;

		if (!read_vcn(json, &vcn))
			return -1;
		add_name(sum->session->mem_ctx, &sum->seen, vcn.name);
		if (!is_wanted(sum, &vcn))
			continue;
		n++;
		add_to_line(sum, vcn.state, reason_of(sum->session->mem_ctx, &vcn),
			vcn.name, host);
		json_object_array_add(kept, json_object_get(json));
		if (sum->n_wanted > 0)
			count_code(sum, status_code_of(vcn.state));
	}
	return n;
}

/* The last thing that a host which has no table says. */
static const char *last_message(struct json_object *findings)
{
	const char *message = NULL;
	size_t n = json_object_is_type(findings, json_type_array)
			   ? json_object_array_length(findings)
			   : 0;

	if (n == 0 ||
		!json_read_text(json_object_array_get_idx(findings, n - 1), "message",
			&message) ||
		message == NULL)
		return FOREIGN;
	return message;
}

static void put_host(struct summary *sum, const struct clush_answer *answer,
	const char *fault, struct json_object *kept)
{
	struct json_object *json, *value;

	if (sum->hosts == NULL)
		return;
	json = json_object_new_object();
	json_put_text(json, "host", answer->host);
	json_put_bool(json, "answered", answer->json != NULL);
	json_put_text(json, "reason", fault);
	if (json_object_object_get_ex(answer->json, "exit", &value))
		json_object_object_add(json, "exit", json_object_get(value));
	if (json_object_object_get_ex(answer->json, "findings", &value))
		json_object_object_add(json, "findings", json_object_get(value));
	json_object_object_add(json, "vcns", json_object_get(kept));
	json_object_array_add(sum->hosts, json);
}

/* Why nothing is known of a host, or NULL: then its VCNs are in the lines. */
static const char *take_host(
	struct summary *sum, const struct clush_answer *answer, struct json_object *kept)
{
	struct json_object *list = NULL, *findings = NULL;
	int64_t code = EXIT_IO;

	if (answer->json == NULL)
		return answer->reason;
	json_object_object_get_ex(answer->json, "findings", &findings);
	if (!json_read_integer(answer->json, "exit", 0, UINT8_MAX, &code))
		return FOREIGN;
	if (sum->n_wanted == 0)
		count_code(sum, (int)code);
	if (!json_object_object_get_ex(answer->json, "vcns", &list) ||
		!json_object_is_type(list, json_type_array)) {
		count_code(sum, (int)code);
		return last_message(findings);
	}
	int n = take_vcns(sum, answer->host, list, kept);

	if (n < 0)
		return FOREIGN;
	if (n == 0 && code != 0)
		return last_message(findings);
	if (n == 0 && sum->n_wanted == 0)
		add_to_line(sum, NO_VCN, "", NULL, answer->host);
	return NULL;
}

static void add_host(struct summary *sum, const struct clush_answer *answer)
{
	struct json_object *kept = json_object_new_array();
	const char *fault = take_host(sum, answer, kept);

	if (fault != NULL) {
		add_to_line(sum, UNKNOWN,
			text_printable(sum->session->mem_ctx, fault, strlen(fault)), NULL,
			answer->host);
		sum->is_partial = true;
		count_code(sum, EXIT_IO);
	}
	put_host(sum, answer, fault, kept);
	json_object_put(kept);
}

/* What hosts have to say besides: one finding for those that say the same */

static enum severity severity_of(const char *word)
{
	return strcmp(word, "error") == 0     ? SEVERITY_ERROR
	       : strcmp(word, "warning") == 0 ? SEVERITY_WARNING
					      : SEVERITY_NOTE;
}

/* A message with its file, and the hosts that it comes from. */
struct remark {
	const char *severity, *source, *message;
	struct names hosts;
};

static struct remark *find_remark(struct session *s, struct table *table,
	struct json_object *json, struct remark ***list, size_t *n)
{
	struct remark said = {.severity = "note", .source = "", .message = ""};

	if (!json_read_text(json, "severity", &said.severity) ||
		!json_read_text(json, "source", &said.source) ||
		!json_read_text(json, "message", &said.message))
		return NULL;
	void **slot =
		table_slot(table, mem_printf(s->mem_ctx, "%s\n%s\n%s", said.severity,
					  said.source, said.message));

	if (*slot == NULL) {
		struct remark *remark = mem_new(s->mem_ctx, struct remark);

		*remark = said;
		*slot = *mem_push(s->mem_ctx, list, n) = remark;
	}
	return *slot;
}

static void tell_remark(struct session *s, const struct remark *remark)
{
	TMP_CTX(tmp);
	const char *hosts = nodeset_fold(tmp, remark->hosts.items, remark->hosts.n);
	const char *source = text_printable(tmp, remark->source, strlen(remark->source));

	diag_add(s->diags, severity_of(remark->severity), NULL,
		loc_file(mem_printf(s->diags, "%s%s%s", hosts,
			source[0] == '\0' ? "" : ": ", source)),
		"%s", text_printable_line(tmp, remark->message));
}

static void tell_findings(
	struct session *s, const struct clush_answer *answers, size_t n_answers)
{
	struct table *table = table_new(s->mem_ctx, n_answers);
	struct remark **list = NULL;
	size_t n = 0;

	for (size_t i = 0; i < n_answers; i++) {
		struct json_object *findings = NULL;

		if (!json_object_object_get_ex(answers[i].json, "findings", &findings) ||
			!json_object_is_type(findings, json_type_array))
			continue;
		for (size_t k = 0; k < json_object_array_length(findings); k++) {
			struct remark *remark = find_remark(s, table,
				json_object_array_get_idx(findings, k), &list, &n);

			if (remark != NULL)
				add_name(s->mem_ctx, &remark->hosts, answers[i].host);
		}
	}
	for (size_t i = 0; i < n; i++)
		tell_remark(s, list[i]);
}

static int unknown_name(struct summary *sum, const char *name)
{
	TMP_CTX(tmp);
	struct diags *diags = sum->session->diags;
	const char *nearest = text_nearest(name, sum->seen.items);
	const char *shown = text_printable(tmp, name, strlen(name));

	/* A host that is silent may have it. */
	if (sum->is_partial) {
		diag_add(diags, SEVERITY_WARNING, NULL, LOC_NONE,
			"no VCN '%s' is on the hosts that have answered", shown);
		return 0;
	}
	return diag_fail(diags, EXIT_USAGE, LOC_NONE,
		"no VCN '%s' runs, or should, on these hosts%s%s%s", shown,
		nearest == NULL ? "" : ", did you mean '", nearest == NULL ? "" : nearest,
		nearest == NULL ? "" : "'?");
}

static int check_found(struct summary *sum)
{
	int result = 0;

	add_name(sum->session->mem_ctx, &sum->seen, NULL);
	for (size_t i = 0; i < sum->n_wanted; i++) {
		int r = sum->is_found[i] ? 0 : unknown_name(sum, sum->wanted[i]);

		result = r < 0 ? r : result;
	}
	return result;
}

/* The table */

/* Calm first: what needs a person stands last, where a terminal ends. */
static int rank_of(const char *state)
{
	static const char *const order[] = {NO_VCN, "stopped", "ready", "booting",
		"starting", "outdated", "waiting", "refused", "degraded", "failed",
		UNKNOWN};
	int rank = 0;

	while (rank < (int)ARRAY_SIZE(order) && strcmp(order[rank], state) != 0)
		rank++;
	return rank;
}

static int compare_lines(const void *left, const void *right)
{
	const struct line *a = *(const struct line *const *)left;
	const struct line *b = *(const struct line *const *)right;
	int order = rank_of(a->state) - rank_of(b->state);

	return order != 0 ? order : strcmp(a->reason, b->reason);
}

static void print_lines(struct session *s, struct summary *sum)
{
	static const char *const head[] = {"STATE", "VCNS", "NAMES", "HOSTS", ""};
	TMP_CTX(tmp);
	struct columns table = {.head = head, .n_columns = ARRAY_SIZE(head)};

	if (sum->n_lines == 0)
		return;
	qsort(sum->list, sum->n_lines, sizeof(struct line *), compare_lines);
	for (size_t i = 0; i < sum->n_lines; i++) {
		const struct line *line = sum->list[i];
		struct columns_row *row = columns_add(tmp, &table);

		row->cells[0] = line->state;
		row->cells[1] = mem_printf(tmp, "%zu", line->vcns.n);
		row->cells[2] = line->vcns.n == 0 ? "-"
						  : nodeset_fold(tmp, line->vcns.items,
							    line->vcns.n);
		row->cells[3] = nodeset_fold(tmp, line->hosts.items, line->hosts.n);
		row->cells[4] = line->reason;
		row->color = s->color ? status_color(line->state) : "";
	}
	columns_print(s->out, &table);
}

int hosts_status(struct session *s)
{
	struct summary sum = {.session = s, .lines = table_new(s->mem_ctx, 16)};
	struct clush_answer *answers = NULL;
	size_t n = 0;
	int r = session_expand_words(s, &sum.wanted, &sum.n_wanted);

	if (r == 0)
		r = clush_ask(s->mem_ctx, s->arguments.hosts,
			remote_command(s->mem_ctx, &s->arguments), s->diags, &answers,
			&n);
	if (r < 0)
		return r;
	sum.is_found = mem_array(s->mem_ctx, bool, sum.n_wanted + 1);
	if (s->arguments.json)
		json_object_object_add(
			s->result, "hosts", sum.hosts = json_object_new_array());
	for (size_t i = 0; i < n; i++)
		add_host(&sum, &answers[i]);
	if (!s->arguments.json) {
		print_lines(s, &sum);
		tell_findings(s, answers, n);
	}
	r = check_found(&sum);
	return r < 0 ? r : -sum.code;
}
