/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Several MACs and several addresses in one entry belong together in a way that nobody can tell by
 * themselves: values have no order. Where a join brought them from entries of one MAC each, such as
 * those of a DHCP server, these tell it.
 */

#include "model/decode_value.h"

/* Keeps what the entries that gave to the one at hand tell of @interface, where that is needed. */
void told_pairs_read(struct decoder *d, struct interface *interface);
/*
 * told_pairs_split - an interface for each MAC that was told, in the order of the entries that tell
 *
 * shape:  what no entry tells is one interface, or one a MAC, where that is no guess: MACs
 *         without address, or addresses without MAC. Else all stays as it is, which is lint's to say
 * memory: in the site's arena
 */
void told_pairs_split(struct site *site, struct machine *machine);
