/* SPDX-License-Identifier: Apache-2.0 */
#include "config/map.h"

#include <string.h>

#include "base/file.h"
#include "base/text.h"

/* A host is what is nothing more special, so its classes are tried last. */
static const enum kind kind_order[] = {KIND_VCN, KIND_INTERFACE, KIND_NETWORK,
	KIND_CLUSTER, KIND_IMAGE, KIND_REPOSITORY, KIND_PROFILE, KIND_HOST};

const char *map_attribute(const struct map *map, enum field_id field)
{
	if (field == FIELD_NONE)
		return NULL;
	const struct string_list *attributes = &map->attributes[field];

	return attributes->n > 0 ? attributes->items[0] : attribute_of(field)->field;
}

static bool list_has(const struct string_list *list, const char *word)
{
	for (size_t i = 0; i < list->n; i++)
		if (text_equal_case(list->items[i], word))
			return true;
	return false;
}

enum kind map_kind(const struct map *map, const char *const *classes, size_t n_classes)
{
	for (size_t k = 0; k < ARRAY_SIZE(kind_order); k++)
		for (size_t i = 0; i < n_classes; i++)
			if (list_has(&map->classes[kind_order[k]], classes[i]))
				return kind_order[k];
	return KIND_NONE;
}

bool map_is_vm_host(const struct map *map, const char *const *classes, size_t n_classes)
{
	for (size_t i = 0; i < n_classes; i++)
		if (list_has(&map->vm_host_classes, classes[i]))
			return true;
	return false;
}

/* Reading the file */

/* An attribute or class name: RFC 4512 keystring, so that none can bend the filter. */
static bool is_descriptor(const char *name)
{
	if (!((name[0] | 0x20) >= 'a' && (name[0] | 0x20) <= 'z'))
		return false;
	return name[strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				 "0123456789-")] == '\0';
}

static int read_names(struct reader *r, const struct node *value, void *field)
{
	struct string_list *list = field;
	int failed = read_strings(r, value, list);

	for (size_t i = 0; failed == 0 && i < list->n; i++)
		if (!is_descriptor(list->items[i]))
			return document_fault(
				r, value, "'%s' is no LDAP name", list->items[i]);
	return failed;
}

static int read_classes(struct reader *r, const struct node *value, void *field)
{
	struct key keys[ARRAY_SIZE(kind_order) + 2] = {0};

	for (size_t i = 0; i < ARRAY_SIZE(kind_order); i++)
		keys[i] = (struct key){.name = kind_name(kind_order[i]),
			.read = read_names,
			.offset = offsetof(struct map, classes) +
				  sizeof(struct string_list) * kind_order[i]};
	keys[ARRAY_SIZE(kind_order)] = (struct key){.name = "vm_host",
		.read = read_names,
		.offset = offsetof(struct map, vm_host_classes)};
	return document_read(r, value, keys, field);
}

static int read_attributes(struct reader *r, const struct node *value, void *field)
{
	struct key keys[_FIELD_MAX] = {0};

	for (size_t i = FIELD_NONE + 1; i < _FIELD_MAX; i++)
		keys[i - 1] = (struct key){.name = attribute_of(i)->field,
			.read = read_names,
			.offset = sizeof(struct string_list) * i};
	return document_read(r, value, keys, field);
}

static const struct key map_keys[] = {
	{"classes", read_classes, 0, true},
	{"attributes", read_attributes, offsetof(struct map, attributes), true},
	{0},
};

/* What the search asks for: each attribute once, and a filter over all classes. */
static void prepare_search(struct map *map)
{
	TMP_CTX(tmp);
	struct buffer *filter = buffer_new(tmp);
	size_t room = 2;

	for (size_t i = 0; i < _FIELD_MAX; i++)
		room += map->attributes[i].n;
	map->wanted.items = mem_array(map, const char *, room);
	map->wanted.items[map->wanted.n++] = "objectClass";
	for (size_t i = 0; i < _FIELD_MAX; i++)
		for (size_t j = 0; j < map->attributes[i].n; j++)
			if (!list_has(&map->wanted, map->attributes[i].items[j]))
				map->wanted.items[map->wanted.n++] =
					map->attributes[i].items[j];
	/* slapd takes the parts in order: what most entries have comes first */
	buffer_add_text(filter, "(|");
	for (size_t kind = KIND_HOST, n = 0; n < _KIND_MAX;
		n++, kind = (kind + 1) % _KIND_MAX)
		for (size_t j = 0; j < map->classes[kind].n; j++)
			buffer_printf(
				filter, "(objectClass=%s)", map->classes[kind].items[j]);
	buffer_add_text(filter, ")");
	map->filter = mem_strdup(map, filter->data);
}

int map_load(TALLOC_CTX *mem_ctx, const char *schema_dir, const char *name,
	struct diags *diags, const struct map **ret_map)
{
	TMP_CTX(tmp);
	struct map *map = mem_new(tmp, struct map);
	struct document *document;
	const char *path = strchr(name, '/') != NULL
				   ? name
				   : mem_printf(diags, "%s/maps/%s.yaml", schema_dir,
					     name); /* for its messages */
	int failed = document_load(tmp, path, EXIT_USAGE, diags, &document);

	if (failed < 0)
		return failed;
	struct reader reader = {
		.mem_ctx = map, .document = document, .diags = diags, .code = EXIT_USAGE};

	failed = document_read(&reader, document->root, map_keys, map);
	if (failed == 0 && map->attributes[FIELD_NAME].n == 0)
		failed = document_fault(
			&reader, document->root, "no attribute feeds 'name': add one");
	if (failed < 0)
		return failed;
	map->name = mem_strdup(map, name);
	prepare_search(map);
	*ret_map = talloc_steal(mem_ctx, map);
	return 0;
}
