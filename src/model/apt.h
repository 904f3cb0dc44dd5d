/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What apt makes of a profile: its tree is a mirror, its repositories are sources with keys,
 * filters are pins. apt has no repository without a key, and no list of mirrors as yum has.
 *
 * Debian's installer takes ten sources (apt-setup/local0 to local9), each with one key.
 */

#include "model/release.h"

enum { PRESEED_SOURCES_MAX = 10 };

/* A URL in the parts that Debian's installer asks for. */
struct apt_mirror {
	const char *protocol, *host, *folder;
};

struct apt_source {
	uint32_t number; /* from 0 */
	struct repository *repository;
	const char *url; /* the first of several */
	const char *host; /* as apt knows it */
	const char *suite;
	const char *key; /* the first of several */
	struct strings components; /* none of a suite that ends in a slash */
	bool is_pinned; /* a priority of its own, or packages that it is for or not for */
};

/*
 * What pins (`origin`) and settings call the host of @url: no user, port or brackets; below @arena.
 * source: apt 2.6, measured: 127.0.0.1 for http://127.0.0.1:8099/, ::1 for http://[::1]:8099/
 */
const char *apt_host_of(struct arena *arena, const char *url);

/* Fills mirror and sources of a profile for the installer of @release. */
void apt_plan(struct site *site, struct profile *profile, const struct release *release);

/* Has the repository what only pins can do? */
bool apt_is_pinned(const struct repository *repository);
