/* SPDX-License-Identifier: Apache-2.0 */
#include "publish/publish.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "change/live.h"
#include "change/window.h"
#include "generation/folder.h"
#include "publish/pending.h"
#include "publish/stage.h"

enum { REJECTED_KEEP = 5 };

/* Staging */

/* Every name that this run will make beside targets, before it makes one. */
static void list_scratch(struct staged *staged)
{
	TMP_CTX(tmp);
	const struct generation *g = staged->generation;
	const struct generation_target *last = NULL;

	staged->scratch.generation = g->number;
	for (size_t i = 0; i < staged->n_files; i++) {
		const char *path = staged->files[i].record->path, *top;
		const struct target *target = staged->files[i].file->output->target;
		const struct generation_target *tree =
			stage_target_of(g, staged->files[i].record);

		if (tree != NULL && tree == last)
			continue;
		last = tree;
		if (tree != NULL)
			(void)!target_folder_scratch_of(tmp, tree, g->number, &top);
		else
			top = scratch_file(tmp, path, g->number);
		scratch_add(staged, &staged->scratch, top);
		if (tree == NULL && target->check.n > 0)
			scratch_add(staged, &staged->scratch, scratch_check(tmp, path));
		if (tree == NULL && target->check.n > 0 && target->main != NULL)
			scratch_add(staged, &staged->scratch,
				scratch_check(tmp, target->main));
		if (tree == NULL && target->check.n > 0 && target->frame != NULL)
			scratch_add(staged, &staged->scratch, scratch_frame(tmp, path));
	}
}

/* Does @act to every file that goes, and is there. */
static int each_removed(const struct state *state, const struct generation *g,
	int (*act)(struct target_folder *place, const char *path), struct diags *diags)
{
	TMP_CTX(tmp);
	struct target_folder *place = target_folder_new(tmp, state, g->number, diags);
	struct folder_cursor *cursor = folder_cursor_new(tmp);
	int r = 0;

	for (size_t i = 0; r == 0 && i < g->n_removed; i++) {
		struct stat st;

		if (folder_cursor_stat(cursor, state, g->removed[i], &st) == -ENOENT)
			continue;
		r = target_folder_go(place, g->removed[i], NULL, false);
		if (r == 0)
			r = act(place, g->removed[i]);
	}
	return r < 0 ? r : target_folder_settle(place);
}

int publish_stage(TALLOC_CTX *mem_ctx, struct state *state, const struct plan *plan,
	const char *reason, struct diags *diags, struct staged **ret_staged)
{
	struct staged *staged = mem_new(mem_ctx, struct staged);

	staged->plan = plan;
	staged->state = state;
	int r = stage_record(staged, reason, diags);

	if (r == 0) {
		list_scratch(staged);
		r = scratch_note(state, &staged->scratch, diags);
	}
	/* what could not be removed is found while nothing is committed */
	if (r == 0)
		r = each_removed(
			state, staged->generation, target_folder_can_replace, diags);
	if (r == 0)
		r = stage_all(staged, diags);
	if (r < 0) {
		publish_discard(staged, NULL);
		talloc_free(staged);
		return r;
	}
	*ret_staged = staged;
	return 0;
}

/* Giving up */

static void remove_generation(
	const struct state *state, const char *parent, uint64_t number)
{
	TMP_CTX(tmp);
	_cleanup_(mem_close_fd) int fd = openat(
		state->dirfd, parent, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd >= 0)
		(void)!folder_remove(
			fd, mem_printf(tmp, "%06llu", (unsigned long long)number));
}

/* For a person to look at; a failure here changes nothing about the refusal. */
static void keep_rejected(const struct staged *staged, const char *output)
{
	TMP_CTX(tmp);
	const struct state *state = staged->state;
	const char *from = state_generation(tmp, staged->generation->number);
	char *to = mem_printf(
		tmp, "rejected/%06llu", (unsigned long long)staged->generation->number);
	struct diags *ignored = diags_new(tmp);
	uint64_t *numbers;
	size_t n;

	if (renameat(state->dirfd, from, state->dirfd, to) < 0)
		return;
	_cleanup_(mem_close_fd) int fd =
		openat(state->dirfd, to, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd >= 0)
		(void)!file_replace_at(fd, "output", output, strlen(output), 0600);
	if (state_numbers(tmp, state, "rejected", ignored, &numbers, &n) < 0)
		return;
	for (size_t i = 0; i + REJECTED_KEEP < n; i++)
		remove_generation(state, "rejected", numbers[i]);
}

void publish_discard(struct staged *staged, const char *output)
{
	TMP_CTX(tmp);
	struct diags *ignored = diags_new(tmp);

	if (staged->is_committed)
		return;
	if (staged->has_folder && output != NULL)
		keep_rejected(staged, output);
	if (staged->has_folder)
		remove_generation(
			staged->state, "generations", staged->generation->number);
	if (staged->scratch.generation != 0)
		(void)!scratch_clean(staged->state, &staged->scratch, ignored);
}

/* Committing */

/* Which targets have a file that changes or goes? */
static bool is_touched(const struct staged *staged, const struct target *target)
{
	const struct plan *plan = staged->plan;

	for (size_t i = 0; i < staged->n_files; i++)
		if (strcmp(staged->files[i].file->output->target->name, target->name) ==
			0)
			return true;
	for (size_t i = 0; i < plan->n_files; i++) {
		const struct plan_file *file = &plan->files[i];

		if (file->change == FILE_REMOVED &&
			strcmp(plan->before->targets[file->before->target].name,
				target->name) == 0)
			return true;
	}
	return false;
}

static int note_all(const struct staged *staged, struct diags *diags)
{
	const struct plan *plan = staged->plan;
	int r = 0;

	for (size_t i = 0; r == 0 && i < plan->n_targets; i++) {
		const struct target *target = &plan->targets[i];

		if (target->on_change.kind != ACTION_NONE && is_touched(staged, target))
			r = pending_note(staged->state, target->name, &target->on_change,
				staged->generation->number, plan->now, diags);
	}
	return r;
}

/* The point of no return. Where saving failed, `txn` may be there all the same. */
static int commit(struct staged *staged, struct diags *diags)
{
	int r = state_save_number(
		staged->state, "txn", staged->generation->number, diags);

	staged->is_committed =
		r == 0 || faccessat(staged->state->dirfd, "txn", F_OK, 0) == 0;
	return r;
}

static void note_installed(struct staged *staged, const struct target_folder *place,
	const struct generation_file *file)
{
	struct stat st;

	if (fstatat(place->fd, folder_name(file->path), &st, AT_SYMLINK_NOFOLLOW) == 0)
		staged->installed[file - staged->generation->files] = stat_hint_of(&st);
}

/* Deletions come last: a daemon that is restarted meanwhile finds all it refers to. */
static int remove_files(
	const struct state *state, const struct generation *g, struct diags *diags)
{
	return each_removed(state, g, target_folder_remove, diags);
}

/* A folder that somebody removed is missing, too, where this run writes nothing into it. */
static bool is_filled(const struct staged *staged, const char *fresh)
{
	for (size_t i = 0; i < staged->n_files; i++) {
		const struct generation_target *target =
			stage_target_of(staged->generation, staged->files[i].record);

		if (target != NULL && text_compare(target->fresh, fresh) == 0)
			return true;
	}
	return false;
}

/* Each fresh folder once, however many targets are staged in it. */
static int install_fresh(struct staged *staged, struct diags *diags)
{
	const struct generation *g = staged->generation;
	int r = 0;

	for (size_t i = 0; r == 0 && i < g->n_targets; i++) {
		bool is_done = g->targets[i].fresh == NULL ||
			       !is_filled(staged, g->targets[i].fresh);

		for (size_t j = 0; !is_done && j < i; j++)
			is_done = g->targets[j].fresh != NULL &&
				  strcmp(g->targets[i].fresh, g->targets[j].fresh) == 0;
		if (!is_done)
			r = target_folder_install_fresh(
				staged->state, g->targets[i].fresh, g->number, diags);
	}
	return r;
}

static int install_files(struct staged *staged, struct diags *diags)
{
	TMP_CTX(tmp);
	const struct generation *g = staged->generation;
	struct target_folder *place =
		target_folder_new(tmp, staged->state, g->number, diags);
	int r = install_fresh(staged, diags);

	for (size_t i = 0; r == 0 && i < staged->n_files; i++) {
		const struct generation_file *file = staged->files[i].record;
		const struct generation_target *target = stage_target_of(g, file);

		if (target != NULL && target->fresh != NULL)
			continue; /* it came with its folder */
		r = target_folder_go(place, file->path, target, false);
		if (r == 0)
			r = target_folder_install(place, file->path);
		if (r == 0)
			note_installed(staged, place, file);
	}
	if (r == 0)
		r = target_folder_settle(place);
	return r < 0 ? r : remove_files(staged->state, g, diags);
}

/* All is in place: the set of files is generation @number now. */
static int conclude(struct state *state, uint64_t number, struct diags *diags)
{
	int r = state_advance(state, number, diags);

	if (r == 0)
		r = state_drop(state, "txn", diags); /* twice forward is the same */
	if (r == 0)
		state->unfinished = 0;
	return r;
}

/* Old generations */

struct generations {
	const struct generation_summary *list; /* newest first */
	size_t n, n_newest; /* all, and those that stay because of their age */
	uint64_t pinned;
};

/* The one that is pinned stays too: a rollback that was killed is repeated by its number. */
static bool stays(const struct generations *all, size_t i)
{
	return i < all->n_newest || all->list[i].number == all->pinned;
}

static bool is_needed(const struct generations *all, uint64_t number)
{
	for (size_t i = 0; i < all->n; i++)
		for (size_t j = 0; stays(all, i) && j < all->list[i].n_contents; j++)
			if (all->list[i].contents[j] == number)
				return true;
	return false;
}

/* The younger ones still point into its content: only that stays. */
static void reduce(
	const struct state *state, uint64_t number, const struct generations *all)
{
	TMP_CTX(tmp);
	const char *folder = state_generation(tmp, number);

	if (!is_needed(all, number)) {
		remove_generation(state, "generations", number);
		return;
	}
	_cleanup_(mem_close_fd) int fd = openat(
		state->dirfd, folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return;
	unlinkat(fd, "record", 0);
	unlinkat(fd, "roster", 0);
	unlinkat(fd, "roster.base", 0);
	unlinkat(fd, "entries", 0);
	unlinkat(fd, "entries.base", 0);
	(void)!folder_remove(fd, "replaced");
}

/* Keeps the newest. Where one of them is unreadable, nobody knows what it needs. */
static void remove_old(const struct state *state)
{
	TMP_CTX(tmp);
	struct diags *ignored = diags_new(tmp);
	struct generation_summary *list;
	struct generations all = {.pinned = state->pinned};
	unsigned kept = 0;

	if (generation_list(tmp, state, ignored, &list, &all.n) < 0)
		return;
	all.list = list;
	for (size_t i = 0; i < all.n && (kept == 0 || kept < state->keep); i++) {
		if (list[i].is_damaged)
			return;
		kept += list[i].is_kept;
		all.n_newest = i + 1;
	}
	for (size_t i = 0; i < all.n; i++)
		if (!stays(&all, i) || !list[i].is_kept)
			reduce(state, list[i].number, &all);
}

int publish_commit(struct staged *staged, bool note_reloads, struct diags *diags)
{
	struct state *state = staged->state;
	int r = note_reloads ? note_all(staged, diags) : 0;

	if (r == 0)
		r = commit(staged, diags);
	if (r < 0) {
		publish_discard(staged, NULL);
		return r;
	}
	r = install_files(staged, diags);
	if (r == 0)
		r = conclude(state, staged->generation->number, diags);
	if (r < 0)
		return r;
	r = scratch_clean(state, &staged->scratch, diags);
	stat_hint_save(state, staged->generation, staged->installed);
	window_note(state, staged->plan->before, staged->generation, diags);
	remove_old(state);
	return r;
}

void publish_nothing(const struct plan *plan)
{
	const struct live_set *live = plan->live;

	if (live->before != NULL &&
		(live->has_read || !stat_hint_is_untouched(plan->state)))
		stat_hint_save(plan->state, live->before, live->installed);
}

/* Recovery */

static bool is_in_place(
	const struct target_folder *place, const struct generation_file *file)
{
	TMP_CTX(tmp);
	struct stat st;
	uint8_t digest[SHA256_BYTES];
	char *bytes;
	size_t len;

	if (fstatat(place->fd, folder_name(file->path), &st, AT_SYMLINK_NOFOLLOW) < 0 ||
		!S_ISREG(st.st_mode) || (uint64_t)st.st_size != file->len ||
		(st.st_mode & 07777) != file->mode || st.st_uid != file->uid ||
		st.st_gid != file->gid)
		return false;
	if (file_read_at(tmp, place->fd, folder_name(file->path), &bytes, &len) < 0)
		return false;
	sha256(bytes, len, digest);
	return memcmp(digest, file->sha256, SHA256_BYTES) == 0;
}

/* Is it of the generation that was killed, or of the one before? Another is somebody's own. */
static bool is_ours(const struct generation *g, const struct generation *before,
	const char *path, const char *bytes, size_t len)
{
	const struct generation *both[] = {g, before};
	uint8_t digest[SHA256_BYTES];

	sha256(bytes, len, digest);
	for (size_t i = 0; i < ARRAY_SIZE(both); i++) {
		const struct generation_file *file =
			both[i] == NULL ? NULL : generation_find(both[i], path);

		if (file != NULL && memcmp(file->sha256, digest, SHA256_BYTES) == 0)
			return true;
	}
	return false;
}

static int keep_edited(const struct state *state, const struct generation *g,
	const struct generation *before, const char *path, struct diags *diags)
{
	TMP_CTX(tmp);
	char *bytes;
	size_t len;

	if (file_read_at(tmp, AT_FDCWD, state_path(tmp, state, path), &bytes, &len) < 0 ||
		is_ours(g, before, path, bytes, len))
		return 0;
	return stage_keep(state, g->number, path, bytes, len, diags);
}

/* What somebody wrote since the run was killed, before anything of it is replaced. */
static int keep_all_edited(
	const struct state *state, const struct generation *g, struct diags *diags)
{
	TMP_CTX(tmp);
	struct generation *before = NULL;
	int r = state->current == 0 ? 0
				    : generation_load(tmp, state, state->current,
					      diags_new(tmp), &before);

	if (r < 0)
		before = NULL; /* then all that is not new is kept */
	r = 0;
	for (size_t i = 0; r == 0 && i < g->n_files; i++)
		if (g->files[i].is_installed)
			r = keep_edited(state, g, before, g->files[i].path, diags);
	for (size_t i = 0; r == 0 && i < g->n_removed; i++)
		r = keep_edited(state, g, before, g->removed[i], diags);
	return r;
}

/* Does not trust what staging left: the bytes come from the generation's content. */
static int recover_file(const struct state *state, struct target_folder *place,
	const struct generation *g, const struct generation_file *file,
	struct buffer *back)
{
	TMP_CTX(tmp);
	struct unsynced *unsynced = unsynced_new(tmp);
	char *bytes;
	int r = target_folder_go(place, file->path, stage_target_of(g, file), true);

	if (r < 0)
		return r;
	place->is_changed = true; /* its rename may not be on disk yet */
	if (is_in_place(place, file))
		return 0;
	r = generation_read(tmp, state, file, place->diags, &bytes);
	if (r == 0)
		r = target_folder_write(place, file, bytes, file->path, unsynced, back);
	if (r == 0)
		r = unsynced_sync(unsynced, place->diags);
	if (r == 0)
		r = target_folder_install(place, file->path);
	return r;
}

/* A folder that was to be put in place as a whole may stand there empty by now: its files
 * are made one by one, beside it. */
static int note_scratch(const struct state *state, const struct generation *g,
	TALLOC_CTX *mem_ctx, struct scratch_list *list, struct diags *diags)
{
	TMP_CTX(tmp);
	const struct generation_target *last = NULL;

	list->generation = g->number;
	for (size_t i = 0; i < g->n_files; i++) {
		const struct generation_target *target = stage_target_of(g, &g->files[i]);
		const char *top;

		if (!g->files[i].is_installed || (target != NULL && target == last))
			continue;
		last = target;
		if (target != NULL)
			(void)!target_folder_scratch_of(tmp, target, g->number, &top);
		else
			top = scratch_file(tmp, g->files[i].path, g->number);
		scratch_add(mem_ctx, list, top);
	}
	return scratch_note(state, list, diags);
}

static int roll_forward(struct state *state, struct scratch_list *scratch,
	TALLOC_CTX *mem_ctx, struct diags *diags)
{
	TMP_CTX(tmp);
	uint64_t number = state->unfinished;
	struct target_folder *place = target_folder_new(tmp, state, number, diags);
	struct buffer *back = buffer_new(tmp);
	struct generation *g;
	int r = generation_load(tmp, state, number, diags, &g);

	if (r == 0)
		r = note_scratch(state, g, mem_ctx, scratch, diags);
	if (r == 0)
		r = keep_all_edited(state, g, diags);
	for (size_t i = 0; r == 0 && i < g->n_files; i++)
		if (g->files[i].is_installed)
			r = recover_file(state, place, g, &g->files[i], back);
	if (r == 0)
		r = target_folder_settle(place);
	if (r == 0)
		r = remove_files(state, g, diags);
	return r < 0 ? r : conclude(state, number, diags);
}

int publish_recover(struct state *state, struct diags *diags, uint64_t *ret_number)
{
	TMP_CTX(tmp);
	struct scratch_list scratch;
	int r = scratch_load(tmp, state, diags, &scratch);

	*ret_number = state->unfinished;
	if (r == 0 && state->unfinished != 0) {
		r = roll_forward(state, &scratch, tmp, diags);
		if (r == 0)
			window_note(state, NULL, NULL, diags);
	}
	if (r < 0 || scratch.generation == 0)
		return r;
	if (scratch.generation != state->current)
		remove_generation(state, "generations", scratch.generation);
	return scratch_clean(state, &scratch, diags);
}

int publish_check_pin(const struct state *state, const char *command, struct diags *diags)
{
	if (state->pinned == 0)
		return 0;
	return diag_fail(diags, EXIT_REFUSED, state_loc(state, "pinned", diags),
		"generation %llu is pinned by a rollback; to go on "
		"with the directory, run '%s rollback --unpin'",
		(unsigned long long)state->pinned, command);
}
