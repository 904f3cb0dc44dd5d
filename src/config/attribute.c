/* SPDX-License-Identifier: Apache-2.0 */
#include "config/attribute.h"

static const struct attribute attributes[_FIELD_MAX] = {
#define SECTION(title)
#define FIELD(id, name, ldap, oid, type, values, text) \
	[FIELD_##id] = {.field = name, \
		.names = ldap, \
		.number = oid, \
		.syntax = SYNTAX_##type, \
		.arity = ARITY_##values, \
		.sentence = text},
#include "config/attributes.def"
#undef FIELD
#undef SECTION
};

static const struct class_row classes[_KIND_MAX] = {
#define CLASS(id, ldap, oid, sup, form, more, text) \
	[KIND_##id] = {.kind = KIND_##id, \
		.name = ldap, \
		.number = oid, \
		.superior = sup, \
		.type = #form, \
		.others = more, \
		.sentence = text},
#include "config/classes.def"
#undef CLASS
};

static const char *const kind_names[_KIND_MAX] = {
	[KIND_NONE] = "none",
	[KIND_CLUSTER] = "cluster",
	[KIND_NETWORK] = "network",
	[KIND_HOST] = "host",
	[KIND_VCN] = "vcn",
	[KIND_INTERFACE] = "interface",
	[KIND_IMAGE] = "image",
	[KIND_REPOSITORY] = "repository",
	[KIND_PROFILE] = "profile",
	[KIND_GROUP] = "group",
};

const struct attribute *attribute_of(enum field_id field)
{
	return &attributes[field];
}

const struct class_row *class_of(enum kind kind)
{
	return classes[kind].name == NULL ? NULL : &classes[kind];
}

const char *kind_name(enum kind kind)
{
	return kind_names[kind];
}

bool kind_is_node(enum kind kind)
{
	return kind == KIND_HOST || kind == KIND_VCN;
}
