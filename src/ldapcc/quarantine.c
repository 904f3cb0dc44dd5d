/* SPDX-License-Identifier: Apache-2.0 */
#include "ldapcc/quarantine.h"

#include <string.h>

#include "base/table.h"
#include "model/decode.h"
#include "model/lint.h"
#include "read/dn.h"

enum { ROUNDS_MAX = 20 };

/* Who is in error */

struct round {
	struct run *run;
	unsigned number;
	struct table *members; /* canonical DN of an entry -> its struct quarantined */
	struct table *
		reported; /* DNs that have an error of their own; NULL: not looked up yet */
	bool has_new;
};

/* Has a fault of its own been found? Else it only stands on what has one. */
static bool is_reported(struct round *round, const char *dn)
{
	const struct diags *diags = round->run->diags;

	if (round->reported == NULL) {
		round->reported = table_new(round->members, diags->n_findings);
		for (size_t i = 0; i < diags->n_findings; i++) {
			struct finding *finding = diags->findings[i];

			if (finding->severity == SEVERITY_ERROR &&
				finding->where.dn != NULL)
				*table_slot(round->reported, finding->where.dn) = finding;
		}
	}
	return table_find(round->reported, dn) != NULL;
}

/* @record goes into quarantine, or further: from its last good version to nothing. */
static void commit(struct round *round, const struct record *record)
{
	struct run *run = round->run;
	struct quarantined *one = table_find(round->members, record->key);

	if (one != NULL && one->is_out)
		return;
	round->has_new = true;
	if (one == NULL) {
		one = mem_new(run->mem_ctx, struct quarantined);
		one->dn = record->dn;
		one->key = record->key;
		one->is_kept = run->good != NULL && entries_has(run->good, record->key);
		one->is_waiting = round->number > 0 && !is_reported(round, record->dn);
		*mem_push(run->mem_ctx, &run->quarantined, &run->n_quarantined) = one;
		*table_slot(round->members, one->key) = one;
	} else {
		one->is_kept = false;
	}
	one->is_out = !one->is_kept;
}

static bool is_machine_bad(const struct machine *machine)
{
	bool is_bad = machine->record.is_bad || machine->fqdn == NULL;

	for (uint32_t i = 0; i < machine->n_interfaces; i++)
		is_bad |= machine->interfaces[i]->record.is_bad ||
			  machine->interfaces[i]->fqdn == NULL;
	return is_bad;
}

static void commit_table(struct round *round, void *table, size_t n)
{
	struct record **records = table;

	for (size_t i = 0; i < n; i++)
		if (records[i]->is_bad)
			commit(round, records[i]);
}

/* An interface entry counts with its machine; one below no machine counts for itself. */
static void commit_all(struct round *round)
{
	struct site *site = round->run->site;

	commit_table(round, site->clusters, site->n_clusters);
	commit_table(round, site->networks, site->n_networks);
	commit_table(round, site->images, site->n_images);
	commit_table(round, site->repositories, site->n_repositories);
	commit_table(round, site->profiles, site->n_profiles);
	commit_table(round, site->groups, site->n_groups);
	commit_table(round, site->passed_over, site->n_passed_over);
	for (size_t i = 0; i < site->n_machines; i++)
		if (is_machine_bad(site->machines[i]))
			commit(round, &site->machines[i]->record);
	for (size_t i = 0; i < site->n_interfaces; i++)
		if (site->interfaces[i]->machine == NULL)
			commit(round, &site->interfaces[i]->record);
}

/* The site again, of what is left */

/* The one in quarantine that the entry of @key is, or is an interface of. */
static const struct quarantined *owner_of(const struct round *round, const char *key)
{
	const struct quarantined *one = table_find(round->members, key);

	return one != NULL ? one : table_find(round->members, dn_key_parent(key));
}

static void take(
	struct decoder *decoder, struct entries *kept, struct entries *from, size_t i)
{
	entries_give(from, i, decode_entry, decoder);
	entries_copy(kept, from, i);
}

static void decode_again(struct round *round, struct decoder *decoder)
{
	struct run *run = round->run;
	struct entries *kept = entries_new(run->mem_ctx, run->stored.items);

	for (size_t i = 0; i < entries_count(run->entries); i++)
		if (owner_of(round, entries_key(run->entries, i)) == NULL)
			take(decoder, kept, run->entries, i);
	for (size_t i = 0; run->good != NULL && i < entries_count(run->good); i++) {
		const struct quarantined *one =
			owner_of(round, entries_key(run->good, i));

		if (one != NULL && one->is_kept)
			take(decoder, kept, run->good, i);
	}
	if (run->accepted != run->entries)
		talloc_free(run->accepted);
	run->accepted = kept;
}

static const char *finding_key(TALLOC_CTX *mem_ctx, const struct finding *finding)
{
	return mem_printf(mem_ctx, "%s\n%s", finding->where.dn, finding->message);
}

static struct table *known_findings(TALLOC_CTX *mem_ctx, const struct diags *diags)
{
	struct table *known = table_new(mem_ctx, diags->n_findings);

	for (size_t i = 0; i < diags->n_findings; i++)
		if (diags->findings[i]->where.dn != NULL)
			*table_slot(known, finding_key(known, diags->findings[i])) =
				diags->findings[i];
	return known;
}

/* Is the finding not known already, nor about what is not as the directory has it? */
static bool is_new(const struct round *round, const struct table *known,
	const struct finding *finding)
{
	TMP_CTX(tmp);

	if (finding->severity != SEVERITY_ERROR || finding->where.dn == NULL)
		return false;
	const char *key = dn_key(tmp, finding->where.dn);

	return (key == NULL || owner_of(round, key) == NULL) &&
	       table_find(known, finding_key(tmp, finding)) == NULL;
}

/* A copy of @finding among those of the run. */
static void report(const struct round *round, const struct finding *finding)
{
	struct finding *again = diag_add(round->run->diags, finding->severity,
		finding->id, finding->where, "%s", finding->message);

	for (size_t i = 0; i < finding->n_notes; i++)
		diag_note(
			again, finding->notes[i].where, "%s", finding->notes[i].message);
}

static void report_new(const struct round *round, const struct diags *found)
{
	TMP_CTX(tmp);
	const struct table *known = known_findings(tmp, round->run->diags);

	for (size_t i = 0; i < found->n_findings; i++)
		if (is_new(round, known, found->findings[i]))
			report(round, found->findings[i]);
}

static bool is_of_quarantined(const struct round *round, const struct finding *finding)
{
	TMP_CTX(tmp);
	const char *key = dn_key(tmp, finding->where.dn);

	return key != NULL && owner_of(round, key) != NULL;
}

/* Warnings about the others are those of the site as it is now, not as it first looked. */
static void replace_warnings(const struct round *round, const struct diags *found)
{
	struct diags *diags = round->run->diags;
	size_t kept = 0;

	for (size_t i = 0; i < diags->n_findings; i++) {
		const struct finding *finding = diags->findings[i];
		bool is_stale = finding->severity == SEVERITY_WARNING &&
				finding->where.dn != NULL &&
				!is_of_quarantined(round, finding);

		diags->n_warnings -= is_stale;
		if (!is_stale)
			diags->findings[kept++] = diags->findings[i];
	}
	diags->n_findings = kept;
	for (size_t i = 0; i < found->n_findings; i++)
		if (found->findings[i]->severity == SEVERITY_WARNING &&
			found->findings[i]->where.dn != NULL &&
			!is_of_quarantined(round, found->findings[i]))
			report(round, found->findings[i]);
}

static void make_again(struct round *round)
{
	struct run *run = round->run;
	struct diags *diags = run->diags, *found = diags_new(run->mem_ctx);

	run->diags = found;
	struct decoder *decoder = run_new_site(run);
	struct table *waited_for = table_new(run->site, 0);

	for (size_t i = 0; i < run->n_quarantined; i++)
		if (run->quarantined[i]->is_out)
			*table_slot(waited_for, run->quarantined[i]->key) = run;
	run->site->waited_for = waited_for;
	run->diags = diags;
	decode_again(round, decoder);
	run_link(run);
	report_new(round, found);
	replace_warnings(round, found);
	run->reporter.diags = diags;
}

void quarantine_settle(struct run *run)
{
	for (unsigned i = 0; i < ROUNDS_MAX; i++) {
		TMP_CTX(tmp);
		struct round round = {
			.run = run, .number = i, .members = table_new(tmp, 0)};

		for (size_t j = 0; j < run->n_quarantined; j++)
			*table_slot(round.members, run->quarantined[j]->key) =
				run->quarantined[j];
		commit_all(&round);
		if (!round.has_new)
			break;
		make_again(&round);
	}
	model_derive(run->site);
}
