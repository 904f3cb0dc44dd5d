/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Faults of a map that only a server can tell, reported where the map's file has them. */

#include "base/document.h"

/*
 * map_unknown_attribute - the server's schema has no attribute @name of the map @path
 *
 * shape:  points at the word in the file, with its line; @nearest: what may be meant, or NULL
 * errors: always; EXIT_USAGE
 */
int map_unknown_attribute(const char *path, const char *name, const char *nearest,
	struct diags *diags) _must_check_;

/*
 * map_check_name - is there a map @name, or does the name have a slash, as a path has?
 *
 * errors: EXIT_USAGE at @where, with the names that there are in @folder
 */
int map_check_name(const char *folder, const char *name, struct loc where,
	struct diags *diags) _must_check_;
