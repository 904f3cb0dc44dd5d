/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Last good versions that nobody knows any more: the file that had them is damaged. Everything is
 * read and published all the same, and stored again. Only whoever was published and is in error now
 * would be left out, or lose a value, for no other reason than that: then nothing is published.
 */

#include "generation/roster.h"
#include "ldapcc/run.h"

/* That they are lost, why, and what is done: a warning. */
void lost_good_tell(struct run *run);

/*
 * lost_good_permit - may be published what was made without them?
 *
 * shape:  @now is the roster of run->site, which is settled; run->roster_before that of the current
 *         generation. A record that is in error counts as published before also where one of its
 *         kind is gone that it may have been, by another DN and name; a group always does, as no
 *         roster has them
 * errors: EXIT_IO: each record is named
 */
int lost_good_permit(struct run *run, const struct roster *now) _must_check_;
