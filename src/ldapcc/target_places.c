/* SPDX-License-Identifier: Apache-2.0 */
#include "ldapcc/target_places.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* The slash behind the last folder that is the same for all files of @path. */
static size_t folder_end(const char *path)
{
	const char *tag = strstr(path, "{{");
	size_t end = tag == NULL ? strlen(path) : (size_t)(tag - path);

	while (end > 0 && path[end] != '/')
		end--;
	return end;
}

/* @path without links, as far as it is there; what is not there yet has none. */
static const char *real_path(TALLOC_CTX *mem_ctx, const char *root, const char *path)
{
	char *whole = mem_printf(mem_ctx, "%s%s", root == NULL ? "" : root, path);
	char real[PATH_MAX];

	for (size_t end = folder_end(whole); end > 0; end--) {
		if (whole[end] != '/')
			continue;
		whole[end] = '\0';
		bool is_there = realpath(whole, real) != NULL;

		whole[end] = '/';
		if (is_there)
			return mem_printf(mem_ctx, "%s%s", real, whole + end);
	}
	return whole;
}

static int fail_same(const struct run *run, const struct target *target,
	const struct target *other, const char *place)
{
	int failed = diag_fail(run->diags, EXIT_USAGE, target->path_at,
		"target '%s' has the path of '%s'", target->name, other->name);

	diag_note(diag_last(run->diags), other->path_at, "'%s' is here", other->path);
	diag_note(diag_last(run->diags), LOC_NONE, "without links both are '%s'", place);
	return failed;
}

int target_places_check(const struct run *run)
{
	TMP_CTX(tmp);
	const char **places = mem_array(tmp, const char *, run->n_targets + 1);

	for (size_t i = 0; i < run->n_targets; i++) {
		places[i] = real_path(tmp, run->arguments.root, run->targets[i].path);
		for (size_t j = 0; j < i; j++)
			if (strcmp(places[i], places[j]) == 0)
				return fail_same(run, &run->targets[i], &run->targets[j],
					places[i]);
	}
	return 0;
}
