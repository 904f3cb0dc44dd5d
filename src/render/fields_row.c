/* SPDX-License-Identifier: Apache-2.0 */
#include "render/fields_row.h"

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
	row_give_text(ret, ip_format(ip, ret->scratch));
}

void row_give_mac(struct value *ret, struct mac mac)
{
	row_give_text(ret, mac_format(mac, ret->scratch));
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
	const char *at = (const char *)object + field->offset;

	row_give_list(ret, *(void *const *)(const void *)at,
		*(const uint32_t *)(const void *)(at + sizeof(void *)));
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

/* has_…: a list that is not empty, for what stands once around its elements */
void row_get_has(const struct field *field, const void *object, struct value *ret)
{
	row_get_list(field, object, ret);
	row_give_bool(ret, ret->list.n > 0);
}
