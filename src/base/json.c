/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"

#include <limits.h>
#include <math.h>
#include <string.h>

#include <json-c/json.h>

enum { DEPTH_MAX = 32 };

struct json_object *json_read(const char *text, size_t len)
{
	if (len > INT_MAX)
		return NULL;
	struct json_tokener *tokener = json_tokener_new_ex(DEPTH_MAX);
	struct json_object *json = json_tokener_parse_ex(tokener, text, (int)len);
	size_t end = json_tokener_get_parse_end(tokener);
	bool is_whole = json_tokener_get_error(tokener) == json_tokener_success &&
			json_object_is_type(json, json_type_object);

	while (is_whole && end < len)
		is_whole = strchr(" \t\r\n", text[end]) != NULL && text[end] != '\0' &&
			   ++end > 0;
	json_tokener_free(tokener);
	if (is_whole)
		return json;
	json_object_put(json);
	return NULL;
}

/* The member, NULL where it is absent or null; false where @json has no members. */
static bool find(struct json_object *json, const char *key, struct json_object **ret)
{
	*ret = NULL;
	if (json == NULL)
		return true;
	if (!json_object_is_type(json, json_type_object))
		return false;
	json_object_object_get_ex(json, key, ret);
	return true;
}

static bool is_text(struct json_object *value)
{
	return json_object_is_type(value, json_type_string) &&
	       strlen(json_object_get_string(value)) ==
		       (size_t)json_object_get_string_len(value);
}

bool json_read_text(struct json_object *json, const char *key, const char **ret)
{
	struct json_object *value;

	if (!find(json, key, &value) || (value != NULL && !is_text(value)))
		return false;
	if (value != NULL)
		*ret = json_object_get_string(value);
	return true;
}

bool json_copy_text(
	TALLOC_CTX *mem_ctx, struct json_object *json, const char *key, const char **ret)
{
	const char *text = NULL;

	if (!json_read_text(json, key, &text))
		return false;
	if (text != NULL)
		*ret = mem_strdup(mem_ctx, text);
	return true;
}

bool json_read_integer(
	struct json_object *json, const char *key, int64_t min, int64_t max, int64_t *ret)
{
	struct json_object *value;

	if (!find(json, key, &value))
		return false;
	if (value == NULL)
		return true;
	if (!json_object_is_type(value, json_type_int))
		return false;
	/* What does not fit comes as the nearest that does. */
	int64_t number = json_object_get_int64(value);

	if (number < min || number > max ||
		(number == INT64_MAX && json_object_get_uint64(value) > INT64_MAX))
		return false;
	*ret = number;
	return true;
}

bool json_read_unsigned(struct json_object *json, const char *key, unsigned *ret)
{
	int64_t number = *ret;

	if (!json_read_integer(json, key, 0, UINT_MAX, &number))
		return false;
	*ret = (unsigned)number;
	return true;
}

bool json_read_number(struct json_object *json, const char *key, double *ret)
{
	struct json_object *value;

	if (!find(json, key, &value))
		return false;
	if (value == NULL)
		return true;
	if (!json_object_is_type(value, json_type_double) &&
		!json_object_is_type(value, json_type_int))
		return false;
	double number = json_object_get_double(value);

	if (!isfinite(number))
		return false;
	*ret = number;
	return true;
}

bool json_read_bool(struct json_object *json, const char *key, bool *ret)
{
	struct json_object *value;

	if (!find(json, key, &value))
		return false;
	if (value == NULL)
		return true;
	if (!json_object_is_type(value, json_type_boolean))
		return false;
	*ret = json_object_get_boolean(value);
	return true;
}

bool json_read_object(struct json_object *json, const char *key, struct json_object **ret)
{
	struct json_object *value;

	if (!find(json, key, &value) ||
		(value != NULL && !json_object_is_type(value, json_type_object)))
		return false;
	if (value != NULL)
		*ret = value;
	return true;
}

bool json_copy_texts(TALLOC_CTX *mem_ctx, struct json_object *json, const char *key,
	const char ***ret, size_t *ret_n)
{
	struct json_object *array;

	if (!find(json, key, &array))
		return false;
	if (array == NULL)
		return true;
	if (!json_object_is_type(array, json_type_array))
		return false;
	size_t n = json_object_array_length(array);

	for (size_t i = 0; i < n; i++)
		if (!is_text(json_object_array_get_idx(array, i)))
			return false;
	*ret = mem_array(mem_ctx, const char *, n + 1);
	*ret_n = n;
	for (size_t i = 0; i < n; i++)
		(*ret)[i] = mem_strdup(mem_ctx,
			json_object_get_string(json_object_array_get_idx(array, i)));
	return true;
}

void json_put_text(struct json_object *json, const char *key, const char *text)
{
	if (text != NULL)
		json_object_object_add(json, key, json_object_new_string(text));
}

void json_put_number(struct json_object *json, const char *key, int64_t number)
{
	json_object_object_add(json, key, json_object_new_int64(number));
}

void json_put_bool(struct json_object *json, const char *key, bool truth)
{
	json_object_object_add(json, key, json_object_new_boolean(truth));
}
