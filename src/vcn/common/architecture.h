/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What processors a guest is for; a host runs those of its own by KVM, others by TCG only. */

#include "base/mem.h"

enum architecture { ARCHITECTURE_HOST, ARCHITECTURE_X86_64, ARCHITECTURE_AARCH64 };

/* As QEMU and its firmware's descriptions have it: x86_64; of ARCHITECTURE_HOST the host's. */
const char *architecture_name(enum architecture architecture);
/* The machine type of its guests, without number: q35. */
const char *architecture_machine(enum architecture architecture);
bool architecture_is_own(enum architecture architecture);
bool architecture_parse(const char *name, enum architecture *ret);
/* ARCHITECTURE_HOST resolved: x86_64 where the host is of a kind that vcn does not know. */
enum architecture architecture_resolve(enum architecture architecture);
