/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <json-c/json.h>

#include "base/json.h"
#include "change/live.h"
#include "ldapcc/commands.h"
#include "ldapcc/decode_crew.h"
#include "ldapcc/dns_ask.h"
#include "ldapcc/publication.h"
#include "ldapcc/verify.h"
#include "model/absent.h"
#include "publish/pending.h"

/* Saying what was found */

void verify_report(struct verify *v, const char *where, const char *format, ...)
{
	TMP_CTX(tmp);
	va_list args;

	va_start(args, format);
	const char *what = mem_vprintf(tmp, format, args);
	va_end(args);
	v->n_differences++;
	if (v->differences == NULL) {
		printf("%s: %s\n", where, what);
		return;
	}
	struct json_object *row = json_object_new_object();

	json_put_text(row, "where", where);
	json_put_text(row, "what", what);
	json_object_array_add(v->differences, row);
}

void verify_note(struct verify *v, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	diag_vadd(v->run->diags, SEVERITY_NOTE, NULL, LOC_NONE, format, args);
	va_end(args);
}

bool verify_has_target(const struct verify *v, const char *name)
{
	const struct generation *current = v->current;

	for (size_t i = 0; i < current->n_targets; i++)
		if (strcmp(current->targets[i].name, name) == 0)
			return true;
	return false;
}

/* What the current generation was made of */

/* A site of its own for @number; @run is the caller's, or a copy of it. */
static int load_site(struct run *run, const struct state *state, uint64_t number)
{
	struct entries *entries;
	int failed =
		publication_entries(run->mem_ctx, state, number, run->diags, &entries);

	if (failed < 0)
		return failed;
	/* its findings were told when it was published */
	struct diags *diags = run->diags;

	run->diags = diags_new(run->mem_ctx);
	run->excluded = absent_new_all(run->mem_ctx);
	run_new_site(run);
	decode_all(&run->reporter, entries);
	run_link(run);
	model_derive(run->site);
	run->diags = diags;
	return 0;
}

/* The one before it, where it is kept: what has gone since must not be served any more. */
static void load_before(struct verify *v, struct run *before)
{
	struct diags *diags = before->diags;

	before->diags = diags_new(before->mem_ctx);
	if (v->state->previous > 0 &&
		load_site(before, v->state, v->state->previous) == 0)
		v->before = before->site;
	before->diags = diags;
}

/* Files, and what was not told */

static void verify_files(struct verify *v, const struct live_set *live)
{
	static const char *const what[] = {
		[LIVE_EDITED] = "was edited by hand",
		[LIVE_MODE] = "has another owner, group or mode",
		[LIVE_ABSENT] = "was removed by hand",
		[LIVE_STRANGE] = "is no regular file any more",
	};

	for (size_t i = 0; i < live->before->n_files; i++) {
		v->n_looked_at++;
		if (live->live[i] != LIVE_INTACT)
			verify_report(v, live->before->files[i].path, "the file %s",
				what[live->live[i]]);
	}
}

static int verify_pending(struct verify *v)
{
	struct pending *pending;
	size_t n;
	int failed = pending_load(v->run->mem_ctx, v->state, v->run->diags, &pending, &n);

	for (size_t i = 0; failed == 0 && i < n; i++)
		verify_report(v, pending[i].target,
			"published, but nobody was told of generation %llu: %s",
			(unsigned long long)pending[i].generation,
			pending[i].failure == NULL ? "not tried yet"
						   : pending[i].failure);
	return failed;
}

/* The command */

static int check_servers(struct run *run)
{
	const struct string_list *servers = &run->settings->verify.dns;
	struct dns_server server;

	for (size_t i = 0; i < servers->n; i++)
		if (!dns_server_parse(servers->items[i], &server))
			return diag_fail(run->diags, EXIT_USAGE,
				run->settings->verify.dns_at,
				"'%s' is no ADDRESS or ADDRESS:PORT", servers->items[i]);
	return 0;
}

static void finish(struct verify *v)
{
	struct run *run = v->run;

	if (run->result == NULL) {
		if (!run->arguments.quiet)
			printf("generation %llu: %zu looked at, %zu differ\n",
				(unsigned long long)v->state->current, v->n_looked_at,
				v->n_differences);
		return;
	}
	json_put_number(run->result, "generation", (int64_t)v->state->current);
	json_put_number(run->result, "looked_at", (int64_t)v->n_looked_at);
	json_object_object_add(run->result, "differences", v->differences);
}

static int verify_all(struct verify *v)
{
	struct run before = *v->run;
	struct live_set *live = NULL;
	int failed = live_survey(v->run->mem_ctx, v->state, (uint64_t)time(NULL), false,
		v->run->diags, &live);

	if (failed == 0)
		failed = load_site(v->run, v->state, v->state->current);
	if (failed < 0)
		return failed;
	assert(live != NULL);
	v->current = live->before;
	load_before(v, &before);
	verify_files(v, live);
	failed = verify_pending(v);
	if (failed < 0)
		return failed;
	verify_dns(v);
	verify_dhcp(v);
	finish(v);
	return v->n_differences > 0 ? -(int)EXIT_PENDING : 0;
}

int command_verify(void *session)
{
	struct run *run = session;
	struct state *state = NULL;
	struct verify v = {.run = run};
	int failed = run_prepare(run);

	if (failed == 0)
		failed = check_servers(run);
	if (failed == 0)
		failed = state_open(run->mem_ctx, run->settings, run->arguments.root,
			false, run->diags, &state);
	if (failed < 0)
		return failed;
	assert(state != NULL);
	if (state->current == 0)
		return diag_fail(run->diags, EXIT_DIRECTORY, LOC_NONE,
			"nothing has been published yet");
	v.state = state;
	if (run->result != NULL)
		v.differences = json_object_new_array();
	return verify_all(&v);
}
