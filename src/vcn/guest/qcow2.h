/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The head of a qcow2 image: the only place that knows where it has what.
 *
 * source: QEMU docs/interop/qcow2.txt, "Header"
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { QCOW2_HEAD_BYTES = 104 };

struct qcow2_head {
	uint64_t disk_bytes; /* of the disk that it stands for */
	unsigned cluster_bits;
	uint64_t l1_at, n_l1; /* its first table, and how many entries that has */
	uint64_t refcounts_at, n_refcount_clusters;
	unsigned refcount_order;
	bool is_dirty, has_subclusters;
};

/*
 * qcow2_read_head - what the first @len bytes of an image say
 *
 * shape:   @bytes: QCOW2_HEAD_BYTES of them unless the file is shorter; nothing of *ret is checked
 *          beyond what is refused
 * returns: NULL, or why no guest may have this image: a static sentence
 * source:  CVE-2024-4467, CVE-2026-24708: backing and data files in a head name any path of the
 *          host
 */
const char *qcow2_read_head(const uint8_t *bytes, size_t len, struct qcow2_head *ret);
