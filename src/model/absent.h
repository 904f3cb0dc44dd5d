/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Entries that are not in the site, which is no fault of those that refer to them: what waits in
 * quarantine, and what `exclude` passes over.
 */

#include "base/mem.h"

struct absent;

struct absent *absent_new(TALLOC_CTX *mem_ctx) _must_check_;

/* All entries: what was published stood on none that was not there. */
struct absent *absent_new_all(TALLOC_CTX *mem_ctx) _must_check_;

/* The entry of the canonical DN @key (dn.h). */
void absent_add(struct absent *absent, const char *key);

/* Is it one of them? None is where @absent is NULL; so with the others. */
bool absent_has(const struct absent *absent, const char *key);

/* Is it one of them, or below one? */
bool absent_covers(const struct absent *absent, const char *key);

/* Has one of them this name, or the first label of it, in its RDN? @name is in lower case. */
bool absent_has_name(const struct absent *absent, const char *name);
