/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * render: the site as files in memory.
 *
 *	takes	a site, the targets of the settings and their templates
 *	gives	struct tree: every file, complete; findings where a value could not be printed
 *	uses	config, model, template
 *
 * Pure: reads no file but the templates and writes none. The engine calls the getters of the
 * site's fields (fields*.c), which it knows as shapes only.
 */

#include "base/trailer.h"
#include "base/umac.h"
#include "model/report.h"
#include "render/target.h"

struct output_owner {
	mode_t mode;
	uid_t uid;
	gid_t gid;
};

/* What is stored of a file; bytes of all zeros are no print. */
struct stored {
	const uint8_t *print, *sha256,
		*bare; /* as struct output has them; NULL: it is not */
	size_t len;
	uint64_t serial; /* with which it is printed */
};

struct output {
	const struct target *target;
	const char *path; /* where it goes, absolute, without --root */
	/* complete, trailer included; NULL: dropped, as they are stored, or are too many to
	 * keep: serials */
	const char *bytes;
	size_t len;
	uint8_t print[UMAC_BYTES]; /* of all that it is made of: output.h */
	uint8_t sha256[SHA256_BYTES]; /* of bytes */
	uint8_t bare
		[SHA256_BYTES]; /* without serial, and the trailer that depends on it */
	unsigned n_hosts, n_vcns;
	unsigned n_lines; /* where the target has a number above which it is slow */
	uint64_t serial; /* manifests, zones: the one printed in bytes; 0: has none */
	struct stored stored; /* at its path */
	const void *object; /* of for-each: the record's object */
	const char *node; /* whose own file it is: the FQDN, or NULL */
	/* of what was published once; NULL: as the target says */
	const struct output_owner *owner;
	bool is_kept; /* it stays, whatever became of it since it was published */
};

/* Sorted by path; no path twice. */
struct tree {
	struct output *outputs;
	size_t n_outputs;
};

/* One stretch of an output that a record caused, for `show`. */
struct span {
	const struct output *output;
	size_t start, end; /* bytes */
};

struct renderer;

/*
 * renderer_new - compile the templates of @targets once
 *
 * errors: EXIT_USAGE, all template faults
 */
int renderer_new(TALLOC_CTX *mem_ctx, const struct settings *settings,
	const struct map *map, const char *shipped_folder, const struct target *targets,
	size_t n_targets, struct diags *diags,
	struct renderer **ret_renderer) _must_check_;

/* Does any of them show the groups of nodes, or how many there are? */
bool renderer_prints_groups(const struct renderer *renderer);
/* The same of findings and of what earlier generations changed. */
bool renderer_prints_notes(const struct renderer *renderer);
/* Does any of them need the zones of DNS? */
bool renderer_prints_zones(const struct renderer *renderer);

/* What is stored, and with which serials outputs are printed. */
struct serials {
	/* What is stored at @path: soonest found are paths in their order. */
	struct stored (*at)(void *data, const char *path);
	bool keeps_all; /* else what is as it is stored is dropped, and of very many others, too */
	const uint8_t *key; /* of prints, UMAC_KEY_BYTES */
	void *data;
};

/*
 * render_site - every output
 *
 * shape:  a value that an escaper refuses is `unsafe-value` at its record, which goes into
 *         quarantine; the caller settles the model again and repeats until none is refused.
 *         @serials gives each path's serial to print, NULL: 0 for all. Outputs are
 *         rendered beside each other, by threads; the site is only read meanwhile.
 * returns: 0, or EXIT_USAGE for two outputs with one path or a path outside its folder;
 *         *ret_refused counts the records that were newly put into quarantine
 */
int render_site(TALLOC_CTX *mem_ctx, struct renderer *renderer, struct reporter *reporter,
	const struct serials *serials, struct tree **ret_tree,
	size_t *ret_refused) _must_check_;

/* Renders @output's record once more with another serial; replaces bytes, len, sha256. */
void render_serial(TALLOC_CTX *mem_ctx, struct renderer *renderer, struct site *site,
	struct output *output, uint64_t serial);

/* Every stretch of every output that @record caused, in the order of the tree. */
struct span *render_spans(TALLOC_CTX *mem_ctx, struct renderer *renderer,
	struct site *site, const struct tree *tree, const struct record *record,
	size_t *ret_n) _must_check_;
