/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The disk that a host is installed to (vocInstallDisk): a device below /dev, or a rule by
 * which %pre looks for the one disk that it names. An installation without either goes to
 * the only disk that the machine has, and stops where there are several.
 */

#include "model/release.h"

/* `sda`, `cciss/c0d0`, `/dev/disk/by-id/…`, `/dev/disk/by-path/…` */
bool disk_is_device(const char *text);
/* `serial=SERIAL`, `smallest`, `largest`, `size=MIN-MAX` (GB, either may be missing) */
bool disk_is_rule(const char *text);

/* What the directory says for @host: its own values, else its profile's. */
const struct strings *disk_values(const struct machine *host);
/* How an installer of @release comes to the disk of @host. */
enum disk_choice disk_choose(const struct machine *host, const struct release *release);
