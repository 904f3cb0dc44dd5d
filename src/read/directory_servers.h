/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The servers of the settings, one after the other until one works. */

#include "read/directory_session.h"

/*
 * servers_try - connect to each server and hand it to @use until that returns 0
 *
 * shape:  @use returns -1 with the session's fault set
 * memory: *ret_session below @mem_ctx, still connected; the caller may free it
 * errors: EXIT_USAGE for settings that cannot work; EXIT_DIRECTORY, with a note for every
 *         further server; servers that failed before one worked are warnings
 */
int servers_try(TALLOC_CTX *mem_ctx, const struct directory_settings *settings,
	int (*use)(struct session *s, void *data), void *data, struct diags *diags,
	struct session **ret_session) _must_check_;
