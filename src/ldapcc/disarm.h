/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Turning installations off: the one change that waits for nothing. A host that stays armed by
 * accident is installed anew at its next boot, and its disk is lost.
 *
 * A generation of its own, made of the current one with nothing changed but the boot answers
 * of those hosts; it comes first, without guards, also under a pin, beside a refusal or an
 * error, and with the directory away.
 *
 * Where the entries of the current one are lost, files are turned off that are what is printed of
 * what was read, but for that; of the others' hosts it is said as long as they stay armed.
 */

#include "ldapcc/publication.h"

/*
 * disarm_overdue - hosts whose vocInstallUntil has passed; needs no directory
 *
 * errors: those of publishing
 */
int disarm_overdue(struct publication *p) _must_check_;
/* Hosts of which the entries that were just read say that vocInstall is not TRUE any more. */
int disarm_turned_off(struct publication *p) _must_check_;
/*
 * disarm_foresee - those that disarm_turned_off() would turn off and a plan would not: what stands
 * as it was because of a fault, and no longer says TRUE
 *
 * shape:  *ret_n records of what is to be published (publication_plan()); nothing is written
 * errors: those of reading the current generation
 */
int disarm_foresee(struct publication *p, const struct roster_record ***ret,
	size_t *ret_n) _must_check_;
/* What a generation that turns off @n of them says of itself. */
char *disarm_reason(TALLOC_CTX *mem_ctx, size_t n) _must_check_;
/* Of a run that failed: who stays armed, because nobody knows what the current generation is made of. */
void disarm_tell_left(const struct publication *p);
