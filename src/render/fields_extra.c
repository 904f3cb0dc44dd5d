/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "render/fields_row.h"

/*
 * `extra`: a site's own attributes (ldapcc-map(5)). The object is the record; a row's offset
 * is the slot, which is the same in all kinds that have an extra of that name.
 */

static const struct field no_fields[1];
struct shape extra_shapes[_KIND_MAX];

static const struct strings *values_of(const struct field *field, const void *object)
{
	const struct record *record = object;

	return record->extras == NULL ? NULL : &record->extras[field->offset];
}

static void get_text(const struct field *field, const void *object, struct value *ret)
{
	const struct strings *values = values_of(field, object);

	row_give_text(ret, values == NULL || values->n == 0 ? NULL : values->items[0]);
}

static void get_number(const struct field *field, const void *object, struct value *ret)
{
	get_text(field, object, ret);
	if (ret->kind == VALUE_TEXT)
		row_give_number(ret, strtoll(ret->text.bytes, NULL, 10));
}

static void get_truth(const struct field *field, const void *object, struct value *ret)
{
	get_text(field, object, ret);
	if (ret->kind == VALUE_TEXT)
		row_give_bool(ret, strcmp(ret->text.bytes, "TRUE") == 0);
}

static void get_list(const struct field *field, const void *object, struct value *ret)
{
	const struct strings *values = values_of(field, object);

	if (values == NULL)
		row_give_list(ret, NULL, 0);
	else
		row_give_list(ret, values->items, values->n);
}

static struct field row_of(const struct extra *extra)
{
	static const struct {
		enum value_kind kind;
		void (*get)(
			const struct field *field, const void *object, struct value *ret);
	} rows[_EXTRA_TYPE_MAX] = {
		[EXTRA_TEXT] = {VALUE_TEXT, get_text},
		[EXTRA_NUMBER] = {VALUE_NUMBER, get_number},
		[EXTRA_BOOLEAN] = {VALUE_BOOL, get_truth},
	};

	return (struct field){.name = extra->name,
		.kind = extra->is_list ? VALUE_LIST : rows[extra->type].kind,
		.get = extra->is_list ? get_list : rows[extra->type].get,
		.element = extra->is_list ? row_text_at : NULL,
		.attribute = (int)map_extra_field(extra),
		.offset = extra->slot};
}

/* Hosts and VCNs are one shape, so what one has the other may have. */
static enum kind shape_kind(enum kind kind)
{
	return kind == KIND_VCN ? KIND_HOST : kind;
}

static bool has_slot(const struct field *fields, size_t n, unsigned slot)
{
	for (size_t i = 0; i < n; i++)
		if (fields[i].offset == slot)
			return true;
	return false;
}

void fields_extras(TALLOC_CTX *mem_ctx, const struct map *map)
{
	for (enum kind kind = KIND_NONE; kind < _KIND_MAX; kind++) {
		struct field *fields = mem_array(mem_ctx, struct field, map->n_slots + 1);
		size_t n = 0;

		for (size_t i = 0; i < map->n_extras; i++)
			if (shape_kind(map->extras[i].kind) == kind &&
				!has_slot(fields, n, map->extras[i].slot))
				fields[n++] = row_of(&map->extras[i]);
		extra_shapes[kind] =
			(struct shape){"extra", n == 0 ? no_fields : fields, NULL, NULL};
	}
}
