/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <time.h>

#include "base/text.h"
#include "ldapcc/decode_crew.h"
#include "ldapcc/hidden_values.h"
#include "ldapcc/run.h"
#include "ldapcc/standby.h"
#include "model/absent.h"
#include "read/conflict.h"
#include "read/dn.h"
#include "read/draft.h"
#include "read/filter_match.h"
#include "read/join.h"
#include "read/ldif.h"
#include "read/ldif_change.h"
#include "read/recall.h"
#include "render/answers.h"

/*
 * From entries to records: what is excluded is passed over, what belongs together is joined,
 * the rest is decoded and kept.
 */

/* A subtree of `exclude`, or a filter. */
struct passed_over {
	const char *key; /* canonical DN; NULL: a filter */
	const struct filter *filter;
};

struct reading {
	struct run *run;
	struct decode_crew *crew;
	struct joiner *joiner; /* NULL: the map joins nothing */
	struct passed_over *passed_over;
	size_t n_passed_over;
	bool has_subtrees;
	bool knows_dns; /* what the server's schema calls a DN is one in filters */
	const char *source; /* the file of `also` at hand; NULL: the directory */
	struct draft *
		draft; /* holds all until changes are tried on it; NULL: there are none */
	const struct map *map; /* what is read, and how */
	size_t kept; /* index of the entry at hand */
	struct recall *recall; /* of what was stored; NULL: nobody looks */
	struct hidden_values *hidden; /* NULL: nobody can tell */
};

static const struct selection *selection_of(struct run *run)
{
	const struct select_settings *select = &run->settings->select;

	if (select->where.line == 0)
		return NULL;
	struct selection *selection = mem_new(run->mem_ctx, struct selection);

	*selection = (struct selection){select->networks, select->groups};
	return selection;
}

void run_new_site(struct run *run)
{
	run->site = site_new(run->mem_ctx, run->map, run->arguments.ldif);
	run->site->also_map = run->also_map;
	run->site->gone = run->gone;
	run->site->excluded = run->excluded;
	run->site->select = selection_of(run);
	run->site->now = (int64_t)time(NULL);
	run->site->prints_zones =
		run->renderer != NULL && renderer_prints_zones(run->renderer);
	run->site->boot_script = targets_boot_script(run->targets, run->n_targets);
	run->site->leaves_groups =
		run->only_publishes && !renderer_prints_groups(run->renderer);
	targets_find_unanswered(
		run->targets, run->n_targets, run->settings, run->site->unanswered);
	reporter_init(&run->reporter, run->site, run->diags);
	memcpy(run->reporter.severity, run->settings->severity,
		sizeof(run->reporter.severity));
	for (size_t i = 0; i < run->n_targets; i++)
		*mem_push(run->site, &run->reporter.targets, &run->reporter.n_targets) =
			run->targets[i].name;
}

/* A join_told: one more of those that are decoded. */
static void decode_more(void *data)
{
	const struct reading *reading = data;

	decode_crew_give(reading->crew, reading->run->entries);
}

static void take_entry(struct reading *reading, const struct entry *entry)
{
	entries_add(reading->run->entries, entry);
	decode_more(reading);
}

/* What the directory has, for the next increment */

/* An entry that counts; entry @i of @from is the same, by bytes that stay: a joiner alone asks for @entry. */
static void take_kept(struct reading *reading, const struct entry *entry,
	const struct entries *from, size_t i)
{
	struct run *run = reading->run;

	entries_share(run->raw, from, i);
	if (reading->joiner != NULL) {
		joiner_add(reading->joiner, entry);
		return;
	}
	entries_share(run->entries, from, i);
	decode_more(reading);
}

/* An entry_sink: one that is as it was. */
static void pass_kept(void *data, const struct entry *entry)
{
	struct reading *reading = data;

	take_kept(reading, entry, reading->run->before.raw, reading->kept);
}

/* Is everything read, for the next increment, too? */
static bool is_all(const struct run *run)
{
	return run->since->snapshot == NULL || run->report.why_all != NULL;
}

/* The index of what the last that came was; SIZE_MAX where it was not, or nobody looks. */
static size_t find_stored(struct reading *reading)
{
	struct run *run = reading->run;

	if (run->before.raw == NULL || !is_all(run))
		return SIZE_MAX;
	if (reading->recall == NULL)
		reading->recall = recall_new(run->mem_ctx, run->before.raw);
	size_t i =
		recall_find(reading->recall, run->fresh, entries_count(run->fresh) - 1);

	return i == entries_count(run->before.raw) ? SIZE_MAX : i;
}

/* Where all is read, most is as it was: its bytes are there, and stored. */
static bool take_recalled(struct reading *reading, const struct entry *entry)
{
	struct run *run = reading->run;
	size_t i = find_stored(reading), last = entries_count(run->fresh) - 1;

	if (i == SIZE_MAX)
		return false;
	if (entries_same_bytes(run->fresh, last, run->before.raw, i)) {
		entries_drop_last(run->fresh);
		take_kept(reading, entry, run->before.raw, i);
		return true;
	}
	if (reading->hidden == NULL || !hidden_values_has(reading->hidden, entry, i))
		return false;
	entries_drop_last(run->fresh);
	reading->kept = i;
	entries_give(run->before.raw, i, pass_kept, reading);
	return true;
}

static void take_raw(struct reading *reading, const struct entry *entry)
{
	struct entries *fresh = reading->run->fresh;

	entries_add(fresh, entry);
	if (!take_recalled(reading, entry))
		take_kept(reading, entry, fresh, entries_count(fresh) - 1);
}

/* What stands in a finding lasts as long as the site. */
static struct loc loc_of(const struct site *site, const struct entry *entry)
{
	return (struct loc){.source = site->source,
		.line = entry->line,
		.dn = arena_strdup(site->arena, entry->dn)};
}

/* Of what is no entry of ours the classes are kept, and no more. */
static bool has_class_of(const struct entry *entry, const struct map_class *class)
{
	const struct map_class alone = {.name = class->name};

	return class->name == NULL || class_matches(&alone, entry);
}

/* Is it something to this site: a record, or a part of one? */
static bool is_of_use(const struct map *map, const struct entry *entry)
{
	for (size_t i = 0; i < map->n_joins; i++)
		if (has_class_of(entry, &map->joins[i].from))
			return true;
	for (size_t kind = 0; kind < _KIND_MAX; kind++)
		for (size_t i = 0; i < map->classes[kind].n; i++)
			if (has_class_of(entry, &map->classes[kind].items[i]))
				return true;
	return false;
}

static struct finding *tell_conflict(struct run *run, struct loc where)
{
	return check_report_entry(&run->reporter, CHECK_LEFT_OUT,
		check_default(CHECK_LEFT_OUT), where,
		"lost when two servers made one entry at once: it is left out, and what stands "
		"below it, until somebody settles that");
}

/* Each once, however much stands below it and in whatever order they come. */
static void report_conflict(struct run *run, const struct entry *entry)
{
	const char *root;

	if (conflict_of(entry->dn, &root) != CONFLICT_LOST || !is_of_use(run->map, entry))
		return;
	const char *key = dn_key(run->conflicts, root);
	struct loc where = {
		.source = run->site->source, .dn = arena_strdup(run->site->arena, root)};

	if (key == NULL)
		return;
	struct finding **finding = (struct finding **)table_slot(run->conflicts, key);

	if (*finding == NULL)
		*finding = tell_conflict(run, where);
	if (root == entry->dn)
		(*finding)->where.line = entry->line;
}

static bool is_in_conflict(const struct entry *entry)
{
	const char *root;

	return conflict_of(entry->dn, &root) != CONFLICT_NONE;
}

/* What `exclude` passes over. */
static void note_excluded(struct run *run, const struct entry *entry)
{
	TMP_CTX(tmp);
	const char *key = entry_attribute(entry, "objectClass") == NULL ? NULL
			  : entry->key != NULL				? entry->key
					       : dn_key(tmp, entry->dn);

	if (key != NULL && run->excluded != NULL)
		absent_add(run->excluded, key);
}

/* An entry_sink: of those above ours, what is passed over has classes. */
static void note_above(void *data, const struct entry *entry)
{
	if (!is_in_conflict(entry))
		note_excluded(data, entry);
	else if (entry_attribute(entry, "objectClass") != NULL)
		report_conflict(data, entry);
}

/* Those to before @end that an increment did not mention. */
static void take_rest_of(struct reading *reading, size_t first, size_t end)
{
	struct run *run = reading->run;

	for (size_t i = first; i < end; i++) {
		reading->kept = i;
		if (!snapshot_has(run->since->snapshot, i))
			continue;
		if (reading->joiner == NULL)
			take_kept(reading, NULL, run->before.raw, i);
		else
			entries_give(run->before.raw, i, pass_kept, reading);
	}
}

/* Are all of them as they were, so that what was decoded of them ahead counts? */
static bool is_whole(const struct run *run, size_t first, size_t end)
{
	while (first < end && snapshot_has(run->since->snapshot, first))
		first++;
	return first == end;
}

static void adopt(struct reading *reading, size_t batch, size_t first, size_t end)
{
	struct run *run = reading->run;

	for (size_t i = first; i < end; i++) {
		entries_share(run->raw, run->before.raw, i);
		entries_share(run->entries, run->before.raw, i);
	}
	decode_crew_adopt(reading->crew, run->entries, run->decoded, batch);
}

/* An entry's record is made of that entry and the settings: where both are the same, so is it. */
static size_t take_decoded(struct reading *reading)
{
	struct run *run = reading->run;
	size_t first, end = 0;

	if (run->decoded == NULL || run->decoded_of != run->before.raw ||
		reading->joiner != NULL)
		return 0;
	for (size_t i = 0; decode_ahead_batch(run->decoded, i, &first, &end); i++)
		if (is_whole(run, first, end))
			adopt(reading, i, first, end);
		else
			take_rest_of(reading, first, end);
	return end;
}

/* What an increment did not mention. */
static void take_rest(struct reading *reading)
{
	struct run *run = reading->run;
	const struct snapshot *snapshot = run->since->snapshot;
	const struct entries_file *before = &run->before;

	take_rest_of(reading, take_decoded(reading), entries_count(before->raw));
	for (size_t i = 0; i < entries_count(before->above); i++)
		if (snapshot_has_above(snapshot, i)) {
			entries_share(run->above, before->above, i);
			entries_give(before->above, i, note_above, run);
		}
}

static void take_above(struct run *run)
{
	const struct entries *above = run->report.above;

	for (size_t i = 0; above != NULL && i < entries_count(above); i++)
		entries_share(run->above, above, i);
}

/* Joining */

/* A join_report. */
static void report_join(void *data, const struct entry *entry, const struct entry *takers,
	size_t n, size_t keeper, bool are_one_machine)
{
	struct reading *reading = data;
	struct run *run = reading->run;
	struct finding *finding = check_report_entry(&run->reporter, CHECK_AMBIGUOUS_JOIN,
		are_one_machine ? SEVERITY_WARNING : SEVERITY_ERROR,
		loc_of(run->site, entry), "belongs to several entries%s, so to %s%s",
		are_one_machine ? " of one machine" : "",
		keeper < n ? "the one that it was published with" : "none",
		are_one_machine ? ": name the address that is meant, or give it both in "
				  "one entry"
				: "");

	for (size_t i = 0; i < n; i++)
		diag_note(finding, loc_of(run->site, &takers[i]), "%sto this one%s",
			i == 0 ? "" : "and ", i == keeper ? ", which keeps it" : "");
}

/* A without_report: at the value that says so. */
static void report_without(
	void *data, const struct entry *entry, const struct without *without)
{
	TMP_CTX(tmp);
	struct run *run = ((struct reading *)data)->run;
	struct string_list names = {0};
	struct loc where = loc_of(run->site, entry);

	filter_attributes(tmp, without->of.filter, &names);
	const struct entry_attribute *attribute =
		names.n == 0 ? NULL : entry_attribute(entry, names.items[0]);

	if (attribute != NULL && attribute->n_values > 0) {
		where.attr = arena_strdup(run->site->arena, names.items[0]);
		where.line = attribute->values[0].line;
	}
	(void)check_report_entry(&run->reporter, CHECK_LEFT_OUT,
		check_default(CHECK_LEFT_OUT), where,
		"%s: it is left out, and what stands below it", without->why);
}

/* Made before the site, and filled while entries come. */
static void start_exclusions(const struct reading *reading)
{
	struct run *run = reading->run;

	run->excluded = reading->n_passed_over == 0 ? NULL : absent_new(run->mem_ctx);
	for (size_t i = 0; i < reading->n_passed_over; i++)
		if (reading->passed_over[i].key != NULL)
			absent_add(run->excluded, reading->passed_over[i].key);
}

static void start_site(struct reading *reading)
{
	struct run *run = reading->run;

	start_exclusions(reading);
	run_new_site(run);
	talloc_free(run->conflicts);
	run->conflicts = table_new(run->mem_ctx, 0);
	talloc_free(reading->recall);
	reading->recall = NULL;
	talloc_free(reading->hidden);
	reading->hidden =
		run->before_csn == NULL ? NULL : hidden_values_new(run->mem_ctx, run);
	reading->crew = decode_crew_new(run->mem_ctx, &run->reporter);
	run->entries = entries_new(run->mem_ctx, run->stored.items);
	if (run->since == NULL)
		entries_are_good(run->entries);
	run->raw = entries_new(run->mem_ctx, run->stored.items);
	run->fresh = entries_new(run->mem_ctx, run->stored.items);
	run->above = entries_new(run->mem_ctx, entries_ids);
	talloc_free(reading->joiner);
	reading->joiner =
		joiner_is_needed(run->map)
			? joiner_new(run->mem_ctx, run->map, run->entries, run->good,
				  decode_more, report_join, report_without, reading)
			: NULL;
}

/* Excluding */

static bool is_below(const char *key, const char *subtree)
{
	size_t len = strlen(key), end = strlen(subtree);

	return len >= end && strcmp(key + len - end, subtree) == 0 &&
	       (len == end || key[len - end - 1] == ',');
}

/* The schema is there before the first entry. */
static void learn_dns(struct reading *reading)
{
	struct run *run = reading->run;

	if (reading->knows_dns || run->report.dn_attributes.n == 0)
		return;
	reading->knows_dns = true;
	for (size_t i = 0; i < reading->n_passed_over; i++)
		reading->passed_over[i].filter = filter_with_dns(run->mem_ctx,
			reading->passed_over[i].filter, &run->report.dn_attributes);
}

static bool is_passed_over(struct reading *reading, const struct entry *entry)
{
	TMP_CTX(tmp);

	learn_dns(reading);
	const char *key = !reading->has_subtrees ? NULL
			  : entry->key != NULL	 ? entry->key
						 : dn_key(tmp, entry->dn);

	for (size_t i = 0; i < reading->n_passed_over; i++) {
		const struct passed_over *one = &reading->passed_over[i];

		if (one->filter != NULL ? filter_matches(one->filter, entry)
					: key != NULL && is_below(key, one->key))
			return true;
	}
	return false;
}

static int prepare_exclusions(struct reading *reading)
{
	struct run *run = reading->run;
	const struct directory_settings *directory = &run->settings->directory;

	for (size_t i = 0; i < directory->n_excluded; i++) {
		const struct exclusion *exclusion = &directory->excluded[i];
		struct passed_over *one = mem_push(
			run->mem_ctx, &reading->passed_over, &reading->n_passed_over);

		one->filter = filter_with_dns(
			run->mem_ctx, exclusion->filter, &run->map->dn_attributes);
		if (exclusion->dn == NULL)
			continue;
		one->key = dn_key(run->mem_ctx, exclusion->dn);
		if (one->key == NULL || *one->key == '\0')
			return diag_fail(run->diags, EXIT_USAGE, exclusion->where,
				"'%s' is neither a DN nor a filter", exclusion->dn);
		reading->has_subtrees = true;
	}
	return 0;
}

/* What is there, and counts for nothing. */
static bool is_no_entry(struct reading *reading, const struct entry *entry)
{
	struct run *run = reading->run;
	bool is_excluded = reading->n_passed_over > 0 && is_passed_over(reading, entry),
	     is_lost = is_in_conflict(entry);

	if (is_excluded)
		note_excluded(run, entry);
	else if (is_lost)
		report_conflict(run, entry);
	/* what moves with it may count; an increment gives each to one of the two above */
	if (run->since != NULL && reading->source == NULL && is_excluded != is_lost)
		entries_add(run->above, entry);
	return is_excluded || is_lost;
}

/* An entry_sink: every entry as it comes, or as changes have left it. */
static void pass_entry(void *data, const struct entry *entry)
{
	struct reading *reading = data;
	struct run *run = reading->run;

	if (is_no_entry(reading, entry))
		return;
	if (reading->source != NULL) {
		struct entry ours = *entry;

		ours.source = reading->source;
		take_entry(reading, &ours);
	} else if (run->since != NULL) {
		take_raw(reading, entry);
	} else if (reading->joiner != NULL) {
		joiner_add(reading->joiner, entry);
	} else {
		take_entry(reading, entry);
	}
}

/* An entry_sink: what is read, before changes are tried on it. */
static void hold_entry(void *data, const struct entry *entry)
{
	struct reading *reading = data;

	if (reading->draft == NULL)
		pass_entry(data, entry);
	else
		draft_add(reading->draft, entry);
}

/*
 * Changes may be of entries that nobody reads, such as those that ours stand below: then all
 * are read. The classes of the map stay in the filter, because the server must know them.
 */
static void prepare_draft(struct reading *reading)
{
	struct run *run = reading->run;

	reading->map = run->map;
	if (run->arguments.change == NULL)
		return;
	struct map *all = mem_new(run->mem_ctx, struct map);

	*all = *run->map;
	all->filter = mem_printf(all, "(|%s(objectClass=*))", run->map->filter);
	reading->map = all;
	reading->draft = draft_new(run->mem_ctx);
}

static int try_changes(struct reading *reading)
{
	struct run *run = reading->run;
	const struct change_target target = {.draft = reading->draft,
		.wanted = &run->map->wanted,
		.bases = run->arguments.ldif != NULL ? NULL
						     : &run->settings->directory.bases};

	if (reading->draft == NULL)
		return 0;
	int failed = ldif_change(run->arguments.change, &target, run->diags);

	run->diags->changes =
		strcmp(run->arguments.change, "-") == 0 ? "stdin" : run->arguments.change;
	run->gone = draft_gone(reading->draft);
	run->site->gone = run->gone;
	if (failed == 0)
		draft_give(reading->draft, pass_entry, reading);
	return failed;
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
	talloc_free(reading->crew);
	talloc_free(run->site);
	talloc_free(run->entries);
	talloc_free(run->raw);
	talloc_free(run->fresh);
	talloc_free(run->above);
	if (reading->draft != NULL) {
		talloc_free(reading->draft);
		reading->draft = draft_new(run->mem_ctx);
	}
	start_site(reading);
}

/* How it was read, for who asks why a run took so long. */
static void tell_way(struct run *run)
{
	const struct directory_report *report = &run->report;
	struct loc where = loc_file(report->uri);

	if (!run->arguments.verbose)
		return;
	if (report->is_increment)
		diag_add(run->diags, SEVERITY_NOTE, NULL, where,
			"%zu of %zu entries were read, as the others did not change",
			entries_count(run->fresh), report->n_entries);
	else if (report->why_all != NULL)
		diag_add(run->diags, SEVERITY_NOTE, NULL, where,
			"everything was read: %s", report->why_all);
}

static int read_server(struct reading *reading, const struct string_list *last_csn)
{
	struct run *run = reading->run;

	return directory_read(run->mem_ctx, &run->settings->directory, reading->map,
		last_csn, run->since, hold_entry, restart_site, reading, run->diags,
		&run->report);
}

/* What is known to have come meanwhile is in the second read, which has less to tell. */
static int read_settled(struct reading *reading, const struct string_list *last_csn)
{
	int failed = read_server(reading, last_csn);

	if (failed < 0 || reading->run->standby == NULL ||
		!standby_has_more(reading->run->standby, PATIENCE_NONE))
		return failed;
	restart_site(reading);
	return read_server(reading, last_csn);
}

static void forget_decoded(struct run *run)
{
	talloc_free(run->decoded);
	run->decoded = NULL;
}

static int read_directory(struct reading *reading, const struct string_list *last_csn)
{
	struct run *run = reading->run;

	if (run->settings->directory.bases.n == 0)
		return diag_fail(run->diags, EXIT_USAGE,
			loc_file(run->settings->path == NULL ? LDAPCC_SYSCONFDIR
					 "/ldapcc.yaml"
							     : run->settings->path),
			"no directory to read: set directory.base, or give --ldif FILE");
	int failed = read_settled(reading, last_csn);

	if (failed < 0) {
		forget_findings(run->diags);
		return failed;
	}
	if (run->report.is_increment)
		take_rest(reading);
	else
		forget_decoded(run);
	tell_way(run);
	take_above(run);
	return 0;
}

/* What the directory has no place for: after it, so that a second attempt repeats nothing. */
static int read_also(struct reading *reading)
{
	struct run *run = reading->run;
	const struct string_list *also = &run->settings->directory.also;
	int failed = 0;

	for (size_t i = 0; failed == 0 && i < also->n; i++) {
		size_t n;

		reading->source = also->items[i];
		failed = ldif_read(also->items[i], run->also_map, pass_entry, reading,
			run->diags, &n);
	}
	reading->source = NULL;
	return failed;
}

static int read_once(struct run *run, const struct string_list *last_csn)
{
	struct reading reading = {.run = run};
	size_t n;
	int failed = prepare_exclusions(&reading);

	if (failed < 0)
		return failed;
	prepare_draft(&reading);
	start_site(&reading);
	failed = run->arguments.ldif == NULL
			 ? read_directory(&reading, last_csn)
			 : ldif_read(run->arguments.ldif, run->map, hold_entry, &reading,
				   run->diags, &n);
	if (failed == 0)
		failed = try_changes(&reading);
	if (failed == 0 && reading.joiner != NULL)
		joiner_finish(reading.joiner);
	if (failed == 0)
		failed = read_also(&reading);
	talloc_free(reading.joiner);
	if (failed == 0 && reading.hidden != NULL)
		hidden_values_report(reading.hidden, run);
	talloc_free(reading.recall);
	talloc_free(reading.hidden);
	if (failed == 0) {
		decode_crew_finish(reading.crew, run->entries);
		run->decoded = NULL; /* the site has it, or nobody needs it */
	} else {
		talloc_free(reading.crew);
	}
	return failed;
}

/* The proof */

/*
 * What increments give, beside which everything is read: NULL where they give nothing. A copy of
 * the run does it, so that nothing of it counts.
 */
static struct run *read_increment(TALLOC_CTX *mem_ctx, const struct run *run,
	const struct directory_since *since, const struct string_list *last_csn)
{
	struct run *sub = mem_new(mem_ctx, struct run);

	*sub = *run;
	sub->mem_ctx = sub;
	sub->diags = diags_new(sub);
	sub->since = since;
	return read_once(sub, last_csn) == 0 && sub->report.is_increment ? sub : NULL;
}

/* How many entries differ, of the same state; 0 also where nobody can tell. */
static size_t compare_reads(
	const struct run *run, const struct run *sub, const char **ret_dn)
{
	if (sub == NULL || csn_compare(&sub->report.csn, &run->report.csn) != CSN_EQUAL)
		return 0;
	return entries_differ(run->raw, sub->raw, ret_dn);
}

static void tell_difference(struct run *run, size_t n, const char *dn)
{
	diag_add(run->diags, SEVERITY_WARNING, NULL,
		(struct loc){.dn = mem_strdup(run->mem_ctx, dn)},
		"%zu %s differ between all that the directory has and what it told of "
		"changes (RFC 4533): who may read what was changed, or the server does not "
		"tell everything; what it has counts",
		n, text_plural(n, "entry", "entries"));
}

static int read_and_prove(struct run *run, const struct string_list *last_csn)
{
	TMP_CTX(tmp);
	const char *dn = NULL;
	const struct directory_since *since = run->since;
	const struct directory_since all = {.snapshot = NULL};
	const struct run *sub = read_increment(tmp, run, since, last_csn);

	run->since = &all;
	int failed = read_once(run, last_csn);

	run->since = since;
	/* an entry that was deleted meanwhile may be in one of them and not in the other */
	if (failed == 0 && compare_reads(run, sub, &dn) > 0) {
		sub = read_increment(tmp, run, since, last_csn);
		size_t n = compare_reads(run, sub, &dn);

		if (n > 0)
			tell_difference(run, n, dn);
	}
	return failed;
}

int run_read(struct run *run, const struct string_list *last_csn)
{
	if (run->proves_increments)
		forget_decoded(run); /* what is read of both ways is decoded of both */
	return run->proves_increments ? read_and_prove(run, last_csn)
				      : read_once(run, last_csn);
}
