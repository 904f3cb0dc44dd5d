/* SPDX-License-Identifier: Apache-2.0 */
#include "ldapcc/disarm.h"

#include <assert.h>
#include <string.h>
#include <time.h>

#include "base/table.h"
#include "base/text.h"
#include "change/site_roster.h"
#include "ldapcc/decode_crew.h"
#include "model/absent.h"
#include "model/decode.h"
#include "publish/rollback.h"
#include "read/dn.h"

/*
 * Where nobody knows what the current generation was made of, what was read stands for it: a file
 * that is printed of that, with the hosts armed, as it is published, is the one that is replaced.
 */
struct disarming {
	struct publication *p;
	struct entries *current; /* what the current generation was made of */
	bool is_lost; /* … is not known: what was read */
	struct table *off; /* canonical DN of each host to be turned off -> its record */
	size_t n_off;
	struct table *nodes; /* FQDN of each of them -> its record */
	struct table *armed; /* kin_of() each host that is armed, in what is current */
	/* files that may arm one of them, and cannot be replaced */
	struct string_list left;
	bool is_unsure; /* that some of them are printed at all */
};

/* Entries without what arms a host */

/* Hands an entry on, without the attributes of vocInstall where its host is turned off. */
struct stripping {
	const struct run *run;
	const struct table *off;
	entry_sink sink;
	void *data;
};

static bool feeds_install(const struct run *run, const char *attribute)
{
	return list_has_name(&run->map->attributes[FIELD_INSTALL], attribute) ||
	       (run->also_map != NULL &&
		       list_has_name(
			       &run->also_map->attributes[FIELD_INSTALL], attribute));
}

static void filter_entry(void *data, const struct entry *entry)
{
	TMP_CTX(tmp);
	const struct stripping *filter = data;
	const char *key = dn_key(tmp, entry->dn);
	struct entry without = *entry;

	if (key == NULL || table_find(filter->off, key) == NULL) {
		filter->sink(filter->data, entry);
		return;
	}
	without.attributes =
		mem_array(tmp, struct entry_attribute, entry->n_attributes + 1);
	without.n_attributes = 0;
	for (size_t i = 0; i < entry->n_attributes; i++)
		if (!feeds_install(filter->run, entry->attributes[i].name))
			without.attributes[without.n_attributes++] = entry->attributes[i];
	filter->sink(filter->data, &without);
}

/* A host may be several entries of one name (RFC 2307bis), any of which arms it */

/* Is the part of an RDN that @at begins with a name of a record? */
static bool is_name_part(const struct run *run, const char *at)
{
	TMP_CTX(tmp);
	const char *attribute = mem_strndup(tmp, at, strcspn(at, "="));

	return list_has_name(&run->map->attributes[FIELD_NAME], attribute) ||
	       (run->also_map != NULL &&
		       list_has_name(&run->also_map->attributes[FIELD_NAME], attribute));
}

/* Most have a name only, and all of the key in common. */
static bool has_more_than_name(const char *key)
{
	return memchr(key, '+', (size_t)(dn_key_parent(key) - key)) != NULL;
}

/* What the entries of one host have in common of @key: the name, and what is above it. */
static const char *kin_of(TALLOC_CTX *mem_ctx, const struct run *run, const char *key)
{
	const char *parent = dn_key_parent(key);

	if (!has_more_than_name(key))
		return key;
	for (const char *at = key; at < parent; at += strcspn(at, "+,") + 1)
		if (is_name_part(run, at))
			return mem_printf(
				mem_ctx, "%.*s,%s", (int)strcspn(at, "+,"), at, parent);
	return key;
}

/* What @kin has for the host that the entry of @key is one of; NULL: nothing. */
static const void *find_kin(
	const struct table *kin, const struct run *run, const char *key)
{
	if (!has_more_than_name(key))
		return table_find(kin, key);
	TMP_CTX(tmp);

	return table_find(kin, kin_of(tmp, run, key));
}

static void add_kin(struct table *kin, const struct run *run, const char *key)
{
	*table_slot(kin, kin_of(kin, run, key)) = kin;
}

/* The site of the current generation, with or without what is turned off */

/*
 * Who installs is what the current generation says, whatever was read says now: an end that had
 * passed when it was published had been passed then, too.
 */
static void arm(const struct disarming *d, struct site *site, bool is_armed)
{
	for (size_t i = 0; i < site->n_machines; i++) {
		struct machine *machine = site->machines[i];
		const char *key = machine->record.key;

		if (table_find(d->off, key) != NULL)
			machine->installs = is_armed;
		else if (find_kin(d->armed, d->p->run, key) == NULL)
			machine->installs = false;
	}
}

static int render_current(struct disarming *d, struct run *sub, struct entries *entries,
	bool is_armed, const struct serials *serials)
{
	size_t refused;

	sub->diags = diags_new(sub->mem_ctx);
	sub->excluded = absent_new_all(sub->mem_ctx);
	run_new_site(sub);
	/* as it was: what has run out since counts as running still */
	sub->site->now = 0;
	decode_all(&sub->reporter, entries);
	arm(d, sub->site, is_armed);
	sub->roster_before = d->p->run->roster_before;
	run_link(sub);
	model_derive(sub->site);
	return render_site(sub->mem_ctx, sub->renderer, &sub->reporter, serials,
		&sub->tree, &refused);
}

static const struct output *find_output(const struct tree *tree, const char *path)
{
	size_t low = 0, high = tree->n_outputs;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(path, tree->outputs[middle].path);

		if (order == 0)
			return &tree->outputs[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

/* A file that is published, and what turning off makes of it. */
struct turned {
	const struct output *published;
	/* today's templates, of what it was made of: with the hosts armed, and without; NULL: none */
	const struct output *armed, *off;
};

enum fate { FATE_STAYS, FATE_REPLACED, FATE_GOES, FATE_LEFT };

/* Is it the own file of a host that is turned off? */
static bool is_own(const struct disarming *d, const struct turned *file)
{
	const struct output *any = file->armed != NULL ? file->armed : file->off;

	return any->node != NULL && table_find(d->nodes, any->node) != NULL;
}

static bool is_same(const struct output *a, const struct output *b)
{
	return a != NULL && b != NULL && memcmp(a->bare, b->bare, SHA256_BYTES) == 0;
}

/* Of what was read instead of what is published: only what is printed as it stands is known. */
static enum fate fate_of_lost(const struct disarming *d, const struct turned *file)
{
	if (file->armed == NULL || file->off == NULL)
		return FATE_LEFT;
	if (is_same(file->armed, file->off))
		return is_own(d, file) && !is_same(file->off, file->published)
			       ? FATE_LEFT
			       : FATE_STAYS;
	return memcmp(file->armed->sha256, file->published->sha256, SHA256_BYTES) == 0
		       ? FATE_REPLACED
		       : FATE_LEFT;
}

/*
 * Where settings or templates are others by now, or one cannot be used, nobody knows what a file
 * says of a host; the own file of a host that is turned off is printed anew all the same.
 */
static enum fate fate_of(const struct disarming *d, const struct turned *file)
{
	if (d->is_lost)
		return fate_of_lost(d, file);
	if (file->off == NULL)
		return file->armed == NULL ? FATE_LEFT : FATE_GOES;
	if (file->armed == NULL || !is_same(file->armed, file->off) || is_own(d, file))
		return is_same(file->off, file->published) ? FATE_STAYS : FATE_REPLACED;
	if (file->off->node != NULL || is_same(file->armed, file->published))
		return FATE_STAYS;
	return FATE_LEFT;
}

static void note_left(struct disarming *d, const char *path)
{
	*mem_push(d->p->run->mem_ctx, &d->left.items, &d->left.n) = path;
}

/* Of what is published, only the files that turning off changes: templates may have, too. */
static void replace_changed(struct disarming *d, struct tree *published,
	const struct tree *armed, const struct tree *off)
{
	size_t n = published->n_outputs;

	/* what only who is off has is for a run that asks whether it may be written */
	for (size_t i = 0; !d->is_lost && i < off->n_outputs; i++)
		if (find_output(armed, off->outputs[i].path) == NULL &&
			find_output(published, off->outputs[i].path) == NULL)
			note_left(d, off->outputs[i].path);
	published->n_outputs = 0;
	for (size_t i = 0; i < n; i++) {
		struct output *output = &published->outputs[i];
		const struct turned file = {output, find_output(armed, output->path),
			find_output(off, output->path)};
		enum fate fate = fate_of(d, &file);

		if (fate == FATE_LEFT)
			note_left(d, output->path);
		if (fate != FATE_GOES)
			published->outputs[published->n_outputs++] =
				fate == FATE_REPLACED ? *file.off : *output;
	}
}

/* Of what was read: is every one of those hosts printed, as armed as it was published? */
static bool prints_all(const struct disarming *d, const struct site *armed)
{
	size_t n = 0;

	for (size_t i = 0; i < armed->n_machines; i++) {
		const struct machine *machine = armed->machines[i];

		n += machine->boots_installer && !machine->record.is_bad &&
		     table_find(d->off, machine->record.key) != NULL;
	}
	return n == d->n_off;
}

static bool is_off(const struct disarming *d, const struct roster_record *record)
{
	TMP_CTX(tmp);
	const char *key = dn_key(tmp, record->dn);

	return table_find(d->off, key == NULL ? record->dn : key) != NULL;
}

/*
 * A host as it is now; NULL: as it was. Where what was read stands for what is published, only that it
 * is off is true for sure, and that when all of its files say so.
 */
static const struct roster_record *changed_record(
	struct disarming *d, const struct roster *now, const struct roster_record *record)
{
	TALLOC_CTX *mem_ctx = d->p->run->mem_ctx;

	if (!record->is_armed || d->left.n > 0 || d->is_unsure)
		return NULL;
	if (!d->is_lost)
		return roster_find(now, record->name, record->kind);
	if (!is_off(d, record))
		return NULL;
	struct roster_record *changed = mem_new(mem_ctx, struct roster_record);

	*changed = *record;
	changed->is_armed = false;
	changed->line_len = 0; /* in the file it is armed */
	return changed;
}

/* The current roster, with the records of those hosts as they are now. */
static void change_roster(
	struct disarming *d, const struct site *site, struct roster *roster)
{
	TALLOC_CTX *mem_ctx = d->p->run->mem_ctx;
	const struct roster *before = d->p->run->roster_before;
	struct roster now;

	site_roster(mem_ctx, site, before, &now);
	roster->n = before->n;
	roster->base = before->base;
	roster->records = mem_array(mem_ctx, struct roster_record, before->n + 1);
	for (size_t i = 0; i < before->n; i++) {
		const struct roster_record *record = &before->records[i];
		const struct roster_record *changed = changed_record(d, &now, record);

		roster->records[i] =
			changed != NULL && !changed->is_armed ? *changed : *record;
	}
}

static void render_again(
	void *data, TALLOC_CTX *mem_ctx, struct output *output, uint64_t serial)
{
	struct run *sub = data;

	if (output->object != NULL)
		render_serial(mem_ctx, sub->renderer, sub->site, output, serial);
}

/* What is published, with what is turned off; @off is the run that prints it. */
static int plan_off(struct disarming *d, struct run *off)
{
	struct publication *p = d->p;
	struct run *run = p->run, armed = *run;
	struct serials serials = plan_serials(p->live);

	serials.keeps_all = true; /* what is exchanged for what is published is kept */
	struct entries_file file = {.good = entries_new(run->mem_ctx, run->stored.items)};
	struct stripping filter = {run, d->off, entries_add, file.good};
	const struct rollback_input from = {.number = p->state->current,
		.targets = run->targets,
		.n_targets = run->n_targets,
		.serials = &serials};
	struct plan_input input = {.targets = run->targets,
		.n_targets = run->n_targets,
		.roster = &p->roster,
		.reserial = {render_again, off}};

	const struct generation_source *source = publication_source(p);

	if (source != NULL)
		input.source = *source;
	for (size_t i = 0; i < entries_count(d->current); i++)
		entries_give(d->current, i, filter_entry, &filter);
	int failed = render_current(d, &armed, d->current, true, &serials);

	if (failed == 0)
		failed = render_current(d, off, file.good, false, &serials);
	if (failed == 0)
		failed = rollback_tree(run->mem_ctx, p->state, &from, run->diags, &input);
	/* of what was read only a part is published */
	if (failed == 0 && !d->is_lost)
		failed = publication_store(p, &file, &input.entries);
	if (failed < 0)
		return failed;
	assert(input.tree != NULL);
	replace_changed(d, input.tree, armed.tree, off->tree);
	d->is_unsure = d->is_lost && !prints_all(d, armed.site);
	change_roster(d, off->site, &p->roster);
	return plan_new(run->mem_ctx, p->live, &input, run->diags, &p->plan);
}

char *disarm_reason(TALLOC_CTX *mem_ctx, size_t n)
{
	return mem_printf(
		mem_ctx, "turn off the installation of %zu host%s", n, n == 1 ? "" : "s");
}

static int publish_off(struct disarming *d)
{
	TMP_CTX(tmp);
	struct publication *p = d->p;
	struct run off = *p->run;
	int failed = plan_off(d, &off);

	if (failed < 0 || !plan_has_changes(p->plan))
		return failed;
	failed = publication_publish(p, disarm_reason(tmp, d->n_off));
	if (failed < 0)
		return failed;
	publication_report(p);
	failed = publication_tell_services(p, p->state->current);
	p->has_changes = false;
	p->has_disarmed = true;
	return failed == -(int)EXIT_PENDING ? 0 : failed;
}

/* Who is turned off */

static void turn_off(struct disarming *d, const struct roster_record *record)
{
	TALLOC_CTX *mem_ctx = d->p->run->mem_ctx;
	const char *key = dn_key(mem_ctx, record->dn);
	void **slot = table_slot(d->off, key == NULL ? record->dn : key);

	d->n_off += *slot == NULL;
	*slot = d;
	*table_slot(d->nodes, record->name) = d;
}

/* The other entries of those hosts, of which the current generation was made, too. */
static void turn_off_parts(struct disarming *d, const struct table *off_kin)
{
	for (size_t i = 0; d->n_off > 0 && i < entries_count(d->current); i++) {
		const char *key = entries_key(d->current, i);

		if (find_kin(off_kin, d->p->run, key) != NULL)
			*table_slot(d->off, key) = d;
	}
}

/* Where armed hosts are in the entries that were read. */
struct search {
	TALLOC_CTX *mem_ctx;
	struct disarming *d;
	struct entries *said;
	struct moved *moved; /* NULL: nobody had to be looked for by the server's name */
	struct site *site; /* nor by that of the host */
};

static const char *find_moved(struct search *s, const char *key)
{
	if (s->moved == NULL)
		s->moved = entries_moved(s->mem_ctx, s->said, s->d->current);
	const char *dn = table_find(s->moved->now, key);

	return dn == NULL ? NULL : dn_key(s->mem_ctx, dn);
}

static const char *find_by_name(struct search *s, const char *fqdn)
{
	if (s->site == NULL) {
		struct run sub = *s->d->p->run;

		sub.mem_ctx = s->mem_ctx;
		sub.diags = diags_new(s->mem_ctx);
		run_new_site(&sub);
		decode_all(&sub.reporter, s->said);
		model_link(sub.site);
		s->site = sub.site;
	}
	const struct machine *machine = model_find_machine(s->site, fqdn);

	return machine == NULL || machine->is_vcn || machine->fqdn == NULL ||
			       strcmp(machine->fqdn, fqdn) != 0
		       ? NULL
		       : machine->record.key;
}

static const char *find_host(struct search *s, const struct roster_record *record)
{
	const char *key = dn_key(s->mem_ctx, record->dn);

	if (key == NULL || entries_has(s->said, key))
		return key;
	const char *now = find_moved(s, key);

	return now != NULL ? now : find_by_name(s, record->name);
}

/* In what is current it is where it was; @now: its key in what was read. */
static void note_armed(
	struct disarming *d, const struct roster_record *record, const char *now)
{
	const char *then = d->is_lost && now != NULL ? mem_strdup(d->armed, now)
						     : dn_key(d->armed, record->dn);

	if (then != NULL)
		add_kin(d->armed, d->p->run, then);
}

/* Canonical DN now -> its record, of the hosts that are armed; their kin. */
static struct table *armed_hosts(
	TALLOC_CTX *mem_ctx, struct disarming *d, struct entries *said, struct table *kin)
{
	const struct roster *roster = d->p->run->roster_before;
	struct table *armed = table_new(mem_ctx, 64);
	struct search search = {.mem_ctx = mem_ctx, .d = d, .said = said};

	for (size_t i = 0; i < roster->n; i++) {
		const struct roster_record *record = &roster->records[i];
		const char *key = record->is_armed ? find_host(&search, record) : NULL;

		if (record->is_armed)
			note_armed(d, record, key);
		if (key == NULL)
			continue;
		*table_slot(armed, key) = (void *)(uintptr_t)record;
		add_kin(kin, d->p->run, key);
	}
	return armed;
}

/* What the entries of armed hosts say of their installation, by kin_of(). */
struct said {
	struct table *on, *off;
};

static void note_said(struct said *said, const struct run *run, const struct site *site,
	const struct machine *host)
{
	int64_t until = host->install->until;
	bool asks = machine_asks_for_install(site, host);
	bool is_off = record_origin(&host->record, FIELD_INSTALL) != NULL && !asks;

	if (asks)
		add_kin(said->on, run, host->record.key);
	if (is_off || (until != 0 && until <= site->now))
		add_kin(said->off, run, host->record.key);
}

/* As the map reads those of @armed and their kin, @now. */
static struct said what_is_said(TALLOC_CTX *mem_ctx, const struct run *run,
	const struct table *armed, struct entries *entries, int64_t now)
{
	struct run sub = *run;
	struct said said = {table_new(mem_ctx, 64), table_new(mem_ctx, 64)};

	sub.mem_ctx = mem_ctx;
	sub.diags = diags_new(mem_ctx);
	run_new_site(&sub);
	sub.site->now = now;
	struct decoder *decoder = decoder_new(sub.site, &sub.reporter);

	for (size_t i = 0; i < entries_count(entries); i++)
		if (find_kin(armed, run, entries_key(entries, i)) != NULL)
			entries_give(entries, i, decode_entry, decoder);
	for (size_t i = 0; i < sub.site->n_machines; i++)
		note_said(&said, run, sub.site, sub.site->machines[i]);
	return said;
}

/* Does one of its entries ask for an installation, and none say that it is over? */
static bool is_still_on(const struct said *said, const struct run *run, const char *key)
{
	return find_kin(said->on, run, key) != NULL &&
	       find_kin(said->off, run, key) == NULL;
}

/* Armed hosts of which @entries say that they are off, or that their time has passed. */
static void find_off(struct disarming *d, struct entries *entries, int64_t now)
{
	TMP_CTX(tmp);
	const struct run *run = d->p->run;
	struct table *kin = table_new(tmp, 64), *off_kin = table_new(tmp, 64);
	struct table *armed = armed_hosts(tmp, d, entries, kin);
	const struct said said = what_is_said(tmp, run, kin, entries, now);

	for (size_t i = 0; i < entries_count(entries); i++) {
		const char *key = entries_key(entries, i);
		const struct roster_record *record = table_find(armed, key);
		const char *then = record == NULL ? NULL : dn_key(tmp, record->dn);

		if (record == NULL || is_still_on(&said, run, key))
			continue;
		turn_off(d, record);
		add_kin(off_kin, run, d->is_lost || then == NULL ? key : then);
	}
	turn_off_parts(d, off_kin);
}

/* Where nobody knows what is current, what was read stands for it. */
static int open_current(struct disarming *d, struct entries *said)
{
	struct publication *p = d->p;
	struct run *run = p->run;

	d->off = table_new(run->mem_ctx, 64);
	d->nodes = table_new(run->mem_ctx, 64);
	d->armed = table_new(run->mem_ctx, 64);
	d->is_lost = run->good_fault != NULL;
	d->current = said;
	return d->is_lost ? 0
			  : publication_entries(run->mem_ctx, p->state, p->state->current,
				    run->diags, &d->current);
}

/* They stay armed, unless this run publishes. */
static void leave(struct publication *p, const struct disarming *d)
{
	const struct roster *roster = p->run->roster_before;

	p->left = (struct string_list){0};
	p->left_files = d == NULL || d->is_lost ? (struct string_list){0} : d->left;
	for (size_t i = 0; i < roster->n; i++)
		if (roster->records[i].is_armed &&
			(d == NULL || is_off(d, &roster->records[i])))
			*mem_push(p->run->mem_ctx, &p->left.items, &p->left.n) =
				roster->records[i].dn;
}

static bool has_run_out(const struct publication *p)
{
	return p->last.due != 0 && p->last.due <= (int64_t)time(NULL);
}

static int disarm(struct publication *p, struct entries *said)
{
	struct disarming d = {.p = p};
	int failed = open_current(&d, said);

	if (failed < 0)
		return failed;
	if (d.current == NULL) {
		if (has_run_out(p))
			leave(p, NULL);
		return 0;
	}
	find_off(&d, said == NULL ? d.current : said, (int64_t)time(NULL));
	p->left = (struct string_list){0};
	failed = d.n_off == 0 ? 0 : publish_off(&d);
	if (d.left.n > 0 || d.is_unsure)
		leave(p, &d);
	return failed;
}

int disarm_overdue(struct publication *p)
{
	/* whatever is wrong with the state is the run's to say */
	if (p->state->current == 0 || p->run->arguments.bootstrap)
		return 0;
	int failed = publication_survey(p, false);

	return failed < 0 || !roster_has_armed(p->run->roster_before) ? failed
								      : disarm(p, NULL);
}

int disarm_foresee(
	struct publication *p, const struct roster_record ***ret, size_t *ret_n)
{
	struct run *run = p->run;
	struct disarming d = {.p = p};

	*ret = NULL;
	*ret_n = 0;
	if (p->state->current == 0 || run->roster_before == NULL ||
		!roster_has_armed(p->run->roster_before))
		return 0;
	int failed = open_current(&d, run->entries);

	if (failed < 0)
		return failed;
	find_off(&d, run->entries, (int64_t)time(NULL));
	for (size_t i = 0; i < p->roster.n; i++) {
		const struct roster_record *record = &p->roster.records[i];
		const char *key =
			record->is_armed ? dn_key(run->mem_ctx, record->dn) : NULL;

		if (key != NULL && table_find(d.off, key) != NULL)
			*mem_push(run->mem_ctx, ret, ret_n) = record;
	}
	return 0;
}

int disarm_turned_off(struct publication *p)
{
	uint64_t before = p->state->current;

	if (before == 0 || p->run->roster_before == NULL ||
		!roster_has_armed(p->run->roster_before))
		return 0;
	struct run run = *p->run;
	int failed = disarm(p, p->run->entries);

	/* the site that was read is still to be compared, with the new generation */
	p->run->site = run.site;
	p->plan = NULL;
	if (failed == 0 && p->state->current != before)
		failed = publication_survey(p, false);
	return failed;
}

/* The first few: all files of a target that has left the settings are among them. */
static void name_left_files(const struct publication *p)
{
	enum { NAMED_MAX = 5 };
	const struct string_list *files = &p->left_files;
	struct diags *diags = p->run->diags;

	for (size_t i = 0; i < files->n && i < NAMED_MAX; i++)
		diag_note(diag_last(diags),
			loc_file(state_path(diags, p->state, files->items[i])),
			"today's settings and templates do not tell what this file says of it");
	if (files->n > NAMED_MAX)
		diag_note(diag_last(diags), LOC_NONE, "and %zu more files",
			files->n - NAMED_MAX);
}

void disarm_tell_left(const struct publication *p)
{
	bool is_lost = p->left_files.n == 0;

	for (size_t i = 0; i < p->left.n; i++) {
		diag_add(p->run->diags, SEVERITY_ERROR,
			is_lost ? "lost-entries" : "still-armed",
			(struct loc){.dn = p->left.items[i]},
			"its installation is over, and could not be turned off alone, "
			"because %s: its next network boot may install it until an apply "
			"publishes",
			is_lost ? "the entries of the generation are lost"
				: "settings or templates have changed since");
		name_left_files(p);
	}
}
