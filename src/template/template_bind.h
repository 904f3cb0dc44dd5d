/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Parsed templates to a program: a flat list of operations that template.c runs.
 *
 * Partials, parents and blocks are put in where they are used, with their indentation, so
 * a program is literal text and names only. In bound mode every name has become the level
 * of the context stack and the fields to follow there: nothing is looked up by name any
 * more. In dynamic mode names are kept, and a partial that comes round to itself becomes a
 * call that is expanded when it is first run.
 */

#include "template/template_parse.h"

/* Levels of the context stack, those of the caller included. */
enum { TEMPLATE_LEVELS_MAX = 128 };

enum op_kind { OP_TEXT, OP_VALUE, OP_SECTION, OP_INVERTED, OP_CALL };

enum op_source {
	FROM_FIELD, /* bound: level, steps, field */
	FROM_NAMES, /* dynamic: names */
	FROM_TOP, /* {{.}} */
	FROM_FIRST, /* of the loop at level */
	FROM_LAST,
};

struct op {
	enum op_kind kind;
	enum op_source source;
	bool is_raw;
	bool looks_at_words; /* VALUE_WORD is escaped as well: of YAML it could be a number */
	bool pushes; /* section: its value becomes a level */
	unsigned level;
	unsigned depth; /* how many levels there are */
	unsigned line, column;
	const char *path; /* of the template file */
	/* bound: objects to go through, then the field; top: the field that gave the value */
	const struct field *const *steps;
	size_t n_steps;
	const struct field *field;
	const char *const *names;
	size_t n_names;
	escape_fn *escape;
	const char *language; /* whose escaper it is */
	const char *refuse; /* further bytes that the value must not have, or NULL */
	unsigned line_max; /* no line may be this long; 0: any */
	size_t text, len; /* what is printed before it: where in the program's literals */
	size_t tail; /* of that, from the last newline on; 0: it has none */
	size_t end; /* section, inverted: the operation behind its last one */
	struct call *call;
};

/* So many bytes may be read behind any literal: short ones are copied at one stroke. */
enum { LITERAL_SLACK = 32 };

struct program {
	struct op *ops;
	size_t n_ops;
	unsigned depth; /* how many levels there are where it begins */
	struct buffer *literals;
};

struct compiler;

/*
 * template_bind - load, parse and bind @text and all it uses
 *
 * memory: *ret_compiler and *ret_program below @mem_ctx; calls need both to stay
 * errors: as template_compile()
 */
int template_bind(TALLOC_CTX *mem_ctx, const struct template_loader *loader,
	const struct template_text *text, const char *name,
	const struct shape *const *stack, size_t n_stack, bool is_dynamic,
	struct diags *diags, struct program *ret_program) _must_check_;

/* Dynamic mode: what the operation calls; bound on the first use. */
const struct program *template_bind_call(struct call *call);
