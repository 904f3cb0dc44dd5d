/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Where a directory server listens, and the connection to it: our own, not libldap's, so
 * that one deadline holds and a failure can be told in words. libldap says "Can't contact
 * LDAP server" to a refused connection, an unknown host and a missing socket alike.
 */

#include "base/mem.h"

enum endpoint_kind { ENDPOINT_LDAP, ENDPOINT_LDAPS, ENDPOINT_LDAPI };

struct endpoint {
	enum endpoint_kind kind;
	const char *uri;
	const char *host; /* without brackets; NULL for a socket */
	const char *port;
	const char *path; /* of the socket */
};

/*
 * endpoint_parse - `ldap://HOST[:PORT]`, `ldaps://…`, `ldapi:///`, `ldapi://%2Fpath`
 *
 * shape:  `ldapi:///` is the first default socket that exists (Debian's, Red Hat's,
 *         OpenLDAP's own)
 * memory: strings below @mem_ctx
 * errors: NULL on success, else a static sentence
 */
const char *endpoint_parse(
	TALLOC_CTX *mem_ctx, const char *uri, struct endpoint *ret) _must_check_;

/*
 * endpoint_connect - a connected, non-blocking socket
 *
 * units:  @deadline_ms in CLOCK_MONOTONIC; the resolver's own time limits come on top
 * errors: -1, with a sentence in *ret_reason, below @mem_ctx
 */
int endpoint_connect(TALLOC_CTX *mem_ctx, const struct endpoint *endpoint,
	uint64_t deadline_ms, char **ret_reason) _must_check_;

/* CLOCK_MONOTONIC in milliseconds. */
uint64_t endpoint_now_ms(void);
