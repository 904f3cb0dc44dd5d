/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* `vcn boot-times --plot`: the table as a picture, a whole SVG document. */

#include "vcn/common/record.h"

/* A bar for each stage: to the median, with a line from the least to the most and a mark at p90. */
void record_plot(FILE *stream, const struct boot_group *groups, size_t n_groups);
