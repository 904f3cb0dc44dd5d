/* SPDX-License-Identifier: Apache-2.0 */
#include "config/map_read.h"

#include <string.h>

#include "base/text.h"
#include "config/map_conflict.h"
#include "config/map_dn.h"
#include "config/map_place.h"

/* The map that is read, and for which kinds: of `attributes:` all, of `host:` one. */
struct section {
	struct map *map;
	kind_shapes shapes;
	enum kind kind; /* KIND_NONE: all */
	bool is_unsure; /* the classes have a fault: any kind may be meant */
};

static int read_name(struct reader *r, const struct node *value, void *field)
{
	int failed = read_string(r, value, field);

	if (failed == 0 && !is_descriptor(*(const char **)field))
		return document_fault(
			r, value, "'%s' is no LDAP name", *(const char **)field);
	return failed;
}

static const struct node *item_of(const struct node *value, size_t i)
{
	return value->kind == NODE_LIST ? value->items[i] : value;
}

static size_t count_of(const struct node *value)
{
	return value->kind == NODE_LIST ? value->n_items : 1;
}

/* One of a few words; *field is its number. */
static int read_word(struct reader *r, const struct node *value, const char *const *words,
	size_t n, unsigned *ret)
{
	TMP_CTX(tmp);
	struct buffer *all = buffer_new(tmp);

	for (size_t i = 0; i < n; i++) {
		if (value->kind == NODE_SCALAR && strcmp(value->text, words[i]) == 0) {
			*ret = (unsigned)i;
			return 0;
		}
		buffer_printf(all, "%s%s", i > 0 ? ", " : "", words[i]);
	}
	return document_fault(r, value, "expected one of %s", all->data);
}

/* classes: */

/* DC=RootDNSServers, or DC=..*: in lower case, as they are compared */
static int read_rdns(struct reader *r, const struct node *value, void *field)
{
	struct string_list *list = field;
	int failed = read_strings(r, value, list);

	for (size_t i = 0; failed == 0 && i < list->n; i++) {
		char *rdn = mem_strdup(r->mem_ctx, list->items[i]);

		if (strchr(rdn, '=') == NULL || strchr(rdn, ',') != NULL)
			return document_fault(r, value,
				"'%s' is no RDN, such as DC=RootDNSServers", rdn);
		text_lower(rdn);
		list->items[i] = rdn;
	}
	return failed;
}

static int read_class(
	struct reader *r, const struct node *value, struct class_list *classes)
{
	static const struct key keys[] = {
		{"class", read_name, offsetof(struct map_class, name), false},
		{"filter", read_filter, offsetof(struct map_class, filter), false},
		{"except", read_strings, offsetof(struct map_class, except), false},
		{"optional", read_bool, offsetof(struct map_class, is_optional), false},
		{"zone", read_bool, offsetof(struct map_class, is_zone), false},
		{"not-below", read_rdns, offsetof(struct map_class, not_below), false},
		{0},
	};
	struct map_class class = {0};
	int failed = value->kind == NODE_MAP ? document_read(r, value, keys, &class)
					     : read_name(r, value, &class.name);

	if (failed == 0 && class.name == NULL && class.filter == NULL)
		failed = document_fault(r, value, "expected a class, a filter, or both");
	if (failed == 0)
		*mem_push(r->mem_ctx, &classes->items, &classes->n) = class;
	return failed;
}

static int read_classes_of(struct reader *r, const struct node *value, void *field)
{
	int result = 0;

	for (size_t i = 0; i < count_of(value); i++) {
		int failed = read_class(r, item_of(value, i), field);

		if (failed < 0)
			result = failed;
	}
	return result;
}

static int read_classes(struct reader *r, const struct node *value, void *field)
{
	struct key keys[_KIND_MAX + 1] = {0};

	for (size_t kind = KIND_NONE + 1; kind < _KIND_MAX; kind++)
		keys[kind - 1] = (struct key){.name = kind_name((enum kind)kind),
			.read = read_classes_of,
			.offset = offsetof(struct map, classes) +
				  sizeof(struct class_list) * kind};
	keys[_KIND_MAX - 1] = (struct key){.name = "vm_host",
		.read = read_classes_of,
		.offset = offsetof(struct map, vm_host_classes)};
	int failed = document_read(r, value, keys, field);
	const struct map *map = field;

	for (size_t kind = KIND_NONE + 1; failed == 0 && kind < _KIND_MAX; kind++)
		for (size_t i = 0; kind != KIND_HOST && i < map->classes[kind].n; i++)
			if (map->classes[kind].items[i].is_zone)
				failed = document_fault(
					r, value, "'zone' is for classes of 'host' only");
	return failed;
}

/* attributes: and the sections of kinds */

static int read_form(struct reader *r, const struct node *value, void *field)
{
	static const char *const words[_FORM_MAX] = {[FORM_TEXT] = "text",
		[FORM_DNS_RECORD] = "dns-record",
		[FORM_RANGE] = "range",
		[FORM_DOMAIN_NAME] = "domain-name",
		[FORM_HOST_NAME] = "host-name",
		[FORM_CNAME] = "cname",
		[FORM_MX] = "mx",
		[FORM_TXT] = "txt",
		[FORM_DNS_DATA] = "dns-data"};
	unsigned form = 0;
	int failed = read_word(r, value, words, ARRAY_SIZE(words), &form);

	*(enum form *)field = (enum form)form;
	return failed;
}

/* {"/": "-"}: pairs, one behind the other */
static int read_pairs(struct reader *r, const struct node *value, void *field)
{
	struct string_list *list = field;
	int result = 0;

	if (value->kind != NODE_MAP)
		return document_fault(r, value, "expected {TEXT: INSTEAD}");
	for (size_t i = 0; i < value->n_items; i++) {
		const char *instead = NULL;
		int failed = read_string(r, value->items[i], &instead);

		if (failed == 0 && value->keys[i]->length == 0)
			failed = document_fault(r, value->keys[i], "expected a text");
		if (failed < 0) {
			result = failed;
			continue;
		}
		*mem_push(r->mem_ctx, &list->items, &list->n) =
			mem_strdup(r->mem_ctx, value->keys[i]->text);
		*mem_push(r->mem_ctx, &list->items, &list->n) = instead;
	}
	return result;
}

#define AT(member) offsetof(struct feed, member)
static const struct key feed_keys[] = {
	{"from", read_name, AT(attribute), false},
	{"value", read_string, AT(constant), false},
	{"of", read_name, AT(of), false},
	{"strip", read_strings, AT(strip), false},
	{"strip-end", read_strings, AT(strip_end), false},
	{"after", read_string, AT(after), false},
	{"split", read_string, AT(split), false},
	{"first", read_bool, AT(is_first), false},
	{"replace", read_pairs, AT(replace), false},
	{"form", read_form, AT(form), false},
	{"unless", read_filter, AT(unless), false},
	{"anyway", read_filter, AT(anyway), false},
	{"why", read_string, AT(why), false},
	{0},
};
#undef AT

static int check_feed(struct reader *r, const struct node *value, const struct feed *feed)
{
	if ((feed->attribute == NULL) == (feed->constant == NULL))
		return document_fault(r, value,
			"expected 'from', an attribute, or 'value', a constant");
	if ((feed->unless == NULL) != (feed->why == NULL) ||
		(feed->unless == NULL && feed->anyway != NULL))
		return document_fault(r, value,
			"'unless', a filter, goes with 'why', what to say of a value that "
			"does not count, and 'anyway' with both");
	return 0;
}

static int read_feed(struct reader *r, const struct node *value, struct feed feed)
{
	struct section *section = r->user;

	feed.line = value->line;
	feed.column = value->column;
	int failed = value->kind == NODE_MAP ? document_read(r, value, feed_keys, &feed)
					     : read_name(r, value, &feed.attribute);

	if (failed == 0)
		failed = check_feed(r, value, &feed);
	if (failed == 0)
		*mem_push(section->map, &section->map->feeds, &section->map->n_feeds) =
			feed;
	return failed;
}

static int read_feed_list(struct reader *r, const struct node *value, struct feed feed)
{
	int result = 0;

	for (size_t i = 0; i < count_of(value); i++) {
		int failed = read_feed(r, item_of(value, i), feed);

		if (failed < 0)
			result = failed;
	}
	return result;
}

static enum field_id find_field(const char *name)
{
	enum field_id field = FIELD_NONE + 1;

	while (field < _FIELD_MAX && strcmp(attribute_of(field)->field, name) != 0)
		field++;
	return field == _FIELD_MAX ? FIELD_NONE : field;
}

static int unknown_field(struct reader *r, const struct node *key)
{
	TMP_CTX(tmp);
	const char **names = NULL;
	size_t n = 0;

	for (enum field_id field = FIELD_NONE + 1; field < _FIELD_MAX; field++)
		*mem_push(tmp, &names, &n) = attribute_of(field)->field;
	*mem_push(tmp, &names, &n) = NULL;
	const char *nearest = text_nearest(key->text, names);
	const char *shown = text_printable(tmp, key->text, key->length);

	if (nearest == NULL)
		return document_fault(r, key, "unknown key '%s'", shown);
	return document_fault(
		r, key, "unknown key '%s', did you mean '%s'?", shown, nearest);
}

/* The kinds of this map that use @field, as bits; of a kind's section that kind. */
static unsigned kinds_using(const struct section *section, enum field_id field)
{
	unsigned kinds = 0;

	for (size_t kind = KIND_NONE + 1; kind < _KIND_MAX; kind++) {
		bool is_meant =
			section->kind == KIND_NONE
				? section->is_unsure || section->map->classes[kind].n > 0
				: section->kind == kind;

		if (is_meant && section->shapes((enum kind)kind, field) != 0)
			kinds |= 1U << kind;
	}
	return kinds;
}

/* What a kind's own section says of a field stands in the place of what all kinds have. */
static void drop_kinds(struct map *map, enum field_id field, unsigned kinds)
{
	for (size_t i = 0; i < map->n_feeds; i++)
		if (map->feeds[i].field == field && field != FIELD_NONE)
			map->feeds[i].kinds &= ~kinds;
}

static int read_field(struct reader *r, const struct node *key, const struct node *value)
{
	struct section *section = r->user;
	struct feed feed = {.field = find_field(key->text)};

	if (feed.field == FIELD_NONE)
		return unknown_field(r, key);
	feed.kinds = kinds_using(section, feed.field);
	if (feed.kinds == 0)
		return section->kind == KIND_NONE
			       ? document_fault(r, key, "no kind of this map uses '%s'",
					 key->text)
			       : document_fault(r, key, "a %s has no use for '%s'",
					 kind_name(section->kind), key->text);
	drop_kinds(section->map, feed.field, feed.kinds);
	return read_feed_list(r, value, feed);
}

/* extra: of a kind's section */

static int read_extra_type(struct reader *r, const struct node *value, void *field)
{
	static const char *const words[_EXTRA_TYPE_MAX] = {[EXTRA_TEXT] = "text",
		[EXTRA_NUMBER] = "number",
		[EXTRA_BOOLEAN] = "boolean"};
	unsigned type = 0;
	int failed = read_word(r, value, words, ARRAY_SIZE(words), &type);

	*(enum extra_type *)field = (enum extra_type)type;
	return failed;
}

/* `siteRack`, or {from: siteRack, type: number, list: yes, required: yes, strip: …} */
struct extra_keys {
	struct extra extra;
	struct feed feed;
};

static int read_extra_keys(
	struct reader *r, const struct node *value, struct extra_keys *ret)
{
#define OF_EXTRA(member) offsetof(struct extra_keys, extra.member)
	struct key keys[ARRAY_SIZE(feed_keys) + 3] = {
		{"type", read_extra_type, OF_EXTRA(type), false},
		{"list", read_bool, OF_EXTRA(is_list), false},
		{"required", read_bool, OF_EXTRA(is_required), false},
	};
#undef OF_EXTRA

	for (size_t i = 0; feed_keys[i].name != NULL; i++) {
		keys[i + 3] = feed_keys[i];
		keys[i + 3].offset += offsetof(struct extra_keys, feed);
	}
	if (value->kind != NODE_MAP)
		return read_name(r, value, &ret->feed.attribute);
	int failed = document_read(r, value, keys, ret);

	return failed < 0 ? failed : check_feed(r, value, &ret->feed);
}

/* Templates know extras by name, and hosts and VCNs have one shape. */
static bool clashes(const struct map *map, const struct extra *extra)
{
	for (size_t i = 0; i < map->n_extras; i++) {
		const struct extra *other = &map->extras[i];

		if (strcmp(other->name, extra->name) == 0 &&
			(other->kind == extra->kind || other->type != extra->type ||
				other->is_list != extra->is_list))
			return true;
	}
	return false;
}

static unsigned slot_of(struct map *map, const char *name)
{
	for (size_t i = 0; i < map->n_extras; i++)
		if (strcmp(map->extras[i].name, name) == 0)
			return map->extras[i].slot;
	return map->n_slots++;
}

static int read_extra(struct reader *r, const struct node *key, const struct node *value)
{
	struct section *section = r->user;
	struct map *map = section->map;
	struct extra_keys keys = {.extra = {.kind = section->kind},
		.feed = {.line = value->line,
			.column = value->column,
			.kinds = 1U << section->kind,
			.extra = (unsigned)map->n_extras}};

	if (key->length == 0 ||
		key->text[strspn(key->text, TEXT_LETTERS TEXT_DIGITS "_")] != '\0')
		return document_fault(
			r, key, "'%s' is no name: letters, digits and '_'", key->text);
	keys.extra.name = mem_strdup(map, key->text);
	int failed = read_extra_keys(r, value, &keys);

	if (failed < 0)
		return failed;
	if (clashes(map, &keys.extra))
		return document_fault(r, key,
			"'%s' is there already, or of another type in another kind",
			key->text);
	keys.extra.attribute = keys.feed.attribute;
	keys.extra.slot = slot_of(map, keys.extra.name);
	*mem_push(map, &map->extras, &map->n_extras) = keys.extra;
	*mem_push(map, &map->feeds, &map->n_feeds) = keys.feed;
	return 0;
}

typedef int (*read_pair)(
	struct reader *r, const struct node *key, const struct node *value);

/* Every key and its value to @read; each key once. */
static int read_all(struct reader *r, const struct node *value, read_pair read)
{
	int result = 0;

	if (value->kind != NODE_MAP)
		return document_fault(r, value, "expected a map of keys and values");
	for (size_t i = 0; i < value->n_items; i++) {
		const struct node *key = value->keys[i];
		int failed =
			node_find(value, key->text) != value->items[i]
				? document_fault(r, key, "'%s' is there twice", key->text)
				: read(r, key, value->items[i]);

		if (failed < 0)
			result = failed;
	}
	return result;
}

static int read_section_key(
	struct reader *r, const struct node *key, const struct node *value)
{
	struct section *section = r->user;

	if (section->kind != KIND_NONE && strcmp(key->text, "extra") == 0)
		return read_all(r, value, read_extra);
	return read_field(r, key, value);
}

/* join: */

/* relative: yes */
static int read_relative(struct reader *r, const struct node *value, void *field)
{
	bool is_relative = false;
	int failed = read_bool(r, value, &is_relative);

	if (is_relative)
		*(enum match_by *)field = MATCH_RELATIVE;
	return failed;
}

static int read_match(struct reader *r, const struct node *value, struct match *match)
{
	static const struct {
		const char *word;
		enum match_by by;
	} words[] = {{"name", MATCH_NAME}, {"dn", MATCH_DN}, {"parent", MATCH_PARENT},
		{"above", MATCH_ABOVE}, {"domain-name", MATCH_DOMAIN_NAME}};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (value->kind == NODE_SCALAR &&
			strcmp(value->text, words[i].word) == 0) {
			match->by = words[i].by;
			return 0;
		}
	if (value->kind != NODE_MAP)
		return read_name(r, value, &match->attribute);
	const struct key keys[] = {
		{"from", read_name, offsetof(struct match, attribute), true},
		{"relative", read_relative, offsetof(struct match, by), false},
		{0},
	};

	return document_read(r, value, keys, match);
}

static int read_matches(struct reader *r, const struct node *value, void *field)
{
	struct join *join = field;
	bool is_pair = value->kind == NODE_LIST;

	if (is_pair && value->n_items != 2)
		return document_fault(r, value,
			"expected one word for both entries, or [of the joined, of the other]");
	int failed = read_match(r, is_pair ? value->items[0] : value, &join->mine);

	return failed < 0
		       ? failed
		       : read_match(r, is_pair ? value->items[1] : value, &join->theirs);
}

static int read_join(struct reader *r, const struct node *value, struct map *map)
{
#define AT(member) offsetof(struct join, member)
	static const struct key keys[] = {
		{"class", read_name, AT(from.name), true},
		{"filter", read_filter, AT(from.filter), false},
		{"to", read_name, AT(to), true},
		{"match", read_matches, 0, true},
		{"each", read_bool, AT(is_each), false},
		{"optional", read_bool, AT(from.is_optional), false},
		{0},
	};
#undef AT
	struct join join = {.line = value->line, .column = value->column};
	int failed = document_read(r, value, keys, &join);

	if (failed == 0 && map->n_joins == JOINS_MAX)
		failed =
			document_fault(r, value, "there are %d joins already", JOINS_MAX);
	if (failed == 0)
		*mem_push(map, &map->joins, &map->n_joins) = join;
	return failed;
}

static int read_joins(struct reader *r, const struct node *value, void *field)
{
	int result = 0;

	for (size_t i = 0; i < count_of(value); i++) {
		int failed = read_join(r, item_of(value, i), field);

		if (failed < 0)
			result = failed;
	}
	return result;
}

/* without: and zone-name: */

static int read_without(struct reader *r, const struct node *value, void *field)
{
#define AT(member) offsetof(struct without, member)
	static const struct key keys[] = {
		{"class", read_name, AT(of.name), true},
		{"filter", read_filter, AT(of.filter), true},
		{"optional", read_bool, AT(of.is_optional), false},
		{"why", read_string, AT(why), true},
		{0},
	};
#undef AT
	struct map *map = field;
	int result = 0;

	for (size_t i = 0; i < count_of(value); i++) {
		struct without without = {0};
		int failed = document_read(r, item_of(value, i), keys, &without);

		if (failed < 0)
			result = failed;
		else
			*mem_push(map, &map->without, &map->n_without) = without;
	}
	return result;
}

static int read_zone_name(struct reader *r, const struct node *value, void *field)
{
	struct string_list *list = field;
	int result = 0;

	if (count_of(value) == 0 || count_of(value) > 2)
		return document_fault(r, value,
			"expected an attribute with the whole name, or two: of the name "
			"in its zone, and of the zone");
	for (size_t i = 0; i < count_of(value); i++) {
		const char *name = NULL;
		int failed = read_name(r, item_of(value, i), &name);

		if (failed < 0)
			result = failed;
		else
			*mem_push(r->mem_ctx, &list->items, &list->n) = name;
	}
	return result;
}

/* told: */

static int read_told(struct reader *r, const struct node *value, struct map *map)
{
#define AT(member) offsetof(struct told, member)
	static const struct key keys[] = {
		{"class", read_name, AT(of.name), true},
		{"filter", read_filter, AT(of.filter), false},
		{"optional", read_bool, AT(of.is_optional), false},
		{"from", read_name, AT(feed.attribute), false},
		{"after", read_string, AT(feed.after), false},
		{"except-name", read_bool, AT(is_except_name), false},
		{"given", read_bool, AT(is_given), false},
		{"except", read_strings, AT(except), false},
		{"why", read_string, AT(why), true},
		{0},
	};
#undef AT
	struct told told = {0};
	int failed = document_read(r, value, keys, &told);

	if (failed == 0 && told.feed.attribute == NULL &&
		(told.feed.after != NULL || told.is_except_name || told.except.n > 0))
		failed = document_fault(r, value,
			"'after', 'except-name' and 'except' go with 'from', an "
			"attribute");
	if (failed == 0)
		*mem_push(map, &map->told, &map->n_told) = told;
	return failed;
}

static int read_all_told(struct reader *r, const struct node *value, void *field)
{
	int result = 0;

	for (size_t i = 0; i < count_of(value); i++) {
		int failed = read_told(r, item_of(value, i), field);

		if (failed < 0)
			result = failed;
	}
	return result;
}

/* Does what @class gives come back to @wanted? Every join is gone along once. */
static bool leads_to(
	const struct map *map, const char *class, const char *wanted, bool *is_gone)
{
	if (text_equal_case(class, wanted))
		return true;
	for (size_t i = 0; i < map->n_joins; i++) {
		if (is_gone[i] || !text_equal_case(map->joins[i].from.name, class))
			continue;
		is_gone[i] = true;
		if (leads_to(map, map->joins[i].to, wanted, is_gone))
			return true;
	}
	return false;
}

/* A class that gives to itself, through others or at once: who would be whose? */
static int check_cycles(struct reader *r, const struct map *map)
{
	int result = 0;

	for (size_t i = 0; i < map->n_joins; i++) {
		TMP_CTX(tmp);
		const struct join *join = &map->joins[i];
		const struct node at = {.line = join->line, .column = join->column};

		if (leads_to(map, join->to, join->from.name,
			    mem_array(tmp, bool, map->n_joins)))
			result = document_fault(r, &at,
				"joins go round in a circle: '%s' is joined to '%s', "
				"which leads back to it",
				join->from.name, join->to);
	}
	return result;
}

/* Is @class one of a kind? A kind by a filter alone has any. */
static bool is_of_a_kind(const struct map *map, const char *class, bool is_any)
{
	for (size_t kind = 0; kind < _KIND_MAX; kind++)
		for (size_t i = 0; i < map->classes[kind].n; i++) {
			const char *name = map->classes[kind].items[i].name;

			if (name == NULL ? is_any : text_equal_case(name, class))
				return true;
		}
	return false;
}

/* The join in which @class gives and is no record any more; NULL: none. */
static const struct join *join_of(const struct map *map, const char *class)
{
	for (size_t i = 0; i < map->n_joins; i++)
		if (!map->joins[i].is_each &&
			text_equal_case(map->joins[i].from.name, class))
			return &map->joins[i];
	return NULL;
}

/* An entry gives what it has, and nothing that it was given: who gives to it would be lost. */
static int check_taker(struct reader *r, const struct map *map, const struct join *join)
{
	const struct node at = {.line = join->line, .column = join->column};
	const struct join *next = join_of(map, join->to);

	if (next != NULL)
		return document_fault(r, &at,
			"'%s' is joined to '%s', which is a part of '%s' itself: join it "
			"to that",
			join->from.name, join->to, next->to);
	return is_of_a_kind(map, join->to, true)
		       ? 0
		       : document_fault(r, &at,
				 "'%s' is joined to '%s', which is of no kind",
				 join->from.name, join->to);
}

static int check_takers(struct reader *r, struct map *map)
{
	int result = 0;

	for (size_t i = 0; i < map->n_joins; i++) {
		struct join *join = &map->joins[i];
		int failed = check_taker(r, map, join);

		join->is_lost_alone =
			!join->is_each && !is_of_a_kind(map, join->from.name, false);
		result = failed < 0 ? failed : result;
	}
	return result;
}

/* The whole */

static int read_references(struct reader *r, const struct node *value, void *field)
{
	static const char *const words[] = {"fail", "skip"};
	unsigned word = 0;
	int failed = read_word(r, value, words, ARRAY_SIZE(words), &word);

	*(bool *)field = word == 1;
	return failed;
}

static int read_nothing(struct reader *r _unused_, const struct node *value _unused_,
	void *field _unused_)
{
	return 0;
}

enum { OWN_KEYS = 7 };

/* Classes and joins first: what may be fed depends on the kinds that are there. */
static int read_frame(struct reader *r, const struct node *root, struct map *map)
{
	struct key keys[OWN_KEYS + _KIND_MAX] = {
		{"classes", read_classes, 0, true},
		{"attributes", read_nothing, 0, true},
		{"join", read_joins, 0, false},
		{"told", read_all_told, 0, false},
		{"without", read_without, 0, false},
		{"zone-name", read_zone_name, offsetof(struct map, zone_name), false},
		{"references", read_references, offsetof(struct map, skips_references),
			false},
	};

	for (size_t kind = KIND_NONE + 1; kind < _KIND_MAX; kind++)
		keys[OWN_KEYS + kind - 1] = (struct key){
			.name = kind_name((enum kind)kind), .read = read_nothing};
	int failed = document_read(r, root, keys, map);

	if (failed == 0)
		failed = check_cycles(r, map);
	return failed < 0 ? failed : check_takers(r, map);
}

static int read_section(
	struct reader *r, const struct node *root, struct section *section)
{
	const struct node *value = node_find(root,
		section->kind == KIND_NONE ? "attributes" : kind_name(section->kind));

	r->user = section;
	return value == NULL ? 0 : read_all(r, value, read_section_key);
}

/* `attributes:` before the kinds' own sections, which stand above it. */
static int read_sections(
	struct reader *r, const struct node *root, const struct section *first)
{
	int result = 0;

	for (size_t kind = KIND_NONE; kind < _KIND_MAX; kind++) {
		struct section section = *first;
		const char *name = kind_name((enum kind)kind);
		const struct node *own = kind == KIND_NONE ? NULL : node_find(root, name);
		bool has_class = first->is_unsure || first->map->classes[kind].n > 0;

		section.kind = (enum kind)kind;
		int failed =
			own != NULL && !has_class
				? document_fault(r, own, "'%s' has no class above", name)
				: read_section(r, root, &section);

		if (failed < 0)
			result = failed;
	}
	return result;
}

static int check_name(struct reader *r, const struct node *root, const struct map *map)
{
	for (size_t i = 0; i < map->n_feeds; i++)
		if (map->feeds[i].field == FIELD_NAME)
			return 0;
	return document_fault(r, root, "no attribute feeds 'name': add one");
}

int map_load(TALLOC_CTX *mem_ctx, const char *schema_dir, const char *name,
	struct loc named_at, kind_shapes shapes, struct diags *diags,
	const struct map **ret_map)
{
	TMP_CTX(tmp);
	struct map *map = mem_new(tmp, struct map);
	struct document *document;
	const char *path = strchr(name, '/') != NULL
				   ? name
				   : mem_printf(diags, "%s/maps/%s.yaml", schema_dir,
					     name); /* for its messages */
	int failed = map_check_name(
		mem_printf(tmp, "%s/maps", schema_dir), name, named_at, diags);

	if (failed == 0)
		failed = document_load(tmp, path, EXIT_USAGE, diags, &document);
	if (failed != 0)
		return failed;
	struct reader reader = {
		.mem_ctx = map, .document = document, .diags = diags, .code = EXIT_USAGE};

	failed = read_frame(&reader, document->root, map);
	const struct section first = {
		.map = map, .shapes = shapes, .is_unsure = failed < 0};
	int also_failed = read_sections(&reader, document->root, &first);

	failed = failed < 0 ? failed : also_failed;
	if (failed == 0)
		failed = check_name(&reader, document->root, map);
	if (failed == 0)
		failed = map_check_feeds(&reader, map, shapes);
	if (failed < 0)
		return failed;
	map->name = mem_strdup(map, name);
	map_learn_dns(map, shapes);
	map_prepare_search(map);
	*ret_map = talloc_steal(mem_ctx, map);
	return 0;
}
