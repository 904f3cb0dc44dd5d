/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What a run would change: the tree that was rendered, compared with what is installed
 * and with what the last generation installed.
 *
 * In two halves. plan_survey() needs no tree: it loads the last generation and looks at
 * the live files, so it can run while the directory is read; its serials go to
 * render_site(). plan_new() then compares. Nothing is written by either.
 */

#include "generation/generation.h"
#include "render/render.h"

/* How a live file stands to what the last generation installed. */
enum live {
	LIVE_INTACT,
	LIVE_EDITED, /* other bytes */
	LIVE_MODE, /* other owner, group or mode */
	LIVE_ABSENT, /* removed by hand */
	LIVE_STRANGE, /* no regular file any more: a link, a folder, … */
};

struct survey;

/*
 * plan_survey - what was installed, and what became of it
 *
 * shape:  stats every file of the last generation; reads those whose stat(2) is not the
 *         one that was noted when they were installed
 * units:  @now, Unix time: the serial of a file that has none yet
 * errors: EXIT_IO
 */
int plan_survey(TALLOC_CTX *mem_ctx, const struct state *state, uint64_t now,
	struct diags *diags, struct survey **ret_survey) _must_check_;

/*
 * plan_is_untouched - the check of a run without changes: single files and the folders of
 * for-each targets have the stat(2) that was noted after the last publication
 *
 * errors: none; false where anything is different or unknown: then do a full run
 */
bool plan_is_untouched(const struct state *state);

/* Gives a known path its previous serial, a new one the survey's @now. */
struct serials plan_serials(struct survey *survey);

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

enum node_change { NODE_ADDED, NODE_REMOVED, NODE_CHANGED };

struct plan_node {
	const char *name;
	uint8_t kind;
	enum node_change change;
};

struct plan {
	struct survey *survey;
	const struct state *state;
	const struct generation *before; /* NULL: first run */
	struct plan_file *files; /* sorted by path; FILE_SAME included */
	size_t n_files;
	size_t n_changes; /* files that are neither FILE_SAME nor FILE_FORGOTTEN */
	const struct target *targets;
	size_t n_targets;
	const struct node_mark *nodes; /* now; sorted by name, then kind */
	size_t n_nodes;
	const struct node_mark *nodes_before;
	size_t n_nodes_before;
	struct plan_node *node_changes; /* sorted by name */
	size_t n_node_changes;
	const struct attachment *attachments;
	size_t n_attachments;
	uint64_t now;
};

/* Prints @output once more with another serial: render_serial() with its renderer. */
struct reserial {
	void (*render)(
		void *data, TALLOC_CTX *mem_ctx, struct output *output, uint64_t serial);
	void *data;
};

struct plan_input {
	struct tree *tree; /* outputs get their new serials */
	const struct target *targets;
	size_t n_targets;
	struct node_mark *nodes; /* is sorted */
	size_t n_nodes;
	const struct attachment *attachments; /* for the generation's folder */
	size_t n_attachments;
	struct reserial reserial;
};

/*
 * plan_new - compare
 *
 * shape:  a manifest whose bytes with its previous serial are the previous ones is the
 *         same; a changed one is rendered again with max(previous + 1, now)
 * memory: everything of @input is borrowed
 * errors: EXIT_USAGE for an owner or group that does not exist; EXIT_IO
 */
int plan_new(TALLOC_CTX *mem_ctx, struct survey *survey, const struct plan_input *input,
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

/* The name of this set of changes for --accept: twelve characters; the same set has the
 * same name on the next run. */
char *plan_id(TALLOC_CTX *mem_ctx, const struct plan *plan) _must_check_;

/* The unified diff of one file, live against new, as text ("" where only the mode moves). */
int plan_diff(TALLOC_CTX *mem_ctx, const struct plan *plan, const struct plan_file *file,
	struct diags *diags, char **ret_text) _must_check_;

const char *file_change_name(enum file_change change); /* "changed" */
