/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What a run puts beside the targets for a while: new files before their rename, and the
 * private copies for checkers.
 *
 *	/etc/dhcp/.ldapcc.conf.ldapcc-42	the next ldapcc.conf
 *	/etc/dhcp/.ldapcc-check.ldapcc.conf	the same file, as its checker sees it
 *	/etc/dhcp/.ldapcc-check.dhcpd.conf	`main`, with the include rewritten
 *	/srv/ldapcc/manifests/.ldapcc-42-manifest/	the next files of a for-each target
 *
 * No conf.d reader takes a name with a dot in front. Every one is noted in the state file
 * `staging`, durably, before the first is made, and the list is all that cleaning up goes
 * by: after a run, after a failure, and after a kill.
 */

#include "generation/state.h"

struct scratch {
	const char *path; /* without --root */
};

struct scratch_list {
	uint64_t generation;
	struct scratch *items;
	size_t n;
};

/* The names, by the path of the target. */
char *scratch_file(
	TALLOC_CTX *mem_ctx, const char *path, uint64_t generation) _must_check_;
char *scratch_folder(TALLOC_CTX *mem_ctx, const char *folder, const char *target,
	uint64_t generation) _must_check_;
char *scratch_check(TALLOC_CTX *mem_ctx, const char *path) _must_check_;
/* The whole that the file at @path is checked inside, where nothing includes it. */
char *scratch_frame(TALLOC_CTX *mem_ctx, const char *path) _must_check_;

/* Adds @path unless it is there already. */
void scratch_add(TALLOC_CTX *mem_ctx, struct scratch_list *list, const char *path);

/* Writes the list; durable when it returns. */
int scratch_note(const struct state *state, const struct scratch_list *list,
	struct diags *diags) _must_check_;
/* The list that a killed run left; generation 0: none. */
int scratch_load(TALLOC_CTX *mem_ctx, const struct state *state, struct diags *diags,
	struct scratch_list *ret_list) _must_check_;
/* Removes all of it, then the note. Folders are removed with what is in them. */
int scratch_clean(const struct state *state, const struct scratch_list *list,
	struct diags *diags) _must_check_;
