/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The files that an installer reads, by targets: a host whose boot menu leads to files that
 * nobody writes would stand there and ask.
 */

#include "model/site.h"
#include "render/target.h"

/*
 * targets_check_partners - has each target those beside it that it needs?
 *
 * shape:  one that is off in the settings is somebody else's to write; one of the site's own with the
 *         same `when` stands for all of them
 * errors: EXIT_USAGE: every one that lacks another
 */
int targets_check_partners(const struct target *targets, size_t n_targets,
	const struct settings *settings, struct diags *diags) _must_check_;

/*
 * targets_find_unanswered - which installers have nobody who writes what they read
 *
 * shape:  a target of the shipped ones that is off in the settings is somebody else's to
 *         write; one of the site's own with the same `when` stands for all of them
 * memory: static names, by enum installer; NULL: all is written
 */
void targets_find_unanswered(const struct target *targets, size_t n_targets,
	const struct settings *settings, const char *ret_names[_INSTALLER_MAX]);
