/* SPDX-License-Identifier: Apache-2.0 */
#include "publish/pending.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "generation/folder.h"
#include "generation/state_file.h"

static const char KIND[] = "pending";
static const char WAY_OUT[] = "when the service has been restarted, remove it";

static const char *const kinds[] = {
	[ACTION_NONE] = "none",
	[ACTION_COMMAND] = "command",
	[ACTION_RESTART] = "restart",
	[ACTION_RELOAD] = "reload",
};

static int open_folder(const struct state *state, struct diags *diags, int *ret_fd)
{
	*ret_fd = openat(
		state->dirfd, "pending", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (*ret_fd < 0)
		return diag_fail_errno(diags, EXIT_IO, errno,
			state_loc(state, "pending", diags),
			"the folder cannot be opened");
	return 0;
}

/* Words may hold anything but a newline, which no command line needs: it becomes a blank. */
static void add_line(struct buffer *b, const char *word, const char *text)
{
	buffer_printf(b, "%s ", word);
	for (; *text != '\0'; text++)
		buffer_add_byte(b, *text == '\n' ? ' ' : *text);
	buffer_add_byte(b, '\n');
}

int pending_save(
	const struct state *state, const struct pending *pending, struct diags *diags)
{
	TMP_CTX(tmp);
	struct buffer *b = buffer_new(tmp);

	state_file_begin(b, KIND);
	buffer_printf(b,
		"action %s\ngeneration %llu\nsince %llu\nattempts %llu\nactive %d\n",
		kinds[pending->action.kind], (unsigned long long)pending->generation,
		(unsigned long long)pending->since, (unsigned long long)pending->attempts,
		pending->was_active);
	for (size_t i = 0; i < pending->action.words.n; i++)
		add_line(b, "word", pending->action.words.items[i]);
	if (pending->failure != NULL)
		add_line(b, "failure", pending->failure);
	return state_file_save(
		state, mem_printf(tmp, "pending/%s", pending->target), b, diags);
}

int pending_remove(const struct state *state, const char *target, struct diags *diags)
{
	TMP_CTX(tmp);
	_cleanup_(mem_close_fd) int fd = -1;
	int r = open_folder(state, diags, &fd);

	if (r < 0)
		return r;
	/* not synced: a power cut may cost a reload too many */
	if (unlinkat(fd, target, 0) < 0 && errno != ENOENT)
		return diag_fail_errno(diags, EXIT_IO, errno,
			state_loc(state, mem_printf(tmp, "pending/%s", target), diags),
			"the file cannot be removed");
	return 0;
}

static bool parse_kind(const char *word, enum action_kind *ret)
{
	for (size_t i = ACTION_COMMAND; i < ARRAY_SIZE(kinds); i++) {
		if (strcmp(word, kinds[i]) == 0) {
			*ret = (enum action_kind)i;
			return true;
		}
	}
	return false;
}

static bool parse(TALLOC_CTX *mem_ctx, struct lines *l, struct pending *p)
{
	struct string_list *words = &p->action.words;

	while (lines_next(l) && !l->is_bad) {
		const char *word = lines_word(l);

		if (strcmp(word, "action") == 0)
			l->is_bad |= !parse_kind(lines_word(l), &p->action.kind);
		else if (strcmp(word, "generation") == 0)
			p->generation = lines_u64(l, UINT64_MAX);
		else if (strcmp(word, "since") == 0)
			p->since = lines_u64(l, UINT64_MAX);
		else if (strcmp(word, "attempts") == 0)
			p->attempts = lines_u64(l, UINT64_MAX);
		else if (strcmp(word, "active") == 0)
			p->was_active = lines_u64(l, 1) != 0;
		else if (strcmp(word, "word") == 0)
			*mem_push(mem_ctx, &words->items, &words->n) = lines_rest(l);
		else if (strcmp(word, "failure") == 0)
			p->failure = lines_rest(l);
		else
			l->is_bad = true;
	}
	return !l->is_bad && words->n > 0 && p->action.kind != ACTION_NONE;
}

static int load_one(TALLOC_CTX *mem_ctx, const struct state *state, const char *target,
	struct diags *diags, struct pending *ret)
{
	TMP_CTX(tmp);
	const char *name = mem_printf(tmp, "pending/%s", target);
	struct lines l;
	bool is_there;
	int r = state_file_load(
		mem_ctx, state, name, KIND, WAY_OUT, diags, &l, &is_there);

	*ret = (struct pending){.target = mem_strdup(mem_ctx, target)};
	if (r < 0 || !is_there)
		return r;
	if (!parse(mem_ctx, &l, ret))
		return state_file_damaged(state, name, &l, WAY_OUT, diags);
	/* the array of a command ends with NULL, as string_list promises */
	struct string_list *words = &ret->action.words;
	size_t n = words->n;

	*mem_push(mem_ctx, &words->items, &n) = NULL;
	return 0;
}

static int compare(const void *left, const void *right)
{
	return strcmp(((const struct pending *)left)->target,
		((const struct pending *)right)->target);
}

int pending_load(TALLOC_CTX *mem_ctx, const struct state *state, struct diags *diags,
	struct pending **ret_pending, size_t *ret_n)
{
	int fd, r = 0;

	*ret_pending = NULL;
	*ret_n = 0;
	if (state->dirfd < 0)
		return 0;
	r = open_folder(state, diags, &fd);
	if (r < 0)
		return r;
	_cleanup_(mem_close_dir) DIR *dir = fdopendir(fd);

	if (dir == NULL) {
		r = diag_fail_errno(diags, EXIT_IO, errno,
			state_loc(state, "pending", diags), "the folder cannot be read");
		close(fd);
		return r;
	}
	errno = 0;
	for (struct dirent *entry; r == 0 && (entry = readdir(dir)) != NULL; errno = 0) {
		struct pending *p;

		if (entry->d_name[0] == '.')
			continue; /* also what an interrupted replacement left */
		p = mem_push(mem_ctx, ret_pending, ret_n);
		r = load_one(mem_ctx, state, entry->d_name, diags, p);
		if (r == 0 && p->action.kind == ACTION_NONE)
			--*ret_n; /* it went in between */
	}
	if (r == 0 && errno != 0)
		r = diag_fail_errno(diags, EXIT_IO, errno,
			state_loc(state, "pending", diags), "the folder cannot be read");
	if (r == 0 && *ret_n > 1)
		qsort(*ret_pending, *ret_n, sizeof(**ret_pending), compare);
	return r;
}

/* Of two wishes of one target. */
static const struct action *stronger(
	const struct action *noted, const struct action *wanted)
{
	return noted->kind == ACTION_RESTART && wanted->kind == ACTION_RELOAD ? noted
									      : wanted;
}

int pending_note(const struct state *state, const char *target,
	const struct action *action, uint64_t generation, uint64_t now,
	struct diags *diags)
{
	TMP_CTX(tmp);
	struct pending old;
	int r = load_one(tmp, state, target, diags, &old);

	if (r < 0)
		return r;
	struct pending new = {
		.target = target,
		.action = *action,
		.generation = generation,
		.since = now,
	};

	if (old.action.kind != ACTION_NONE) {
		new.since = old.since;
		new.attempts = old.attempts;
		new.was_active = old.was_active;
		new.failure = old.failure;
		new.action = *stronger(&old.action, action);
	}
	return pending_save(state, &new, diags);
}

bool pending_is_same(const struct action *a, const struct action *b)
{
	bool is_same = a->kind == b->kind && a->words.n == b->words.n;

	for (size_t i = 0; is_same && i < a->words.n; i++)
		is_same = strcmp(a->words.items[i], b->words.items[i]) == 0;
	return is_same;
}

int pending_renew(const struct state *state, const char *target,
	const struct action *action, struct diags *diags)
{
	TMP_CTX(tmp);
	struct pending note;
	int r = load_one(tmp, state, target, diags, &note);

	if (r < 0 || note.action.kind == ACTION_NONE)
		return r;
	if (action->kind == ACTION_NONE)
		return pending_remove(state, target, diags);
	const struct action *wanted = stronger(&note.action, action);

	if (pending_is_same(&note.action, wanted))
		return 0;
	note.action = *wanted;
	note.attempts = 0;
	note.was_active = false;
	note.failure = NULL;
	r = pending_save(state, &note, diags);
	return r < 0 ? r : 1;
}
