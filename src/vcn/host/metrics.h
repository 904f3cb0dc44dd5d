/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * `vcn status --metrics`: the same for Prometheus and its like, as OpenMetrics text; with a file
 * in the form that the textfile collector of its node exporter reads.
 *
 * source: OpenMetrics 1.0; the text format of Prometheus, version 0.0.4
 */

#include "vcn/host/status.h"

/* The whole text, below @mem_ctx. */
char *metrics_text(TALLOC_CTX *mem_ctx, const struct status *status) _must_check_;
/*
 * metrics_write - @path, replaced whole; @apply is what the last apply ended with, or -1
 *
 * shape:  without @status only how the apply ended
 * errors: EXIT_IO
 */
int metrics_write(const char *path, const struct status *status, int apply,
	struct diags *diags) _must_check_;
