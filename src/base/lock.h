/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Lock files: who holds the lock is who has the file open, so it ends with that process. */

#include <stdbool.h>

enum lock_kind {
	/* F_OFD_SETLK: it belongs to the open file, and whoever inherits the descriptor has it
	 * too; it does not vanish when some other descriptor of the file is closed */
	LOCK_TRY,
	/* F_SETLK: it belongs to this process alone, however many children it detaches */
	LOCK_TRY_ALONE,
};

/*
 * lock_take_at - opens (and makes, 0600) the file @name below @dirfd, and locks it
 *
 * shape:  never follows a link, never waits for a pipe in its place
 * memory: the caller closes the descriptor, which is to release the lock
 * errors: -errno; -EAGAIN where somebody else holds it
 * source: fcntl(2), "Open file description locks"
 */
int lock_take_at(int dirfd, const char *name, enum lock_kind kind);
/* Does somebody hold it? A look, not a try: a try could get in the way of one that starts. */
bool lock_is_held_at(int dirfd, const char *name);
