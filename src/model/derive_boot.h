/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Which boot file which kind of client gets, of a network and of a node with values of its own:
 * one choice for all that are told the same, by its values alone.
 */

#include "model/site.h"

/* Part of derive_dhcp(), behind ranges and reservations. */
void derive_boot(struct site *site);
/* Does it say anything of its own? */
bool boot_says(const struct boot *boot) _must_check_;
