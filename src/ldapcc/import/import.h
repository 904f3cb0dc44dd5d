/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * ldapcc/import: what a site has by hand, as LDIF in our schema.
 *
 *	takes	configurations of dnsmasq and ISC dhcpd, hosts and ethers files
 *	gives	entries; a finding, with file and line, for what is not taken over
 *	uses	config, read (the LDIF), model (values of our attributes)
 *
 * Each reader fills one inventory; import_settle() puts the parts of one machine together,
 * import_print() writes.
 */

#include "base/diag.h"
#include "base/net.h"
#include "base/table.h"
#include "config/attribute.h"

/* What a DHCP server tells clients that our schema has a place for. */
enum import_option {
	IMPORT_ROUTERS,
	IMPORT_NAME_SERVERS,
	IMPORT_DOMAIN,
	IMPORT_SEARCH,
	IMPORT_TIME_SERVERS,
	IMPORT_MTU,
	IMPORT_ROUTES, /* DESTINATION/LENGTH GATEWAY, with commas between */
	IMPORT_LEASE,
	IMPORT_NEXT_SERVER,
	IMPORT_BOOT_FILE,
	IMPORT_BOOT_FILE_UEFI,
	IMPORT_BOOT_FILE_ARM64,
	IMPORT_BOOT_URL,
	_IMPORT_MAX
};

#define IMPORT_FOREVER "2147483647" /* seconds: the longest that an attribute has */

struct import_value {
	const char *text; /* NULL: not set; of lists with a blank between */
	struct loc where;
	bool is_ipv6; /* a boot file that only DHCPv6 tells */
};

/* What a scope sets, or what holds in it. */
struct import_scope {
	struct import_value values[_IMPORT_MAX];
	struct import_value *further; /* vocDHCPOption, `NAME VALUE`: one a name */
	size_t n_further;
	struct import_value longest, preferred; /* of dhcpd: not taken over */
};

struct import_range {
	struct ip first, last;
	struct loc where;
};

struct import_network {
	struct prefix prefix;
	const char *shared; /* name of the wire, NULL: alone */
	struct import_scope scope; /* what holds in it, all above included */
	struct import_range *ranges;
	size_t n_ranges;
	struct loc where;
	const char **tags; /* of dnsmasq: what its ranges set, one a range */
	size_t n_tags;
	bool is_dnsmasqs;
};

struct import_host {
	const char *name; /* of the declaration, or of the hosts line */
	const char *host_name; /* what DHCP tells it, NULL: nothing */
	const char **aliases;
	size_t n_aliases;
	struct mac *macs;
	size_t n_macs;
	const char **guids; /* of InfiniBand: 8 octets */
	size_t n_guids;
	struct ip *ips;
	size_t n_ips;
	const char **records; /* values of vocDNSRecord */
	size_t n_records;
	const char **duids; /* values of vocDUID */
	size_t n_duids;
	const char **tags; /* of dnsmasq */
	size_t n_tags;
	struct import_scope scope; /* its own, and of the groups around it */
	struct loc where;
	bool has_dhcp;
	bool is_by_name; /* its server looks its address up in the hosts file */
	bool is_named; /* by a hosts line */
	bool is_merged; /* or nothing is left of it: not printed */
};

/* A line of a hosts file: its names in their order. */
struct import_line {
	struct ip ip;
	char **names;
	size_t n_names;
	struct loc where;
	bool is_used;
};

/* A DNS record of a name; whose it is shows when all hosts are known. */
struct import_record {
	const char *owner; /* NULL: the site's domain */
	const char *text; /* a value of vocDNSRecord */
	struct loc where;
};

struct import {
	TALLOC_CTX *mem_ctx;
	struct diags *diags;
	struct import_scope scope; /* of the whole site */
	struct import_network *networks;
	size_t n_networks;
	struct import_host **hosts;
	size_t n_hosts;
	struct import_line *lines;
	size_t n_lines;
	bool has_hosts, has_ethers; /* --hosts, --ethers */
	const char **records; /* of the site's domain */
	size_t n_records;
	struct import_record *owned; /* of other names */
	size_t n_owned;
	int failed; /* of an included file; the first */
	struct table *
		by_name; /* of hosts as they were added or renamed: folded name -> the first */
	struct table *by_ip; /* text of the address -> the first host that has it */
	struct table *said; /* findings: what a scope hands down is named once */
	const char *base; /* DN below which everything is put */
};

/* Something that cannot be taken over: a warning at its place. */
void import_left(struct import *im, struct loc where, const char *format, ...)
	_printf_(3, 4);

/* A warning, where ldapcc has written the file: it would be its own source. */
void import_check_own(struct import *im, const char *path, const char *text, size_t len);

/* What is no loss, and to be known: a note, once a place. */
void import_say(struct import *im, struct loc where, const char *format, ...)
	_printf_(3, 4);

struct import_place {
	const char *attribute; /* that has it: "vocGateway" */
	enum field_id field;
	bool is_list;
};

const struct import_place *import_place(enum import_option option);
/* Has a host an attribute of its own for it? Its domain is in its name. */
bool import_is_hosts(enum import_option option);
/* Has the whole site only: vocCluster, and no network? */
bool import_is_sites(enum import_option option);

/* The readers: 0, or the failure of a file that cannot be read or is none of its kind. */
int import_dhcpd(struct import *im, const char *path) _must_check_;
int import_hosts(struct import *im, const char *path) _must_check_;
int import_ethers(struct import *im, const char *path) _must_check_;
int import_dnsmasq(struct import *im, const char *path) _must_check_;

struct import_host *import_add_host(
	struct import *im, const char *name, struct loc where) _must_check_;
void import_rename(struct import *im, struct import_host *host, const char *name);
struct import_network *import_add_network(
	struct import *im, struct prefix prefix, struct loc where) _must_check_;
/* The host of that name, or that has the address; NULL: none. */
struct import_host *import_find_host(struct import *im, const char *name) _must_check_;
struct import_host *import_host_at(struct import *im, struct ip ip) _must_check_;
void import_add_ip(struct import *im, struct import_host *host, struct ip ip);
/* The GUID in the client identifier of an InfiniBand port (RFC 4390); NULL: it is another's. */
const char *import_guid(const char *client_id) _must_check_;
void import_add_mac(struct import *im, struct import_host *host, struct mac mac);
void import_add_range(struct import *im, struct import_network *network, struct ip first,
	struct ip last, struct loc where);
/* Takes all ranges away, which are not for unknown clients: a warning for each, at @where. */
void import_close_ranges(
	struct import *im, struct import_network *network, struct loc where);
/* Cuts off what check accepts in no range, with a warning. */
void import_cut_ranges(struct import *im);
/* Of two hosts that have one MAC address in a network the second loses it, with a warning. */
void import_part_macs(struct import *im);
/* The network that has @ip, or NULL; that of @prefix. */
struct import_network *import_network_of(struct import *im, struct ip ip) _must_check_;
struct import_network *import_find_network(
	struct import *im, struct prefix prefix) _must_check_;

bool import_scopes_equal(
	const struct import_scope *a, const struct import_scope *b) _must_check_;
/* Is one of its addresses there? */
bool import_is_in(const struct import_network *network,
	const struct import_host *host) _must_check_;
/* Is @word one of those in @list? */
bool import_is_said(const char *list, const char *word) _must_check_;
/* Is @full @name and a domain? */
bool import_is_short_of(const char *name, const char *full) _must_check_;
/* What each is called in DNS; a host of which nothing is left is merged. */
void import_name_hosts(struct import *im);
/* What hosts are told of their names otherwise than they were: one note each. */
void import_check_told_names(struct import *im);
/* A record is of the host that has its name, else of an entry of its own without an address. */
void import_place_records(struct import *im);
/* Names of the hosts files, and addresses of those that are known by their names. */
void import_take_lines(struct import *im);
/* Domains without the dot that may stand at their end. */
void import_trim_dots(struct import *im);
/* Records that point to an alias point to the name behind it. */
void import_follow_aliases(struct import *im);
/* Names that several machines have, round robin, are named. */
void import_compare_aliases(struct import *im);
/* What no attribute takes is left out, and named; then the one router of each network. */
void import_check_values(struct import *im);
void import_choose_routers(struct import *im);

/*
 * import_set_further - a standard option without an attribute of its own, in a scope
 *
 * shape:  @text is `NAME VALUE`; takes the place of one of that name
 * returns: NULL, or why it has no place in the directory
 */
const char *import_set_further(struct import *im, struct import_scope *scope,
	const char *text, struct loc where) _must_check_;
/* Is @text, `NAME VALUE`, what the scope says? */
bool import_has_further(const struct import_scope *scope, const char *text) _must_check_;
/* The options of network and host that are not what is said above them. */
void import_settle_further(struct import *im);
void import_print_further(const struct import_scope *scope, struct buffer *out);
/* Octets of option 121 (RFC 3442) as routes; NULL: they are none. */
const char *import_routes(
	struct import *im, const uint8_t *octets, size_t n) _must_check_;
/* All of @from that is said takes the place of what @to says. */
void import_overlay(
	struct import *im, struct import_scope *to, const struct import_scope *from);

/* Names, machines of several parts, and what their scopes say otherwise than the networks'. */
void import_settle(struct import *im);
void import_print(const struct import *im, struct buffer *out);
