/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Addresses as values: passed by value, compared as numbers, never as text.
 * Parsing is strict, because the daemons are not: dhcpd reads `010.0.0.1` as decimal,
 * dnsmasq reads it as a name.
 */

#include "base/mem.h"

enum { IP_TEXT_MAX = 46, MAC_TEXT_MAX = 18, GUID_BYTES = 8, GUID_CLIENT_ID_MAX = 60 };

/* family is 4, 6, or 0 for none; an IPv4 address fills the first four bytes. */
struct ip {
	uint8_t family;
	uint8_t bytes[16];
};

struct prefix {
	struct ip base; /* host bits are zero */
	uint8_t length; /* bits */
};

struct mac {
	uint8_t bytes[6];
};

/* What an InfiniBand port is known by: an EUI-64. */
struct guid {
	uint8_t bytes[GUID_BYTES];
};

/*
 * RFC 4291 and dotted quad, as inet_pton(3): no leading zeros, zone ids or blanks. An
 * IPv4-mapped address (::ffff:10.1.0.10) is the IPv4 address that it stands for.
 */
bool ip_parse(const char *text, struct ip *ret) _must_check_;
const char *ip_format(struct ip ip, char buffer[IP_TEXT_MAX]);
/* The same; gives the end of what it wrote. */
char *ip_write(struct ip ip, char buffer[IP_TEXT_MAX]);
/* IPv4 before IPv6, then by number: <0, 0, >0 */
int ip_compare(struct ip a, struct ip b);
static inline bool ip_is_set(struct ip ip)
{
	return ip.family != 0;
}
/* The address after this one; false past the last of the family. */
bool ip_next(struct ip ip, struct ip *ret) _must_check_;
/* How many addresses there are from @first to @last, both counted; 65,536 at most. */
uint32_t ip_distance(struct ip first, struct ip last);
/* The address before this one, of what is not the first of its family. */
struct ip ip_before(struct ip ip);
/* loopback, unspecified, multicast, IPv4 broadcast: no host can have it. NULL if usable. */
const char *ip_unusable(struct ip ip);
/* 169.254.0.0/16 and fe80::/10 (RFC 3927, RFC 4291 2.5.6): good on one wire only. */
bool ip_is_link_local(struct ip ip);

/*
 * netmask_parse - 255.255.255.0, 0xffffff00, ffffff00, or its number of bits
 *
 * errors: NULL on success, else a static sentence
 */
const char *netmask_parse(const char *text, unsigned *ret_length) _must_check_;

/* The same of a family: of IPv6 the number of bits, or ffff:ffff:ffff:ffff:: */
const char *prefix_length_parse(
	int family, const char *text, unsigned *ret_length) _must_check_;

enum { NO_NETMASK = -1 };

/*
 * prefix_parse - `10.1.0.0/16`, `10.1.0.0/255.255.0.0`, or an address with a netmask beside it
 *
 * RFC 2307 leaves zeros at the end out (`10.1`), so they may be missing.
 *
 * shape:  @netmask is the mask's bits or NO_NETMASK; a mask and a /length must agree
 * errors: NULL on success, else a static sentence ("host bits are set", …)
 */
const char *prefix_parse(const char *text, int netmask, struct prefix *ret) _must_check_;
/* The network's number alone: what stands before a slash, zeros at the end added. */
bool network_number_parse(const char *text, struct ip *ret) _must_check_;
bool prefix_contains(struct prefix prefix, struct ip ip);
/*
 * prefix_edge - why no machine can have @ip in it: the network's own or broadcast address
 *
 * shape:   /31 and /32 have neither (RFC 3021), nor has IPv6
 * returns: a static sentence, or NULL
 */
const char *prefix_edge(struct prefix prefix, struct ip ip);
bool prefix_overlaps(struct prefix a, struct prefix b);
struct ip prefix_last(struct prefix prefix); /* IPv4: the broadcast address */
struct ip prefix_netmask(struct prefix prefix);

/*
 * prefix_reverse_zones - the reverse zones that cover the network, whole octets (IPv4) or
 * nibbles (IPv6): a /20 gives sixteen /24 zones
 *
 * memory: an array of *ret_n names below @mem_ctx
 */
char **prefix_reverse_zones(
	TALLOC_CTX *mem_ctx, struct prefix prefix, size_t *ret_n) _must_check_;

enum { REVERSE_TEXT_MAX = 80 }; /* 32 nibbles with their dots, and ip6.arpa */

/*
 * Labels of that name, each with its dot: those of octets (IPv4) or nibbles (IPv6) @from up to,
 * not with, @to, the last one first. Gives the end of what it wrote.
 */
char *ip_write_labels(struct ip ip, unsigned from, unsigned to, char *at);
/* The name that the PTR record of @ip has: `7.2.0.192.in-addr.arpa`. */
const char *ip_reverse_name(struct ip ip, char buffer[REVERSE_TEXT_MAX]);
/*
 * prefix_delegated_zone - the reverse zone of an IPv4 network smaller than a /24:
 * `64-26.2.0.192.in-addr.arpa` for 192.0.2.64/26
 *
 * source: RFC 2317, which advises a hyphen where its examples have a slash
 */
const char *prefix_delegated_zone(struct prefix prefix, char buffer[REVERSE_TEXT_MAX]);
/* Of an address space whose reverse zones nobody delegates (RFC 6303, RFC 7793)? */
bool ip_is_locally_served(struct ip ip);

/*
 * mac_parse - every spelling in use: aa:bb:…, aa-bb-…, both also with one-digit octets,
 * aabb.ccdd.eeff, twelve digits; any case; 48 bits only
 */
bool mac_parse(const char *text, struct mac *ret) _must_check_;
const char *mac_format(struct mac mac, char buffer[MAC_TEXT_MAX]); /* aa:bb:cc:dd:ee:ff */
int mac_compare(struct mac a, struct mac b);
bool mac_is_zero(struct mac mac);
/* The I/G and U/L bits of the first octet (IEEE 802). */
bool mac_is_multicast(struct mac mac);
bool mac_is_local(struct mac mac);

/*
 * guid_parse - an InfiniBand address: 8 octets, 9 with 20 (its hardware type, 32) in front,
 * or the 20 of IPoIB, whose last 8 are the GUID (RFC 4391 section 9.1.1)
 *
 * shape:  octets_parse()'s spellings, also with 0x in front
 */
bool guid_parse(const char *text, struct guid *ret) _must_check_;
int guid_compare(struct guid a, struct guid b);
/*
 * The DHCP client identifier of an InfiniBand port (RFC 4390 section 2.1, RFC 4361): type 255,
 * an IAID of 0, and a DUID of Mellanox' enterprise number with the GUID, which is what the
 * firmware of their adapters sends.
 */
const char *guid_format_client_id(struct guid guid, char buffer[GUID_CLIENT_ID_MAX]);

/*
 * octets_parse - hexadecimal octets, written with or without `:`, `-` or `.` between groups
 * of them; of one or two digits each where every octet has its colon
 *
 * returns: their number; 0: it is something else, or more than @max
 */
size_t octets_parse(const char *text, uint8_t *ret, size_t max) _must_check_;
/* aa:bb:… */
char *octets_format(TALLOC_CTX *mem_ctx, const uint8_t *bytes, size_t n) _must_check_;

/*
 * duid_parse - a DUID (RFC 8415 section 11): octets, or a UUID, which is one of type 4
 *
 * memory: *ret_text below @mem_ctx, as aa:bb:…
 * errors: NULL on success, else a static sentence
 */
const char *duid_parse(
	TALLOC_CTX *mem_ctx, const char *text, char **ret_text) _must_check_;
