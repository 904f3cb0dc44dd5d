/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What `render -o DIR` leaves in DIR beside its files: the list of them, `.ldapcc-rendered`.
 * By it the next one removes what nothing writes any more, whatever its form, and whether or
 * not its target is still in the settings. What somebody has changed since stays, and without
 * a list, or with one that is damaged, nothing is removed.
 */

#include "base/trailer.h"
#include "generation/state.h"

struct rendered_file {
	const char *target, *path; /* the path below the folder, with a slash in front */
	uint8_t sha256[SHA256_BYTES];
};

struct rendered {
	struct state folder; /* as far as its files are concerned */
	struct rendered_file *files;
	size_t n_files;
};

/* Makes @path if need be, and reads the list; EXIT_IO. */
int rendered_open(TALLOC_CTX *mem_ctx, const char *path, struct diags *diags,
	struct rendered **ret_rendered) _must_check_;
void rendered_add(struct rendered *rendered, const char *target, const char *path,
	const uint8_t sha256[SHA256_BYTES]);
/* Replaces the list; EXIT_IO. */
int rendered_save(const struct rendered *rendered, struct diags *diags) _must_check_;
/* Removes @file, if it is as it was written; EXIT_IO. */
int rendered_remove(const struct rendered *rendered, const struct rendered_file *file,
	struct diags *diags) _must_check_;
