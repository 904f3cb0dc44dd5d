/* SPDX-License-Identifier: Apache-2.0 */
#include "model/decode_value.h"

#include <string.h>

#include "base/text.h"
#include "read/dn.h"

/* Few people write a directory: one copy of each name, and it is made safe to print once. */
static const char *keep_name(struct decoder *d, const char *name)
{
	char *kept = table_find(d->writers, name);

	if (kept == NULL) {
		kept = arena_strdup(d->site->arena, dn_safe(d->scratch, name));
		/* the table's key is a copy: @name goes with its entry */
		*table_slot(d->writers, arena_strdup(d->site->arena, name)) = kept;
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
			change.by = keep_name(d, attribute->values[0].bytes);
		else if (text_equal_case(attribute->name, ENTRY_CHANGED_AT) &&
			 !text_parse_time(attribute->values[0].bytes, &change.at))
			change.at = 0;
	}
	return change;
}
