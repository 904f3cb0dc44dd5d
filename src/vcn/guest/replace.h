/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A guest that is started anew from another manifest entry, by the supervisor that it has.
 *
 * That one keeps the files open which its guest was started from, and knows the entry: where
 * the new guest does not get ready, the old one is started again as it was, also where its
 * image was replaced under its path or removed since. It runs like this until somebody
 * restarts it, and what did not get ready is not tried again by itself.
 */

#include "vcn/guest/supervisor.h"

/*
 * replace_begin - stop the guest, and go on with the entry that a manifest has for it
 *
 * shape:   @name: of the manifest's copy in the runtime folder
 * returns: NULL, or why it is not done
 */
const char *replace_begin(struct supervisor *s, const char *name, unsigned timeout_s);
/* While the old guest runs: the new one's files are open, or their time is over. */
void replace_go_on(struct supervisor *s, bool has_answer);
/* Is it not decided yet which of the two it is? */
bool replace_is_under_way(const struct supervisor *s);
/* Somebody wants the guest to end: a replacement that is under way does not go on. */
void replace_cancel(struct supervisor *s);
/* The guest is ready. */
void replace_ready(struct supervisor *s);
/* Is the guest one that has to show that it gets ready? */
bool replace_is_on_trial(const struct supervisor *s);
/*
 * replace_goes_on - the boot is over, or could not begin
 *
 * shape:   @why: what went wrong, if it was to run
 * returns: whether there is another guest to go on with: s->guest is it then
 */
bool replace_goes_on(struct supervisor *s, const char *why);
/* The files that the next boot takes instead of those under the paths; NULL: none. */
const struct kept_files *replace_files(const struct supervisor *s);
