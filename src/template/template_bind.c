/* SPDX-License-Identifier: Apache-2.0 */
#include "template/template_bind.h"

#include <string.h>

#include "base/text.h"
#include "template/language.h"
#include "template/template_source.h"
#include "template/template_token.h"

/*
 * Limits. Without recursion a template of ours expands to some hundred operations; these
 * end what would otherwise double with every partial.
 */
enum {
	DEPTH_MAX = 32, /* partials, parents and blocks inside each other */
	EXPANSIONS_MAX = 10000, /* in one program */
	OPS_MAX = 100000,
	LITERALS_MAX = 16 * 1024 * 1024,
	NOTES_MAX = 4, /* places that brought a fault about */
};

/* What is known of a level when the template is bound. */
struct level {
	const struct shape *shape; /* NULL: a scalar */
	const struct field *field; /* scalar: what gave it */
	bool is_loop;
	size_t section; /* the operation that pushes it */
};

/* The blocks that a parent tag hands over, and those around it. */
struct arguments {
	const struct part *parent;
	const struct template_source *source; /* where the parent tag stands */
	const struct arguments *outer;
	bool *is_used; /* by block */
};

/* Where parts are being put: their file and what holds for its text. */
struct place {
	const struct template_source *source;
	const struct place *outer;
	const struct part *via; /* the tag of @outer that brought us here */
	const struct arguments *arguments;
	const struct language *language;
	const char *refuse; /* of the innermost front matter that has it, or NULL */
	const char *indent;
	unsigned depth;
};

struct call {
	struct compiler *compiler;
	struct place place;
	struct program *program; /* NULL until it is run */
};

struct fault_seen {
	const struct template_source *source;
	unsigned line, column;
};

struct compiler {
	struct diags *diags;
	bool is_dynamic;
	bool is_stopped; /* a limit was reached: bind no more */
	int failed;
	struct fault_seen *seen;
	size_t n_seen, n_faults;
	struct call **calls;
	size_t n_calls;
	struct level levels[TEMPLATE_LEVELS_MAX];
	unsigned n_levels;
	struct program *program;
	size_t pending; /* literals from here on have no operation yet */
	struct quotes quotes;
	unsigned n_expansions;
};

/* Faults */

static struct finding *fault(struct compiler *c, const struct place *place,
	const struct part *part, const char *id, const char *format, ...) _printf_(5, 6);
static struct finding *fault(struct compiler *c, const struct place *place,
	const struct part *part, const char *id, const char *format, ...)
{
	TMP_CTX(tmp);
	va_list args;

	c->failed = -EXIT_USAGE;
	c->n_faults++;
	/* a partial used twice has each of its faults once */
	for (size_t i = 0; i < c->n_seen; i++)
		if (c->seen[i].source == place->source && c->seen[i].line == part->line &&
			c->seen[i].column == part->column)
			return NULL;
	*mem_push(c, &c->seen, &c->n_seen) =
		(struct fault_seen){place->source, part->line, part->column};
	va_start(args, format);
	char *message = mem_vprintf(tmp, format, args);
	va_end(args);
	struct finding *finding = template_fault(c->diags, &place->source->text, id,
		part->line, part->column, "%s", message);

	const struct part *last = part;

	for (const struct place *in = place; in->outer != NULL; in = in->outer) {
		if (in->via == last || finding->n_notes == NOTES_MAX)
			continue;
		const char *path = mem_strdup(finding, in->outer->source->text.path);

		diag_note(finding, loc_at(path, in->via->line, in->via->column),
			in->via->kind == PART_BLOCK ? "block '%s' is printed here"
						    : "'%s' is used here",
			in->via->text);
		last = in->via;
	}
	return finding;
}

static void stop(struct compiler *c, const struct place *place, const struct part *part,
	const char *why)
{
	if (!c->is_stopped && c->diags != NULL)
		fault(c, place, part, "template-partial", "'%s' %s", part->text, why);
	c->is_stopped = true;
}

/* Literal text */

static void literal(
	struct compiler *c, const struct place *place, const char *text, size_t len)
{
	const struct language *language = place->language;

	buffer_add(c->program->literals, text, len);
	if (c->program->literals->len > LITERALS_MAX)
		c->is_stopped = true;
	quotes_follow(&c->quotes, language->quoting, language->comment, text, len);
}

static void literal_text(struct compiler *c, const struct place *place, const char *text)
{
	literal(c, place, text, strlen(text));
}

static struct op *push_op(struct compiler *c, enum op_kind kind)
{
	struct op *op = mem_push(c, &c->program->ops, &c->program->n_ops);

	op->kind = kind;
	if (c->program->n_ops > OPS_MAX)
		c->is_stopped = true;
	return op;
}

/* What was written since the last operation is printed before @op. */
static void take_literal(struct compiler *c, struct op *op)
{
	const struct buffer *literals = c->program->literals;
	const char *text = literals->data + c->pending;
	size_t len = literals->len - c->pending;
	const char *newline = memrchr(text, '\n', len);

	op->text = c->pending;
	op->len = len;
	op->tail = newline == NULL ? 0 : (size_t)(text + len - newline);
	c->pending = literals->len;
}

/* What no operation follows. */
static void flush(struct compiler *c)
{
	if (c->program->literals->len > c->pending)
		take_literal(c, push_op(c, OP_TEXT));
}

static struct op *add_op(struct compiler *c, const struct place *place,
	const struct part *part, enum op_kind kind)
{
	struct op *op = push_op(c, kind);

	take_literal(c, op);
	op->depth = c->n_levels;
	op->path = place->source->text.path;
	op->line = part->line;
	op->column = part->column;
	return op;
}

/* Names */

static const struct field *find_field(const struct shape *shape, const char *name)
{
	if (shape == NULL || shape->fields == NULL)
		return NULL;
	for (const struct field *field = shape->fields; field->name != NULL; field++)
		if (strcmp(field->name, name) == 0)
			return field;
	return NULL;
}

static void add_candidates(TALLOC_CTX *mem_ctx, const struct shape *shape,
	const char ***candidates, size_t *n)
{
	if (shape == NULL || shape->fields == NULL)
		return;
	for (const struct field *field = shape->fields; field->name != NULL; field++)
		*mem_push(mem_ctx, candidates, n) = field->name;
}

static void fault_unknown(struct compiler *c, const struct place *place,
	const struct part *part, const struct shape *only, const char *name)
{
	TMP_CTX(tmp);
	const char **candidates = NULL;
	size_t n = 0;

	if (only != NULL)
		add_candidates(tmp, only, &candidates, &n);
	for (unsigned i = c->n_levels; only == NULL && i-- > 0;) {
		add_candidates(tmp, c->levels[i].shape, &candidates, &n);
		if (c->levels[i].is_loop) {
			*mem_push(tmp, &candidates, &n) = "first";
			*mem_push(tmp, &candidates, &n) = "last";
		}
	}
	*mem_push(tmp, &candidates, &n) = NULL;
	const char *nearest = text_nearest(name, candidates);
	const char *of = only == NULL ? "" : mem_printf(tmp, " of a %s", only->name);

	if (nearest == NULL)
		fault(c, place, part, "template-unknown-name", "unknown name '%s'%s",
			name, of);
	else
		fault(c, place, part, "template-unknown-name",
			"unknown name '%s'%s, did you mean '%s'?", name, of, nearest);
}

static const char *kind_word(const struct field *field)
{
	switch (field->kind) {
	case VALUE_LIST:
		return "a list: use a section";
	case VALUE_OBJECT:
		return "an object: name one of its values";
	default:
		return "a plain value: it has no names of its own";
	}
}

/* The names after the first: each belongs to the object before it. */
static bool follow(struct compiler *c, const struct place *place, const struct part *part,
	const struct field *field, struct op *op)
{
	const struct field **steps = NULL;
	size_t n_steps = 0;

	for (size_t i = 1; i < part->n_names; i++) {
		if (field->kind != VALUE_OBJECT) {
			fault(c, place, part, "template-unknown-name", "'%s' is %s",
				field->name, kind_word(field));
			return false;
		}
		const struct field *next = find_field(field->shape, part->names[i]);

		if (next == NULL) {
			fault_unknown(c, place, part, field->shape, part->names[i]);
			return false;
		}
		*mem_push(c, &steps, &n_steps) = field;
		field = next;
	}
	op->steps = steps;
	op->n_steps = n_steps;
	op->field = field;
	return true;
}

static bool resolve_top(struct compiler *c, const struct place *place,
	const struct part *part, struct op *op)
{
	const struct level *top = c->n_levels == 0 ? NULL : &c->levels[c->n_levels - 1];

	op->source = FROM_TOP;
	if (c->is_dynamic)
		return true;
	if (top != NULL && top->shape == NULL) {
		op->field = top->field;
		return true;
	}
	fault(c, place, part, "template-unknown-name",
		"'.' is %s%s here, no plain value: name one of its values",
		top == NULL ? "nothing" : "a ", top == NULL ? "" : top->shape->name);
	return false;
}

/* The innermost level that declares the first name; filled in is all but the kind. */
static bool resolve(struct compiler *c, const struct place *place,
	const struct part *part, struct op *op)
{
	if (part->n_names == 0)
		return resolve_top(c, place, part, op);
	if (c->is_dynamic) {
		op->source = FROM_NAMES;
		op->names = (const char *const *)part->names;
		op->n_names = part->n_names;
		return true;
	}
	const char *name = part->names[0];

	for (unsigned i = c->n_levels; i-- > 0;) {
		const struct level *level = &c->levels[i];
		bool is_first = strcmp(name, "first") == 0;

		op->level = i;
		if (level->is_loop && part->n_names == 1 &&
			(is_first || strcmp(name, "last") == 0)) {
			op->source = is_first ? FROM_FIRST : FROM_LAST;
			return true;
		}
		const struct field *field = find_field(level->shape, name);

		if (field != NULL)
			return follow(c, place, part, field, op);
	}
	fault_unknown(c, place, part, NULL, name);
	return false;
}

/* Do both name one field of one object? */
static bool is_same_value(const struct op *a, const struct op *b)
{
	return a->source == FROM_FIELD && b->source == FROM_FIELD &&
	       a->level == b->level && a->field == b->field && a->n_steps == b->n_steps &&
	       (a->n_steps == 0 ||
		       memcmp(a->steps, b->steps,
			       a->n_steps * sizeof(const struct field *)) == 0);
}

/*
 * `{{#mac}} ethernet {{mac}};{{/mac}}`: the section has the value already, which is what {{.}}
 * stands for.
 */
static void take_from_section(const struct compiler *c, struct op *op)
{
	const struct op *ops = c->program->ops;
	const struct level *top = c->n_levels == 0 ? NULL : &c->levels[c->n_levels - 1];
	size_t before = c->program->n_ops - 1;

	if (before > 0 && top != NULL && top->shape == NULL &&
		ops[before - 1].kind == OP_SECTION && top->section == before - 1 &&
		is_same_value(&ops[before - 1], op))
		op->source = FROM_TOP;
}

/* Parts */

static void bind_parts(
	struct compiler *c, const struct place *place, const struct parts *parts);

static void bind_value(
	struct compiler *c, const struct place *place, const struct part *part)
{
	struct op *op = add_op(c, place, part, OP_VALUE);

	enum quoting quoting = place->language->quoting;
	enum quotes_place stands = quotes_take_value(&c->quotes, quoting);

	op->is_raw = part->is_raw;
	op->escape = escape_mustache;
	if (!resolve(c, place, part, op) || c->is_dynamic)
		return;
	if (op->field != NULL &&
		(op->field->kind == VALUE_OBJECT ||
			(op->field->kind == VALUE_LIST && op->source != FROM_TOP))) {
		fault(c, place, part, "template-unknown-name", "'%s' is %s",
			op->field->name, kind_word(op->field));
		return;
	}
	op->escape = language_escaper(place->language, stands, op->field);
	op->looks_at_words = stands == PLACE_BEGIN && !part->is_raw;
	op->line_max = place->language->line_max;
	op->language = place->language->name;
	op->refuse = place->refuse;
	take_from_section(c, op);
}

/* What a section's value makes of the stack; false if it leaves it alone. */
static bool push_level(struct compiler *c, const struct op *op)
{
	struct level *level = &c->levels[c->n_levels];
	const struct field *field = op->field;

	*level = (struct level){.field = field};
	if (op->source == FROM_NAMES)
		return true;
	if (op->source != FROM_FIELD)
		return op->source == FROM_TOP && c->is_dynamic;
	if (field->kind == VALUE_LIST || field->kind == VALUE_OBJECT)
		level->shape = field->shape;
	level->is_loop = field->kind == VALUE_LIST;
	return true;
}

/* A section that opens a quote and does not close it: who knows what is shown of it, and how
 * often. Its values and what follows count as outside of quotes. */
static void join_section(struct compiler *c, const struct place *place,
	const struct quotes *before, size_t index)
{
	const struct language *language = place->language;

	if (quotes_meet(&c->quotes, before, language->quoting))
		return;
	for (size_t i = index + 1; i < c->program->n_ops; i++) {
		struct op *op = &c->program->ops[i];

		if (op->kind == OP_VALUE && op->language == language->name)
			op->escape = language_escaper(language, PLACE_OUTSIDE, op->field);
	}
}

static void bind_section(
	struct compiler *c, const struct place *place, const struct part *part)
{
	bool is_section = part->kind == PART_SECTION;
	struct op *op = add_op(c, place, part, is_section ? OP_SECTION : OP_INVERTED);
	size_t index = c->program->n_ops - 1;

	op->end = index + 1;
	/* an unknown name is one fault, not one for every name in its section */
	if (!resolve(c, place, part, op))
		return;
	if (c->n_levels == TEMPLATE_LEVELS_MAX) {
		stop(c, place, part, "is nested too deeply");
		return;
	}
	op->pushes = is_section && push_level(c, op);
	c->levels[c->n_levels].section = index;
	bool pushes = op->pushes;
	struct quotes before = c->quotes;

	c->n_levels += pushes;
	bind_parts(c, place, &part->inner);
	join_section(c, place, &before, index);
	flush(c);
	c->n_levels -= pushes;
	c->program->ops[index].end = c->program->n_ops;
}

static bool is_active(const struct place *place, const struct template_source *source)
{
	for (; place != NULL; place = place->outer)
		if (place->source == source)
			return true;
	return false;
}

static bool may_expand(
	struct compiler *c, const struct place *place, const struct part *part)
{
	if (place->depth == DEPTH_MAX)
		stop(c, place, part,
			"is too deep inside others: does it include itself?");
	else if (++c->n_expansions > EXPANSIONS_MAX)
		stop(c, place, part, "grows beyond all measure");
	return !c->is_stopped;
}

static struct call *find_call(const struct compiler *c, const struct place *place)
{
	for (size_t i = 0; i < c->n_calls; i++) {
		const struct place *known = &c->calls[i]->place;

		if (known->source == place->source &&
			known->arguments == place->arguments &&
			strcmp(known->indent, place->indent) == 0)
			return c->calls[i];
	}
	return NULL;
}

/* Dynamic mode: how deep a partial goes into itself depends on the data. */
static void bind_recursion(
	struct compiler *c, const struct place *inner, const struct part *part)
{
	struct call *call = find_call(c, inner);

	if (call == NULL) {
		call = mem_new(c, struct call);
		call->compiler = c;
		call->place = *inner;
		call->place.outer = NULL;
		call->place.depth = 0;
		*mem_push(c, &c->calls, &c->n_calls) = call;
	}
	add_op(c, inner, part, OP_CALL)->call = call;
}

static const struct arguments *add_arguments(
	struct compiler *c, const struct place *place, const struct part *part)
{
	struct arguments *arguments = mem_new(c, struct arguments);

	arguments->parent = part;
	arguments->source = place->source;
	arguments->outer = place->arguments;
	arguments->is_used = mem_array(arguments, bool, part->inner.n);
	return arguments;
}

static void add_block_names(
	TALLOC_CTX *mem_ctx, const struct parts *parts, const char ***names, size_t *n)
{
	for (size_t i = 0; i < parts->n; i++) {
		if (parts->items[i].kind == PART_BLOCK)
			*mem_push(mem_ctx, names, n) = parts->items[i].text;
		add_block_names(mem_ctx, &parts->items[i].inner, names, n);
	}
}

static void fault_block(struct compiler *c, const struct place *place,
	const struct part *parent, const struct part *block)
{
	TMP_CTX(tmp);
	const char **names = NULL;
	size_t n = 0;

	add_block_names(tmp, &parent->target->parts, &names, &n);
	*mem_push(tmp, &names, &n) = NULL;
	const char *nearest = text_nearest(block->text, names);

	fault(c, place, block, "template-unknown-name", "'%s' has no block '%s'%s%s%s",
		parent->text, block->text, nearest == NULL ? "" : ", did you mean '",
		nearest == NULL ? "" : nearest, nearest == NULL ? "" : "'?");
}

/* A block that the parent asks for nowhere is a typing error, but who knows what it asks
 * for where it has faults of its own. */
static void check_arguments(
	struct compiler *c, const struct place *place, const struct arguments *arguments)
{
	const struct parts *blocks = &arguments->parent->inner;

	for (size_t i = 0; i < blocks->n; i++)
		if (!arguments->is_used[i])
			fault_block(c, place, arguments->parent, &blocks->items[i]);
}

/* @part's file stands alone on its line, or in the middle of one. */
static const char *joined_indent(
	struct compiler *c, const struct place *place, const struct part *part)
{
	if (!part->begins_line)
		return "";
	return mem_printf(c, "%s%s", place->indent, part->indent);
}

/* What the file's own front matter says of values, or else what held around it. */
static bool inherit(struct compiler *c, const struct place *place,
	const struct part *part, struct place *inner)
{
	const struct template_text *text = &part->target->text;

	inner->language =
		text->language == NULL ? place->language : language_find(text->language);
	inner->refuse = text->refuse == NULL ? place->refuse : text->refuse;
	if (inner->language == NULL)
		fault(c, place, part, "template-partial",
			"'%s' is in a language that is not known: '%s'", part->text,
			text->language);
	return inner->language != NULL;
}

static void bind_file(
	struct compiler *c, const struct place *place, const struct part *part)
{
	const struct template_source *target = part->target;

	if (target == NULL || target->is_broken || !may_expand(c, place, part))
		return;
	struct place inner = {.source = target,
		.outer = place,
		.via = part,
		.arguments = place->arguments,
		.indent = joined_indent(c, place, part),
		.depth = place->depth + 1};
	struct quotes quotes = c->quotes;

	if (!inherit(c, place, part, &inner))
		return;
	if (inner.language != place->language)
		c->quotes = QUOTES_INIT;
	if (part->kind == PART_PARENT)
		inner.arguments = add_arguments(c, place, part);
	if (c->is_dynamic && is_active(place, target)) {
		bind_recursion(c, &inner, part);
		return;
	}
	size_t n_faults = c->n_faults;

	bind_parts(c, &inner, &target->parts);
	if (part->kind == PART_PARENT && n_faults == c->n_faults && !c->is_stopped &&
		!c->is_dynamic)
		check_arguments(c, place, inner.arguments);
	if (inner.language != place->language)
		c->quotes = quotes;
}

/* The outermost parent tag that hands over a block of this name wins. */
static const struct part *find_argument(const struct arguments *arguments,
	const char *name, const struct arguments **ret_from)
{
	if (arguments == NULL)
		return NULL;
	const struct part *found = find_argument(arguments->outer, name, ret_from);
	const struct parts *blocks = &arguments->parent->inner;

	for (size_t i = 0; i < blocks->n; i++) {
		if (strcmp(blocks->items[i].text, name) != 0)
			continue;
		arguments->is_used[i] = true;
		if (found == NULL) {
			found = &blocks->items[i];
			*ret_from = arguments;
		}
	}
	return found;
}

/*
 * A block's content comes from a parent tag or is its own. Names in it mean what they
 * mean at this place, and it is escaped for this place's language; blocks in it are those
 * of the file that wrote it.
 */
static void bind_block(
	struct compiler *c, const struct place *place, const struct part *part)
{
	const struct arguments *from;
	const struct part *argument = find_argument(place->arguments, part->text, &from);
	const struct part *content = argument == NULL ? part : argument;

	if (part->begins_line && !content->is_lined) {
		literal_text(c, place, place->indent);
		literal_text(c, place, part->indent);
	}
	if (argument == NULL) {
		bind_parts(c, place, &part->inner);
		return;
	}
	if (!may_expand(c, place, part))
		return;
	struct place inner = {.source = from->source,
		.outer = place,
		.via = part,
		.arguments = from->outer,
		.language = place->language,
		.refuse = place->refuse,
		.indent = joined_indent(c, place, part),
		.depth = place->depth + 1};

	bind_parts(c, &inner, &argument->inner);
}

static void bind_parts(
	struct compiler *c, const struct place *place, const struct parts *parts)
{
	for (size_t i = 0; i < parts->n && !c->is_stopped; i++) {
		const struct part *part = &parts->items[i];

		switch (part->kind) {
		case PART_LINE:
			literal_text(c, place, place->indent);
			break;
		case PART_TEXT:
			literal(c, place, part->text, part->len);
			break;
		case PART_VALUE:
			bind_value(c, place, part);
			break;
		case PART_SECTION:
		case PART_INVERTED:
			bind_section(c, place, part);
			break;
		case PART_PARTIAL:
		case PART_PARENT:
			bind_file(c, place, part);
			break;
		case PART_BLOCK:
			bind_block(c, place, part);
			break;
		}
	}
}

static void bind_place(
	struct compiler *c, const struct place *place, struct program *program)
{
	program->literals = buffer_new(c);
	program->depth = c->n_levels;
	c->program = program;
	c->pending = 0;
	c->quotes = QUOTES_INIT;
	c->n_expansions = 0;
	bind_parts(c, place, &place->source->parts);
	flush(c);
	memset(buffer_reserve(program->literals, LITERAL_SLACK), 0, LITERAL_SLACK);
}

const struct program *template_bind_call(struct call *call)
{
	struct compiler *c = call->compiler;

	if (call->program == NULL) {
		c->is_stopped = false;
		call->program = mem_new(c, struct program);
		bind_place(c, &call->place, call->program);
	}
	return call->program;
}

int template_bind(TALLOC_CTX *mem_ctx, const struct template_loader *loader,
	const struct template_text *text, const char *name,
	const struct shape *const *stack, size_t n_stack, bool is_dynamic,
	struct diags *diags, struct program *ret_program)
{
	struct compiler *c = mem_new(mem_ctx, struct compiler);
	const char *language = text->language;
	struct place place = {.indent = ""};

	c->diags = diags;
	c->is_dynamic = is_dynamic;
	for (size_t i = 0; i < n_stack && i < TEMPLATE_LEVELS_MAX; i++)
		c->levels[c->n_levels++].shape = stack[i];
	if (is_dynamic || language == NULL)
		language = "text";
	place.language = language_find(language);
	if (place.language == NULL)
		return diag_fail(diags, EXIT_USAGE, loc_file(text->path),
			"language '%s' is not known", language);
	c->failed =
		template_load(c, loader, text, name, is_dynamic, diags, &place.source);
	place.refuse = place.source->text.refuse;
	bind_place(c, &place, ret_program);
	c->diags = NULL;
	if (c->failed == 0 && c->is_stopped)
		c->failed = diag_fail(diags, EXIT_USAGE,
			loc_file(mem_strdup(diags, place.source->text.path)),
			"the template grows beyond all measure");
	return c->failed;
}
