/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* A hash table from text to pointers. Keys are borrowed; nothing is ever removed. */

#include "base/mem.h"

struct index;

struct index *index_new(TALLOC_CTX *mem_ctx, size_t expected) _must_check_;
/* The value of @key, NULL if it is not there. */
void *index_find(const struct index *index, const char *key);
/* Where the value of @key stands; a new key starts with NULL. Valid until the next call. */
void **index_slot(struct index *index, const char *key) _must_check_;
