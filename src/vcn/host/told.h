/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What the last apply has told, in RUNTIME_DIR/told, a line each: an apply that cron runs
 * every few minutes says what is wrong when it changes, and not at every run.
 */

#include <stdbool.h>

#include "base/mem.h"

struct told;

/* Below @mem_ctx; a file that cannot be read is nothing told. */
struct told *told_open(TALLOC_CTX *mem_ctx, const char *runtime_dir) _must_check_;
/* Was this not told of @name the last time? It is noted as told now. */
bool told_is_news(struct told *told, const char *name, const char *what);
/* What was noted takes the place of what there was. */
void told_save(const struct told *told);
