/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The daemons' own checkers on what is staged.
 *
 * A single file is checked under the name `.ldapcc-check.NAME` in its own folder
 * (AppArmor lets a daemon read only there). With `main`, the administrator's file gets a
 * private copy beside it, in which the include of our file names our copy. {tree} is the
 * folder of a for-each target's new and changed files, under their final names: those
 * that did not change were checked when they were new.
 */

#include "publish/publish.h"

/*
 * daemon_check_run - every check command whose target changes
 *
 * shape:  a checker that is not installed is the warning `no-checker`; all checkers run,
 *         so that one run shows all rejections; private copies are removed on every way
 *         out, after a kill by publish_recover()
 * memory: *ret_output below @mem_ctx: what rejecting checkers printed, for
 *         publish_discard(); NULL where none did
 * errors: EXIT_REJECTED; EXIT_IO when private copies cannot be made
 */
int daemon_check_run(TALLOC_CTX *mem_ctx, const struct staged *staged,
	const struct settings *settings, struct diags *diags,
	char **ret_output) _must_check_;
