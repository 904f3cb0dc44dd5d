/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Does somebody on the wire have a VCN's address already? Asked from the bridge, which needs
 * no address for it, or in a VLAN from the port that the guest will have, with a sender that
 * changes nobody's tables.
 *
 * source: RFC 5227 section 2.1 (ARP probe), RFC 4862 section 5.4 (neighbour solicitation
 *         for duplicate address detection)
 */

#include "base/net.h"

/* One address that is asked for. */
struct presence {
	int bridge_index;
	/* a port of the bridge that asks in its stead, in its VLAN; -1: the bridge does */
	int tap_fd;
	struct mac asker; /* the sender */
	struct ip address;
	struct mac guest; /* whoever asks with this one has the address */
};

/* A frame as it is sent, and what an answer says. */
enum { PRESENCE_FRAME_MAX = 128 };

/* The question about @asked as a frame; its length. */
size_t presence_frame(
	const struct presence *asked, uint8_t ret_frame[PRESENCE_FRAME_MAX]);
/*
 * presence_is_answer - does this frame say that somebody has the address?
 *
 * shape: two hosts that ask at the same time both hear it; the one with the larger MAC
 *        gives way
 */
bool presence_is_answer(const struct presence *asked, const uint8_t *frame, size_t len);

/*
 * presence_answer - what says that a guest has the address that @question asks for
 *
 * shape:   of @mine address and guest count; only questions as presence_frame() makes them
 *          are answered, and not the guest's own
 * returns: the answer's length, 0 for none
 */
size_t presence_answer(const struct presence *mine, const uint8_t *question, size_t len,
	uint8_t ret_frame[PRESENCE_FRAME_MAX]);

/*
 * presence_ask - the first of @asked that somebody answers for
 *
 * shape:   takes 0.8 seconds where nobody answers, none for @n 0
 * returns: its index, and in @ret_who who has sent the answer; or -1; what cannot be asked is
 *          taken for free
 */
int presence_ask(
	const struct presence *asked, size_t n, struct mac *ret_who) _must_check_;
