/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Many hosts at once, by ClusterShell: nodesets, groups, how a host is reached, how many at a time and
 * for how long are the site's (clush.conf, groups.conf), and nothing of that is done here.
 */

#include "base/diag.h"

struct json_object;

/* What one host has to say to a command that prints one JSON object. */
struct clush_answer {
	const char *host;
	struct json_object *json; /* NULL: no answer */
	const char *reason; /* why there is none: the last that ssh or clush said of it */
};

/*
 * clush_ask - run @command on all hosts of @nodeset
 *
 * shape:  an answer for each host, in the nodeset's order; @command is the remote shell's
 * memory: below @mem_ctx, the objects with it
 * errors: EXIT_USAGE: no nodeset, or one that names nobody; EXIT_MISSING: no ClusterShell
 */
int clush_ask(TALLOC_CTX *mem_ctx, const char *nodeset, const char *command,
	struct diags *diags, struct clush_answer **ret, size_t *ret_n) _must_check_;
