/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* `vcn status`: what runs here, as a table for people and as JSON for programs. */

#include <stdio.h>

#include "vcn/host/reconcile.h"

/* One guest: what its supervisor says, and how that compares with the manifest. */
struct status_row {
	const struct run_state *state;
	const struct guest *guest; /* NULL: not in the manifest, or there is none */
	enum guest_state shown; /* of one that shall not run no failure: it is stopped */
	const char *word; /* its name, or "outdated" for a ready guest that is */
	bool is_outdated;
};

struct status {
	const char *host;
	bool has_manifest;
	int64_t now; /* Unix seconds */
	struct status_row *rows; /* by name */
	size_t n_rows;
};

/*
 * status_collect - rows for @names, or for all where @n_names is 0
 *
 * shape:  guests that are disabled and have never run here are left out unless named
 * memory: below @mem_ctx; states and guests are borrowed
 */
struct status *status_collect(TALLOC_CTX *mem_ctx, const struct manifest *manifest,
	const struct observation *seen, char *const *names, size_t n_names,
	const char *host, int64_t now) _must_check_;

/*
 * status_code - the exit code that says how it is
 *
 * returns: 0: all as wanted, or on the way to it; EXIT_REJECTED: one has failed, is degraded
 *          or waits for another host; EXIT_REFUSED: one does not fit
 */
int status_code(const struct status *status);
/* The same of one state by its name. */
int status_code_of(const char *word);
/* Seconds since it was started; 0 where no QEMU runs. */
int64_t status_uptime(const struct status *status, const struct run_state *state);
/* The escape sequence that begins a state's colour on a terminal, or "". */
const char *status_color(const char *word);
/* @color: states in color. Prints nothing where there is no row. */
void status_print(FILE *stream, const struct status *status, bool color);
struct json_object *status_to_json(const struct status *status) _must_check_;
