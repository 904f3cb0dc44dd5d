/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What each release's installer knows of kickstart. One table; source: pykickstart's
 * handlers and Anaconda's own rules, by release.
 */

#include "base/mem.h"

struct release {
	const char *name; /* "RHEL7" */
	bool knows_repo;	/* the repo command */
	bool knows_filters;	/* --includepkgs, --excludepkgs */
	bool knows_cost;	/* --cost */
	bool knows_proxy;	/* --proxy */
	bool knows_noverifyssl; /* --noverifyssl */
	bool knows_install;	/* --install: keep the repository afterwards */
	bool knows_metalink;	/* --metalink */
	bool needs_end;		/* %packages ends with %end */
	bool knows_mac_device;	/* network --device=MAC */
	bool knows_ipv6;	/* network --ipv6=ADDRESS/PREFIX */
	bool knows_lock;	/* rootpw --lock */
	bool has_inst_options;	/* inst.ks= instead of ks= on the kernel's command line */
};

/* NULL for what is no release: RHEL3 to RHEL10 (CENTOS and others say RHEL), F7 on. */
const struct release *release_find(const char *name);

/*
 * release_reserves - does this release's installer keep the repository name for itself?
 *
 * source: pyanaconda's installation_source_helpers: a conflicting repository is ignored
 */
bool release_reserves(const struct release *release, const char *repository);
