/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Active Directory gives the values of a large attribute in parts: `member;range=0-1499`, and
 * the rest for the asking. Only the files directory*.c know it.
 */

#include "read/directory_session.h"
#include "read/entry.h"

/*
 * ranges_complete - all values of an attribute of which a part came
 *
 * shape:  asks for one part after the other; @attribute loses its option. Returns 0 or -1
 * memory: values below @mem_ctx
 * source: MS-ADTS 3.1.1.3.1.3.3
 */
int ranges_complete(TALLOC_CTX *mem_ctx, struct session *s, const char *dn,
	struct entry_attribute *attribute) _must_check_;
