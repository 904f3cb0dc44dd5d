/* SPDX-License-Identifier: Apache-2.0 */
#include "model/decode_told.h"

#include <string.h>

#include "base/text.h"
#include "model/decode_feed.h"
#include "read/dn.h"
#include "read/filter_match.h"

/* unless: and anyway: */

/* The attributes of the entry at hand that came from one entry, as that entry. */
struct part {
	struct entry entry;
	const char *dn; /* NULL: its own */
	unsigned distance;
};

/* A join brings no classes: that by which it brought @start is one of its entry. */
static void add_class(struct decoder *d, struct part *part, const char *class)
{
	static const char name[] = "objectClass";
	struct entry_value *value = mem_new(d->scratch, struct entry_value);

	*value = (struct entry_value){class, strlen(class), 0};
	part->entry.attributes[part->entry.n_attributes++] =
		(struct entry_attribute){.name = name, .values = value, .n_values = 1};
}

/* Those from @first on, which is moved behind them: what a join brought stands together. */
static struct part part_at(struct decoder *d, size_t *first)
{
	const struct entry *all = d->entry;
	const struct entry_attribute *start = &all->attributes[*first];
	struct part part = {.dn = start->dn, .distance = start->distance};

	part.entry.attributes = mem_array(
		d->scratch, struct entry_attribute, all->n_attributes - *first + 1);
	for (; *first < all->n_attributes &&
		text_compare(all->attributes[*first].dn, part.dn) == 0;
		++*first) {
		struct entry_attribute *copy =
			&part.entry.attributes[part.entry.n_attributes++];

		*copy = all->attributes[*first];
		copy->dn = NULL;
	}
	if (start->of != NULL)
		add_class(d, &part, start->of);
	return part;
}

/* Does @part settle it, and how? */
static bool settles(const struct feed *feed, const struct part *part, bool *ret_denies)
{
	*ret_denies = filter_matches(feed->unless, &part->entry);
	return *ret_denies ||
	       (feed->anyway != NULL && filter_matches(feed->anyway, &part->entry));
}

/* The value's own entry is asked first, those beside it never. */
static bool find_denial(struct decoder *d, const struct feed *feed,
	const struct entry_attribute *attribute, const char **ret_by)
{
	bool is_settled = false, denies = false;

	for (unsigned pass = 0; pass < 2 && !is_settled; pass++)
		for (size_t at = 0; at < d->entry->n_attributes && !is_settled;) {
			struct part part = part_at(d, &at);
			bool is_asked =
				pass == 0 ? text_compare(part.dn, attribute->dn) == 0
					  : part.dn == NULL || part.distance > 0;

			is_settled = is_asked && settles(feed, &part, &denies);
			*ret_by = part.dn;
		}
	return is_settled && denies;
}

bool decode_denies(struct decoder *d, const struct feed *feed,
	const struct entry_attribute *attribute)
{
	const char *by = NULL;

	if (!find_denial(d, feed, attribute, &by))
		return false;
	mem_reserve(d, &d->denials, &d->denial_room, d->n_denials + 1);
	d->denials[d->n_denials++] = (struct denial){feed, attribute, by};
	return true;
}

/* Telling */

static struct loc loc_of(struct decoder *d, const char *dn, const char *attribute,
	const struct entry_value *value)
{
	return (struct loc){
		.source = d->entry->source != NULL ? d->entry->source : d->site->source,
		.line = value != NULL && value->line > 0 ? value->line : d->entry->line,
		.dn = arena_strdup(d->site->arena, dn),
		.attr = attribute};
}

static struct finding *tell_value(struct decoder *d, const char *dn,
	const char *attribute, const struct entry_value *value, const char *text,
	const char *why)
{
	TMP_CTX(tmp);

	return check_report_entry(d->reporter, CHECK_LEFT_OUT,
		check_default(CHECK_LEFT_OUT), loc_of(d, dn, attribute, value),
		"'%s': %s", text_printable(tmp, text, strlen(text)), why);
}

static void tell_denial(struct decoder *d, const struct denial *denial)
{
	const struct entry_attribute *attribute = denial->attribute;
	const char *dn = attribute->dn == NULL ? d->entry->dn : attribute->dn;
	struct finding *last = NULL;

	for (size_t i = 0; i < attribute->n_values; i++) {
		const struct entry_value *value = &attribute->values[i];

		if (denial->feed->after == NULL ||
			decode_taken(d, denial->feed, value) != NULL)
			last = tell_value(d, dn, denial->feed->attribute, value,
				value->bytes, denial->feed->why);
	}
	if (last != NULL && text_compare(denial->by, attribute->dn) != 0)
		diag_note(last,
			loc_of(d, denial->by == NULL ? d->entry->dn : denial->by, NULL,
				NULL),
			"this entry says so");
}

/* n1 of cn=n1, or of fqdn=n1.c.example */
static bool is_own_name(struct decoder *d, const char *text)
{
	size_t n;
	const struct rdn_part *parts = dn_parse_rdn(d->scratch, d->entry->dn, &n);
	size_t len = strcspn(text, ".");

	for (size_t i = 0; i < n; i++)
		if (strncasecmp(parts[i].value, text, len) == 0 &&
			strchr(".", parts[i].value[len]) != NULL)
			return true;
	return false;
}

/* Does @text begin with one of @words, in any case? */
static bool begins_with(const char *text, const struct string_list *words)
{
	size_t len = strcspn(text, " \t;");

	for (size_t i = 0; i < words->n; i++)
		if (strlen(words->items[i]) == len &&
			strncasecmp(words->items[i], text, len) == 0)
			return true;
	return false;
}

/* Is it this value for which the row's filter holds? */
static bool is_meant(const struct told *told, const struct entry_attribute *attribute,
	const struct entry_value *value)
{
	struct entry_value only = *value;
	struct entry_attribute alone = {
		.name = attribute->name, .values = &only, .n_values = 1};
	const struct entry entry = {.attributes = &alone, .n_attributes = 1};

	return told->of.filter == NULL || filter_matches(told->of.filter, &entry);
}

static void tell_values(struct decoder *d, const struct told *told, const char *dn,
	const struct entry_attribute *attribute)
{
	for (size_t i = 0; i < attribute->n_values; i++) {
		const struct entry_value *value = &attribute->values[i];
		const char *text = decode_taken(d, &told->feed, value);

		if (text != NULL && is_meant(told, attribute, value) &&
			!(told->is_except_name && is_own_name(d, text)) &&
			!begins_with(text, &told->except))
			(void)tell_value(
				d, dn, told->feed.attribute, value, text, told->why);
	}
}

/* What a join brought is told at the entry that it is from. */
static void tell_entry(struct decoder *d, const struct told *told, const char *dn,
	const struct entry *entry)
{
	if (told->feed.attribute == NULL) {
		(void)check_report_entry(d->reporter, CHECK_LEFT_OUT,
			check_default(CHECK_LEFT_OUT), loc_of(d, dn, NULL, NULL), "%s",
			told->why);
		return;
	}
	for (size_t i = 0; i < entry->n_attributes; i++) {
		const struct entry_attribute *attribute = &entry->attributes[i];

		if (attribute->dn == NULL &&
			text_equal_case(attribute->name, told->feed.attribute))
			tell_values(d, told, dn, attribute);
	}
}

/* Of the entries that gave to the one at hand, and to no other. */
static void tell_given(struct decoder *d, const struct told *told)
{
	for (size_t at = 0; at < d->entry->n_attributes;) {
		const struct entry_attribute *first = &d->entry->attributes[at];

		if (first->dn == NULL || first->distance > 0 || first->of == NULL ||
			!text_equal_case(first->of, told->of.name)) {
			at++;
			continue;
		}
		struct part part = part_at(d, &at);

		if (told->of.filter == NULL ||
			filter_matches(told->of.filter, &part.entry))
			tell_entry(d, told, part.dn, &part.entry);
	}
}

static void tell(struct decoder *d, const struct told *told)
{
	if (told->is_given)
		tell_given(d, told);
	else if (class_matches(&told->of, d->entry))
		tell_entry(d, told, d->entry->dn, d->entry);
}

/* Would the map have taken values of @attribute, and something that they say? */
static bool is_fed(const struct decoder *d, const struct entry_attribute *attribute)
{
	const struct map *map = d->mapped->map;

	for (size_t i = 0; i < map->n_feeds; i++)
		if (map->feeds[i].attribute != NULL &&
			map->feeds[i].field != FIELD_NAME &&
			map->feeds[i].field != FIELD_DESCRIPTION &&
			text_compare_case(map->feeds[i].attribute, attribute->name) == 0)
			return true;
	return false;
}

/* Of the RDN: what the entry is called. */
static bool is_rdn(const struct decoder *d, const struct entry_attribute *attribute)
{
	size_t len = strlen(attribute->name);

	return strncasecmp(d->entry->dn, attribute->name, len) == 0 &&
	       d->entry->dn[len] == '=';
}

static bool tell_lost_values(struct decoder *d, const char *why)
{
	bool is_told = false;

	for (size_t i = 0; i < d->entry->n_attributes; i++) {
		const struct entry_attribute *attribute = &d->entry->attributes[i];

		if (is_rdn(d, attribute) || !is_fed(d, attribute))
			continue;
		for (size_t j = 0; j < attribute->n_values; j++)
			(void)tell_value(d, d->entry->dn,
				arena_strdup(d->site->arena, attribute->name),
				&attribute->values[j], attribute->values[j].bytes, why);
		is_told = true;
	}
	return is_told;
}

/* What joins had something to give to never comes here. */
static void tell_lost(struct decoder *d, const struct join *join)
{
	TMP_CTX(tmp);

	if (!join->is_lost_alone || !class_matches(&join->from, d->entry))
		return;
	const char *why = mem_printf(
		tmp, "belongs to no entry of class '%s': it is left out", join->to);

	if (join->mine.attribute == NULL && tell_lost_values(d, why))
		return;
	(void)check_report_entry(d->reporter, CHECK_LEFT_OUT,
		check_default(CHECK_LEFT_OUT),
		loc_of(d, d->entry->dn, join->mine.attribute, NULL), "%s", why);
}

void decode_tell(struct decoder *d)
{
	const struct map *map = d->mapped->map;

	for (size_t i = 0; i < map->n_joins && d->kind == KIND_NONE; i++)
		tell_lost(d, &map->joins[i]);

	for (size_t i = 0; i < d->n_denials; i++)
		tell_denial(d, &d->denials[i]);
	d->n_denials = 0;
	for (size_t i = 0; i < map->n_told; i++)
		tell(d, &map->told[i]);
}
