/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * One run of the compiler, from settings to a tree of files in memory; commands differ in
 * what they do with it. The stages, each filling in the next members:
 *
 *	run_prepare	settings; then map, targets, templates
 *	run_read	every entry, decoded, from the directory or the LDIF file
 *	run_check	linked and linted
 *	run_render	settled and rendered, as often as records go into quarantine
 */

#include "read/directory.h"
#include "render/render.h"

struct json_object;

/* The command line of ldapcc. */
struct arguments {
	const char *config, *root, *ldif, *output, *accept;
	bool json, quiet, verbose;
	bool bootstrap, no_reload, full, detailed_exitcode, unpin, list;
	/* allocate */
	const char *vo, *image, *network, *name;
	uint64_t count, per_host, memory_mib, cpus;
};

struct run {
	TALLOC_CTX *mem_ctx;
	struct arguments arguments;
	char **words; /* behind the command, NULL-terminated */
	size_t n_words;
	struct diags *diags;
	struct json_object *result; /* for --json; NULL without it */
	const char *datadir; /* where templates/ and schema/ are */

	struct settings *settings;
	const struct map *map;
	struct target *targets;
	size_t n_targets;
	struct renderer *renderer;
	struct site *site;
	struct reporter reporter;
	struct directory_report report;
	struct tree *tree;
	struct record **quarantined_records; /* what was left out */
	size_t n_quarantined_records;
	bool has_shared_errors; /* clusters, networks, images, repositories or profiles */
};

int run_prepare_settings(struct run *run) _must_check_;
int run_prepare_targets(struct run *run) _must_check_;
int run_prepare(struct run *run) _must_check_; /* both */
/*
 * run_check_words - are the command's words targets?
 *
 * errors: EXIT_USAGE: a misspelt target must not look like one without output
 */
int run_check_words(struct run *run) _must_check_;
int run_read(struct run *run, const struct string_list *last_csn) _must_check_;
/* @marks: the last generation's, sorted, or NULL: of records in conflict the one that was
 * there wins. */
struct node_mark;
void run_check(struct run *run, const struct node_mark *marks, size_t n_marks);
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
