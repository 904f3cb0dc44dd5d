/* SPDX-License-Identifier: Apache-2.0 */
#include "vcn/guest/whole.h"

#include <endian.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

enum {
	WORD = 8, /* bytes of an entry of a table */
	/* qcow2: QEMU's bounds */
	CLUSTER_BITS_MIN = 9,
	CLUSTER_BITS_MAX = 21,
	L1_ENTRIES_MAX = 4 * 1024 * 1024,
	REFCOUNT_ENTRIES_MAX = 1024 * 1024,
	REFCOUNT_ORDER = 4, /* of 16 bits, as nearly all are */
	REFCOUNT_BYTES = 2,
	/* GPT, in the second block of its disk */
	GPT_HEADER = 56,
	GPT_LAST_USABLE_AT = 48,
	/* a kernel of x86 */
	KERNEL_HEADER = 0x23c,
	KERNEL_SETUP_SECTORS_AT = 0x1f1,
	KERNEL_SIZE_AT = 0x1f4,
	KERNEL_MAGIC_AT = 0x202,
	KERNEL_PROTOCOL_AT = 0x206,
	KERNEL_ARGUMENTS_AT = 0x238,
	KERNEL_ARGUMENTS_MIN = 0x206, /* the protocol that has it */
	KERNEL_PROTOCOL_MIN = 0x204, /* before it the size had 16 bits */
	KERNEL_SETUP_DEFAULT = 4,
	KERNEL_UNIT = 16,
	SECTOR = 512,
	SECTOR_LARGE = 4096,
};

#define OFFSET_MASK 0x00fffffffffffe00ULL
#define ENTRY_COMPRESSED (1ULL << 62)
#define ENTRY_ZERO 1ULL
#define SUBCLUSTERS_THERE 0xffffffffULL

static bool read_bytes(int fd, uint64_t at, void *ret, size_t len)
{
	return at <= INT64_MAX && pread(fd, ret, len, (off_t)at) == (ssize_t)len;
}

/* As many as there can be where it cannot be had: then nothing is missing. */
static uint64_t size_of(int fd)
{
	struct stat st;

	return fstat(fd, &st) < 0 ? UINT64_MAX - KERNEL_UNIT : (uint64_t)st.st_size;
}

static uint64_t little_endian(const uint8_t *bytes, size_t len)
{
	uint64_t value = 0;

	while (len-- > 0)
		value = value << 8 | bytes[len];
	return value;
}

/* qcow2 */

struct qcow2 {
	const struct qcow2_head *head;
	int fd;
	uint64_t bytes; /* of the file */
	unsigned cluster_bits;
	uint64_t n_refcounts; /* 0: none that are to be relied on */
};

/* False where it is out of bounds: QEMU says so. */
static bool open_qcow2(struct qcow2 *q)
{
	const struct qcow2_head *head = q->head;
	unsigned bits = q->cluster_bits = head->cluster_bits;

	if (bits < CLUSTER_BITS_MIN || bits > CLUSTER_BITS_MAX ||
		head->n_l1 > L1_ENTRIES_MAX)
		return false;
	q->n_refcounts = head->n_refcount_clusters << (bits - 3);
	if (head->is_dirty || q->n_refcounts > REFCOUNT_ENTRIES_MAX ||
		head->refcount_order != REFCOUNT_ORDER)
		q->n_refcounts = 0;
	return true;
}

/* A table of the file, each entry a number; NULL where it is not all there. */
static uint64_t *read_table(
	TALLOC_CTX *mem_ctx, const struct qcow2 *q, uint64_t at, uint64_t n)
{
	uint64_t *table = mem_array(mem_ctx, uint64_t, n);

	if (!read_bytes(q->fd, at, table, n * WORD))
		return NULL;
	for (uint64_t i = 0; i < n; i++)
		table[i] = be64toh(table[i]);
	return table;
}

/* The last cluster of a block of refcounts that is in use, or -1. */
static int64_t last_in_use(TALLOC_CTX *mem_ctx, const struct qcow2 *q, uint64_t at)
{
	size_t len = (size_t)1 << q->cluster_bits;
	uint16_t *block = mem_array(mem_ctx, uint16_t, len / REFCOUNT_BYTES);
	int64_t last = (int64_t)len / REFCOUNT_BYTES - 1;

	if (!read_bytes(q->fd, at, block, len))
		return -1;
	while (last >= 0 && block[last] == 0)
		last--;
	return last;
}

/*
 * Does the last cluster in use begin in the file? Then all is there, and the tables of a large
 * image need not be read: a few clusters have said it.
 */
static bool has_last_cluster(const struct qcow2 *q)
{
	TMP_CTX(tmp);
	uint64_t *blocks = read_table(tmp, q, q->head->refcounts_at, q->n_refcounts);
	uint64_t n = blocks == NULL ? 0 : q->n_refcounts;

	while (n > 0 && blocks[n - 1] == 0)
		n--;
	int64_t last = n == 0 ? -1 : last_in_use(tmp, q, blocks[n - 1]);

	return last >= 0 && ((((n - 1) << (q->cluster_bits - 1)) + (uint64_t)last)
				    << q->cluster_bits) < q->bytes;
}

/* Data that an entry of an L2 table leads to, behind the end of the file? */
static bool is_behind(const struct qcow2 *q, uint64_t entry, uint64_t subclusters)
{
	uint64_t compressed = (1ULL << (62 - (q->cluster_bits - 8))) - 1;

	if (entry & ENTRY_COMPRESSED)
		return (entry & compressed) >= q->bytes;
	if (q->head->has_subclusters ? (subclusters & SUBCLUSTERS_THERE) == 0
				     : (entry & ENTRY_ZERO) != 0)
		return false;
	return (entry & OFFSET_MASK) >= q->bytes;
}

static bool is_l2_cut(const struct qcow2 *q, uint64_t at, bool has_data)
{
	TMP_CTX(tmp);
	uint64_t n = 1ULL << (q->cluster_bits - 3);
	size_t step = q->head->has_subclusters ? 2 : 1;
	uint64_t *table = read_table(tmp, q, at, n);

	if (table == NULL)
		return true;
	for (uint64_t i = 0; has_data && i < n; i += step)
		if (is_behind(q, table[i], step > 1 ? table[i + 1] : 0))
			return true;
	return false;
}

bool whole_qcow2_is_cut(int fd, const struct qcow2_head *head, bool is_written)
{
	TMP_CTX(tmp);
	struct qcow2 q = {.fd = fd, .head = head, .bytes = size_of(fd)};

	if (!open_qcow2(&q) || has_last_cluster(&q))
		return false;
	uint64_t *l1 = read_table(tmp, &q, head->l1_at, head->n_l1);

	if (l1 == NULL)
		return true;
	for (uint64_t i = 0; i < head->n_l1; i++)
		if ((l1[i] & OFFSET_MASK) != 0 &&
			is_l2_cut(&q, l1[i] & OFFSET_MASK, !is_written))
			return true;
	return false;
}

/* Others */

/* With the blocks that its disk has. */
bool whole_disk_is_cut(int fd)
{
	static const uint64_t blocks[] = {SECTOR, SECTOR_LARGE};
	uint8_t h[GPT_HEADER];

	for (size_t i = 0; i < ARRAY_SIZE(blocks); i++)
		if (read_bytes(fd, blocks[i], h, sizeof(h)) &&
			memcmp(h, "EFI PART", 8) == 0)
			return little_endian(h + GPT_LAST_USABLE_AT, WORD) >=
			       size_of(fd) / blocks[i];
	return false;
}

static bool read_kernel(int fd, unsigned protocol, uint8_t ret_header[KERNEL_HEADER])
{
	return read_bytes(fd, 0, ret_header, KERNEL_HEADER) &&
	       memcmp(ret_header + KERNEL_MAGIC_AT, "HdrS", 4) == 0 &&
	       little_endian(ret_header + KERNEL_PROTOCOL_AT, 2) >= protocol;
}

uint64_t whole_kernel_arguments(int fd)
{
	uint8_t h[KERNEL_HEADER];

	return read_kernel(fd, KERNEL_ARGUMENTS_MIN, h)
		       ? little_endian(h + KERNEL_ARGUMENTS_AT, 4)
		       : 0;
}

bool whole_kernel_is_cut(int fd)
{
	uint8_t h[KERNEL_HEADER];

	if (!read_kernel(fd, KERNEL_PROTOCOL_MIN, h))
		return false;
	unsigned setup = h[KERNEL_SETUP_SECTORS_AT];

	if (setup == 0)
		setup = KERNEL_SETUP_DEFAULT;
	/* Its size is rounded up to the unit. */
	return size_of(fd) + KERNEL_UNIT - 1 <
	       (uint64_t)(setup + 1) * SECTOR +
		       little_endian(h + KERNEL_SIZE_AT, 4) * KERNEL_UNIT;
}
