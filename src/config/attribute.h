/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The kinds of records, their fields, and the LDAP attributes and classes that they come
 * from in our own schema: attributes.def and classes.def as tables.
 */

#include "base/mem.h"

enum kind {
	KIND_NONE,
	KIND_CLUSTER,
	KIND_NETWORK,
	KIND_HOST,
	KIND_VCN,
	KIND_INTERFACE,
	KIND_IMAGE,
	KIND_REPOSITORY,
	KIND_PROFILE,
	KIND_GROUP,
	_KIND_MAX,
};

enum field_id {
	FIELD_NONE,
#define SECTION(title)
#define FIELD(id, ...) FIELD_##id,
#include "config/attributes.def"
#undef FIELD
#undef SECTION
	_FIELD_MAX,
};

enum syntax {
	SYNTAX_FOREIGN,
	SYNTAX_NAME,
	SYNTAX_ADDRESS,
	SYNTAX_EXACT,
	SYNTAX_PROSE,
	SYNTAX_INTEGER,
	SYNTAX_BOOLEAN,
	SYNTAX_DN,
	SYNTAX_TIME,
	_SYNTAX_MAX,
};

enum arity { ARITY_ONE, ARITY_MANY };

struct attribute {
	const char *field; /* its name in maps: "dynamic_range" */
	const char *names; /* in LDAP, blanks between; ours is the first */
	unsigned number; /* below .1 of our OIDs; 0: of another schema */
	enum syntax syntax;
	enum arity arity; /* in our schema; what a kind takes is its use's to say */
	const char *sentence;
};

struct class_row {
	enum kind kind;
	const char *name;
	unsigned number; /* below .2 of our OIDs; 0: of another schema */
	const char *superior, *type;
	const char *others; /* classes of other schemas that make the kind, too */
	const char *sentence;
};

/* By enum field_id; that of FIELD_NONE is empty. */
const struct attribute *attribute_of(enum field_id field);
/* Our class of a kind; NULL for KIND_NONE. */
const struct class_row *class_of(enum kind kind);
const char *kind_name(enum kind kind); /* "host" */

/* A host or a VCN: what has interfaces and a place in the network. */
bool kind_is_node(enum kind kind);
