/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Zones, as a DNS server with files of zones has them: the domains of cluster and networks,
 * and the reverse zones of the networks. A name stands in the longest zone that it is in;
 * one that is in none is somebody else's to serve.
 *
 * An IPv4 network smaller than a /24 has a zone of its own (RFC 2317). The zone of the whole
 * /24, whose names point into it, is ours too where nobody delegates it (RFC 6303), or where
 * our networks fill it.
 */

#include "model/dns_record.h"

struct zone_record {
	/* relative to the zone; length 0: the zone's own name; NULL: so many labels of the
	 * reverse name of @ip */
	const char *owner;
	uint32_t owner_len;
	uint16_t type; /* enum dns_type */
	struct ip ip; /* A, AAAA; of PTR and its CNAME, whose */
	const char *target; /* CNAME, NS, PTR: a full name without a dot at its end */
	const struct dns_record *data; /* of all other types */
	const struct zone *zone;
	struct machine *machine; /* who caused it, or NULL */
	struct record *record;
};

/* A name server: an address that vocNameServer has, and the name it goes by. */
struct zone_server {
	const char *name;
	struct ip ip;
	bool is_named; /* by a record of the model; else it gets a name in the zone */
	bool is_left_out; /* by one that is not of the part of the site that is selected */
};

struct zone {
	const char *name;
	struct record *record; /* of the cluster, or a network, that makes it ours */
	const char *contact; /* of the SOA: a mailbox as a name */
	const char *domain; /* where names for it can be made: a forward zone's own */
	struct strings server_names;
	struct zone_server *servers;
	size_t n_servers;
	struct zone_record *records; /* without SOA and its own NS; sorted */
	size_t n_records;
	unsigned n_hosts, n_vcns; /* that have a record in it */
	const struct machine *last; /* counted */
	bool is_reverse;
};

/* The longest of site->zones that @name is in, or NULL. */
const struct zone *zone_of(const struct site *site, const char *name);

/*
 * Of a network smaller than a /24: is the zone of the whole /24 ours? Nobody delegates it (RFC
 * 6303), or our networks fill it.
 */
bool zone_is_around(const struct site *site, const struct network *network);
const char *zone_around(const struct network *network, char buffer[REVERSE_TEXT_MAX]);

/* Room for the labels of a reverse name. */
enum { ZONE_OWNER_MAX = 64 };
/* The owner of @record as it is printed, and its length; in @room where it is no text yet. */
const char *zone_record_owner(
	const struct zone_record *record, char room[ZONE_OWNER_MAX], size_t *ret_len);

/* site->zones, from a site that is otherwise settled. */
void zones_build(struct site *site);
