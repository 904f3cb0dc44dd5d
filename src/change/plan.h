/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What a run would change: the tree that was rendered, compared with what is installed
 * and with what the last generation installed.
 *
 * In two halves. live_survey() needs no tree: it loads the last generation and looks at
 * the live files, so it can run while the directory is read; its serials go to
 * render_site(). plan_new() then compares. Nothing is written by either.
 */

#include "generation/delta.h"
#include "generation/generation.h"
#include "generation/roster.h"
#include "render/render.h"

/* How a live file stands to what the last generation installed. */
enum live {
	LIVE_INTACT,
	LIVE_EDITED, /* other bytes */
	LIVE_MODE, /* other owner, group or mode */
	LIVE_ABSENT, /* removed by hand */
	LIVE_STRANGE, /* no regular file any more: a link, a folder, … */
};

struct live_set;

/*
 * live_survey - what was installed, and what became of it
 *
 * shape:  stats every file of the current generation; reads those whose stat(2) is not the
 *         one that was noted when they were installed. With @to_begin_anew a generation that
 *         is damaged counts as none, with a warning
 * units:  @now, Unix time
 * errors: EXIT_IO, also where generations are there and none is current
 */
int live_survey(TALLOC_CTX *mem_ctx, const struct state *state, uint64_t now,
	bool to_begin_anew, struct diags *diags, struct live_set **ret_live) _must_check_;

/*
 * live_again - the same generation, of a state that has been locked since
 *
 * shape:  the caller knows that it is the same; the live files are looked at again
 * memory: @state is borrowed
 * errors: EXIT_IO
 */
int live_again(struct live_set *live, const struct state *state, uint64_t now,
	struct diags *diags) _must_check_;

/*
 * plan_is_untouched - the check of a run without changes: single files and the folders of
 * for-each targets have the stat(2) that was noted after the last publication
 *
 * errors: none; false where anything is different or unknown: then do a full run
 */
bool plan_is_untouched(const struct state *state);

/* The current generation and its roster; NULL: there is none. */
const struct generation *plan_generation(const struct live_set *live);
const struct roster *plan_roster(const struct live_set *live);

/*
 * plan_serial_time - when the newest change was made that is in what was read, Unix time
 *
 * shape: before plan_serials(); without it serials come from the clock
 */
void plan_serial_time(struct live_set *live, uint64_t time);
/* Gives a known path its previous serial, a new one that time. */
struct serials plan_serials(struct live_set *live);

enum file_change {
	FILE_SAME,
	FILE_NEW,
	FILE_CHANGED, /* other content */
	FILE_RESTORED, /* the same content as last time, but the live file was touched */
	FILE_MODE, /* owner, group or mode only */
	FILE_REMOVED,
	FILE_FORGOTTEN, /* its target left the settings: stays, but is not ours any more */
};

struct plan_file {
	const char *path; /* without --root */
	enum file_change change;
	const struct output *output; /* NULL: FILE_REMOVED, FILE_FORGOTTEN */
	const struct generation_file *before; /* NULL: was not known */
	enum live live; /* valid if before */
	bool is_foreign; /* exists, and the state does not know it: --bootstrap */
	mode_t mode;
	uid_t uid;
	gid_t gid;
};

/* Is it one of n_changes? */
bool plan_file_changes(const struct plan_file *file);

enum record_change { RECORD_ADDED, RECORD_REMOVED, RECORD_CHANGED };

/* A record of any kind whose entry came, went or says something else. */
struct plan_record {
	const struct roster_record *record; /* as it is; as it was, where it went */
	enum record_change change;
};

/* A host or VCN that was there and is: what happens to it, whoever's change that is. */
struct plan_node {
	const struct roster_record *before, *now;
	bool is_changed; /* its own entry */
	bool is_affected; /* a line of its, in any output */
	bool is_armed; /* newly: its next boot installs it */
	size_t n_lost_names, n_lost_addresses, n_lost_reservations;
};

/* What the guards count, over some of the nodes or records. */
struct plan_counts {
	const char *name; /* of a network; NULL: of all, or of a kind */
	size_t n_before, n_now;
	size_t n_added, n_removed, n_changed;
	size_t n_affected, n_lost, n_armed; /* nodes */
};

/* Prints @output once more with another serial: render_serial() with its renderer. */
struct reserial {
	void (*render)(
		void *data, TALLOC_CTX *mem_ctx, struct output *output, uint64_t serial);
	void *data;
};

struct plan {
	struct live_set *live;
	const struct state *state;
	const struct generation *before; /* NULL: first run */
	struct plan_file *files; /* sorted by path; FILE_SAME included */
	size_t n_files;
	size_t n_changes; /* files that are neither FILE_SAME nor FILE_FORGOTTEN */
	size_t n_forgotten;
	const struct target *targets;
	size_t n_targets;
	const struct roster *roster, *roster_before;
	struct plan_record *records; /* sorted as a roster */
	size_t n_records;
	struct plan_node *nodes; /* the affected, lost and armed ones, sorted */
	size_t n_nodes;
	struct plan_counts total, kinds[_KIND_MAX];
	struct plan_counts **networks; /* of the nodes in each, before */
	size_t n_networks;
	size_t n_lost_names, n_lost_addresses, n_lost_reservations;
	struct pieces entries; /* what the site was made of (read/entries.h) */
	struct generation_source source;
	struct reserial reserial;
	/* records that go because they are in error, also as they were last good; the caller's */
	size_t n_left_out;
	bool is_accepted; /* by a person; for the record */
	uint64_t now;
	const char *command, *again; /* as in struct plan_input */
};

struct plan_input {
	struct tree *tree; /* outputs get their new serials */
	const struct target *targets;
	size_t n_targets;
	const struct roster *roster; /* of what is to be published */
	struct pieces entries; /* what it was made of (read/entries.h) */
	struct generation_source source;
	struct reserial reserial;
	/* how a person would call this program for this site, for messages; NULL: by its name */
	const char *command;
	/* what it was called with, for this set of changes ("apply --full"); NULL: apply */
	const char *again;
};

/*
 * plan_new - compare
 *
 * shape:  a manifest or zone whose bytes with its previous serial are the previous ones is
 *         the same; a changed one is rendered again with a serial that is above the last
 *         one, and the time of the newest change where that is
 * memory: everything of @input is borrowed
 * errors: EXIT_USAGE for an owner or group that does not exist; EXIT_IO
 */
int plan_new(TALLOC_CTX *mem_ctx, struct live_set *live, const struct plan_input *input,
	struct diags *diags, struct plan **ret_plan) _must_check_;

/*
 * plan_permit - may these files be replaced?
 *
 * shape:  says which files were edited by hand; with @refuse_drift that is a failure
 * errors: EXIT_REFUSED for files that the state does not know, unless @bootstrap;
 *         EXIT_DRIFT
 */
int plan_permit(const struct plan *plan, bool bootstrap, bool refuse_drift,
	struct diags *diags) _must_check_;

/* The bytes of @file's output; rendered once more, below @mem_ctx, where they were dropped. */
const char *plan_bytes(TALLOC_CTX *mem_ctx, const struct plan *plan,
	const struct plan_file *file) _must_check_;

/* Both hashes of @output's bytes, which are another's than the renderer's. */
void plan_hash_output(struct output *output);

/* Is there anything to publish or to store? */
bool plan_has_changes(const struct plan *plan);

/* The name of this set of changes for --accept: twelve characters; the same set has the
 * same name on the next run. */
char *plan_id(TALLOC_CTX *mem_ctx, const struct plan *plan) _must_check_;

/* A hash of the whole published set, serials apart: two servers can be compared. */
char *plan_set_hash(TALLOC_CTX *mem_ctx, const struct plan *plan) _must_check_;

/* The change set in one line: "nodes +2 -1 ~3, 40 affected; files +1 -1 ~5". */
char *plan_summary(TALLOC_CTX *mem_ctx, const struct plan *plan) _must_check_;

/* The unified diff of one file, live against new, as text ("" where only the mode moves). */
int plan_diff(TALLOC_CTX *mem_ctx, const struct plan *plan, const struct plan_file *file,
	struct diags *diags, char **ret_text) _must_check_;

const char *file_change_name(enum file_change change); /* "changed" */
