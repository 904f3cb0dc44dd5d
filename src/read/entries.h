/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Entries kept as they came, so that a site can be made of them again: with the last good
 * version in the place of one in error, or from what a generation was made of.
 *
 * As bytes (the file `entries` of a generation): the line `ldapcc entries 2`, then each entry
 * with its length in front. Numbers are in the byte order of the machine: the state is not
 * carried from one to another.
 */

#include <sys/uio.h>

#include "read/entry.h"

struct entries;

/* Keeps @attributes (NULL-terminated), objectClass and who changed the entry only. */
struct entries *entries_new(
	TALLOC_CTX *mem_ctx, const char *const *attributes) _must_check_;
/* An entry_sink. */
void entries_add(void *entries, const struct entry *entry);
size_t entries_count(const struct entries *entries);

/* The canonical DN of entry @i (dn.h); found out when it is asked for first. */
const char *entries_key(struct entries *entries, size_t i);
/* Does an entry have that canonical DN? */
bool entries_has(struct entries *entries, const char *key);
/* Does @key stand for the same entry in both: the same attributes, whatever its line? */
bool entries_same(struct entries *a, struct entries *b, const char *key);
/* Are all the same, in any order? */
bool entries_equal(struct entries *a, struct entries *b);
/* Gives entry @i to @sink; borrowed for the call. */
void entries_give(const struct entries *entries, size_t i, entry_sink sink, void *data);

/* Puts a copy of entry @i of @from at the end of @to. */
void entries_copy(struct entries *to, const struct entries *from, size_t i);

/* The bytes, in parts, for writev(2); borrowed from @entries. The last part is a newline. */
struct iovec *entries_parts(
	TALLOC_CTX *mem_ctx, const struct entries *entries, size_t *ret_n) _must_check_;
/*
 * entries_parse - from such bytes, which must outlive the result
 *
 * errors: NULL for what is none
 */
struct entries *entries_parse(
	TALLOC_CTX *mem_ctx, const char *bytes, size_t len) _must_check_;
