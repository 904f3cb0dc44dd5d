/* SPDX-License-Identifier: Apache-2.0 */
#include "read/recall.h"

#include <string.h>

#include "base/table.h"

struct recall {
	const struct entries *before;
	size_t next; /* behind the one that was found last */
	struct table *by_dn; /* DN -> index + 1; NULL: nobody was looked for yet */
};

struct recall *recall_new(TALLOC_CTX *mem_ctx, const struct entries *before)
{
	struct recall *recall = mem_new(mem_ctx, struct recall);

	recall->before = before;
	return recall;
}

static size_t find_by_dn(struct recall *recall, const char *dn)
{
	size_t n = entries_count(recall->before);

	if (recall->by_dn == NULL) {
		recall->by_dn = table_new(recall, n);
		for (size_t i = 0; i < n; i++)
			*table_slot(recall->by_dn, entries_dn(recall->before, i)) =
				(void *)(i + 1);
	}
	size_t found = (size_t)table_find(recall->by_dn, dn);

	return found == 0 ? n : found - 1;
}

size_t recall_find(struct recall *recall, const struct entries *entries, size_t i)
{
	size_t n = entries_count(recall->before), at = recall->next;
	const char *dn = entries_dn(entries, i);

	if (at >= n || strcmp(entries_dn(recall->before, at), dn) != 0)
		at = find_by_dn(recall, dn);
	if (at == n)
		return n;
	recall->next = at + 1;
	return at;
}
