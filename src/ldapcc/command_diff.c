/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <string.h>

#include <json-c/json.h>

#include "base/json.h"
#include "base/text.h"
#include "change/guard.h"
#include "ldapcc/commands.h"
#include "ldapcc/disarm.h"
#include "ldapcc/listing.h"
#include "ldapcc/publication.h"
#include "publish/publish.h"
#include "read/dn.h"

/* diff: what apply would change, and what its guards would say. Nothing is written. */

/* A file that goes is that of the target that had it. */
static const char *target_of(const struct plan *plan, const struct plan_file *file)
{
	return file->output != NULL ? file->output->target->name
				    : plan->before->targets[file->before->target].name;
}

static bool is_asked_for(
	const struct run *run, const struct plan *plan, const struct plan_file *file)
{
	if (run->n_words == 0)
		return true;
	const char *target = target_of(plan, file);

	for (size_t i = 0; i < run->n_words; i++)
		if (strcmp(run->words[i], target) == 0)
			return true;
	return false;
}

/* Colour, on a terminal: by the first letters of a line, or the word that begins it. */

static const struct {
	const char *prefix, *color;
} colors[] = {
	{"--- ", "\033[1m"},
	{"+++ ", "\033[1m"},
	{"@@", "\033[36m"},
	{"+", "\033[32m"},
	{"-", "\033[31m"},
	{"added ", "\033[32m"},
	{"new ", "\033[32m"},
	{"removed ", "\033[31m"},
	{"armed ", "\033[1;31m"},
	{"disarmed ", "\033[32m"},
	{"changed ", "\033[33m"},
	{"restored ", "\033[33m"},
};

static const char *color_of(const struct run *run, const char *line)
{
	for (size_t i = 0; run->color && i < ARRAY_SIZE(colors); i++)
		if (text_has_prefix(line, colors[i].prefix))
			return colors[i].color;
	return "";
}

static void put_lines(const struct run *run, const char *text)
{
	while (*text != '\0') {
		const char *color = color_of(run, text);
		int len = (int)strcspn(text, "\n");

		printf("%s%.*s%s", color, len, text, *color == '\0' ? "" : "\033[0m");
		text += len;
		if (*text == '\n')
			putchar(*text++);
	}
}

/* Records and nodes */

static const char AFFECTED[] = "affected";

/*
 * Who did it, and when: as the entry says. Of one that is gone nobody can tell, and what
 * affects a node is in another's.
 */
static struct change change_of(
	const struct run *run, const char *word, const struct roster_record *record)
{
	TMP_CTX(tmp);
	const char *key = dn_key(tmp, record->dn);
	const struct record *now = key == NULL ? NULL : model_find(run->site, key);

	return now == NULL || strcmp(word, AFFECTED) == 0 ? (struct change){0}
							  : now->change;
}

static void put_row(const struct run *run, struct json_object *array, const char *word,
	const struct roster_record *record)
{
	TMP_CTX(tmp);
	const struct change change = change_of(run, word, record);
	const char *text = change_text(tmp, &change);

	if (array == NULL) {
		put_lines(
			run, mem_printf(tmp, "%-8s %s %s%s%s%s\n", word,
				     kind_name((enum kind)record->kind),
				     record->name[0] == '\0' ? record->dn : record->name,
				     text == NULL ? "" : " (", text == NULL ? "" : text,
				     text == NULL ? "" : ")"));
		return;
	}
	struct json_object *row = json_object_new_object();

	json_put_text(row, "name", record->name);
	json_put_text(row, "dn", record->dn);
	json_put_text(row, "kind", kind_name((enum kind)record->kind));
	json_put_text(row, "change", word);
	change_to_json(&change, row);
	json_object_array_add(array, row);
}

struct foreseen {
	const struct roster_record *
		*off; /* whose installation is turned off before all */
	size_t n_off;
};

static void print_records(
	struct run *run, const struct plan *plan, const struct foreseen *foreseen)
{
	static const char *const words[] = {[RECORD_ADDED] = "added",
		[RECORD_REMOVED] = "removed",
		[RECORD_CHANGED] = "changed"};
	struct json_object *array = run->result == NULL ? NULL : json_object_new_array();

	for (size_t i = 0; i < plan->n_records; i++)
		put_row(run, array, words[plan->records[i].change],
			plan->records[i].record);
	for (size_t i = 0; i < plan->n_nodes; i++) {
		const struct plan_node *node = &plan->nodes[i];

		if (node->is_affected && !node->is_changed)
			put_row(run, array, AFFECTED, node->now);
		if (node->is_armed)
			put_row(run, array, "armed", node->now);
	}
	for (size_t i = 0; i < foreseen->n_off; i++)
		put_row(run, array, "disarmed", foreseen->off[i]);
	if (array != NULL)
		json_object_object_add(run->result, "nodes", array);
}

/* Files */

static int print_file(
	struct publication *p, const struct plan_file *file, struct json_object *array)
{
	TMP_CTX(tmp);
	char *text;
	int failed = plan_diff(tmp, p->plan, file, p->run->diags, &text);

	if (failed < 0)
		return failed;
	if (array == NULL) {
		put_lines(p->run, mem_printf(tmp, "%-8s %s\n",
					  file_change_name(file->change), file->path));
		put_lines(p->run, text);
		return 0;
	}
	struct json_object *row = json_object_new_object();

	json_put_text(row, "path", file->path);
	json_put_text(row, "change", file_change_name(file->change));
	json_put_text(row, "diff", text);
	json_object_array_add(array, row);
	return 0;
}

static int print_files(struct publication *p)
{
	struct run *run = p->run;
	struct json_object *array = run->result == NULL ? NULL : json_object_new_array();
	int failed = 0;

	if (array != NULL)
		json_object_object_add(run->result, "files", array);
	for (size_t i = 0; failed == 0 && i < p->plan->n_files; i++) {
		const struct plan_file *file = &p->plan->files[i];

		if (!plan_file_changes(file) || !is_asked_for(run, p->plan, file))
			continue;
		p->has_changes = true;
		failed = print_file(p, file, array);
	}
	return failed;
}

/* What is turned off is a generation of its own, and comes first. */
static void print_summary(
	struct run *run, const struct plan *plan, const struct foreseen *foreseen)
{
	TMP_CTX(tmp);
	const char *summary = plan_summary(tmp, plan);
	bool has_changes = plan_has_changes(plan);

	if (foreseen->n_off > 0)
		summary = mem_printf(tmp, "%s%s%s", disarm_reason(tmp, foreseen->n_off),
			has_changes ? "; then " : "", has_changes ? summary : "");

	if (run->result != NULL)
		json_put_text(run->result, "summary", summary);
	else if (has_changes || foreseen->n_off > 0)
		printf(run->color ? "\033[1m%s\033[0m\n" : "%s\n", summary);
}

/* What apply would be refused for: warnings here, because diff refuses nothing. */

static void warn_of(struct run *run, const char *id, const struct diags *found)
{
	for (size_t i = 0; i < found->n_findings; i++) {
		const struct finding *finding = found->findings[i];

		if (finding->severity != SEVERITY_ERROR)
			continue;
		struct finding *warning = diag_add(run->diags, SEVERITY_WARNING, id,
			finding->where, "apply would be refused: %s", finding->message);

		for (size_t j = 0; j < finding->n_notes; j++)
			diag_note(warning, finding->notes[j].where, "%s",
				finding->notes[j].message);
	}
}

static int warn_of_refusals(const struct publication *p)
{
	struct run *run = p->run;
	/* where they are is kept by the warnings */
	struct diags *refused = diags_new(run->mem_ctx);
	struct diags *guarded = diags_new(run->mem_ctx);

	int failed = publish_check_pin(p->state, run_command(run->mem_ctx, run), refused);

	if (plan_permit(p->plan, false, run->settings->refuse_drift, refused) < 0 ||
		failed < 0)
		warn_of(run, "refused", refused);
	failed = guard_check(p->plan, &run->settings->guard, NULL, guarded);

	warn_of(run, "guard", guarded);
	return failed == -(int)EXIT_IO ? failed : 0;
}

/* Who is read second would find nothing there. */
static int check_input(struct run *run)
{
	const struct arguments *arguments = &run->arguments;
	bool is_both = arguments->ldif != NULL && arguments->change != NULL &&
		       strcmp(arguments->ldif, "-") == 0 &&
		       strcmp(arguments->change, "-") == 0;

	return is_both ? diag_fail(run->diags, EXIT_USAGE, LOC_NONE,
				 "--ldif and --change cannot both be standard input")
		       : 0;
}

int command_diff(void *session)
{
	struct run *run = session;
	struct publication p = {.run = run};
	struct foreseen foreseen = {0};

	if (run->arguments.list)
		return listing_targets(run);
	int failed = check_input(run);

	if (failed == 0)
		failed = run_prepare(run);

	if (failed == 0)
		failed = run_check_words(run);
	if (failed == 0)
		failed = state_open(run->mem_ctx, run->settings, run->arguments.root,
			false, run->diags, &p.state);
	if (failed == 0)
		failed = publication_survey(&p, false);
	if (failed == 0)
		failed = publication_plan(&p, NULL);
	if (failed == 0)
		failed = disarm_foresee(&p, &foreseen.off, &foreseen.n_off);
	if (failed < 0)
		return failed;
	assert(p.plan != NULL);
	p.has_changes =
		run->n_words == 0 && (plan_has_changes(p.plan) || foreseen.n_off > 0);
	print_summary(run, p.plan, &foreseen);
	if (run->n_words == 0)
		print_records(run, p.plan, &foreseen);
	failed = print_files(&p);
	if (failed == 0)
		failed = warn_of_refusals(&p);
	if (failed < 0)
		return failed;
	return p.has_changes ? EXIT_CHANGES : 0;
}
