/* SPDX-License-Identifier: Apache-2.0 */
#include "ldapcc/site_again.h"

#include <string.h>

#include "base/table.h"
#include "ldapcc/decode_crew.h"
#include "ldapcc/quarantine.h"
#include "model/absent.h"
#include "read/dn.h"

struct again {
	struct run *run;
	const struct table *members, *held;
	const struct moved *moved;
};

/* The one of @table that the entry of @key is, or is an interface of. */
static const struct quarantined *owner_in(const struct table *table, const char *key)
{
	const struct quarantined *one = table_find(table, key);

	return one != NULL ? one : table_find(table, dn_key_parent(key));
}

/*
 * A last good version refers to others by the DNs that they had then: to those that they have now,
 * but for what stays as it was, which has its old one.
 */
struct following {
	const struct moved *moved;
	const struct table *held;
	struct entries *good;
	struct absent *lacked;
	struct entries *kept;
};

/* The DN now of what had @key then; NULL: the same. */
static const char *followed(const struct following *f, const char *key)
{
	const struct quarantined *one = table_find(f->held, key);

	return one != NULL && one->is_kept ? NULL : table_find(f->moved->now, key);
}

static void follow(void *data, const struct entry *entry)
{
	TMP_CTX(tmp);
	const struct following *f = data;

	for (size_t i = 0; i < entry->n_attributes; i++)
		for (size_t j = 0; j < entry->attributes[i].n_values; j++) {
			struct entry_value *value = &entry->attributes[i].values[j];
			const char *key = memchr(value->bytes, '=', value->len) == NULL
						  ? NULL
						  : dn_key(tmp, value->bytes);
			const char *now = key == NULL ? NULL : followed(f, key);

			if (key != NULL && !entries_has(f->good, key))
				absent_add(f->lacked, key);
			if (now == NULL)
				continue;
			value->bytes = now;
			value->len = strlen(now);
		}
	entries_add(f->kept, entry);
}

static void decode_again(const struct again *a)
{
	struct run *run = a->run;
	struct entries *kept = entries_new(run->mem_ctx, run->stored.items);
	struct absent *lacked = absent_new(run->site);
	struct following following = {a->moved, a->held, run->good, lacked, kept};

	for (size_t i = 0; i < entries_count(run->entries); i++)
		if (owner_in(a->members, entries_key(run->entries, i)) == NULL)
			entries_share(kept, run->entries, i);
	for (size_t i = 0; run->good != NULL && i < entries_count(run->good); i++) {
		const struct quarantined *one =
			owner_in(a->held, entries_key(run->good, i));

		if (one != NULL && one->is_kept)
			entries_give(run->good, i, follow, &following);
	}
	run->site->lacked = lacked;
	decode_all(&run->reporter, kept);
	if (run->accepted != run->entries)
		talloc_free(run->accepted);
	run->accepted = kept;
}

/* A copy of @finding among those of the run. */
static void report(const struct again *a, const struct finding *finding)
{
	struct finding *again = diag_add(a->run->diags, finding->severity, finding->id,
		finding->where, "%s", finding->message);

	again->about = finding->about;
	for (size_t i = 0; i < finding->n_notes; i++)
		diag_note(
			again, finding->notes[i].where, "%s", finding->notes[i].message);
}

static bool is_of_quarantined(const struct again *a, const struct finding *finding)
{
	TMP_CTX(tmp);
	const char *key =
		dn_key(tmp, finding->about != NULL ? finding->about : finding->where.dn);

	return key != NULL &&
	       (owner_in(a->members, key) != NULL || owner_in(a->held, key) != NULL);
}

/* Entries are joined once, while they are read: what was found then is found by nobody again. */
static bool is_of_reading(const struct finding *finding)
{
	return finding->id != NULL &&
	       strcmp(finding->id, check_name(CHECK_AMBIGUOUS_JOIN)) == 0;
}

/*
 * Findings about those in quarantine are of what the directory has, and were reported before they
 * went there. Those about the others are of the site as it is now, not as it first looked.
 */
static void replace_findings(const struct again *a, const struct diags *found)
{
	struct diags *diags = a->run->diags;
	size_t kept = 0;

	for (size_t i = 0; i < diags->n_findings; i++) {
		const struct finding *finding = diags->findings[i];
		bool is_stale = finding->where.dn != NULL && !is_of_reading(finding) &&
				!is_of_quarantined(a, finding);

		diags->n_errors -= is_stale && finding->severity == SEVERITY_ERROR;
		diags->n_warnings -= is_stale && finding->severity == SEVERITY_WARNING;
		if (!is_stale)
			diags->findings[kept++] = diags->findings[i];
	}
	diags->n_findings = kept;
	for (size_t i = 0; i < found->n_findings; i++)
		if (found->findings[i]->where.dn != NULL &&
			!is_of_quarantined(a, found->findings[i]))
			report(a, found->findings[i]);
}

/* One statement a key: a table that grows moves its slots. */
static void stand_for(struct table *stood_for, const struct quarantined *one)
{
	void *good_key = (void *)(uintptr_t)one->good_key;

	for (size_t i = 0; i < one->n_part_keys; i++)
		*table_slot(stood_for, one->part_keys[i]) = good_key;
	*table_slot(stood_for, one->good_key) = good_key;
}

static void add_absent(struct absent *waited_for, const struct quarantined *one)
{
	for (size_t i = 0; i < one->n_part_keys; i++)
		absent_add(waited_for, one->part_keys[i]);
}

void site_again(struct run *run, const struct table *members, const struct table *held,
	const struct moved *moved)
{
	const struct again again = {run, members, held, moved};
	struct diags *diags = run->diags, *found = diags_new(run->mem_ctx);

	run->diags = found;

	run_new_site(run);
	struct absent *waited_for = absent_new(run->site);
	struct table *stood_for = table_new(run->site, 0);

	for (size_t i = 0; i < run->n_quarantined; i++) {
		struct quarantined *one = run->quarantined[i];

		if (one->is_out)
			add_absent(waited_for, one);
		else
			stand_for(stood_for, one);
	}
	run->site->waited_for = waited_for;
	run->site->stood_for = stood_for;
	run->diags = diags;
	decode_again(&again);
	run_link(run);
	replace_findings(&again, found);
	run->reporter.diags = diags;
}
