/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What of an apply depends on neither the lock nor a change, done before there is one: settings
 * and templates are read, the current generation is loaded, what the directory had then is
 * indexed and decoded. These are the stages of every apply, which find that done; what the
 * apply then publishes is therefore what it would have published without.
 *
 * It counts only where, with the lock, all of it is still the same: settings, templates and
 * the files of `also`, by the stat(2) that a run without changes goes by, too; the generation,
 * and by their stat(2) the files of it that were loaded. What the last run left is read with the
 * lock, and live files are looked at again. Where anything is another, or where everything is due
 * to be read, all of it is dropped and the run begins as any other.
 */

#include "ldapcc/publication.h"

/*
 * ahead_open - publication_begin(), when run->standby says so
 *
 * errors: those of publication_begin(); what was found ahead fails nothing
 */
int ahead_open(struct publication *p) _must_check_;

/*
 * ahead_decode - begins to decode what the directory had then, while that is indexed and it is asked
 *                what changed
 *
 * shape:  after publication_survey(); nothing, where all is read anew anyway, or was begun before
 */
void ahead_decode(const struct publication *p);
