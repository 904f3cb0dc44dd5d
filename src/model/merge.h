/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * One machine from several entries, and one interface from values that stand twice: what
 * link.c does before it gives out names.
 */

#include "model/site.h"

/*
 * merge_part - @part is an interface of @machine (RFC 2307bis appendix C)
 *
 * shape: what only @part says counts for @machine, with its place; what both say differently
 *        is kept in site->disagreements for lint
 */
void merge_part(struct site *site, struct machine *machine, struct machine *part);

/*
 * merge_interfaces - entries of one machine that are of one interface
 *
 * shape: those with a MAC and no address and those with an address and no MAC; those of one MAC
 *        with addresses of one family each; and all, where they have one address a family and
 *        one of them MACs. Several MACs and several addresses of a family stay apart, which is
 *        lint's to say; other entries with both are interfaces of their own
 */
void merge_interfaces(struct site *site, struct machine **parts, size_t n);
/* The halves; NULL is none. */
bool has_only_hardware(const struct interface *own);
bool has_only_addresses(const struct interface *own);

/*
 * drop_copies - the hardware and addresses of the machine's own entry that its interface entries
 *               have, too
 *
 * shape: FusionDirectory keeps such copies for programs that know no interfaces; an interface
 *        of nothing else is none, and its DUIDs are of those that have an IPv6 address
 */
void drop_copies(struct site *site, struct machine *machine);
