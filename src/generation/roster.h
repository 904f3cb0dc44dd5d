/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The roster of a generation: every record of the site that was published, with what guards
 * and `diff` have to know of it. A file of its own in the generation's folder, `roster`, whole or
 * a delta (delta.h): a record that is as it was is not written again. Where it is read it is
 * mapped, and texts stay where they are.
 */

#include "generation/delta.h"

/* Eight hex digits an item, in order: hashes of names, addresses, MACs, reservations. */
enum { ROSTER_ITEM = 8 };
/* Between names of networks, which are any text but for control characters. */
#define ROSTER_BETWEEN '\x1f'

struct roster_record {
	const char *name; /* the FQDN of a node; "" where a record has none */
	const char *dn;
	uint8_t kind; /* enum kind */
	bool is_armed; /* a host whose next network boot installs it */
	uint32_t
		line_len; /* of where it stands in a file: all before its name; 0: nowhere */
	uint64_t identity; /* of what its own entry says */
	uint64_t effect; /* of all that outputs say of it, whoever it comes from */
	const char
		*networks; /* names of those it has an address in, ROSTER_BETWEEN them */
	const char *names, *addresses, *macs, *reservations,
		*files; /* items, without anything between */
};

struct roster {
	struct roster_record *records; /* sorted by name, kind, DN */
	size_t n;
	const struct delta_base
		*base; /* of the file where most of them stand; NULL: none */
};

/* Does it install a host? NULL does not. */
bool roster_has_armed(const struct roster *roster);
/* By name, kind and DN: the order of a roster. */
int roster_compare(const struct roster_record *a, const struct roster_record *b);
void roster_sort(struct roster *roster);
/* The record of that name and kind; NULL if there is none. */
const struct roster_record *roster_find(
	const struct roster *roster, const char *name, uint8_t kind);

/* The same for one name after the other: in order, each is mostly where *next says. */
const struct roster_record *roster_find_next(
	const struct roster *roster, const char *name, uint8_t kind, size_t *next);

/* Record @i, if there is one, will be read soon: what it has is on its way from memory meanwhile. */
void roster_expect(const struct roster *roster, size_t i);
enum { ROSTER_AHEAD = 8 }; /* so many before it is read */

/* How many items of @before are not in @now. */
size_t roster_lost(const char *before, const char *now);

/*
 * Does @record say what @was said? Then a copy of @was takes its place, which stands in a file
 * already; nothing of that may be changed.
 */
bool roster_is_same(const struct roster_record *was, const struct roster_record *record);

/* The records from @first to before @end as pieces of the file: where they stand, else new. */
struct pieces roster_part(
	TALLOC_CTX *mem_ctx, const struct roster *roster, size_t first, size_t end);
/* The whole file of the @n parts, one behind the other, without its trailer. */
struct pieces roster_put_together(TALLOC_CTX *mem_ctx, const struct roster *roster,
	const struct pieces *parts, size_t n);

/*
 * roster_load - the roster in the state's file @name
 *
 * shape:  @way_out says what to do about a damaged one
 * memory: below @mem_ctx
 * errors: EXIT_IO, also where there is none: no roster is not an empty one
 */
int roster_load(TALLOC_CTX *mem_ctx, const struct state *state, const char *name,
	const char *way_out, struct diags *diags, struct roster *ret_roster) _must_check_;
/* That of generation @number. */
int roster_of_generation(TALLOC_CTX *mem_ctx, const struct state *state, uint64_t number,
	struct diags *diags, struct roster *ret_roster) _must_check_;
