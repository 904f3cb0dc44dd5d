/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * dhcpd.conf(5), for its readers only. A statement is words up to a semicolon, or up to a block
 * in braces; a scope hands down what it says.
 */

#include "ldapcc/import/boot_client.h"
#include "ldapcc/import/import.h"

/* Options of DHCPv6 about booting (RFC 8415, RFC 5970). */
enum { CODE6_USER_CLASS = 15, CODE6_VENDOR_CLASS = 16, CODE6_ORO = 6 };
enum { CODE6_BOOT_URL = 59, CODE6_ARCH = 61 };

struct dhcpd_servers {
	struct import_value *items;
	size_t n;
};

/* Of a name in the hosts file. */
struct dhcpd_addresses {
	struct ip *items;
	size_t n;
};

struct dhcpd_parser {
	struct import *im;
	const char *file;
	const char *at, *end;
	const char *line_at; /* where the line begins */
	unsigned line, depth;
	bool is_muted; /* inside of what is not taken over as a whole */
	struct table *codes; /* names that `option NAME code N = …` gives -> unsigned */
	const struct dhcpd_parser *outer; /* of the file that includes this one */
	struct table *files; /* path -> struct file_text, of what was included */
	struct table *names; /* of the hosts file -> struct dhcpd_addresses */
	struct import_scope *classes; /* what classes tell the clients in them */
	struct dhcpd_servers *servers; /* next servers of others than PC BIOS */
};

struct dhcpd_statement {
	char **words; /* strings without their quotes */
	bool *is_string;
	size_t n;
	struct loc where;
	bool has_block;
};

/* A pool's ranges wait until all of it is read: whom they are for may stand behind them. */
struct dhcpd_pool {
	struct dhcpd_statement *ranges;
	size_t n_ranges;
	bool has_allow, lets_unknown, denies_unknown;
};

/* Where a statement stands. */
struct dhcpd_around {
	struct import_scope scope; /* what holds here */
	struct import_scope groups; /* what a host takes from the groups around it */
	struct import_value files[_CLIENT_MAX]; /* what each client boots here */
	struct import_value files6[_CLIENT_MAX]; /* … by DHCPv6 */
	const char *shared;
	struct import_network *network; /* NULL: outside of subnets */
	struct import_host *host;
	struct dhcpd_pool *pool; /* NULL: outside of pools */
	struct loc closed; /* where strangers are denied; no source: they are not */
	bool has_names; /* use-host-decl-names */
	bool is_top; /* of the whole server */
	bool is_group;
	bool is_class;
	bool is_ipv6; /* it is said by an option of DHCPv6 */
	unsigned mask; /* of clients, in a branch */
	unsigned rest; /* those that no branch above an `else` has taken */
};

/* The next statement up to its semicolon or block; false at the end, or at a brace. */
bool dhcpd_next(struct dhcpd_parser *p, struct dhcpd_statement *s) _must_check_;
bool dhcpd_is(const struct dhcpd_statement *s, size_t i, const char *word) _must_check_;
/* The words from @from on without the commas between, with one blank. */
const char *dhcpd_list(
	TALLOC_CTX *mem_ctx, const struct dhcpd_statement *s, size_t from) _must_check_;
/* A warning that quotes the statement. */
void dhcpd_left(struct dhcpd_parser *p, const struct dhcpd_statement *s, const char *why);

/* Options and parameters (dhcpd_options.c): a simple statement that tells clients something */
void dhcpd_define(struct dhcpd_parser *p, const struct dhcpd_statement *s);
void dhcpd_drop_equals(const struct dhcpd_parser *p, struct dhcpd_statement *s);
const char *dhcpd_lease(const char *text) _must_check_;
/* The number of an option by its name (of DHCPv6: with `dhcp6.` before it); 0: none is known. */
unsigned dhcpd_code(const struct dhcpd_parser *p, const char *name) _must_check_;
bool dhcpd_option(struct dhcpd_parser *p, struct dhcpd_around *a,
	const struct dhcpd_statement *s) _must_check_;
void dhcpd_set(struct dhcpd_around *a, enum import_option option, const char *text,
	struct loc where);

/* Boot files by kind of client (dhcpd_boot.c) */
void dhcpd_set_file(struct dhcpd_parser *p, struct dhcpd_around *a, unsigned mask,
	const char *text, struct loc where);
/* Is it the option of DHCPv6 that has the URL (RFC 5970)? Then it is taken. */
bool dhcpd_take_url6(struct dhcpd_parser *p, struct dhcpd_around *a, unsigned mask,
	const struct dhcpd_statement *s) _must_check_;
bool dhcpd_is_branch(const struct dhcpd_statement *s) _must_check_;
void dhcpd_branch(struct dhcpd_parser *p, struct dhcpd_around *a,
	const struct dhcpd_statement *head);
void dhcpd_class(struct dhcpd_parser *p, const struct dhcpd_statement *head);
/* Passes a block over, to the brace that closes; what is a host in it is nobody's. */
void dhcpd_skip(struct dhcpd_parser *p);
