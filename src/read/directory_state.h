/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What state a directory is in, asked in one round trip: contextCSN of the database, or the
 * last USN of a 389 Directory Server. Only the files directory*.c know it.
 *
 * contextCSN is on the suffix entry of the database: the base, or one above it. Asking all of
 * them at once costs less than asking where the suffix is. Bases in several databases have
 * no state in common: then there is none.
 */

#include "read/directory_session.h"

enum { ANCESTORS_MAX = 16 };

/* One base and the entries above it. */
struct base_state {
	struct lookup lookups[ANCESTORS_MAX];
	size_t n;
	const struct lookup *suffix; /* has contextCSN; NULL: none of them */
};

struct state_lookup {
	struct base_state *bases; /* as many as the settings have */
	struct string_list csn; /* sorted; n is 0 where the server tells nothing */
};

/* Several operations can be started before the first is finished. All return 0 or -1. */
int state_start(struct session *s, struct state_lookup *state) _must_check_;
int state_finish(struct session *s, struct state_lookup *state) _must_check_;

/* Both, for the CSNs alone. */
int state_read(struct session *s, struct string_list *ret_csn) _must_check_;

/*
 * state_drop_frozen - takes out a contextCSN that nobody keeps up
 *
 * shape: a database may hold one that was loaded with slapadd -w or restored, on a server
 *        without the syncprov overlay. Such a one would say for ever that nothing has changed
 */
int state_drop_frozen(struct session *s, struct string_list *csn) _must_check_;

/* The value of entryCSN of the first base is there: the bind DN may read it. */
bool state_has_entry_csn(const struct state_lookup *state);
/* The DN of the subschema entry. */
const char *state_subschema(const struct state_lookup *state);
