/* SPDX-License-Identifier: Apache-2.0 */
#include "read/entry.h"

#include <string.h>

#include "base/text.h"

const char ENTRY_CHANGED_BY[] = "modifiersName";
const char ENTRY_CHANGED_AT[] = "modifyTimestamp";

bool entry_value_is(const struct entry_value *value, const char *text)
{
	return text_equal_case(value->bytes, text) && strlen(value->bytes) == value->len;
}

bool entry_tells_change(const char *attribute)
{
	return text_equal_case(attribute, ENTRY_CHANGED_BY) ||
	       text_equal_case(attribute, ENTRY_CHANGED_AT);
}

static bool has_plain(const struct entry *entry, const char *name, size_t len)
{
	for (size_t i = 0; i < entry->n_attributes; i++)
		if (strlen(entry->attributes[i].name) == len &&
			strncasecmp(entry->attributes[i].name, name, len) == 0)
			return true;
	return false;
}

/* `*` asks for all of them (RFC 4511 4.5.1.8). */
static bool is_wanted(const struct string_list *wanted, const char *name, size_t len)
{
	for (size_t i = 0; wanted != NULL && i < wanted->n; i++)
		if (strcmp(wanted->items[i], "*") == 0 ||
			(strlen(wanted->items[i]) == len &&
				strncasecmp(wanted->items[i], name, len) == 0))
			return true;
	return wanted == NULL;
}

struct entry_attribute *entry_part(
	const struct entry *entry, const struct string_list *wanted)
{
	for (size_t i = 0; i < entry->n_attributes; i++) {
		const char *name = entry->attributes[i].name;
		const char *options = strchr(name, ';'); /* few have any */
		const char *range =
			options == NULL ? NULL : strcasestr(options, ";range=");

		if (range != NULL && is_wanted(wanted, name, strcspn(name, ";")))
			return &entry->attributes[i];
	}
	return NULL;
}

const char *entry_settle_options(struct entry *entry, const struct string_list *wanted)
{
	size_t kept = 0;
	bool has_options = false;

	for (size_t i = 0; i < entry->n_attributes; i++)
		has_options |= strchr(entry->attributes[i].name, ';') != NULL;
	const struct entry_attribute *part =
		has_options ? entry_part(entry, wanted) : NULL;

	if (part != NULL)
		return part->name;
	/* whether a plain one is there is asked before any name is cut */
	for (size_t i = 0; has_options && i < entry->n_attributes; i++) {
		const char *name = entry->attributes[i].name;
		size_t len = strcspn(name, ";");

		if (name[len] == '\0' || !has_plain(entry, name, len))
			entry->attributes[kept++] = entry->attributes[i];
	}
	if (has_options)
		entry->n_attributes = kept;
	for (size_t i = 0; has_options && i < kept; i++) {
		char *name = (char *)(uintptr_t)entry->attributes[i].name;

		name[strcspn(name, ";")] = '\0';
	}
	return NULL;
}
