/* SPDX-License-Identifier: Apache-2.0 */
#include "generation/scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "generation/folder.h"
#include "generation/state_file.h"

static const char NAME[] = "staging";
static const char WAY_OUT[] =
	"it lists temporary files of a run that was killed: remove it, and what is called "
	".*ldapcc-* beside the targets";

char *scratch_file(TALLOC_CTX *mem_ctx, const char *path, uint64_t generation)
{
	const char *name = folder_name(path);

	return mem_printf(mem_ctx, "%.*s.%s.ldapcc-%llu", (int)(name - path), path, name,
		(unsigned long long)generation);
}

char *scratch_folder(
	TALLOC_CTX *mem_ctx, const char *folder, const char *target, uint64_t generation)
{
	return mem_printf(mem_ctx, "%s/.ldapcc-%llu-%s", folder,
		(unsigned long long)generation, target);
}

char *scratch_check(TALLOC_CTX *mem_ctx, const char *path)
{
	const char *name = folder_name(path);

	return mem_printf(
		mem_ctx, "%.*s.ldapcc-check.%s", (int)(name - path), path, name);
}

char *scratch_frame(TALLOC_CTX *mem_ctx, const char *path)
{
	return scratch_check(mem_ctx, mem_printf(mem_ctx, "%s.main", path));
}

void scratch_add(TALLOC_CTX *mem_ctx, struct scratch_list *list, const char *path)
{
	for (size_t i = 0; i < list->n; i++)
		if (strcmp(list->items[i].path, path) == 0)
			return;
	mem_push(mem_ctx, &list->items, &list->n)->path = mem_strdup(mem_ctx, path);
}

int scratch_note(
	const struct state *state, const struct scratch_list *list, struct diags *diags)
{
	TMP_CTX(tmp);
	struct buffer *b = buffer_new(tmp);

	state_file_begin(b, NAME);
	buffer_printf(b, "generation %llu\n", (unsigned long long)list->generation);
	for (size_t i = 0; i < list->n; i++)
		buffer_printf(b, "scratch %s\n", list->items[i].path);
	return state_file_save(state, NAME, b, diags);
}

/* The words are checked: what is named here is removed. */
static bool is_scratch(const char *path)
{
	const char *name = folder_name(path);

	return path[0] == '/' && name[0] == '.' && strstr(name, "ldapcc-") != NULL;
}

int scratch_load(TALLOC_CTX *mem_ctx, const struct state *state, struct diags *diags,
	struct scratch_list *ret_list)
{
	struct lines l;
	bool is_there;
	int r = state_file_load(
		mem_ctx, state, NAME, NAME, WAY_OUT, diags, &l, &is_there);

	*ret_list = (struct scratch_list){0};
	if (r < 0 || !is_there)
		return r;
	if (!lines_next(&l) || strcmp(lines_word(&l), "generation") != 0)
		l.is_bad = true;
	ret_list->generation = lines_u64(&l, UINT64_MAX);
	while (!l.is_bad && lines_next(&l)) {
		const char *word = lines_word(&l);
		const char *path = lines_rest(&l);

		if (strcmp(word, "scratch") != 0 || !is_scratch(path))
			l.is_bad = true;
		mem_push(mem_ctx, &ret_list->items, &ret_list->n)->path = path;
	}
	if (l.is_bad)
		return state_file_damaged(state, NAME, &l, WAY_OUT, diags);
	return 0;
}

static int remove_one(const struct state *state, const char *path, struct diags *diags)
{
	TMP_CTX(tmp);
	char *real = state_path(tmp, state, path);
	_cleanup_(mem_close_fd) int fd = folder_enter(folder_of(tmp, real));
	int r = fd < 0 ? fd : folder_remove(fd, folder_name(real));

	/* through a link, or below what is no folder, nothing of ours was ever made */
	if (r < 0 && r != -ENOENT && r != -ELOOP && r != -ENOTDIR)
		return diag_fail_errno(diags, EXIT_IO, -r,
			loc_file(mem_strdup(diags, real)),
			"the temporary file cannot be removed");
	return 0;
}

int scratch_clean(
	const struct state *state, const struct scratch_list *list, struct diags *diags)
{
	int r = 0;

	for (size_t i = 0; i < list->n; i++) {
		int removed = remove_one(state, list->items[i].path, diags);

		r = r < 0 ? r : removed;
	}
	return r < 0 ? r : state_drop(state, NAME, diags);
}
