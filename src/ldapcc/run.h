/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * ldapcc: the program.
 *
 *	takes	the command line
 *	gives	what is printed, and the exit code
 *	uses	every room but vcn's
 *
 * One run of the compiler, from settings to a tree of files in memory; commands differ in
 * what they do with it. The stages, each filling in the next members:
 *
 *	run_prepare	settings; then map, targets, templates
 *	run_read	every entry, decoded, from the directory or the LDIF file
 *	run_link	linked and linted
 *	run_render	what is in error into quarantine; derived and rendered
 */

#include "read/directory.h"
#include "read/entries.h"
#include "render/render.h"

struct json_object;
struct site_note;
struct quarantined;
struct roster;
struct decode_crew;
struct delta_base;
struct standby;

/* The command line of ldapcc. */
struct arguments {
	const char *config, *root, *ldif, *output, *accept;
	const char *change; /* diff */
	const char *metrics; /* where numbers go after the run; NULL: nowhere */
	const char *dhcpd, *hosts, *ethers, *dnsmasq; /* import */
	bool json, quiet, verbose;
	bool bootstrap, no_reload, full, detailed_exitcode, unpin, list, all;
	/* allocate */
	const char *vo, *image, *network, *name;
	const char *group; /* allocate: that the new VCNs become members of */
	const char *move; /* allocate: the host that is to be emptied */
	bool new_hosts; /* allocate: physical hosts, not VCNs */
	uint64_t count, per_host, memory_mib, cpus;
	uint64_t max_age; /* status; seconds, 0: any */
};

struct run {
	TALLOC_CTX *mem_ctx;
	struct arguments arguments;
	char **words; /* behind the command, NULL-terminated */
	size_t n_words;
	struct diags *diags;
	bool color; /* wanted on standard output */
	bool only_publishes; /* apply: of the site nothing counts but what targets print */
	struct json_object *result; /* for --json; NULL without it */
	const char *datadir; /* where templates/ and schema/ are */

	struct settings *settings;
	const char
		*inputs; /* hash of settings, map and templates, before they were read */
	const struct map *map;
	const struct map *also_map; /* of what `also` names; NULL: nothing */
	struct string_list stored; /* attributes of both, NULL-terminated */
	struct absent *excluded; /* that has been read, and the subtrees; NULL: nothing */
	const struct table *gone; /* what changes took away that are tried (site.h) */
	struct target *targets;
	size_t n_targets;
	struct renderer *renderer;
	struct site *site;
	struct reporter reporter;
	struct directory_report report;
	struct tree *tree;
	struct entries *fresh; /* that came, where they are kept (since) */
	struct entries
		*raw; /* as the directory has them, with those that stay as they were */
	struct table *conflicts; /* canonical DN of what lost one -> its finding */
	struct entries *above; /* ids of the containers, and of what is excluded */
	struct entries *entries; /* the same joined, and those of `also` */
	struct entries *accepted; /* what the site was made of in the end */
	struct entries *good; /* what the current generation was made of; NULL: unknown */
	const char *good_fault; /* why it is not; NULL: it is, or there is none */
	struct loc good_where;
	struct entries_file before; /* … and all that is in its file */
	/* the state of the directory that before.raw is of; NULL: nobody can tell, or what is there
	 * counts (--full) */
	const struct string_list *before_csn;
	bool has_hidden; /* an entry counts as it was (hidden_values.h) */
	const struct delta_base *before_base; /* where most of it stands; NULL: no file */
	const struct directory_since
		*since; /* apply: what is read is kept; NULL: others */
	struct snapshot *snapshot; /* … of the entries @snapshot_of, for all that ask */
	const struct entries *snapshot_of;
	struct decode_crew
		*decoded; /* the entries @decoded_of, ahead (ahead.h); NULL: none */
	const struct entries *decoded_of;
	bool proves_increments; /* everything is read, and must be what increments give */
	const struct roster *roster_before; /* of the current generation; NULL: none */
	size_t n_entries;
	struct site_note *changes; /* of earlier generations, the newest first */
	size_t n_changes;
	struct quarantined **quarantined;
	size_t n_quarantined;
	unsigned n_rounds; /* of quarantine_settle() */
	bool is_settled; /* nothing is in error any more but what is in quarantine */
	struct standby *standby; /* of `watch`: who says when (standby.h); NULL: nobody */
	int64_t started; /* Unix time */
};

int run_prepare_settings(struct run *run) _must_check_;
int run_prepare_targets(struct run *run) _must_check_; /* once */
int run_prepare(struct run *run) _must_check_; /* both */
/* Those targets that can be used, one after the other; nothing is said of the others. */
void run_take_targets(struct run *run);
/*
 * run_take_renderer - that of the targets that can be used, after run_prepare_targets() failed
 *
 * errors: EXIT_USAGE where not even the map can be, without a word
 */
int run_take_renderer(struct run *run) _must_check_;
/*
 * run_check_words - are the command's words targets?
 *
 * errors: EXIT_USAGE: a misspelt target must not look like one without output
 */
int run_check_words(struct run *run) _must_check_;
/*
 * run_command - "ldapcc --config /etc/c.yaml": how a person calls it for this very site
 *
 * memory: below @mem_ctx; a shell reads each word as it is
 */
const char *run_command(TALLOC_CTX *mem_ctx, const struct run *run) _must_check_;
int run_read(struct run *run, const struct string_list *last_csn) _must_check_;
/* A new empty run->site, and the reporter of what is found in it. */
void run_new_site(struct run *run);
/* Links and lints run->site; of records in conflict the one in run->roster_before wins. */
void run_link(struct run *run);
/*
 * run_render - the tree, and what quarantine left out of it
 *
 * errors: EXIT_USAGE for template faults
 */
int run_render(struct run *run, const struct serials *serials) _must_check_;

/*
 * run_permit - may what was rendered be published?
 *
 * errors: EXIT_DATA: more records in quarantine than `quarantine` allows, or an error in a
 *         record that others stand on
 */
int run_permit(struct run *run) _must_check_;

/* Prepare, read, check and render in one. */
int run_all(struct run *run) _must_check_;
