/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What PXELINUX and GRUB make of an installer's kernel and initrd, where they are URLs. */

#include "model/site.h"

/*
 * boot_grub_path - @path as GRUB has it: (http,HOST)/path
 *
 * memory: below @arena, or @path itself
 * errors: NULL: it cannot load it (https, ftp; a port, a user or an IPv6 address)
 * source: GRUB 2.06, Debian's signed image has http and tftp built in
 */
const char *boot_grub_path(struct arena *arena, const char *path);

/* Looks whether a vocBootFile is lpxelinux.0. Part of model_link(). */
void boot_loaders_find(struct site *site);

/* Can PXELINUX load both? It knows tftp alone; http and ftp where a vocBootFile is lpxelinux.0. */
bool boot_pxelinux_loads(const struct site *site, const struct profile *profile);

/* Fills what each profile is to both. Part of model_derive(). */
void boot_loaders_plan(struct site *site);
