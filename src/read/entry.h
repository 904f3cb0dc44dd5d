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
 * case they came in and have lost their options (`;lang-de`, see entry_settle_options());
 * values are raw bytes. A join (join.h) brings attributes of other entries.
 */

#include "base/document.h"

struct entry_value {
	const char *bytes; /* a NUL follows the last byte; there may be others inside */
	size_t len;
	unsigned line; /* in the LDIF file; 0 from a directory */
};

struct entry_attribute {
	const char *name;
	struct entry_value *values;
	size_t n_values;
	const char *dn; /* of the entry that a join brought it from; NULL: its own */
	const char *key; /* … canonical (dn.h); NULL: nobody has made it yet */
	const char *of; /* … and the class by which; NULL: its own */
	/* 0: the entry's own, or of one that is the same machine; else what it shares with
	 * others, and counts only for what nothing nearer has a value for */
	unsigned distance;
};

struct entry {
	const char *dn;
	const char *key; /* canonical (dn.h); NULL: nobody has made it yet */
	const char *source; /* the file of `also` that it is from; NULL: none of them */
	unsigned line; /* of the dn: line; 0 from a directory */
	struct entry_attribute *attributes;
	size_t n_attributes;
};

/* Is it @text, without regard to the case of ASCII letters? One with a NUL inside is no text. */
bool entry_value_is(const struct entry_value *value, const char *text);

/* Takes one entry; called in the order of arrival. It reports faults in the data itself. */
typedef void (*entry_sink)(void *data, const struct entry *entry);

/*
 * The operational attributes of who changed an entry last, and when. They are asked for and
 * kept beside those of the map, and never compared: an entry is the same whoever wrote it.
 */
extern const char ENTRY_CHANGED_BY[], ENTRY_CHANGED_AT[];
bool entry_tells_change(const char *attribute);

/*
 * An attribute of @wanted (NULL: of all) of which the server gave a part only
 * (`member;range=0-1499`, MS-ADTS 3.1.1.3.1.3.3); NULL: none.
 */
struct entry_attribute *entry_part(
	const struct entry *entry, const struct string_list *wanted);

/*
 * entry_settle_options - takes the options off the names of attributes
 *
 * shape:  values with options count only where there are none without: an attribute is
 *         dropped where the plain one is there. @entry's names are writable
 * errors: one of @wanted (NULL: of all) of which the server gave a part only
 *         (`member;range=0-1499`, MS-ADTS 3.1.1.3.1.3.3), with its option; else NULL
 */
const char *entry_settle_options(
	struct entry *entry, const struct string_list *wanted) _must_check_;
