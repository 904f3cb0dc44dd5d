/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The nftables ingress chain of a TAP: what its guest may send.
 *
 * Port flags stop neither BPDUs where the bridge has no STP nor tagged frames, so both are
 * dropped here, always. With `filter` in vcn.yaml also what pretends to be another host: IPv4
 * and IPv6 sources, ARP senders and neighbour advertisements that are not of the manifest's
 * `addresses`, DHCP servers, router advertisements and redirects.
 *
 * A TAP has a table of its own, by its name, so that it is written in one transaction. The
 * table outlives the TAP: those without one are ours to remove (ingress_sweep()).
 *
 * libnftables is loaded in a child that makes the rules and ends: a supervisor has a third of its
 * memory, for months. They are written, and written again, without it.
 */

#include "vcn/common/manifest.h"

/* The chain of one TAP, as it was when it was written. */
struct ingress {
	const char *tap;
	struct mac mac; /* the guest's */
	const struct ip *addresses; /* the only ones it may use; see @filters */
	size_t n_addresses; /* 0: none is known, and every one is let through */
	bool filters;
	struct buffer *rules; /* the transaction, once it is made */
	char digest[65]; /* "": was never written */
	bool is_due; /* nftables has not come to it: it may the next time */
};

/* The rules in nft(8)'s language, without sets, and without the chain's hook: see nftables_copy(). */
const char *ingress_text(TALLOC_CTX *mem_ctx, const struct ingress *chain) _must_check_;
/*
 * ingress_write - the chain as it should be, whatever was there before
 *
 * memory:  the sentence below @mem_ctx
 * returns: NULL, or why it is not there
 */
const char *ingress_write(TALLOC_CTX *mem_ctx, struct ingress *chain) _must_check_;
/* Is it still what ingress_write() has made of it? */
bool ingress_is_whole(const struct ingress *chain);
/*
 * ingress_sweep - removes the tables whose TAPs are gone
 *
 * shape:  @taps: of these only; NULL: of any guest. Many that end at once would else all remove
 *         the tables of all, and be in each other's way
 * errors: nothing is said where it fails: the next start or apply removes what is left
 */
void ingress_sweep(const char *const *taps, size_t n_taps);
