/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A guest on processors of its own (cpuset). Its QEMU is confined to them before it is
 * executed, so that its memory comes from their NUMA node; where they are enough for a
 * virtual processor each, every one of these is then bound to one of them.
 */

#include <sys/types.h>

#include "base/guest_value.h"
#include "vcn/common/manifest.h"
#include "vcn/guest/identity.h"

struct json_object;

/* EXIT_DATA where the cpuset of @guest names processors that this process may not use. */
int pin_check(const struct guest *guest, struct diags *diags) _must_check_;
/* The calling process, for what it executes; -1 and errno. */
int pin_confine(const struct cpu_list *cpus) _must_check_;
/*
 * pin_processors - the virtual processors of a QEMU to @cpus, one each
 *
 * shape:  @answer: of `query-cpus-fast`; nothing happens where @cpus are fewer
 * errors: -errno
 */
int pin_processors(const struct cpu_list *cpus, const struct identity *identity,
	pid_t qemu, struct json_object *answer) _must_check_;
