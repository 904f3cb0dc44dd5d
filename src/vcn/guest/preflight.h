/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Could this guest start here? Everything that its start would ask of the host, without
 * making anything: the host's veto, its bridges, its image, kernel and initial RAM disk.
 */

#include "vcn/common/launch_settings.h"
#include "vcn/common/manifest.h"

struct table;

/*
 * preflight_guest - every fault of @guest is added; the first one's negative exit code
 *
 * shape: @files: of the guests that were looked at before, by device and inode: one file has
 *        many paths where there are hard links and mounts
 */
int preflight_guest(const struct launch_settings *settings, const struct guest *guest,
	struct table *files, struct diags *diags) _must_check_;
/*
 * preflight_start - the first fault for which @guest would not start now, in the place of itself
 *
 * errors: as that start
 */
int preflight_start(const struct launch_settings *settings, const struct guest *guest,
	struct diags *diags) _must_check_;
