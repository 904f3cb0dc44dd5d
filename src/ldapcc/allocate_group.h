/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* allocate --group: new VCNs as members of a group, apart from each other where it is spread. */

#include "base/text.h"
#include "ldapcc/room.h"
#include "ldapcc/run.h"

struct membership;

/*
 * membership_open - of the group that the command line names
 *
 * shape:  NULL without one; rooms that its VCNs close are closed
 * memory: below @run
 * errors: EXIT_USAGE: there is no such group
 */
int membership_open(
	struct run *run, struct rooms *rooms, struct membership **ret) _must_check_;
void membership_add(struct membership *membership, const char *dn, const char *name);
/* One of the new VCNs is in @room. */
void membership_close(const struct membership *membership, struct room *room);
/* Why there may be no room, for the end of a sentence; "" where it is none of the group's. */
const char *membership_word(const struct membership *membership);
/* The change record, for ldapadd, which takes them beside whole entries. */
void membership_put(const struct membership *membership, struct buffer *ldif);
