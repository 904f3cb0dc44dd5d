/* SPDX-License-Identifier: Apache-2.0 */
#include "model/decode_feed.h"

#include <string.h>

#include "base/text.h"
#include "model/decode_told.h"
#include "model/decode_zone.h"
#include "read/dn.h"
#include "read/filter_match.h"

#define BLANKS " \t\r\n"

struct mapped *mapped_new(TALLOC_CTX *mem_ctx, const struct map *map)
{
	struct mapped *m = mem_new(mem_ctx, struct mapped);

	m->map = map;
	m->feeds = table_new_folded(m, 2 * map->n_feeds);
	/* backwards: each list is in the order of the map */
	for (size_t i = map->n_feeds; i-- > 0;) {
		if (map->feeds[i].attribute == NULL) {
			*mem_push(m, &m->constants, &m->n_constants) = &map->feeds[i];
			continue;
		}
		struct feed *feed = mem_new(m, struct feed);
		void **slot = table_slot(m->feeds, map->feeds[i].attribute);

		*feed = map->feeds[i];
		feed->next = *slot;
		*slot = feed;
	}
	return m;
}

/* Kinds */

static const struct map_class *matching_class(
	const struct class_list *classes, const struct entry *entry)
{
	for (size_t i = 0; i < classes->n; i++)
		if (class_matches(&classes->items[i], entry))
			return &classes->items[i];
	return NULL;
}

static enum kind kind_of(
	const struct map *map, const struct entry *entry, bool *ret_is_zone)
{
	const enum kind *kind = map_kind_order;
	const struct map_class *class = NULL;

	while (*kind != KIND_NONE &&
		(class = matching_class(&map->classes[*kind], entry)) == NULL)
		kind++;
	*ret_is_zone = class != NULL && class->is_zone;
	return *kind;
}

/* One value as the map has it */

static bool is_plain(const struct feed *feed)
{
	return feed->strip.n == 0 && feed->strip_end.n == 0 && feed->after == NULL &&
	       feed->split == NULL && feed->form == FORM_TEXT;
}

static bool has_replaceable(const struct feed *feed, const struct entry_value *value)
{
	for (size_t i = 0; i + 1 < feed->replace.n; i += 2)
		if (strstr(value->bytes, feed->replace.items[i]) != NULL)
			return true;
	return false;
}

/* Most values are as they should be, and are copied nowhere. */
static bool stays_as_it_is(
	const struct feed *feed, const struct entry_attribute *attribute)
{
	if (!is_plain(feed))
		return false;
	for (size_t i = 0; feed->replace.n > 0 && i < attribute->n_values; i++)
		if (has_replaceable(feed, &attribute->values[i]))
			return false;
	return true;
}

/* Where in dhcpd's statements a character stands. */
struct place {
	unsigned depth; /* of braces */
	bool is_quoted;
	bool is_odd; /* quotes are no pairs here: 3.5" */
};

/* The place behind @c, which stands at *@place. */
static void step_over(struct place *place, char c)
{
	if (c == '"')
		place->is_quoted = !place->is_quoted && !place->is_odd;
	else if (c == '{' && !place->is_quoted)
		place->depth++;
	else if (c == '}' && !place->is_quoted && place->depth > 0)
		place->depth--;
}

/* How much of @text is before the next semicolon, of which those in quotes are none. */
static size_t statement_length(const char *text, bool is_odd)
{
	struct place place = {.is_odd = is_odd};
	size_t len = 0;

	for (; text[len] != '\0' && (text[len] != ';' || place.is_quoted); len++)
		step_over(&place, text[len]);
	return len;
}

/* Does the word @word, of @len bytes, stand @at, in @text? */
static bool is_word_at(const char *text, const char *at, const char *word, size_t len)
{
	bool is_open = len > 0 && strchr("=:", word[len - 1]) != NULL;

	return strncasecmp(at, word, len) == 0 &&
	       (at == text || strchr(BLANKS ";,}", at[-1]) != NULL) &&
	       (is_open || at[len] == '\0' || strchr(BLANKS ";", at[len]) != NULL);
}

/*
 * What stands behind the word: `fixed-address 10.1.0.7; next-server 10.1.0.2` behind
 * `next-server`, up to the next semicolon. NULL without it. What stands in braces counts on a
 * condition, and what in quotes is nobody's word.
 */
static char *take_after(TALLOC_CTX *mem_ctx, const char *text, const char *word)
{
	size_t len = strlen(word), n_quotes = 0;

	for (const char *at = text; (at = strchr(at, '"')) != NULL; at++)
		n_quotes++;
	struct place place = {.is_odd = n_quotes % 2 == 1};

	for (const char *at = text; *at != '\0'; step_over(&place, *at++))
		if (place.depth == 0 && !place.is_quoted &&
			is_word_at(text, at, word, len))
			return mem_strndup(mem_ctx, at + len,
				statement_length(at + len, place.is_odd));
	return NULL;
}

static char *trim(char *text)
{
	size_t len;

	while (*text == ' ' || *text == '\t')
		text++;
	len = strlen(text);
	while (len > 0 && (text[len - 1] == ' ' || text[len - 1] == '\t'))
		len--;
	text[len] = '\0';
	return text;
}

static char *unquote(char *text)
{
	size_t len = strlen(text);

	if (len < 2 || text[0] != '"' || text[len - 1] != '"')
		return text;
	text[len - 1] = '\0';
	return text + 1;
}

static char *take_prefix(char *text, const struct string_list *prefixes)
{
	for (size_t i = 0; i < prefixes->n; i++) {
		size_t len = strlen(prefixes->items[i]);

		if (strncasecmp(text, prefixes->items[i], len) == 0)
			return trim(text + len);
	}
	return text;
}

/* Nothing is left of what is the ending alone: it stands as it is, and is found wanting. */
static char *take_ending(char *text, const struct string_list *endings)
{
	for (size_t i = 0; i < endings->n; i++) {
		size_t len = strlen(text), end = strlen(endings->items[i]);

		if (len > end && strcasecmp(text + len - end, endings->items[i]) == 0) {
			text[len - end] = '\0';
			return trim(text);
		}
	}
	return text;
}

static char *replace_all(TALLOC_CTX *mem_ctx, char *text, const struct string_list *pairs)
{
	for (size_t i = 0; i + 1 < pairs->n; i += 2) {
		struct buffer *out = buffer_new(mem_ctx);
		const char *what = pairs->items[i], *at = text, *found;

		for (; (found = strstr(at, what)) != NULL; at = found + strlen(what)) {
			buffer_add(out, at, (size_t)(found - at));
			buffer_add_text(out, pairs->items[i + 1]);
		}
		buffer_add_text(out, at);
		text = out->data;
	}
	return text;
}

/*
 * The address in a dnsRecord of Active Directory, NULL for other types.
 *
 * source: MS-DNSP 2.3.2.2: length and type of the data, two bytes each, the lower first;
 *         the data behind 24 bytes; A is type 1, AAAA 28
 */
static char *take_dns_record(TALLOC_CTX *mem_ctx, const struct entry_value *value)
{
	enum { HEAD = 24, TYPE_A = 1, TYPE_AAAA = 28 };
	const unsigned char *bytes = (const unsigned char *)value->bytes;
	struct ip ip = {0};
	char text[IP_TEXT_MAX];

	if (value->len < HEAD)
		return NULL;
	unsigned len = bytes[0] | (unsigned)bytes[1] << 8;
	unsigned type = bytes[2] | (unsigned)bytes[3] << 8;

	if (value->len != HEAD + len)
		return NULL;
	if (type == TYPE_A && len == 4)
		ip.family = 4;
	else if (type == TYPE_AAAA && len == 16)
		ip.family = 6;
	else
		return NULL;
	memcpy(ip.bytes, bytes + HEAD, len);
	return mem_strdup(mem_ctx, ip_format(ip, text));
}

/* The DN of the entry that @attribute is from. */
static const char *dn_of(const struct decoder *d, const struct entry_attribute *attribute)
{
	return attribute->dn == NULL ? d->entry->dn : attribute->dn;
}

/* The same, canonical; NULL for what is no DN. */
static const char *key_of(struct decoder *d, const struct entry_attribute *attribute)
{
	const char *key = attribute->dn == NULL ? d->entry->key : attribute->key;

	if (key != NULL)
		return key;
	return dn_write_key(d->key, dn_of(d, attribute)) ? d->key->data : NULL;
}

/* What the entry is called that the value is from. */
static char *take_domain_name(struct decoder *d, const struct entry_attribute *attribute)
{
	struct buffer *name = d->name;
	const char *key = key_of(d, attribute);

	if (key == NULL)
		return NULL;
	const struct owner owner = decode_owner(d, dn_of(d, attribute), key);

	buffer_truncate(name, 0);
	owner_name(name, &owner);
	/* full names of ours have no dot at their end */
	if (name->len > 0 && name->data[name->len - 1] == '.')
		buffer_truncate(name, name->len - 1);
	return decode_zone_keeps(d, dn_of(d, attribute), &owner, name->data)
		       ? mem_strndup(d->scratch, name->data, name->len)
		       : NULL;
}

static bool is_letter_or_digit(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/*
 * Anna's laptop (2nd floor) is Anna-s-laptop-2nd-floor: what people call a thing is no fault. Dots
 * part labels where it is one word.
 */
static char *make_host_name(TALLOC_CTX *mem_ctx, const char *text)
{
	struct buffer *name = buffer_new(mem_ctx);
	bool is_apart = false, is_word = strchr(text, ' ') == NULL;

	for (const char *at = text; *at != '\0'; at++) {
		bool is_dot = is_word && *at == '.' && at > text &&
			      is_letter_or_digit(at[-1]) && is_letter_or_digit(at[1]);

		if (!is_letter_or_digit(*at) && !is_dot) {
			is_apart = true;
			continue;
		}
		if (is_apart && name->len > 0)
			buffer_add_byte(name, '-');
		buffer_add_byte(name, *at);
		is_apart = false;
	}
	return name->len == 0 ? mem_strdup(mem_ctx, "") : name->data;
}

/* What the form makes of @value of @attribute, in memory of its own; NULL: nothing. */
static char *take_form(struct decoder *d, TALLOC_CTX *mem_ctx, const struct feed *feed,
	const struct entry_attribute *attribute, const struct entry_value *value)
{
	switch (feed->form) {
	case FORM_DNS_RECORD:
		return take_dns_record(mem_ctx, value);
	case FORM_DOMAIN_NAME:
		return take_domain_name(d, attribute);
	case FORM_CNAME:
	case FORM_MX:
	case FORM_TXT:
	case FORM_DNS_DATA:
		return decode_zone_record(
			d, mem_ctx, feed->form, dn_of(d, attribute), value);
	default:
		return feed->after != NULL
			       ? take_after(mem_ctx, value->bytes, feed->after)
			       : mem_strndup(mem_ctx, value->bytes, value->len);
	}
}

/* A writable copy of what of @value of @attribute counts; NULL for none. */
static char *take_text(struct decoder *d, const struct feed *feed,
	const struct entry_attribute *attribute, const struct entry_value *value)
{
	TALLOC_CTX *mem_ctx = d->scratch;
	char *text = take_form(d, mem_ctx, feed, attribute, value);

	if (text == NULL)
		return NULL;
	text = take_ending(take_prefix(trim(text), &feed->strip), &feed->strip_end);
	text = replace_all(mem_ctx, text, &feed->replace);
	return feed->form == FORM_HOST_NAME && text_hostname_fault(text) != NULL
		       ? make_host_name(mem_ctx, text)
		       : text;
}

char *decode_taken(
	struct decoder *d, const struct feed *feed, const struct entry_value *value)
{
	const struct entry_attribute own = {.name = feed->attribute};
	char *text = take_text(d, feed, &own, value);

	return text == NULL ? NULL : unquote(trim(text));
}

struct values {
	struct entry_value *items;
	size_t n;
};

static bool has_value(const struct field_values *have, const struct entry_value *value)
{
	for (size_t i = 0; i < have->n; i++)
		if (have->values[i].len == value->len &&
			memcmp(have->values[i].bytes, value->bytes, value->len) == 0)
			return true;
	return false;
}

static char *next_piece(char **rest, const char *separators)
{
	char *piece = *rest;

	if (separators != NULL)
		return strsep(rest, separators);
	*rest = NULL;
	return piece;
}

static void transform(struct decoder *d, const struct feed *feed,
	const struct entry_attribute *attribute, const struct entry_value *value,
	struct values *to)
{
	char *rest = take_text(d, feed, attribute, value), *piece;

	while ((piece = next_piece(&rest, feed->split)) != NULL) {
		piece = unquote(trim(piece));
		if (*piece == '\0' && feed->split != NULL)
			continue;
		if (feed->form == FORM_RANGE && strchr(piece, ' ') == NULL)
			piece = mem_printf(d->scratch, "%s %s", piece, piece);
		const struct entry_value one = {piece, strlen(piece), value->line};

		/* two values may become one: domain-name "c.example", and without quotes */
		if (!has_value(&(struct field_values){to->items, to->n}, &one))
			*mem_push(d->scratch, &to->items, &to->n) = one;
		if (feed->is_first)
			return;
	}
}

/* Fields */

static enum field_id field_of(const struct decoder *d, const struct feed *feed)
{
	return feed->field != FIELD_NONE
		       ? feed->field
		       : map_extra_field(&d->mapped->map->extras[feed->extra]);
}

/* One copy of @text for all records. */
static const char *intern(struct decoder *d, const char *text)
{
	char *kept = table_find(d->joined, text);

	if (kept == NULL) {
		kept = arena_strdup(d->site->arena, text);
		*table_slot(d->joined, kept) = kept;
	}
	return kept;
}

/* The entry that @attribute was brought from; its attributes follow each other. */
static const struct joined_from *joined_from(
	struct decoder *d, const struct entry_attribute *attribute)
{
	const char *dn = attribute->dn;

	d->is_given_alone |= attribute->distance == 0;
	/* who gives to several gives the one copy of its DN */
	if (d->from.raw != dn && (d->from.raw == NULL || strcmp(d->from.raw, dn) != 0))
		d->from = (struct joined_from){.raw = dn,
			.dn = attribute->distance > 0 ? intern(d, dn)
						      : arena_strdup(d->site->arena, dn),
			.change = decode_change(d, dn)};
	return &d->from;
}

static struct origin *push_origin(struct decoder *d)
{
	size_t n = d->n_found++;

	mem_reserve(d, &d->found, &d->found_room, n + 1);
	mem_reserve(d, &d->parts, &d->part_room, n + 1);
	/* they are compared by their bytes */
	memset(&d->found[n], 0, sizeof(d->found[n]));
	d->parts[n] = (struct field_values){0};
	return &d->found[n];
}

static int32_t lines_below(const struct decoder *d, unsigned line)
{
	return line == 0 ? 0 : (int32_t)(line - d->entry->line);
}

/* Where values came from. */
static void add_origin(struct decoder *d, const struct feed *feed,
	const struct entry_attribute *attribute, struct values values)
{
	static const struct joined_from itself;
	const struct joined_from *from =
		attribute->dn == NULL ? &itself : joined_from(d, attribute);
	struct origin *origin = push_origin(d);

	*origin = (struct origin){
		.attribute = feed->attribute != NULL ? feed->attribute : attribute->name,
		.dn = from->dn,
		.change = from->change,
		.below = lines_below(d, values.items[0].line),
		.field = (uint16_t)field_of(d, feed),
		.is_shared = attribute->distance > 0};
	d->parts[d->n_found - 1] = (struct field_values){values.items, values.n};
}

void decode_name_origin(struct decoder *d, const char *attribute)
{
	struct origin *origin = push_origin(d);

	*origin = (struct origin){.attribute = intern(d, attribute), .field = FIELD_NAME};
}

/* Two attributes with the same value say it once. */
static void add_values(struct decoder *d, struct field_values *have, struct values values)
{
	if (have->n == 0) {
		*have = (struct field_values){values.items, values.n};
		return;
	}
	size_t first = 0, n = have->n;

	while (first < values.n && has_value(have, &values.items[first]))
		first++;
	if (first == values.n)
		return;
	struct entry_value *all =
		mem_array(d->scratch, struct entry_value, have->n + values.n);

	memcpy(all, have->values, have->n * sizeof(*all));
	for (size_t i = first; i < values.n; i++)
		if (!has_value(have, &values.items[i]))
			all[n++] = values.items[i];
	*have = (struct field_values){all, n};
}

static struct field_values *place_of(struct decoder *d, const struct feed *feed)
{
	return feed->field == FIELD_NONE ? &d->extras[feed->extra]
					 : &d->fields[feed->field];
}

/* What is there anyway is no loss where it does not count. */
static bool is_said(const struct field_values *have, struct values values)
{
	size_t i = 0;

	while (i < values.n && has_value(have, &values.items[i]))
		i++;
	return i == values.n;
}

static void take_values(struct decoder *d, const struct feed *feed,
	const struct entry_attribute *attribute)
{
	struct field_values *have = place_of(d, feed);
	struct values values = {attribute->values, attribute->n_values};

	/* what is shared with others counts where nothing nearer is */
	if (have->n > 0 && attribute->distance > d->distance[feed->field] &&
		feed->field != FIELD_NONE)
		return;
	if (!stays_as_it_is(feed, attribute)) {
		values = (struct values){0};
		for (size_t i = 0; i < attribute->n_values; i++)
			transform(d, feed, attribute, &attribute->values[i], &values);
	}
	if (values.n == 0)
		return;
	if (feed->unless != NULL &&
		(is_said(have, values) || decode_denies(d, feed, attribute)))
		return;
	add_values(d, have, values);
	add_origin(d, feed, attribute, values);
	d->distance[feed->field] = attribute->distance;
}

/* A joined entry's name is not this one's, unless the map says so; nor what it is an alias of. */
static bool is_fed(const struct decoder *d, const struct feed *feed, enum kind kind,
	const struct entry_attribute *attribute)
{
	if (!(feed->kinds & 1U << kind) ||
		(feed->form == FORM_CNAME && attribute->dn != NULL))
		return false;
	if (feed->of != NULL)
		return attribute->of != NULL && text_equal_case(feed->of, attribute->of);
	return attribute->dn == NULL ||
	       !list_has_name(&d->mapped->map->attributes[FIELD_NAME], attribute->name);
}

/* What is known of @name, the name of an entry's attribute number @i. */
static const struct last_feed *known_of(struct mapped *m, size_t i, const char *name)
{
	struct last_feed *last = &m->last[i % LAST_FEEDS];
	size_t len;

	if (strcmp(last->name, name) == 0)
		return last;
	last->feed = table_find(m->feeds, name);
	last->tells_change = entry_tells_change(name);
	len = strlen(name);
	memcpy(last->name, name, len < sizeof(last->name) ? len + 1 : 0);
	if (len >= sizeof(last->name))
		last->name[0] = '\0';
	return last;
}

static void find_feeds(struct decoder *d)
{
	size_t n = d->entry->n_attributes;

	mem_reserve(d, &d->feeds, &d->feed_room, n);
	d->tells_change = false;
	for (size_t i = 0; i < n; i++) {
		const struct last_feed *known =
			known_of(d->mapped, i, d->entry->attributes[i].name);

		d->feeds[i] = known->feed;
		d->tells_change |= known->tells_change;
	}
}

static void take_attributes(struct decoder *d, enum kind kind)
{
	for (size_t i = 0; i < d->entry->n_attributes; i++) {
		const struct entry_attribute *attribute = &d->entry->attributes[i];
		const struct feed *feed = d->feeds[i];

		for (; feed != NULL && attribute->n_values > 0; feed = feed->next)
			if (is_fed(d, feed, kind, attribute))
				take_values(d, feed, attribute);
	}
}

/* What a map says of every entry that says nothing of its own. */
static void take_constants(struct decoder *d, enum kind kind)
{
	const struct map *map = d->mapped->map;

	for (size_t i = d->mapped->n_constants; i-- > 0;) {
		const struct feed *feed = d->mapped->constants[i];

		if (!(feed->kinds & 1U << kind) || place_of(d, feed)->n > 0)
			continue;
		struct entry_value *value = mem_new(d->scratch, struct entry_value);
		const struct entry_attribute constant = {
			.name = feed->field == FIELD_NONE
					? map->extras[feed->extra].name
					: attribute_of(feed->field)->field,
			.values = value,
			.n_values = 1};

		*value = (struct entry_value){
			feed->constant, strlen(feed->constant), d->entry->line};
		take_values(d, feed, &constant);
	}
}

enum kind decode_fields(struct decoder *d)
{
	const struct map *map = d->mapped->map;
	enum kind kind = kind_of(map, d->entry, &d->is_zone_name);

	if (kind == KIND_NONE)
		return kind;
	memset(d->fields, 0, sizeof(d->fields));
	memset(d->distance, 0, sizeof(d->distance));
	d->extras = map->n_extras == 0
			    ? NULL
			    : mem_array(d->scratch, struct field_values, map->n_extras);
	d->n_found = 0;
	d->n_denials = 0;
	d->from.raw = NULL;
	d->is_given_alone = false;
	find_feeds(d);
	take_attributes(d, kind);
	take_constants(d, kind);
	d->has_vm_host_class = matching_class(&map->vm_host_classes, d->entry) != NULL;
	return kind;
}

/* Names */

static const struct feed *find_feed(const struct decoder *d, enum kind kind,
	enum field_id field, const char *attribute)
{
	const struct feed *feed = table_find(d->mapped->feeds, attribute);

	while (feed != NULL &&
		(feed->field != field || feed->of != NULL || !(feed->kinds & 1U << kind)))
		feed = feed->next;
	return feed;
}

bool decode_feeds(const struct decoder *d, enum kind kind, enum field_id field,
	const char *attribute)
{
	return find_feed(d, kind, field, attribute) != NULL;
}

const char *decode_rdn_name(
	struct decoder *d, enum kind kind, const char *attribute, const char *value)
{
	const struct feed *feed = find_feed(d, kind, FIELD_NAME, attribute);
	const struct entry_attribute own = {.name = attribute};
	const struct entry_value raw = {value, strlen(value), 0};
	struct values values = {0};

	if (feed == NULL || (is_plain(feed) && feed->replace.n == 0))
		return feed == NULL ? NULL : value;
	transform(d, feed, &own, &raw, &values);
	return values.n == 0 ? NULL : values.items[0].bytes;
}

/* Where a value came from */

struct origin *decode_origin_of(
	struct decoder *d, enum field_id field, const struct entry_value *value)
{
	for (size_t i = 0; i < d->n_found; i++)
		for (size_t j = 0; d->found[i].field == field && j < d->parts[i].n; j++)
			if (d->parts[i].values[j].bytes == value->bytes)
				return &d->found[i];
	return NULL;
}

void decode_prefer(
	struct decoder *d, enum field_id field, const struct entry_value *value)
{
	struct origin *origin = decode_origin_of(d, field, value), swapped;

	for (size_t i = 0; origin != NULL && &d->found[i] != origin; i++) {
		size_t at = (size_t)(origin - d->found);
		struct field_values part = d->parts[i];

		if (d->found[i].field != origin->field)
			continue;
		swapped = d->found[i];
		d->found[i] = *origin;
		d->found[at] = swapped;
		d->parts[i] = d->parts[at];
		d->parts[at] = part;
		return;
	}
}
