/* SPDX-License-Identifier: Apache-2.0 */
#include "read/filter_match.h"

#include <string.h>

#include "base/text.h"
#include "read/dn.h"

const struct entry_attribute *entry_attribute(const struct entry *entry, const char *name)
{
	for (size_t i = 0; i < entry->n_attributes; i++)
		if (entry->attributes[i].dn == NULL &&
			text_equal_case(entry->attributes[i].name, name))
			return &entry->attributes[i];
	return NULL;
}

static bool has_class(const struct entry *entry, const char *name)
{
	const struct entry_attribute *classes = entry_attribute(entry, "objectClass");

	for (size_t i = 0; classes != NULL && i < classes->n_values; i++)
		if (text_equal_case(classes->values[i].bytes, name))
			return true;
	return false;
}

/* What is left behind @part, which stands at the start or, not @is_first, somewhere. */
static const char *skip_part(const char *text, const char *part, bool is_first)
{
	size_t len = strlen(part);

	if (is_first)
		return strncasecmp(text, part, len) == 0 ? text + len : NULL;
	const char *found = strcasestr(text, part);

	return found == NULL ? NULL : found + len;
}

static bool has_parts(const char *text, const struct string_list *parts)
{
	const char *last = parts->items[parts->n - 1];

	for (size_t i = 0; i + 1 < parts->n && text != NULL; i++)
		text = skip_part(text, parts->items[i], i == 0);
	if (text == NULL || strlen(text) < strlen(last))
		return false;
	return text_equal_case(text + strlen(text) - strlen(last), last);
}

static int compare(const char *value, const char *limit)
{
	uint64_t a, b;

	if (text_parse_u64(value, UINT64_MAX, &a) &&
		text_parse_u64(limit, UINT64_MAX, &b))
		return a < b ? -1 : a > b;
	return text_compare_case(value, limit);
}

/* Active Directory's numbers may be negative: groupType. */
static bool has_bits(const char *value, const char *wanted, bool is_all)
{
	uint64_t number, bits;
	bool is_negative = *value == '-';

	if (!text_parse_u64(value + is_negative, UINT32_MAX, &number) ||
		!text_parse_u64(wanted, UINT32_MAX, &bits))
		return false;
	number = is_negative ? -number : number;
	return is_all ? (number & bits) == bits : (number & bits) != 0;
}

/* Spaces, case and escapes are no part of a DN; what is none is compared as text. */
static bool is_same_dn(const char *value, const char *wanted)
{
	TMP_CTX(tmp);
	const char *a = dn_key(tmp, value), *b = a == NULL ? NULL : dn_key(tmp, wanted);

	return b != NULL && strcmp(a, b) == 0;
}

static bool value_matches(const struct filter *filter, const char *value)
{
	const char *wanted = filter->values.items[0];

	switch (filter->test) {
	case FILTER_EQUAL:
		return text_equal_case(value, wanted) ||
		       (filter->is_dn && is_same_dn(value, wanted));
	case FILTER_PARTS:
		return has_parts(value, &filter->values);
	case FILTER_LEAST:
		return compare(value, wanted) >= 0;
	case FILTER_MOST:
		return compare(value, wanted) <= 0;
	case FILTER_ALL_BITS:
	case FILTER_ANY_BITS:
		return has_bits(value, wanted, filter->test == FILTER_ALL_BITS);
	default:
		return true;
	}
}

static bool attribute_matches(const struct filter *filter, const struct entry *entry)
{
	const struct entry_attribute *attribute =
		entry_attribute(entry, filter->attribute);

	for (size_t i = 0; attribute != NULL && i < attribute->n_values; i++)
		if (value_matches(filter, attribute->values[i].bytes))
			return true;
	return false;
}

bool filter_matches(const struct filter *filter, const struct entry *entry)
{
	bool is_and = filter->test == FILTER_AND;

	if (filter->test == FILTER_NOT)
		return !filter_matches(filter->first, entry);
	if (!is_and && filter->test != FILTER_OR)
		return attribute_matches(filter, entry);
	for (const struct filter *part = filter->first; part != NULL; part = part->next)
		if (filter_matches(part, entry) != is_and)
			return !is_and;
	return is_and;
}

/* Does the canonical @rdn begin as @wanted, of which the last letter may be a star? */
static bool is_rdn(const char *rdn, const char *wanted)
{
	size_t len = strlen(wanted);

	if (len > 0 && wanted[len - 1] == '*')
		return strncmp(rdn, wanted, len - 1) == 0;
	return strncmp(rdn, wanted, len) == 0 && strchr(",+", rdn[len]) != NULL;
}

static bool is_below(const struct string_list *rdns, const struct entry *entry)
{
	TMP_CTX(tmp);
	const char *at = entry->key != NULL ? entry->key : dn_key(tmp, entry->dn);

	for (at = at == NULL ? "" : dn_key_parent(at); *at != '\0';
		at = dn_key_parent(at))
		for (size_t i = 0; i < rdns->n; i++)
			if (is_rdn(at, rdns->items[i]))
				return true;
	return false;
}

bool class_matches(const struct map_class *class, const struct entry *entry)
{
	if ((class->name != NULL && !has_class(entry, class->name)) ||
		(class->filter != NULL && !filter_matches(class->filter, entry)))
		return false;
	for (size_t i = 0; i < class->except.n; i++)
		if (has_class(entry, class->except.items[i]))
			return false;
	return class->not_below.n == 0 || !is_below(&class->not_below, entry);
}
