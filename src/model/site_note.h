/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What is known of a site besides its records, for pages about it: findings, quarantine, and
 * what earlier generations changed. The program that reads and publishes fills it in; no record
 * depends on it.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"

struct site_note {
	const char *dn; /* of the entry; NULL of a change */
	const char *attribute; /* NULL: of the entry as a whole */
	const char *text;
	const char *id; /* of the check */
	bool is_error; /* of a finding; of quarantine: its last good version stands */
	uint64_t time; /* of a change, Unix time */
};

/* Each sorted: findings and quarantine by DN, changes with the newest first. */
struct site_notes {
	struct site_note *findings, *quarantined, *changes;
	size_t n_findings, n_quarantined, n_changes;
};
