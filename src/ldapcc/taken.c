/* SPDX-License-Identifier: Apache-2.0 */
#include "ldapcc/taken.h"

#include <string.h>

#include "base/table.h"
#include "base/text.h"

#define ADDRESS_CHARS "0123456789abcdefABCDEF:."

struct adding {
	struct taken *taken;
	const struct map *map;
};

struct taken *taken_new(TALLOC_CTX *mem_ctx)
{
	struct taken *taken = mem_new(mem_ctx, struct taken);

	taken->mem_ctx = taken;
	taken->names = table_new(taken, 64);
	return taken;
}

static bool take_ip(struct taken *taken, const char *text)
{
	struct ip ip;

	if (!ip_parse(text, &ip))
		return false;
	*mem_push(taken->mem_ctx, &taken->ips, &taken->n_ips) = ip;
	return true;
}

/* An address, one with a dot behind it, or with a port: 10.1.0.9:8080 */
static void take_word(struct taken *taken, char *word)
{
	char *rest = word, *part;

	if (take_ip(taken, word))
		return;
	while ((part = strsep(&rest, ":")) != NULL) {
		for (size_t len = strlen(part); len > 0 && part[len - 1] == '.'; len--)
			part[len - 1] = '\0';
		part += strspn(part, ".");
		take_ip(taken, part);
	}
}

/* In URLs, options, routes, records, texts. */
static void take_words(struct taken *taken, const char *text)
{
	TMP_CTX(tmp);

	while (*(text += strcspn(text, ADDRESS_CHARS)) != '\0') {
		size_t len = strspn(text, ADDRESS_CHARS);

		if (len > 1)
			take_word(taken, mem_strndup(tmp, text, len));
		text += len;
	}
}

static void take_range(struct taken *taken, const char *text)
{
	TMP_CTX(tmp);
	size_t n;
	char **words = text_split_blank(tmp, text, &n);
	struct range range;

	if (n == 2 && ip_parse(words[0], &range.start) && ip_parse(words[1], &range.end))
		*mem_push(taken->mem_ctx, &taken->ranges, &taken->n_ranges) = range;
}

static void take_name(struct taken *taken, const char *text)
{
	char *name = mem_strndup(taken->mem_ctx, text, strcspn(text, "."));

	text_lower(name);
	*table_slot(taken->names, name) = taken;
}

static void take_value(struct adding *adding, const char *attribute, const char *text)
{
	const struct string_list *lists = adding->map->attributes;
	struct taken *taken = adding->taken;
	struct mac mac;

	/* the number of a /31 is a machine's, too (RFC 3021); of another network it is nobody's */
	if (!list_has_name(&lists[FIELD_NETWORK], attribute))
		take_words(taken, text);
	if (mac_parse(text, &mac))
		*mem_push(taken->mem_ctx, &taken->macs, &taken->n_macs) = mac;
	if (list_has_name(&lists[FIELD_DYNAMIC_RANGE], attribute))
		take_range(taken, text);
	if (list_has_name(&lists[FIELD_NAME], attribute) ||
		list_has_name(&lists[FIELD_ALIAS], attribute))
		take_name(taken, text);
}

/* An entry_sink. */
static void take_entry(void *data, const struct entry *entry)
{
	struct adding *adding = data;

	for (size_t i = 0; i < entry->n_attributes; i++)
		for (size_t j = 0; j < entry->attributes[i].n_values; j++)
			take_value(adding, entry->attributes[i].name,
				entry->attributes[i].values[j].bytes);
}

void taken_add(struct taken *taken, const struct entries *entries, const struct map *map)
{
	struct adding adding = {taken, map};

	for (size_t i = 0; i < entries_count(entries); i++)
		entries_give(entries, i, take_entry, &adding);
}
