/* SPDX-License-Identifier: Apache-2.0 */
#include "compile/check.h"

#include <string.h>

static const struct {
	const char *name, *meaning;
	enum severity severity;
} catalogue[_CHECK_MAX] = {
#define CHECK(id, text, level, about) \
	[CHECK_##id] = {.name = text, .meaning = about, .severity = SEVERITY_##level},
#include "compile/checks.def"
#undef CHECK
};

const char *check_name(enum check check)
{
	return catalogue[check].name;
}

const char *check_meaning(enum check check)
{
	return catalogue[check].meaning;
}

enum severity check_default(enum check check)
{
	return catalogue[check].severity;
}

bool check_by_name(const char *name, enum check *ret)
{
	for (enum check check = 0; check < _CHECK_MAX; check++) {
		if (strcmp(catalogue[check].name, name) == 0) {
			*ret = check;
			return true;
		}
	}
	return false;
}

void reporter_init(struct reporter *r, struct site *site, struct diags *diags)
{
	r->site = site;
	r->diags = diags;
	for (enum check check = 0; check < _CHECK_MAX; check++)
		r->severity[check] = SEVERITY_NOTE; /* not set by the site */
}

static struct finding *report(struct reporter *r, enum check check,
	enum severity severity, struct record *record, struct loc where,
	const char *format, va_list args) _printf_(6, 0);
static struct finding *report(struct reporter *r, enum check check,
	enum severity severity, struct record *record, struct loc where,
	const char *format, va_list args)
{
	if (r->severity[check] != SEVERITY_NOTE)
		severity = r->severity[check];
	if (severity == SEVERITY_ERROR)
		record->is_bad = true;
	return diag_vadd(r->diags, severity, check_name(check), where, format, args);
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
	enum severity severity, struct record *record, enum field_id field, uint32_t line,
	const char *format, ...)
{
	struct loc where = record_loc(r->site, record, field);
	va_list args;

	if (line > 0)
		where.line = line;
	va_start(args, format);
	struct finding *finding = report(r, check, severity, record, where, format, args);
	va_end(args);
	return finding;
}
