/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * One run of vcn: what the command line says, and what every command opens first: the
 * settings, this host's name, its manifest, and the VCNs that the words name.
 */

#include <stdio.h>

#include "base/program.h"
#include "vcn/common/launch_settings.h"
#include "vcn/common/manifest.h"
#include "vcn/host/reconcile.h"

struct json_object;

/* The command line. */
struct arguments {
	const char *manifest, *config, *runtime_dir, *host; /* NULL: not given */
	const char *hosts; /* status: a nodeset, instead of this host */
	bool json;
	bool all; /* every VCN */
	bool restart_changed;
	const char *metrics; /* status: OpenMetrics instead of the table; a file, or "" */
	bool plot; /* boot-times: SVG */
	bool console; /* run: the serial console on stdout */
	struct program_texts credentials; /* run: NAME:FILE */
	const char *seed; /* run: instead of the manifest's */
	uint64_t max_unavailable; /* 0: not given */
	uint64_t allow_stop;
	uint64_t timeout_s; /* 0: the settings' */
	char **words; /* what follows the command, NULL-terminated */
	size_t n_words;
};

struct session {
	TALLOC_CTX *mem_ctx;
	struct arguments arguments;
	char **words; /* what follows the command, NULL-terminated */
	size_t n_words;
	const char *environment_host; /* VCN_HOST, or NULL */
	struct diags *diags;
	FILE *out;
	bool is_terminal; /* @out */
	bool color;
	struct json_object *result; /* with --json */
	/* filled by session_open_…() */
	struct launch_settings *settings;
	struct manifest *manifest;
	int manifest_fault; /* EXIT_DATA, EXIT_REFUSED: what is wrong with one not used */
	const char *host;
	bool has_looked_for_manifest;
	bool is_manifest_copy; /* its file system hangs: this is the last one applied */
	bool is_preflight; /* check --host */
	unsigned patience_ms; /* for what may hang; 0: the usual time */
	int lock_fd; /* apply: held while it acts; -1 or the process's end releases it */
};

int session_open_settings(struct session *s) _must_check_;
/* Settings and this host's own, whole manifest; another host's is EXIT_REFUSED. */
int session_open_manifest(struct session *s) _must_check_;
/*
 * session_open_manifest_if_usable - for commands that look at what runs
 *
 * shape:  s->manifest stays NULL where there is none; where one cannot be used a warning
 *         says so
 */
int session_open_manifest_if_usable(struct session *s) _must_check_;

/* Of --manifest, or the default's; after session_open_settings(). */
const char *session_manifest_path(struct session *s);
/* -EXIT_BUSY */
int session_fail_hanging(struct diags *diags, const char *path);
/* The name of that copy in the runtime folder. */
const char *session_copy_name(struct session *s);
/* Keeps a copy for when the manifest's file system hangs, and for restarts; 0, or -errno. */
int session_keep_manifest(struct session *s);

/* The words of the command line as names, ranges expanded; EXIT_USAGE. */
int session_expand_words(
	struct session *s, char ***ret_names, size_t *ret_n) _must_check_;
/* The state of a VCN by its name or FQDN; EXIT_USAGE where there is no such VCN. */
int session_resolve(struct session *s, const struct observation *seen, const char *name,
	struct run_state **ret_state) _must_check_;
/* Opens the manifest and finds the one VCN that the command line names. */
int session_open_guest(struct session *s, const struct guest **ret_guest) _must_check_;
/* Records that there is no such VCN, with the nearest name; returns -EXIT_USAGE. */
int session_unknown_name(struct session *s, const char *name);
