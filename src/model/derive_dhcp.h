/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What DHCP servers are told, whichever they are: one answer, worked out here, which the
 * templates only write down. Reservations, and those of nodes without an address; ranges
 * without what somebody has; routes and options; which boot file which kind of client gets;
 * servers that have a name, by their addresses.
 */

#include "model/site.h"

/* Part of model_derive(), behind names and what networks inherit. */
void derive_dhcp(struct site *site);

/*
 * derive_servers - the addresses of @family among @servers, names replaced by what the model
 * has of them (nothing where it knows them not)
 */
struct strings derive_servers(struct site *site, const struct strings *servers,
	const char *domain, unsigned family) _must_check_;
/* As derive_servers(), of one: unset where there is none of this family. */
struct ip derive_server(struct site *site, const char *server, const char *domain,
	unsigned family) _must_check_;
/* A route as decode_static_route() left it. */
struct static_route derive_route(const char *text) _must_check_;
