/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A server's certificate as far as it takes to say why it was refused. TLS libraries
 * decide whether it is accepted; what libldap passes on of their reasons is "unknown
 * error".
 */

#include "base/document.h"

struct certificate {
	const char *issuer; /* its common name, else organization, else "?" */
	int64_t not_before, not_after; /* seconds since 1970, UTC */
	struct string_list names; /* DNS names and addresses; the common name if none */
};

/*
 * certificate_parse - from its DER form
 *
 * returns: false for what is no X.509 certificate
 * source:  RFC 5280 section 4.1; ITU-T X.690
 */
bool certificate_parse(TALLOC_CTX *mem_ctx, const void *bytes, size_t len,
	struct certificate *ret) _must_check_;

/* Does one of its names stand for @host? (RFC 6125: a leading `*.` is one label) */
bool certificate_is_for(const struct certificate *certificate, const char *host);
