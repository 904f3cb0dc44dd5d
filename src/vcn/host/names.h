/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Names of VCNs on the command line: `vcn001`, its FQDN, or a range as batch systems write
 * it: `vcn[001-016]`, `vcn[1,3,5-7].c.example`, `rack[1-2]-vcn[01-20]`, several joined by
 * commas. Leading zeros count: [001-016] gives three digits, [8-12] gives 8 to 12.
 */

#include "base/diag.h"

struct manifest;

/*
 * names_expand - every name that @text stands for, in the order written
 *
 * shape:  appended to *names, whose count is *n; the last number of the first bracket
 *         changes slowest
 * memory: the array and its names below @mem_ctx
 * errors: EXIT_USAGE: a bracket that does not close, a range that runs backwards, or more
 *         than 100,000 names
 */
int names_expand(TALLOC_CTX *mem_ctx, const char *text, struct diags *diags,
	char ***names, size_t *n) _must_check_;

/*
 * names_resolve - the manifest's own spelling of a name or FQDN
 *
 * errors: NULL where no VCN has it
 */
const char *names_resolve(const struct manifest *manifest, const char *name);
