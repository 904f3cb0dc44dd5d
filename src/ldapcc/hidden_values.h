/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Values that an entry had when it was read last, and that nobody is shown any more.
 *
 * A server that takes a right to read away says nothing: the value is not there, as if somebody had
 * deleted it. But a deletion is a change, and gives the entry another entryCSN. Where it has one
 * that the last read had covered, and the time of its last change is the one that was stored, the
 * entry is what it was, and counts as it was. An entry that was written to since, or that nothing is
 * shown of, proves nothing.
 */

#include "ldapcc/run.h"

struct hidden_values;

/* Of the entries run->before.raw, and of the state run->before_csn. */
struct hidden_values *hidden_values_new(
	TALLOC_CTX *mem_ctx, const struct run *run) _must_check_;
/* Has @now, as it came, less than entry @i of those, and is it the same all the same? */
bool hidden_values_has(
	struct hidden_values *hidden, const struct entry *now, size_t i) _must_check_;
/* A finding for each attribute, and run->has_hidden; memory: places below the site. */
void hidden_values_report(struct hidden_values *hidden, struct run *run);
