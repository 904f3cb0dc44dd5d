/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The site's notes (site_note.h): from the findings of this run, and from the state. */

#include "generation/state.h"
#include "ldapcc/run.h"

/* The last generations in which records changed; of a state that cannot be read none. */
void notes_of_generations(struct run *run, const struct state *state);
/* run->site->notes, as far as they are known now; before each rendering. */
void notes_fill(struct run *run);
