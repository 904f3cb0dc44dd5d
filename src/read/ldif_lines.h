/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * An LDIF file (RFC 2849) as records of lines, unfolded and decoded; what the lines are to
 * mean is their reader's to say (ldif.c, ldif_change.c). Memory holds one record at a time.
 */

#include "base/diag.h"

/* `name: value`; points into the record, where it has been unfolded and decoded. */
struct ldif_line {
	const char *name; /* NULL: taken already */
	char *value;
	size_t len;
	unsigned number;
	unsigned column; /* of the value; 0 if it was folded or encoded */
};

/* Stands for the line between two changes of one record, which has no colon. */
#define LDIF_SEPARATOR "-"

struct ldif_source;

struct ldif_file {
	const char *path;
	struct diags *diags;
	struct ldif_source *source;
	bool is_first; /* record of the file */
	bool is_broken; /* this record has a fault */
	struct ldif_line *lines; /* of this record, as far as they were taken */
	size_t n_lines;
};

/*
 * ldif_open - a file, `-` for standard input; closed when freed
 *
 * shape:  with @takes_separators a line `-` is one (LDIF_SEPARATOR), else a fault
 * errors: EXIT_IO
 */
int ldif_open(TALLOC_CTX *mem_ctx, const char *path, bool takes_separators,
	struct diags *diags, struct ldif_file **ret_file) _must_check_;
/* Moves to the next record: 1, 0 at the end of the file, or a failure. */
int ldif_next(struct ldif_file *f) _must_check_;
/* Has the record lines that were not taken? */
bool ldif_has_line(const struct ldif_file *f);
/* One logical line into f->lines; false for a comment, and after a fault. */
bool ldif_take_line(struct ldif_file *f);
/* Goes over what is left of a record without a further word about it. */
void ldif_skip_record(struct ldif_file *f);
/* A fault of the file: EXIT_DATA at the line and column, and the record is broken. */
void ldif_fault(struct ldif_file *f, unsigned line, unsigned column, const char *format,
	...) _printf_(4, 5);
/* 0, or -EXIT_DATA where there were faults; says how many are not shown. */
int ldif_end(struct ldif_file *f) _must_check_;

/* Is the record's first line the version, which may stand before the first record? */
bool ldif_is_version(struct ldif_file *f);
/* Is it the line of attribute @name? Any case. */
bool ldif_is_named(const struct ldif_line *line, const char *name);
