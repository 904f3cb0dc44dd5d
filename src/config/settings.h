/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * config: what the administrator wrote.
 *
 *	takes	the settings file, a map, and our own tables (*.def)
 *	gives	struct settings, struct map, the catalogue of checks, the attributes
 *	uses	base
 *
 * Here: the settings file, /etc/ldapcc/ldapcc.yaml (ldapcc.yaml(5)), checked and with
 * defaults.
 */

#include "base/document.h"
#include "config/check.h"
#include "config/map.h"

enum bind_method { BIND_ANONYMOUS, BIND_EXTERNAL, BIND_GSSAPI, BIND_SIMPLE };

/* Entries that are passed over: a subtree, or those for which a filter holds. */
struct exclusion {
	const char *dn; /* NULL: a filter */
	const struct filter *filter;
	struct loc where;
};

struct directory_settings {
	struct string_list uris; /* tried in order; default ldapi:/// */
	struct string_list bases; /* below each of them everything is read */
	enum bind_method bind;
	const char *bind_dn, *password_file; /* BIND_SIMPLE */
	const char *expect_identity;
	const char *ca_file, *cert_file, *key_file;
	bool starttls;
	unsigned page_size; /* entries; default 1000 */
	unsigned timeout_s; /* whole read; default 60 */
	unsigned full_interval_s; /* default 3600 */
	const char *schema; /* map name or path; default "ldapcc" */
	struct loc schema_at; /* line 0: nobody says it */
	struct string_list also; /* LDIF files in our schema, read after the directory */
	struct exclusion *excluded; /* what is passed over */
	size_t n_excluded;
	struct string_list canaries;
	struct loc where; /* of `base` or of the directory key, for messages */
};

enum action_kind { ACTION_NONE, ACTION_COMMAND, ACTION_RESTART, ACTION_RELOAD };

/* What to do when a target's file changed. */
struct action {
	enum action_kind kind;
	struct string_list words; /* the command, or the units: the first that exists */
};

/* One key under `targets:`. Unset members leave the template's front matter as it is. */
struct target_settings {
	const char *name;
	const char *path, *owner, *group, *main;
	mode_t mode; /* valid if has_mode */
	bool has_mode;
	struct string_list check; /* command words; n == 0: not given */
	bool has_check; /* `check: none` gives has_check and n == 0 */
	unsigned check_timeout_s; /* 0: not given */
	struct action on_change;
	bool has_on_change;
	bool is_off;
	struct loc where; /* line 0: one of the defaults, as it is */
	struct loc path_at, main_at, check_at;
	const char *path_line; /* that line of the file, or NULL */
};

/* A share of what exists, in per mille, or an absolute number. */
struct limit {
	bool is_share;
	unsigned value; /* per mille of the existing, or a count */
};

struct guard_settings {
	struct limit max_removed, max_affected, max_lost, max_armed, max_removed_24h;
	unsigned min[_KIND_MAX]; /* by kind; 0: none */
};

/* The part of the site that this server serves; nothing at all: the whole. */
struct select_settings {
	struct string_list networks, groups; /* names */
	struct loc where; /* line 0: not set */
};

/* What `verify` asks. */
struct verify_settings {
	struct string_list dns; /* ADDRESS or ADDRESS:PORT; default 127.0.0.1 */
	struct loc dns_at;
	unsigned sample; /* names; default 100 */
	unsigned timeout_s; /* for each attempt; default 2 */
	const char *kea4_socket, *kea6_socket; /* control sockets */
	const char *dhcpd_pid, *dhcpd6_pid, *dnsmasq_pid; /* files, without systemd */
};

struct settings {
	const char *path; /* NULL: none was read, defaults */
	struct directory_settings directory;
	struct select_settings select;
	const char *state; /* /var/lib/ldapcc */
	unsigned keep; /* generations; 10 */
	struct string_list templates; /* folders searched before the shipped ones */
	bool refuse_drift;
	struct target_settings
		*targets; /* the six defaults, then the others in their order */
	size_t n_targets;
	struct target_settings *targets_off; /* NAME: off */
	size_t n_targets_off;
	struct guard_settings guard;
	struct verify_settings verify;
	struct limit quarantine; /* 1 %; a floor of 5 applies to a share */
	enum severity severity[_CHECK_MAX]; /* SEVERITY_NOTE: the catalogue's */
};

/*
 * settings_load - read @path; NULL: /etc/ldapcc/ldapcc.yaml if it is there, else defaults
 *
 * errors: EXIT_USAGE, every fault with file:line:column and the line
 */
int settings_load(TALLOC_CTX *mem_ctx, const char *path, struct diags *diags,
	struct settings **ret_settings) _must_check_;

/* What it says of the target @name; NULL: nothing, or `off`. */
struct target_settings *settings_target(
	const struct settings *settings, const char *name);

/* The severity of a check at this site. */
enum severity settings_severity(const struct settings *settings, enum check check);

/* A command as words: a YAML list, or one string split at blanks ('…' and "…" hold). */
int read_command(
	struct reader *r, const struct node *value, void *field); /* string_list */
/* Seconds, from one to a day. */
int read_timeout(struct reader *r, const struct node *value, void *field);
/* `none`, a command, or {restart|reload: [unit, …]}; into struct action. */
int read_action(struct reader *r, const struct node *value, void *field);
