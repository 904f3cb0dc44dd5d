/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * LDAP filters (RFC 4515) that a map or the settings hold: `(&(objectClass=device)(!(l=*)))`.
 * Here they are read; read/filter_match.h asks an entry.
 */

#include "base/document.h"

enum filter_test {
	FILTER_AND,
	FILTER_OR,
	FILTER_NOT,
	FILTER_PRESENT, /* (a=*) */
	FILTER_EQUAL, /* (a=v), (a~=v) */
	FILTER_PARTS, /* (a=v*v*v) */
	FILTER_LEAST, /* (a>=v) */
	FILTER_MOST, /* (a<=v) */
	FILTER_ALL_BITS, /* (a:1.2.840.113556.1.4.803:=v): all bits of v are set */
	FILTER_ANY_BITS, /* …804: one of them is */
};

struct filter {
	enum filter_test test;
	const char *attribute;
	bool is_dn; /* values of the attribute are DNs, and compare as such */
	/* the value; of FILTER_PARTS what stands between the stars, "" at an end without */
	struct string_list values;
	struct filter *first; /* of AND, OR and NOT */
	struct filter *next; /* beside it */
	const char *text; /* of the outermost: as it was written */
};

/*
 * filter_with_dns - a copy of @filter in which values of @attributes (any case) are DNs, too
 *
 * shape: those of the standards and of our schema are DNs in every filter
 */
const struct filter *filter_with_dns(TALLOC_CTX *mem_ctx, const struct filter *filter,
	const struct string_list *attributes) _must_check_;

/*
 * filter_ask - what a server is asked of @filter: all that it holds for, and more
 *
 * shape:  appends the text; nothing where every entry is to come
 * memory: @out's
 *
 * A server does not know an attribute or a rule: to it neither (a=b) nor (!(a=b)) holds, and what is
 * to come would not. So no NOT is asked, and no bits; whoever reads the entries asks them again.
 * source: RFC 4511 section 4.5.1.7
 */
void filter_ask(const struct filter *filter, struct buffer *out);

/* A key's value: a filter, into const struct filter * */
int read_filter(struct reader *r, const struct node *value, void *field);

/* Adds the attributes that @filter asks for to @list, each once, any case. */
void filter_attributes(
	TALLOC_CTX *mem_ctx, const struct filter *filter, struct string_list *list);

/* An attribute or class name: RFC 4512 keystring, so that none can bend a filter. */
bool is_descriptor(const char *name);
/* Is @name one of them, any case? */
bool list_has_name(const struct string_list *list, const char *name);
/* Adds @name where it is not there yet. */
void list_add_name(TALLOC_CTX *mem_ctx, struct string_list *list, const char *name);
