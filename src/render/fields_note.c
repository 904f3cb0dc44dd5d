/* SPDX-License-Identifier: Apache-2.0 */
#include "model/site_note.h"

#include <time.h>

#include "render/fields_row.h"

/* What pages about a site tell besides its records: sums, findings, quarantine, changes. */

ELEMENTS(site_note)

/* "2026-11-26 08:15" */
GETTER(note_time, site_note)
{
	time_t when = (time_t)o->time;
	struct tm tm;

	ret->kind = VALUE_NONE;
	if (o->time != 0 && gmtime_r(&when, &tm) != NULL &&
		strftime(ret->scratch, sizeof(ret->scratch), "%Y-%m-%d %H:%M", &tm) > 0)
		row_give_text(ret, ret->scratch);
}

static const struct field note_fields[] = {
	TEXT("dn", site_note, dn),
	TEXT("attribute", site_note, attribute),
	TEXT("text", site_note, text),
	TEXT("id", site_note, id),
	TRUTH("is_error", site_note, is_error),
	COMPUTED("time", VALUE_TEXT, note_time),
	{0},
};
const struct shape note_shape = {"note", note_fields, NULL, NULL};

static const struct site_notes *notes_of(const struct globals *o)
{
	static const struct site_notes none;

	return o->site->notes == NULL ? &none : o->site->notes;
}

void fields_findings(
	const struct field *field _unused_, const void *object, struct value *ret)
{
	row_give_list(ret, notes_of(object)->findings, notes_of(object)->n_findings);
}

void fields_quarantined(
	const struct field *field _unused_, const void *object, struct value *ret)
{
	row_give_list(
		ret, notes_of(object)->quarantined, notes_of(object)->n_quarantined);
}

enum { CHANGES_SHOWN = 10 };

/*
 * Those before the serial of the file, which grows only when something else of it changes: a page
 * with these does not change because of the generation that it was published with.
 */
void fields_changes(
	const struct field *field _unused_, const void *object, struct value *ret)
{
	const struct globals *globals = object;
	const struct site_notes *notes = notes_of(globals);
	size_t first = 0;

	*globals->has_serial = true;
	while (first < notes->n_changes && notes->changes[first].time >= globals->serial)
		first++;
	size_t n = notes->n_changes - first;

	row_give_list(ret, notes->changes + first, n < CHANGES_SHOWN ? n : CHANGES_SHOWN);
}

void fields_note_at(const void *base, size_t i, struct value *ret)
{
	site_note_at(base, i, ret);
}

/* Sums */

static int64_t sum_memory(const struct site *site, bool of_vcns)
{
	struct machine **machines = of_vcns ? site->vcns : site->hosts;
	size_t n = of_vcns ? site->n_vcns : site->n_hosts;
	int64_t sum = 0;

	for (size_t i = 0; i < n; i++)
		if (!of_vcns || machines[i]->host != NULL)
			sum += machines[i]->memory_mib;
	return sum;
}

#define TOTAL(name, value) \
	GETTER(total_##name, globals) \
	{ \
		row_give_number(ret, (int64_t)(value)); \
	}
TOTAL(hosts, o->site->n_hosts)
TOTAL(vcns, o->site->n_vcns)
TOTAL(networks, o->site->n_networks)
TOTAL(groups, o->site->n_groups)
TOTAL(findings, notes_of(o)->n_findings)
TOTAL(quarantined, notes_of(o)->n_quarantined)
TOTAL(memory, sum_memory(o->site, false))
TOTAL(memory_taken, sum_memory(o->site, true))

static const struct field total_fields[] = {
	COMPUTED("hosts", VALUE_NUMBER, total_hosts),
	COMPUTED("vcns", VALUE_NUMBER, total_vcns),
	COMPUTED("networks", VALUE_NUMBER, total_networks),
	COMPUTED("groups", VALUE_NUMBER, total_groups),
	COMPUTED("findings", VALUE_NUMBER, total_findings),
	COMPUTED("quarantined", VALUE_NUMBER, total_quarantined),
	COMPUTED("memory", VALUE_NUMBER, total_memory),
	COMPUTED("memory_taken", VALUE_NUMBER, total_memory_taken),
	{0},
};
const struct shape total_shape = {"totals", total_fields, NULL, NULL};
