/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What an earlier read gave, and what of it a server says has changed since.
 *
 * What the server says (RFC 4533) only tells which entries to look at: each of them is read
 * again by its id, the deleted ones, too, and those that nobody mentions are as they were. So
 * no entry goes because of a list that was cut or a cookie that was misunderstood. An entry
 * that is somewhere else now takes those below it along, of which no server tells: they are
 * looked at, too. So are those that refer to it, which a server that keeps references whole
 * (slapo-refint) changes without telling anybody, and without a new contextCSN.
 */

#include "read/entries.h"
#include "read/places.h"

struct snapshot;

/*
 * snapshot_new - of the entries @raw of an earlier read, and @above of the containers
 *
 * memory: @raw and @above are borrowed
 * errors: NULL where an entry has no id, or two have one: then all must be read
 */
struct snapshot *snapshot_new(
	TALLOC_CTX *mem_ctx, struct entries *raw, struct entries *above) _must_check_;
size_t snapshot_count(const struct snapshot *snapshot); /* of @raw */
const char *snapshot_dn(const struct snapshot *snapshot, size_t i);

/*
 * snapshot_newest - of @raw those that were changed last
 *
 * shape:  at most @max, the newest first, that say when (ENTRY_CHANGED_AT)
 * memory: @ret_items borrowed from @raw
 */
struct snapshot_change {
	uint8_t id[ENTRY_ID_BYTES];
	const char *at; /* as the server wrote it */
};
size_t snapshot_newest(const struct snapshot *snapshot, struct snapshot_change *ret_items,
	size_t max) _must_check_;

/* Forgets all that was said. */
void snapshot_reset(struct snapshot *snapshot);

/*
 * What a server says. An entry that changed, or came; one that is gone, as it says; one that
 * is still there. Ids are of ENTRY_ID_BYTES.
 */
void snapshot_changed(
	struct snapshot *snapshot, const uint8_t *id, const char *dn, bool has_children);
void snapshot_gone(struct snapshot *snapshot, const uint8_t *id);
void snapshot_present(struct snapshot *snapshot, const uint8_t *id);
/* All that are there have been named: the others are gone, as it says. */
void snapshot_end_present(struct snapshot *snapshot);
/* All has been said: what is below those that moved or went, or refers to one, is to be looked at. */
void snapshot_end(struct snapshot *snapshot);
/* Was there one that refers to such an entry? The server may change it only now. */
bool snapshot_has_referrers(const struct snapshot *snapshot) _must_check_;

/* The ids to look at, end to end. */
const uint8_t *snapshot_look_at(const struct snapshot *snapshot, size_t *ret_n);
/* Entries that nobody knew, with children that nobody may have known, either. */
struct string_list snapshot_subtrees(const struct snapshot *snapshot);

/*
 * snapshot_came - an entry that was read again takes the place of the one that was
 *
 * returns: false where it has come already, or has no id
 */
bool snapshot_came(struct snapshot *snapshot, const struct entry *entry) _must_check_;
/* Is entry @i of @raw, or of @above, as it was? */
bool snapshot_has(const struct snapshot *snapshot, size_t i);
bool snapshot_has_above(const struct snapshot *snapshot, size_t i);
/* Adds where those are that stay; false where one of them has come all the same. */
bool snapshot_places(const struct snapshot *snapshot, struct places *places) _must_check_;
