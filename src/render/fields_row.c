/* SPDX-License-Identifier: Apache-2.0 */
#include "render/fields_row.h"

#include <assert.h>
#include <string.h>

/* Getters by offset */

void row_give_text(struct value *ret, const char *text)
{
	ret->kind = text == NULL || *text == '\0' ? VALUE_NONE : VALUE_TEXT;
	ret->text.bytes = text;
	ret->text.len = text == NULL ? 0 : strlen(text);
}

void row_give_number(struct value *ret, int64_t number)
{
	ret->kind = VALUE_NUMBER;
	ret->number = number;
}

void row_give_bool(struct value *ret, bool truth)
{
	ret->kind = VALUE_BOOL;
	ret->truth = truth;
}

void row_give_object(struct value *ret, const void *object)
{
	ret->kind = object == NULL ? VALUE_NONE : VALUE_OBJECT;
	ret->object = object;
}

void row_give_list(struct value *ret, const void *base, size_t n)
{
	ret->kind = VALUE_LIST;
	ret->list.base = base;
	ret->list.n = n;
}

void row_give_ip(struct value *ret, struct ip ip)
{
	ret->text.bytes = ret->scratch;
	ret->text.len = (size_t)(ip_write(ip, ret->scratch) - ret->scratch);
	ret->kind = ret->text.len == 0 ? VALUE_NONE : VALUE_WORD;
}

void row_give_mac(struct value *ret, struct mac mac)
{
	ret->text.bytes = mac_format(mac, ret->scratch);
	ret->text.len = MAC_TEXT_MAX - 1;
	ret->kind = VALUE_WORD;
}

void row_get_text(const struct field *field, const void *object, struct value *ret)
{
	row_give_text(ret, MEMBER(char *, field, object));
}

/* A count or size: 0 stands for what was not given. */
void row_get_count(const struct field *field, const void *object, struct value *ret)
{
	uint32_t number = MEMBER(uint32_t, field, object);

	row_give_number(ret, number);
	if (number == 0)
		ret->kind = VALUE_NONE;
}

void row_get_bool(const struct field *field, const void *object, struct value *ret)
{
	row_give_bool(ret, MEMBER(bool, field, object));
}

void row_get_ip(const struct field *field, const void *object, struct value *ret)
{
	row_give_ip(ret, MEMBER(struct ip, field, object));
}

void row_get_object(const struct field *field, const void *object, struct value *ret)
{
	row_give_object(ret, MEMBER(void *, field, object));
}

/* A pointer with its count right behind it. */
void row_get_list(const struct field *field, const void *object, struct value *ret)
{
	const char *at = place_in(object, field->offset);

	row_give_list(ret, *(void *const *)(const void *)at,
		*(const uint32_t *)(const void *)(at + sizeof(void *)));
}

void row_get_self(
	const struct field *field _unused_, const void *object, struct value *ret)
{
	row_give_object(ret, object);
}

/* Elements */

void row_text_at(const void *base, size_t i, struct value *ret)
{
	row_give_text(ret, ((const char *const *)base)[i]);
}

void row_pointer_at(const void *base, size_t i, struct value *ret)
{
	row_give_object(ret, ((const void *const *)base)[i]);
}

void row_hardware_at(const void *base, size_t i, struct value *ret)
{
	row_give_mac(ret, ((const struct hardware *)base)[i].mac);
}

/* has_…: a list that is not empty, for what stands once around its elements */
void row_get_has(const struct field *field, const void *object, struct value *ret)
{
	row_get_list(field, object, ret);
	row_give_bool(ret, ret->list.n > 0);
}

/* Joining */

static void get_cost(const struct field *field, const void *object, struct value *ret)
{
	int64_t cost = MEMBER(int64_t, field, object);

	row_give_number(ret, cost);
	if (cost < 0)
		ret->kind = VALUE_NONE;
}

static const struct {
	enum value_kind kind;
	void (*get)(const struct field *field, const void *object, struct value *ret);
	void (*element)(const void *base, size_t i, struct value *ret);
} getters[] = {
	[STORAGE_TEXT] = {VALUE_TEXT, row_get_text, NULL},
	[STORAGE_COUNT] = {VALUE_NUMBER, row_get_count, NULL},
	[STORAGE_COST] = {VALUE_NUMBER, get_cost, NULL},
	[STORAGE_TRUTH] = {VALUE_BOOL, row_get_bool, NULL},
	[STORAGE_IP] = {VALUE_TEXT, row_get_ip, NULL},
	[STORAGE_TEXTS] = {VALUE_LIST, row_get_list, row_text_at},
};

static bool has_name(const struct field *fields, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(fields[i].name, name) == 0)
			return true;
	return false;
}

static size_t join_uses(struct field fields[ROW_ROOM], size_t n, enum kind kind)
{
	for (const struct use *use = uses_of(kind); use->field != FIELD_NONE; use++) {
		if (use->name == NULL || has_name(fields, n, use->name))
			continue;
		assert(n < ROW_ROOM - 1 && use->storage < ARRAY_SIZE(getters));
		fields[n++] = (struct field){.name = use->name,
			.kind = getters[use->storage].kind,
			.get = getters[use->storage].get,
			.element = getters[use->storage].element,
			.attribute = (int)use->field,
			.offset = use->place};
	}
	return n;
}

void row_join(struct field fields[ROW_ROOM], const struct field *computed, enum kind kind,
	enum kind other)
{
	if (fields[0].name != NULL)
		return;
	size_t n = join_uses(fields, join_uses(fields, 0, kind), other);

	for (; computed->name != NULL; computed++) {
		assert(n < ROW_ROOM - 1 && !has_name(fields, n, computed->name));
		fields[n++] = *computed;
	}
}
