/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The name that an entry of a DNS zone stands for, its records' owner (RFC 1035 section 3.2.1). The DN
 * makes it (idnsName=n1,idnsName=c.example.,cn=dns), or attributes do, as in the schemas of which the
 * DN says nothing of the zone: a map's `zone-name:` has them.
 */

#include "base/text.h"

struct owner {
	const char *key; /* the entry's canonical DN */
	const char
		*label; /* n1 of the attributes, or the whole name; NULL: the DN has it */
	const char *zone; /* c.example; NULL: the label is the whole name */
};

/* Adds the name, in lower case as a canonical DN has it; it may have a dot at its end. */
void owner_name(struct buffer *to, const struct owner *owner);
/* The same of its zone: of a whole name what stands behind the first label. */
void owner_zone(struct buffer *to, const struct owner *owner);
/* Is it a name in a zone, and not the zone itself? */
bool owner_is_inside(const struct owner *owner);
