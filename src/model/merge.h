/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * One machine from several entries, and one interface from values that stand twice: what
 * link.c does before it gives out names.
 */

#include "model/site.h"

/*
 * merge_part - @part is an interface of @machine (RFC 2307bis appendix C)
 *
 * shape: what only @part says counts for @machine, with its place; what both say differently
 *        is kept in site->disagreements for lint
 */
void merge_part(struct site *site, struct machine *machine, struct machine *part);

/*
 * drop_copies - the machine's own MACs and addresses that its interface entries have, too
 *
 * shape: FusionDirectory keeps such copies for programs that know no interfaces; an interface
 *        of nothing else is none
 */
void drop_copies(struct machine *machine);
