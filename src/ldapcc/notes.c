/* SPDX-License-Identifier: Apache-2.0 */
#include "ldapcc/notes.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "ldapcc/quarantine.h"
#include "model/site_note.h"

/* By what they say, so that no page depends on the order in which the directory answers. */
static int compare_notes(const void *left, const void *right)
{
	const struct site_note *a = left, *b = right;
	int order = text_compare(a->dn, b->dn);

	if (order == 0)
		order = text_compare(a->id, b->id);
	if (order == 0)
		order = text_compare(a->attribute, b->attribute);
	return order != 0 ? order : text_compare(a->text, b->text);
}

static void sort_notes(struct site_note *notes, size_t n)
{
	if (n > 1)
		qsort(notes, n, sizeof(*notes), compare_notes);
}

/* Those about entries: what is about files is this machine's, not the site's. */
static void note_findings(struct run *run, struct site_notes *notes)
{
	for (size_t i = 0; i < run->diags->n_findings; i++) {
		const struct finding *finding = run->diags->findings[i];

		if (finding->id == NULL || finding->where.dn == NULL)
			continue;
		*mem_push(notes, &notes->findings, &notes->n_findings) =
			(struct site_note){.dn = finding->where.dn,
				.attribute = finding->where.attr,
				.text = finding->message,
				.id = finding->id,
				.is_error = finding->severity == SEVERITY_ERROR};
	}
	sort_notes(notes->findings, notes->n_findings);
}

static void note_quarantined(struct run *run, struct site_notes *notes)
{
	for (size_t i = 0; i < run->n_quarantined; i++)
		*mem_push(notes, &notes->quarantined, &notes->n_quarantined) =
			(struct site_note){.dn = run->quarantined[i]->dn,
				.is_error = run->quarantined[i]->is_kept};
	sort_notes(notes->quarantined, notes->n_quarantined);
}

void notes_of_changes(struct run *run, const struct generation *current)
{
	size_t n = current == NULL ? 0 : current->n_changes;

	if (!renderer_prints_notes(run->renderer))
		return;
	for (size_t i = 0; i < n; i++)
		*mem_push(run->mem_ctx, &run->changes, &run->n_changes) =
			(struct site_note){.text = current->changes[i].summary,
				.id = current->changes[i].reason,
				.time = current->changes[i].created};
}

void notes_fill(struct run *run)
{
	struct site_notes *notes = mem_new(run->site, struct site_notes);

	note_findings(run, notes);
	note_quarantined(run, notes);
	notes->changes = run->changes;
	notes->n_changes = run->n_changes;
	run->site->notes = notes;
}
