/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Entries kept as they came, so that a site can be made of them again: with the last good
 * version in the place of one in error, or from what a generation was made of.
 *
 * As bytes (the file `entries` of a generation): the line `ldapcc entries 4 GENERATION`, then each
 * entry with its length and its roles in front. Version 3 does not say of which generation it is,
 * and of version 2 all are ENTRIES_GOOD, too. Numbers are in the byte order of the machine: the
 * state is not carried from one to another.
 *
 * One file holds what a generation was made of and what the directory had then, which is nearly
 * the same, so that a run reads only what changed since (snapshot.h).
 */

#include <sys/uio.h>

#include "read/entry_bytes.h"

struct entries;

/* What an entry of the file is; one can be several. */
enum entries_role {
	ENTRIES_GOOD = 1, /* the site was made of it */
	ENTRIES_RAW = 2, /* the directory had it so */
	ENTRIES_ABOVE =
		4, /* no entry of ours, but one that ours are below: only its id */
};

/* Keeps @attributes (NULL-terminated), objectClass and who changed the entry only. */
struct entries *entries_new(
	TALLOC_CTX *mem_ctx, const char *const *attributes) _must_check_;
/* Keeps what @other keeps, which must outlive it. */
struct entries *entries_like(
	TALLOC_CTX *mem_ctx, const struct entries *other) _must_check_;
/* What is added from now on is stored as good, and not as what the directory had: no copy is made. */
void entries_are_good(struct entries *entries);
/* An entry_sink. */
void entries_add(void *entries, const struct entry *entry);
/* Takes back the one that was added last. */
void entries_drop_last(struct entries *entries);
size_t entries_count(const struct entries *entries);

/* The canonical DN of entry @i (dn.h); found out when it is asked for first. */
const char *entries_key(struct entries *entries, size_t i);
/* Does an entry have that canonical DN? */
bool entries_has(struct entries *entries, const char *key);
/* Has the entry of @key values that a join brought it from the one of @part? Canonical DNs, both. */
bool entries_has_part(struct entries *entries, const char *key, const char *part);
/* Are the entries of these canonical DNs the same: they say the same, whatever the server calls them? */
bool entries_same(
	struct entries *a, const char *key_a, struct entries *b, const char *key_b);
/* Are all the same, in any order? */
bool entries_equal(struct entries *a, struct entries *b);
/* Gives entry @i to @sink, or all; borrowed for the call. */
void entries_give(const struct entries *entries, size_t i, entry_sink sink, void *data);
void entries_give_all(const struct entries *entries, entry_sink sink, void *data);

/*
 * The attributes by which a server knows an entry wherever it is, NULL at the end; an entry of
 * LDIF may have none.
 */
extern const char *const entries_ids[];

/* Entries that are somewhere else now. */
struct moved {
	struct table *then; /* canonical DN now -> canonical DN then */
	struct table *now; /* canonical DN then -> DN now */
	/* as @then, of those whose DN another entry has now: that counts for what was there */
	struct table *taken;
	struct table *was; /* and where such another one was itself, if it was */
};
/*
 * entries_moved - which of @then are in @now under another DN
 *
 * shape:  by the server's own name of an entry, where neither DN is in use in the other; of
 *         what has none (LDIF) by its RDN, where only one such went and one came
 * memory: below @mem_ctx; the strings are those of @now and @then
 */
struct moved *entries_moved(
	TALLOC_CTX *mem_ctx, struct entries *now, struct entries *then) _must_check_;

/* Puts entry @i of @from at the end of @to; its bytes stay those of @from, which must outlive it. */
void entries_share(struct entries *to, const struct entries *from, size_t i);

/*
 * Puts entry @i of @from, with what was given to it, at the end of @to; all bytes stay those of
 * @from, which must outlive it.
 */
void entries_join(struct entries *to, const struct entries *from, size_t i,
	const struct entry_gift *gifts, size_t n);

/*
 * entries_slice - those from @first to before @end
 *
 * memory: below @mem_ctx; the bytes stay those of @entries, which may get more meanwhile
 */
struct entries *entries_slice(TALLOC_CTX *mem_ctx, const struct entries *entries,
	size_t first, size_t end) _must_check_;

/* What a server calls an entry, by entryUUID: sixteen bytes (RFC 4530). */
enum { ENTRY_ID_BYTES = 16 };
bool entries_id(const struct entries *entries, size_t i, uint8_t *ret_id);
bool entry_id(const struct entry *entry, uint8_t *ret_id);
/* The first @len bytes of entry @i, if it is there, will be read soon: they are on their way meanwhile. */
void entries_expect(const struct entries *entries, size_t i, size_t len);
/* As the server gave it. */
const char *entries_dn(const struct entries *entries, size_t i);
/* In the file; 0 from a directory. */
unsigned entries_line(const struct entries *entries, size_t i);
const char *entries_bytes(const struct entries *entries, size_t i);
/* Those of @name (any case), without what a join brought. */
struct entry_cursor entries_values(
	const struct entries *entries, size_t i, const char *name);
/* Byte for byte, who changed it included; of entries that nothing was given to. */
bool entries_same_bytes(
	const struct entries *a, size_t i, const struct entries *b, size_t j);

/* How many are in one of them only, or say something else; *ret_dn is one, by its id. */
size_t entries_differ(
	const struct entries *a, const struct entries *b, const char **ret_dn);

/* The three parts of a file, NULL where there is none of it; and whose it is. */
struct entries_file {
	struct entries *good, *raw, *above;
	uint64_t generation; /* 0: it does not say */
};
/*
 * The bytes, in parts, for writev(2); borrowed from @file. An entry is in one part; the last part is a
 * newline.
 */
struct iovec *entries_parts(
	TALLOC_CTX *mem_ctx, const struct entries_file *file, size_t *ret_n) _must_check_;
/*
 * entries_parse - from such bytes, which must outlive the result
 *
 * shape:  @pieces of the file, each of whole entries, one behind the other; raw is NULL where the
 *         file has no whole snapshot
 * errors: false for what is none
 */
bool entries_parse(TALLOC_CTX *mem_ctx, const struct iovec *pieces, size_t n,
	struct entries_file *ret_file) _must_check_;
