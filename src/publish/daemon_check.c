/* SPDX-License-Identifier: Apache-2.0 */
#include "publish/daemon_check.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/parallel.h"
#include "base/text.h"
#include "generation/folder.h"
#include "publish/child.h"
#include "publish/main_file.h"
#include "publish/target_folder.h"

enum { SHOWN_LINES = 20 };

/* One text for another, in a command, in a checker's output. */
struct replacement {
	const char *from, *to;
};

struct checking {
	TALLOC_CTX *mem_ctx;
	const struct staged *staged;
	const struct settings *settings;
	struct diags *diags;
	struct buffer *output;
	int result; /* 0, or the first failure */
};

/* Replacing */

static char *replace(TALLOC_CTX *mem_ctx, const char *text, const struct replacement *r)
{
	TMP_CTX(tmp);
	struct buffer *b = buffer_new(tmp);
	const char *at = text, *hit;

	while ((hit = strstr(at, r->from)) != NULL) {
		buffer_add(b, at, (size_t)(hit - at));
		buffer_add_text(b, r->to);
		at = hit + strlen(r->from);
	}
	buffer_add_text(b, at);
	return talloc_steal(mem_ctx, b->data);
}

/* Names */

static char *real_path(TALLOC_CTX *mem_ctx, const struct checking *c, const char *path)
{
	return state_path(mem_ctx, c->staged->state, path);
}

/* NULL for a single file. */
static const char *tree_of(const struct checking *c, const struct staged_file *file)
{
	return c->staged->generation->targets[file->record->target].folder;
}

/* Where all new files of a for-each target are now. */
static char *staged_tree(
	TALLOC_CTX *mem_ctx, const struct checking *c, const struct staged_file *file)
{
	const struct generation *g = c->staged->generation;
	const char *top;

	return real_path(mem_ctx, c,
		target_folder_scratch_of(
			mem_ctx, &g->targets[file->record->target], g->number, &top));
}

/* Where the complete new file is now. */
static char *staged_path(
	TALLOC_CTX *mem_ctx, const struct checking *c, const struct staged_file *file)
{
	const char *tree = tree_of(c, file), *path = file->record->path;

	if (tree == NULL)
		return real_path(mem_ctx, c,
			scratch_file(mem_ctx, path, c->staged->generation->number));
	return file_join(mem_ctx, staged_tree(mem_ctx, c, file), path + strlen(tree));
}

/*
 * Private copies: in a folder that is held open from the look at it until they are gone, so
 * that nobody who changes the path in between says where they are written.
 */

struct copy {
	char *path; /* what the checker is told */
	int dirfd;
};

static int fail_copy(const struct checking *c, int error, const char *path)
{
	return diag_fail_errno(c->diags, EXIT_IO, error,
		loc_file(mem_strdup(c->diags, path)),
		"the private copy for the checker cannot be made");
}

/* What a killed run left of it goes first. */
static int begin_copy(const struct checking *c, const char *path, struct copy *ret_copy)
{
	TMP_CTX(tmp);

	ret_copy->path = real_path(c->mem_ctx, c, path);
	int r = folder_open(folder_of(tmp, ret_copy->path),
		c->staged->state->root[0] != '\0', c->diags, &ret_copy->dirfd);

	if (r == 0 && unlinkat(ret_copy->dirfd, folder_name(ret_copy->path), 0) < 0 &&
		errno != ENOENT)
		r = fail_copy(c, errno, ret_copy->path);
	return r;
}

static void end_copy(struct copy *copy)
{
	if (copy->dirfd >= 0)
		unlinkat(copy->dirfd, folder_name(copy->path), 0);
	mem_close_fd(&copy->dirfd);
}

/* A second name for the staged file, which is in the same folder. */
static int make_link(
	const struct checking *c, const struct staged_file *file, struct copy *copy)
{
	TMP_CTX(tmp);
	int r = begin_copy(c, scratch_check(tmp, file->record->path), copy);

	if (r == 0 && linkat(copy->dirfd, folder_name(staged_path(tmp, c, file)),
			      copy->dirfd, folder_name(copy->path), 0) < 0)
		r = fail_copy(c, errno, copy->path);
	return r;
}

/* As readable as the original: the checker may run without the rights of root. */
static int write_copy(const struct checking *c, const struct copy *copy, const char *text,
	const struct stat *like)
{
	_cleanup_(mem_close_fd) int fd = openat(copy->dirfd, folder_name(copy->path),
		O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0)
		return fail_copy(c, errno, copy->path);
	int r = file_write_all(fd, text, strlen(text));

	if (r == 0 && geteuid() == 0 && fchown(fd, like->st_uid, like->st_gid) < 0)
		r = -errno;
	if (r == 0 && fchmod(fd, like->st_mode & 0777) < 0)
		r = -errno;
	return r < 0 ? fail_copy(c, -r, copy->path) : 0;
}

static const char *language_or_none(const struct target *target)
{
	return target->language == NULL ? "" : target->language;
}

/* The administrator's file; it may be a link to where he keeps it. */
static int read_main(const struct checking *c, TALLOC_CTX *mem_ctx,
	const struct copy *copy, const char *real, char **ret_text, struct stat *ret_st)
{
	size_t len;
	_cleanup_(mem_close_fd) int fd =
		openat(copy->dirfd, folder_name(real), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	int r = fd < 0 || fstat(fd, ret_st) < 0 ? -errno : 0;

	if (r == 0)
		r = file_read_fd(mem_ctx, fd, SIZE_MAX, ret_text, &len);
	if (r < 0)
		return diag_fail_errno(
			c->diags, EXIT_IO, -r, loc_file(real), "the file cannot be read");
	return 0;
}

/* Every file of this run, @file first, and where its content is now. */
static struct included *list_included(TALLOC_CTX *mem_ctx, const struct checking *c,
	const struct staged_file *file, const char *own_copy, size_t *ret_n)
{
	struct included *files =
		mem_array(mem_ctx, struct included, c->staged->n_files + 1);

	files[(*ret_n)++] = (struct included){file->record->path, own_copy};
	for (size_t i = 0; i < c->staged->n_files; i++) {
		const struct staged_file *other = &c->staged->files[i];

		if (other != file && tree_of(c, other) == NULL)
			files[(*ret_n)++] = (struct included){
				other->record->path, staged_path(mem_ctx, c, other)};
	}
	return files;
}

/*
 * The administrator's file, with every file of this run that it includes exchanged for
 * the staged one. *ret_is_made is false where it includes not ours, or does not exist: then
 * our file is checked alone.
 */
static int copy_main(const struct checking *c, const struct staged_file *file,
	const char *own_copy, struct copy *copy, bool *ret_is_made)
{
	TMP_CTX(tmp);
	const struct target *target = file->file->output->target;
	char *real = real_path(c->diags, c, target->main); /* a failure names it */
	char *text = NULL;
	struct stat st = {0};
	size_t n_own = 0, n_files = 0;

	if (stat(real, &st) < 0 && errno == ENOENT)
		return 0;
	int r = begin_copy(c, scratch_check(tmp, target->main), copy);

	if (r == 0)
		r = read_main(c, tmp, copy, real, &text, &st);
	if (r < 0)
		return r;
	assert(text != NULL);
	const struct included *files = list_included(tmp, c, file, own_copy, &n_files);

	text = main_file_rewrite(
		tmp, text, language_or_none(target), files, n_files, &n_own);
	if (n_own == 0) {
		diag_add(c->diags, SEVERITY_WARNING, "not-included", loc_file(real),
			"the file does not include '%s', which is checked alone: the "
			"service does not read it",
			file->record->path);
		return 0;
	}
	*ret_is_made = true;
	return write_copy(c, copy, text, &st);
}

/* A part of a file that nobody includes yet: checked inside the whole that it is made for. */
static int write_frame(const struct checking *c, const struct staged_file *file,
	const struct copy *own, struct copy *copy)
{
	TMP_CTX(tmp);
	struct stat st;
	char *text = replace(tmp, file->file->output->target->frame,
		&(struct replacement){.from = "{file}", .to = own->path});
	int r = begin_copy(c, scratch_frame(tmp, file->record->path), copy);

	if (r < 0)
		return r;
	if (fstatat(own->dirfd, folder_name(own->path), &st, AT_SYMLINK_NOFOLLOW) < 0)
		return fail_copy(c, errno, own->path);
	return write_copy(c, copy, text, &st);
}

/* Running */

/* The last lines that a checker printed, with the names that the administrator knows. */
static void show_output(struct finding *finding, const char *output)
{
	TMP_CTX(tmp);
	size_t n;
	char **lines = text_split(tmp, output, '\n', &n);

	for (size_t i = n > SHOWN_LINES ? n - SHOWN_LINES : 0; i < n; i++)
		diag_note(finding, LOC_NONE, "%s", text_printable_line(tmp, lines[i]));
}

/* What is known of a complaint, behind it. */
static void explain(
	struct finding *finding, const struct target *target, const char *output)
{
	for (size_t i = 0; i + 1 < target->explain.n; i += 2)
		if (strstr(output, target->explain.items[i]) != NULL)
			diag_note(finding, LOC_NONE, "%s", target->explain.items[i + 1]);
}

static char *substitute(TALLOC_CTX *mem_ctx, const char *text,
	const struct replacement *names, size_t n_names)
{
	char *result = mem_strdup(mem_ctx, text);

	for (size_t i = 0; i < n_names; i++)
		if (names[i].to != NULL)
			result = replace(mem_ctx, result, &names[i]);
	return result;
}

static bool is_of(const struct staged_file *file, const struct target *target)
{
	return strcmp(file->file->output->target->name, target->name) == 0;
}

/* A parser takes as long as its files are large: a second more for each MiB. */
static unsigned time_limit_ms(const struct checking *c, const struct target *target)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < c->staged->n_files; i++)
		if (is_of(&c->staged->files[i], target))
			bytes += c->staged->files[i].file->output->len;
	unsigned limit_ms = target->check_timeout_s == 0 ? CHILD_TIMEOUT_MS
							 : target->check_timeout_s * 1000;

	return limit_ms + (unsigned)(bytes >> 20) * 1000;
}

/* @names: {file} and so on; @known: the private names back to the administrator's. */
static void run_words(struct checking *c, const struct target *target, const char *path,
	const struct replacement *names, size_t n_names, const struct replacement *known,
	size_t n_known)
{
	TMP_CTX(tmp);
	const char **words = mem_array(tmp, const char *, target->check.n + 1);
	const unsigned limit_ms = time_limit_ms(c, target);
	struct child_result result;

	for (size_t i = 0; i < target->check.n; i++)
		words[i] = substitute(tmp, target->check.items[i], names, n_names);
	child_run(tmp, words, limit_ms, true, &result);
	if (result.status == 0 && !result.is_timed_out)
		return;
	const char *command = substitute(tmp, child_format(tmp, words), known, n_known);
	const char *output = substitute(tmp, result.output, known, n_known);

	int rejected = diag_fail(c->diags, EXIT_REJECTED,
		loc_file(real_path(c->diags, c, path)), "'%s' %s: nothing was published",
		command, child_describe(tmp, &result, limit_ms));
	c->result = c->result == 0 ? rejected : c->result;
	show_output(diag_last(c->diags), output);
	explain(diag_last(c->diags), target, output);
	buffer_printf(c->output, "$ %s\n%s\n", command, output);
}

/* A file's name without folder and ending: what checkers of zones want to know. */
static char *stem_of(TALLOC_CTX *mem_ctx, const char *path)
{
	const char *name = folder_name(path), *dot = strrchr(name, '.');

	return mem_strndup(mem_ctx, name,
		dot == NULL || dot == name ? strlen(name) : (size_t)(dot - name));
}

/* Its copy @own, and @whole, which includes that; where nothing does, both are one. */
static void run_single(struct checking *c, const struct staged_file *file,
	const char *own, const char *whole)
{
	TMP_CTX(tmp);
	const struct target *target = file->file->output->target;
	const char *path = file->record->path;
	struct replacement names[] = {
		{.from = "{file}", .to = own},
		{.from = "{main}", .to = whole},
		{.from = "{tree}", .to = own},
		{.from = "{stem}", .to = stem_of(tmp, path)},
	};
	struct replacement known[] = {
		{.from = own, .to = path},
		{.from = whole,
			.to = whole != own && target->main != NULL ? target->main : path},
	};

	run_words(c, target, path, names, ARRAY_SIZE(names), known, ARRAY_SIZE(known));
}

/* One single file: alone, or as its `main` includes it. */
static int check_single(struct checking *c, const struct staged_file *file)
{
	const struct target *target = file->file->output->target;
	struct copy own = {.dirfd = -1}, whole = {.dirfd = -1};
	bool has_whole = false;
	int r = make_link(c, file, &own);

	if (r == 0 && target->main != NULL)
		r = copy_main(c, file, own.path, &whole, &has_whole);
	if (r == 0 && !has_whole && target->frame != NULL) {
		end_copy(&whole);
		r = write_frame(c, file, &own, &whole);
		has_whole = true;
	}
	if (r == 0)
		run_single(c, file, own.path, has_whole ? whole.path : own.path);
	end_copy(&whole);
	end_copy(&own);
	return r;
}

static bool uses_tree(const struct target *target)
{
	for (size_t i = 0; i < target->check.n; i++)
		if (strstr(target->check.items[i], "{tree}") != NULL)
			return true;
	return false;
}

/* All files of a for-each target in one go, or each. */
static void check_tree(struct checking *c, const struct target *target,
	const struct staged_file *file, bool *is_done)
{
	TMP_CTX(tmp);
	const char *tree = tree_of(c, file);
	char *folder = staged_tree(tmp, c, file);
	char *path = staged_path(tmp, c, file);
	struct replacement names[] = {
		{.from = "{file}", .to = path},
		{.from = "{main}", .to = path},
		{.from = "{tree}", .to = folder},
		{.from = "{stem}", .to = stem_of(tmp, file->record->path)},
	};
	struct replacement known[] = {{.from = folder, .to = tree}};

	*is_done = uses_tree(target);
	run_words(c, target, *is_done ? tree : file->record->path, names,
		ARRAY_SIZE(names), known, ARRAY_SIZE(known));
}

static void check_target(struct checking *c, const struct target *target)
{
	TMP_CTX(tmp);
	bool is_done = false;

	for (size_t i = 0; i < c->staged->n_files && !is_done; i++) {
		const struct staged_file *file = &c->staged->files[i];

		if (!is_of(file, target))
			continue;
		if (child_find(tmp, target->check.items[0]) == NULL) {
			diag_add(c->diags,
				settings_severity(c->settings, CHECK_NO_CHECKER),
				check_name(CHECK_NO_CHECKER),
				loc_file(real_path(c->diags, c, file->record->path)),
				"its checker '%s' is not installed on this machine",
				target->check.items[0]);
			return;
		}
		if (tree_of(c, file) != NULL) {
			check_tree(c, target, file, &is_done);
			continue;
		}
		int r = check_single(c, file);

		c->result = r < 0 ? r : c->result;
	}
}

static bool is_checked(const struct target *target)
{
	return target->check.n > 0;
}

/* The first target that is to be checked with the same `main`; NULL: it has no checker. */
static const struct target *group_of(const struct plan *plan, const struct target *target)
{
	if (!is_checked(target) || target->main == NULL)
		return is_checked(target) ? target : NULL;
	for (size_t i = 0; i < plan->n_targets; i++) {
		const struct target *other = &plan->targets[i];

		if (is_checked(other) && other->main != NULL &&
			strcmp(other->main, target->main) == 0)
			return other;
	}
	return target;
}

/* All that are made for one file of the administrator's: their copies of it have one name. */
static void check_together(struct checking *c, const struct target *first)
{
	const struct plan *plan = c->staged->plan;

	for (size_t i = 0; i < plan->n_targets; i++)
		if (group_of(plan, &plan->targets[i]) == first)
			check_target(c, &plan->targets[i]);
}

/* What is checked beside each other, each with findings of its own. */
struct checks {
	struct checking *items;
	const struct target **firsts; /* of each, the first target */
	size_t n;
};

static void check_nth(void *data, unsigned worker, size_t i)
{
	const struct checks *checks = data;

	(void)worker;
	check_together(&checks->items[i], checks->firsts[i]);
}

static struct checks list_checks(TALLOC_CTX *mem_ctx, const struct checking *all)
{
	const struct plan *plan = all->staged->plan;
	struct checks checks = {
		.items = mem_array(mem_ctx, struct checking, plan->n_targets + 1),
		.firsts = mem_array(mem_ctx, const struct target *, plan->n_targets + 1),
	};

	for (size_t i = 0; i < plan->n_targets; i++) {
		const struct target *target = &plan->targets[i];
		struct checking *c = &checks.items[checks.n];

		if (group_of(plan, target) != target)
			continue;
		checks.firsts[checks.n++] = target;
		*c = *all;
		c->mem_ctx = talloc_new(mem_ctx);
		c->diags = diags_new(c->mem_ctx);
		c->output = buffer_new(c->mem_ctx);
	}
	return checks;
}

int daemon_check_run(TALLOC_CTX *mem_ctx, const struct staged *staged,
	const struct settings *settings, struct diags *diags, char **ret_output)
{
	TMP_CTX(tmp);
	const struct checking all = {.staged = staged, .settings = settings};
	struct checks checks = list_checks(tmp, &all);
	struct buffer *output = buffer_new(tmp);
	int result = 0;

	parallel_each(checks.n, check_nth, &checks);
	for (size_t i = 0; i < checks.n; i++) {
		const struct checking *c = &checks.items[i];

		diags_take(diags, c->diags);
		buffer_add(output, c->output->data, c->output->len);
		result = result == 0 ? c->result : result;
	}
	*ret_output =
		result == -EXIT_REJECTED ? talloc_steal(mem_ctx, output->data) : NULL;
	return result;
}
