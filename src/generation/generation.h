/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * generation: what is stored.
 *
 *	takes	a generation that is to be, as structs
 *	gives	it back, whole or as a failure; the state folder, its lock and its files
 *	uses	config
 *
 * One generation: everything that was published at one time, kept for comparison,
 * recovery and rollback. Its folder holds
 *
 *	record		every file: path, hash, owner, mode, and where its bytes are
 *	content		the bytes of the files that it installed, end to end
 *	roster		every record that was published, for guards and `diff` (roster.h)
 *	entries		what it was made of; of most a link, entries.base (delta.h)
 *	replaced/	what somebody had edited by hand, before it was overwritten
 *
 * A file that did not change points into the content of an older generation, so
 * publishing one changed manifest of ten thousand writes one file. A content is removed
 * when no kept record points into it; from time to time a generation holds all bytes
 * again, so that old contents go. Bytes are checked against the record's hash whenever they
 * are read.
 */

#include <sys/types.h>

#include "base/trailer.h"
#include "base/umac.h"
#include "generation/state.h"

struct generation_target {
	const char *name;
	const char *folder; /* for-each: the fixed part of its paths; NULL: one file */
	const char *language; /* "" for none */
	const char *trailer; /* comment form; NULL: none */
	/* while staging: the folder that does not exist yet and is put in place as a
	 * whole, its own or one that holds it; NULL: files go one by one */
	const char *fresh;
};

struct generation_file {
	const char *path; /* without --root */
	uint8_t sha256[SHA256_BYTES];
	uint64_t serial; /* 0: has none */
	uint8_t bare[SHA256_BYTES]; /* without the serial, as struct output has it */
	uint8_t print[UMAC_BYTES]; /* of what was rendered; zeros: not known */
	uint64_t content; /* the generation whose content holds the bytes */
	uint64_t offset, len;
	uint32_t target; /* index into targets */
	uint32_t mode;
	uint32_t uid, gid;
	bool is_installed; /* by this generation; else it was there already */
};

/* What it was made from: it is current while this is. */
struct generation_source {
	const char *uri, *identity; /* of the server; NULL: none was read */
	const char
		*inputs; /* hash of settings, map and templates, before they were read */
	struct string_list csn; /* the directory's state, before it was read */
};

/* A generation in which records changed. */
struct generation_change {
	uint64_t created; /* Unix time */
	const char *reason, *summary; /* as it has them */
};

struct generation {
	uint64_t number;
	uint64_t created; /* Unix time */
	const char *reason; /* "apply", "rollback to 40"; for `history` */
	const char *plan; /* plan_id() */
	const char *set; /* hash of all files, plan_set_hash() */
	uint8_t print_key
		[UMAC_KEY_BYTES]; /* of its files' prints; nobody else knows it */
	const char *summary; /* what changed, in one line; for `history` */
	bool is_accepted; /* by a person: the window of 24 hours begins here */
	/* its own, and those before it, which outlive their generations; the newest first */
	struct generation_change *changes;
	size_t n_changes;
	struct generation_source source;
	struct generation_target *targets;
	size_t n_targets;
	struct generation_file *files; /* sorted by path */
	size_t n_files;
	const char **removed; /* paths that it deletes, sorted */
	size_t n_removed;
	size_t n_installed;
	uint64_t *contents; /* that its files point into, sorted */
	size_t n_contents;
};

/* The record of generation @number; EXIT_IO when it is damaged or missing. */
int generation_load(TALLOC_CTX *mem_ctx, const struct state *state, uint64_t number,
	struct diags *diags, struct generation **ret_generation) _must_check_;
/* The bytes of one of its files, checked against the record's hash; NUL-terminated. */
int generation_read(TALLOC_CTX *mem_ctx, const struct state *state,
	const struct generation_file *file, struct diags *diags,
	char **ret_bytes) _must_check_;
/* The file at @path, or NULL. */
const struct generation_file *generation_find(
	const struct generation *generation, const char *path);
/* The same, looked for at *@next first: there the one behind it is found then. */
const struct generation_file *generation_find_next(
	const struct generation *g, const char *path, size_t *next) _must_check_;

/* Its changes: those of the one @before (NULL: none), and its own. Borrows their texts. */
void generation_add_changes(
	struct generation *generation, const struct generation *before);

/* The text of a record, without its trailer. */
void generation_format(const struct generation *generation, struct buffer *out);

/* One line of `history`; newest first. */
struct generation_summary {
	uint64_t number;
	uint64_t created;
	const char *reason, *summary, *set;
	bool is_accepted;
	size_t n_files, n_installed, n_removed;
	uint64_t *contents;
	size_t n_contents;
	bool is_current;
	bool is_kept; /* else only its content is left, for younger ones */
	bool is_damaged; /* its record cannot be read */
};
int generation_list(TALLOC_CTX *mem_ctx, const struct state *state, struct diags *diags,
	struct generation_summary **ret_list, size_t *ret_n) _must_check_;
