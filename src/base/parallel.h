/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The same work on many things, beside each other on the processors that we may use.
 *
 * talloc knows no threads: a worker allocates below contexts of its own (TMP_CTX is one) and
 * reads what nobody changes meanwhile. Nothing that a worker finds may depend on who came
 * first.
 */

#include <stddef.h>

enum { PARALLEL_MAX = 8 };

/* How many workers parallel_each() will have for @n things: at least 1. */
unsigned parallel_workers(size_t n);

/*
 * parallel_each - @work for each of 0 … @n - 1, begun in that order
 *
 * shape:  @worker counts from 0 to parallel_workers(n) - 1; the caller's thread is one of
 *         them. Returns when all is done. Where no thread can be made, there are fewer.
 */
void parallel_each(
	size_t n, void (*work)(void *data, unsigned worker, size_t i), void *data);
