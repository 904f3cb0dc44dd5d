/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Work that comes piece by piece, and is done by the other processors while its giver goes on:
 * he mostly waits for a server. As with parallel.h a worker allocates below contexts of its own.
 */

#include "base/mem.h"
#include "base/parallel.h"

struct crew;

/*
 * crew_new - @work on each job that is given
 *
 * shape:  @worker counts from 0 to PARALLEL_MAX - 1; 0 is who waits, as he helps. Where there
 *         is one processor, all is done then
 * memory: a crew that is freed does what it has begun, and nothing else
 */
struct crew *crew_new(TALLOC_CTX *mem_ctx,
	void (*work)(void *data, unsigned worker, void *job), void *data) _must_check_;
void crew_give(struct crew *crew, void *job);
/* Until all is done; its threads are gone then, and it takes nothing more. */
void crew_wait(struct crew *crew);
