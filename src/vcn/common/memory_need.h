/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What a guest takes of the host's memory: admission counts it, and a control group holds it to that. */

#include <stdint.h>

#include "vcn/common/launch_settings.h"

/* MiB of translated code that QEMU may keep without KVM; its own default is up to 1024. */
enum { TRANSLATED_CODE_MIB = 96 };

/*
 * memory_need_mib - the memory of one guest, QEMU's own included
 *
 * source: measured on QEMU 7.2: 38 MB resident for an idle guest of 64 MiB under TCG. The
 *         figure is generous on purpose: device models, page tables and vhost grow with
 *         the guest, and TCG keeps translated code
 */
uint64_t memory_need_mib(unsigned memory_mib, unsigned cpus, enum accel accel);
