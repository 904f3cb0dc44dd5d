/* SPDX-License-Identifier: Apache-2.0 */
#include "config/map_dn.h"

static void add_dn_match(
	struct map *map, const struct match *match, const struct match *other)
{
	bool is_dn = other->by == MATCH_DN || other->by == MATCH_PARENT ||
		     other->by == MATCH_ABOVE;

	if (is_dn && match->attribute != NULL)
		list_add_name(map, &map->dn_attributes, match->attribute);
}

static void collect_dns(struct map *map, kind_shapes shapes)
{
	for (size_t i = 0; i < map->n_feeds; i++) {
		const struct feed *feed = &map->feeds[i];

		for (enum kind kind = KIND_NONE + 1; kind < _KIND_MAX; kind++)
			if ((feed->kinds & 1U << kind) != 0 && feed->attribute != NULL &&
				feed->field != FIELD_NONE &&
				shapes(kind, feed->field) == SHAPE_DN)
				list_add_name(map, &map->dn_attributes, feed->attribute);
	}
	for (size_t i = 0; i < map->n_joins; i++) {
		add_dn_match(map, &map->joins[i].mine, &map->joins[i].theirs);
		add_dn_match(map, &map->joins[i].theirs, &map->joins[i].mine);
	}
}

static void learn_dns_of(struct map *map, struct class_list *classes)
{
	for (size_t i = 0; i < classes->n; i++)
		classes->items[i].filter = filter_with_dns(
			map, classes->items[i].filter, &map->dn_attributes);
}

void map_learn_dns(struct map *map, kind_shapes shapes)
{
	collect_dns(map, shapes);
	for (size_t kind = 0; kind < _KIND_MAX; kind++)
		learn_dns_of(map, &map->classes[kind]);
	learn_dns_of(map, &map->vm_host_classes);
	for (size_t i = 0; i < map->n_joins; i++)
		map->joins[i].from.filter = filter_with_dns(
			map, map->joins[i].from.filter, &map->dn_attributes);
	for (size_t i = 0; i < map->n_told; i++)
		map->told[i].of.filter =
			filter_with_dns(map, map->told[i].of.filter, &map->dn_attributes);
	for (size_t i = 0; i < map->n_without; i++)
		map->without[i].of.filter = filter_with_dns(
			map, map->without[i].of.filter, &map->dn_attributes);
	for (size_t i = 0; i < map->n_feeds; i++) {
		struct feed *feed = &map->feeds[i];

		feed->unless = filter_with_dns(map, feed->unless, &map->dn_attributes);
		feed->anyway = filter_with_dns(map, feed->anyway, &map->dn_attributes);
	}
}
