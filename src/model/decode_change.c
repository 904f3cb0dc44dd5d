/* SPDX-License-Identifier: Apache-2.0 */
#include "model/decode_value.h"

#include <string.h>

#include "base/text.h"
#include "read/dn.h"

/* Few people write a directory: one copy of each name. */
static const char *keep_name(struct decoder *d, const char *name)
{
	char *kept = table_find(d->writers, name);

	if (kept == NULL) {
		/* the table's key is the copy: @name goes with its entry */
		kept = arena_strdup(d->site->arena, name);
		*table_slot(d->writers, kept) = kept;
	}
	return kept;
}

static bool is_from(const struct entry_attribute *attribute, const char *dn)
{
	return attribute->n_values > 0 &&
	       (attribute->dn == dn || (attribute->dn != NULL && dn != NULL &&
					       strcmp(attribute->dn, dn) == 0));
}

struct change decode_change(struct decoder *d, const char *dn)
{
	struct change change = {0};

	for (size_t i = 0; d->tells_change && i < d->entry->n_attributes; i++) {
		const struct entry_attribute *attribute = &d->entry->attributes[i];

		if (!is_from(attribute, dn))
			continue;
		if (text_equal_case(attribute->name, ENTRY_CHANGED_BY))
			change.by = keep_name(
				d, dn_safe(d->scratch, attribute->values[0].bytes));
		else if (text_equal_case(attribute->name, ENTRY_CHANGED_AT) &&
			 !text_parse_time(attribute->values[0].bytes, &change.at))
			change.at = 0;
	}
	return change;
}
