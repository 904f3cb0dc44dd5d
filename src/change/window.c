/* SPDX-License-Identifier: Apache-2.0 */
#include "change/window.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "generation/state_file.h"

enum { HOUR = 3600, DAY = 24 * HOUR };

static const char FOLDER[] = "window";

static char *entry_name(TALLOC_CTX *mem_ctx, uint64_t time)
{
	return mem_printf(mem_ctx, "%s/%06llu", FOLDER, (unsigned long long)time);
}

int window_baseline(TALLOC_CTX *mem_ctx, const struct state *state, uint64_t now,
	const struct roster *current, struct diags *diags, struct roster *ret_roster)
{
	TMP_CTX(tmp);
	uint64_t *times, baseline = 0;
	size_t n;
	int r = state_numbers(tmp, state, FOLDER, diags, &times, &n);

	*ret_roster = *current;
	if (r < 0 || n == 0)
		return r;
	baseline = times[0];
	for (size_t i = 1; i < n; i++)
		if (times[i] + DAY <= now)
			baseline = times[i];
	return roster_load(mem_ctx, state, entry_name(tmp, baseline), diags, ret_roster);
}

/* What nobody will compare with any more; all, where it begins anew. */
static void forget(const struct state *state, const uint64_t *times, size_t n,
	uint64_t now, bool is_anew)
{
	for (size_t i = 0; i < n; i++) {
		TMP_CTX(tmp);
		bool is_past = i + 1 < n && times[i + 1] + DAY <= now;

		if (is_anew ? times[i] < now : is_past)
			unlinkat(state->dirfd, entry_name(tmp, times[i]), 0);
	}
}

static int note_roster(
	const struct state *state, const struct generation *g, struct diags *diags)
{
	TMP_CTX(tmp);
	struct roster roster;
	struct buffer *b = buffer_new(tmp);
	int r = roster_of_generation(tmp, state, state->current, diags, &roster);

	if (r < 0)
		return r;
	roster_format(&roster, b);
	return state_file_save(state, entry_name(tmp, g->created), b, diags);
}

static int note(
	const struct state *state, const struct generation *g, struct diags *diags)
{
	TMP_CTX(tmp);
	uint64_t *times = NULL;
	size_t n = 0;
	int r = 0;

	if (mkdirat(state->dirfd, FOLDER, 0700) < 0 && errno != EEXIST)
		r = diag_fail_errno(diags, EXIT_IO, errno,
			state_loc(state, FOLDER, diags), "the folder cannot be made");
	if (r == 0)
		r = state_numbers(tmp, state, FOLDER, diags, &times, &n);
	if (r < 0)
		return r;
	/* the whole roster only where it is wanted: once an hour */
	if (g->is_accepted || n == 0 || times[n - 1] + HOUR <= g->created)
		r = note_roster(state, g, diags);
	if (r == 0)
		forget(state, times, n, g->created, g->is_accepted);
	return r;
}

static int load_and_note(const struct state *state, struct diags *diags)
{
	TMP_CTX(tmp);
	struct generation *g;
	int r = generation_load(tmp, state, state->current, diags, &g);

	return r < 0 ? r : note(state, g, diags);
}

void window_note(
	const struct state *state, const struct generation *current, struct diags *diags)
{
	TMP_CTX(tmp);
	struct diags *ignored = diags_new(tmp);
	int r = current == NULL ? load_and_note(state, ignored)
				: note(state, current, ignored);

	if (r < 0)
		diag_add(diags, SEVERITY_WARNING, "window",
			state_loc(state, FOLDER, diags),
			"what was published could not be noted for 'max-removed-24h'");
}
