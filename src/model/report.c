/* SPDX-License-Identifier: Apache-2.0 */
#include "model/report.h"

#include <string.h>

bool reporter_has_target(const struct reporter *r, const char *name)
{
	for (size_t i = 0; i < r->n_targets; i++)
		if (strcmp(r->targets[i], name) == 0)
			return true;
	return false;
}

bool report_in_trial(struct reporter *r)
{
	r->n_said++;
	return r->unsaid != NULL;
}

void reporter_init(struct reporter *r, struct site *site, struct diags *diags)
{
	r->site = site;
	r->diags = diags;
	r->targets = NULL;
	r->n_targets = 0;
	r->unsaid = NULL;
	r->trial = NULL;
	for (enum check check = 0; check < _CHECK_MAX; check++)
		r->severity[check] = SEVERITY_NOTE; /* not set by the site */
}

/* What is one entry's and counts for many is not good or bad by itself. */
static void note_holder(
	struct reporter *r, struct finding *finding, const struct record *record)
{
	struct loc where = record_loc(r->site, record, FIELD_NAME);

	where.attr = NULL;
	diag_note(finding, where, "it counts for this entry");
}

/* What the site makes an error takes nobody away who was published with it: he stays as he was. */
static enum severity severity_of(const struct reporter *r, enum check check,
	enum severity severity, const struct record *record)
{
	enum severity own = r->severity[check];
	bool is_raised = own == SEVERITY_ERROR && severity != SEVERITY_ERROR;

	return own == SEVERITY_NOTE || (is_raised && site_is_last_good(r->site, record))
		       ? severity
		       : own;
}

static struct finding *report(struct reporter *r, enum check check,
	enum severity severity, struct record *record, struct loc where,
	const char *format, va_list args) _printf_(6, 0);
static struct finding *report(struct reporter *r, enum check check,
	enum severity severity, struct record *record, struct loc where,
	const char *format, va_list args)
{
	if (report_in_trial(r))
		return r->unsaid;
	severity = severity_of(r, check, severity, record);
	if (severity == SEVERITY_ERROR) {
		record->is_bad = true;
		record->is_wrong |= !check_is_conflict(check);
	}
	struct finding *finding =
		diag_vadd(r->diags, severity, check_name(check), where, format, args);

	if (where.dn != record->dn)
		finding->about = record->dn;
	if (where.is_shared)
		note_holder(r, finding, record);
	return finding;
}

struct finding *check_report(struct reporter *r, enum check check, struct record *record,
	enum field_id field, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	struct finding *finding = report(r, check, check_default(check), record,
		record_loc(r->site, record, field), format, args);
	va_end(args);
	return finding;
}

struct finding *check_report_at(struct reporter *r, enum check check,
	enum severity severity, struct record *record, enum field_id field,
	const char *format, ...)
{
	va_list args;

	va_start(args, format);
	struct finding *finding = report(r, check, severity, record,
		record_loc(r->site, record, field), format, args);
	va_end(args);
	return finding;
}

struct finding *check_report_loc(struct reporter *r, enum check check,
	enum severity severity, struct record *record, struct loc where,
	const char *format, ...)
{
	va_list args;

	va_start(args, format);
	struct finding *finding = report(r, check, severity, record, where, format, args);
	va_end(args);
	return finding;
}

struct finding *check_report_entry(struct reporter *r, enum check check,
	enum severity severity, struct loc where, const char *format, ...)
{
	struct record none = {0};
	va_list args;

	va_start(args, format);
	struct finding *finding = report(r, check, severity, &none, where, format, args);
	va_end(args);
	return finding;
}

struct finding *check_report_where(struct reporter *r, enum check check,
	struct record *record, struct loc where, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	struct finding *finding =
		report(r, check, check_default(check), record, where, format, args);
	va_end(args);
	return finding;
}

/* What costs a value only. */
_printf_(5, 0) static struct finding *report_value(struct reporter *r, enum check check,
	struct record *record, struct loc where, const char *format, va_list args)
{
	bool was_bad = record->is_bad, was_wrong = record->is_wrong;
	struct finding *finding =
		report(r, check, check_default(check), record, where, format, args);

	record->is_bad = was_bad;
	record->is_wrong = was_wrong;
	return finding;
}

struct finding *check_report_value(struct reporter *r, enum check check,
	struct record *record, enum field_id field, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	struct finding *finding = report_value(
		r, check, record, record_loc(r->site, record, field), format, args);
	va_end(args);
	return finding;
}

struct finding *check_report_value_at(struct reporter *r, enum check check,
	struct record *record, struct loc where, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	struct finding *finding = report_value(r, check, record, where, format, args);
	va_end(args);
	return finding;
}
