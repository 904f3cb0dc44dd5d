/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The options of a bond as netplan has them: vocBondOptions has the names and values of the
 * kernel's driver.
 */

#include "model/site.h"

struct bond_parameter {
	const char *name, *value;
};

/*
 * bond_parameters - @options for netplan; NULL: those that need nothing of the switch
 *
 * shape:  *ret_n of them; what netplan has no word for is left out
 * memory: below @arena
 * source: netplan's reference, "Properties for device type bonds"
 */
struct bond_parameter *bond_parameters(
	struct arena *arena, const char *options, uint32_t *ret_n);

/* Is @value a mode of the kernel's driver, by its name or number? */
bool bond_knows_mode(const char *value);

/* The first of @options that netplan has no word for, below @arena; NULL: it knows all. */
const char *bond_foreign_option(struct arena *arena, const char *options);
