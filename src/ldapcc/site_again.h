/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The site, made once more of what quarantine leaves of it. */

#include "ldapcc/run.h"

/*
 * site_again - run->site of the entries that are in order, and of last good versions
 *
 * shape:  @members has who is in quarantine (struct quarantined) by the canonical DN of each of its
 *         entries, @held by that of each entry of its last good version; @moved says which entries
 *         are elsewhere since then (NULL: there is no current generation). The site is linked and
 *         linted, run->accepted are its entries; findings about those in quarantine stay, the others
 *         are those of this site
 * memory: below run->mem_ctx
 */
void site_again(struct run *run, const struct table *members, const struct table *held,
	const struct moved *moved);
