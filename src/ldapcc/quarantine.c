/* SPDX-License-Identifier: Apache-2.0 */
#include "ldapcc/quarantine.h"

#include <string.h>

#include "base/table.h"
#include "ldapcc/decode_crew.h"
#include "ldapcc/site_again.h"
#include "model/each.h"
#include "model/lint.h"
#include "read/dn.h"

/* As many in error, one after the other, are more than a limit would let pass. */
enum { ROUNDS_MAX = 100 };

/* Who is in error */

enum good_parts { PARTS_UNKNOWN, PARTS_NONE, PARTS_SOME };

struct round {
	struct run *run;
	unsigned number;
	bool is_last_resort; /* what is bad as a last good version, too, is left out */
	struct table *members; /* canonical DN of an entry -> its struct quarantined */
	struct table *held; /* the same by the DN of the last good version */
	struct moved **moved; /* since the current generation; NULL: not asked for yet */
	struct table *reported; /* canonical DNs; NULL: not looked up yet */
	struct site **good; /* of the current generation; NULL: not asked for yet */
	enum good_parts *good_parts; /* machines in several entries, in that one */
	/* most often there is none to look for: bad or wrong ones, and hosts below machines */
	bool has_bad_machines, has_below;
	bool has_new;
};

/* An interface entry counts with its machine. */
static void note_reported(struct round *round, const struct loc *where)
{
	const char *key = where->dn == NULL ? NULL : dn_key(round->reported, where->dn);

	if (key == NULL)
		return;
	*table_slot(round->reported, key) = round;
	*table_slot(round->reported, dn_key_parent(key)) = round;
}

static void find_reported(struct round *round)
{
	const struct diags *diags = round->run->diags;

	if (round->reported != NULL)
		return;
	round->reported = table_new(round->members, diags->n_findings);
	for (size_t i = 0; i < diags->n_findings; i++) {
		const struct finding *finding = diags->findings[i];

		if (finding->severity != SEVERITY_ERROR)
			continue;
		note_reported(round, &finding->where);
		for (size_t j = 0; j < finding->n_notes; j++)
			note_reported(round, &finding->notes[j].where);
	}
}

/* Has a fault of its own been found, or a conflict? Else it only stands on what has one. */
static bool is_reported(struct round *round, const struct quarantined *one)
{
	bool is_found = false;

	find_reported(round);
	for (size_t i = 0; i < one->n_part_keys; i++)
		is_found |= table_find(round->reported, one->part_keys[i]) != NULL;
	return is_found;
}

static const struct moved *moved(struct round *round)
{
	struct run *run = round->run;

	if (*round->moved == NULL)
		*round->moved = entries_moved(run->mem_ctx, run->entries, run->good);
	return *round->moved;
}

/* Where the last good version of the entry of @key is; NULL: it has none. */
static const char *good_key(struct round *round, const char *key)
{
	struct run *run = round->run;

	if (run->good == NULL || entries_has(run->good, key))
		return run->good == NULL ? NULL : key;
	return table_find(moved(round)->then, key);
}

/* By its DN now, or that of its last good version. */
static struct quarantined *find_member(const struct round *round, const char *key)
{
	struct quarantined *one = table_find(round->members, key);

	return one != NULL ? one : table_find(round->held, key);
}

static void add_member(struct round *round, struct quarantined *one)
{
	for (size_t i = 0; i < one->n_part_keys; i++)
		*table_slot(round->members, one->part_keys[i]) = one;
	if (one->good_key != NULL)
		*table_slot(round->held, one->good_key) = one;
	for (size_t i = 0; i < one->n_good_part_keys; i++)
		*table_slot(round->held, one->good_part_keys[i]) = one;
}

static const struct machine *as_machine(const struct record *record)
{
	return record != NULL && kind_is_node(record->kind)
		       ? (const struct machine *)record
		       : NULL;
}

/* The site that the current generation was made of. */
static const struct site *good_site(struct round *round)
{
	struct run sub = *round->run;

	if (*round->good != NULL)
		return *round->good;
	sub.diags = diags_new(sub.mem_ctx);

	run_new_site(&sub);
	decode_all(&sub.reporter, sub.good);
	model_link(sub.site);
	*round->good = sub.site;
	return sub.site;
}

/* Machines in several entries: all of them are in quarantine, or none */

/* An entry of a machine that may have others: its RDN has more than a name. */
static bool is_part_key(const char *key)
{
	return memchr(key, '+', (size_t)(dn_key_parent(key) - key)) != NULL;
}

/* Does the current generation know of such machines? Else nobody makes its site to look. */
static bool has_good_parts(struct round *round)
{
	struct run *run = round->run;

	if (*round->good_parts == PARTS_UNKNOWN && run->good != NULL) {
		*round->good_parts = PARTS_NONE;
		for (size_t i = 0; i < entries_count(run->good); i++)
			if (is_part_key(entries_key(run->good, i)))
				*round->good_parts = PARTS_SOME;
	}
	return *round->good_parts == PARTS_SOME;
}

/* The last good version of the machine that the entry of @key is one of; NULL: it has none. */
static const struct machine *good_machine(struct round *round, const char *key)
{
	const char *then = good_key(round, key);

	return then == NULL ? NULL : as_machine(model_find(good_site(round), then));
}

/* The last good version @good of a part of @one: all of its entries, then and now. */
static void add_good_parts(
	struct round *round, struct quarantined *one, const struct machine *good)
{
	struct run *run = round->run;

	if (one->good_key == NULL)
		one->good_key = good->record.key;
	for (const struct machine *part = good; part != NULL;
		part = part->rare->next_part) {
		const char *dn = table_find(moved(round)->now, part->record.key);

		*mem_push(run->mem_ctx, &one->good_part_keys, &one->n_good_part_keys) =
			part->record.key;
		*mem_push(run->mem_ctx, &one->part_keys, &one->n_part_keys) =
			dn == NULL ? part->record.key : dn_key(run->mem_ctx, dn);
	}
}

/* Whatever is wrong with one of a machine's entries, all of them stay as they were. */
static void add_parts(struct round *round, struct quarantined *one)
{
	struct run *run = round->run;
	const struct machine *now = as_machine(model_find(run->site, one->key)),
			     *good = NULL;

	*mem_push(run->mem_ctx, &one->part_keys, &one->n_part_keys) = one->key;
	for (; now != NULL; now = now->rare->next_part)
		*mem_push(run->mem_ctx, &one->part_keys, &one->n_part_keys) =
			now->record.key;
	size_t n_now = has_good_parts(round) ? one->n_part_keys : 0;

	for (size_t i = 0; i < n_now; i++) {
		const struct machine *then = good_machine(round, one->part_keys[i]);

		if (then != NULL && then != good)
			add_good_parts(round, one, then);
		good = then;
	}
}

static void keep_others(struct round *round, const struct quarantined *one);

/* @record, by the names that it has now. */
static struct quarantined *put_in(
	struct round *round, const struct record *record, const char *dn, const char *key)
{
	struct run *run = round->run;
	struct quarantined *one = mem_new(run->mem_ctx, struct quarantined);

	one->dn = dn;
	one->key = key;
	one->kind = record->kind;
	one->round = round->number;
	one->good_key = good_key(round, key);
	add_parts(round, one);
	one->is_kept = one->good_key != NULL;
	one->is_out = !one->is_kept;
	*mem_push(run->mem_ctx, &run->quarantined, &run->n_quarantined) = one;
	add_member(round, one);
	round->has_new = true;
	if (run->good != NULL)
		keep_others(round, one);
	return one;
}

/* What a last good version stands on */

static bool is_entry_as_it_was(struct round *round, const char *then)
{
	TMP_CTX(tmp);
	struct run *run = round->run;
	const char *dn = table_find(moved(round)->now, then);

	return entries_same(
		run->entries, dn == NULL ? then : dn_key(tmp, dn), run->good, then);
}

/* Of a machine, with all of its entries. */
static bool is_as_it_was(struct round *round, const struct record *record)
{
	const struct machine *part = as_machine(record);
	bool is_same = is_entry_as_it_was(round, record->key);

	for (; is_same && part != NULL; part = part->rare->next_part)
		is_same = is_entry_as_it_was(round, part->record.key);
	return is_same;
}

/* It stays as it was then, too, if it is not what it was. */
static void hold(struct round *round, const struct record *record)
{
	struct run *run = round->run;

	if (record == NULL || find_member(round, record->key) != NULL)
		return;
	const char *dn = table_find(moved(round)->now, record->key);
	const char *key = dn == NULL ? record->key : dn_key(run->mem_ctx, dn);

	if (!is_as_it_was(round, record))
		put_in(round, record, dn == NULL ? record->dn : dn, key)->is_waiting =
			true;
}

/*
 * By its DN an entry stands for what was there. Where names were handed on, and one of these entries
 * is in error, that is another machine: whoever has its DN now waits as it was, and what it was
 * itself stays, too, so that nobody takes a machine away by a new name.
 */
static void keep_others(struct round *round, const struct quarantined *one)
{
	struct run *run = round->run;
	const struct moved *places = moved(round);
	const char *key = table_find(one->is_out ? places->taken : places->was, one->key);
	struct record *record = key == NULL ? NULL : model_find(run->site, key);

	if (key == NULL || find_member(round, key) != NULL)
		return;
	if (record == NULL) {
		hold(round, model_find(good_site(round), key));
		return;
	}
	diag_note(
		check_report(&run->reporter, CHECK_DUP_NAME, record, FIELD_NAME,
			"stands where another entry stood, which is in error now: it stays as "
			"that was until that is mended"),
		(struct loc){.dn = one->dn}, "the other entry");
	put_in(round, record, record->dn, key);
}

static void hold_all(struct round *round, const struct machine *machine)
{
	const struct record *const references[] = {
		machine->host == NULL ? NULL : &machine->host->record,
		machine->image == NULL ? NULL : &machine->image->record,
		machine->profile == NULL ? NULL : &machine->profile->record,
	};

	for (size_t i = 0; i < ARRAY_SIZE(references); i++)
		hold(round, references[i]);
	for (uint32_t i = 0; i < machine->n_interfaces; i++) {
		const struct interface *interface = machine->interfaces[i];

		for (uint32_t j = 0; j < interface->n_addresses; j++)
			if (interface->addresses[j].network != NULL)
				hold(round, &interface->addresses[j].network->record);
	}
}

/*
 * A last good version that is in error was not when it was published: something that it stands
 * on has changed or gone since. That waits, so that no node goes and no guest stops by it.
 */
static void hold_what_it_stands_on(struct round *round, const char *key)
{
	const struct record *record = model_find(good_site(round), key);

	if (record == NULL)
		return;
	if (kind_is_node(record->kind))
		hold_all(round, (const struct machine *)record);
	if (record->kind == KIND_PROFILE) {
		const struct profile *profile = (const struct profile *)record;

		for (uint32_t i = 0; i < profile->n_repositories; i++)
			hold(round, &profile->repositories[i]->record);
	}
}

static void leave_out(struct round *round, struct quarantined *one)
{
	one->is_kept = false;
	one->is_out = true;
	round->has_new = true;
}

/*
 * @record goes into quarantine, or further: from its last good version to nothing, and that when
 * there is nothing more to put back for any of them.
 */
static void commit(struct round *round, const struct record *record)
{
	struct quarantined *one = find_member(round, record->key);

	if (one == NULL) {
		one = put_in(round, record, record->dn, record->key);
		one->is_waiting = round->number > 0 && !is_reported(round, one);
		return;
	}
	if (one->is_out || one->round == round->number)
		return;
	if (round->is_last_resort)
		leave_out(round, one);
	else
		hold_what_it_stands_on(round, one->good_key);
}

/* An interface entry counts with its machine. */
static bool is_machine_bad(const struct machine *machine)
{
	bool is_bad = machine->record.is_bad || machine->fqdn == NULL;

	for (uint32_t i = 0; i < machine->n_interfaces; i++)
		is_bad |= machine->interfaces[i]->record.is_bad ||
			  machine->interfaces[i]->fqdn == NULL;
	return is_bad;
}

bool quarantine_is_wrong(const struct machine *machine)
{
	bool is_wrong = machine->record.is_wrong || machine->fqdn == NULL;

	for (uint32_t i = 0; i < machine->n_interfaces; i++)
		is_wrong |= machine->interfaces[i]->record.is_wrong ||
			    machine->interfaces[i]->fqdn == NULL;
	return is_wrong;
}

static bool is_machine_in_error(struct site *part _unused_, struct machine *machine)
{
	return is_machine_bad(machine) || quarantine_is_wrong(machine);
}

/* Of a machine, with its interfaces. */
static bool is_wrong(const struct record *record)
{
	const struct machine *machine = as_machine(record);

	return machine == NULL ? record->is_wrong : quarantine_is_wrong(machine);
}

/* Was @record published without what is wrong with it? Then it stays as it was. */
static bool was_right(struct round *round, const struct record *record)
{
	const char *key = good_key(round, record->key);
	const struct record *good =
		key == NULL ? NULL : model_find(good_site(round), key);

	return good != NULL && !is_wrong(good) &&
	       (as_machine(good) == NULL) == (as_machine(record) == NULL);
}

/* A fault of a value that costs no more than that where it always was: an alias, a key. */
static bool costs_value_only(struct round *round, const struct record *record)
{
	return find_member(round, record->key) != NULL || !was_right(round, record);
}

static void commit_table(struct round *round, void *table, size_t n)
{
	struct record **records = table;

	for (size_t i = 0; i < n; i++)
		if (records[i]->is_bad ||
			(records[i]->is_wrong && !costs_value_only(round, records[i])))
			commit(round, records[i]);
}

static void commit_clusters(struct round *round)
{
	struct site *site = round->run->site;

	commit_table(round, site->clusters, site->n_clusters);
}

static void commit_shared(struct round *round)
{
	struct site *site = round->run->site;

	commit_table(round, site->networks, site->n_networks);
	commit_table(round, site->images, site->n_images);
	commit_table(round, site->repositories, site->n_repositories);
	commit_table(round, site->profiles, site->n_profiles);
	commit_table(round, site->groups, site->n_groups);
	commit_table(round, site->passed_over, site->n_passed_over);
}

/*
 * What @record, which shows nothing, was in the last generation: a record of its own, or an interface
 * of the machine above it, which stays as it was then. NULL: nothing.
 */
static const struct record *veiled_part_of(struct round *round, struct record *record)
{
	const char *key = good_key(round, record->key);
	const struct record *good =
		key == NULL ? NULL : model_find(good_site(round), key);
	const char *above = key == NULL ? NULL : dn_key_parent(key);

	if (good != NULL) {
		record->kind = good->kind;
		return record;
	}
	if (above == NULL || as_machine(model_find(good_site(round), above)) == NULL)
		return NULL;
	record->kind = KIND_INTERFACE;
	return model_find(round->run->site, dn_key_parent(record->key));
}

/* Entries that show nothing now, and are nothing of their own in the last generation. */
struct givers {
	struct round *round;
	struct table *veiled; /* canonical DN then -> its record */
	const char *taker; /* canonical DN then, of the entry that is looked at */
};

static void commit_taker(const struct givers *g, const struct record *giver)
{
	struct run *run = g->round->run;
	const char *now = table_find(moved(g->round)->now, g->taker);
	const char *key = now == NULL ? g->taker : dn_key(run->mem_ctx, now);
	struct record *taker = model_find(run->site, key);

	if (taker != NULL && taker->kind == KIND_INTERFACE)
		taker = model_find(run->site, dn_key_parent(key));
	if (taker == NULL || find_member(g->round, taker->key) != NULL)
		return;
	check_report_where(&run->reporter, CHECK_MISSING_ATTRIBUTE, taker,
		record_loc(run->site, giver, FIELD_NONE),
		"was published as a part of '%s', and shows no class and nothing else now: "
		"may whoever reads see it?",
		taker->name);
	commit(g->round, taker);
}

/* An entry_sink: of the last generation. */
static void look_for_giver(void *data, const struct entry *entry)
{
	TMP_CTX(tmp);
	const struct givers *g = data;

	for (size_t i = 0; i < entry->n_attributes; i++) {
		const struct entry_attribute *attribute = &entry->attributes[i];
		const char *key = attribute->key != NULL || attribute->dn == NULL
					  ? attribute->key
					  : dn_key(tmp, attribute->dn);
		const struct record *giver =
			key == NULL ? NULL : table_find(g->veiled, key);

		if (giver != NULL)
			commit_taker(g, giver);
	}
}

/* Whom they gave something to by a join stays as it was, with it. */
static void commit_takers(struct givers *g)
{
	struct entries *good = g->round->run->good;

	for (size_t i = 0; i < entries_count(good); i++) {
		g->taker = entries_key(good, i);
		entries_give(good, i, look_for_giver, g);
	}
}

/*
 * An entry that was published and shows nothing now is there all the same: nobody takes a machine
 * away by a right to read it.
 */
static void commit_veiled(struct round *round)
{
	TMP_CTX(tmp);
	struct site *site = round->run->site;
	struct givers givers = {.round = round, .veiled = table_new(tmp, 0)};
	bool may_give = false;

	for (size_t i = 0; round->run->good != NULL && i < site->n_veiled; i++) {
		struct record *record = site->veiled[i];
		const struct record *whole = veiled_part_of(round, record);

		if (whole == NULL) {
			*table_slot(givers.veiled, record->key) = record;
			may_give = site->map->n_joins > 0;
			continue;
		}
		if (find_member(round, whole->key) != NULL)
			continue;
		check_report(&round->run->reporter, CHECK_MISSING_ATTRIBUTE, record,
			FIELD_NONE,
			"was published, and shows no class and nothing else now: may "
			"whoever reads see it?");
		commit(round, whole);
	}
	if (may_give)
		commit_takers(&givers);
}

static void commit_profiles(struct round *round)
{
	commit_table(round, round->run->site->profiles, round->run->site->n_profiles);
}

/*
 * Whoever is below an entry that is no machine any more, by a class that it lost or a right to
 * read it: nobody takes a machine away and leaves its interfaces.
 */
static bool hold_machine_above(struct round *round, const struct interface *interface)
{
	size_t before = round->run->n_quarantined;
	const char *key = good_key(round, interface->record.key);
	const char *parent = key == NULL ? NULL : dn_key_parent(key);

	if (parent != NULL)
		hold(round, model_find(good_site(round), parent));
	return round->run->n_quarantined > before;
}

bool quarantine_is_below_machine(struct site *site, struct machine *machine)
{
	return machine->record.kind == KIND_HOST && !machine->has_vm_host_class &&
	       as_machine(model_find(site, dn_key_parent(machine->record.key))) != NULL;
}

/*
 * An interface that lost its class and has others (ipHost) would be a host below its own machine,
 * which would have one address less, and perhaps another name.
 */
static bool was_interface(struct round *round, struct machine *machine)
{
	if (!quarantine_is_below_machine(round->run->site, machine))
		return false;
	const char *key = good_key(round, machine->record.key);
	const struct machine *above =
		key == NULL
			? NULL
			: as_machine(model_find(good_site(round), dn_key_parent(key)));

	for (uint32_t i = 0; above != NULL && i < above->n_interfaces; i++)
		if (above->interfaces[i] != above->own &&
			strcmp(above->interfaces[i]->record.key, key) == 0)
			return true;
	return false;
}

static void commit_former_interfaces(struct round *round)
{
	struct site *site = round->run->site;

	for (size_t i = 0; round->has_below && i < site->n_machines; i++) {
		struct machine *machine = site->machines[i];

		if (!was_interface(round, machine) ||
			find_member(round, machine->record.key) != NULL)
			continue;
		check_report(&round->run->reporter, CHECK_BAD_VALUE, &machine->record,
			FIELD_NAME,
			"'%s' was an interface of the entry above it, and has no class of one",
			machine->record.name);
		if (machine->record.is_bad)
			commit(round, &machine->record);
	}
}

static void commit_wrong(struct round *round)
{
	struct site *site = round->run->site;

	for (size_t i = 0; round->has_bad_machines && i < site->n_machines; i++)
		if (quarantine_is_wrong(site->machines[i]) &&
			(is_machine_bad(site->machines[i]) ||
				!costs_value_only(round, &site->machines[i]->record)))
			commit(round, &site->machines[i]->record);
	for (size_t i = 0; i < site->n_interfaces; i++)
		if (site->interfaces[i]->machine == NULL &&
			!hold_machine_above(round, site->interfaces[i]))
			commit(round, &site->interfaces[i]->record);
}

static void commit_conflicts(struct round *round)
{
	struct site *site = round->run->site;

	for (size_t i = 0; round->has_bad_machines && i < site->n_machines; i++)
		if (is_machine_bad(site->machines[i]))
			commit(round, &site->machines[i]->record);
}

/*
 * A fault costs its own record: what stands on it, or is in conflict with it, is looked at
 * again when it is as it was.
 */
static void commit_all(struct round *round)
{
	static void (*const stages[])(struct round *) = {commit_veiled, commit_clusters,
		commit_shared, commit_profiles, commit_former_interfaces, commit_wrong,
		commit_conflicts};
	struct site *site = round->run->site;

	round->has_bad_machines = machines_each(site, site->machines, site->n_machines,
					  is_machine_in_error, NULL) > 0;
	round->has_below = round->run->good != NULL &&
			   machines_each(site, site->machines, site->n_machines,
				   quarantine_is_below_machine, NULL) > 0;
	for (size_t i = 0; i < ARRAY_SIZE(stages) && !round->has_new; i++) {
		round->is_last_resort = false;
		stages[i](round);
		if (round->has_new)
			return;
		round->is_last_resort = true;
		stages[i](round);
	}
}

static void make_again(struct round *round)
{
	struct run *run = round->run;

	site_again(run, round->members, round->held,
		run->good == NULL ? NULL : moved(round));
}

void quarantine_settle(struct run *run)
{
	struct site *good = NULL;
	struct moved *moved = NULL;
	enum good_parts good_parts = PARTS_UNKNOWN;

	run->is_settled = false;
	for (unsigned i = 0; i < ROUNDS_MAX && !run->is_settled; i++) {
		TMP_CTX(tmp);
		struct round round = {.run = run,
			.number = run->n_rounds++,
			.members = table_new(tmp, 0),
			.held = table_new(tmp, 0),
			.moved = &moved,
			.good = &good,
			.good_parts = &good_parts};

		for (size_t j = 0; j < run->n_quarantined; j++)
			add_member(&round, run->quarantined[j]);
		commit_all(&round);
		run->is_settled = !round.has_new;
		if (round.has_new)
			make_again(&round);
	}
	model_derive(run->site);
}

int quarantine_permit_first(const struct run *run)
{
	int result = 0;

	for (size_t i = 0; i < run->n_quarantined; i++) {
		const struct quarantined *one = run->quarantined[i];

		if (!one->is_out || one->is_waiting ||
			(one->kind != KIND_CLUSTER && one->kind != KIND_NETWORK))
			continue;
		result = diag_fail(run->diags, EXIT_DATA, (struct loc){.dn = one->dn},
			"this %s is in error and has no last good version: nothing is "
			"published until it is mended",
			kind_name(one->kind));
	}
	return result;
}
