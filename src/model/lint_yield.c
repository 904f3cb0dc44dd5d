/* SPDX-License-Identifier: Apache-2.0 */
#include "model/lint_rules.h"

/* What a foreign directory says, and a file of `also`, or nobody, says in its place (link.c). */

/* What it yields to; NULL: it does not. */
static const struct record *yields_to(const struct record *record)
{
	const void *other = NULL;

	if (record->kind == KIND_NETWORK)
		other = ((const struct network *)record)->said_by;
	else if (record->kind == KIND_CLUSTER)
		other = ((const struct cluster *)record)->said_by;
	return other;
}

static void report_several(
	struct reporter *r, struct record *record, const struct record *other)
{
	struct finding *finding = check_report(r, CHECK_PASSED_OVER, record, FIELD_NONE,
		"one of several that speak for the whole site: each counts for what stands "
		"below it, and for nothing else; name one of them as 'base', or have a cluster "
		"in a file of 'also'");

	lint_note(r, finding, other, FIELD_NONE, "another one");
}

bool lint_yield(struct reporter *r, struct record *record)
{
	const struct record *other = yields_to(record);
	bool is_network = record->kind == KIND_NETWORK;
	enum field_id field = is_network ? FIELD_NETWORK : FIELD_NONE;

	if (other == NULL)
		return false;
	if (other->source == NULL) {
		report_several(r, record, other);
		return true;
	}
	struct finding *finding = check_report(r, CHECK_PASSED_OVER, record, field,
		is_network ? "is a network of a file of 'also', too, which counts"
			   : "a file of 'also' says it of the whole site, and counts");

	lint_note(r, finding, other, field, "this one counts");
	return true;
}

void lint_yielded(struct reporter *r)
{
	for (size_t i = 0; i < r->site->n_passed_over; i++) {
		const struct record *other = yields_to(r->site->passed_over[i]);

		r->site->passed_over[i]->is_bad |=
			other != NULL && other->source != NULL && other->is_bad;
	}
}
