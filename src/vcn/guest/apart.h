/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A world of its own for one QEMU: network, IPC, host name, processes, and files.
 *
 * It sees /usr and what else its program needs, read-only, its scratch folder, /dev/null and
 * a /proc of its own; no network interface (its TAPs are descriptors), no other process, and
 * nothing else of the host. Planned before the clone, because after it nothing allocates.
 */

#include "base/diag.h"
#include "base/document.h"

struct apart;

/* The namespaces that the clone makes: what clone3(2) takes as flags. */
uint64_t apart_flags(void);

/*
 * apart_plan - what the world of @program will be
 *
 * shape:  @scratch: NULL for none; @roots: further folders; @device: a device beside
 *         /dev/null, or NULL
 * memory: below @mem_ctx
 */
struct apart *apart_plan(TALLOC_CTX *mem_ctx, const char *program, const char *scratch,
	const struct string_list *roots, const char *device) _must_check_;

/* In the new process, as root: 0, or -1 with errno. */
int apart_enter(const struct apart *apart) _must_check_;
