/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What a run has to say: findings and failures, on one channel.
 *
 * A *finding* is a fault in the administrator's data: many, expected, collected to the
 * end. A *failure* is a fault of the world, a settings file or a template: it ends the
 * run with an exit code. Whoever sees the failure adds it with diag_fail() and returns
 * that call's value; callers only pass it on. Nobody but main prints.
 *
 * Functions that can fail return 0 or a negative exit code: `return diag_fail(…)` reads
 * as the sentence it is, and main exits with the code.
 */

#include <stdio.h>

#include "base/mem.h"

/*
 * The exit codes of both programs, written out because cron jobs and monitoring depend on
 * the numbers (ldapcc(8) and vcn(8), "Exit status"). 1 is never returned on purpose.
 */
enum exit_code {
	EXIT_OK = 0,
	EXIT_CHANGES = 2, /* diff: something would change */
	EXIT_REFUSED = 3, /* a guard or a pin; needs a person */
	EXIT_DIRECTORY = 4, /* directory unavailable, incomplete, stale, inconsistent */
	EXIT_REJECTED = 5, /* ldapcc: a checker or daemon said no; vcn: guest failed */
	EXIT_PENDING = 6, /* published, a reload failed or is unconfirmed */
	EXIT_IO = 7, /* local I/O; path and errno in the message */
	EXIT_BUSY = 8, /* another run holds the lock */
	EXIT_DRIFT = 9, /* a managed file was edited by hand */
	EXIT_DATA = 10, /* data errors; vcn: bad manifest */
	EXIT_USAGE = 64, /* usage, settings or template error */
	EXIT_MISSING = 69, /* vcn: KVM or QEMU missing */
	EXIT_INTERNAL = 70, /* a bug */
};

enum severity { SEVERITY_IGNORE, SEVERITY_NOTE, SEVERITY_WARNING, SEVERITY_ERROR };

/* Who changed an entry last, and when; NULL and 0 where the directory does not say. */
struct change {
	const char *by; /* a DN */
	int64_t at; /* Unix time */
};

/*
 * Marks the number of a line of a second file, that of changes which are tried on what was read:
 * values of both stand side by side in one entry.
 */
#define LINE_OF_CHANGES (1U << 31)

/*
 * Where something is: in a file (source, line, column), at a directory entry (dn, attr),
 * or both (an entry read from an LDIF file). All strings are borrowed and must outlive the
 * struct diags; unset members are NULL or 0.
 */
struct loc {
	const char *source;
	unsigned line; /* with LINE_OF_CHANGES: in that file, whatever the source is */
	unsigned column;
	const char *dn;
	const char *attr;
	struct change change; /* of the entry */
	bool is_last_good; /* of the version that stands for the entry, which is another now */
	bool is_shared; /* the value is the entry's, and counts for others */
};

struct note {
	struct loc where;
	char *message;
	bool is_kept; /* printed also where there are too many */
};

struct finding {
	enum severity severity;
	const char *id; /* kebab-case, or NULL: a failure without one */
	struct loc where;
	/* DN of the record that it is about, where a join brought the value; NULL: where.dn */
	const char *about;
	char *message;
	/* what tells it from another one with this message, which is news; NULL: nothing */
	const char *mark;
	const char *excerpt; /* the source line a caret points into, or NULL */
	struct note *notes;
	size_t n_notes;
	size_t sequence; /* order of arrival; the last sort key */
};

struct diags {
	const char *changes; /* the file that LINE_OF_CHANGES means; NULL: none */
	struct finding **findings;
	size_t n_findings;
	size_t n_errors; /* findings of SEVERITY_ERROR, failures included */
	size_t n_warnings;
	enum exit_code failure; /* the first failure's code, EXIT_OK if none */
};

struct diags *diags_new(TALLOC_CTX *mem_ctx) _must_check_;

/*
 * diag_add - collect one finding
 *
 * memory: owned by @diags; @id and the strings of @where are borrowed
 * errors: none; SEVERITY_IGNORE gives a finding that is kept nowhere, and takes no notes
 */
struct finding *diag_add(struct diags *diags, enum severity severity, const char *id,
	struct loc where, const char *format, ...) _printf_(5, 6);
struct finding *diag_vadd(struct diags *diags, enum severity severity, const char *id,
	struct loc where, const char *format, va_list args) _printf_(5, 0);

/* Its last note is what to do: printed also where there are too many. */
void diag_keep_note(struct finding *finding);
/* diag_note - the other side of a conflict, or what to do; printed below its finding */
void diag_note(struct finding *finding, struct loc where, const char *format, ...)
	_printf_(3, 4);

/*
 * diag_fail(diags, code, where, format, …) - record the failure that ends the run
 *
 * returns: -code, so that `return diag_fail(diags, EXIT_IO, …)` passes it up
 */
#define diag_fail(diags, code, ...) \
	(diag_record_failure((diags), (code), 0, __VA_ARGS__), -(int)(code))
/* The same with ": " and strerror(@error) (errno value, positive) at the end. */
#define diag_fail_errno(diags, code, error, ...) \
	(diag_record_failure((diags), (code), (error), __VA_ARGS__), -(int)(code))
/* What the two macros call; they are macros so that compilers see the result is no 0. */
void diag_record_failure(struct diags *diags, enum exit_code code, int error,
	struct loc where, const char *format, ...) _printf_(5, 6);
/* The failure that was added last, to hang a note on it; NULL if there is none. */
struct finding *diag_last(struct diags *diags);

/* All of @from behind those of @diags, which owns @from from then on: of work done apart. */
void diags_take(struct diags *diags, struct diags *from);

#define LOC_NONE ((struct loc){0})
struct loc loc_file(const char *path);
struct loc loc_at(const char *path, unsigned line, unsigned column);

struct diag_style {
	bool color;
	/* what goes beyond is counted only; 0: no limit */
	size_t limit_per_id; /* findings */
	size_t limit_notes; /* of one finding */
};

/* Sorted by source, line, DN, attribute and id, so that output does not depend on order. */
void diags_sort(struct diags *diags);
/* One finding in the form `where: severity: message [id]`, notes and excerpt below it. */
void diag_print(
	FILE *stream, const struct finding *finding, const struct diag_style *style);
/* All of them; with more than ten findings a count per id at the end. */
void diags_print(FILE *stream, struct diags *diags, const struct diag_style *style);

/*
 * change_text - "changed by uid=bob at 2026-11-26T10:42:07Z", the RDN of who it was
 *
 * units: UTC, as everywhere
 * errors: NULL where nothing is known
 */
char *change_text(TALLOC_CTX *mem_ctx, const struct change *change) _must_check_;

struct json_object;
/* As "changed_by" (the DN) and "changed_at" into @object; nothing where nothing is known. */
void change_to_json(const struct change *change, struct json_object *object);
/* The findings as a JSON array of {severity, id, source, line, column, dn, attribute,
 * changed_by, changed_at, message, notes}; the caller owns the reference. */
struct json_object *diags_to_json(struct diags *diags) _must_check_;
