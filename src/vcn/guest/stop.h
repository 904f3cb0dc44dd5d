/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The stop ladder: ACPI, QMP quit, SIGKILL. */

#include "vcn/guest/supervisor.h"

/* @timeout_s 0: the setting. A second call can only make the end come sooner. */
void stop_begin(struct supervisor *s, unsigned timeout_s);
void stop_kill(struct supervisor *s);
/* QEMU hung up: if it is not dead soon it is killed. */
void stop_expect_end(struct supervisor *s);
int64_t stop_deadline(const struct supervisor *s);
void stop_tick(struct supervisor *s);
