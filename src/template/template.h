/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * template: texts with names in them.
 *
 *	takes	a template's text, a loader for its partials, and shapes: which names there are
 *	gives	struct template, bound or refused; its output, each value safe in its language
 *	uses	base; it knows no site: values come through getters, files through the loader
 *
 * Here: Mustache, complete (https://mustache.github.io/mustache.5.html, specification modules
 * comments, delimiters, interpolation, inverted, partials, sections, and the optional
 * ~inheritance), parsed once, then either bound to the fields of C objects or run on
 * dynamic data.
 *
 * *Bound* is what targets use: every name is resolved when the template is loaded, to the
 * innermost context that declares it, even where its value turns out empty; a name that no
 * context declares is an error with file, line and column. *Dynamic* is the
 * specification's own mode: names are looked up at run time, missing ones are empty.
 * There are no lambdas, no code, no files outside the loader's folders.
 *
 * Knows nothing of the model: shapes describe it (fields.h).
 */

#include "base/diag.h"

enum value_kind {
	VALUE_NONE,
	VALUE_TEXT,
	VALUE_WORD, /* text in scratch that we made of numbers: no syntax anywhere */
	VALUE_NUMBER,
	VALUE_BOOL,
	VALUE_LIST,
	VALUE_OBJECT
};

/* What a field gives. Text is borrowed, or points into scratch. */
struct value {
	enum value_kind kind; /* VALUE_NONE: absent; false in a section, empty printed */
	union {
		struct {
			const char *bytes;
			size_t len;
		} text;
		int64_t number; /* 0 is true in a section */
		bool truth;
		struct {
			const void *base;
			size_t n;
		} list;
		const void *object;
	};
	const struct shape *shape; /* dynamic mode: shape of the object, or of the list */
	char scratch[256]; /* holds any name of DNS */
};

struct field {
	const char *name;
	enum value_kind kind; /* what get() gives, if it does not give VALUE_NONE */
	const struct shape
		*shape; /* of the object, or of a list's elements; NULL: scalars */
	/* the field itself is passed in, so that one getter serves many (by offset) */
	void (*get)(const struct field *field, const void *object, struct value *ret);
	/* lists: element @i of the list that get() gave */
	void (*element)(const void *base, size_t i, struct value *ret);
	int attribute; /* the model's enum field_id, for findings; 0: none */
	size_t offset; /* for get(): where in the object the value stands, as it takes it */
};

struct shape {
	const char *name; /* "reservation", for messages */
	const struct field *fields; /* ends with a NULL name; bound mode */
	/* dynamic mode: any name at run time; false if the object has no such name. "." is
	 * asked for only once, of the caller's own levels: the value that they are. */
	bool (*find)(const void *object, const char *name, struct value *ret);
	void (*element)(const void *base, size_t i, struct value *ret);
};

/* An object with its shape: one level of the context stack. */
struct context {
	const struct shape *shape;
	const void *object;
};

/*
 * How templates find text: by name, such as "dhcpd" or a partial's "ntp".
 * load() gives the text (below @mem_ctx), the path for messages, what the file's front
 * matter says of values (language, by its name in language.h, and further bytes to refuse;
 * NULL: as where the file is used), and the line on which the body starts minus one; -ENOENT
 * if there is none of that name, -EINVAL if it can be no name.
 *
 * load_hidden() may be NULL. It gives the file of that name which the one at @path hides:
 * in a site's own `dhcpd` the parent tag {{<dhcpd}} means the shipped one.
 */
struct template_text {
	const char *path;
	const char *body;
	size_t len;
	unsigned line_offset;
	/* of a text inside of a line: what stands before it, and the line, for a caret; or NULL */
	unsigned column_offset;
	const char *line;
	const char *language;
	const char *refuse;
};
struct template_loader {
	int (*load)(void *data, TALLOC_CTX *mem_ctx, const char *name,
		struct diags *diags, struct template_text *ret);
	void *data;
	int (*load_hidden)(void *data, TALLOC_CTX *mem_ctx, const char *name,
		const char *path, struct diags *diags, struct template_text *ret);
};

/*
 * Appends @text, made safe for the place, to @out, or says why it cannot:
 * returns NULL, or a static sentence ("contains a comma"). language.h has them by language.
 */
typedef const char *escape_fn(
	const char *text, size_t len, const struct field *field, struct buffer *out);

struct template;

/*
 * template_compile - parse @text with all partials and parents and bind it
 *
 * shape:  @name is the template's own name. @stack has @n_stack levels, outermost first;
 *         shapes with `find` give the dynamic mode, shapes with `fields` the bound one.
 *         @text->language is the top file's own; NULL stands for "text". The dynamic mode
 *         escapes as the specification does, whatever the language. @loader may be NULL.
 * memory: *ret_template below @mem_ctx; @text and @loader are not needed any more
 * errors: EXIT_USAGE; every fault of the template and its partials, with position:
 *         template-syntax, template-unknown-name, template-partial
 */
int template_compile(TALLOC_CTX *mem_ctx, const struct template_loader *loader,
	const struct template_text *text, const char *name,
	const struct shape *const *stack, size_t n_stack, struct diags *diags,
	struct template **ret_template) _must_check_;

/* Can @t print anything of @shape, by any of its partials? In bound mode. */
bool template_has(const struct template *t, const struct shape *shape);
/* Does @is hold for a field that it asks for? */
bool template_asks(
	const struct template *t, bool (*is)(const struct field *field)) _must_check_;

/* Why a value was not printed. */
struct template_refusal {
	const char *reason; /* "contains a comma"; valid during the call */
	const char
		*language; /* whose escaper it was; NULL: the front matter's `refuse` */
	const char *text; /* what was refused; valid during the call */
	size_t len;
	struct loc where; /* the tag; its source stays as long as the template */
};

/* What happens while a template runs; any member may be NULL. */
struct template_hooks {
	void *data;
	/* @field of @context was refused; nothing was printed for it. For {{.}} they are the
	 * list or value it comes from. */
	void (*refused)(void *data, const struct context *context,
		const struct field *field, const struct template_refusal *refusal);
	/* The output between enter and leave (byte offsets into the buffer) came from
	 * @context: a list's element or an object section. */
	void (*enter)(void *data, const struct context *context, size_t offset);
	void (*leave)(void *data, const struct context *context, size_t offset);
};

/*
 * template_render - append to @out
 *
 * shape:  @stack has the shapes that were compiled against, outermost first. In a section
 *         what is absent, empty or false does not show; 0 does.
 * memory: bound mode allocates nothing but room in @out
 */
void template_render(const struct template *t, const struct context *stack,
	size_t n_stack, const struct template_hooks *hooks, struct buffer *out);
