/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Sorting what mostly is in order: a directory gives entries as they were added, and one order
 * is often another's. What is sorted already costs one look, a few sorted runs one merge.
 */

#include <stddef.h>

typedef int (*sort_order)(const void *left, const void *right);

/* As qsort(3), and equal ones stay as they are. */
void sort_items(void *items, size_t n, size_t size, sort_order compare);
/* The same of a table of pointers: @compare gets pointers to two of them. */
void sort_pointers(void *table, size_t n, sort_order compare);
