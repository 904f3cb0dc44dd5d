/* SPDX-License-Identifier: Apache-2.0 */
#include "config/map_conflict.h"

#include <string.h>

#include "base/text.h"

static bool is_same_text(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : text_equal_case(a, b);
}

/* Does every value that one of them takes come to the other, too? */
static bool is_shared(const struct feed *a, const struct feed *b)
{
	return a->attribute != NULL && b->attribute != NULL &&
	       text_equal_case(a->attribute, b->attribute) &&
	       is_same_text(a->of, b->of) && is_same_text(a->after, b->after);
}

/* What is made of a value by these has no shape that could be known here. */
static bool is_as_it_is(const struct feed *feed)
{
	return feed->replace.n == 0 && feed->form == FORM_TEXT;
}

static unsigned takes(const struct map *map, const struct feed *feed, enum kind kind,
	kind_shapes shapes)
{
	static const unsigned by_type[_EXTRA_TYPE_MAX] = {[EXTRA_TEXT] = SHAPE_ANY,
		[EXTRA_NUMBER] = SHAPE_NUMBER,
		[EXTRA_BOOLEAN] = SHAPE_TRUTH};

	return feed->field == FIELD_NONE ? by_type[map->extras[feed->extra].type]
					 : shapes(kind, feed->field);
}

/* The first kind that both feed, with nothing that both could take; KIND_NONE: there is none. */
static enum kind conflict_of(const struct map *map, const struct feed *a,
	const struct feed *b, kind_shapes shapes)
{
	unsigned kinds = a->kinds & b->kinds;

	if (kinds == 0 || !is_shared(a, b) || !is_as_it_is(a) || !is_as_it_is(b))
		return KIND_NONE;
	for (enum kind kind = KIND_NONE + 1; kind < _KIND_MAX; kind++)
		if ((kinds & 1U << kind) != 0 &&
			(takes(map, a, kind, shapes) & takes(map, b, kind, shapes)) == 0)
			return kind;
	return KIND_NONE;
}

static const char *name_of(const struct map *map, const struct feed *feed)
{
	return feed->field == FIELD_NONE ? map->extras[feed->extra].name
					 : attribute_of(feed->field)->field;
}

static bool is_before(const struct feed *a, const struct feed *b)
{
	return a->line != b->line ? a->line < b->line : a->column < b->column;
}

static int report(struct reader *r, const struct map *map, const struct feed *a,
	const struct feed *b, enum kind kind)
{
	const struct feed *first = is_before(a, b) ? a : b, *later = first == a ? b : a;
	const struct node at = {.line = later->line, .column = later->column};
	int failed = document_fault(r, &at,
		"'%s' is the %s of a %s already, and no value is that and its %s: choose by "
		"'after', or give them different attributes",
		later->attribute, name_of(map, first), kind_name(kind),
		name_of(map, later));

	diag_note(diag_last(r->diags),
		loc_at(r->document->source, first->line, first->column),
		"given to '%s' here", name_of(map, first));
	return failed;
}

int map_check_feeds(struct reader *r, const struct map *map, kind_shapes shapes)
{
	int result = 0;

	for (size_t i = 0; i < map->n_feeds; i++)
		for (size_t j = 0; j < i; j++) {
			const struct feed *a = &map->feeds[j], *b = &map->feeds[i];
			enum kind kind = conflict_of(map, a, b, shapes);

			if (kind != KIND_NONE)
				result = report(r, map, a, b, kind);
		}
	return result;
}
