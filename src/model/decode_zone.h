/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Entries of DNS zones in a directory (FreeIPA's idnsRecord, Active Directory's dnsNode): the DN
 * makes the name, or attributes do. What of them nobody can be told here is kept in
 * site->unserved, for lint.
 */

#include "model/decode_value.h"
#include "read/owner.h"

/*
 * decode_zone_serves - is the entry at hand a name that can be served?
 *
 * shape:  sets d->zone_name. Reverse zones follow from the addresses: their entries are nothing
 *         to tell
 */
bool decode_zone_serves(struct decoder *d) _must_check_;

/*
 * decode_owner - what the entry @dn with its canonical DN @key, of a zone, is called by
 *
 * shape:  the entry at hand, or one that a join brought; borrowed from them
 */
struct owner decode_owner(const struct decoder *d, const char *dn, const char *key);

/* As decode_zone_serves(), of a @name that a join brings: that of the entry @dn. */
bool decode_zone_keeps(struct decoder *d, const char *dn, const struct owner *owner,
	const char *name) _must_check_;

/*
 * decode_zone_record - a record of the entry @dn as vocDNSRecord has it
 *
 * shape:  names without a dot at their end stand below the entry's zone. A CNAME of a joined
 *         entry is not this one's
 * memory: below @mem_ctx; NULL where it is of another type, or nobody can be told
 * source: MS-DNSP 2.2.2.2 (the data of dnsRecord; numbers in it have the higher byte first)
 */
char *decode_zone_record(struct decoder *d, TALLOC_CTX *mem_ctx, enum form form,
	const char *dn, const struct entry_value *value) _must_check_;
