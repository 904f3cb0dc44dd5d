/* SPDX-License-Identifier: Apache-2.0 */
#include "change/window.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { HOUR = 3600, DAY = 24 * HOUR };

static const char FOLDER[] = "window";
static const char WAY_OUT[] =
	"remove it: the 24 hours of 'max-removed-24h' then begin with what is published";

static char *base_of(TALLOC_CTX *mem_ctx, const char *name)
{
	return mem_printf(mem_ctx, "%s.base", name);
}

static char *entry_name(TALLOC_CTX *mem_ctx, uint64_t time)
{
	return mem_printf(mem_ctx, "%s/%06llu", FOLDER, (unsigned long long)time);
}

/* What was noted by a clock that was ahead is nothing that was. */
static int load_times(TALLOC_CTX *mem_ctx, const struct state *state, uint64_t now,
	struct diags *diags, uint64_t **ret_times, size_t *ret_n)
{
	int r = state_numbers(mem_ctx, state, FOLDER, diags, ret_times, ret_n);

	while (r == 0 && *ret_n > 0 && (*ret_times)[*ret_n - 1] > now)
		--*ret_n;
	return r;
}

int window_baseline(TALLOC_CTX *mem_ctx, const struct state *state, uint64_t now,
	const struct roster *current, uint64_t created, struct diags *diags,
	struct roster *ret_roster)
{
	TMP_CTX(tmp);
	uint64_t *times, baseline = 0;
	size_t n;

	*ret_roster = *current;
	if (created + DAY <= now)
		return 0;
	int r = load_times(tmp, state, now, diags, &times, &n);

	if (r < 0 || n == 0)
		return r;
	baseline = times[0];
	for (size_t i = 1; i < n; i++)
		if (times[i] + DAY <= now)
			baseline = times[i];
	return roster_load(
		mem_ctx, state, entry_name(tmp, baseline), WAY_OUT, diags, ret_roster);
}

void window_each(const struct state *state, uint64_t now, window_sink sink, void *data)
{
	TMP_CTX(tmp);
	struct diags *ignored = diags_new(tmp);
	uint64_t *times;
	size_t n;

	if (load_times(tmp, state, now, ignored, &times, &n) < 0)
		return;
	for (size_t i = 0; i < n; i++) {
		TMP_CTX(each);
		struct roster roster;

		if ((i + 1 == n || times[i + 1] + DAY > now) &&
			roster_load(each, state, entry_name(each, times[i]), WAY_OUT,
				ignored, &roster) == 0)
			sink(data, &roster);
	}
}

/* What nobody will compare with any more; all, where it begins anew. */
static void forget(const struct state *state, const uint64_t *times, size_t n,
	uint64_t now, bool is_anew)
{
	for (size_t i = 0; i < n; i++) {
		TMP_CTX(tmp);
		bool is_past = i + 1 < n && times[i + 1] + DAY <= now;

		if (times[i] <= now && (is_anew ? times[i] == now : !is_past))
			continue;
		const char *name = entry_name(tmp, times[i]);

		unlinkat(state->dirfd, name, 0);
		unlinkat(state->dirfd, base_of(tmp, name), 0);
	}
}

/* @from under a second name, in the place of whatever has that; -errno. */
static int link_file(const struct state *state, const char *from, const char *to)
{
	int r = linkat(state->dirfd, from, state->dirfd, to, 0);

	if (r < 0 && errno == EEXIST && unlinkat(state->dirfd, to, 0) == 0)
		r = linkat(state->dirfd, from, state->dirfd, to, 0);
	return r < 0 ? -errno : 0;
}

/* A roster, and what it is a delta of: a delta must not be there before its base is. */
static int link_roster(
	const struct state *state, const struct generation *g, const char *to)
{
	TMP_CTX(tmp);
	const char *from = mem_printf(tmp, "%s/roster", state_generation(tmp, g->number));
	_cleanup_(mem_close_fd) int fd = openat(
		state->dirfd, FOLDER, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int r = fd < 0 ? -errno : link_file(state, base_of(tmp, from), base_of(tmp, to));

	if (r == 0 || r == -ENOENT)
		r = link_file(state, from, to);
	return r == 0 && fsync(fd) < 0 ? -errno : r;
}

static int note_roster(
	const struct state *state, const struct generation *g, struct diags *diags)
{
	TMP_CTX(tmp);
	const char *name = entry_name(tmp, g->created);
	int r = link_roster(state, g, name);

	return r == 0 ? 0
		      : diag_fail_errno(diags, EXIT_IO, -r, state_loc(state, name, diags),
				"the roster cannot be linked");
}

/*
 * The whole roster only where it is wanted: once an hour. What stood for longer than that is noted
 * when it goes, however soon it had come after another.
 */
static int note_both(const struct state *state, const struct generation *before,
	const struct generation *g, uint64_t newest, struct diags *diags)
{
	int r = 0;

	if (before != NULL && !g->is_accepted && newest < before->created &&
		before->created + HOUR <= g->created) {
		r = note_roster(state, before, diags);
		newest = before->created;
	}
	if (r == 0 && (g->is_accepted || newest + HOUR <= g->created))
		r = note_roster(state, g, diags);
	return r;
}

static int note(const struct state *state, const struct generation *before,
	const struct generation *g, struct diags *diags)
{
	TMP_CTX(tmp);
	uint64_t *times = NULL;
	size_t n = 0, n_all;
	int r = state_make_folder(state, FOLDER, diags);

	if (r == 0)
		r = load_times(tmp, state, g->created, diags, &times, &n);
	if (r == 0)
		r = note_both(state, before, g, n == 0 ? 0 : times[n - 1], diags);
	if (r == 0)
		r = state_numbers(tmp, state, FOLDER, diags, &times, &n_all);
	if (r == 0)
		forget(state, times, n_all, g->created, g->is_accepted);
	return r;
}

static int load_and_note(const struct state *state, struct diags *diags)
{
	TMP_CTX(tmp);
	struct generation *g, *before = NULL;
	int r = generation_load(tmp, state, state->current, diags, &g);

	if (r == 0 && state->previous != 0)
		r = generation_load(tmp, state, state->previous, diags, &before);
	return r < 0 ? r : note(state, before, g, diags);
}

void window_note(const struct state *state, const struct generation *before,
	const struct generation *current, struct diags *diags)
{
	TMP_CTX(tmp);
	struct diags *ignored = diags_new(tmp);
	int r = current == NULL ? load_and_note(state, ignored)
				: note(state, before, current, ignored);

	if (r < 0)
		diag_add(diags, SEVERITY_WARNING, "window",
			state_loc(state, FOLDER, diags),
			"what was published could not be noted for 'max-removed-24h'");
}
