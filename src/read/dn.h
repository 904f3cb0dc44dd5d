/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Distinguished names (RFC 4514) as far as a compiler needs them. */

#include "base/mem.h"

struct rdn_part {
	const char *attribute; /* lower case */
	const char *value; /* unescaped */
};

/*
 * dn_parse_rdn - the first RDN, with all its parts (`cn=n1+ipHostNumber=10.0.0.1`)
 *
 * errors: NULL parts and 0 for what is no DN
 */
struct rdn_part *dn_parse_rdn(
	TALLOC_CTX *mem_ctx, const char *dn, size_t *ret_n) _must_check_;

/*
 * dn_key - a form in which equal DNs are equal strings: lower case, no blanks around
 * separators, escapes in one form, parts of an RDN sorted
 *
 * errors: NULL for what is no DN
 * source: RFC 4514 section 3; RFC 4518: values compare without case, as cn, ou and dc do,
 *         also outside ASCII
 */
char *dn_key(TALLOC_CTX *mem_ctx, const char *dn) _must_check_;
char *dn_key_arena(struct arena *arena, const char *dn) _must_check_;
/* Instead of what is in @key; false, and nothing is changed, for what is no DN. */
bool dn_write_key(struct buffer *key, const char *dn) _must_check_;
/*
 * dn_safe - @dn with what no line can carry escaped (`\0A`, RFC 4514 section 2.4): control
 * characters, and of what is no UTF-8 all that is not ASCII. It is the same name.
 *
 * shape:  servers give such names as they are; every message and file of the state has them
 * memory: @dn itself where there is nothing to escape, as in nearly every one
 */
const char *dn_safe(TALLOC_CTX *mem_ctx, const char *dn) _must_check_;
/*
 * dn_domain_name - adds the values of the RDNs at the start of @key that have one attribute
 *
 * shape:  idnsname=n1,idnsname=c.example.,cn=dns is n1.c.example. ; `@` is the zone itself.
 *         dn_zone_name() leaves out the first: the zone of n1
 */
void dn_domain_name(struct buffer *name, const char *key);
void dn_zone_name(struct buffer *name, const char *key);
/* The key of the parent: a pointer into @key behind its first RDN; "" at the top. */
const char *dn_key_parent(const char *key);
