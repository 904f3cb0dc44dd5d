/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Many names as one word. */

#include "base/mem.h"

/*
 * nodeset_fold - names with ranges: node[01-16],web
 *
 * shape:  a name that is there twice counts once
 * memory: below @mem_ctx
 * source: ClusterShell's and Slurm's hostlists: a number with a leading zero has a width
 */
char *nodeset_fold(TALLOC_CTX *mem_ctx, const char *const *names, size_t n) _must_check_;
/*
 * The same without ranges before the end of a name.
 * source: Slurm 22.05, measured: "Invalid node name (n[1,7].other.example)"
 */
char *nodeset_fold_ends(
	TALLOC_CTX *mem_ctx, const char *const *names, size_t n) _must_check_;
