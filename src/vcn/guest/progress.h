/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What a guest has come to: its stages and its readiness. */

#include "vcn/guest/supervisor.h"

void progress_read_qmp(struct supervisor *s);
void progress_read_ready(struct supervisor *s);
/* Milliseconds of clock_ms() of the next thing to do by time; INT64_MAX: none. */
int64_t progress_deadline(const struct supervisor *s);
void progress_tick(struct supervisor *s);
