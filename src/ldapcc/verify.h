/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * `ldapcc verify`: does what runs serve the current generation? Every part looks at one
 * kind of server and names each difference; what is right of it is counted only.
 */

#include <time.h>

#include "generation/generation.h"
#include "ldapcc/run.h"

struct verify {
	struct run *run; /* its site is what the current generation was made of */
	const struct site *before; /* the generation before it; NULL: none is kept */
	const struct state *state;
	const struct generation *current;
	struct json_object *differences; /* for --json, else NULL */
	size_t n_differences, n_looked_at;
};

/* One difference, on stdout: "WHERE: WHAT". */
void verify_report(struct verify *v, const char *where, const char *format, ...)
	_printf_(3, 4);
/* What could not be looked at, and is no difference: a note. */
void verify_note(struct verify *v, const char *format, ...) _printf_(2, 3);
/* Is @name one of the targets that were published? */
bool verify_has_target(const struct verify *v, const char *name);

/* DNS: a sample of names and addresses, or all; serials of zones (verify_dns.c). */
void verify_dns(struct verify *v);
/* DHCP: since when dhcpd and dnsmasq run, and Kea (verify_dhcp.c). */
void verify_dhcp(struct verify *v);
/* What the Kea of one family has loaded, asked over its control socket (verify_kea.c). */
void verify_kea(struct verify *v, unsigned family, const char *path);

/* When the files of @target, and of its parts NAME-…, were written last; 0: there are none. */
int64_t verify_written_at(const struct verify *v, const char *target, bool has_parts);
int64_t verify_now_ms(clockid_t clock);
const char *verify_time_text(TALLOC_CTX *mem_ctx, int64_t ms);
