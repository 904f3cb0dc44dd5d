/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The hash of what is stored, and the one hash table: from text to pointers.
 *
 * The hash is FNV-1a over 64 bits with a last mixing step, so that the low bits depend on
 * all. Tables have a faster one that nobody else sees. Neither is a secret: who may write to
 * the directory could choose keys that collide, and gains a slow run of his own site.
 */

#include "base/mem.h"

#define HASH_START UINT64_C(0xcbf29ce484222325)

/* Adds bytes to a hash that began as HASH_START; hash_end() when all are in. */
uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t len);
/* never 0, so that 0 can stand for a free slot */
uint64_t hash_end(uint64_t hash);
/* The same with another hash, eight bytes at a time: ("ab", "c") is another than ("a", "bc"). */
uint64_t hash_add(uint64_t hash, const void *bytes, size_t len);
/* Another hash, for long texts as a whole: eight bytes at a time. */
uint64_t hash_block(const void *bytes, size_t len);
/* A third, of the whole text without regard to the case of ASCII letters; never stored. */
uint64_t hash_folded(const char *text, size_t len);

/* Keys are borrowed; nothing is ever removed. */
struct table;

/* @expected is a guess: the table grows by itself. */
struct table *table_new(TALLOC_CTX *mem_ctx, size_t expected) _must_check_;
/* The same with keys that are equal without regard to the case of ASCII letters. */
struct table *table_new_folded(TALLOC_CTX *mem_ctx, size_t expected) _must_check_;
/* The value of @key, NULL if it is not there. */
void *table_find(const struct table *table, const char *key);
void *table_find_bytes(const struct table *table, const char *key, size_t len);
/* @key will be asked for soon: its place is on its way from memory meanwhile. */
void table_expect(const struct table *table, const char *key, size_t len);
/* Where the value of @key stands; a new key starts with NULL. Valid until the next call. */
void **table_slot(struct table *table, const char *key) _must_check_;
void **table_slot_bytes(struct table *table, const char *key, size_t len) _must_check_;
