/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A long file of a generation of which most is as it was before. It is written as a delta: what
 * is new, and where the rest stands in its base, which is an earlier generation's file under a
 * second name. So a change writes what it says, not what the site has.
 *
 *	entries, roster	whole; or `ldapcc delta 2`, the sum of its base (UMAC-128, in hex,
 *			with a key of zeros: against damage), and each piece:
 *			where it begins in the base, and its length; or NEW, its length and
 *			its bytes
 *	….base		the base, a link
 *
 * A delta is of a whole file, never of another delta. Both have their trailer (trailer.h). Numbers
 * have 64 bits, in the byte order of the machine: the state is not carried from one to another.
 * The base is held against its delta's sum at every load, not against its own hash, which takes five
 * times as long.
 */

#include <sys/uio.h>

#include "base/umac.h"
#include "generation/state.h"

struct delta_base {
	const char *name; /* below the state's folder */
	const char *bytes; /* mapped, without the trailer */
	size_t len;
	bool has_sum; /* it was read for a delta, which says it */
	uint8_t sum[UMAC_BYTES];
	uint64_t inode;
};

/* The bytes of a file without its trailer, one piece behind the other. */
struct pieces {
	struct iovec *items;
	size_t n;
	const struct delta_base *base; /* where most of them stand; NULL: nowhere */
};

/*
 * delta_load - the file @name of @state, whole or a delta
 *
 * memory: below @mem_ctx, which keeps the files mapped; the base of what is whole is itself
 * errors: EXIT_IO where a file cannot be read; else *ret_fault says what is wrong with one,
 *         below @mem_ctx, or is NULL
 */
int delta_load(TALLOC_CTX *mem_ctx, const struct state *state, const char *name,
	struct diags *diags, struct pieces *ret, const char **ret_fault) _must_check_;

/*
 * delta_format - the delta of @pieces, without its trailer
 *
 * returns: NULL where the whole file is to be written: it has no base, or too little of it
 */
struct buffer *delta_format(
	TALLOC_CTX *mem_ctx, const struct pieces *pieces) _must_check_;

/*
 * delta_link - makes @base the base of the file @name, which is about to be written
 *
 * errors: -errno: then @name is to be written whole
 */
int delta_link(const struct state *state, const struct delta_base *base,
	const char *name) _must_check_;

/* Replaces @name by @pieces, as a delta where that is less, durably; EXIT_IO. */
int delta_save(const struct state *state, const char *name, const struct pieces *pieces,
	struct diags *diags) _must_check_;
