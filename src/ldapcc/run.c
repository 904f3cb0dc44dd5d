/* SPDX-License-Identifier: Apache-2.0 */
#include "ldapcc/run.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "change/marks.h"
#include "model/decode.h"
#include "model/lint.h"
#include "read/ldif.h"

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

/* Checkers run elsewhere: a relative --root would mean another place to them. */
static int make_root_absolute(struct run *run)
{
	char here[PATH_MAX];

	if (run->arguments.root == NULL || run->arguments.root[0] == '/')
		return 0;
	if (getcwd(here, sizeof(here)) == NULL)
		return diag_fail_errno(run->diags, EXIT_IO, errno, LOC_NONE,
			"the current folder cannot be told, and --root is relative to it");
	run->arguments.root = file_join(run->mem_ctx, here, run->arguments.root);
	return 0;
}

int run_prepare_settings(struct run *run)
{
	int failed = make_root_absolute(run);

	if (failed < 0)
		return failed;
	run->datadir = find_datadir(run->mem_ctx);
	return settings_load(
		run->mem_ctx, run->arguments.config, run->diags, &run->settings);
}

int run_prepare_targets(struct run *run)
{
	TMP_CTX(tmp);
	const char *shipped = mem_printf(tmp, "%s/templates", run->datadir);
	const char *schema = mem_printf(tmp, "%s/schema", run->datadir);
	int failed = map_load(run->mem_ctx, schema, run->settings->directory.schema,
		run->diags, &run->map);

	if (failed < 0)
		return failed;
	failed = targets_load(run->mem_ctx, run->settings, shipped, run->diags,
		&run->targets, &run->n_targets);
	if (failed < 0)
		return failed;
	return renderer_new(run->mem_ctx, run->settings, shipped, run->targets,
		run->n_targets, run->diags, &run->renderer);
}

int run_prepare(struct run *run)
{
	int failed = run_prepare_settings(run);

	return failed < 0 ? failed : run_prepare_targets(run);
}

int run_check_words(struct run *run)
{
	for (size_t i = 0; i < run->n_words; i++) {
		bool is_known = false;

		for (size_t j = 0; j < run->n_targets; j++)
			is_known |= strcmp(run->words[i], run->targets[j].name) == 0;
		if (!is_known)
			return diag_fail(run->diags, EXIT_USAGE, LOC_NONE,
				"there is no target '%s'", run->words[i]);
	}
	return 0;
}

/* Reading */

struct reading {
	struct run *run;
	struct decoder *decoder;
};

static void start_site(struct reading *reading)
{
	struct run *run = reading->run;

	run->site = site_new(run->mem_ctx, run->map, run->arguments.ldif);
	reporter_init(&run->reporter, run->site, run->diags);
	memcpy(run->reporter.severity, run->settings->severity,
		sizeof(run->reporter.severity));
	reading->decoder = decoder_new(run->mem_ctx, &run->reporter);
}

static void take_entry(void *data, const struct entry *entry)
{
	struct reading *reading = data;

	decode_entry(reading->decoder, entry);
}

/* What an attempt found about an incomplete read counts no more. */
static void forget_findings(struct diags *diags)
{
	size_t kept = 0;

	for (size_t i = 0; i < diags->n_findings; i++) {
		struct finding *finding = diags->findings[i];

		if (finding->where.dn == NULL) {
			diags->findings[kept++] = finding;
			continue;
		}
		diags->n_errors -= finding->severity == SEVERITY_ERROR;
		diags->n_warnings -= finding->severity == SEVERITY_WARNING;
	}
	diags->n_findings = kept;
}

static void restart_site(void *data)
{
	struct reading *reading = data;
	struct run *run = reading->run;

	forget_findings(run->diags);
	talloc_free(reading->decoder);
	talloc_free(run->site);
	start_site(reading);
}

int run_read(struct run *run, const struct string_list *last_csn)
{
	struct reading reading = {.run = run};
	size_t n;

	start_site(&reading);
	if (run->arguments.ldif != NULL)
		return ldif_read(
			run->arguments.ldif, take_entry, &reading, run->diags, &n);
	if (run->settings->directory.base == NULL)
		return diag_fail(run->diags, EXIT_USAGE,
			loc_file(run->settings->path == NULL ? LDAPCC_SYSCONFDIR
					 "/ldapcc.yaml"
							     : run->settings->path),
			"no directory to read: set directory.base, or give --ldif FILE");
	int failed = directory_read(run->mem_ctx, &run->settings->directory, run->map,
		last_csn, take_entry, restart_site, &reading, run->diags, &run->report);

	if (failed < 0)
		forget_findings(run->diags);
	return failed;
}

void run_check(struct run *run, const struct node_mark *marks, size_t n_marks)
{
	model_link(run->site);
	marks_compare(run->site, marks, n_marks);
	lint_site(&run->reporter);
}

/* Quarantine */

static void quarantine(struct run *run, struct record *record)
{
	*mem_push(run->mem_ctx, &run->quarantined_records, &run->n_quarantined_records) =
		record;
}

static void quarantine_shared(struct run *run, void *table, size_t n)
{
	struct record **records = table;

	for (size_t i = 0; i < n; i++) {
		if (!records[i]->is_bad)
			continue;
		run->has_shared_errors = true;
		quarantine(run, records[i]);
	}
}

/*
 * Drops what is in error and remembers it. An interface entry counts with its machine; one
 * below no machine counts for itself, once.
 */
static void settle(struct run *run)
{
	TMP_CTX(tmp);
	struct site *site = run->site;
	size_t n = site->n_machines;
	struct machine **machines = mem_array(tmp, struct machine *, n + 1);

	if (n > 0)
		memcpy(machines, site->machines, n * sizeof(*machines));
	quarantine_shared(run, site->clusters, site->n_clusters);
	quarantine_shared(run, site->networks, site->n_networks);
	quarantine_shared(run, site->images, site->n_images);
	quarantine_shared(run, site->repositories, site->n_repositories);
	quarantine_shared(run, site->profiles, site->n_profiles);
	model_derive(site);
	for (size_t i = 0; i < n; i++)
		if (machines[i]->record.is_bad)
			quarantine(run, &machines[i]->record);
}

int run_render(struct run *run, const struct serials *serials)
{
	size_t refused = 0;

	for (size_t i = 0; i < run->site->n_interfaces; i++)
		if (run->site->interfaces[i]->machine == NULL)
			quarantine(run, &run->site->interfaces[i]->record);
	settle(run);
	for (;;) {
		int failed = render_site(run->mem_ctx, run->renderer, &run->reporter,
			serials, &run->tree, &refused);

		if (failed < 0 || refused == 0)
			return failed;
		talloc_free(run->tree);
		settle(run);
	}
}

static size_t quarantine_limit(const struct run *run)
{
	const struct limit *limit = &run->settings->quarantine;

	if (!limit->is_share)
		return limit->value;
	size_t share = run->site->n_entries * limit->value / PER_MILLE;

	/* 0 % means none at all: any data error refuses the run */
	return limit->value == 0 || share > QUARANTINE_FLOOR ? share : QUARANTINE_FLOOR;
}

int run_permit(struct run *run)
{
	if (run->has_shared_errors)
		return diag_fail(run->diags, EXIT_DATA, LOC_NONE,
			"a cluster, network, image, repository or profile "
			"is in error: mend it first, others stand on it");
	if (run->n_quarantined_records > quarantine_limit(run))
		return diag_fail(run->diags, EXIT_DATA, LOC_NONE,
			"%zu of %zu entries are in error, %zu may be left out "
			"(quarantine.max)",
			run->n_quarantined_records, run->site->n_entries,
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
	run_check(run, NULL, 0);
	return run_render(run, NULL);
}
