/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The records of a zone, in the order in which they are printed. */

#include "model/zone.h"

/*
 * zone_order - sorts the records of @zone, leaves each once, and drops what no server takes
 *
 * shape:  reverse zones by address, others by owner; then by type and all the rest
 * memory: the records are below @mem_ctx
 */
void zone_order(TALLOC_CTX *mem_ctx, struct zone *zone);
