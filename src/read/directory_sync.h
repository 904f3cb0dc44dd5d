/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * RFC 4533: what a server says has changed since a state. Only the files directory*.c know it.
 *
 * Not ldap_sync_init(): it hands the first of several messages that arrived together to its
 * callback again and again, and drops the others.
 */

#include "read/directory_session.h"
#include "read/snapshot.h"

struct ldapcontrol; /* libldap's LDAPControl */

/* A critical Sync Request, for ldap_control_free(); NULL where there is no memory. */
struct ldapcontrol *sync_request(int mode, const char *cookie) _must_check_;
/* OpenLDAP's cookie for a state that was read otherwise. */
char *sync_cookie(TALLOC_CTX *mem_ctx, const struct string_list *csn) _must_check_;

/* Why what was said is of no use; NULL: it is. */
struct sync_result {
	const char *why;
	/* the server named what is there: it has no log of what went since (it was started anew) */
	bool has_named;
};

/*
 * sync_ask - tells @snapshot what below @base has changed since @csn
 *
 * shape:  refreshOnly, of all entries: one that stops to be ours, and a container, count, too
 * memory: ret->why below the session
 * errors: -1 where the connection failed; what the server refuses is ret->why
 * source: RFC 4533 sections 2, 3.3
 */
int sync_ask(struct session *s, const char *base, const struct string_list *csn,
	struct snapshot *snapshot, struct sync_result *ret) _must_check_;
