/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Templates of any kind: compiled and rendered in bound and in dynamic mode. Input is the
 * template, then its partials `a`, `b` and `c`, with a line `%%%%` between them.
 */

#include <errno.h>
#include <string.h>

#include "template/language.h"
#include "template/template.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { N_TEXTS = 4, LOOPS_MAX = 2000 };

/* Loops inside each other multiply: after so many elements all lists are empty. */
static unsigned n_elements;

static const char *const words[] = {"plain", "it's \"x\" \\ <&>", "12h", ""};

static void get_word(
	const struct field *field, _unused_ const void *object, struct value *ret)
{
	ret->kind = field->offset < ARRAY_SIZE(words) ? VALUE_TEXT : VALUE_NONE;
	ret->text.bytes = ret->kind == VALUE_TEXT ? words[field->offset] : NULL;
	ret->text.len = ret->kind == VALUE_TEXT ? strlen(words[field->offset]) : 0;
}

static void get_number(_unused_ const struct field *field, _unused_ const void *object,
	struct value *ret)
{
	ret->kind = VALUE_NUMBER;
	ret->number = -5;
}

static void get_bool(_unused_ const struct field *field, _unused_ const void *object,
	struct value *ret)
{
	ret->kind = VALUE_BOOL;
	ret->truth = true;
}

static void get_self(
	_unused_ const struct field *field, const void *object, struct value *ret)
{
	ret->kind = VALUE_OBJECT;
	ret->object = object;
}

static void get_list(
	_unused_ const struct field *field, const void *object, struct value *ret)
{
	ret->kind = VALUE_LIST;
	ret->list.base = object;
	ret->list.n = n_elements < LOOPS_MAX ? 2 : 0;
}

static void word_at(_unused_ const void *base, size_t i, struct value *ret)
{
	n_elements++;
	ret->kind = VALUE_TEXT;
	memcpy(ret->scratch, words[i], strlen(words[i]));
	ret->text.bytes = ret->scratch;
	ret->text.len = strlen(words[i]);
}

static void object_at(const void *base, _unused_ size_t i, struct value *ret)
{
	n_elements++;
	ret->kind = VALUE_OBJECT;
	ret->object = base;
}

extern const struct shape thing_shape;
static const struct field thing_fields[] = {
	{"n", VALUE_TEXT, NULL, get_word, NULL, 0, 0},
	{"name", VALUE_TEXT, NULL, get_word, NULL, 0, 2},
	{"t", VALUE_TEXT, NULL, get_word, NULL, 0, 1},
	{"packages", VALUE_TEXT, NULL, get_word, NULL, 0, 3},
	{"x", VALUE_TEXT, NULL, get_word, NULL, 0, 9},
	{"i", VALUE_NUMBER, NULL, get_number, NULL, 0, 0},
	{"y", VALUE_BOOL, NULL, get_bool, NULL, 0, 0},
	{"o", VALUE_OBJECT, &thing_shape, get_self, NULL, 0, 0},
	{"l", VALUE_LIST, &thing_shape, get_list, object_at, 0, 0},
	{"w", VALUE_LIST, NULL, get_list, word_at, 0, 0},
	{0},
};
const struct shape thing_shape = {.name = "thing", .fields = thing_fields};

/* The same names, looked up while it runs. */
static bool find(const void *object, const char *name, struct value *ret);
static void dynamic_at(const void *base, size_t i, struct value *ret);
static const struct shape dynamic_shape = {
	.name = "thing", .find = find, .element = dynamic_at};

static bool find(const void *object, const char *name, struct value *ret)
{
	for (const struct field *field = thing_fields; field->name != NULL; field++) {
		if (strcmp(field->name, name) != 0)
			continue;
		field->get(field, object, ret);
		ret->shape = &dynamic_shape;
		return true;
	}
	return false;
}

/* A list of lists, of words and of objects */
static void dynamic_at(const void *base, size_t i, struct value *ret)
{
	if (i == 0)
		get_list(NULL, base, ret);
	else if (n_elements % 2 == 0)
		word_at(base, i, ret);
	else
		object_at(base, i, ret);
	ret->shape = &dynamic_shape;
	n_elements++;
}

struct texts {
	struct template_text items[N_TEXTS];
};

static int load(void *data, _unused_ TALLOC_CTX *mem_ctx, const char *name,
	_unused_ struct diags *diags, struct template_text *ret)
{
	const struct texts *texts = data;

	for (size_t i = 1; i < N_TEXTS; i++)
		if (strcmp(texts->items[i].path, name) == 0) {
			*ret = texts->items[i];
			return 0;
		}
	return -ENOENT;
}

static void cut(struct texts *texts, const char *at, size_t size)
{
	static const char separator[] = "\n%%%%\n";
	static const char *const names[N_TEXTS] = {"top", "a", "b", "c"};
	size_t n_languages = 0;

	while (languages[n_languages].name != NULL)
		n_languages++;
	for (size_t i = 0; i < N_TEXTS; i++) {
		const char *hit = i + 1 == N_TEXTS ? NULL
						   : memmem(at, size, separator,
							     sizeof(separator) - 1);
		size_t len = hit == NULL ? size : (size_t)(hit - at);

		texts->items[i] =
			(struct template_text){.path = names[i], .body = at, .len = len};
		/* the first byte says the language, and whether bytes are refused: a
		 * partial may have none */
		if (len > 0 && (unsigned char)at[0] % 16 < n_languages)
			texts->items[i].language =
				languages[(unsigned char)at[0] % 16].name;
		if (len > 0 && (unsigned char)at[0] >= 0x60)
			texts->items[i].refuse = "n5";
		at += hit == NULL ? len : len + sizeof(separator) - 1;
		size -= hit == NULL ? len : len + sizeof(separator) - 1;
	}
}

static void on_object(
	_unused_ void *data, const struct context *context, _unused_ size_t offset)
{
	if (context->object == NULL || context->shape == NULL)
		__builtin_trap();
}

static void on_refused(_unused_ void *data, const struct context *context,
	const struct field *field, const struct template_refusal *refusal)
{
	if (context->object == NULL || field == NULL || *refusal->reason == '\0' ||
		refusal->where.source == NULL || refusal->where.line == 0 ||
		refusal->where.column == 0)
		__builtin_trap();
}

static void run(struct texts *texts, const struct shape *shape)
{
	TMP_CTX(tmp);
	const struct template_loader loader = {.load = load, .data = texts};
	const struct template_hooks hooks = {
		.refused = on_refused, .enter = on_object, .leave = on_object};
	const struct context stack = {shape, "object"};
	struct diags *diags = diags_new(tmp);
	struct buffer *out = buffer_new(tmp);
	struct template *t;
	int r = template_compile(
		tmp, &loader, &texts->items[0], "top", &shape, 1, diags, &t);

	/* a failure says why; a success says nothing */
	if ((r < 0) != (diags->n_findings > 0))
		__builtin_trap();
	for (int i = 0; i < 2 && r == 0; i++) {
		n_elements = 0;
		template_render(t, &stack, 1, i == 0 ? &hooks : NULL, out);
		buffer_truncate(out, 0);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct texts texts;

	cut(&texts, (const char *)data, size);
	run(&texts, &thing_shape);
	run(&texts, &dynamic_shape);
	return 0;
}
