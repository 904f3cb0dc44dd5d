/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * One escaper per output language: what comes from LDAP can never become syntax. Each
 * escapes a value for the one place that its language's templates put values in, or
 * refuses it with a reason (ldapcc-templates(5), "Escaping"). Templates write the quotes.
 */

#include "template/template.h"

/* The escaper for values inside the language's quotes, where it has them; NULL for a
 * language that is not known. */
escape_fn escape_by_language(const char *language);
/* The one for values outside of them: only plain words (names, addresses, paths) pass. In a
 * language without quotes it is the same. */
escape_fn escape_outside_quotes(const char *language);
/* The quote that values of @language stand in: '"', '\'', or '\0' for none. */
char escape_quote(const char *language);
/* All names, NULL-terminated: dhcpd dnsmasq hosts json yaml kickstart shell ini html text */
extern const char *const escape_languages[];

/* The Mustache specification's own: & " < > escaped, nothing refused. */
const char *escape_mustache(
	const char *text, size_t len, const struct field *field, struct buffer *out);
