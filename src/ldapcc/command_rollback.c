/* SPDX-License-Identifier: Apache-2.0 */
#include "publish/rollback.h"

#include <assert.h>
#include <time.h>

#include "base/text.h"
#include "change/guard.h"
#include "generation/roster.h"
#include "ldapcc/commands.h"
#include "ldapcc/publication.h"
#include "ldapcc/run_metrics.h"
#include "publish/publish.h"

/* rollback: an older generation's content as a new one, and pinned. */

static int unpin(struct publication *p)
{
	if (p->run->n_words > 0)
		return diag_fail(p->run->diags, EXIT_USAGE, LOC_NONE,
			"--unpin takes no generation: apply goes on with the directory");
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

	if (failed < 0 || !plan_has_changes(p->plan))
		return failed;
	p->plan->is_accepted = true;
	failed = publication_publish(
		p, mem_printf(tmp, "rollback to %llu", (unsigned long long)number));
	if (failed < 0 && !p->is_committed)
		(void)!state_pin(p->state, before, diags);
	return failed;
}

/*
 * What it was made of. Files and roster are whole without it, and the next apply reads everything;
 * but no host that it installs could be turned off alone.
 */
static int take_entries(struct publication *p, uint64_t number, struct pieces *ret)
{
	TMP_CTX(tmp);
	struct run *run = p->run;
	struct entries_file file = {0};
	struct diags *found = diags_new(tmp);
	bool is_needed = roster_has_armed(&p->roster);
	int failed = publication_entries(run->mem_ctx, p->state, number,
		is_needed ? run->diags : found, &file.good);

	if (failed == 0)
		return publication_store(p, &file, ret);
	if (is_needed) {
		diag_note(diag_last(run->diags), LOC_NONE,
			"generation %llu installs hosts, whose installation nobody could "
			"turn off without them",
			(unsigned long long)number);
		return failed;
	}
	diag_add(run->diags, SEVERITY_WARNING, "lost-entries",
		state_loc(p->state,
			mem_printf(tmp, "%s/entries", state_generation(tmp, number)),
			run->diags),
		"%s", diag_last(found)->message);
	return 0;
}

static int roll_back(struct publication *p, uint64_t number)
{
	struct run *run = p->run;
	struct serials serials = plan_serials(p->live);
	const struct generation_source *source = publication_source(p);
	struct plan_input input = {.targets = run->targets,
		.n_targets = run->n_targets,
		.roster = &p->roster,
		.reserial = rollback_reserial(),
		.command = run_command(run->mem_ctx, run),
		.again = mem_printf(run->mem_ctx, "rollback %llu%s",
			(unsigned long long)number,
			run->arguments.bootstrap ? " --bootstrap" : "")};
	const struct rollback_input from = {.number = number,
		.settings = run->settings,
		.targets = run->targets,
		.n_targets = run->n_targets,
		.serials = &serials};
	int failed;

	if (source != NULL)
		input.source = *source;
	failed = rollback_tree(run->mem_ctx, p->state, &from, run->diags, &input);

	if (failed == 0)
		failed = roster_of_generation(
			run->mem_ctx, p->state, number, run->diags, &p->roster);
	if (failed == 0)
		failed = take_entries(p, number, &input.entries);
	if (failed < 0)
		return failed;
	failed = plan_new(run->mem_ctx, p->live, &input, run->diags, &p->plan);
	if (failed == 0)
		failed = plan_permit(p->plan, run->arguments.bootstrap,
			run->settings->refuse_drift, run->diags);
	if (failed == 0 && !guard_is_accepted(p->plan, run->arguments.accept))
		failed = guard_check_rollback(
			p->plan, number, run->arguments.accept, run->diags);
	return failed < 0 ? failed : pin_and_publish(p, number);
}

static int go_back(struct run *run)
{
	struct publication p = {.run = run};
	uint64_t number;
	int failed = run_prepare_settings(run);

	if (failed == 0)
		failed = publication_open(&p);
	if (failed < 0)
		return failed;
	assert(p.state != NULL);
	if (run->arguments.unpin)
		return unpin(&p);
	run_take_targets(run); /* a broken template must not stop a rollback */
	failed = which_generation(&p, &number);
	if (failed == 0)
		failed =
			publication_survey(&p, true); /* the current one may be damaged */
	if (failed == 0)
		failed = roll_back(&p, number);
	if (failed < 0)
		return failed;
	publication_report(&p);
	return publication_tell_services(&p, 0);
}

int command_rollback(void *session)
{
	int64_t started = (int64_t)time(NULL);

	return run_metrics_write(session, started, go_back(session));
}
