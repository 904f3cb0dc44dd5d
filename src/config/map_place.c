/* SPDX-License-Identifier: Apache-2.0 */
#include "config/map_place.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"

/* Is it what a test of the filter @text asks for? */
static bool is_asked(const char *text, const char *name)
{
	size_t len = strlen(name);

	while ((text = strchr(text, '(')) != NULL) {
		text++;
		if (strncasecmp(text, name, len) == 0 && text[len] != '\0' &&
			strchr("=<>~:", text[len]) != NULL)
			return true;
	}
	return false;
}

/* The first word @name that stands anywhere below @node as a value, or in a filter. */
static const struct node *find_word(const struct node *node, const char *name)
{
	const struct node *found = NULL;

	if (node->kind == NODE_SCALAR)
		return text_equal_case(node->text, name) || is_asked(node->text, name)
			       ? node
			       : NULL;
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

enum { ENDING_LEN = 5 }; /* .yaml */

static const char *const *find_names(TALLOC_CTX *mem_ctx, const char *folder)
{
	struct dirent **entries;
	int n = scandir(folder, &entries, NULL, alphasort);
	const char **names = mem_array(mem_ctx, const char *, n < 0 ? 1 : (size_t)n + 1);
	size_t n_names = 0;

	for (int i = 0; i < n; i++) {
		const char *name = entries[i]->d_name;

		if (text_has_suffix(name, ".yaml"))
			names[n_names++] =
				mem_strndup(mem_ctx, name, strlen(name) - ENDING_LEN);
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
	return names;
}

int map_check_name(
	const char *folder, const char *name, struct loc where, struct diags *diags)
{
	TMP_CTX(tmp);
	struct buffer *list = buffer_new(tmp);
	const char *const *names = find_names(tmp, folder);

	if (strchr(name, '/') != NULL || names[0] == NULL)
		return 0;
	for (const char *const *at = names; *at != NULL; at++) {
		if (strcmp(*at, name) == 0)
			return 0;
		buffer_printf(list, "%s%s", at == names ? "" : ", ", *at);
	}
	return diag_fail(diags, EXIT_USAGE, where,
		"there is no map '%s'; there are %s, or a path with a slash", name,
		list->data);
}
