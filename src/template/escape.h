/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * One escaper per output language: what comes from LDAP can never become syntax. Each
 * escapes a value for the one place that its language's templates put values in, or
 * refuses it with a reason (ldapcc-templates(5), "Languages"). Templates write the quotes.
 * language.h says which language has which.
 */

#include "template/template.h"

escape_fn escape_dhcpd, escape_zone, escape_dnsmasq, escape_hosts, escape_html,
	escape_ini, escape_ipxe, escape_json, escape_kea, escape_kickstart,
	escape_preseed, escape_shell, escape_text, escape_dnsmasq_name;

/* Outside of quotes, in the languages that have them: a plain word or nothing. */
escape_fn escape_bare;
/* A scalar of YAML without quotes: the same, but for what a reader takes for a number, a truth,
 * a date or nothing. */
escape_fn escape_yaml_plain;

/* The Mustache specification's own: & " < > escaped, nothing refused. */
escape_fn escape_mustache;

/* The first byte of @text that @refuse has too; NULL: there is none, or no @refuse. */
const char *escape_find_refused(const char *text, size_t len, const char *refuse);
