/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * LDIF content files (RFC 2849): the directory's stand-in for tests and for use without a
 * server. Delivers the same entries as directory.c would, plus line numbers. Memory holds
 * one record at a time.
 */

#include "base/diag.h"
#include "config/map.h"
#include "read/entry.h"

/*
 * ldif_read - every record of a file, `-` for standard input
 *
 * shape:   in the file's order; options are settled (entry_settle_options()). Accepted beyond content records: `changetype: add`, and what ldapsearch
 *          prints around its results, if it ended with success. References to other
 *          servers are passed over where @map says so, else they are faults; NULL: they are.
 * errors:  EXIT_DATA: every malformed line and every DN that comes twice, with line and
 *          column; such records are not delivered. EXIT_IO: the file cannot be read.
 * source:  RFC 2849; a line that starts with one blank continues the one above it
 */
int ldif_read(const char *path, const struct map *map, entry_sink sink, void *sink_data,
	struct diags *diags, size_t *ret_n_entries) _must_check_;

/* One line of LDIF; a value that is no SAFE-STRING is base64. */
void ldif_put(struct buffer *ldif, const char *attribute, const char *value);
