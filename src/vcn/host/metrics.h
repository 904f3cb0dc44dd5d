/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * `vcn status --metrics`: the same for Prometheus and its like, as OpenMetrics text.
 *
 * source: OpenMetrics 1.0
 */

#include "vcn/host/status.h"

void metrics_print(FILE *stream, const struct status *status);
