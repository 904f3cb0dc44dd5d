/* SPDX-License-Identifier: Apache-2.0 */
#include "vcn/guest/replace.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "vcn/guest/emulator.h"
#include "vcn/guest/stop.h"

enum { MANIFEST_MAX = 64 * 1024 * 1024 };

enum replace_phase {
	REPLACE_OPENING, /* the new one's files, while the old one runs */
	REPLACE_STOPPING, /* the old guest */
	REPLACE_TRYING, /* the new one */
	REPLACE_BACK, /* the old one again */
};

struct replacement {
	enum replace_phase phase;
	const struct guest *before, *next;
	struct kept_files *files; /* of the old one */
	unsigned timeout_s; /* for its stop */
};

/* The manifest stays with the supervisor, whose guest its entry becomes. */
static const char *find_entry(
	struct supervisor *s, const char *name, const struct guest **ret)
{
	TMP_CTX(tmp);
	_cleanup_(mem_close_fd) int dirfd =
		open(s->settings->runtime_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct manifest *manifest;
	char *text;
	size_t len;

	if (dirfd < 0 || strchr(name, '/') != NULL ||
		file_read_regular_at(tmp, dirfd, name, MANIFEST_MAX, &text, &len) < 0 ||
		manifest_parse(s, name, text, len, false, diags_new(tmp), &manifest) < 0)
		return "the manifest cannot be read";
	*ret = manifest_find(manifest, s->guest->name);
	return *ret == NULL || !(*ret)->is_enabled ? "the manifest does not want it"
						   : NULL;
}

static void forget_back_out(struct run_state *state)
{
	state->backed_out = state->backed_out_digest = state->backed_out_mark = NULL;
}

/* Before anything has happened to the guest that runs. */
static void give_up(struct supervisor *s, const char *why)
{
	s->state->backed_out = mem_strdup(s->state, why);
	s->state->backed_out_digest = s->replacement->next->digest;
	TALLOC_FREE(s->replacement);
	supervisor_publish(s);
}

/* What is missing for it is found out before the old one is stopped. */
static void try_opening(struct supervisor *s)
{
	TMP_CTX(tmp);
	struct diags *diags = s->diags;
	const struct guest *next = s->replacement->next;

	s->diags = diags_new(tmp);
	int r = emulator_find(s, next);

	if (r == 0)
		r = opening_begin(s, s->settings, next, NULL, s->diags, &s->opening);
	if (r < 0)
		give_up(s, guest_own_words(s->guest, diag_last(s->diags)->message));
	s->diags = diags;
}

const char *replace_begin(struct supervisor *s, const char *name, unsigned timeout_s)
{
	const struct guest *next = NULL;
	const char *why =
		s->boot == NULL || s->state->is_stopping || replace_is_under_way(s)
			? "it does not run"
			: find_entry(s, name, &next);

	if (why != NULL)
		return why;
	TALLOC_FREE(s->replacement);
	s->replacement = mem_new(s, struct replacement);
	s->replacement->before = s->guest;
	s->replacement->next = next;
	s->replacement->timeout_s = timeout_s;
	forget_back_out(s->state);
	try_opening(s);
	supervisor_publish(s);
	return NULL;
}

void replace_go_on(struct supervisor *s, bool has_answer)
{
	TMP_CTX(tmp);
	struct replacement *replacement = s->replacement;
	struct opened *opened;

	if (s->opening == NULL ||
		(!has_answer && clock_ms() < opening_deadline(s->opening)))
		return;
	struct opening *opening = talloc_steal(tmp, s->opening);
	struct diags *diags = diags_new(tmp);

	s->opening = NULL;
	if (opening_end(tmp, opening, replacement->next->where, diags, &opened) < 0) {
		give_up(s, guest_own_words(s->guest, diag_last(diags)->message));
		return;
	}
	replacement->phase = REPLACE_STOPPING;
	replacement->files = talloc_steal(replacement, s->boot->files);
	s->boot->files = NULL;
	stop_begin(s, replacement->timeout_s);
}

void replace_cancel(struct supervisor *s)
{
	/* the opening of a boot of its own is not ours */
	if (s->replacement != NULL && s->boot != NULL)
		TALLOC_FREE(s->opening);
	TALLOC_FREE(s->replacement);
}

bool replace_is_under_way(const struct supervisor *s)
{
	if (s->replacement == NULL || s->is_ended)
		return false;
	return s->replacement->phase != REPLACE_BACK ||
	       (s->boot == NULL ? !s->is_waiting
				: !s->boot->is_ready && !s->boot->is_late);
}

bool replace_is_on_trial(const struct supervisor *s)
{
	return s->replacement != NULL && s->replacement->phase == REPLACE_TRYING;
}

void replace_ready(struct supervisor *s)
{
	/* One that is back needs the old files at its next reboot, too. */
	if (replace_is_on_trial(s))
		TALLOC_FREE(s->replacement);
}

static void go_on_with(
	struct supervisor *s, const struct guest *guest, enum replace_phase phase)
{
	s->replacement->phase = phase;
	s->guest = guest;
	s->is_waiting = false;
	s->state->is_stopping = false;
	s->state->message = NULL;
	s->rung = RUNG_NONE;
	s->n_unready = 0;
	s->restart_at = clock_ms();
	supervisor_note_guest(s);
}

bool replace_goes_on(struct supervisor *s, const char *why)
{
	struct replacement *replacement = s->replacement;
	struct run_state *state = s->state;

	if (replacement == NULL || replacement->phase == REPLACE_OPENING ||
		replacement->phase == REPLACE_BACK)
		return false;
	if (replacement->phase == REPLACE_STOPPING) {
		go_on_with(s, replacement->next, REPLACE_TRYING);
		return true;
	}
	state->backed_out = mem_strdup(state, why);
	state->backed_out_digest = replacement->next->digest;
	state->backed_out_mark = state->image_mark;
	go_on_with(s, replacement->before, REPLACE_BACK);
	return true;
}

const struct kept_files *replace_files(const struct supervisor *s)
{
	return s->replacement != NULL && s->replacement->phase == REPLACE_BACK
		       ? s->replacement->files
		       : NULL;
}
