/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Quarantine: a record in error is read as it was when it was last good; one that never was
 * is left out. The site is made again of the entries that are left, until none of them is in
 * error, so what is in quarantine counts for nothing elsewhere.
 */

#include "ldapcc/run.h"

struct quarantined {
	const char *dn;
	const char *key; /* its canonical DN */
	enum kind kind;
	const char *good_key; /* that of its last good version, another where it moved */
	/* of all entries of a machine (RFC 2307bis), its own among them: now, and then */
	const char **part_keys, **good_part_keys;
	size_t n_part_keys, n_good_part_keys;
	unsigned round; /* when it was put there */
	bool is_kept; /* its last good version stands; else it is left out */
	bool is_out; /* … and that was in error, too */
	bool is_waiting; /* no fault of its own: it stands on another in quarantine */
};

/*
 * quarantine_settle - a site without errors, of run->site as it was linked and linted
 *
 * shape:  run->site becomes another one, derived; run->quarantined says who is in
 *         quarantine. Findings of the first look are all reported; later ones where they are
 *         about an entry that is as the directory has it
 */
void quarantine_settle(struct run *run);

/*
 * quarantine_permit_first - may a first generation be published without these?
 *
 * shape:  not without a cluster entry, or a network, that is in error: nodes would get names without
 *         a domain, and no leases, and everybody another name when it is mended
 * errors: EXIT_DATA
 */
int quarantine_permit_first(const struct run *run) _must_check_;

/* Has it, or an interface of it, an error of its own, be it of a value that nothing stands on? */
bool quarantine_is_wrong(const struct machine *machine);
/* Is it a host where interfaces of another one stand? */
bool quarantine_is_below_machine(struct site *site, struct machine *machine);
