/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * YAML files read by us: settings, maps, template front matter, manifests.
 *
 * The only module that knows libyaml. A document becomes a tree of nodes that keep their
 * line and column; a grammar is a table of keys, walked by document_read(), which reports
 * every unknown key, repeated key, missing key and wrong type with its position and the
 * source line, and goes on to the next. Anchors, aliases and tags are refused: a file that
 * administrators read must say what it says in place.
 */

#include "base/diag.h"

enum node_kind { NODE_SCALAR, NODE_LIST, NODE_MAP };

struct node {
	enum node_kind kind;
	unsigned line, column; /* from 1 */
	const char *text; /* scalar: its value, never NULL */
	size_t length;
	bool is_plain; /* scalar without quotes: may be a number, boolean or null */
	bool is_quoted; /* else it is a block of lines */
	struct node **items; /* list: elements; map: values */
	struct node **keys; /* map: keys, scalars, same order as items */
	size_t n_items;
};

struct document {
	const char *source;
	const char *text; /* for excerpts */
	unsigned line_offset; /* lines of the file above text */
	struct node *root; /* an empty document is an empty map */
};

/*
 * document_parse - text to nodes
 *
 * shape:  exactly one YAML document; @line_offset is added to every line (front matter)
 * memory: *ret_document below @mem_ctx; @source is copied
 * errors: @code, with position; nesting deeper than 64 and invalid UTF-8 are errors
 */
int document_parse(TALLOC_CTX *mem_ctx, const char *source, const char *text,
	size_t length, unsigned line_offset, enum exit_code code, struct diags *diags,
	struct document **ret_document) _must_check_;
int document_load(TALLOC_CTX *mem_ctx, const char *path, enum exit_code code,
	struct diags *diags, struct document **ret_document) _must_check_;

/* The value of @key in a map, or NULL. */
const struct node *node_find(const struct node *map, const char *key);

/* Reads a document's nodes into structs. */
struct reader {
	TALLOC_CTX *mem_ctx; /* where values go */
	const struct document *document;
	struct diags *diags;
	enum exit_code code;
	const char *id; /* id of the findings, or NULL */
	void *user; /* for handlers */
};

/*
 * A key of a map: its name, how to read it, where the result goes. @read returns 0 or the
 * value of a failed document_fault(). @value may be of any kind: the handler checks.
 */
struct key {
	const char *name;
	int (*read)(struct reader *r, const struct node *value, void *field);
	size_t offset; /* into the object given to document_read() */
	bool required;
};

/*
 * document_read - a map by its table (ends with a NULL name) into @object
 *
 * errors: all faults of the map are added, then the failure code is returned; the object
 *         is then partly filled
 */
int document_read(struct reader *r, const struct node *map, const struct key *keys,
	void *object) _must_check_;

/* Where a node begins; the strings are the diags'. */
struct loc document_at(const struct reader *r, const struct node *node);

/*
 * document_text_at - where the text of a scalar begins, behind its quote: for faults inside it
 *
 * shape:  *ret_line is the line of the file, for a caret; NULL where it is too long
 * memory: below r->mem_ctx, but for the loc's source
 */
struct loc document_text_at(
	struct reader *r, const struct node *value, const char **ret_line);

/* Records a fault at @node, with the source line and a caret; returns -code. */
int document_fault(struct reader *r, const struct node *node, const char *format, ...)
	_printf_(3, 4);

/* A value that says nothing: none at all, `~` or `null` without quotes (YAML 1.1, 1.2). */
bool node_is_null(const struct node *value) _must_check_;

/* Handlers for the usual types; the comment names the C type of the field. */
int read_string(
	struct reader *r, const struct node *value, void *field); /* const char * */
int read_bool(struct reader *r, const struct node *value,
	void *field); /* bool; yes no true false */
int read_unsigned(struct reader *r, const struct node *value, void *field); /* unsigned */
int read_u64(struct reader *r, const struct node *value, void *field); /* uint64_t */
int read_mode(
	struct reader *r, const struct node *value, void *field); /* mode_t, octal */
/* For handlers of their own: an unsigned from @min to @max. */
int read_between(struct reader *r, const struct node *value, unsigned min, unsigned max,
	void *field);
/* struct string_list; one string stands for a list of one */
struct string_list {
	const char **items; /* NULL-terminated */
	size_t n;
};
int read_strings(struct reader *r, const struct node *value, void *field);
