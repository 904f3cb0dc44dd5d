/* SPDX-License-Identifier: Apache-2.0 */
#include "read/entry_bytes.h"

#include <string.h>

#include "base/text.h"

/* Before the name of what a join brought. */
enum { JOINED = 1 };

/* Bytes before the DN: length and roles, and the line. */
enum { HEAD = 2 * sizeof(uint32_t) };

/* An entry to which others gave: how many, and what. */
struct joined {
	uint32_t first; /* 0: its length would be here */
	uint32_t n;
	const char *bytes; /* its own */
	struct entry_gift gifts[];
};

/* NULL: an entry in one piece. */
static const struct joined *joined_of(const char *bytes)
{
	return entry_bytes_first(bytes) == 0 ? (const struct joined *)(const void *)bytes
					     : NULL;
}

/* Those of the entry itself. */
static const char *own_bytes(const char *bytes)
{
	const struct joined *joined = joined_of(bytes);

	return joined == NULL ? bytes : joined->bytes;
}

/* Writing: what is added up first has its place at once */

static char *put_number(char *to, uint32_t number)
{
	memcpy(to, &number, sizeof(number));
	return to + sizeof(number);
}

static char *put_first(char *to, size_t size, unsigned roles)
{
	return put_number(to, (uint32_t)size | (uint32_t)roles << ENTRY_ROLE_SHIFT);
}

static char *put_raw(char *to, const char *bytes, size_t len)
{
	memcpy(to, bytes, len);
	to[len] = '\0';
	return to + len + 1;
}

static char *put_bytes(char *to, const char *bytes, size_t len)
{
	return put_raw(put_number(to, (uint32_t)len), bytes, len);
}

static char *put_text(char *to, const char *text)
{
	return put_bytes(to, text == NULL ? "" : text, text == NULL ? 0 : strlen(text));
}

static size_t bytes_size(size_t len)
{
	return sizeof(uint32_t) + len + 1;
}

static size_t text_size(const char *text)
{
	return bytes_size(text == NULL ? 0 : strlen(text));
}

/* The name of what a join brought. */
static size_t name_size(size_t len)
{
	return bytes_size(len + 1);
}

static char *put_name(char *to, const char *name, size_t len)
{
	to = put_number(to, (uint32_t)len + 1);
	*to++ = JOINED;
	return put_raw(to, name, len);
}

/* Behind it: DN and class of who gave it, and the distance. */
static size_t giver_size(const char *dn, const char *of)
{
	return text_size(dn) + text_size(of) + sizeof(uint32_t);
}

static char *put_giver(char *to, const char *dn, const char *of, uint32_t distance)
{
	return put_number(put_text(put_text(to, dn), of), distance);
}

static char *put_joined(char *to, const struct entry_attribute *attribute)
{
	to = put_name(to, attribute->name, strlen(attribute->name));
	return put_giver(to, attribute->dn, attribute->of, attribute->distance);
}

static size_t attribute_size(const struct entry_attribute *attribute)
{
	size_t size = text_size(attribute->name) + sizeof(uint32_t);

	if (attribute->dn != NULL)
		size += 1 + giver_size(attribute->dn, attribute->of);
	for (size_t i = 0; i < attribute->n_values; i++)
		size += sizeof(uint32_t) + bytes_size(attribute->values[i].len);
	return size;
}

static char *put_attribute(char *to, const struct entry_attribute *attribute)
{
	to = attribute->dn == NULL ? put_text(to, attribute->name)
				   : put_joined(to, attribute);
	to = put_number(to, (uint32_t)attribute->n_values);
	for (size_t i = 0; i < attribute->n_values; i++) {
		to = put_number(to, attribute->values[i].line);
		to = put_bytes(to, attribute->values[i].bytes, attribute->values[i].len);
	}
	return to;
}

char *entry_bytes_new(struct arena *arena, const struct entry *entry, unsigned roles)
{
	size_t size = HEAD + text_size(entry->dn) + text_size(entry->source);

	for (size_t i = 0; i < entry->n_attributes; i++)
		size += attribute_size(&entry->attributes[i]);
	char *bytes = arena_bytes(arena, size), *to = bytes;

	to = put_number(put_first(to, size, roles), entry->line);
	to = put_text(put_text(to, entry->dn), entry->source);
	for (size_t i = 0; i < entry->n_attributes; i++)
		to = put_attribute(to, &entry->attributes[i]);
	return bytes;
}

/* Reading */

static uint32_t take_number(struct entry_cursor *c)
{
	uint32_t number = 0;

	if ((size_t)(c->end - c->at) < sizeof(number)) {
		c->is_bad = true;
		c->at = c->end;
		return 0;
	}
	memcpy(&number, c->at, sizeof(number));
	c->at += sizeof(number);
	return number;
}

static const char *take_bytes(struct entry_cursor *c, size_t *ret_len)
{
	size_t len = take_number(c);
	const char *bytes = c->at;

	*ret_len = len;
	if (c->is_bad || (size_t)(c->end - c->at) <= len || bytes[len] != '\0') {
		c->is_bad = true;
		c->at = c->end;
		*ret_len = 0;
		return "";
	}
	c->at += len + 1;
	return bytes;
}

static const char *take_text(struct entry_cursor *c)
{
	size_t len;
	const char *text = take_bytes(c, &len);

	return len == 0 ? NULL : text;
}

/* The name, and whose it is; how many values follow. */
static size_t take_head(struct entry_cursor *c, struct entry_attribute *attribute)
{
	size_t len;

	*attribute = (struct entry_attribute){.name = take_bytes(c, &len)};
	if (*attribute->name == JOINED) {
		attribute->name++;
		attribute->dn = take_text(c);
		attribute->of = take_text(c);
		attribute->distance = take_number(c);
	}
	size_t n = take_number(c);

	if (n > (size_t)(c->end - c->at)) {
		c->is_bad = true;
		n = 0;
	}
	return n;
}

static void take_value(struct entry_cursor *c, struct entry_value *value)
{
	value->line = take_number(c);
	value->bytes = take_bytes(c, &value->len);
}

static struct entry_cursor begin_entry(const char *bytes, struct entry *ret)
{
	const char *own = own_bytes(bytes);
	struct entry_cursor c = {
		.at = own + sizeof(uint32_t), .end = own + entry_bytes_length(own)};
	size_t len;

	*ret = (struct entry){.line = take_number(&c)};
	ret->dn = take_bytes(&c, &len);
	ret->source = take_text(&c);
	return c;
}

/* Room for all that may be in @len bytes. */
static void reserve(struct entry_bench *bench, size_t len)
{
	enum {
		SHORTEST = 9
	}; /* a name and how many values, or a value: two numbers, a NUL */
	size_t most = len / SHORTEST + 2;

	mem_reserve(bench->mem_ctx, &bench->attributes, &bench->attribute_room, most);
	mem_reserve(bench->mem_ctx, &bench->values, &bench->value_room, most);
}

/* Behind what has been taken. */
struct shelf {
	struct entry_attribute *attribute;
	struct entry_value *value;
};

static bool take_attributes(struct entry_cursor c, struct shelf *shelf)
{
	struct entry_attribute *attribute = shelf->attribute;
	struct entry_value *value = shelf->value;

	while (c.at < c.end && !c.is_bad) {
		size_t n = take_head(&c, attribute);

		attribute->values = value;
		attribute->n_values = n;
		for (attribute++; n > 0 && !c.is_bad; n--)
			take_value(&c, value++);
	}
	*shelf = (struct shelf){attribute, value};
	return !c.is_bad;
}

/* What @gift brings: all but its classes. */
static bool take_gift(const struct entry_gift *gift, struct shelf *shelf)
{
	struct entry_attribute *kept = shelf->attribute, *attribute = kept;
	struct entry from;
	bool is_good = take_attributes(begin_entry(gift->bytes, &from), shelf);

	for (; attribute < shelf->attribute; attribute++) {
		if (text_equal_case(attribute->name, "objectClass"))
			continue;
		*kept = *attribute;
		kept->dn = from.dn;
		kept->key = gift->key;
		kept->of = gift->of;
		kept->distance = gift->distance;
		kept++;
	}
	shelf->attribute = kept;
	return is_good;
}

static size_t joined_length(const struct joined *joined)
{
	size_t len = entry_bytes_length(joined->bytes);

	for (size_t i = 0; i < joined->n; i++)
		len += entry_bytes_length(joined->gifts[i].bytes);
	return len;
}

bool entry_bytes_take(struct entry_bench *bench, const char *bytes, struct entry *ret)
{
	const struct joined *joined = joined_of(bytes);
	struct entry_cursor c = begin_entry(bytes, ret);

	reserve(bench, joined == NULL ? (size_t)(c.end - c.at) : joined_length(joined));
	struct shelf shelf = {bench->attributes, bench->values};
	bool is_good = take_attributes(c, &shelf);

	for (size_t i = 0; joined != NULL && i < joined->n; i++)
		is_good &= take_gift(&joined->gifts[i], &shelf);
	ret->attributes = bench->attributes;
	ret->n_attributes = (size_t)(shelf.attribute - bench->attributes);
	return is_good;
}

/* Goes over the values of an attribute, and says where they end. */
static const char *skip_values(struct entry_cursor *c, size_t n)
{
	enum { FRAME = 2 * sizeof(uint32_t) + 1 }; /* line, length, NUL */

	for (; n > 0 && (size_t)(c->end - c->at) >= FRAME; n--) {
		uint32_t len;

		memcpy(&len, c->at + sizeof(len), sizeof(len));
		if ((size_t)(c->end - c->at) - FRAME < len)
			break;
		c->at += FRAME + len;
	}
	c->is_bad |= n > 0;
	return c->at;
}

struct entry entry_bytes_head(const char *bytes)
{
	struct entry entry;

	(void)begin_entry(bytes, &entry);
	return entry;
}

const char *entry_bytes_dn(const char *bytes)
{
	const char *own = own_bytes(bytes);
	struct entry_cursor c = {.at = own + HEAD, .end = own + entry_bytes_length(own)};
	size_t len;

	return take_bytes(&c, &len);
}

struct entry_cursor entry_bytes_values(const char *bytes, const char *name)
{
	struct entry entry;
	struct entry_cursor c = begin_entry(bytes, &entry);

	while (c.at < c.end && !c.is_bad) {
		struct entry_attribute attribute;

		c.n = take_head(&c, &attribute);
		if (attribute.dn == NULL && text_equal_case(attribute.name, name))
			return c;
		(void)skip_values(&c, c.n);
	}
	return (struct entry_cursor){.at = c.end, .end = c.end};
}

bool entry_bytes_next(struct entry_cursor *values, struct entry_value *ret)
{
	if (values->n == 0 || values->is_bad)
		return false;
	values->n--;
	take_value(values, ret);
	return !values->is_bad;
}

/* Joining */

/* An attribute as it stands in the bytes of its entry. */
struct block {
	const char *name;
	size_t name_len;
	const char *values, *end; /* from how many there are */
};

/* The next that is given; false: there are no more. */
static bool next_given(struct entry_cursor *c, struct block *ret)
{
	while (c->at < c->end && !c->is_bad) {
		ret->name = take_bytes(c, &ret->name_len);
		ret->values = c->at;
		ret->end = skip_values(c, take_number(c));
		if (!text_equal_case(ret->name, "objectClass"))
			return !c->is_bad;
	}
	return false;
}

static size_t gift_size(const struct entry_gift *gift)
{
	struct entry from;
	struct entry_cursor c = begin_entry(gift->bytes, &from);
	struct block block;
	size_t size = 0, giver = giver_size(from.dn, gift->of);

	while (next_given(&c, &block))
		size += name_size(block.name_len) + giver +
			(size_t)(block.end - block.values);
	return size;
}

/* What is said of the giver is copied from the attribute before. */
static char *put_gift(char *to, const struct entry_gift *gift)
{
	struct entry from;
	struct entry_cursor c = begin_entry(gift->bytes, &from);
	size_t size = giver_size(from.dn, gift->of);
	const char *giver = NULL;
	struct block block;

	while (next_given(&c, &block)) {
		size_t len = (size_t)(block.end - block.values);

		to = put_name(to, block.name, block.name_len);
		if (giver == NULL)
			(void)put_giver(to, from.dn, gift->of, gift->distance);
		else
			memcpy(to, giver, size);
		giver = to;
		memcpy(to + size, block.values, len);
		to += size + len;
	}
	return to;
}

const char *entry_bytes_join(
	struct arena *arena, const char *bytes, const struct entry_gift *gifts, size_t n)
{
	struct joined *joined = arena_alloc(arena, sizeof(*joined) + n * sizeof(*gifts));

	joined->n = (uint32_t)n;
	joined->bytes = bytes;
	for (size_t i = 0; i < n; i++)
		joined->gifts[i] = gifts[i];
	return (const char *)joined;
}

const char *entry_bytes_whole(struct arena *arena, const char *bytes)
{
	const struct joined *joined = joined_of(bytes);

	if (joined == NULL)
		return bytes;
	size_t own = entry_bytes_length(joined->bytes), size = own;

	for (size_t i = 0; i < joined->n; i++)
		size += gift_size(&joined->gifts[i]);
	char *whole = arena_bytes(arena, size), *to;

	memcpy(whole, joined->bytes, own);
	(void)put_first(whole, size, entry_bytes_roles(joined->bytes));
	to = whole + own;
	for (size_t i = 0; i < joined->n; i++)
		to = put_gift(to, &joined->gifts[i]);
	return whole;
}
