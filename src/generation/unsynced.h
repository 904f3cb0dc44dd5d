/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Files that were written and have to be on disk before something relies on them. They
 * stay open and are synced together: the disk starts with the first while the last is
 * being written, and the journal is flushed once instead of each time.
 */

#include "base/diag.h"

struct unsynced {
	struct unsynced_file {
		int fd;
		char *path; /* for messages */
	} * files;
	size_t n;
};

/* Closes what is left when it is freed. */
struct unsynced *unsynced_new(TALLOC_CTX *mem_ctx) _must_check_;
/* Takes @fd over; lets the disk begin. */
void unsynced_add(struct unsynced *unsynced, int fd, const char *path);
/* Syncs and closes all. */
int unsynced_sync(struct unsynced *unsynced, struct diags *diags) _must_check_;
