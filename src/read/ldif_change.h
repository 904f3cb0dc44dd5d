/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* LDIF change records (RFC 2849), applied to a draft of the directory. */

#include "base/diag.h"
#include "base/document.h"
#include "read/draft.h"

/* What is changed, and what of it counts. */
struct change_target {
	struct draft *draft;
	const struct string_list
		*wanted; /* attributes that are read; others change nothing */
	/* of a directory: what is added must be below one of them, and below an entry; of a file
	 * NULL, which may leave out what is above its entries */
	const struct string_list *bases;
};

/*
 * ldif_change - add, modify, delete and modrdn records, one after the other
 *
 * shape:  a record without `changetype` adds, as ldapadd has it. A record with a fault changes
 *         nothing
 * errors: EXIT_DATA with line and column for what is malformed, and for what a server would
 *         refuse: an entry that is not there, or there already, or has others below it; a value
 *         that is not there, or there already. EXIT_IO. An attribute that is not read is a warning
 * source: RFC 2849; RFC 4511 sections 4.6 to 4.9
 */
int ldif_change(const char *path, const struct change_target *target,
	struct diags *diags) _must_check_;
