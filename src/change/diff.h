/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Unified diff of two texts, by lines, with three lines of context (diff -u).
 *
 * Lines that both texts have exactly once hold the comparison together (patience diff);
 * between them Myers' algorithm runs with a bound on its work. Past the bound a stretch
 * is shown as removed and added whole: correct, if not shortest. So the cost stays near
 * linear for the hosts file of a large site.
 */

#include "base/mem.h"

/* Appends nothing where the texts are equal. @name_a and @name_b stand in the header. */
void diff_unified(struct buffer *out, const char *name_a, const char *a, size_t len_a,
	const char *name_b, const char *b, size_t len_b);
