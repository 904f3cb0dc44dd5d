/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Memory admission: a host that runs out of memory kills a guest of the kernel's choice, so
 * what does not fit is not started at all.
 *
 * A guest's need is its memory and what QEMU takes besides. Guests that run have touched
 * only a part of theirs: what they may still ask for counts as taken. The rest, less the
 * settings' `memory-reserve`, is what new guests can have.
 */

#include "vcn/common/manifest.h"
#include "vcn/common/run_state.h"

struct admission {
	uint64_t free_mib; /* what is left to give, as guests are admitted */
	uint64_t free_huge_mib; /* of huge pages */
};

/*
 * admission_open - what new guests may have on this host
 *
 * shape:  MemAvailable of /proc/meminfo, less the reserve, less what @states may still take;
 *         huge pages are taken by those that run
 * errors: EXIT_IO
 */
int admission_open(const struct launch_settings *settings,
	struct run_state *const *states, size_t n_states, struct diags *diags,
	struct admission *ret) _must_check_;

/*
 * admission_copied_mib - what each guest's kernel and initial RAM disk take besides, where
 * not everybody may read them: they are copied into memory
 *
 * shape: @ret has @n places; 0 for those whose file system hangs: they will not start
 */
void admission_copied_mib(const struct guest *const *guests, size_t n, uint64_t *ret);

/*
 * admission_take - is there room for @guest? Then it is taken.
 *
 * shape:  @replaced: what is known of the same guest, whose run ends first, or NULL
 * errors: EXIT_REJECTED: how much it needs and how much there is
 */
int admission_take(struct admission *admission, const struct guest *guest,
	enum accel accel, uint64_t copied_mib, const struct run_state *replaced,
	struct diags *diags) _must_check_;
