/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The one paged subtree search that reads everything. It ends well only if every page
 * did. Faults are the session's.
 */

#include "read/directory_session.h"
#include "read/entry.h"

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

/* Did every canary of the settings come in the last run? */
int search_check_canaries(struct search *search) _must_check_;
