/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * dnsmasq.conf(5), for its readers only. Whom a line is for shows when all tags are known:
 * options, boot files and what is ignored are kept as they stand, and settled at the end.
 */

#include "ldapcc/import/boot_client.h"
#include "ldapcc/import/import.h"

enum dnsmasq_what {
	DNSMASQ_OPTION, /* of struct import_scope */
	DNSMASQ_FURTHER, /* vocDHCPOption */
	DNSMASQ_BOOT, /* a boot file, with its server */
	DNSMASQ_IGNORE, /* no answer at all */
};

/* A line that holds for whom all tags are said; without tags for everybody. */
struct dnsmasq_rule {
	enum dnsmasq_what what;
	enum import_option option;
	const char **tags; /* with `!`: not this one */
	size_t n_tags;
	const char *text; /* the value, or the boot file */
	bool is_ipv6; /* an option of DHCPv6 */
	const char *server; /* of a boot file; "": the server itself; NULL: not said */
	struct loc where;
	bool is_held; /* for somebody */
};

/* domain=NAME,FIRST,LAST */
struct dnsmasq_domain {
	const char *name;
	struct ip first, last;
	struct loc where;
};

struct dnsmasq {
	struct import *im;
	struct dnsmasq_rule **rules;
	size_t n_rules;
	struct dnsmasq_rule **boots; /* those of boot files */
	size_t n_boots;
	struct table *clients; /* tag -> unsigned, bits of enum boot_client */
	struct dnsmasq_domain *domains;
	size_t n_domains;
	struct table
		*files; /* "DEVICE:INODE" of what was read, and keys that were named */
	bool is_without_hosts; /* no-hosts */
};

/* Whose tags are looked at. */
struct dnsmasq_whom {
	const struct import_network *network; /* NULL: the whole site */
	const struct import_host *host; /* NULL: an unknown client */
	int client; /* enum boot_client, -1: of any kind */
};

struct dnsmasq_line {
	struct dnsmasq *d;
	struct import *im;
	struct loc where;
	const char *key;
	char **fields;
	size_t n;
	unsigned depth; /* of files in files */
};

/* A warning at the line: what is not taken over of it, and what to do. */
void dnsmasq_left(const struct dnsmasq_line *l, const char *format, ...) _printf_(2, 3);

/* 12h, 45m, 3600, infinite: the seconds as text; NULL: none */
const char *dnsmasq_lease(TALLOC_CTX *mem_ctx, const char *text) _must_check_;
/* [fd00::1] is an address of DHCPv6. */
bool dnsmasq_ip(char *field, struct ip *ret) _must_check_;
void dnsmasq_drop_fields(struct dnsmasq_line *l, size_t n);
/* The tag of a field `tag:red`, `net:red`, `set:red`, by those prefixes; NULL: it has none. */
const char *dnsmasq_tag(const char *field, const char *const *kinds) _must_check_;
extern const char *const dnsmasq_sets[], *const dnsmasq_asks[];
/* A bare word in front of a range or an option is a tag, too. */
const char *dnsmasq_leading_tag(
	const struct dnsmasq_line *l, const char *const *kinds) _must_check_;
/* Takes the tags in front off the line. */
struct dnsmasq_rule *dnsmasq_add_rule(
	struct dnsmasq_line *l, enum dnsmasq_what what, bool has_bare) _must_check_;

/* Names (dnsmasq_names.c) */
void dnsmasq_host_record(struct dnsmasq_line *l);
void dnsmasq_address(struct dnsmasq_line *l);
void dnsmasq_domain(struct dnsmasq_line *l);
void dnsmasq_cname(struct dnsmasq_line *l);
void dnsmasq_txt(struct dnsmasq_line *l);
void dnsmasq_mx(struct dnsmasq_line *l);
void dnsmasq_srv(struct dnsmasq_line *l);
void dnsmasq_settle_domains(struct dnsmasq *d);

/* What clients are told (dnsmasq_options.c) */
void dnsmasq_option(struct dnsmasq_line *l);
void dnsmasq_ignore(struct dnsmasq_line *l);

/* Boot files by kind of client (dnsmasq_boot.c) */
void dnsmasq_match(struct dnsmasq_line *l);
void dnsmasq_user_class(struct dnsmasq_line *l);
void dnsmasq_vendor_class(struct dnsmasq_line *l);
void dnsmasq_boot(struct dnsmasq_line *l);
/* Of the site and its networks, and of @whom alone, whatever kind of client it is. */
void dnsmasq_settle_boots(struct dnsmasq *d);
void dnsmasq_settle_boot(
	struct dnsmasq *d, struct import_scope *scope, struct dnsmasq_whom whom);

/* Whom rules are for (dnsmasq_rules.c) */
void dnsmasq_settle_rules(struct dnsmasq *d);
bool dnsmasq_is_for(const struct dnsmasq *d, const struct dnsmasq_rule *rule,
	const struct dnsmasq_whom *whom) _must_check_;

/* Further files (dnsmasq_files.c) */
int dnsmasq_read_file(
	const struct dnsmasq_line *from, const char *path, const char *key) _must_check_;
int dnsmasq_read_folder(struct dnsmasq_line *l, const char *path) _must_check_;
void dnsmasq_conf_file(struct dnsmasq_line *l);
void dnsmasq_conf_dir(struct dnsmasq_line *l);
void dnsmasq_hosts_file(struct dnsmasq_line *l);
void dnsmasq_options_file(struct dnsmasq_line *l);
void dnsmasq_addn_hosts(struct dnsmasq_line *l);

/* A line of a file, or of one whose lines are values of one key (dnsmasq.c). */
void dnsmasq_read_line(struct dnsmasq_line *l, const char *text);
