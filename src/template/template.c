/* SPDX-License-Identifier: Apache-2.0 */
#include "template/template.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "template/escape.h"
#include "template/template_bind.h"

/* Dynamic mode: a partial may go into itself, but not for ever. */
enum { CALL_DEPTH_MAX = 64, CALLS_MAX = 1000 };

struct template
{
	struct program program;
	size_t n_stack;
};

/* A level of the context stack while a template runs. */
struct frame {
	struct context context; /* shape and object; no object: a scalar */
	struct context owner; /* where the value was found */
	size_t i, n; /* of a loop */
	struct value value; /* what {{.}} is; must not be copied: see scratch */
};

struct run {
	const struct template_hooks *hooks;
	struct buffer *out;
	unsigned call_depth, n_calls;
	size_t line; /* where the last line of @out begins */
	struct frame frames[TEMPLATE_LEVELS_MAX];
};

/* Values */

static bool is_true(const struct value *value)
{
	switch (value->kind) {
	case VALUE_TEXT:
	case VALUE_WORD:
		return value->text.len > 0;
	case VALUE_BOOL:
		return value->truth;
	case VALUE_LIST:
		return value->list.n > 0;
	case VALUE_NUMBER:
	case VALUE_OBJECT:
		return true;
	case VALUE_NONE:
		break;
	}
	return false;
}

static void follow_fields(const struct frame *frame, const struct op *op,
	struct value *scratch, struct context *ret_owner)
{
	const void *object = frame->context.object;

	for (size_t i = 0; i < op->n_steps; i++) {
		scratch->kind = VALUE_NONE;
		op->steps[i]->get(op->steps[i], object, scratch);
		if (scratch->kind != VALUE_OBJECT) {
			scratch->kind = VALUE_NONE;
			return;
		}
		object = scratch->object;
		*ret_owner = (struct context){op->steps[i]->shape, object};
	}
	scratch->kind = VALUE_NONE;
	op->field->get(op->field, object, scratch);
}

/* The specification's way: the innermost level that has the first name, then the others
 * one inside the other, without the stack. */
static void follow_names(const struct run *r, const struct op *op, unsigned depth,
	struct value *scratch, struct context *ret_owner)
{
	bool found = false;

	while (!found && depth-- > 0) {
		const struct context *context = &r->frames[depth].context;

		scratch->kind = VALUE_NONE;
		scratch->shape = NULL;
		found = context->object != NULL && context->shape->find != NULL &&
			context->shape->find(context->object, op->names[0], scratch);
		*ret_owner = *context;
	}
	for (size_t i = 1; i < op->n_names && found; i++) {
		struct context context = {scratch->shape, scratch->object};

		found = scratch->kind == VALUE_OBJECT && context.shape->find != NULL;
		scratch->kind = VALUE_NONE;
		found = found &&
			context.shape->find(context.object, op->names[i], scratch);
		*ret_owner = context;
	}
	if (!found)
		scratch->kind = VALUE_NONE;
}

/* The value an operation names: @scratch, filled in, or a level's own. */
static const struct value *resolve_other(const struct run *r, const struct op *op,
	unsigned depth, struct value *scratch, struct context *ret_owner)
{
	const struct frame *frame = &r->frames[op->level];

	scratch->kind = VALUE_NONE;
	switch (op->source) {
	case FROM_FIELD:
		*ret_owner = frame->context;
		follow_fields(frame, op, scratch, ret_owner);
		return scratch;
	case FROM_NAMES:
		follow_names(r, op, depth, scratch, ret_owner);
		return scratch;
	case FROM_TOP:
		if (depth == 0)
			return scratch;
		*ret_owner = r->frames[depth - 1].owner;
		return &r->frames[depth - 1].value;
	case FROM_FIRST:
	case FROM_LAST:
		scratch->kind = VALUE_BOOL;
		scratch->truth = op->source == FROM_FIRST ? frame->i == 0
							  : frame->i + 1 == frame->n;
		return scratch;
	}
	return scratch;
}

/* The same, nearly always of a field of an object that is there. */
static inline const struct value *resolve(const struct run *r, const struct op *op,
	unsigned depth, struct value *scratch, struct context *ret_owner)
{
	if (op->source != FROM_FIELD || op->n_steps > 0)
		return resolve_other(r, op, depth, scratch, ret_owner);
	*ret_owner = r->frames[op->level].context;
	scratch->kind = VALUE_NONE;
	op->field->get(op->field, ret_owner->object, scratch);
	return scratch;
}

/* Printing */

/* Says that the value of @op is not printed, but for where. */
static void refuse(const struct run *r, const struct op *op, const struct context *owner,
	struct template_refusal refusal)
{
	refusal.where = loc_at(op->path, op->line, op->column);
	if (r->hooks != NULL && r->hooks->refused != NULL)
		r->hooks->refused(r->hooks->data, owner, op->field, &refusal);
}

/* Are @text's bytes allowed here? Its language may well be able to carry them. */
static bool may_print_all(const struct run *r, const struct op *op,
	const struct context *owner, const char *text, size_t len)
{
	const char *hit = escape_find_refused(text, len, op->refuse);

	if (hit == NULL)
		return true;
	char reason[] = "contains a blank";

	if (*hit < ' ' || *hit >= 0x7f)
		snprintf(reason, sizeof(reason), "contains \\x%02x", (unsigned char)*hit);
	else if (*hit != ' ')
		snprintf(reason, sizeof(reason),
			*hit == '\'' ? "contains \"%c\"" : "contains '%c'", *hit);
	refuse(r, op, owner,
		(struct template_refusal){reason, NULL, text, len, LOC_NONE});
	return false;
}

static inline bool may_print(const struct run *r, const struct op *op,
	const struct context *owner, const char *text, size_t len)
{
	return op->refuse == NULL || may_print_all(r, op, owner, text, len);
}

/* Appends @text, of which LITERAL_SLACK bytes can be read whatever its length. */
static inline void put_short(struct buffer *out, const char *text, size_t len)
{
	if (len > LITERAL_SLACK || out->cap - out->len <= LITERAL_SLACK) {
		buffer_add(out, text, len);
		return;
	}
	memcpy(out->data + out->len, text, LITERAL_SLACK);
	out->len += len;
	out->data[out->len] = '\0';
}

static inline void put_literal(
	struct run *r, const struct program *program, const struct op *op)
{
	put_short(r->out, program->literals->data + op->text, op->len);
	if (op->tail > 0)
		r->line = r->out->len - op->tail + 1;
}

/* What was printed from @mark on goes again if it made its line too long. */
static void check_line(const struct run *r, const struct op *op, size_t mark,
	const struct context *owner, const char *text, size_t len)
{
	if (op->line_max == 0 || r->out->len - r->line < op->line_max)
		return;
	char reason[] = "makes a line of 1,000 bytes or more";

	buffer_truncate(r->out, mark);
	refuse(r, op, owner,
		(struct template_refusal){reason, op->language, text, len, LOC_NONE});
}

/* Digits, and what else of hex digits, colons and dots was made of a number. */
static void put_word(const struct run *r, const struct op *op, const char *text,
	size_t len, const struct context *owner)
{
	size_t mark = r->out->len;

	if (!may_print(r, op, owner, text, len))
		return;
	put_short(r->out, text, len);
	check_line(r, op, mark, owner, text, len);
}

static void put_number(const struct run *r, const struct op *op, int64_t number,
	const struct context *owner)
{
	char digits[24 + LITERAL_SLACK] = "";
	size_t at = 24;
	uint64_t rest = number < 0 ? -(uint64_t)number : (uint64_t)number;

	do {
		digits[--at] = (char)('0' + rest % 10);
		rest /= 10;
	} while (rest > 0);
	if (number < 0)
		digits[--at] = '-';
	put_word(r, op, digits + at, 24 - at, owner);
}

/* As it is: it may hold lines. */
static void put_raw(struct run *r, const char *text, size_t len)
{
	const char *newline = memrchr(text, '\n', len);

	buffer_add(r->out, text, len);
	if (newline != NULL)
		r->line = r->out->len - (size_t)(text + len - newline) + 1;
}

static void put_text(struct run *r, const struct op *op, const struct value *value,
	const struct context *owner)
{
	const char *text = value->text.bytes;
	size_t len = value->text.len, mark = r->out->len;

	if (op->is_raw) {
		put_raw(r, text, len);
		return;
	}
	if (!may_print(r, op, owner, text, len))
		return;
	const char *reason = op->escape(text, len, op->field, r->out);

	if (reason == NULL) {
		check_line(r, op, mark, owner, text, len);
		return;
	}
	buffer_truncate(r->out, mark);
	refuse(r, op, owner,
		(struct template_refusal){reason, op->language, text, len, LOC_NONE});
}

static inline void run_value(struct run *r, const struct op *op, unsigned depth)
{
	struct value scratch;
	struct context owner = {NULL, NULL};
	const struct value *value = resolve(r, op, depth, &scratch, &owner);

	switch (value->kind) {
	case VALUE_TEXT:
		put_text(r, op, value, &owner);
		break;
	case VALUE_WORD:
		if (op->looks_at_words)
			put_text(r, op, value, &owner);
		else
			put_word(r, op, value->text.bytes, value->text.len, &owner);
		break;
	case VALUE_NUMBER:
		put_number(r, op, value->number, &owner);
		break;
	case VALUE_BOOL:
		buffer_add_text(r->out, value->truth ? "true" : "false");
		break;
	case VALUE_NONE:
	case VALUE_LIST:
	case VALUE_OBJECT:
		break;
	}
}

/* Sections */

static void run_ops(struct run *r, const struct program *program, size_t from, size_t to,
	unsigned base);

/* The body, with frames[depth] as one more level. */
static void run_body(
	struct run *r, const struct program *program, const struct op *op, unsigned base)
{
	struct frame *frame = &r->frames[base + op->depth];
	size_t from = (size_t)(op - program->ops) + 1;
	const struct template_hooks *hooks = r->hooks;
	bool is_object = frame->value.kind == VALUE_OBJECT;

	frame->context = (struct context){NULL, NULL};
	if (is_object) {
		frame->context.object = frame->value.object;
		frame->context.shape =
			op->source == FROM_FIELD ? op->field->shape : frame->value.shape;
	}
	if (is_object && hooks != NULL && hooks->enter != NULL)
		hooks->enter(hooks->data, &frame->context, r->out->len);
	run_ops(r, program, from, op->end, base);
	if (is_object && hooks != NULL && hooks->leave != NULL)
		hooks->leave(hooks->data, &frame->context, r->out->len);
}

static void run_loop(struct run *r, const struct program *program, const struct op *op,
	const struct value *list, unsigned base)
{
	struct frame *frame = &r->frames[base + op->depth];
	const void *items = list->list.base;
	const struct shape *shape = list->shape;
	bool is_bound = op->source == FROM_FIELD;
	bool wants_object = is_bound && op->field->shape != NULL;

	frame->n = list->list.n;
	for (frame->i = 0; frame->i < frame->n; frame->i++) {
		frame->value.kind = VALUE_NONE;
		if (is_bound)
			op->field->element(items, frame->i, &frame->value);
		else
			shape->element(items, frame->i, &frame->value);
		/* names were bound to an object's shape: nothing else will do */
		if (!wants_object || frame->value.kind == VALUE_OBJECT)
			run_body(r, program, op, base);
	}
}

/*
 * Shows a section, and returns where to go on: behind it, or at its first operation, with the
 * level that those count with in its place.
 */
static size_t run_section(
	struct run *r, const struct program *program, const struct op *op, unsigned base)
{
	unsigned depth = base + op->depth;

	if (depth >= TEMPLATE_LEVELS_MAX)
		return op->end;
	struct frame *frame = &r->frames[depth];
	const struct value *value = resolve(r, op, depth, &frame->value, &frame->owner);
	size_t body = (size_t)(op - program->ops) + 1;

	if (!is_true(value))
		return op->end;
	if (!op->pushes)
		return body;
	if (value->kind == VALUE_LIST) {
		run_loop(r, program, op, value, base);
		return op->end;
	}
	if (value != &frame->value) /* its level is there already */
		run_ops(r, program, body, op->end, base - 1);
	else if (value->kind == VALUE_OBJECT)
		run_body(r, program, op, base);
	else {
		frame->context = (struct context){NULL, NULL};
		return body;
	}
	return op->end;
}

static size_t run_inverted(
	struct run *r, const struct program *program, const struct op *op, unsigned depth)
{
	struct value scratch;
	struct context owner;
	bool is_shown = !is_true(resolve(r, op, depth, &scratch, &owner));

	return is_shown ? (size_t)(op - program->ops) + 1 : op->end;
}

static void run_call(struct run *r, const struct op *op, unsigned depth)
{
	if (r->call_depth == CALL_DEPTH_MAX || r->n_calls == CALLS_MAX)
		return;
	const struct program *program = template_bind_call(op->call);

	r->call_depth++;
	r->n_calls++;
	run_ops(r, program, 0, program->n_ops, depth - program->depth);
	r->call_depth--;
}

/* @base: how many levels more there are than the operations were bound for. */
static void run_ops(struct run *r, const struct program *program, size_t from, size_t to,
	unsigned base)
{
	for (size_t i = from; i < to;) {
		const struct op *op = &program->ops[i++];

		if (op->len > 0)
			put_literal(r, program, op);
		switch (op->kind) {
		case OP_TEXT:
			break;
		case OP_VALUE:
			run_value(r, op, base + op->depth);
			break;
		case OP_SECTION:
			i = run_section(r, program, op, base);
			break;
		case OP_INVERTED:
			i = run_inverted(r, program, op, base + op->depth);
			break;
		case OP_CALL:
			run_call(r, op, base + op->depth);
			break;
		}
	}
}

/* The caller's own levels; in dynamic mode a level may be a list or a plain value. */
static void set_frame(struct frame *frame, const struct context *context)
{
	frame->context = *context;
	frame->owner = *context;
	frame->i = frame->n = 0;
	frame->value.kind = VALUE_NONE;
	if (context->shape->find != NULL &&
		context->shape->find(context->object, ".", &frame->value))
		return;
	frame->value.kind = VALUE_OBJECT;
	frame->value.shape = context->shape;
	frame->value.object = context->object;
}

static size_t line_start(const struct buffer *out)
{
	const char *newline = memrchr(out->data, '\n', out->len);

	return newline == NULL ? 0 : (size_t)(newline - out->data) + 1;
}

void template_render(const struct template *t, const struct context *stack,
	size_t n_stack, const struct template_hooks *hooks, struct buffer *out)
{
	struct run r;

	assert(n_stack == t->n_stack);
	r.hooks = hooks;
	r.out = out;
	r.call_depth = r.n_calls = 0;
	r.line = line_start(out);
	for (size_t i = 0; i < n_stack; i++)
		set_frame(&r.frames[i], &stack[i]);
	run_ops(&r, &t->program, 0, t->program.n_ops, 0);
}

static bool op_has(const struct op *op, const struct shape *shape)
{
	for (size_t i = 0; i < op->n_steps; i++)
		if (op->steps[i]->shape == shape)
			return true;
	return op->field != NULL && op->field->shape == shape;
}

bool template_has(const struct template *t, const struct shape *shape)
{
	for (size_t i = 0; i < t->program.n_ops; i++)
		if (op_has(&t->program.ops[i], shape))
			return true;
	return false;
}

bool template_asks(const struct template *t, bool (*is)(const struct field *field))
{
	for (size_t i = 0; i < t->program.n_ops; i++) {
		const struct op *op = &t->program.ops[i];

		for (size_t j = 0; j < op->n_steps; j++)
			if (is(op->steps[j]))
				return true;
		if (op->field != NULL && is(op->field))
			return true;
	}
	return false;
}

int template_compile(TALLOC_CTX *mem_ctx, const struct template_loader *loader,
	const struct template_text *text, const char *name,
	const struct shape *const *stack, size_t n_stack, struct diags *diags,
	struct template **ret_template)
{
	TMP_CTX(tmp);
	struct template *t = mem_new(tmp, struct template);
	bool is_dynamic = false;

	for (size_t i = 0; i < n_stack; i++)
		is_dynamic |= stack[i]->find != NULL;
	t->n_stack = n_stack;
	int r = template_bind(
		t, loader, text, name, stack, n_stack, is_dynamic, diags, &t->program);

	if (r < 0)
		return r;
	*ret_template = talloc_steal(mem_ctx, t);
	return 0;
}
