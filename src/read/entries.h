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
/* Are the entries of these canonical DNs the same: they say the same, whatever the server calls them? */
bool entries_same(
	struct entries *a, const char *key_a, struct entries *b, const char *key_b);
/* Are all the same, in any order? */
bool entries_equal(struct entries *a, struct entries *b);
/* Gives entry @i to @sink; borrowed for the call. */
void entries_give(const struct entries *entries, size_t i, entry_sink sink, void *data);

/*
 * The attributes by which a server knows an entry wherever it is, NULL at the end; an entry of
 * LDIF may have none.
 */
extern const char *const entries_ids[];

/* Entries that are somewhere else now. */
struct moved {
	struct table *then; /* canonical DN now -> canonical DN then */
	struct table *now; /* canonical DN then -> DN now */
};
/*
 * entries_moved - which of @then are in @now under another DN
 *
 * shape:  by the server's own name of an entry, where neither DN is in use in the other
 * memory: below @mem_ctx; the strings are those of @now and @then
 */
struct moved *entries_moved(
	TALLOC_CTX *mem_ctx, struct entries *now, struct entries *then) _must_check_;

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
