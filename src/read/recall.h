/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Entries that are read again and were stored before: those that are the same, byte for byte, need
 * be neither kept nor written a second time.
 */

#include "read/entries.h"

struct recall;

/* Of @before, which must outlive it. */
struct recall *recall_new(TALLOC_CTX *mem_ctx, const struct entries *before) _must_check_;

/*
 * recall_find - the entry of @before with the DN of entry @i of @entries
 *
 * shape:   most come in the order in which they are stored; only where one does not, all are
 *          indexed by their DNs
 * returns: its index; entries_count(@before) where there is none
 */
size_t recall_find(
	struct recall *recall, const struct entries *entries, size_t i) _must_check_;
