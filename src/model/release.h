/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What each release's installer knows of kickstart, and what it therefore leaves to
 * %post.
 *
 * "Knows" is what the installer does, not only what its parser lets pass: Fedora 8 takes
 * `repo --cost` and ignores it. Source: pykickstart's handlers for the syntax, Anaconda
 * of that release for the rest.
 */

#include "model/site.h"

struct release {
	enum installer installer;
	const char *codename; /* apt's suite of it; NULL: not of apt */
	bool knows_repo; /* the repo command */
	bool knows_filters; /* --includepkgs, --excludepkgs */
	bool knows_cost; /* --cost */
	bool knows_proxy; /* --proxy */
	bool knows_noverifyssl; /* --noverifyssl */
	bool knows_variables; /* $releasever and $basearch in its URLs */
	bool knows_install; /* --install: keep the repository afterwards */
	bool knows_metalink; /* --metalink */
	bool needs_end; /* sections end with %end */
	bool knows_mac_device; /* network --device=MAC */
	bool knows_ipv6; /* network --ipv6=ADDRESS/PREFIX */
	bool knows_ipv6_gateway; /* network --ipv6gateway */
	bool knows_no_address; /* network --noipv4 --noipv6 */
	bool knows_bond; /* network --bondslaves --bondopts */
	bool knows_vlan; /* network --vlanid */
	bool knows_vlan_name; /* network --interfacename */
	bool knows_bridge; /* network --bridgeslaves */
	bool knows_netplan; /* the network as netplan has it, all of it */
	bool knows_ca; /* --sslcacert of repo and url */
	bool knows_url_mirrors; /* url --mirrorlist */
	bool replaces_variants; /* a repository named as a variant of the tree is its own */
	bool knows_only_use; /* ignoredisk --only-use */
	bool knows_boot_drive; /* bootloader --boot-drive, not --driveorder */
	bool knows_disk_links; /* disks by /dev/disk/by-… */
	bool knows_environments; /* @^ENVIRONMENT in %packages */
	bool knows_modules; /* @MODULE:STREAM in %packages, and the module command */
	bool knows_module_disable; /* module --disable */
	bool knows_lock; /* rootpw --lock, without a password */
	bool knows_selinux; /* the selinux command */
	bool knows_script_options; /* %post --erroronfail --log */
	bool knows_ntpservers; /* timezone --ntpservers */
	bool knows_timesource; /* the timesource command, in its place */
	bool knows_key; /* asks for an installation number: key --skip */
	bool has_inst_options; /* inst.ks= instead of ks= for the kernel */
};

/*
 * False for what is no release: RHEL3 to RHEL10 (CENTOS and others say RHEL), F7 on, debian12,
 * debian13, ubuntu24.04, in whatever case. False for NULL, too: a profile whose release was no good has none.
 */
bool release_find(const char *name, struct release *ret);

/* One thing that a repository asks for and an installer does not know. */
struct lack {
	enum field_id field; /* what asks for it */
	const char *what;
	bool leaves_out; /* without it the repository would not be what was asked for */
};

enum { LACKS_MAX = 10 };

/*
 * release_lacks - what this release's installer does not know of the repository
 *
 * shape:  their number, each in @ret
 */
size_t release_lacks(const struct release *release, const struct repository *repository,
	struct lack ret[static LACKS_MAX]);

/* Can its %packages have @group: an environment (^NAME), a module (NAME:STREAM), a group? */
bool release_knows_group(const struct release *release, const char *group);

/* … a `module` line for @module? */
bool release_knows_module(
	const struct release *release, const struct module_choice *module);

/* `NAME:STREAM`, `-NAME:STREAM` or `-NAME`, in its parts below @arena. */
struct module_choice module_parse(struct arena *arena, const char *text);

/* Its installer runs from an image, and nothing says which. */
bool profile_lacks_image(const struct profile *profile);

/* Has the repository no `repo` line, because of one of them? Then %post installs from it. */
bool release_leaves_out(
	const struct release *release, const struct repository *repository);

/* Is the repository's `repo --install` all that keeps it? Else %post writes its file. */
bool release_keeps(const struct release *release, const struct repository *repository);

/* Does it put the tree's own variant in the place of a repository of that name? */
bool release_replaces(const struct release *release, const char *repository);

/*
 * release_reserves - does this release's installer keep the repository name for itself?
 *
 * source: pyanaconda's installation_source_helpers: a conflicting repository is ignored
 */
bool release_reserves(const struct release *release, const char *repository);
