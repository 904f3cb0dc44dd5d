/* SPDX-License-Identifier: Apache-2.0 */
#include "ldapcc/commands.h"

#include <assert.h>
#include <string.h>
#include <time.h>

#include <json-c/json.h>

#include "base/text.h"
#include "change/guard.h"
#include "change/marks.h"
#include "change/survey.h"
#include "ldapcc/last_run.h"
#include "publish/checker.h"
#include "publish/publish.h"
#include "publish/rollback.h"
#include "publish/services.h"

/*
 * The commands that compare with what is installed, and change it: diff, apply, rollback.
 * ldapcc-publishing(7) tells the same order in prose.
 */

struct publication {
	struct run *run;
	struct state *state;
	struct last_run last;
	struct survey *survey;
	struct plan *plan;
	bool has_read; /* the directory, completely */
	bool has_changes; /* something was, or would be, published */
	bool is_committed; /* … or will be, by the next run: there is no way back */
};

/* Planning */

static void render_again(
	void *data, TALLOC_CTX *mem_ctx, struct output *output, uint64_t serial)
{
	struct run *run = data;

	render_serial(mem_ctx, run->renderer, run->site, output, serial);
}

static int plan_run(struct publication *p)
{
	struct run *run = p->run;
	struct plan_input input = {.tree = run->tree,
		.targets = run->targets,
		.n_targets = run->n_targets,
		.reserial = {render_again, run}};

	input.nodes = marks_of(run->mem_ctx, run->site, &input.n_nodes);
	return plan_new(run->mem_ctx, p->survey, &input, run->diags, &p->plan);
}

static int survey_and_render(struct publication *p)
{
	struct run *run = p->run;
	int failed = plan_survey(
		run->mem_ctx, p->state, (uint64_t)time(NULL), run->diags, &p->survey);

	if (failed < 0)
		return failed;
	run_check(run, p->survey->nodes, p->survey->n_nodes);
	struct serials serials = plan_serials(p->survey);

	failed = run_render(run, &serials);
	if (failed == 0)
		failed = run_permit(run);
	return failed < 0 ? failed : plan_run(p);
}

/* Printing a plan */

static bool is_asked_for(const struct run *run, const struct plan_file *file)
{
	if (run->n_words == 0)
		return true;
	for (size_t i = 0; i < run->n_words && file->output != NULL; i++)
		if (strcmp(run->words[i], file->output->target->name) == 0)
			return true;
	return false;
}

static const char *node_change_word(enum node_change change)
{
	static const char *const words[] = {[NODE_ADDED] = "added",
		[NODE_REMOVED] = "removed",
		[NODE_CHANGED] = "changed"};

	return words[change];
}

static void print_nodes(struct run *run, const struct plan *plan)
{
	struct json_object *array = run->result == NULL ? NULL : json_object_new_array();

	for (size_t i = 0; i < plan->n_node_changes; i++) {
		const struct plan_node *node = &plan->node_changes[i];
		const char *word = node_change_word(node->change);

		if (array == NULL) {
			printf("%-8s %s %s\n", word, kind_name((enum kind)node->kind),
				node->name);
			continue;
		}
		struct json_object *row = json_object_new_object();

		json_object_object_add(row, "name", json_object_new_string(node->name));
		json_object_object_add(row, "kind",
			json_object_new_string(kind_name((enum kind)node->kind)));
		json_object_object_add(row, "change", json_object_new_string(word));
		json_object_array_add(array, row);
	}
	if (array != NULL)
		json_object_object_add(run->result, "nodes", array);
}

static bool is_change(const struct plan_file *file)
{
	return file->change != FILE_SAME && file->change != FILE_FORGOTTEN;
}

static int print_file(
	struct publication *p, const struct plan_file *file, struct json_object *array)
{
	TMP_CTX(tmp);
	char *text;
	int failed = plan_diff(tmp, p->plan, file, p->run->diags, &text);

	if (failed < 0)
		return failed;
	if (array == NULL) {
		printf("%-8s %s\n%s", file_change_name(file->change), file->path, text);
		return 0;
	}
	struct json_object *row = json_object_new_object();

	json_object_object_add(row, "path", json_object_new_string(file->path));
	json_object_object_add(
		row, "change", json_object_new_string(file_change_name(file->change)));
	json_object_object_add(row, "diff", json_object_new_string(text));
	json_object_array_add(array, row);
	return 0;
}

static int print_plan(struct publication *p)
{
	struct run *run = p->run;
	struct json_object *array = run->result == NULL ? NULL : json_object_new_array();
	int failed = 0;

	print_nodes(run, p->plan);
	if (array != NULL)
		json_object_object_add(run->result, "files", array);
	for (size_t i = 0; failed == 0 && i < p->plan->n_files; i++) {
		const struct plan_file *file = &p->plan->files[i];

		if (!is_change(file) || !is_asked_for(run, file))
			continue;
		p->has_changes = true;
		failed = print_file(p, file, array);
	}
	return failed;
}

int command_diff(void *session)
{
	struct run *run = session;
	struct publication p = {.run = run};
	int failed = run_prepare(run);

	if (failed == 0)
		failed = run_check_words(run);
	if (failed == 0)
		failed = run_read(run, NULL);
	if (failed == 0)
		failed = state_open(run->mem_ctx, run->settings, run->arguments.root,
			false, run->diags, &p.state);
	if (failed == 0)
		failed = survey_and_render(&p);
	if (failed == 0)
		failed = print_plan(&p);
	if (failed < 0)
		return failed;
	return p.has_changes ? EXIT_CHANGES : 0;
}

/* Publishing a plan */

static bool tells_services(const struct run *run)
{
	return !run->arguments.no_reload && run->arguments.root == NULL;
}

static int publish(struct publication *p, const char *reason)
{
	TMP_CTX(tmp);
	struct run *run = p->run;
	struct staged *staged;
	char *output = NULL;
	int failed = publish_stage(tmp, p->state, p->plan, reason, run->diags, &staged);

	if (failed < 0)
		return failed;
	failed = checker_run(tmp, staged, run->settings, run->diags, &output);
	if (failed < 0) {
		publish_discard(staged, output);
		return failed;
	}
	/* below --root no service reads the files; else what is not told now, is later */
	failed = publish_commit(staged, run->arguments.root == NULL, run->diags);
	p->has_changes = failed == 0;
	p->is_committed = staged->is_committed;
	return failed;
}

/* Of what is pending, that which @generation or a younger one noted; 0: all. */
static int tell_services(struct publication *p, uint64_t generation)
{
	struct services_options options = services_defaults;

	options.generation = generation;
	if (!tells_services(p->run))
		return 0;
	return services_run(p->state, &options, p->run->diags);
}

static int permit_and_publish(struct publication *p, const char *reason)
{
	struct run *run = p->run;
	int failed = plan_permit(p->plan, run->arguments.bootstrap,
		run->settings->refuse_drift, run->diags);

	if (failed == 0)
		failed = guard_check(p->plan, &run->settings->guard,
			run->arguments.accept, run->diags);
	if (failed < 0)
		return failed;
	if (p->plan->n_changes == 0) {
		publish_nothing(p->plan);
		return 0;
	}
	return publish(p, reason);
}

/* Lock, finish what a killed run left, retry what services were not told. */
static int open_state(struct publication *p)
{
	struct run *run = p->run;
	uint64_t recovered = 0;
	int failed = state_open(run->mem_ctx, run->settings, run->arguments.root, true,
		run->diags, &p->state);

	if (failed == 0)
		failed = publish_recover(p->state, run->diags, &recovered);
	if (failed < 0)
		return failed;
	if (recovered > 0)
		diag_add(run->diags, SEVERITY_NOTE, NULL, LOC_NONE,
			"finished generation %llu, which an "
			"interrupted run had begun to install",
			(unsigned long long)recovered);
	return last_run_load(run->mem_ctx, p->state, run->diags, &p->last);
}

/* apply */

/*
 * Can this run be left out? Nothing moved in the directory since the last one, nor in the
 * settings, templates and installed files, and the last full read is not too old.
 */
static bool is_unchanged(struct publication *p)
{
	struct run *run = p->run;
	TMP_CTX(tmp);
	struct directory_report report = {0};
	int64_t age = (int64_t)time(NULL) - p->last.time;

	if (run->arguments.full || run->arguments.ldif != NULL || p->last.csn.n == 0 ||
		run->settings->directory.base == NULL || p->last.exit != 0 || age < 0 ||
		age >= (int64_t)run->settings->directory.full_interval_s)
		return false;
	if (p->last.inputs == NULL ||
		strcmp(p->last.inputs, last_run_inputs(tmp, run)) != 0)
		return false;
	if (!plan_is_untouched(p->state))
		return false;
	/* a server that cannot be asked is the full read's to report */
	struct diags *quiet = diags_new(tmp);

	return directory_probe(tmp, &run->settings->directory, quiet, &report) == 0 &&
	       csn_compare(&p->last.csn, &report.csn) == CSN_EQUAL;
}

static void collect_quarantined(struct run *run, struct string_list *list)
{
	for (size_t i = 0; i < run->n_quarantined_records; i++)
		*mem_push(run->mem_ctx, &list->items, &list->n) =
			run->quarantined_records[i]->dn;
}

/* How many there are, and who is left out: of a run that read nothing, as before. */
static void count_records(struct publication *p, struct last_run *now)
{
	struct run *run = p->run;

	if (!p->has_read) {
		now->n_entries = p->last.n_entries;
		now->n_hosts = p->last.n_hosts;
		now->n_vcns = p->last.n_vcns;
		now->quarantined = p->last.quarantined;
		return;
	}
	now->n_entries = run->site->n_entries;
	now->n_hosts = run->site->n_hosts;
	now->n_vcns = run->site->n_vcns;
	collect_quarantined(run, &now->quarantined);
}

/* The checkers ran, whatever they said? */
static bool has_checked(const struct publication *p, int result)
{
	return p->has_changes || result == -(int)EXIT_REJECTED;
}

/* Also after a failed run: what cron has mailed once is known. */
static int remember(struct publication *p, int result)
{
	struct run *run = p->run;
	struct run_reach reach = {
		.has_read = p->has_read, .plan = has_checked(p, result) ? p->plan : NULL};
	struct last_run now = {.time = (int64_t)time(NULL),
		.exit = result < 0 ? -result : result,
		.uri = run->arguments.ldif != NULL ? run->arguments.ldif
						   : run->report.uri,
		.identity = run->report.identity,
		.inputs = last_run_inputs(run->mem_ctx, run),
		.csn = run->report.csn};

	count_records(p, &now);
	last_run_compare(run->mem_ctx, &p->last, run->diags, run->arguments.verbose,
		reach, &now.findings);
	if (result < 0 && result != -(int)EXIT_PENDING) {
		/* nothing was published: the next run reads again, whatever the probe says */
		now.csn = p->last.csn;
		now.time = p->last.time;
	}
	return last_run_save(p->state, &now, run->diags);
}

static void report_generation(struct publication *p)
{
	struct run *run = p->run;

	if (run->result != NULL) {
		json_object_object_add(run->result, "generation",
			json_object_new_int64((int64_t)p->state->current));
		json_object_object_add(
			run->result, "changed", json_object_new_boolean(p->has_changes));
		return;
	}
	if (!p->has_changes || run->arguments.quiet)
		return;
	printf("generation %llu: %zu file%s, %zu node%s changed\n",
		(unsigned long long)p->state->current, p->plan->n_changes,
		p->plan->n_changes == 1 ? "" : "s", p->plan->n_node_changes,
		p->plan->n_node_changes == 1 ? "" : "s");
}

/*
 * Must the server be as new as what was read last? Not after the settings changed, which may
 * name another directory, and not with --full, which accepts a restored backup.
 */
static bool expects_csn(struct publication *p)
{
	TMP_CTX(tmp);

	return !p->run->arguments.full && p->last.inputs != NULL &&
	       strcmp(p->last.inputs, last_run_inputs(tmp, p->run)) == 0;
}

static int read_and_publish(struct publication *p)
{
	struct run *run = p->run;
	int failed = run_prepare_targets(run);

	if (failed == 0)
		failed = run_read(run, expects_csn(p) ? &p->last.csn : NULL);
	if (failed == 0) {
		p->has_read = true;
		failed = survey_and_render(p);
	}
	return failed < 0 ? failed : permit_and_publish(p, "apply");
}

static int apply_locked(struct publication *p)
{
	struct run *run = p->run;
	int failed =
		tell_services(p, 0); /* what earlier runs left, before LDAP is asked */
	int pending = failed;

	if (failed < 0 && failed != -(int)EXIT_PENDING)
		return failed;
	failed = publish_check_pin(p->state, run->diags);
	if (failed < 0)
		return failed;
	if (pending == 0 && is_unchanged(p))
		return 0;
	failed = read_and_publish(p);
	if (failed == 0 && p->has_changes)
		failed = tell_services(p, p->state->current);
	else if (failed == 0)
		failed = pending;
	int not_saved = remember(p, failed);

	return failed < 0 ? failed : not_saved;
}

int command_apply(void *session)
{
	struct run *run = session;
	struct publication p = {.run = run};
	int failed = run_prepare_settings(run);

	if (failed == 0)
		failed = open_state(&p);
	if (failed == 0)
		failed = apply_locked(&p);
	if (p.state != NULL)
		report_generation(&p);
	talloc_free(p.state); /* the lock, for `watch` */
	if (failed < 0)
		return failed;
	return run->arguments.detailed_exitcode && p.has_changes ? EXIT_CHANGES : 0;
}

/* rollback */

static int unpin(struct publication *p)
{
	if (p->state->pinned == 0)
		return diag_fail(
			p->run->diags, EXIT_USAGE, LOC_NONE, "nothing is pinned");
	return state_pin(p->state, 0, p->run->diags);
}

static int which_generation(struct publication *p, uint64_t *ret_number)
{
	struct run *run = p->run;

	*ret_number = p->state->previous;
	if (run->n_words > 0 && (!text_parse_u64(run->words[0], UINT32_MAX, ret_number) ||
					*ret_number == 0))
		return diag_fail(run->diags, EXIT_USAGE, LOC_NONE,
			"'%s' is no number of a generation; see ldapcc history",
			run->words[0]);
	if (*ret_number == 0)
		return diag_fail(run->diags, EXIT_USAGE, LOC_NONE,
			"there is no earlier generation");
	return 0;
}

/* Pinned first: killed in between, the next apply must not undo it. */
static int pin_and_publish(struct publication *p, uint64_t number)
{
	TMP_CTX(tmp);
	struct diags *diags = p->run->diags;
	uint64_t before = p->state->pinned;
	int failed = state_pin(p->state, number, diags);

	if (failed < 0 || p->plan->n_changes == 0)
		return failed;
	failed = publish(
		p, mem_printf(tmp, "rollback to %llu", (unsigned long long)number));
	if (failed < 0 && !p->is_committed)
		(void)!state_pin(p->state, before, diags);
	return failed;
}

static int roll_back(struct publication *p, uint64_t number)
{
	struct run *run = p->run;
	int failed = plan_survey(
		run->mem_ctx, p->state, (uint64_t)time(NULL), run->diags, &p->survey);

	if (failed < 0)
		return failed;
	struct serials serials = plan_serials(p->survey);
	struct plan_input input = {.targets = run->targets,
		.n_targets = run->n_targets,
		.reserial = rollback_reserial()};

	failed = rollback_tree(run->mem_ctx, p->state, number, run->targets,
		run->n_targets, &serials, run->diags, &input.tree);
	if (failed == 0)
		failed = generation_nodes(run->mem_ctx, p->state, number, run->diags,
			&input.nodes, &input.n_nodes);
	if (failed == 0)
		failed = plan_new(run->mem_ctx, p->survey, &input, run->diags, &p->plan);
	if (failed == 0)
		failed = plan_permit(p->plan, run->arguments.bootstrap,
			run->settings->refuse_drift, run->diags);
	if (failed < 0)
		return failed;
	return pin_and_publish(p, number);
}

int command_rollback(void *session)
{
	struct run *run = session;
	struct publication p = {.run = run};
	uint64_t number;
	int failed = run_prepare(run);

	if (failed == 0)
		failed = open_state(&p);
	if (failed < 0)
		return failed;
	assert(p.state != NULL);
	if (run->arguments.unpin)
		return unpin(&p);
	failed = which_generation(&p, &number);
	if (failed == 0)
		failed = roll_back(&p, number);
	if (failed < 0)
		return failed;
	report_generation(&p);
	return tell_services(&p, 0);
}
