/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Values that a VCN is given, and what may be wrong with them: the compiler and the launcher
 * take the same. A fault is a static sentence that goes on behind the value, or NULL.
 */

#include "base/mem.h"

enum {
	GUEST_DISKS_MAX = 16,
	CREDENTIALS_MAX = 32,
	CREDENTIALS_TEXT_MAX = 16 * 1024, /* of SMBIOS there are 64 KiB in all */
};

/*
 * How many interfaces find a slot on the guest's PCI bus, beside its @n_disks (with that of an image) and
 * how it tells that it is ready.
 */
unsigned guest_interfaces_max(size_t n_disks, bool has_readiness);
/* Of a disk: the serial number that the guest finds it by. */
const char *disk_name_fault(const char *name, size_t len);
/* source: systemd.exec(5), SetCredential=; the names that the launcher gives itself are none */
const char *credential_name_fault(const char *name, size_t len);
/* source: Linux, dev_valid_name(), and the % of names that it is to number */
const char *ifname_fault(const char *name);
/* Processors by their numbers, each once, ascending. */
enum { CPU_LIST_MAX = 1024 };
struct cpu_list {
	uint16_t items[CPU_LIST_MAX];
	unsigned n;
};
/* source: cpuset(7), "List format": 0-3,8 */
const char *cpu_list_parse(const char *text, struct cpu_list *ret);
/* A URL that cloud-init or Ignition fetches; as a word in SMBIOS and in JSON. */
const char *seed_fault(const char *url);
