/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Routers and name servers that are given by name, as the schema of ISC's server may: clients are
 * told addresses, which a host of the site has.
 */

#include "model/report.h"

/*
 * After names are given out, and again where some were taken back: a router's address inside its
 * network, name servers' addresses.
 */
void servers_link(struct site *site);

/* A warning where @name, of @domain where it is short, is no address and nobody's name. */
void lint_server(struct reporter *reporter, struct record *record, enum field_id field,
	const char *name, const char *domain);

/* Names that no host of the site has are lost, with a warning. */
void servers_lint(struct reporter *reporter);
