/* SPDX-License-Identifier: Apache-2.0 */
#include "vcn/guest/qcow2.h"

#include <string.h>

enum {
	HEAD_BYTES_V2 = 72,
	/* where it has what: big-endian numbers */
	VERSION_AT = 4,
	BACKING_AT = 8,
	BACKING_BYTES_AT = 16,
	CLUSTER_BITS_AT = 20,
	DISK_BYTES_AT = 24,
	ENCRYPTION_AT = 32,
	L1_ENTRIES_AT = 36,
	L1_AT = 40,
	REFCOUNTS_AT = 48,
	REFCOUNT_CLUSTERS_AT = 56,
	FEATURES_AT = 72, /* from here on only version 3 */
	REFCOUNT_ORDER_AT = 96,
	REFCOUNT_ORDER_V2 = 4,
	/* what a reader must know: bits of the features */
	DIRTY = 1 << 0,
	CORRUPT = 1 << 1,
	DATA_FILE = 1 << 2,
	SUBCLUSTERS = 1 << 4,
};

static uint64_t number(const uint8_t *bytes, size_t at, size_t len)
{
	uint64_t value = 0;

	for (size_t i = 0; i < len; i++)
		value = value << 8 | bytes[at + i];
	return value;
}

static uint64_t word(const uint8_t *bytes, size_t at)
{
	return number(bytes, at, 8);
}

static unsigned half(const uint8_t *bytes, size_t at)
{
	return (unsigned)number(bytes, at, 4);
}

static const char *find_fault(const uint8_t *bytes, size_t len)
{
	if (len < HEAD_BYTES_V2 || memcmp(bytes, "QFI\xfb", 4) != 0)
		return "is no qcow2 image";
	unsigned version = half(bytes, VERSION_AT);

	if (version != 2 && version != 3)
		return "has a qcow2 version other than 2 and 3";
	if (version == 3 && len < QCOW2_HEAD_BYTES)
		return "is shorter than a qcow2 header";
	if (word(bytes, BACKING_AT) != 0 || half(bytes, BACKING_BYTES_AT) != 0)
		return "has a backing file; make it one file "
		       "with 'qemu-img convert -O qcow2'";
	return half(bytes, ENCRYPTION_AT) != 0 ? "is encrypted" : NULL;
}

static const char *find_feature_fault(uint64_t features)
{
	if (features & DATA_FILE)
		return "keeps its data in an external file; make it one file with "
		       "'qemu-img convert -O qcow2'";
	if (features & CORRUPT)
		return "is marked as corrupt; see 'qemu-img check'";
	return NULL;
}

const char *qcow2_read_head(const uint8_t *bytes, size_t len, struct qcow2_head *ret)
{
	const char *fault = find_fault(bytes, len);

	if (fault != NULL)
		return fault;
	bool is_v3 = half(bytes, VERSION_AT) == 3;
	uint64_t features = is_v3 ? word(bytes, FEATURES_AT) : 0;

	*ret = (struct qcow2_head){
		.disk_bytes = word(bytes, DISK_BYTES_AT),
		.cluster_bits = half(bytes, CLUSTER_BITS_AT),
		.l1_at = word(bytes, L1_AT),
		.n_l1 = half(bytes, L1_ENTRIES_AT),
		.refcounts_at = word(bytes, REFCOUNTS_AT),
		.n_refcount_clusters = half(bytes, REFCOUNT_CLUSTERS_AT),
		.refcount_order =
			is_v3 ? half(bytes, REFCOUNT_ORDER_AT) : REFCOUNT_ORDER_V2,
		.is_dirty = (features & DIRTY) != 0,
		.has_subclusters = (features & SUBCLUSTERS) != 0,
	};
	return find_feature_fault(features);
}
