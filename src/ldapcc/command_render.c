/* SPDX-License-Identifier: Apache-2.0 */
#include "ldapcc/commands.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <json-c/json.h>

#include "base/file.h"
#include "base/table.h"
#include "base/trailer.h"
#include "generation/folder.h"
#include "ldapcc/listing.h"

/* render: the files, printed or below a folder; no state, and nothing of the system changes. */

static bool is_selected(const struct run *run, const struct target *target)
{
	for (size_t i = 0; i < run->n_words; i++)
		if (strcmp(run->words[i], target->name) == 0)
			return true;
	return run->n_words == 0;
}

static int write_output(struct run *run, const struct output *output)
{
	TMP_CTX(tmp);
	char *path = file_join(tmp, run->arguments.output, output->path);
	char *slash = strrchr(path, '/');
	struct loc where = loc_file(mem_strdup(run->diags, path));

	*slash = '\0';
	_cleanup_(mem_close_fd) int dirfd = folder_enter_new(path, 0755);

	if (dirfd < 0)
		return folder_fail(run->diags, -dirfd, path, "cannot make its folder");
	int r = file_replace_at(
		dirfd, slash + 1, output->bytes, output->len, output->target->mode);
	if (r < 0)
		return diag_fail_errno(
			run->diags, EXIT_IO, -r, where, "cannot be written");
	return 0;
}

static void print_output(
	const struct run *run, const struct output *output, bool is_alone)
{
	if (run->result != NULL) {
		json_object_object_add(json_object_object_get(run->result, "files"),
			output->path,
			json_object_new_string_len(output->bytes, (int)output->len));
		return;
	}
	if (!is_alone)
		printf("==> %s <==\n", output->path);
	fwrite(output->bytes, 1, output->len, stdout);
	if (!is_alone)
		putchar('\n');
}

/* The outputs by their paths. */
static struct table *index_paths(TALLOC_CTX *mem_ctx, const struct tree *tree)
{
	struct table *paths = table_new(mem_ctx, tree->n_outputs);

	for (size_t i = 0; i < tree->n_outputs; i++)
		*table_slot(paths, tree->outputs[i].path) = &tree->outputs[i];
	return paths;
}

/* The folders of a target, as an earlier render may have left them. */
struct leftovers {
	const struct table *paths; /* of what is written now */
	const struct target *target;
	int error; /* errno; 0: none */
};

/* A file of an earlier render: it has our trailer, whole, and nothing writes it now. */
static bool is_stale(
	const struct leftovers *old, int dirfd, const char *name, const char *path)
{
	TMP_CTX(tmp);
	struct trailer trailer;
	char *bytes;
	size_t len;

	return table_find(old->paths, path) == NULL &&
	       file_read_regular_at(tmp, dirfd, name, 1 << 26, &bytes, &len) == 0 &&
	       trailer_check(bytes, len, old->target->trailer, &trailer) == NULL;
}

static void remove_stale_in(
	struct leftovers *old, int fd, const char *folder, size_t depth);

/* A folder that was a record's own goes with its last file. */
static void remove_stale_below(struct leftovers *old, int dirfd, const char *name,
	const char *path, size_t depth)
{
	int fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return;
	remove_stale_in(old, fd, path, depth);
	unlinkat(dirfd, name, AT_REMOVEDIR); /* not where anything is left in it */
}

/* Takes @fd. @folder: its path, without that of -o; @depth: folders that may be below it. */
static void remove_stale_in(
	struct leftovers *old, int fd, const char *folder, size_t depth)
{
	_cleanup_(mem_close_dir) DIR *dir = fdopendir(fd);

	if (dir == NULL) {
		mem_close_fd(&fd);
		return;
	}
	for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
		TMP_CTX(tmp);
		const char *path = file_join(tmp, folder, entry->d_name);

		if (entry->d_name[0] == '.')
			continue;
		if (depth > 0)
			remove_stale_below(old, fd, entry->d_name, path, depth - 1);
		if (is_stale(old, fd, entry->d_name, path) &&
			unlinkat(fd, entry->d_name, 0) < 0)
			old->error = errno;
	}
}

static int remove_stale_of(
	struct run *run, const struct table *paths, const struct target *target)
{
	TMP_CTX(tmp);
	const char *path = file_join(tmp, run->arguments.output, target->fixed_folder);
	struct leftovers old = {.paths = paths, .target = target};
	int fd = folder_enter(path);

	if (fd >= 0)
		remove_stale_in(&old, fd, target->fixed_folder, target_depth(target));
	return old.error == 0 ? 0
			      : diag_fail_errno(run->diags, EXIT_IO, old.error,
					loc_file(mem_strdup(run->diags, path)),
					"an old file in it cannot be removed");
}

static int remove_stale(struct run *run)
{
	TMP_CTX(tmp);
	const struct table *paths = index_paths(tmp, run->tree);
	int failed = 0;

	for (size_t i = 0; failed == 0 && i < run->n_targets; i++)
		if (run->targets[i].for_each != FOR_SITE &&
			run->targets[i].trailer != NULL &&
			is_selected(run, &run->targets[i]))
			failed = remove_stale_of(run, paths, &run->targets[i]);
	return failed;
}

static int render_outputs(struct run *run)
{
	size_t n_selected = 0;

	if (run->result != NULL && run->arguments.output == NULL)
		json_object_object_add(run->result, "files", json_object_new_object());
	for (size_t i = 0; i < run->tree->n_outputs; i++)
		n_selected += is_selected(run, run->tree->outputs[i].target);
	for (size_t i = 0; i < run->tree->n_outputs; i++) {
		const struct output *output = &run->tree->outputs[i];

		if (!is_selected(run, output->target))
			continue;
		if (run->arguments.output == NULL) {
			print_output(run, output, n_selected == 1);
			continue;
		}
		int failed = write_output(run, output);

		if (failed < 0)
			return failed;
	}
	return run->arguments.output == NULL ? 0 : remove_stale(run);
}

/* Too many errors give nothing; else what is in error is left out, and the rest written. */
int command_render(void *session)
{
	struct run *run = session;

	if (run->arguments.list)
		return listing_targets(run);
	int failed = run_all(run);

	if (failed == 0)
		failed = run_check_words(run);
	if (failed < 0)
		return failed;
	failed = run_permit(run);
	return failed < 0 ? failed : render_outputs(run);
}
