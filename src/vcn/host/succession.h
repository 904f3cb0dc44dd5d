/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Who gets what another one has: a MAC, an address or a kept file that the manifest has given to
 * another VCN of this host belongs to the guest that runs with it until that is restarted.
 *
 * So whoever gets something comes after whoever gives it up. Those that exchange something, two or
 * a circle of more, can only be stopped together before the first of them starts.
 */

#include "vcn/host/reconcile.h"

struct succession;

/* memory: below @mem_ctx; the plan is borrowed, and its actions are told by their place in it */
struct succession *succession_new(
	TALLOC_CTX *mem_ctx, const struct plan *plan) _must_check_;

/* The guest of action @i has stopped, or runs from its new entry. */
void succession_gave(struct succession *s, size_t i);
/* The guest of action @i runs on as it was. */
void succession_keeps(struct succession *s, size_t i);

/* Has everybody given up what @i gets who will? */
bool succession_may_start(const struct succession *s, size_t i);

/* Who keeps what @i gets, and what that is; NULL: nobody. */
const struct action *succession_keeper(
	const struct succession *s, size_t i, const char **ret_what);

/*
 * succession_circle - who has to be stopped before @i starts, and begins together with it
 *
 * shape:  0: others come first; 1: @i alone; else all places of a circle
 * memory: below @mem_ctx
 */
size_t succession_circle(
	TALLOC_CTX *mem_ctx, const struct succession *s, size_t i, size_t **ret_places);

/*
 * succession_is_taken - has the manifest given another VCN what @state runs with, and no longer
 * @guest, whose state it is?
 */
bool succession_is_taken(const struct manifest *manifest, const struct guest *guest,
	const struct run_state *state);
