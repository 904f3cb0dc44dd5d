/* SPDX-License-Identifier: Apache-2.0 */

#include "read/subschema.h"

#include <string.h>

#include "base/text.h"

static bool equals(const char *text, size_t len, const char *name)
{
	return strlen(name) == len && strncasecmp(text, name, len) == 0;
}

/* `( OID NAME 'name' …` or `( OID NAME ( 'name' 'alias' ) …`; the OID counts as well. */
static bool defines(const char *definition, const char *name)
{
	const char *at = definition + strspn(definition, "( ");
	size_t len = strcspn(at, " )");

	if (equals(at, len, name))
		return true;
	at += len;
	at += strspn(at, " ");
	if (!text_has_prefix(at, "NAME"))
		return false;
	at += strlen("NAME");
	at += strspn(at, " (");
	while (*at == '\'') {
		len = strcspn(++at, "'");
		if (equals(at, len, name))
			return true;
		at += len;
		at += *at == '\'';
		at += strspn(at, " ");
	}
	return false;
}

static bool is_defined(const struct string_list *definitions, const char *name)
{
	for (size_t i = 0; i < definitions->n; i++) {
		if (defines(definitions->items[i], name))
			return true;
	}
	return false;
}

static void add_once(TALLOC_CTX *mem_ctx, struct string_list *list, const char *name)
{
	for (size_t i = 0; i < list->n; i++) {
		if (text_equal_case(list->items[i], name))
			return;
	}
	*mem_push(mem_ctx, &list->items, &list->n) = mem_strdup(mem_ctx, name);
}

struct string_list subschema_missing(TALLOC_CTX *mem_ctx, const char *filter,
	const struct string_list *attribute_types,
	const struct string_list *object_classes)
{
	TMP_CTX(tmp);
	struct string_list missing = {0};

	while ((filter = strchr(filter, '(')) != NULL) {
		const char *start = ++filter;
		size_t name_len = strcspn(start, "()&|!=~<>:;");

		filter += name_len;
		if (name_len == 0 || *filter == '\0' || strchr("()&|!", *filter))
			continue;
		char *name = mem_strndup(tmp, start, name_len);
		const char *value = filter + strcspn(filter, "=");

		value += *value == '=';
		if (!is_defined(attribute_types, name))
			add_once(mem_ctx, &missing, name);
		size_t value_len = strcspn(value, "*)");

		if (value_len == 0 || !text_equal_case(name, "objectClass"))
			continue;
		name = mem_strndup(tmp, value, value_len);
		if (!is_defined(object_classes, name))
			add_once(mem_ctx, &missing, name);
	}
	return missing;
}

struct string_list subschema_operational(TALLOC_CTX *mem_ctx,
	const struct string_list *names, const struct string_list *attribute_types)
{
	struct string_list found = {0};

	for (size_t i = 0; i < attribute_types->n; i++) {
		const char *usage = strstr(attribute_types->items[i], " USAGE ");

		if (!usage || text_has_prefix(usage, " USAGE userApplications"))
			continue;
		for (size_t j = 0; j < names->n; j++) {
			if (defines(attribute_types->items[i], names->items[j]))
				*mem_push(mem_ctx, &found.items, &found.n) =
					names->items[j];
		}
	}
	return found;
}

struct string_list subschema_unknown(TALLOC_CTX *mem_ctx, const struct string_list *names,
	const struct string_list *attribute_types)
{
	struct string_list unknown = {0};

	for (size_t i = 0; i < names->n; i++)
		if (!is_defined(attribute_types, names->items[i]))
			*mem_push(mem_ctx, &unknown.items, &unknown.n) = names->items[i];
	return unknown;
}

/* The quoted words behind NAME. */
static void add_names(
	TALLOC_CTX *mem_ctx, struct string_list *list, const char *definition)
{
	const char *at = strstr(definition, "NAME ");
	size_t len;

	if (at == NULL)
		return;
	at += strlen("NAME ");
	for (at += strspn(at, " ("); *at == '\''; at += strspn(at, " ")) {
		len = strcspn(++at, "'");
		*mem_push(mem_ctx, &list->items, &list->n) =
			mem_strndup(mem_ctx, at, len);
		at += len;
		at += *at == '\'';
	}
}

struct string_list subschema_names(
	TALLOC_CTX *mem_ctx, const struct string_list *attribute_types)
{
	struct string_list list = {0};

	for (size_t i = 0; i < attribute_types->n; i++)
		add_names(mem_ctx, &list, attribute_types->items[i]);
	*mem_push(mem_ctx, &list.items, &list.n) = NULL;
	list.n--;
	return list;
}

/* What stands behind the @key of a definition, such as " SUP "; a quoted text may have it, too. */
static const char *word_behind(
	TALLOC_CTX *mem_ctx, const char *definition, const char *key)
{
	const char *at = strstr(definition, key);

	if (at == NULL)
		return "";
	at += strlen(key);
	at += *at == '\'';
	return mem_strndup(mem_ctx, at, strcspn(at, " '{)"));
}

static bool has_dn_syntax(const char *definition)
{
	TMP_CTX(tmp);
	const char *syntax = word_behind(tmp, definition, " SYNTAX ");

	return strcmp(syntax, "1.3.6.1.4.1.1466.115.121.1.12") == 0 ||
	       strcmp(syntax, "1.3.6.1.4.1.1466.115.121.1.34") == 0;
}

/* Is one of @found what it is a kind of? */
static bool has_superior(const char *definition, const struct string_list *found)
{
	TMP_CTX(tmp);
	const char *superior = word_behind(tmp, definition, " SUP ");

	return superior[0] != '\0' && is_defined(found, superior);
}

struct string_list subschema_dns(
	TALLOC_CTX *mem_ctx, const struct string_list *attribute_types)
{
	TMP_CTX(tmp);
	struct string_list found = {0}, names = {0};
	bool *is_found = mem_array(tmp, bool, attribute_types->n + 1);

	for (size_t before = SIZE_MAX; before != found.n;) {
		before = found.n;
		for (size_t i = 0; i < attribute_types->n; i++) {
			const char *definition = attribute_types->items[i];

			if (is_found[i] || (!has_dn_syntax(definition) &&
						   !has_superior(definition, &found)))
				continue;
			is_found[i] = true;
			*mem_push(tmp, &found.items, &found.n) = definition;
			add_names(mem_ctx, &names, definition);
		}
	}
	*mem_push(mem_ctx, &names.items, &names.n) = NULL;
	names.n--;
	return names;
}
