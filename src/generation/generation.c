/* SPDX-License-Identifier: Apache-2.0 */
#include "generation/generation.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "generation/state_file.h"

static const char KIND[] = "record";
static const char WAY_OUT[] =
	"'ldapcc rollback N' goes back to another generation ('ldapcc history' lists them), "
	"'ldapcc apply --bootstrap' begins anew from the directory, without guards";

enum {
	HEAD_MAX = 65536, /* bytes of a record that surely hold its head */
	ID_MAX = UINT32_MAX,
	CHANGES_MAX = 64,
};

/* Writing */

/* A line of text that may hold anything, or nothing at all. */
static void add_text(struct buffer *out, const char *word, const char *text)
{
	buffer_printf(out, "%s ", word);
	for (; text != NULL && *text != '\0'; text++)
		buffer_add_byte(out, *text == '\n' ? ' ' : *text);
	buffer_add_byte(out, '\n');
}

static void format_head(const struct generation *g, struct buffer *out)
{
	const struct generation_source *source = &g->source;

	state_file_begin(out, KIND);
	buffer_printf(out, "number %llu\ncreated %llu\n", (unsigned long long)g->number,
		(unsigned long long)g->created);
	add_text(out, "plan", g->plan);
	add_text(out, "set", g->set);
	lines_add_word(out, "print-key");
	lines_add_hex(out, g->print_key, UMAC_KEY_BYTES);
	lines_end(out, NULL);
	add_text(out, "reason", g->reason);
	add_text(out, "summary", g->summary);
	buffer_printf(out, "accepted %d\n", g->is_accepted);
	add_text(out, "uri", source->uri);
	add_text(out, "identity", source->identity);
	add_text(out, "inputs", source->inputs);
	buffer_add_text(out, "csn");
	for (size_t i = 0; i < source->csn.n; i++)
		buffer_printf(out, " %s", source->csn.items[i]);
	buffer_printf(out, "\ncounts %zu %zu %zu\ncontents", g->n_files, g->n_installed,
		g->n_removed);
	for (size_t i = 0; i < g->n_contents; i++)
		buffer_printf(out, " %llu", (unsigned long long)g->contents[i]);
	buffer_add_byte(out, '\n');
}

static void format_file(const struct generation_file *file, struct buffer *out)
{
	lines_add_word(out, file->is_installed ? "install" : "keep");
	lines_add_hex(out, file->sha256, SHA256_BYTES);
	lines_add_u64(out, file->mode);
	lines_add_u64(out, file->uid);
	lines_add_u64(out, file->gid);
	lines_add_u64(out, file->serial);
	if (file->serial != 0)
		lines_add_hex(out, file->bare, SHA256_BYTES);
	lines_add_hex(out, file->print, UMAC_BYTES);
	lines_add_u64(out, file->content);
	lines_add_u64(out, file->offset);
	lines_add_u64(out, file->len);
	lines_add_u64(out, file->target);
	lines_end(out, file->path);
}

static void format_change(const struct generation_change *change, struct buffer *out)
{
	lines_add_word(out, "change");
	lines_add_u64(out, change->created);
	lines_end(out, change->reason);
	add_text(out, "summary", change->summary);
}

void generation_format(const struct generation *g, struct buffer *out)
{
	format_head(g, out);
	for (size_t i = 0; i < g->n_targets; i++) {
		const struct generation_target *target = &g->targets[i];

		buffer_printf(out, "target %s %s%s%s\n", target->name,
			target->language[0] == '\0' ? "-" : target->language,
			target->trailer == NULL ? "" : " ",
			target->trailer == NULL ? "" : target->trailer);
		if (target->folder != NULL)
			buffer_printf(out, "folder %s\n", target->folder);
	}
	for (size_t i = 0; i < g->n_changes; i++)
		format_change(&g->changes[i], out);
	for (size_t i = 0; i < g->n_files; i++)
		format_file(&g->files[i], out);
	for (size_t i = 0; i < g->n_removed; i++)
		buffer_printf(out, "remove %s\n", g->removed[i]);
}

/* Reading */

/* What stands behind the word @name on the next line; NULL where nothing does. */
static const char *take_text(struct lines *l, const char *name)
{
	if (!lines_next(l) || strcmp(lines_word(l), name) != 0)
		l->is_bad = true;
	const char *text = l->is_bad || l->rest == NULL ? "" : lines_rest(l);

	return *text == '\0' ? NULL : text;
}

static uint64_t take_number(struct lines *l, const char *name)
{
	const char *text = take_text(l, name);
	uint64_t number = 0;

	if (text == NULL || !text_parse_u64(text, UINT64_MAX, &number))
		l->is_bad = true;
	return number;
}

static void take_print_key(struct lines *l, struct generation *g)
{
	if (!lines_next(l) || strcmp(lines_word(l), "print-key") != 0)
		l->is_bad = true;
	if (!l->is_bad)
		lines_hex(l, g->print_key, UMAC_KEY_BYTES);
	lines_done(l);
}

/* Leaves @l behind the line `contents`. */
static bool parse_head(
	TALLOC_CTX *mem_ctx, struct lines *l, struct generation *g, uint64_t counts[3])
{
	struct generation_source *source = &g->source;

	g->number = take_number(l, "number");
	g->created = take_number(l, "created");
	g->plan = take_text(l, "plan");
	g->set = take_text(l, "set");
	take_print_key(l, g);
	g->reason = take_text(l, "reason");
	g->summary = take_text(l, "summary");
	g->is_accepted = take_number(l, "accepted") != 0;
	source->uri = take_text(l, "uri");
	source->identity = take_text(l, "identity");
	source->inputs = take_text(l, "inputs");
	if (!lines_next(l) || strcmp(lines_word(l), "csn") != 0)
		return false;
	while (l->rest != NULL && !l->is_bad)
		*mem_push(mem_ctx, &source->csn.items, &source->csn.n) = lines_word(l);
	if (!lines_next(l) || strcmp(lines_word(l), "counts") != 0)
		return false;
	for (size_t j = 0; j < 3; j++)
		counts[j] = lines_u64(l, ID_MAX);
	lines_done(l);
	if (!lines_next(l) || strcmp(lines_word(l), "contents") != 0)
		return false;
	while (l->rest != NULL && !l->is_bad)
		*mem_push(mem_ctx, &g->contents, &g->n_contents) =
			lines_u64(l, UINT64_MAX);
	return !l->is_bad && g->reason != NULL;
}

static void parse_target(struct lines *l, struct generation_target *target)
{
	target->name = lines_word(l);
	target->language = lines_word(l);
	if (strcmp(target->language, "-") == 0)
		target->language = "";
	target->trailer = l->rest == NULL ? NULL : lines_rest(l);
}

static void parse_change(struct lines *l, struct generation_change *change)
{
	change->created = lines_u64(l, UINT64_MAX);
	change->reason = lines_rest(l);
	change->summary = "";
}

static void parse_file(struct lines *l, const struct generation *g,
	struct generation_file *file, bool is_installed)
{
	file->is_installed = is_installed;
	lines_hex(l, file->sha256, SHA256_BYTES);
	file->mode = (uint32_t)lines_u64(l, 07777);
	file->uid = (uint32_t)lines_u64(l, ID_MAX);
	file->gid = (uint32_t)lines_u64(l, ID_MAX);
	file->serial = lines_u64(l, UINT64_MAX);
	if (file->serial != 0)
		lines_hex(l, file->bare, SHA256_BYTES);
	else
		memcpy(file->bare, file->sha256, SHA256_BYTES);
	lines_hex(l, file->print, UMAC_BYTES);
	file->content = lines_u64(l, UINT64_MAX);
	file->offset = lines_u64(l, INT64_MAX);
	file->len = lines_u64(l, INT64_MAX);
	file->target = (uint32_t)lines_u64(l, ID_MAX);
	file->path = lines_rest(l);
	if (file->path[0] != '/' || file->target >= g->n_targets) {
		l->is_bad = true;
		return;
	}
	const char *folder = g->targets[file->target].folder;

	l->is_bad |= folder != NULL && !text_is_below(file->path, folder);
}

static bool parse_body(struct lines *l, struct generation *g, const uint64_t counts[3])
{
	while (lines_next(l) && !l->is_bad) {
		const char *word = lines_word(l);
		bool installs = strcmp(word, "install") == 0;

		if (strcmp(word, "target") == 0) {
			parse_target(l, mem_push(g, &g->targets, &g->n_targets));
		} else if (strcmp(word, "folder") == 0 && g->n_targets > 0) {
			g->targets[g->n_targets - 1].folder = lines_rest(l);
		} else if (strcmp(word, "change") == 0) {
			parse_change(l, mem_push(g, &g->changes, &g->n_changes));
		} else if (strcmp(word, "summary") == 0 && g->n_changes > 0) {
			g->changes[g->n_changes - 1].summary = lines_rest(l);
		} else if (strcmp(word, "remove") == 0) {
			*mem_push(g, &g->removed, &g->n_removed) = lines_rest(l);
		} else if (g->n_files < counts[0] &&
			   (installs || strcmp(word, "keep") == 0)) {
			parse_file(l, g, &g->files[g->n_files++], installs);
			g->n_installed += installs;
		} else {
			l->is_bad = true;
		}
		lines_done(l);
	}
	return !l->is_bad && g->n_files == counts[0] && g->n_installed == counts[1] &&
	       g->n_removed == counts[2];
}

int generation_load(TALLOC_CTX *mem_ctx, const struct state *state, uint64_t number,
	struct diags *diags, struct generation **ret_generation)
{
	TMP_CTX(tmp);
	struct generation *g = mem_new(tmp, struct generation);
	const char *name = mem_printf(tmp, "%s/record", state_generation(tmp, number));
	uint64_t counts[3] = {0};
	struct lines l;
	bool is_there;
	int r = state_file_load(g, state, name, KIND, WAY_OUT, diags, &l, &is_there);

	if (r < 0)
		return r;
	if (!is_there) {
		(void)diag_fail(diags, EXIT_IO, state_loc(state, name, diags),
			"the record of the generation is missing");
		diag_note(diag_last(diags), LOC_NONE, "%s", WAY_OUT);
		return -(int)EXIT_IO;
	}
	size_t size = (size_t)(l.end - l.at);
	bool is_good = parse_head(g, &l, g, counts);

	if (is_good && counts[0] <= size) {
		g->files = mem_array(g, struct generation_file, counts[0]);
		is_good = parse_body(&l, g, counts);
	}
	if (!is_good || g->number != number)
		return state_file_damaged(state, name, &l, WAY_OUT, diags);
	*ret_generation = talloc_steal(mem_ctx, g);
	return 0;
}

/* Reads exactly @len bytes at @offset; 0, or -errno (-ENODATA for a short file). */
static int read_at(int fd, char *bytes, uint64_t len, uint64_t offset)
{
	while (len > 0) {
		ssize_t n = pread(fd, bytes, len, (off_t)offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -ENODATA;
		bytes += n;
		len -= (uint64_t)n;
		offset += (uint64_t)n;
	}
	return 0;
}

static int damaged(
	const struct state *state, const char *name, struct diags *diags, const char *why)
{
	(void)diag_fail(diags, EXIT_IO, state_loc(state, name, diags),
		"the file is damaged: %s", why);
	diag_note(diag_last(diags), LOC_NONE, "%s", WAY_OUT);
	return -(int)EXIT_IO;
}

int generation_read(TALLOC_CTX *mem_ctx, const struct state *state,
	const struct generation_file *file, struct diags *diags, char **ret_bytes)
{
	TMP_CTX(tmp);
	const char *name =
		mem_printf(tmp, "%s/content", state_generation(tmp, file->content));
	_cleanup_(mem_close_fd) int fd = openat(
		state->dirfd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;
	uint8_t digest[SHA256_BYTES];

	if (fd < 0 || fstat(fd, &st) < 0)
		return diag_fail_errno(diags, EXIT_IO, errno,
			state_loc(state, name, diags), "the content cannot be read");
	if (file->offset > (uint64_t)st.st_size ||
		file->len > (uint64_t)st.st_size - file->offset)
		return damaged(state, name, diags, "it is too short");
	char *bytes = mem_array(tmp, char, file->len + 1);
	int r = read_at(fd, bytes, file->len, file->offset);

	if (r < 0)
		return diag_fail_errno(diags, EXIT_IO, -r, state_loc(state, name, diags),
			"the content cannot be read");
	sha256(bytes, file->len, digest);
	if (memcmp(digest, file->sha256, SHA256_BYTES) != 0)
		return damaged(state, name, diags, "a checksum differs");
	*ret_bytes = talloc_steal(mem_ctx, bytes);
	return 0;
}

const struct generation_file *generation_find(
	const struct generation *g, const char *path)
{
	size_t low = 0, high = g->n_files;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(path, g->files[middle].path);

		if (order == 0)
			return &g->files[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

const struct generation_file *generation_find_next(
	const struct generation *g, const char *path, size_t *next)
{
	const struct generation_file *file =
		*next < g->n_files && strcmp(g->files[*next].path, path) == 0
			? &g->files[*next]
			: generation_find(g, path);

	if (file != NULL)
		*next = (size_t)(file - g->files) + 1;
	return file;
}

/* Changes */

/* Where only files changed, none did: a page about changes may be all that is new. */
static bool is_change(const struct generation *g)
{
	return g->summary != NULL && !text_has_prefix(g->summary, "files ") &&
	       strcmp(g->summary, "no change") != 0;
}

void generation_add_changes(
	struct generation *generation, const struct generation *before)
{
	size_t n_before = before == NULL ? 0 : before->n_changes;

	if (is_change(generation))
		*mem_push(generation, &generation->changes, &generation->n_changes) =
			(struct generation_change){generation->created,
				generation->reason, generation->summary};
	for (size_t i = 0; i < n_before && generation->n_changes < CHANGES_MAX; i++)
		*mem_push(generation, &generation->changes, &generation->n_changes) =
			before->changes[i];
}

/* History: the heads only, as records of large sites are long */

/* -ENOENT where there is no record, another negative number where it is damaged. */
static int load_head(TALLOC_CTX *mem_ctx, const struct state *state, uint64_t number,
	struct generation *g, uint64_t counts[3])
{
	TMP_CTX(tmp);
	const char *name = mem_printf(tmp, "%s/record", state_generation(tmp, number));
	char *text = mem_array(mem_ctx, char, HEAD_MAX + 1);
	_cleanup_(mem_close_fd) int fd = openat(
		state->dirfd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	ssize_t n = pread(fd, text, HEAD_MAX, 0);
	struct lines l;

	lines_init(&l, text, n < 0 ? 0 : (size_t)n);
	return lines_next(&l) && strcmp(lines_rest(&l), "ldapcc record 1") == 0 &&
			       parse_head(mem_ctx, &l, g, counts) && g->number == number
		       ? 0
		       : -EBADMSG;
}

int generation_list(TALLOC_CTX *mem_ctx, const struct state *state, struct diags *diags,
	struct generation_summary **ret_list, size_t *ret_n)
{
	TMP_CTX(tmp);
	uint64_t *numbers;
	size_t n;
	int r = state_numbers(tmp, state, "generations", diags, &numbers, &n);

	*ret_list = NULL;
	*ret_n = 0;
	while (r == 0 && n-- > 0) {
		struct generation g = {.reason = "damaged"};
		uint64_t counts[3] = {0};
		int head = load_head(mem_ctx, state, numbers[n], &g, counts);

		*mem_push(mem_ctx, ret_list, ret_n) = (struct generation_summary){
			.number = numbers[n],
			.created = g.created,
			.reason = g.reason == NULL ? "damaged" : g.reason,
			.summary = g.summary,
			.set = g.set,
			.is_accepted = g.is_accepted,
			.n_files = counts[0],
			.n_installed = counts[1],
			.n_removed = counts[2],
			.contents = g.contents,
			.n_contents = g.n_contents,
			.is_current = numbers[n] == state->current,
			.is_kept = head != -ENOENT,
			.is_damaged = head < 0 && head != -ENOENT,
		};
	}
	return r;
}
