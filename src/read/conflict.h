/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Entries that a server keeps beside those of its users, and shows to some: what lost when two servers
 * made one entry at once, and what is deleted. Their names say so.
 */

enum conflict {
	CONFLICT_NONE,
	CONFLICT_LOST, /* waits for somebody who settles it */
	CONFLICT_DELETED,
};

/*
 * conflict_of - what the DN of an entry, or of what it stands below, says
 *
 * shape:  389 Directory Server: cn=n1+nsUniqueId=…; deleted: nsUniqueId=…,cn=n1. OpenDJ:
 *         entryUUID=…+cn=n1. Active Directory: the name, a line break, CNF: or DEL: and the GUID.
 *         *ret_root is the DN of the entry that is so; NULL: none
 * memory: *ret_root is the end of @dn
 */
enum conflict conflict_of(const char *dn, const char **ret_root);
