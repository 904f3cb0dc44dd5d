/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* allocate --move HOST: change records, for ldapmodify, by which its VCNs go to others. */

#include "ldapcc/run.h"

/*
 * allocate_move - the records to @ldif
 *
 * shape:  every VCN of the host, the largest first; each goes where most memory is left. The
 *         same directory gives the same answer
 * errors: EXIT_USAGE: no such host; EXIT_REFUSED: one fits nowhere
 */
int allocate_move(struct run *run, const char *host, struct buffer *ldif) _must_check_;
