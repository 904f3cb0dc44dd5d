/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The state of a directory: its contextCSN values, one for each server that takes writes
 * (`20261124183000.123456Z#000000#001#000000`: time, count, server id, modification).
 * They are a set: servers give them in any order.
 */

#include "base/document.h"

enum csn_order {
	CSN_EQUAL,
	CSN_NEWER,
	CSN_BEHIND, /* one went back or is gone: a lagging replica, a restored backup */
};

/* How @now relates to the older @then; with @then empty anything is newer. */
enum csn_order csn_compare(const struct string_list *then, const struct string_list *now);

/*
 * Of 389 Directory Server, which has none, the last USN of each backend takes its place. They
 * count for the server that gave them only: those of another say nothing.
 */
char *csn_of_usn(TALLOC_CTX *mem_ctx, const char *usn, const char *server,
	const char *backend) _must_check_;
bool csn_is_usn(const struct string_list *state);
/*
 * The lowest of @then that is another @now. An entry with a higher entryUSN changed since, or
 * is of another backend.
 */
uint64_t csn_moved_usn(const struct string_list *then, const struct string_list *now);

/* Into the order in which equal sets are equal lists. */
void csn_sort(struct string_list *csn);

/* Is the change with @csn, an entryCSN, covered by @state? */
bool csn_covers(const struct string_list *state, const char *csn);

/* The smallest value: what is older is covered for sure. NULL if empty. */
const char *csn_oldest(const struct string_list *state);

/* When the newest change was made, Unix time; false where no value says so. */
bool csn_newest_time(const struct string_list *state, int64_t *ret) _must_check_;
