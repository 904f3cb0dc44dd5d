/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Entries that are one machine become one: what a map's `join:` says, between reading and
 * decoding. Hosts and their Ethernet addresses, loaded from files, stand apart; FreeIPA keeps
 * a host's addresses in its DNS records; hosts in a dhcpGroup share its options.
 *
 * Of each join there are entries that give (its class) and entries that take (its `to`). An
 * entry that gives and has found whom it gives to is no record any more, unless it gives to
 * each of several. What it gave keeps its DN and its lines, for findings and `show`. Entries
 * that no join is about pass at once; the others are kept as bytes until the last has come, and
 * are found by hash tables: the whole is linear. To the bytes of an entry those that were given
 * to it are added: no value is looked at but those that are compared.
 *
 * What a map's `without:` takes away, with all that stands below it, gives nothing and is handed on to
 * nobody; where a map has such rows all entries are kept to the end, as the one above may come last.
 */

#include "config/map.h"
#include "read/entries.h"

struct joiner;

/*
 * @entry could give to each of @takers, which are in order: it gives to the one of number @keeper,
 * which had it in the last generation, or to none (@n).
 */
typedef void (*join_report)(void *data, const struct entry *entry,
	const struct entry *takers, size_t n, size_t keeper, bool are_one_machine);

/* @entry is none of the map's (@without), and so is what stands below it. */
typedef void (*without_report)(
	void *data, const struct entry *entry, const struct without *without);

/* An entry was put at the end of those that were joined. */
typedef void (*join_told)(void *data);

/*
 * joiner_new - entries go to the end of @to, as they are or joined, and each is told with @data
 *
 * shape:  @before is what the last generation was made of, NULL: nobody knows
 */
struct joiner *joiner_new(TALLOC_CTX *mem_ctx, const struct map *map, struct entries *to,
	struct entries *before, join_told told, join_report report,
	without_report report_without, void *data) _must_check_;
/* Does anything of @map need a joiner? */
bool joiner_is_needed(const struct map *map);
/* An entry_sink. */
void joiner_add(void *joiner, const struct entry *entry);
/* After the last entry: joins what was kept, and hands it on. */
void joiner_finish(struct joiner *joiner);
