/* SPDX-License-Identifier: Apache-2.0 */
#include "config/map_place.h"

#include "base/text.h"

/* The first word @name that stands anywhere below @node as a value. */
static const struct node *find_word(const struct node *node, const char *name)
{
	const struct node *found = NULL;

	if (node->kind == NODE_SCALAR)
		return text_equal_case(node->text, name) ? node : NULL;
	for (size_t i = 0; found == NULL && i < node->n_items; i++)
		found = find_word(node->items[i], name);
	return found;
}

int map_unknown_attribute(
	const char *path, const char *name, const char *nearest, struct diags *diags)
{
	TMP_CTX(tmp);
	struct document *document;
	const char *hint =
		nearest == NULL ? "" : mem_printf(tmp, ", did you mean '%s'?", nearest);
	int failed = document_load(tmp, path, EXIT_USAGE, diags, &document);

	if (failed < 0)
		return failed;
	struct reader reader = {
		.mem_ctx = tmp, .document = document, .diags = diags, .code = EXIT_USAGE};
	const struct node *word = find_word(document->root, name);

	return document_fault(&reader, word == NULL ? document->root : word,
		"the server's schema has no attribute '%s'%s", name, hint);
}
