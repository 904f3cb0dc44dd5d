/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* A table for people: columns as wide as what is in them. */

#include <stdio.h>

#include "base/mem.h"

struct columns_row {
	const char **cells; /* of each column */
	const char *color; /* begins the coloured cell, or "" */
};

struct columns {
	const char *const *head;
	size_t n_columns;
	size_t colored; /* the column that a row's colour is for */
	struct columns_row *rows;
	size_t n_rows;
};

/* One more row, to be filled, with room for its cells; valid until the next one. */
struct columns_row *columns_add(TALLOC_CTX *mem_ctx, struct columns *table) _must_check_;
/* Nothing where there is no row; no blanks at a line's end. */
void columns_print(FILE *stream, const struct columns *table);
