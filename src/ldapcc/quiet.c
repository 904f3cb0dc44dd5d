/* SPDX-License-Identifier: Apache-2.0 */
#include "ldapcc/quiet.h"

#include <string.h>

#include "base/table.h"
#include "base/text.h"

enum { MINUTE = 60, HOUR = 60 * MINUTE, DAY = 24 * HOUR };

/* "3 days", "5 hours", "12 minutes" */
static const char *duration(TALLOC_CTX *mem_ctx, int64_t seconds)
{
	static const struct {
		int64_t size;
		const char *name;
	} units[] = {{DAY, "day"}, {HOUR, "hour"}, {MINUTE, "minute"}};

	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		long long n = (long long)(seconds / units[i].size);

		if (n > 0)
			return mem_printf(mem_ctx, "%lld %s%s", n, units[i].name,
				n == 1 ? "" : "s");
	}
	return "less than a minute";
}

/* What a finding is, without the line of an LDIF file, which moves */

static const char *place_text(TALLOC_CTX *mem_ctx, const struct finding *finding)
{
	const struct loc *where = &finding->where;
	const char *place = where->dn != NULL ? where->dn : where->source;

	return mem_printf(mem_ctx, "%s: %s [%s]", place == NULL ? "-" : place,
		where->attr == NULL ? "" : where->attr,
		finding->id == NULL ? "failure" : finding->id);
}

static const char *finding_text(TALLOC_CTX *mem_ctx, const struct finding *finding)
{
	static const char *const words[] = {"ignored", "note", "warning", "error"};
	const struct loc *where = &finding->where;
	const char *place = where->dn != NULL ? where->dn : where->source;
	struct buffer *b = buffer_new(mem_ctx);

	if (place != NULL)
		buffer_printf(b, "%s: ", place);
	if (where->attr != NULL)
		buffer_printf(b, "%s: ", where->attr);
	buffer_printf(b, "%s: %s", words[finding->severity], finding->message);
	if (finding->mark != NULL)
		buffer_printf(b, " (%s)", finding->mark);
	if (finding->id != NULL)
		buffer_printf(b, " [%s]", finding->id);
	return b->data;
}

static bool is_of_checker(const char *id)
{
	return strcmp(id, "no-checker") == 0 || strcmp(id, "not-included") == 0;
}

/* Does it hold until somebody mends it? A failure does: the next run tries the same. */
static bool is_lasting(const struct finding *finding)
{
	enum check check;

	if (finding->id == NULL)
		return finding->severity == SEVERITY_ERROR;
	return check_by_name(finding->id, &check) || is_of_checker(finding->id);
}

static bool text_is_of_checker(const char *text)
{
	return text_has_suffix(text, "[no-checker]") ||
	       text_has_suffix(text, "[not-included]");
}

/* Was the file that the finding is about checked in this run? */
static bool was_checked(const struct plan *plan, const char *text)
{
	for (size_t i = 0; plan != NULL && i < plan->n_files; i++)
		if (plan_file_changes(&plan->files[i]) &&
			strstr(text, plan->files[i].path) != NULL)
			return true;
	return false;
}

/* Then and now */

struct comparison {
	TALLOC_CTX *mem_ctx;
	struct table *texts, *places; /* of the last run -> its struct known_finding */
	struct table *now; /* texts that hold now, and places where a new one stands */
	struct diags *diags;
	struct last_run *run;
};

static void know(const struct comparison *c, const struct known_finding *finding)
{
	*mem_push(c->mem_ctx, &c->run->findings, &c->run->n_findings) = *finding;
	*table_slot(c->now, finding->text) = c->run;
}

/* Is it to be printed? Notes it as known either way. */
static bool is_news(const struct comparison *c, struct finding *finding)
{
	struct known_finding one = {.text = finding_text(c->mem_ctx, finding),
		.place = place_text(c->mem_ctx, finding),
		.since = c->run->time,
		.printed = c->run->time};
	const struct known_finding *same = table_find(c->texts, one.text);
	const struct known_finding *before =
		same != NULL ? same : table_find(c->places, one.place);
	/* a clock that was ahead for a while silences nobody */
	bool is_due = same == NULL || same->printed + DAY <= c->run->time ||
		      same->printed > c->run->time;

	if (before != NULL)
		one.since = before->since;
	if (!is_due) {
		one.printed = same->printed;
	} else if (before != NULL) {
		diag_note(finding, LOC_NONE, "for %s",
			duration(c->mem_ctx, c->run->time - one.since));
		diag_keep_note(finding);
	}
	know(c, &one);
	if (same == NULL)
		*table_slot(c->now, one.place) = c->run;
	return is_due;
}

/* Those of the last run that are not there now: gone, changed, or not looked for. */
static void review_old(
	const struct comparison *c, const struct last_run *last, struct run_reach reach)
{
	for (size_t i = 0; i < last->n_findings; i++) {
		const struct known_finding *old = &last->findings[i];
		bool was_looked_for = text_is_of_checker(old->text)
					      ? was_checked(reach.plan, old->text)
					      : reach.has_read;

		if (table_find(c->now, old->text) != NULL)
			continue;
		if (!was_looked_for)
			know(c, old);
		else if (table_find(c->now, old->place) == NULL)
			diag_add(c->diags, SEVERITY_NOTE, NULL, LOC_NONE,
				"no longer, after %s: %s",
				duration(c->mem_ctx, c->run->time - old->since),
				old->text);
	}
}

void quiet_compare(TALLOC_CTX *mem_ctx, const struct last_run *last, struct diags *diags,
	bool keep_all, struct run_reach reach, struct last_run *now)
{
	struct comparison c = {.mem_ctx = mem_ctx,
		.texts = table_new(mem_ctx, last->n_findings),
		.places = table_new(mem_ctx, last->n_findings),
		.now = table_new(mem_ctx, 2 * diags->n_findings),
		.diags = diags,
		.run = now};
	size_t kept = 0, n = diags->n_findings;

	for (size_t i = 0; i < last->n_findings; i++) {
		*table_slot(c.texts, last->findings[i].text) = &last->findings[i];
		*table_slot(c.places, last->findings[i].place) = &last->findings[i];
	}
	for (size_t i = 0; i < n; i++) {
		struct finding *finding = diags->findings[i];

		if (!is_lasting(finding) || is_news(&c, finding) || keep_all)
			diags->findings[kept++] = finding;
	}
	diags->n_findings = kept;
	review_old(&c, last, reach);
}
