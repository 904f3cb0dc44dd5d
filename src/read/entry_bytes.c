/* SPDX-License-Identifier: Apache-2.0 */
#include "read/entry_bytes.h"

#include <string.h>

#include "base/text.h"

/* Before the name of what a join brought. */
enum { JOINED = 1 };

/* Bytes before the DN: length and roles, and the line. */
enum { HEAD = 2 * sizeof(uint32_t) };

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

/* What stands before the values of what a join brought, besides the name. */
static size_t joined_size(const char *dn, const char *of)
{
	return 1 + text_size(dn) + text_size(of) + sizeof(uint32_t);
}

static char *put_joined(char *to, const char *name, size_t len, const char *dn,
	const char *of, uint32_t distance)
{
	to = put_number(to, (uint32_t)len + 1);
	*to++ = JOINED;
	to = put_raw(to, name, len);
	return put_number(put_text(put_text(to, dn), of), distance);
}

static size_t attribute_size(const struct entry_attribute *attribute)
{
	size_t size = text_size(attribute->name) + sizeof(uint32_t);

	if (attribute->dn != NULL)
		size += joined_size(attribute->dn, attribute->of);
	for (size_t i = 0; i < attribute->n_values; i++)
		size += sizeof(uint32_t) + bytes_size(attribute->values[i].len);
	return size;
}

static char *put_attribute(char *to, const struct entry_attribute *attribute)
{
	to = attribute->dn == NULL
		     ? put_text(to, attribute->name)
		     : put_joined(to, attribute->name, strlen(attribute->name),
			       attribute->dn, attribute->of, attribute->distance);
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
	struct entry_cursor c = {
		bytes + sizeof(uint32_t), bytes + entry_bytes_length(bytes), 0, false};
	size_t len;

	*ret = (struct entry){.line = take_number(&c)};
	ret->dn = take_bytes(&c, &len);
	ret->source = take_text(&c);
	return c;
}

bool entry_bytes_take(struct entry_bench *bench, const char *bytes, struct entry *ret)
{
	enum {
		SHORTEST = 9
	}; /* a name and how many values, or a value: two numbers, a NUL */
	struct entry_cursor c = begin_entry(bytes, ret);
	size_t most = (size_t)(c.end - c.at) / SHORTEST + 2;

	mem_reserve(bench->mem_ctx, &bench->attributes, &bench->attribute_room, most);
	mem_reserve(bench->mem_ctx, &bench->values, &bench->value_room, most);
	struct entry_value *value = bench->values;

	ret->attributes = bench->attributes;
	while (c.at < c.end && !c.is_bad) {
		struct entry_attribute *attribute = &ret->attributes[ret->n_attributes++];
		size_t n = take_head(&c, attribute);

		attribute->values = value;
		attribute->n_values = n;
		for (; n > 0 && !c.is_bad; n--)
			take_value(&c, value++);
	}
	return !c.is_bad;
}

/* Goes over the values of an attribute, and says where they end. */
static const char *skip_values(struct entry_cursor *c, size_t n)
{
	size_t len;

	for (; n > 0 && !c->is_bad; n--) {
		(void)take_number(c);
		(void)take_bytes(c, &len);
	}
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
	return entry_bytes_head(bytes).dn;
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
	size_t size = 0, joined = joined_size(from.dn, gift->of);

	while (next_given(&c, &block))
		size += bytes_size(block.name_len) + joined +
			(size_t)(block.end - block.values);
	return size;
}

static char *put_gift(char *to, const struct entry_gift *gift)
{
	struct entry from;
	struct entry_cursor c = begin_entry(gift->bytes, &from);
	struct block block;

	while (next_given(&c, &block)) {
		size_t len = (size_t)(block.end - block.values);

		to = put_joined(to, block.name, block.name_len, from.dn, gift->of,
			gift->distance);
		to = (char *)memcpy(to, block.values, len) + len;
	}
	return to;
}

char *entry_bytes_join(
	struct arena *arena, const char *bytes, const struct entry_gift *gifts, size_t n)
{
	size_t own = entry_bytes_length(bytes), size = own;

	for (size_t i = 0; i < n; i++)
		size += gift_size(&gifts[i]);
	char *joined = arena_bytes(arena, size), *to;

	memcpy(joined, bytes, own);
	(void)put_first(joined, size, entry_bytes_roles(bytes));
	to = joined + own;
	for (size_t i = 0; i < n; i++)
		to = put_gift(to, &gifts[i]);
	return joined;
}
