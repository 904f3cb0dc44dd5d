/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * One generation: everything that was published at one time, kept for comparison,
 * recovery and rollback. Its folder holds
 *
 *	record		every file: path, hash, owner, mode, and where its bytes are
 *	content		the bytes of the files that it installed, end to end
 *	nodes		name and hash of each host and VCN, for guards and `diff`
 *	replaced/	what somebody had edited by hand, before it was overwritten
 *	…		main's own attachments
 *
 * A file that did not change points into the content of an older generation, so
 * publishing one changed manifest of ten thousand writes one file. A content is removed
 * when no kept record points into it; from time to time a generation holds all bytes
 * again, so that old contents go. Record and nodes carry the trailer (trailer.h) and are
 * refused when damaged; bytes are checked against the record's hash whenever they are
 * read.
 */

#include <sys/types.h>

#include "base/trailer.h"
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
	uint64_t content; /* the generation whose content holds the bytes */
	uint64_t offset, len;
	uint32_t target; /* index into targets */
	uint32_t mode;
	uint32_t uid, gid;
	bool is_installed; /* by this generation; else it was there already */
};

struct generation {
	uint64_t number;
	uint64_t created; /* Unix time */
	const char *reason; /* "apply", "rollback to 40"; for `history` */
	const char *plan; /* plan_id(), "-" where it was not computed */
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

/* A node as the guards and `diff` see it. */
struct node_mark {
	const char *name; /* the FQDN, or the DN of what has none */
	uint8_t kind; /* enum kind */
	uint64_t hash; /* of everything about it that reaches an output */
};

/* A file of main's own in a generation's folder; the name is one of a plain file. */
struct attachment {
	const char *name;
	const void *bytes;
	size_t len;
};

/* The record of generation @number; EXIT_IO when it is damaged or missing. */
int generation_load(TALLOC_CTX *mem_ctx, const struct state *state, uint64_t number,
	struct diags *diags, struct generation **ret_generation) _must_check_;
/* Its nodes, sorted by name, then kind; none in a generation without them. */
int generation_nodes(TALLOC_CTX *mem_ctx, const struct state *state, uint64_t number,
	struct diags *diags, struct node_mark **ret_nodes, size_t *ret_n) _must_check_;
/* An attachment; NULL bytes when the generation has none of that name. */
int generation_attachment(TALLOC_CTX *mem_ctx, const struct state *state, uint64_t number,
	const char *name, struct diags *diags, char **ret_bytes,
	size_t *ret_len) _must_check_;
/* The bytes of one of its files, checked against the record's hash; NUL-terminated. */
int generation_read(TALLOC_CTX *mem_ctx, const struct state *state,
	const struct generation_file *file, struct diags *diags,
	char **ret_bytes) _must_check_;
/* The file at @path, or NULL. */
const struct generation_file *generation_find(
	const struct generation *generation, const char *path);

/* The text of a record, trailer included; and of a nodes file. */
void generation_format(const struct generation *generation, struct buffer *out);
void generation_format_nodes(const struct node_mark *nodes, size_t n, struct buffer *out);
/* Sorts by name, then kind. */
void generation_sort_nodes(struct node_mark *nodes, size_t n);

/* One line of `history`; newest first. */
struct generation_summary {
	uint64_t number;
	uint64_t created;
	const char *reason;
	size_t n_files, n_installed, n_removed;
	uint64_t *contents;
	size_t n_contents;
	bool is_current;
	bool is_kept; /* else only its content is left, for younger ones */
	bool is_damaged; /* its record cannot be read */
};
int generation_list(TALLOC_CTX *mem_ctx, const struct state *state, struct diags *diags,
	struct generation_summary **ret_list, size_t *ret_n) _must_check_;
