/* SPDX-License-Identifier: Apache-2.0 */
#include "ldapcc/lost_good.h"

#include <string.h>

#include "base/table.h"
#include "ldapcc/quarantine.h"
#include "read/dn.h"

void lost_good_tell(struct run *run)
{
	diag_add(run->diags, SEVERITY_WARNING, "lost-entries", run->good_where,
		"the entries of the generation cannot be used: %s; everything is read anew, "
		"and stored again when it is published",
		run->good_fault);
}

struct looking {
	struct run *run;
	const struct roster *now;
	struct table *before, *present; /* canonical DN -> record, of both rosters */
	bool is_gone[_KIND_MAX]; /* somebody of that kind, and nobody knows why */
	bool is_refused;
};

static struct table *by_dn(TALLOC_CTX *mem_ctx, const struct roster *roster)
{
	struct table *table = table_new(mem_ctx, roster->n);

	for (size_t i = 0; i < roster->n; i++) {
		const char *key = dn_key(table, roster->records[i].dn);

		if (key != NULL)
			*table_slot(table, key) = &roster->records[i];
	}
	return table;
}

/* Those in quarantine say themselves where they are gone to. */
static void find_gone(struct looking *l)
{
	TMP_CTX(tmp);
	const struct roster *before = l->run->roster_before;
	struct table *known = table_new(tmp, l->run->n_quarantined);

	for (size_t i = 0; i < l->run->n_quarantined; i++)
		*table_slot(known, l->run->quarantined[i]->key) = l;
	for (size_t i = 0; i < before->n; i++) {
		const struct roster_record *record = &before->records[i];
		const char *key = dn_key(tmp, record->dn);

		if (key != NULL && table_find(known, key) == NULL &&
			table_find(l->present, key) == NULL &&
			roster_find(l->now, record->name, record->kind) == NULL)
			l->is_gone[record->kind] = true;
	}
}

static void refuse(struct looking *l, const char *dn, enum kind kind)
{
	l->is_refused = true;
	(void)diag_fail(l->run->diags, EXIT_IO, (struct loc){.dn = dn},
		"this %s is in error, and its last good version is lost: nothing is published "
		"until it is mended",
		kind_name(kind));
}

static bool was_published(const struct looking *l, const struct quarantined *one)
{
	bool is_interface = one->kind == KIND_INTERFACE;

	return one->kind == KIND_GROUP || l->is_gone[one->kind] ||
	       table_find(l->before, one->key) != NULL ||
	       (is_interface &&
		       (l->is_gone[KIND_HOST] || l->is_gone[KIND_VCN] ||
			       table_find(l->before, dn_key_parent(one->key)) != NULL));
}

/* Those that only stand on another are named where that other is new. */
static void look_at_quarantined(struct looking *l, bool is_waiting)
{
	for (size_t i = 0; i < l->run->n_quarantined; i++) {
		const struct quarantined *one = l->run->quarantined[i];

		if (one->is_waiting == is_waiting && was_published(l, one))
			refuse(l, one->dn, one->kind);
	}
}

/* A value that was left out may be one that was there: else the record is as it was published. */
static void look_at_wrong(struct looking *l, const struct machine *machine)
{
	enum kind kind = (enum kind)machine->record.kind;
	const struct roster_record *now = roster_find(l->now, machine->fqdn, kind);
	const struct roster_record *was = table_find(l->before, machine->record.key);

	if (was == NULL)
		was = roster_find(l->run->roster_before, machine->fqdn, kind);
	if (now == NULL ||
		(was == NULL ? l->is_gone[kind] : was->identity != now->identity))
		refuse(l, machine->record.dn, kind);
}

/*
 * An interface that lost its class, and is a host now: the machine above, which was there, has
 * something less.
 */
static bool may_have_been_interface(
	const struct looking *l, const struct machine *machine)
{
	const char *parent = dn_key_parent(machine->record.key);
	const struct roster_record *was = table_find(l->before, parent);
	const struct roster_record *now = table_find(l->present, parent);

	return table_find(l->before, machine->record.key) == NULL && was != NULL &&
	       (now == NULL || roster_lost(was->addresses, now->addresses) > 0 ||
		       roster_lost(was->macs, now->macs) > 0);
}

static void look_at_machines(struct looking *l)
{
	struct site *site = l->run->site;

	for (size_t i = 0; i < site->n_machines; i++) {
		struct machine *machine = site->machines[i];

		if (quarantine_is_wrong(machine))
			look_at_wrong(l, machine);
		else if (quarantine_is_below_machine(site, machine) &&
			 may_have_been_interface(l, machine))
			refuse(l, machine->record.dn, (enum kind)machine->record.kind);
	}
}

int lost_good_permit(struct run *run, const struct roster *now)
{
	TMP_CTX(tmp);
	struct looking l = {.run = run,
		.now = now,
		.before = by_dn(tmp, run->roster_before),
		.present = by_dn(tmp, now)};

	find_gone(&l);
	look_at_quarantined(&l, false);
	look_at_machines(&l);
	if (!l.is_refused)
		look_at_quarantined(&l, true);
	if (!l.is_refused)
		return 0;
	diag_note(diag_last(run->diags), LOC_NONE,
		"mend the entry; or go back to another generation by 'ldapcc rollback N'; or "
		"publish without what is in error by 'ldapcc apply --bootstrap'");
	return -(int)EXIT_IO;
}
