/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * One tick: is the guest still what it was started as? Its bridge ports, its QEMU's voice,
 * the room for what it writes. What can be mended is; the rest makes it degraded.
 */

#include "vcn/guest/supervisor.h"

/* A new boot: its first tick is due, and a greeting of its QEMU. */
void upkeep_begin(struct supervisor *s);
/* QEMU has answered: its greeting, or the command @id. */
void upkeep_greeted(struct supervisor *s);
void upkeep_answered(struct supervisor *s, uint64_t id);

/* When upkeep_tick() has something to do: clock_ms(), or INT64_MAX. */
int64_t upkeep_deadline(const struct supervisor *s);
/* To be called when the deadline may have passed. */
void upkeep_tick(struct supervisor *s);
/* The tick, whenever it is due. */
void upkeep_now(struct supervisor *s);
