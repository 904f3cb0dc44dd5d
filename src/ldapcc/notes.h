/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The site's notes (site_note.h): from the findings of this run, and from the state. */

#include "generation/generation.h"
#include "ldapcc/run.h"

/* The last generations in which records changed, as @current tells them (NULL: none). */
void notes_of_changes(struct run *run, const struct generation *current);
/* run->site->notes, as far as they are known now; before each rendering. */
void notes_fill(struct run *run);
