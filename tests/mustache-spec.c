/* SPDX-License-Identifier: Apache-2.0 */

/*
 * mustache-spec FILE… - run files in the form of the Mustache specification's own
 *
 * `tests:` is a list of {name, desc, template, data, partials, expected}; every other key
 * is ignored. Each template is rendered in dynamic mode; the names of those that fail are
 * printed, then `N passed, N failed`. Exits 0 only if none failed.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/document.h"
#include "base/text.h"
#include "template/template.h"

static bool find_value(const void *object, const char *name, struct value *ret);
static void get_element(const void *base, size_t i, struct value *ret);

static const struct shape data_shape = {
	.name = "data", .find = find_value, .element = get_element};

/* 1.210 prints as 1.21: a number is its value, not its spelling. */
static bool is_decimal(const char *text, double *ret)
{
	char *end;

	if (text[strspn(text, "+-.0123456789eE")] != '\0')
		return false;
	*ret = strtod(text, &end);
	return end != text && *end == '\0';
}

static void plain_value(const struct node *node, struct value *ret)
{
	double number;
	uint64_t whole;

	if (node->length == 0 || strcmp(node->text, "null") == 0 ||
		strcmp(node->text, "~") == 0)
		return;
	if (strcmp(node->text, "true") == 0 || strcmp(node->text, "false") == 0) {
		ret->kind = VALUE_BOOL;
		ret->truth = node->text[0] == 't';
		return;
	}
	if (text_parse_u64(node->text, INT64_MAX, &whole)) {
		ret->kind = VALUE_NUMBER;
		ret->number = (int64_t)whole;
		return;
	}
	ret->kind = VALUE_TEXT;
	ret->text.bytes = node->text;
	ret->text.len = node->length;
	if (is_decimal(node->text, &number)) {
		snprintf(ret->scratch, sizeof(ret->scratch), "%.15g", number);
		ret->text.bytes = ret->scratch;
		ret->text.len = strlen(ret->scratch);
	}
}

static void node_value(const struct node *node, struct value *ret)
{
	ret->kind = VALUE_NONE;
	ret->shape = &data_shape;
	if (node->kind == NODE_MAP) {
		ret->kind = VALUE_OBJECT;
		ret->object = node;
	} else if (node->kind == NODE_LIST) {
		ret->kind = VALUE_LIST;
		ret->list.base = node;
		ret->list.n = node->n_items;
	} else if (node->is_plain) {
		plain_value(node, ret);
	} else {
		ret->kind = VALUE_TEXT;
		ret->text.bytes = node->text;
		ret->text.len = node->length;
	}
}

static bool find_value(const void *object, const char *name, struct value *ret)
{
	const struct node *node = object;

	if (strcmp(name, ".") == 0) {
		node_value(node, ret);
		return true;
	}
	const struct node *value = node->kind == NODE_MAP ? node_find(node, name) : NULL;

	if (value != NULL)
		node_value(value, ret);
	return value != NULL;
}

static void get_element(const void *base, size_t i, struct value *ret)
{
	node_value(((const struct node *)base)->items[i], ret);
}

static int load_partial(void *data, _unused_ TALLOC_CTX *mem_ctx, const char *name,
	_unused_ struct diags *diags, struct template_text *ret)
{
	const struct node *partials = data;
	const struct node *text = partials == NULL ? NULL : node_find(partials, name);

	if (text == NULL)
		return -ENOENT;
	*ret = (struct template_text){
		.path = name, .body = text->text, .len = text->length};
	return 0;
}

static const struct node empty = {.kind = NODE_MAP, .text = ""};

static bool run_test(const struct node *test)
{
	TMP_CTX(tmp);
	static const struct diag_style style = {.color = false};
	const struct node *name = node_find(test, "name");
	const struct node *template = node_find(test, "template");
	const struct node *expected = node_find(test, "expected");
	const struct node *data = node_find(test, "data");
	const struct shape *stack = &data_shape;
	const struct context context = {&data_shape, data == NULL ? &empty : data};
	struct diags *diags = diags_new(tmp);
	struct buffer *out = buffer_new(tmp);
	struct template *compiled;

	if (name == NULL || template == NULL || expected == NULL) {
		printf("line %u: a test needs name, template and expected\n", test->line);
		return false;
	}
	const struct template_text text = {
		.path = name->text, .body = template->text, .len = template->length};
	const struct template_loader loader = {.load = load_partial,
		.data = (void *)(uintptr_t)node_find(test, "partials")};

	if (template_compile(
		    tmp, &loader, &text, name->text, &stack, 1, diags, &compiled) < 0) {
		printf("FAILED %s\n", name->text);
		diags_print(stdout, diags, &style);
		return false;
	}
	template_render(compiled, &context, 1, NULL, out);
	if (out->len == expected->length &&
		memcmp(out->data, expected->text, out->len) == 0)
		return true;
	printf("FAILED %s\n--- expected\n%s\n--- got\n%s\n---\n", name->text,
		expected->text, out->data);
	return false;
}

static int run_file(const char *path, unsigned *passed, unsigned *failed)
{
	TMP_CTX(tmp);
	static const struct diag_style style = {.color = false};
	struct diags *diags = diags_new(tmp);
	struct document *document;
	const struct node *tests = NULL;

	if (document_load(tmp, path, EXIT_USAGE, diags, &document) < 0) {
		diags_print(stderr, diags, &style);
		return -1;
	}
	if (document->root->kind == NODE_MAP)
		tests = node_find(document->root, "tests");
	if (tests == NULL || tests->kind != NODE_LIST) {
		fprintf(stderr, "%s: error: no list of tests\n", path);
		return -1;
	}
	for (size_t i = 0; i < tests->n_items; i++) {
		bool ok = run_test(tests->items[i]);

		*passed += ok;
		*failed += !ok;
	}
	return 0;
}

int main(int argc, char **argv)
{
	unsigned passed = 0, failed = 0;
	bool is_readable = argc > 1;

	if (argc < 2)
		fprintf(stderr, "usage: mustache-spec FILE…\n");
	for (int i = 1; i < argc; i++)
		is_readable &= run_file(argv[i], &passed, &failed) == 0;
	printf("%u passed, %u failed\n", passed, failed);
	return is_readable && failed == 0 && passed > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
