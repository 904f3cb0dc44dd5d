/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What `show` is asked for. */

#include "model/site.h"

struct subjects {
	struct record **items;
	size_t n; /* several: the word is ambiguous */
};

/*
 * subjects_find - the records that @word may mean
 *
 * shape:  a host or VCN by full name, short name, alias, address or MAC; any other record by
 *         its name; any by its DN; KIND:NAME is those of one kind
 * memory: below @mem_ctx
 */
struct subjects subjects_find(
	TALLOC_CTX *mem_ctx, const struct site *site, const char *word) _must_check_;

/* The name that @word is nearest to, below @mem_ctx or the site's; NULL: none is near. */
const char *subjects_nearest(
	TALLOC_CTX *mem_ctx, const struct site *site, const char *word) _must_check_;

/* What to call it, so that it alone is meant: a full name, or KIND:NAME. */
const char *subject_name(TALLOC_CTX *mem_ctx, const struct record *record) _must_check_;
/* The host or VCN that it is; NULL: another kind. */
const struct machine *subject_machine(const struct record *record);
