/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Entries to records. Each kind has a table of its fields: type, place in the struct,
 * bounds. Values are checked for what they are; what they mean together is lint's matter.
 * Faults are findings, the record is kept and marked, decoding goes on.
 */

#include "model/report.h"
#include "read/entry.h"

struct decoder;

struct decoder *decoder_new(TALLOC_CTX *mem_ctx, struct reporter *reporter) _must_check_;

/* An entry_sink: @data is the struct decoder. Entries of no kind in the map are passed over. */
void decode_entry(void *data, const struct entry *entry);
