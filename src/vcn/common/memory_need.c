/* SPDX-License-Identifier: Apache-2.0 */
#include "vcn/common/memory_need.h"

enum {
	OVERHEAD_MIB = 96,
	OVERHEAD_TCG_MIB = TRANSLATED_CODE_MIB + 32, /* and what it notes of that */
	OVERHEAD_CPU_MIB = 8,
	OVERHEAD_SHARE = 64, /* one part in so many of the guest's memory: page tables */
};

uint64_t memory_need_mib(unsigned memory_mib, unsigned cpus, enum accel accel)
{
	uint64_t overhead = OVERHEAD_MIB + (uint64_t)OVERHEAD_CPU_MIB * cpus +
			    memory_mib / OVERHEAD_SHARE;

	if (accel == ACCEL_TCG)
		overhead += OVERHEAD_TCG_MIB;
	return memory_mib + overhead;
}
