/* SPDX-License-Identifier: Apache-2.0 */
#include "model/choose.h"

#include <string.h>

#include "base/text.h"
#include "model/decode_feed.h"
#include "read/dn.h"

static bool is_in_rdn(
	struct decoder *d, enum field_id field, const struct entry_value *value)
{
	size_t n;
	const struct rdn_part *parts = dn_parse_rdn(d->scratch, d->entry->dn, &n);

	for (size_t i = 0; i < n; i++)
		if (entry_value_is(value, parts[i].value) &&
			decode_feeds(d, d->kind, field, parts[i].attribute))
			return true;
	return false;
}

/* The place of the attribute that @value is from in the map's list. */
static size_t place_in_map(
	struct decoder *d, enum field_id field, const struct entry_value *value)
{
	const struct origin *origin = decode_origin_of(d, field, value);
	const struct string_list *names;
	size_t place = 0;

	if (origin == NULL || field >= _FIELD_MAX)
		return 0;
	names = &d->mapped->map->attributes[field];
	while (place < names->n &&
		!text_equal_case(names->items[place], origin->attribute))
		place++;
	return place;
}

static bool is_before(struct decoder *d, enum field_id field, const struct entry_value *a,
	const struct entry_value *b)
{
	int order = (int)is_in_rdn(d, field, b) - (int)is_in_rdn(d, field, a);
	size_t left = place_in_map(d, field, a), right = place_in_map(d, field, b);

	if (order == 0 && left != right)
		order = left < right ? -1 : 1;
	if (order == 0)
		order = strcmp(a->bytes, b->bytes);
	/* alike up to a NUL */
	return order != 0 ? order < 0 : a->len < b->len;
}

const struct entry_value *choose_value(
	struct decoder *d, enum field_id field, const struct field_values *values)
{
	const struct entry_value *chosen = &values->values[0];

	for (size_t i = 1; i < values->n; i++)
		if (is_before(d, field, &values->values[i], chosen))
			chosen = &values->values[i];
	return chosen;
}

bool choose_settles(
	struct decoder *d, const struct use *use, const struct entry_value *chosen)
{
	bool is_plain = use->storage == STORAGE_TEXT || use->storage == STORAGE_IP ||
			use->storage == STORAGE_COUNT || use->storage == STORAGE_COST;

	return is_plain && d->kind != KIND_VCN && !decode_is_ours(d, use->field, chosen);
}

void choose_report(struct decoder *d, struct record *record, enum field_id field,
	const struct field_values *values, const struct entry_value *chosen)
{
	TMP_CTX(tmp);
	const char *first = text_printable(tmp, chosen->bytes, chosen->len);

	for (size_t i = 0; i < values->n; i++) {
		const struct entry_value *value = &values->values[i];

		if (value != chosen)
			check_report_where(d->reporter, CHECK_SEVERAL_VALUES, record,
				decode_loc(d, record, field, value),
				"'%s': one value is expected, and '%s' counts",
				text_printable(tmp, value->bytes, value->len), first);
	}
}
