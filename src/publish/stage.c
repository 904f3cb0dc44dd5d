/* SPDX-License-Identifier: Apache-2.0 */
#include "publish/stage.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/file.h"
#include "base/parallel.h"
#include "base/text.h"
#include "change/live.h"
#include "generation/folder.h"
#include "template/language.h"

enum {
	SYNC_EACH_MAX = 16, /* more files: one sync of their file system */
	BATCH = 512, /* parts of one writev(2) */
	PARSE_MAX = 64, /* files of a run that are read back in full */
	APART_MIN = 256, /* so many files: their folders are filled beside each other */
	HASH_BESIDE_MIN =
		1 << 20, /* bytes of a file that is hashed while it is written */
};

const struct generation_target *stage_target_of(
	const struct generation *generation, const struct generation_file *file)
{
	const struct generation_target *target = &generation->targets[file->target];

	return target->folder == NULL ? NULL : target;
}

/* The record */

static bool is_written(const struct plan_file *file)
{
	return file->change == FILE_NEW || file->change == FILE_CHANGED ||
	       file->change == FILE_RESTORED || file->change == FILE_MODE;
}

static bool is_missing(const struct state *state, const char *folder)
{
	TMP_CTX(tmp);
	struct stat st;

	return lstat(state_path(tmp, state, folder), &st) < 0 && errno == ENOENT;
}

/* Is @path @folder itself, or below it? */
static bool is_within(const char *path, const char *folder)
{
	return strcmp(path, folder) == 0 || text_is_below(path, folder);
}

/* Has another for-each target the folder of @a, in @fresh or below? */
static bool has_twin(const struct plan *plan, const struct target *a, const char *fresh)
{
	for (size_t i = 0; i < plan->n_targets; i++)
		if (&plan->targets[i] != a && plan->targets[i].for_each != FOR_SITE &&
			strcmp(plan->targets[i].fixed_folder, a->fixed_folder) == 0 &&
			is_within(a->fixed_folder, fresh))
			return true;
	return false;
}

/* Can the folder @fresh be renamed as a whole? */
static bool is_alone(const struct plan *plan, const char *fresh)
{
	for (size_t i = 0; i < plan->n_targets; i++) {
		const struct target *a = &plan->targets[i];

		if (a->for_each == FOR_SITE ? is_within(a->path, fresh)
					    : has_twin(plan, a, fresh))
			return false;
	}
	return true;
}

/*
 * The outermost folder of a for-each target that holds @folder and does not exist yet: it
 * can be put together aside, and renamed as a whole. Not where a single file goes into
 * it, nor where two targets have one folder: each is checked by itself.
 */
static const char *fresh_folder(
	const struct state *state, const struct plan *plan, const char *folder)
{
	const char *fresh = NULL;

	for (size_t i = 0; folder != NULL && i < plan->n_targets; i++) {
		const char *other = plan->targets[i].fixed_folder;

		if (plan->targets[i].for_each != FOR_SITE && is_within(folder, other) &&
			(fresh == NULL || strlen(other) < strlen(fresh)) &&
			is_missing(state, other))
			fresh = other;
	}
	return fresh != NULL && is_alone(plan, fresh) ? fresh : NULL;
}

/*
 * Index in the record of @output's target; targets are few. One of which the path changed is
 * there twice where files of both paths stand beside each other.
 */
static uint32_t add_target(const struct staged *staged, const struct output *output)
{
	struct generation *g = staged->generation;
	const struct target *target = output->target;
	const char *folder = target->for_each == FOR_SITE ? NULL : target->fixed_folder;

	assert(folder == NULL || is_within(output->path, folder));

	for (size_t i = 0; i < g->n_targets; i++)
		if (strcmp(g->targets[i].name, target->name) == 0 &&
			text_compare(g->targets[i].folder, folder) == 0)
			return (uint32_t)i;
	*mem_push(g, &g->targets, &g->n_targets) = (struct generation_target){
		.name = target->name,
		.folder = folder,
		.fresh = fresh_folder(staged->state, staged->plan, folder),
		.language = target->language == NULL ? "" : target->language,
		.trailer = target->trailer,
	};
	return (uint32_t)(g->n_targets - 1);
}

static void add_content(struct generation *g, uint64_t number)
{
	size_t at = 0;

	while (at < g->n_contents && g->contents[at] < number)
		at++;
	if (at < g->n_contents && g->contents[at] == number)
		return;
	uint64_t *last = mem_push(g, &g->contents, &g->n_contents);

	memmove(&g->contents[at + 1], &g->contents[at],
		(size_t)(last - &g->contents[at]) * sizeof(*last));
	g->contents[at] = number;
}

/* Do the unchanged files lie in so many old contents that all should be written anew? */
static bool is_scattered(const struct plan *plan, unsigned keep)
{
	TMP_CTX(tmp);
	struct generation *found = mem_new(tmp, struct generation);

	for (size_t i = 0; i < plan->n_files; i++)
		if (plan->files[i].change == FILE_SAME)
			add_content(found, plan->files[i].before->content);
	return found->n_contents > keep;
}

static void add_file(struct staged *staged, const struct plan_file *from, bool to_store,
	uint64_t *offset)
{
	struct generation *g = staged->generation;
	struct generation_file *file = &g->files[g->n_files++];

	*file = (struct generation_file){
		.path = from->path,
		.serial = from->output->serial,
		.content = to_store ? g->number : from->before->content,
		.offset = to_store ? *offset : from->before->offset,
		.len = from->output->len,
		.target = add_target(staged, from->output),
		.mode = from->mode,
		.uid = from->uid,
		.gid = from->gid,
		.is_installed = is_written(from),
	};
	memcpy(file->sha256, from->output->sha256, SHA256_BYTES);
	memcpy(file->bare, from->output->bare, SHA256_BYTES);
	memcpy(file->print, from->output->print, UMAC_BYTES);
	if (to_store)
		*offset += file->len;
	add_content(g, file->content);
	g->n_installed += file->is_installed;
	if (from->change == FILE_SAME)
		staged->installed[g->n_files - 1] =
			staged->plan->live
				->installed[from->before - staged->plan->before->files];
}

/* Later targets first: what others refer to (hosts files, snippets) stands last in the
 * settings and has to be there before what refers to it. */
static int compare_staged(const void *left, const void *right)
{
	const struct staged_file *a = left, *b = right;

	if (a->place != b->place)
		return a->place > b->place ? -1 : 1;
	return strcmp(a->file->path, b->file->path);
}

/* Where it stands among the settings' targets. */
static size_t place_of(const struct plan *plan, const struct target *target)
{
	size_t i = 0;

	while (i < plan->n_targets && strcmp(plan->targets[i].name, target->name) != 0)
		i++;
	return i;
}

static void list_staged(struct staged *staged, struct plan_file *const *sources)
{
	struct generation *g = staged->generation;

	staged->files = mem_array(staged, struct staged_file, g->n_installed);
	for (size_t i = 0; i < g->n_files; i++) {
		if (!g->files[i].is_installed)
			continue;
		staged->files[staged->n_files++] = (struct staged_file){
			.file = sources[i],
			.record = &g->files[i],
			.place = place_of(staged->plan, sources[i]->output->target)};
	}
	if (staged->n_files > 1)
		qsort(staged->files, staged->n_files, sizeof(*staged->files),
			compare_staged);
}

int stage_record(struct staged *staged, const char *reason, struct diags *diags)
{
	TMP_CTX(tmp);
	const struct plan *plan = staged->plan;
	struct generation *g = mem_new(staged, struct generation);
	struct plan_file **sources = mem_array(tmp, struct plan_file *, plan->n_files);
	bool to_store_all = is_scattered(plan, staged->state->keep);
	uint64_t offset = 0;
	int r = state_next(staged->state, diags, &g->number);

	staged->generation = g;
	if (r < 0)
		return r;
	g->created = plan->now;
	g->reason = reason;
	g->plan = plan_id(g, plan);
	g->set = plan_set_hash(g, plan);
	g->summary = plan_summary(g, plan);
	memcpy(g->print_key, plan->live->print_key, UMAC_KEY_BYTES);
	g->is_accepted = plan->is_accepted;
	generation_add_changes(g, plan->before);
	g->source = plan->source;
	g->files = mem_array(g, struct generation_file, plan->n_files);
	staged->installed = mem_array(staged, struct stat_hint, plan->n_files);
	for (size_t i = 0; i < plan->n_files; i++) {
		struct plan_file *file = &plan->files[i];

		if (file->change == FILE_REMOVED) {
			*mem_push(g, &g->removed, &g->n_removed) = file->path;
		} else if (file->output != NULL) {
			sources[g->n_files] = file;
			add_file(staged, file, to_store_all || is_written(file), &offset);
		}
	}
	list_staged(staged, sources);
	return 0;
}

/* The generation's folder */

static int fail(
	const struct staged *staged, int error, const char *name, struct diags *diags)
{
	return diag_fail_errno(diags, EXIT_IO, error,
		state_loc(staged->state, name, diags), "the file cannot be written");
}

static int write_parts(int fd, struct iovec *parts, size_t n)
{
	while (n > 0) {
		ssize_t written = writev(fd, parts, (int)n);

		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return -errno;
		while (n > 0 && (size_t)written >= parts->iov_len) {
			written -= (ssize_t)parts->iov_len;
			parts++;
			n--;
		}
		if (n > 0) {
			parts->iov_base = (char *)parts->iov_base + written;
			parts->iov_len -= (size_t)written;
		}
	}
	return 0;
}

/* write_parts() moves what it is given, and writev(2) takes only so many at once. */
static int write_parts_in_batches(int fd, const struct iovec *parts, size_t n)
{
	struct iovec batch[BATCH];
	int r = 0;

	for (size_t i = 0; r == 0 && i < n; i += BATCH) {
		size_t size = n - i < BATCH ? n - i : BATCH;

		memcpy(batch, parts + i, size * sizeof(*batch));
		r = write_parts(fd, batch, size);
	}
	return r;
}

/* In the order of the record, as its offsets were counted. */
static int write_content(const struct staged *staged, int fd)
{
	const struct generation *g = staged->generation;
	const struct plan *plan = staged->plan;
	TMP_CTX(tmp);
	struct iovec parts[BATCH];
	size_t n = 0, j = 0;
	int r = 0;

	for (size_t i = 0; r == 0 && i < g->n_files; i++) {
		while (plan->files[j].path != g->files[i].path)
			j++;
		if (g->files[i].content != g->number || g->files[i].len == 0)
			continue;
		parts[n++] = (struct iovec){
			.iov_base =
				(char *)(uintptr_t)plan_bytes(tmp, plan, &plan->files[j]),
			.iov_len = g->files[i].len,
		};
		if (n == BATCH) {
			r = write_parts(fd, parts, n);
			talloc_free_children(tmp);
			n = 0;
		}
	}
	if (r == 0)
		r = write_parts(fd, parts, n);
	/* the disk may begin while we make the files; the sync comes later */
	if (r == 0)
		(void)sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE);
	return r;
}

static int create_at(int dirfd, const char *name)
{
	return openat(
		dirfd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
}

/* With few files each is synced here, with many their file systems are at the end. */
static bool syncs_each(const struct staged *staged)
{
	return staged->n_files <= SYNC_EACH_MAX;
}

/* Closes @fd now, or when it is synced; 0, or -errno. */
static int finish(const struct staged *staged, int fd, const char *name)
{
	TMP_CTX(tmp);

	if (!syncs_each(staged))
		return close(fd) < 0 ? -errno : 0;
	unsynced_add(staged->unsynced, fd,
		file_join(tmp,
			file_join(tmp, staged->state->path,
				state_generation(tmp, staged->generation->number)),
			name));
	return 0;
}

static int write_one(const struct staged *staged, int dirfd, const char *name,
	const void *bytes, size_t len)
{
	int fd = create_at(dirfd, name);

	if (fd < 0)
		return -errno;
	int r = file_write_all(fd, bytes, len);
	int finished = finish(staged, fd, name);

	return r < 0 ? r : finished;
}

static const char ENTRIES[] = "entries", ROSTER[] = "roster", RECORD[] = "record";

/* A file of several pieces, and the line behind them. */
struct long_file {
	int fd;
	const struct iovec *pieces;
	size_t n;
	struct buffer *trailer;
	int r; /* of writing */
};

enum { LONG_TRAILER, LONG_PIECES, N_LONG };

static void make_long(void *data, unsigned worker _unused_, size_t i)
{
	struct long_file *file = data;

	if (i == LONG_TRAILER)
		trailer_add_parts(file->trailer, "# ", file->pieces, file->n);
	else
		file->r = write_parts_in_batches(file->fd, file->pieces, file->n);
}

static size_t length_of(const struct iovec *pieces, size_t n)
{
	size_t len = 0;

	for (size_t i = 0; i < n; i++)
		len += pieces[i].iov_len;
	return len;
}

static int write_long(const struct staged *staged, int dirfd, const char *name,
	const struct iovec *pieces, size_t n)
{
	TMP_CTX(tmp);
	struct long_file file = {.fd = create_at(dirfd, name),
		.pieces = pieces,
		.n = n,
		.trailer = buffer_new(talloc_new(tmp))};

	if (file.fd < 0)
		return -errno;
	if (length_of(pieces, n) >= HASH_BESIDE_MIN)
		parallel_each(N_LONG, make_long, &file);
	else
		for (size_t i = 0; i < N_LONG; i++)
			make_long(&file, 0, i);
	int r = file.r;

	if (r == 0)
		r = file_write_all(file.fd, file.trailer->data, file.trailer->len);
	int finished = finish(staged, file.fd, name);

	return r < 0 ? r : finished;
}

/* A delta where that is less; else NULL, and the file is written in its pieces. */
static struct buffer *make_delta(TALLOC_CTX *mem_ctx, const struct staged *staged,
	const char *name, const struct pieces *pieces)
{
	TMP_CTX(tmp);
	struct buffer *delta = delta_format(tmp, pieces);
	const char *path =
		file_join(tmp, state_generation(tmp, staged->generation->number), name);

	if (delta == NULL || delta_link(staged->state, pieces->base, path) < 0)
		return NULL;
	trailer_add(delta, "# ", 0, 0);
	return talloc_steal(mem_ctx, delta);
}

static int write_pieces(const struct staged *staged, int dirfd, const char *name,
	const struct pieces *pieces)
{
	TMP_CTX(tmp);
	const struct buffer *delta = make_delta(tmp, staged, name, pieces);

	if (pieces->n == 0)
		return 0; /* nobody knows: its file was damaged */
	return delta != NULL ? write_one(staged, dirfd, name, delta->data, delta->len)
			     : write_long(staged, dirfd, name, pieces->items, pieces->n);
}

/* The record, and so many of the roster's records each, made beside each other. */
enum { TEXT_RECORD, TEXT_ROSTER, RECORDS_AT_ONCE = 4096 };

struct texts {
	const struct staged *staged;
	TALLOC_CTX **mem_ctx; /* of each */
	struct buffer *record;
	struct pieces *parts; /* of the roster */
	size_t n; /* all of them */
};

static void make_text(void *data, unsigned worker _unused_, size_t i)
{
	struct texts *texts = data;
	const struct roster *roster = texts->staged->plan->roster;

	if (i == TEXT_RECORD) {
		texts->record = buffer_new(texts->mem_ctx[i]);
		generation_format(texts->staged->generation, texts->record);
		trailer_add(texts->record, "# ", 0, 0);
		return;
	}
	size_t first = (i - TEXT_ROSTER) * RECORDS_AT_ONCE, left = roster->n - first;

	texts->parts[i - TEXT_ROSTER] = roster_part(texts->mem_ctx[i], roster, first,
		first + (left < RECORDS_AT_ONCE ? left : RECORDS_AT_ONCE));
}

static struct texts make_texts(TALLOC_CTX *mem_ctx, const struct staged *staged)
{
	struct texts texts = {.staged = staged,
		.n = TEXT_ROSTER + 1 + staged->plan->roster->n / RECORDS_AT_ONCE};

	texts.mem_ctx = mem_array(mem_ctx, TALLOC_CTX *, texts.n);
	texts.parts = mem_array(mem_ctx, struct pieces, texts.n);
	for (size_t i = 0; i < texts.n; i++)
		texts.mem_ctx[i] = talloc_new(mem_ctx);
	parallel_each(texts.n, make_text, &texts);
	return texts;
}

static int write_roster(const struct staged *staged, int dirfd, const struct texts *texts)
{
	TMP_CTX(tmp);
	const struct pieces pieces = roster_put_together(
		tmp, staged->plan->roster, texts->parts, texts->n - TEXT_ROSTER);

	return write_pieces(staged, dirfd, ROSTER, &pieces);
}

static int write_texts(const struct staged *staged, int dirfd, struct diags *diags)
{
	TMP_CTX(tmp);
	const struct texts texts = make_texts(tmp, staged);
	int r = write_one(staged, dirfd, RECORD, texts.record->data, texts.record->len);

	if (r == 0)
		r = write_roster(staged, dirfd, &texts);
	if (r == 0)
		r = write_pieces(staged, dirfd, ENTRIES, &staged->plan->entries);
	return r < 0 ? fail(staged, -r, "generations", diags) : 0;
}

int stage_keep(const struct state *state, uint64_t number, const char *path,
	const char *bytes, size_t len, struct diags *diags)
{
	TMP_CTX(tmp);
	char *name = file_join(
		tmp, file_join(tmp, state_generation(tmp, number), "replaced"), path);
	char *folder = file_join(tmp, state->path, folder_of(tmp, name));
	int r = file_make_folders(folder, 0700);
	_cleanup_(mem_close_fd) int fd = r < 0 ? r : folder_enter(folder);

	r = fd < 0 ? fd : file_replace_at(fd, folder_name(name), bytes, len, 0600);
	if (r < 0)
		return diag_fail_errno(diags, EXIT_IO, -r, state_loc(state, name, diags),
			"the file cannot be written");
	diag_add(diags, SEVERITY_NOTE, "drift", state_loc(state, name, diags),
		"what stood in '%s' is kept here for %u generations", path, state->keep);
	return 0;
}

/* What somebody wrote and we are about to replace stays in the generation's folder. */
static int keep_replaced(
	const struct staged *staged, const struct plan_file *file, struct diags *diags)
{
	TMP_CTX(tmp);
	const struct state *state = staged->state;
	const char *path = state_path(tmp, state, file->path);
	char *bytes;
	size_t len;
	int r = file_read_at(tmp, AT_FDCWD, path, &bytes, &len);

	if (r == -ELOOP || r == -EISDIR || r == -EMEDIUMTYPE || r == -ENOENT)
		return 0; /* a link or a folder: nothing of ours to read */
	if (r < 0)
		return diag_fail_errno(diags, EXIT_IO, -r,
			loc_file(mem_strdup(diags, path)),
			"the file cannot be read, and would be lost");
	return stage_keep(
		state, staged->generation->number, file->path, bytes, len, diags);
}

static int keep_all_replaced(const struct staged *staged, struct diags *diags)
{
	const struct plan *plan = staged->plan;
	int r = 0;

	for (size_t i = 0; r == 0 && i < plan->n_files; i++) {
		const struct plan_file *file = &plan->files[i];
		bool is_edited = file->before != NULL && file->live == LIVE_EDITED;

		if (file->is_foreign || (is_edited && plan_file_changes(file)))
			r = keep_replaced(staged, file, diags);
	}
	return r;
}

/* The folder itself and the one that it stands in, after all that is in it. */
static int finish_folders(const struct staged *staged, int dirfd, struct diags *diags)
{
	int parent = openat(staged->state->dirfd, "generations",
		O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (parent < 0) {
		int error = errno;

		close(dirfd);
		return fail(staged, error, "generations", diags);
	}
	int r = finish(staged, dirfd, "");
	int finished = finish(staged, parent, "..");

	r = r < 0 ? r : finished;
	return r < 0 ? fail(staged, -r, "generations", diags) : 0;
}

static int stage_generation(struct staged *staged, struct diags *diags)
{
	TMP_CTX(tmp);
	const struct state *state = staged->state;
	const char *name = state_generation(tmp, staged->generation->number);
	_cleanup_(mem_close_fd) int dirfd = -1;

	if (mkdirat(state->dirfd, name, 0700) < 0)
		return fail(staged, errno, name, diags);
	staged->has_folder = true;
	dirfd = openat(
		state->dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int fd = dirfd < 0 ? -1 : create_at(dirfd, "content");

	if (fd < 0)
		return fail(staged, errno, name, diags);
	int r = write_content(staged, fd);
	int finished = finish(staged, fd, "content");

	if (r < 0 || finished < 0)
		return fail(staged, r < 0 ? -r : -finished, name, diags);
	r = write_texts(staged, dirfd, diags);
	if (r == 0)
		r = keep_all_replaced(staged, diags);
	if (r < 0)
		return r;
	return finish_folders(staged, mem_take_fd(&dirfd), diags);
}

/* Next versions */

/* How many files were given to the parser already; one fault of a template shows in any. */
static int verify(const struct staged *staged, const struct staged_file *file,
	const struct buffer *back, size_t nth, struct diags *diags)
{
	TMP_CTX(tmp);
	const struct target *target = file->file->output->target;
	unsigned line;
	const char *fault = language_check_file(tmp, target->language, target->trailer,
		nth < PARSE_MAX ? READING_PARSE : READING_SHAPE, back->data, back->len,
		&line);

	if (fault == NULL)
		return 0;
	struct loc where = loc_file(state_path(diags, staged->state, file->file->path));

	where.line = line;
	(void)diag_fail(
		diags, EXIT_REJECTED, where, "the new file is malformed: %s", fault);
	diag_note(diag_last(diags), loc_file(target->template_path),
		"it comes from this template");
	return -EXIT_REJECTED;
}

/* Syncs the file system of @fd, unless that was done already. */
static int sync_once(TALLOC_CTX *mem_ctx, int fd, dev_t **seen, size_t *n_seen)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	for (size_t i = 0; i < *n_seen; i++)
		if ((*seen)[i] == st.st_dev)
			return 0;
	*mem_push(mem_ctx, seen, n_seen) = st.st_dev;
	return syncfs(fd) < 0 ? -errno : 0;
}

/* Each file system that holds new files, and the state's. */
static int sync_systems(const struct staged *staged, struct diags *diags)
{
	TMP_CTX(tmp);
	struct target_folder *place =
		target_folder_new(tmp, staged->state, staged->generation->number, diags);
	dev_t *seen = NULL;
	size_t n_seen = 0;
	int r = sync_once(tmp, staged->state->dirfd, &seen, &n_seen);

	if (r < 0)
		return fail(staged, -r, "", diags);
	for (size_t i = 0; i < staged->n_files; i++) {
		const struct generation_file *file = staged->files[i].record;

		r = target_folder_go(place, file->path,
			stage_target_of(staged->generation, file), false);
		if (r < 0)
			return r;
		r = sync_once(tmp, place->fd, &seen, &n_seen);
		if (r < 0)
			return diag_fail_errno(diags, EXIT_IO, -r,
				loc_file(state_path(diags, staged->state, place->folder)),
				"the file system cannot be synced");
	}
	return 0;
}

static int stage_file(struct staged *staged, struct target_folder *place, size_t i,
	struct buffer *back, struct diags *diags)
{
	TMP_CTX(tmp);
	struct staged_file *file = &staged->files[i];
	const struct generation_file *record = file->record;
	bool has_live = file->file->before != NULL || file->file->is_foreign;
	const struct generation_target *target =
		stage_target_of(staged->generation, record);
	int r = target_folder_go(place, record->path, target, true);

	if (r == 0 && has_live)
		r = target_folder_can_replace(place, record->path);
	if (r == 0)
		r = target_folder_write(place, record,
			plan_bytes(tmp, staged->plan, file->file),
			has_live ? record->path : NULL,
			syncs_each(staged) ? staged->unsynced_files : NULL, back);
	if (r == 0 && target != NULL && target->fresh != NULL)
		staged->installed[record - staged->generation->files] =
			stat_hint_of(&place->written);
	if (r == 0)
		r = verify(staged, file, back, i, diags);
	return r;
}

/* Files of one folder, which come one after the other. */
struct batch {
	size_t first, end;
	struct diags *diags;
	int r;
};

struct batches {
	struct staged *staged;
	struct batch *items;
	size_t n;
};

static void stage_batch(void *data, unsigned worker _unused_, size_t i)
{
	TMP_CTX(tmp);
	struct batches *batches = data;
	struct staged *staged = batches->staged;
	struct batch *batch = &batches->items[i];
	struct target_folder *place = target_folder_new(
		tmp, staged->state, staged->generation->number, batch->diags);
	struct buffer *back = buffer_new(tmp);

	for (size_t j = batch->first; batch->r == 0 && j < batch->end; j++)
		batch->r = stage_file(staged, place, j, back, batch->diags);
}

static bool is_same_folder(const struct staged *staged, size_t i, size_t j)
{
	const struct generation_file *a = staged->files[i].record;
	const struct generation_file *b = staged->files[j].record;
	size_t len = (size_t)(folder_name(a->path) - a->path);

	return a->target == b->target && strncmp(a->path, b->path, len) == 0 &&
	       strchr(b->path + len, '/') == NULL;
}

static struct batches make_batches(TALLOC_CTX *mem_ctx, struct staged *staged)
{
	struct batches batches = {.staged = staged};

	for (size_t i = 0; i < staged->n_files; i++) {
		if (i == 0 || !is_same_folder(staged, i - 1, i))
			*mem_push(mem_ctx, &batches.items, &batches.n) =
				(struct batch){.first = i};
		batches.items[batches.n - 1].end = i + 1;
	}
	for (size_t i = 0; i < batches.n; i++)
		batches.items[i].diags = diags_new(talloc_new(mem_ctx));
	return batches;
}

static int make_folder(
	const struct batches *batches, struct target_folder *place, size_t i)
{
	const struct staged *staged = batches->staged;
	const struct generation_file *file =
		staged->files[batches->items[i].first].record;

	return target_folder_go(
		place, file->path, stage_target_of(staged->generation, file), true);
}

/*
 * With many files folder beside folder: made before, one after the other, as they may have parents
 * in common. The first fault is told, whoever was the quickest.
 */
static int stage_folders(
	struct staged *staged, struct target_folder *place, struct diags *diags)
{
	TMP_CTX(tmp);
	struct batches batches = make_batches(tmp, staged);
	bool is_apart = staged->n_files >= APART_MIN;
	int r = 0;

	for (size_t i = 0; is_apart && r == 0 && i < batches.n; i++)
		r = make_folder(&batches, place, i);
	if (is_apart && r == 0)
		parallel_each(batches.n, stage_batch, &batches);
	for (size_t i = 0; r == 0 && i < batches.n; i++) {
		if (!is_apart && (r = make_folder(&batches, place, i)) == 0)
			stage_batch(&batches, 0, i);
		diags_take(diags, batches.items[i].diags);
		r = r < 0 ? r : batches.items[i].r;
	}
	return r;
}

/* Both halves of staging, which are long where the site is. */
enum { HALF_GENERATION, HALF_FILES, N_HALVES };

struct halves {
	struct staged *staged;
	struct diags *diags[N_HALVES];
	int r[N_HALVES];
	bool has_made; /* a folder of a target */
};

static int stage_files(struct halves *halves, struct diags *diags)
{
	TMP_CTX(tmp);
	struct staged *staged = halves->staged;
	struct target_folder *place =
		target_folder_new(tmp, staged->state, staged->generation->number, diags);
	int r = stage_folders(staged, place, diags);

	halves->has_made = place->has_made;
	return r;
}

static void stage_half(void *data, unsigned worker _unused_, size_t i)
{
	struct halves *halves = data;

	halves->r[i] = i == HALF_GENERATION
			       ? stage_generation(halves->staged, halves->diags[i])
			       : stage_files(halves, halves->diags[i]);
}

/* The state's fault is told first, and alone, whoever was the quickest. */
static int stage_halves(struct halves *halves, struct diags *diags)
{
	TMP_CTX(tmp);
	bool is_apart = halves->staged->plan->roster->n >= RECORDS_AT_ONCE;

	for (size_t i = 0; i < N_HALVES; i++)
		halves->diags[i] = diags_new(talloc_new(tmp));
	if (is_apart)
		parallel_each(N_HALVES, stage_half, halves);
	for (size_t i = 0; i < N_HALVES; i++) {
		if (!is_apart)
			stage_half(halves, 0, i);
		diags_take(diags, halves->diags[i]);
		if (halves->r[i] < 0)
			return halves->r[i];
	}
	return 0;
}

int stage_all(struct staged *staged, struct diags *diags)
{
	struct halves halves = {.staged = staged};

	staged->unsynced = unsynced_new(staged);
	staged->unsynced_files = unsynced_new(staged);
	int r = stage_halves(&halves, diags);

	if (r == 0)
		r = unsynced_sync(staged->unsynced, diags);
	if (r == 0)
		r = unsynced_sync(staged->unsynced_files, diags);
	if (r == 0 && (!syncs_each(staged) || halves.has_made))
		r = sync_systems(staged, diags);
	return r;
}
