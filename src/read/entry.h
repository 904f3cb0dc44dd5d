/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * read: entries, from a directory or from an LDIF file.
 *
 *	takes	settings and map
 *	gives	every struct entry to a sink, or a failure: never a short list
 *	uses	config; it is the only room that knows LDAP (directory*.c)
 *
 * Here: one directory entry as the two readers deliver it: directory.c from a server, ldif.c from
 * a file. Everything is borrowed for the duration of the call. Attribute names keep the
 * case they came in and have lost their options (`;lang-de`); values are raw bytes.
 */

#include "base/mem.h"

struct entry_value {
	const char *bytes; /* a NUL follows the last byte; there may be others inside */
	size_t len;
	unsigned line; /* in the LDIF file; 0 from a directory */
};

struct entry_attribute {
	const char *name;
	struct entry_value *values;
	size_t n_values;
};

struct entry {
	const char *dn;
	unsigned line; /* of the dn: line; 0 from a directory */
	struct entry_attribute *attributes;
	size_t n_attributes;
};

/* Takes one entry; called in the order of arrival. It reports faults in the data itself. */
typedef void (*entry_sink)(void *data, const struct entry *entry);
