/* SPDX-License-Identifier: Apache-2.0 */
#include "ldapcc/run.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "change/site_roster.h"
#include "ldapcc/inputs.h"
#include "ldapcc/notes.h"
#include "ldapcc/quarantine.h"
#include "ldapcc/target_places.h"
#include "model/group.h"
#include "model/lint.h"
#include "model/servers.h"
#include "model/shape.h"
#include "render/answers.h"

enum { QUARANTINE_FLOOR = 5, PER_MILLE = 1000 };

/*
 * Where templates/ and schema/ are: LDAPCC_DATADIR, beside a program that was built but
 * not installed, in the prefix it was installed to, or where the build was told.
 */
static const char *find_datadir(TALLOC_CTX *mem_ctx)
{
	static const char *const places[] = {"..", "../share/ldapcc"};
	const char *given = getenv("LDAPCC_DATADIR");
	char program[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", program, sizeof(program) - 1);

	if (given != NULL && given[0] != '\0')
		return given;
	if (n <= 0)
		return LDAPCC_DATADIR;
	program[n] = '\0';
	*strrchr(program, '/') = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		const char *datadir = mem_printf(mem_ctx, "%s/%s", program, places[i]);

		if (access(mem_printf(mem_ctx, "%s/schema/maps", datadir), F_OK) == 0)
			return datadir;
	}
	return LDAPCC_DATADIR;
}

/*
 * A folder of the command line is what its path leads to, links and all: whoever types it
 * means that. Below it none is followed. Checkers run elsewhere, so it becomes absolute.
 */
static int resolve_folder(struct run *run, const char **folder)
{
	char here[PATH_MAX];

	if (*folder == NULL)
		return 0;
	if (realpath(*folder, here) != NULL) {
		*folder = mem_strdup(run->mem_ctx, here);
		return 0;
	}
	if (*folder[0] == '/')
		return 0;
	if (getcwd(here, sizeof(here)) == NULL)
		return diag_fail_errno(run->diags, EXIT_IO, errno, LOC_NONE,
			"the current folder cannot be told, and '%s' is relative to it",
			*folder);
	*folder = file_join(run->mem_ctx, here, *folder);
	return 0;
}

int run_prepare_settings(struct run *run)
{
	int failed = resolve_folder(run, &run->arguments.root);

	if (failed == 0)
		failed = resolve_folder(run, &run->arguments.output);
	if (failed < 0)
		return failed;
	run->datadir = find_datadir(run->mem_ctx);
	const char *as_it_was = inputs_of_settings(run->mem_ctx, run->arguments.config);

	failed = settings_load(
		run->mem_ctx, run->arguments.config, run->diags, &run->settings);
	if (failed == 0)
		run->inputs =
			inputs_hash(run->mem_ctx, run->settings, as_it_was, run->datadir);
	return failed;
}

/* The directory's map, and ours for what `also` names. */
static int load_maps(struct run *run)
{
	TMP_CTX(tmp);
	const struct directory_settings *directory = &run->settings->directory;
	const char *schema = mem_printf(tmp, "%s/schema", run->datadir);
	size_t n;
	int failed = map_load(run->mem_ctx, schema, directory->schema,
		directory->schema_at, shapes_of, run->diags, &run->map);

	if (failed == 0 && directory->also.n > 0)
		failed = map_load(run->mem_ctx, schema, "ldapcc", LOC_NONE, shapes_of,
			run->diags, &run->also_map);
	if (failed < 0)
		return failed;
	for (size_t i = 0; i < run->map->wanted.n; i++)
		list_add_name(run->mem_ctx, &run->stored, run->map->wanted.items[i]);
	for (size_t i = 0; run->also_map != NULL && i < run->also_map->wanted.n; i++)
		list_add_name(run->mem_ctx, &run->stored, run->also_map->wanted.items[i]);
	for (size_t i = 0; entries_ids[i] != NULL; i++)
		list_add_name(run->mem_ctx, &run->stored, entries_ids[i]);
	n = run->stored.n;
	*mem_push(run->mem_ctx, &run->stored.items, &n) = NULL;
	return 0;
}

int run_prepare_targets(struct run *run)
{
	TMP_CTX(tmp);
	const char *shipped = mem_printf(tmp, "%s/templates", run->datadir);

	if (run->renderer != NULL)
		return 0;
	int failed = load_maps(run);

	if (failed < 0)
		return failed;
	failed = targets_check_folders(run->settings, run->diags);
	if (failed == 0)
		failed = targets_load(run->mem_ctx, run->settings, shipped, run->diags,
			&run->targets, &run->n_targets);
	if (failed == 0)
		failed = targets_check_partners(
			run->targets, run->n_targets, run->settings, run->diags);
	if (failed == 0)
		failed = target_places_check(run);
	if (failed < 0)
		return failed;
	return renderer_new(run->mem_ctx, run->settings, run->map, shipped, run->targets,
		run->n_targets, run->diags, &run->renderer);
}

static bool can_be_used(struct run *run, const struct target *target, const char *shipped)
{
	TMP_CTX(tmp);
	struct renderer *renderer;

	return run->map == NULL || renderer_new(tmp, run->settings, run->map, shipped,
					   target, 1, diags_new(tmp), &renderer) == 0;
}

void run_take_targets(struct run *run)
{
	TMP_CTX(tmp);
	const char *shipped = mem_printf(tmp, "%s/templates", run->datadir);

	run->targets = NULL;
	run->n_targets = 0;
	for (size_t i = 0; i < run->settings->n_targets; i++) {
		struct settings one = *run->settings;
		struct diags *quiet = diags_new(run->mem_ctx);
		struct target *target;
		size_t n;

		one.targets = &run->settings->targets[i];
		one.n_targets = 1;
		if (targets_load(run->mem_ctx, &one, shipped, quiet, &target, &n) == 0 &&
			n == 1 && can_be_used(run, target, shipped))
			*mem_push(run->mem_ctx, &run->targets, &run->n_targets) = *target;
	}
}

int run_take_renderer(struct run *run)
{
	TMP_CTX(tmp);
	const char *shipped = mem_printf(tmp, "%s/templates", run->datadir);

	if (run->map == NULL)
		return -(int)EXIT_USAGE;
	run_take_targets(run);
	return renderer_new(run->mem_ctx, run->settings, run->map, shipped, run->targets,
		run->n_targets, diags_new(run->mem_ctx), &run->renderer);
}

int run_prepare(struct run *run)
{
	int failed = run_prepare_settings(run);

	return failed < 0 ? failed : run_prepare_targets(run);
}

static int fail_no_target(struct run *run, const char *word)
{
	TMP_CTX(tmp);
	const char **names = mem_array(tmp, const char *, run->n_targets + 1);
	const char *shown = text_printable(tmp, word, strlen(word));

	for (size_t i = 0; i < run->n_targets; i++)
		names[i] = run->targets[i].name;
	const char *nearest = text_nearest(word, names);

	if (nearest == NULL)
		return diag_fail(run->diags, EXIT_USAGE, LOC_NONE,
			"there is no target '%s'; 'ldapcc render --list' has them all",
			shown);
	return diag_fail(run->diags, EXIT_USAGE, LOC_NONE,
		"there is no target '%s', did you mean '%s'?", shown, nearest);
}

const char *run_command(TALLOC_CTX *mem_ctx, const struct run *run)
{
	struct buffer *b = buffer_new(mem_ctx);

	buffer_add_text(b, "ldapcc");
	text_add_option(b, "config", run->arguments.config);
	text_add_option(b, "root", run->arguments.root);
	text_add_option(b, "ldif", run->arguments.ldif);
	return b->data;
}

int run_check_words(struct run *run)
{
	for (size_t i = 0; i < run->n_words; i++) {
		bool is_known = false;

		for (size_t j = 0; j < run->n_targets; j++)
			is_known |= strcmp(run->words[i], run->targets[j].name) == 0;
		if (!is_known)
			return fail_no_target(run, run->words[i]);
	}
	return 0;
}

void run_link(struct run *run)
{
	model_link(run->site);
	site_roster_stand(run->site, run->roster_before);
	if (lint_names(&run->reporter)) {
		servers_link(run->site);
		site_roster_stand(run->site, run->roster_before);
	}
	group_link(run->site);
	lint_site(&run->reporter);
}

/* A misspelt name would leave this server without its part of the site. */
static int check_selection(struct run *run)
{
	const struct select_settings *select = &run->settings->select;
	const struct site *site = run->site;
	int result = 0;

	for (size_t i = 0; i < select->networks.n; i++)
		if (model_find_named(site->networks, site->n_networks,
			    select->networks.items[i]) == NULL)
			result = diag_fail(run->diags, EXIT_USAGE, select->where,
				"there is no network '%s'", select->networks.items[i]);
	for (size_t i = 0; i < select->groups.n; i++)
		if (model_find_named(site->groups, site->n_groups,
			    select->groups.items[i]) == NULL)
			result = diag_fail(run->diags, EXIT_USAGE, select->where,
				"there is no group '%s' with a host or VCN",
				select->groups.items[i]);
	return result;
}

int run_render(struct run *run, const struct serials *serials)
{
	size_t refused = 0;

	run->accepted = run->entries;
	run->n_entries = run->site->n_entries;
	if (check_selection(run) < 0)
		return -EXIT_USAGE;
	quarantine_settle(run);
	for (;;) {
		notes_fill(run);
		int failed = render_site(run->mem_ctx, run->renderer, &run->reporter,
			serials, &run->tree, &refused);

		if (failed < 0 || refused == 0)
			return failed;
		talloc_free(run->tree);
		quarantine_settle(run);
	}
}

static size_t quarantine_limit(const struct run *run)
{
	const struct limit *limit = &run->settings->quarantine;

	if (!limit->is_share)
		return limit->value;
	size_t share = run->n_entries * limit->value / PER_MILLE;

	/* 0 % means none at all: any data error refuses the run */
	return limit->value == 0 || share > QUARANTINE_FLOOR ? share : QUARANTINE_FLOOR;
}

int run_permit(struct run *run)
{
	size_t n = 0;

	for (size_t i = 0; i < run->n_quarantined; i++)
		n += !run->quarantined[i]->is_waiting;
	if (!run->is_settled)
		return diag_fail(run->diags, EXIT_DATA, LOC_NONE,
			"so many entries are in error, each because of another, that "
			"nobody can tell which are not");
	if (n > quarantine_limit(run))
		return diag_fail(run->diags, EXIT_DATA, LOC_NONE,
			"%zu of %zu %s in error, %zu may be in quarantine "
			"(quarantine.max)",
			n, run->n_entries,
			text_plural(run->n_entries, "entry is", "entries are"),
			quarantine_limit(run));
	return 0;
}

int run_all(struct run *run)
{
	int failed = run_prepare(run);

	if (failed == 0)
		failed = run_read(run, NULL);
	if (failed < 0)
		return failed;
	run_link(run);
	return run_render(run, NULL);
}
