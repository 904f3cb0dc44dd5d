/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <json-c/json.h>

#include "base/file.h"
#include "base/table.h"
#include "generation/folder.h"
#include "ldapcc/commands.h"
#include "ldapcc/listing.h"
#include "ldapcc/rendered.h"

/* render: the files, to look at them; no lock, no state. */

static bool is_selected(const struct run *run, const char *target)
{
	for (size_t i = 0; i < run->n_words; i++)
		if (strcmp(run->words[i], target) == 0)
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
		struct json_object *files;

		if (!json_object_object_get_ex(run->result, "files", &files)) {
			files = json_object_new_object();
			json_object_object_add(run->result, "files", files);
		}
		json_object_object_add(files, output->path,
			json_object_new_string_len(output->bytes, (int)output->len));
		return;
	}
	if (!is_alone)
		printf("==> %s <==\n", output->path);
	fwrite(output->bytes, 1, output->len, stdout);
	if (!is_alone)
		putchar('\n');
}

static void print_outputs(const struct run *run)
{
	size_t n = 0;

	for (size_t i = 0; i < run->tree->n_outputs; i++)
		n += is_selected(run, run->tree->outputs[i].target->name);
	for (size_t i = 0; i < run->tree->n_outputs; i++)
		if (is_selected(run, run->tree->outputs[i].target->name))
			print_output(run, &run->tree->outputs[i], n == 1);
}

/* render -o */

/* What is to be written joins the list before it is: killed in between, all are known. */
static int announce(
	const struct run *run, struct rendered *rendered, struct table *written)
{
	for (size_t i = 0; i < run->tree->n_outputs; i++) {
		const struct output *output = &run->tree->outputs[i];

		if (!is_selected(run, output->target->name))
			continue;
		*table_slot(written, output->path) = rendered;
		rendered_add(
			rendered, output->target->name, output->path, output->sha256);
	}
	return rendered_save(rendered, run->diags);
}

/* Of the @n_before earlier files, removes those of the targets at hand that are not written. */
static int remove_stale(const struct run *run, struct rendered *rendered, size_t n_before,
	const struct table *written)
{
	size_t kept = 0;

	for (size_t i = 0; i < rendered->n_files; i++) {
		const struct rendered_file *file = &rendered->files[i];
		bool is_earlier = i < n_before;

		if (is_earlier && is_selected(run, file->target)) {
			int failed =
				table_find(written, file->path) != NULL
					? 0
					: rendered_remove(rendered, file, run->diags);

			if (failed < 0)
				return failed;
			continue;
		}
		rendered->files[kept++] = *file;
	}
	rendered->n_files = kept;
	return rendered_save(rendered, run->diags);
}

static int write_outputs(struct run *run)
{
	TMP_CTX(tmp);
	struct rendered *rendered;
	struct table *written = table_new(tmp, run->tree->n_outputs);
	int failed = rendered_open(tmp, run->arguments.output, run->diags, &rendered);

	if (failed < 0)
		return failed;
	size_t n_before = rendered->n_files;

	failed = announce(run, rendered, written);
	for (size_t i = 0; failed == 0 && i < run->tree->n_outputs; i++)
		if (is_selected(run, run->tree->outputs[i].target->name))
			failed = write_output(run, &run->tree->outputs[i]);
	return failed < 0 ? failed : remove_stale(run, rendered, n_before, written);
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
	if (failed < 0)
		return failed;
	if (run->arguments.output != NULL)
		return write_outputs(run);
	print_outputs(run);
	return 0;
}
