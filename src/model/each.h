/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* One walk over machines, by all processors. */

#include "model/site.h"

/*
 * machines_each - @work on each of @n machines of @site, beside each other
 *
 * shape:   @work changes @machine and what is its alone. @part is as @site, with an arena of
 *          its thread for what the machine is given; nothing else in it is kept.
 *          @beside, where it is not NULL, is run once meanwhile on the site itself, and
 *          begun first.
 * memory:  the arenas are the site's
 * returns: for how many machines @work returned true
 */
size_t machines_each(struct site *site, struct machine **machines, size_t n,
	bool (*work)(struct site *part, struct machine *machine),
	void (*beside)(struct site *site));
