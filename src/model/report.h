/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The one way to report a fault in a record against the catalogue of checks. */

#include "config/check.h"
#include "model/site.h"

/* How decode and lint report: the site, where findings go, the site's own severities. */
struct reporter {
	struct site *site;
	struct diags *diags;
	enum severity severity[_CHECK_MAX];
	const char **targets; /* by name: what one of them cannot do is a finding */
	size_t n_targets;
	/* of a trial: what each finding is given as, and how many there would be; else NULL */
	struct finding *unsaid;
	size_t n_said;
	struct trial *trial; /* lint_node.h; while the site is linted */
};

/* Is this a trial? Then it counts as if a finding were reported. */
bool report_in_trial(struct reporter *r) _must_check_;

/* Is the target of this name one of the site's? */
bool reporter_has_target(const struct reporter *r, const char *name) _must_check_;

void reporter_init(struct reporter *r, struct site *site, struct diags *diags);

/*
 * check_report - one finding about @record and @field
 *
 * shape:  an error puts the record into quarantine (record->is_bad); the first
 *         error's finding is returned for notes, also when its severity is ignored
 */
struct finding *check_report(struct reporter *r, enum check check, struct record *record,
	enum field_id field, const char *format, ...) _printf_(5, 6);
/* The same with another default severity than the catalogue's (dup-mac across networks);
 * the settings' own severity wins over both. */
struct finding *check_report_at(struct reporter *r, enum check check,
	enum severity severity, struct record *record, enum field_id field,
	const char *format, ...) _printf_(6, 7);
/* The same at a place that the caller knows better than the record. */
struct finding *check_report_loc(struct reporter *r, enum check check,
	enum severity severity, struct record *record, struct loc where,
	const char *format, ...) _printf_(6, 7);
/* About an entry that is no record: nothing goes into quarantine for it. */
struct finding *check_report_entry(struct reporter *r, enum check check,
	enum severity severity, struct loc where, const char *format, ...) _printf_(5, 6);
/* An error that costs the value only: the record stays out of quarantine. */
struct finding *check_report_value(struct reporter *r, enum check check,
	struct record *record, enum field_id field, const char *format, ...)
	_printf_(5, 6);
struct finding *check_report_value_at(struct reporter *r, enum check check,
	struct record *record, struct loc where, const char *format, ...) _printf_(5, 6);
/* As check_report(), at a place that the caller knows better than the record. */
struct finding *check_report_where(struct reporter *r, enum check check,
	struct record *record, struct loc where, const char *format, ...) _printf_(5, 6);
