/* SPDX-License-Identifier: Apache-2.0 */
#include "model/lint_node.h"
#include "model/lint_rules.h"

#include <string.h>

#include "model/boot_loader.h"
#include "model/disk.h"

/* Repositories and profiles */

static void check_repository(struct reporter *r, struct repository *repository)
{
	unsigned kinds = (repository->base_urls.n > 0) +
			 (repository->mirror_list != NULL) +
			 (repository->metalink != NULL);

	if (kinds == 0 && !record_refused(&repository->record, FIELD_MIRROR_LIST) &&
		!record_refused(&repository->record, FIELD_METALINK))
		lint_missing(r, &repository->record, FIELD_BASE_URL,
			"is missing: neither base URL, nor mirror list, nor metalink");
	if (kinds > 1)
		check_report(r, CHECK_BAD_VALUE, &repository->record,
			repository->mirror_list != NULL ? FIELD_MIRROR_LIST
							: FIELD_METALINK,
			"a repository has one of base URL, mirror list and metalink");
}

/* One finding an option, at the repository, naming the release that cannot take it. */
static void check_repo_options(struct reporter *r, const struct profile *profile,
	const struct release *release, struct repository *repository)
{
	struct lack lacks[LACKS_MAX];
	size_t n = release_lacks(release, repository, lacks);

	for (size_t i = 0; i < n; i++) {
		struct finding *finding = check_report(r, CHECK_REPO_OPTION,
			&repository->record, lacks[i].field,
			"the installer of %s does not know %s: %s", profile->version,
			lacks[i].what,
			lacks[i].leaves_out ? "%post installs from this repository"
					    : "it uses the repository without it");

		lint_note(r, finding, &profile->record, FIELD_VERSION,
			"this profile uses it");
	}
}

static void check_profile_repositories(
	struct reporter *r, const struct profile *profile, const struct release *release)
{
	for (uint32_t i = 0; i < profile->n_repositories; i++) {
		struct repository *repository = profile->repositories[i];

		check_repo_options(r, profile, release, repository);
		if (repository->record.name != NULL &&
			release_reserves(release, repository->record.name))
			check_report(r, CHECK_RESERVED_NAME, &repository->record,
				FIELD_NAME,
				"'%s' is a name that the installer of %s keeps "
				"for itself: it would ignore the repository",
				repository->record.name, profile->version);
		if (repository->record.name != NULL &&
			release_replaces(release, repository->record.name))
			check_report_at(r, CHECK_RESERVED_NAME, SEVERITY_WARNING,
				&repository->record, FIELD_NAME,
				"the installer of %s puts the tree's own '%s' in the place "
				"of this repository",
				profile->version, repository->record.name);
	}
}

static void check_groups(
	struct reporter *r, struct profile *profile, const struct release *release)
{
	for (uint32_t i = 0; i < profile->groups.n; i++)
		if (!release_knows_group(release, profile->groups.items[i]))
			check_report(r, CHECK_REPO_OPTION, &profile->record,
				FIELD_PACKAGE,
				"the installer of %s does not know %s: it leaves out '@%s'",
				profile->version,
				profile->groups.items[i][0] == '^' ? "environments"
								   : "modules",
				profile->groups.items[i]);
}

static void check_modules(
	struct reporter *r, struct profile *profile, const struct release *release)
{
	for (uint32_t i = 0; i < profile->module_texts.n; i++) {
		const char *text = profile->module_texts.items[i];
		struct module_choice module = module_parse(r->site->arena, text);

		if (!release_knows_module(release, &module))
			check_report(r, CHECK_REPO_OPTION, &profile->record, FIELD_MODULE,
				"the installer of %s does not know %s: it leaves out '%s'",
				profile->version,
				release->knows_modules ? "module --disable" : "modules",
				text);
	}
}

/* A mirror list or metalink that the installer cannot take leaves it without a tree. */
static void check_tree(
	struct reporter *r, struct profile *profile, const struct release *release)
{
	if ((profile->mirror_list != NULL && !release->knows_url_mirrors) ||
		(profile->metalink != NULL && !release->knows_metalink))
		check_report(r, CHECK_BAD_VALUE, &profile->record,
			profile->metalink != NULL ? FIELD_METALINK : FIELD_MIRROR_LIST,
			"the installer of %s takes its tree from a URL only",
			profile->version);
	if (profile->no_verify_ssl && !release->knows_noverifyssl)
		check_report(r, CHECK_REPO_OPTION, &profile->record, FIELD_NO_VERIFY_SSL,
			"the installer of %s does not know url --noverifyssl",
			profile->version);
	if (profile->ca_certificate != NULL && !release->knows_ca)
		check_report(r, CHECK_REPO_OPTION, &profile->record, FIELD_CA_CERTIFICATE,
			"the installer of %s does not know url --sslcacert",
			profile->version);
}

static void check_trees(struct reporter *r, struct profile *profile)
{
	if (profile_trees(profile) == 0 &&
		!record_refused(&profile->record, FIELD_MIRROR_LIST) &&
		!record_refused(&profile->record, FIELD_METALINK))
		lint_missing(r, &profile->record, FIELD_INSTALL_URL, "is missing");
	if (profile_trees(profile) > 1)
		check_report(r, CHECK_BAD_VALUE, &profile->record,
			profile->mirror_list != NULL ? FIELD_MIRROR_LIST : FIELD_METALINK,
			"an installation tree has one of URL, mirror list and metalink");
}

static void check_profile(struct reporter *r, struct profile *profile)
{
	const struct release *release = profile->release;

	check_trees(r, profile);

	if (profile->lost_repositories)
		check_report_at(r, CHECK_MISSING_ATTRIBUTE, SEVERITY_WARNING,
			&profile->record, FIELD_REPOSITORY,
			"all are excluded: hosts are installed from the tree alone");
	else if (profile->repository_dns.n == 0)
		lint_missing(r, &profile->record, FIELD_REPOSITORY,
			"is missing: a profile needs a repository");
	if (release == NULL)
		return;
	if (release->installer == INSTALLER_KICKSTART)
		check_profile_repositories(r, profile, release);
	else
		lint_apt(r, profile, release);
	check_groups(r, profile, release);
	check_modules(r, profile, release);
	check_tree(r, profile, release);
	if (profile->is_strict && !release->knows_script_options)
		check_report(r, CHECK_REPO_OPTION, &profile->record, FIELD_STRICT,
			"the installer of %s goes on when "
			"%%post fails: it is only logged",
			profile->version);
}

static void check_install_server(struct reporter *r, struct machine *host)
{
	const struct site *site = r->site;

	if (model_cluster(site)->install_server != NULL)
		return;
	struct finding *finding = check_report_at(r, CHECK_MISSING_ATTRIBUTE,
		SEVERITY_WARNING, &host->record, FIELD_INSTALL,
		"nothing says where kickstart files are "
		"served: the host boots from its disk");

	if (site->n_clusters > 0)
		lint_note(r, finding, &site->clusters[0]->record, FIELD_INSTALL_SERVER,
			"is missing here");
}

static void check_answers(
	struct reporter *r, struct machine *host, const struct profile *profile)
{
	const char *target = profile_unanswered(r->site, profile);

	if (target == NULL)
		return;
	struct finding *finding = check_report_at(r, CHECK_MISSING_ATTRIBUTE,
		SEVERITY_WARNING, &host->record, FIELD_INSTALL,
		"the settings have no target '%s', so nothing writes what its installer "
		"reads: the host boots from its disk",
		target);

	lint_note(r, finding, &profile->record, FIELD_VERSION,
		"the release whose installer it is");
}

/* A host that is to be installed but cannot boots from its disk: worth a warning. */
static void check_installer(struct reporter *r, struct machine *host)
{
	const struct profile *profile = host->profile;

	if (host->excluded == FIELD_PROFILE)
		check_report_at(r, CHECK_MISSING_ATTRIBUTE, SEVERITY_WARNING,
			&host->record, FIELD_PROFILE,
			"is excluded: the host boots from its disk");
	else if (host->profile_dn == NULL)
		lint_missing(r, &host->record, FIELD_PROFILE,
			"is missing: a host that is to be installed needs a profile");
	check_install_server(r, host);
	if (profile != NULL)
		check_answers(r, host, profile);
	if (profile == NULL || (profile->kernel != NULL && profile->initrd != NULL &&
				       !profile_lacks_image(profile)))
		return;
	struct finding *finding = check_report_at(r, CHECK_MISSING_ATTRIBUTE,
		SEVERITY_WARNING, &host->record, FIELD_INSTALL,
		"the profile has no installer to boot: the host boots from its disk");

	lint_note(r, finding, &profile->record,
		profile->kernel == NULL	  ? FIELD_KERNEL
		: profile->initrd == NULL ? FIELD_INITRD
					  : FIELD_INSTALL_IMAGE,
		"is missing here");
}

static bool is_path(const char *value)
{
	return strstr(value, "://") == NULL;
}

static void report_not_loaded(struct reporter *r, struct machine *host,
	enum field_id field, const char *target, const char *why)
{
	const struct profile *profile = host->profile;
	const char *value = field == FIELD_KERNEL ? profile->kernel : profile->initrd;

	struct finding *finding =
		check_report(r, CHECK_NOT_CARRIED, &host->record, FIELD_INSTALL,
			"by target '%s' the host boots from its disk: %s", target, why);

	lint_note(r, finding, &profile->record, field,
		is_path(value) ? "is a path: give a URL" : "is a URL");
}

/* iPXE has the TFTP server of a path from DHCPv4, as its next-server; DHCPv6 has no such thing. */
static void check_ipxe(struct reporter *r, struct machine *host)
{
	const struct profile *profile = host->profile;
	const struct interface *nic =
		host->n_interfaces == 0 ? NULL : host->interfaces[0];

	if (!reporter_has_target(r, "ipxe") || nic == NULL ||
		interface_count(nic, 4) > 0 || interface_count(nic, 6) == 0 ||
		(!is_path(profile->kernel) && !is_path(profile->initrd)))
		return;
	report_not_loaded(r, host, is_path(profile->kernel) ? FIELD_KERNEL : FIELD_INITRD,
		"ipxe", "a client of DHCPv6 alone is told no server that has it");
}

/* Each loads a path below the TFTP root; of URLs they know some. iPXE knows them all. */
static void check_loaders(struct reporter *r, struct machine *host)
{
	TMP_CTX(tmp);
	const struct profile *profile = host->profile;

	if (profile == NULL || profile->kernel == NULL || profile->initrd == NULL)
		return;
	check_ipxe(r, host);
	struct arena *arena = arena_new(tmp);
	bool has_kernel = boot_grub_path(arena, profile->kernel) != NULL;

	if (reporter_has_target(r, "grub") &&
		(!has_kernel || boot_grub_path(arena, profile->initrd) == NULL))
		report_not_loaded(r, host, has_kernel ? FIELD_INITRD : FIELD_KERNEL,
			"grub",
			"GRUB loads by http and tftp, from HOST or an IPv4 address without "
			"a port");
	if (reporter_has_target(r, "pxelinux") && !boot_pxelinux_loads(r->site, profile))
		report_not_loaded(r, host,
			is_path(profile->kernel) ? FIELD_INITRD : FIELD_KERNEL,
			"pxelinux",
			"PXELINUX loads by tftp, and lpxelinux.0 (vocBootFile) by http and "
			"ftp");
}

static void check_disk(struct reporter *r, struct machine *host)
{
	if (host->profile == NULL || host->profile->release == NULL)
		return;
	if (host->profile->release->installer != INSTALLER_KICKSTART &&
		disk_values(host)->n > 1)
		check_report(r, CHECK_INSTALL_DISK,
			host->install->own_disks.n > 0 ? &host->record
						       : &host->profile->record,
			FIELD_INSTALL_DISK,
			"the installer of %s takes one disk: of those of '%s' the first",
			host->profile->version, host->name);
	if (disk_choose(host, host->profile->release) != DISK_ASKED)
		return;
	bool is_own =
		host->install->own_disks.n > 0 || host->profile->install_disks.n == 0;

	check_report(r, CHECK_INSTALL_DISK,
		is_own ? &host->record : &host->profile->record, FIELD_INSTALL_DISK,
		"the installer of %s takes devices such as sda only: it asks somebody for "
		"the disk of '%s'",
		host->profile->version, host->name);
}

void lint_installs(struct reporter *r)
{
	for (size_t i = 0; i < r->site->n_repositories; i++)
		check_repository(r, r->site->repositories[i]);
	for (size_t i = 0; i < r->site->n_profiles; i++)
		check_profile(r, r->site->profiles[i]);
	lint_nodes(r, NODE_INSTALL);
}

void lint_install(struct reporter *r, struct machine *host)
{
	if (host->is_vcn || !machine_asks_for_install(r->site, host))
		return;
	check_installer(r, host);
	check_loaders(r, host);
	check_disk(r, host);
}
