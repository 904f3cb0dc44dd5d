/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A site that is decoded in parts, each by a thread of its own, and put together before it is
 * linked.
 */

#include "model/site.h"

/* Of @site, in which nothing is yet: what is decoded into the part lies in its own arena. */
struct site *site_part_new(TALLOC_CTX *mem_ctx, const struct site *site) _must_check_;

/* What was decoded into @part since it was made or this was asked last; @part is empty again. */
struct site site_part_cut(struct site *part) _must_check_;

/* Adds a cut to @site, behind what is there; the records stay where they are. */
void site_take(struct site *site, const struct site *cut);
