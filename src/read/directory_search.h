/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The one paged subtree search that reads everything. It ends well only if every page
 * did. Faults are the session's.
 */

#include "read/directory_session.h"
#include "read/entry.h"
#include "read/places.h"

struct search;

struct search_result {
	size_t n_entries, n_pages;
	const char *repeated; /* a DN that came twice: the run stopped there; or NULL */
};

/* @attributes: what to ask for, NULL-terminated; borrowed, as is @map. */
struct search *search_new(TALLOC_CTX *mem_ctx, struct session *session,
	const struct map *map, const char *const *attributes, entry_sink sink,
	void *sink_data) _must_check_;

/*
 * search_run - all pages, once
 *
 * memory: strings of *ret live as long as the search
 * source: RFC 2696; RFC 4511 section 4.5
 */
int search_run(struct search *search, struct search_result *ret) _must_check_;

/*
 * search_more - the entries below @base that @filter takes, as one of several searches
 *
 * shape:  after search_begin(). A base that is not there has no entries. A DN may come in
 *         several of them
 */
void search_begin(struct search *search);
int search_more(struct search *search, const char *base, const char *filter) _must_check_;
/* An entry that has not come, but is as it was. */
void search_note(struct search *search, const char *dn);

/* Where the entries of the last run are. */
struct places *search_places(struct search *search);

/* Did every canary of the settings come in the last run? */
int search_check_canaries(struct search *search) _must_check_;
