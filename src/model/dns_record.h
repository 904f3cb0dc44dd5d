/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What DNS says of a name besides its addresses: the values of vocDNSRecord, and SSHFP of
 * vocSSHHostKey. The owner is the entry's own name: the domain of a cluster or network, the
 * full name of a host.
 */

#include "model/site.h"

enum dns_type {
	DNS_A = 1,
	DNS_NS = 2,
	DNS_CNAME = 5,
	DNS_SOA = 6,
	DNS_PTR = 12,
	DNS_MX = 15,
	DNS_TXT = 16,
	DNS_AAAA = 28,
	DNS_SRV = 33,
	DNS_SSHFP = 44,
};

enum { DNS_STRING_MAX = 255 }; /* of one string of a TXT record */

struct dns_record {
	struct record *record; /* of the entry; NULL: of a name server (zone.h) */
	struct machine *machine; /* whose it is; NULL: the cluster's or a network's */
	const char *owner; /* full name without a dot at its end; NULL: dropped */
	const char *target; /* CNAME, MX, SRV: the same; "": the root, for none */
	const char *service; /* SRV: "_ldap._tcp" */
	const char *fingerprint; /* SSHFP: hex */
	const char *hex; /* dns_record_hex(), when it is settled */
	struct strings texts; /* TXT: each of up to 255 bytes */
	uint16_t type; /* enum dns_type */
	uint16_t priority, weight, port; /* SSHFP: algorithm, kind of fingerprint */
	uint16_t field; /* enum field_id: where the value stands */
	bool is_dropped; /* by lint: in no output */
};

/* "MX" */
const char *dns_type_name(unsigned type);

/*
 * dns_record_parse - a value of vocDNSRecord
 *
 * shape:  fills in type, target (as it is written, in lower case), service, numbers, texts
 * memory: strings in @arena
 * errors: NULL, or a static sentence
 */
const char *dns_record_parse(
	struct arena *arena, const char *text, struct dns_record *ret) _must_check_;
/* The same value in its one spelling; what dns_record_parse() gave. */
char *dns_record_format(
	struct arena *arena, const struct dns_record *record) _must_check_;

/* RDATA in hex (RFC 1035, 2782, 4255), below @mem_ctx: nothing in it is syntax anywhere. */
char *dns_record_hex(TALLOC_CTX *mem_ctx, const struct dns_record *record) _must_check_;

/* A text as zones and our own TXT records have it: in quotes, with \ before those inside. */
void dns_record_put_quoted(struct buffer *b, const char *text);

/* By owner, type and all the rest: 0 for two that DNS cannot tell apart. */
int dns_record_compare(const struct dns_record *a, const struct dns_record *b);

/* Drops what lint or quarantine took out, sorts, and leaves each once. */
void dns_records_settle(struct site *site);

/*
 * dns_records_link - site->dns_records: those of all entries, with their full names
 *
 * shape: after the names were given out. One whose entry has no domain has no owner.
 */
void dns_records_link(struct site *site);

/*
 * dns_records_link_aliases - the same for the aliases of hosts without an address
 *
 * shape: when the aliases that are somebody else's names are gone (model_drop_aliases())
 */
void dns_records_link_aliases(struct site *site);
