/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Sorting by number, which takes time for each thing once and not for each pair that is
 * compared: a few passes over all, one for every byte in which the numbers differ.
 */

#include "base/mem.h"

struct sort_number {
	uint64_t number;
	size_t index; /* whose it is */
};

/* Sorts @items by number; equal ones stay as they stood. @room has place for as many. */
void sort_by_number(struct sort_number *items, struct sort_number *room, size_t n);
