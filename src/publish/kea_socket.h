/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Kea's control socket: the server reads its configuration again, and says whether it did.
 * A signal or `systemctl reload` would tell nothing: Kea goes on with the old one.
 */

#include "base/mem.h"

/* Does somebody listen at @path? */
bool kea_listens(const char *path);

/*
 * kea_reload - the command config-reload
 *
 * memory: the answer is below @mem_ctx
 * errors: NULL once Kea has answered with result 0; else a sentence below @mem_ctx
 * source: Kea Administrator Reference Manual, "Management API", "config-reload"
 */
const char *kea_reload(TALLOC_CTX *mem_ctx, const char *path, unsigned timeout_ms);
