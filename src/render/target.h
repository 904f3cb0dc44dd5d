/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A target: a file in templates/ whose YAML front matter says where its output goes, how
 * it is checked and what is told of a change; the settings override it member by member.
 *
 * Templates are looked for in the settings' folders, then in the shipped one. A file may
 * hide one of the same name in a later folder: as a parent or partial its own name then
 * means the hidden file, and without front matter it takes the hidden file's. So a site
 * changes one block of a shipped template in three lines:
 *
 *	{{<dhcpd}}
 *	{{$options}}option ntp-servers 192.0.2.1;{{/options}}
 *	{{/dhcpd}}
 */

#include "config/settings.h"
#include "template/template.h"

enum for_each {
	FOR_SITE,
	FOR_HOST,
	FOR_VCN,
	FOR_NODE,
	FOR_NETWORK,
	FOR_PROFILE,
	FOR_ZONE, /* of DNS: forward and reverse */
	FOR_MAC, /* of the interface that a host boots from */
};

struct target {
	const char *name; /* "dhcpd" */
	const char *template_path; /* the file it came from */
	const char *path; /* absolute, may hold {{…}} where for_each is set */
	const char *own_path; /* that of the template, which the settings may change */
	struct string_list named_by; /* targets that name its files, by that path */
	struct string_list needs; /* targets without whose files its own are of no use */
	const char *fixed_folder; /* for_each: the folder part of path before any tag */
	enum for_each for_each;
	const char *when; /* name of a boolean field of the record, or NULL */
	struct loc when_at;
	struct loc path_at; /* in the front matter, or in the settings */
	const char *path_line; /* that line, or NULL */
	const char *language; /* by its name in language.h */
	const char *refuse; /* further bytes that no value may have, NULL: none */
	const char *owner, *group; /* NULL: root */
	mode_t mode; /* 0644 */
	const char *trailer; /* comment form, NULL: none */
	unsigned
		slow_above; /* lines that its reader takes long for; 0: any number will do */
	const char *main; /* the administrator's file that includes ours */
	/* what a file is that holds {file} alone, where no `main` includes ours; NULL: ours */
	const char *frame;
	/* what the checker prints, and what to say of it: pairs */
	struct string_list explain;
	struct string_list check; /* words; {file}, {main}, {tree} */
	unsigned check_timeout_s; /* for a small file; 0: the usual 30 s */
	struct action on_change;
	struct template_text body; /* the template below the front matter */
};

/*
 * The folders searched for templates: the settings' own, then the shipped one. Also the
 * template_loader's data.
 */
struct target_folders {
	struct string_list folders;
};

/*
 * targets_check_folders - can the settings' own folders be read?
 *
 * shape:  without one the shipped templates would be printed instead of the site's. One that is not
 *         there has none: most sites have no template of their own
 * errors: EXIT_USAGE
 */
int targets_check_folders(
	const struct settings *settings, struct diags *diags) _must_check_;

/*
 * targets_load - every target of the settings, front matter checked
 *
 * memory: one array below @mem_ctx; the strings of path_at and when_at are below @diags
 * errors: EXIT_USAGE, all faults with position: unknown keys, a target without a template,
 *         a path that leaves its fixed part, two targets with one path
 */
int targets_load(TALLOC_CTX *mem_ctx, const struct settings *settings,
	const char *shipped_folder, struct diags *diags, struct target **ret_targets,
	size_t *ret_n) _must_check_;

/*
 * target_loader - the loader over the same folders, for partials and parents
 *
 * shape:  names are [a-z0-9._-]+ without a dot in front, so no name leaves the folders
 * memory: its data below @mem_ctx
 */
struct template_loader target_loader(
	TALLOC_CTX *mem_ctx, const struct settings *settings, const char *shipped_folder);

/* The one of that name, or NULL. */
const struct target *targets_find(
	const struct target *targets, size_t n_targets, const char *name);
/*
 * targets_boot_script - the file of the target ipxe-boot, below the kickstart tree
 *
 * memory: a part of the target's path; NULL: there is no such target, or its file is elsewhere
 */
const char *targets_boot_script(const struct target *targets, size_t n_targets);

/* How many folders of a record's own its path has, below the fixed one. */
size_t target_depth(const struct target *target);

/*
 * target_path_fault - a path may hold values of records, but stays in the folder that its
 * text begins with
 *
 * errors: NULL, or a static sentence
 */
const char *target_path_fault(const struct target *target, const char *path) _must_check_;
