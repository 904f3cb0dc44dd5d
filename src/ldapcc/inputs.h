/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What was not read from the directory but decides the result: program, settings, map and
 * templates, as one hash. It is taken before they are loaded, so that what is edited while a
 * run is under way looks changed to the next one.
 */

#include "config/settings.h"

/* The settings file as it is; before settings_load(). */
const char *inputs_of_settings(TALLOC_CTX *mem_ctx, const char *path) _must_check_;

/*
 * inputs_hash - all of it; before map and templates are loaded
 *
 * shape: @settings_as_it_was is inputs_of_settings(); @datadir has templates and maps
 */
const char *inputs_hash(TALLOC_CTX *mem_ctx, const struct settings *settings,
	const char *settings_as_it_was, const char *datadir) _must_check_;
