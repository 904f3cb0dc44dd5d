/* SPDX-License-Identifier: Apache-2.0 */
#include "config/map.h"

#include "config/map_read.h"

/* A host is what is nothing more special, so its classes are tried last. */
const enum kind map_kind_order[] = {KIND_VCN, KIND_INTERFACE, KIND_NETWORK, KIND_CLUSTER,
	KIND_IMAGE, KIND_REPOSITORY, KIND_PROFILE, KIND_HOST, KIND_GROUP, KIND_NONE};

static const char *extra_attribute(const struct map *map, enum field_id field)
{
	for (size_t i = 0; i < map->n_extras; i++)
		if (map_extra_field(&map->extras[i]) == field)
			return map->extras[i].attribute != NULL ? map->extras[i].attribute
								: map->extras[i].name;
	return NULL;
}

const char *map_attribute(const struct map *map, enum field_id field)
{
	if (field == FIELD_NONE)
		return NULL;
	if (field >= _FIELD_MAX)
		return extra_attribute(map, field);
	const struct string_list *attributes = &map->attributes[field];

	return attributes->n > 0 ? attributes->items[0] : attribute_of(field)->field;
}

/* What the search asks for: each attribute once, and a filter over all classes */

static void want_match(struct map *map, const struct match *match)
{
	if (match->attribute != NULL)
		list_add_name(map, &map->wanted, match->attribute);
}

static void want_class(struct map *map, const struct map_class *class)
{
	filter_attributes(map, class->filter, &map->wanted);
	if (!class->is_optional)
		return;
	filter_attributes(map, class->filter, &map->optional);
	if (class->name != NULL)
		list_add_name(map, &map->optional, class->name);
}

static void want_classes(struct map *map, const struct class_list *classes)
{
	for (size_t i = 0; i < classes->n; i++)
		want_class(map, &classes->items[i]);
}

static void want_told(struct map *map)
{
	for (size_t i = 0; i < map->n_told; i++) {
		want_class(map, &map->told[i].of);
		if (map->told[i].feed.attribute != NULL)
			list_add_name(map, &map->wanted, map->told[i].feed.attribute);
	}
}

static void want_zones(struct map *map)
{
	for (size_t i = 0; i < map->zone_name.n; i++)
		list_add_name(map, &map->wanted, map->zone_name.items[i]);
	for (size_t i = 0; i < map->n_without; i++)
		want_class(map, &map->without[i].of);
}

static void collect_wanted(struct map *map)
{
	size_t n;

	list_add_name(map, &map->wanted, "objectClass");
	for (size_t i = 0; i < map->n_feeds; i++) {
		const struct feed *feed = &map->feeds[i];

		filter_attributes(map, feed->unless, &map->wanted);
		filter_attributes(map, feed->anyway, &map->wanted);
		if (feed->attribute == NULL)
			continue;
		list_add_name(map, &map->wanted, feed->attribute);
		if (feed->field != FIELD_NONE)
			list_add_name(
				map, &map->attributes[feed->field], feed->attribute);
	}
	for (size_t kind = 0; kind < _KIND_MAX; kind++)
		want_classes(map, &map->classes[kind]);
	want_classes(map, &map->vm_host_classes);
	for (size_t i = 0; i < map->n_joins; i++) {
		want_class(map, &map->joins[i].from);
		want_match(map, &map->joins[i].mine);
		want_match(map, &map->joins[i].theirs);
	}
	want_told(map);
	want_zones(map);
	n = map->wanted.n;
	*mem_push(map, &map->wanted.items, &n) = NULL;
}

static void add_class(struct buffer *out, const struct map_class *class)
{
	size_t start = out->len;

	if (class->name != NULL)
		buffer_printf(out, "(&(objectClass=%s)", class->name);
	size_t named = out->len;

	if (class->filter != NULL)
		filter_ask(class->filter, out);
	if (class->name != NULL && out->len > named) {
		buffer_add_byte(out, ')');
	} else if (class->name != NULL) {
		buffer_truncate(out, start);
		buffer_printf(out, "(objectClass=%s)", class->name);
	} else if (out->len == start) {
		buffer_add_text(out, "(objectClass=*)");
	}
}

void map_prepare_search(struct map *map)
{
	TMP_CTX(tmp);
	struct buffer *filter = buffer_new(tmp);

	collect_wanted(map);
	/* slapd takes the parts in order: what most entries have comes first */
	buffer_add_text(filter, "(|");
	for (size_t kind = KIND_HOST, n = 0; n < _KIND_MAX;
		n++, kind = (kind + 1) % _KIND_MAX)
		for (size_t j = 0; j < map->classes[kind].n; j++)
			add_class(filter, &map->classes[kind].items[j]);
	for (size_t i = 0; i < map->n_joins; i++)
		add_class(filter, &map->joins[i].from);
	for (size_t i = 0; i < map->n_told; i++)
		add_class(filter, &map->told[i].of);
	for (size_t i = 0; i < map->n_without; i++)
		add_class(filter, &map->without[i].of);
	buffer_add_text(filter, ")");
	map->filter = mem_strdup(map, filter->data);
}
