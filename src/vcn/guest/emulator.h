/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The QEMU of a guest. */

#include "vcn/guest/supervisor.h"

/*
 * emulator_find - may this host run @guest, as which user, and by which QEMU?
 *
 * errors: EXIT_MISSING, EXIT_REJECTED, EXIT_IO
 */
int emulator_find(struct supervisor *s, const struct guest *guest) _must_check_;
