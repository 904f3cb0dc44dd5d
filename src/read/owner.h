/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The name that an entry of a DNS zone stands for, its records' owner (RFC 1035 section 3.2.1). The DN
 * makes it (idnsName=n1,idnsName=c.example.,cn=dns), or attributes do, as in the schemas of which the
 * DN says nothing of the zone: a map's `zone-name:` has them.
 */

#include "base/text.h"
#include "read/entry.h"

struct owner {
	const char *key; /* the entry's canonical DN */
	const char
		*label; /* n1 of the attributes, or the whole name; NULL: the DN has it */
	const char *zone; /* c.example; NULL: the label is the whole name */
};

/*
 * The one of several values of an attribute that counts: what the RDN of @dn says, or a whole name
 * that begins with that, else the first by order. Begins with @dn alone; @text is NULL without any.
 */
struct owner_value {
	const char *dn;
	const char *text;
	bool is_rdns;
};
void owner_value_add(struct owner_value *best, const struct entry_value *value);

/*
 * owner_of - the owner that an entry is, by the attributes @names of a map's `zone-name:`
 *
 * shape:   @value_of gives the value of an attribute that counts, or NULL
 * memory:  borrowed
 */
struct owner owner_of(const char *key, const struct string_list *names,
	const char *(*value_of)(const void *data, const char *name), const void *data);

/* Adds the name, in lower case as a canonical DN has it; it may have a dot at its end. */
void owner_name(struct buffer *to, const struct owner *owner);
/* The same of its zone: of a whole name what stands behind the first label. */
void owner_zone(struct buffer *to, const struct owner *owner);
/*
 * Is @name, as a record of the owner's has it, a whole one? A dot at its end says so; where owners are
 * whole names themselves (PowerDNS), so does any other dot.
 */
bool owner_takes_whole(const struct owner *owner, const char *name);
/* Is it a name in a zone, and not the zone itself? */
bool owner_is_inside(const struct owner *owner);
