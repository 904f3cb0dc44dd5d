/* SPDX-License-Identifier: Apache-2.0 */
#include "vcn/host/columns.h"

#include <string.h>

enum { GAP = 2 };

struct columns_row *columns_add(TALLOC_CTX *mem_ctx, struct columns *table)
{
	struct columns_row *row = mem_push(mem_ctx, &table->rows, &table->n_rows);

	row->cells = mem_array(mem_ctx, const char *, table->n_columns);
	row->color = "";
	return row;
}

static void print_row(FILE *stream, const struct columns *table, const char *const *cells,
	const size_t *widths, const char *color)
{
	size_t last = 0;

	for (size_t i = 0; i < table->n_columns; i++)
		if (cells[i][0] != '\0')
			last = i;
	for (size_t i = 0; i <= last; i++) {
		bool is_colored = i == table->colored && color[0] != '\0';

		fprintf(stream, "%s%s%s", is_colored ? color : "", cells[i],
			is_colored ? "\033[0m" : "");
		if (i < last)
			fprintf(stream, "%*s", (int)(widths[i] + GAP - strlen(cells[i])),
				"");
	}
	fputc('\n', stream);
}

void columns_print(FILE *stream, const struct columns *table)
{
	TMP_CTX(tmp);
	size_t *widths = mem_array(tmp, size_t, table->n_columns);

	if (table->n_rows == 0)
		return;
	for (size_t column = 0; column < table->n_columns; column++) {
		widths[column] = strlen(table->head[column]);
		for (size_t i = 0; i < table->n_rows; i++)
			if (strlen(table->rows[i].cells[column]) > widths[column])
				widths[column] = strlen(table->rows[i].cells[column]);
	}
	print_row(stream, table, table->head, widths, "");
	for (size_t i = 0; i < table->n_rows; i++)
		print_row(stream, table, table->rows[i].cells, widths,
			table->rows[i].color);
}
