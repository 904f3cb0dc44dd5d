/* SPDX-License-Identifier: Apache-2.0 */
#include "model/release.h"

#include <string.h>

#include "base/text.h"

enum {
	ENTERPRISE_MIN = 3,
	ENTERPRISE_MAX = 10,
	FEDORA_MIN = 7,
	FEDORA_MAX = 99,
	NEVER = 100
};

/* The releases that know a thing: from one to one, of RHEL and of Fedora. */
static const struct option {
	size_t offset;
	unsigned rhel, rhel_last, fedora, fedora_last;
} options[] = {
#define FROM(member, rhel, fedora) \
	{ \
		offsetof(struct release, member), rhel, ENTERPRISE_MAX, fedora, \
			FEDORA_MAX \
	}
#define UNTIL(member, rhel, rhel_last, fedora, fedora_last) \
	{ \
		offsetof(struct release, member), rhel, rhel_last, fedora, fedora_last \
	}
	FROM(knows_repo, 5, 7),
	/* parsed from Fedora 8 on; Anaconda uses cost from 11.4.1, includepkgs from 14.10 */
	FROM(knows_cost, 6, 10),
	FROM(knows_filters, 6, 14),
	FROM(knows_proxy, 6, 13),
	FROM(knows_noverifyssl, 6, 14),
	FROM(knows_variables, 7, 15), /* Anaconda 15.7 */
	FROM(knows_install, 7, 21),
	FROM(knows_metalink, 8, 27),
	FROM(needs_end, 6, 8),
	/* the loader knows them earlier, or the parser does; Anaconda 14 is the first of
	 * which both stages do, and an unknown device or option ends the installation */
	FROM(knows_mac_device, 6, 14),
	FROM(knows_ipv6, 6, 14),
	FROM(knows_ipv6_gateway, 7, 19),
	FROM(knows_no_address, 5, 7),
	FROM(knows_bond, 6, 19),
	FROM(knows_vlan, 6, 19),
	FROM(knows_vlan_name, 7, 21),
	FROM(knows_bridge, 7, 22),
	FROM(knows_ca, 8, 30),
	FROM(knows_url_mirrors, 7, 18),
	FROM(replaces_variants, 10, NEVER),
	FROM(knows_only_use, 4, 8),
	FROM(knows_boot_drive, 7, 17),
	FROM(knows_disk_links, 6, 14),
	FROM(knows_environments, 7, 20),
	UNTIL(knows_modules, 8, 9, 29, 40),
	UNTIL(knows_module_disable, 8, 9, 31, 40),
	FROM(knows_lock, 7, 18), /* before, only together with a password */
	FROM(knows_selinux, 4, 7),
	FROM(knows_script_options, 5, 7),
	UNTIL(knows_ntpservers, 7, 8, 18, 32),
	FROM(knows_timesource, 9, 33),
	UNTIL(knows_key, 5, 5, NEVER, NEVER),
	FROM(has_inst_options, 7, 17),
#undef FROM
#undef UNTIL
};

static bool read_number(
	const char *name, const char *family, unsigned min, unsigned max, unsigned *ret)
{
	uint64_t number;

	if (strncasecmp(name, family, strlen(family)) != 0)
		return false;
	name += strlen(family);
	if (name[0] == '0' || !text_parse_u64(name, max, &number) || number < min)
		return false;
	*ret = (unsigned)number;
	return true;
}

/* What their installers do not know themselves, netplan and apt do. */
static bool find_debian(const char *name, struct release *ret)
{
	static const struct {
		const char *name, *codename;
		enum installer installer;
	} rows[] = {
		{"debian12", "bookworm", INSTALLER_PRESEED},
		{"debian13", "trixie", INSTALLER_PRESEED},
		{"ubuntu24.04", "noble", INSTALLER_AUTOINSTALL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (!text_equal_case(rows[i].name, name))
			continue;
		*ret = (struct release){.installer = rows[i].installer,
			.codename = rows[i].codename,
			.knows_noverifyssl = true,
			.needs_end = true, /* scripts stand apart from what needs them */
			.knows_mac_device = true,
			.knows_ipv6 = true,
			.knows_ipv6_gateway = true,
			.knows_no_address = true,
			.knows_bond = true,
			.knows_vlan = true,
			.knows_vlan_name = true,
			.knows_bridge = true,
			.knows_netplan = true,
			.knows_disk_links = true,
			.knows_script_options = true};
		return true;
	}
	return false;
}

bool release_find(const char *name, struct release *ret)
{
	unsigned rhel = 0, fedora = 0;

	*ret = (struct release){0};
	if (name == NULL)
		return false;
	if (find_debian(name, ret))
		return true;
	if (!read_number(name, "RHEL", ENTERPRISE_MIN, ENTERPRISE_MAX, &rhel) &&
		!read_number(name, "F", FEDORA_MIN, FEDORA_MAX, &fedora))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		const struct option *option = &options[i];
		bool *known = (bool *)(void *)((char *)ret + option->offset);

		*known = rhel > 0 ? option->rhel <= rhel && rhel <= option->rhel_last
				  : option->fedora <= fedora &&
					    fedora <= option->fedora_last;
	}
	return true;
}

/* The URL that a `repo` line has: the first of several base URLs. */
static const char *url_of(const struct repository *repository)
{
	const char *other = repository->mirror_list != NULL ? repository->mirror_list
							    : repository->metalink;

	return repository->base_urls.n > 0 ? repository->base_urls.items[0] : other;
}

size_t release_lacks(const struct release *release, const struct repository *repository,
	struct lack ret[static LACKS_MAX])
{
	const char *url = url_of(repository);
	enum field_id url_field = repository->base_urls.n > 0	    ? FIELD_BASE_URL
				  : repository->mirror_list != NULL ? FIELD_MIRROR_LIST
								    : FIELD_METALINK;
	const struct {
		bool is_used, is_known;
		struct lack lack;
	} rows[] = {
		{repository->metalink != NULL, release->knows_metalink,
			{FIELD_METALINK, "--metalink", true}},
		{repository->includes.n > 0, release->knows_filters,
			{FIELD_INCLUDE, "--includepkgs", true}},
		{repository->excludes.n > 0, release->knows_filters,
			{FIELD_EXCLUDE, "--excludepkgs", true}},
		{repository->proxy != NULL, release->knows_proxy,
			{FIELD_PROXY, "--proxy", true}},
		{url != NULL && strchr(url, '$') != NULL, release->knows_variables,
			{url_field, "a variable in a URL", true}},
		{repository->no_verify_ssl, release->knows_noverifyssl,
			{FIELD_NO_VERIFY_SSL, "--noverifyssl", true}},
		{repository->ca_certificate != NULL, release->knows_ca,
			{FIELD_CA_CERTIFICATE, "--sslcacert", true}},
		{repository->cost >= 0, release->knows_cost,
			{FIELD_COST, "--cost", false}},
		{repository->base_urls.n > 1, false,
			{FIELD_BASE_URL, "a second base URL", false}},
	};
	size_t n = 0;

	_Static_assert(ARRAY_SIZE(rows) <= LACKS_MAX, "room for all");
	if (!release->knows_repo) {
		ret[0] = (struct lack){FIELD_NAME, "repo", true};
		return 1;
	}
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].is_used && !rows[i].is_known)
			ret[n++] = rows[i].lack;
	return n;
}

bool release_knows_group(const struct release *release, const char *group)
{
	if (group[0] == '^')
		return release->knows_environments;
	return strchr(group, ':') == NULL || release->knows_modules;
}

bool profile_lacks_image(const struct profile *profile)
{
	return profile->release != NULL &&
	       profile->release->installer == INSTALLER_AUTOINSTALL &&
	       profile->install_image == NULL;
}

bool release_knows_module(
	const struct release *release, const struct module_choice *module)
{
	return module->is_disabled ? release->knows_module_disable
				   : release->knows_modules;
}

struct module_choice module_parse(struct arena *arena, const char *text)
{
	bool is_disabled = *text == '-';
	const char *name = text + is_disabled, *colon = strchr(name, ':');

	if (colon == NULL)
		return (struct module_choice){.name = name, .is_disabled = is_disabled};
	return (struct module_choice){
		.name = arena_strndup(arena, name, (size_t)(colon - name)),
		.stream = colon + 1,
		.is_disabled = is_disabled,
	};
}

bool release_leaves_out(
	const struct release *release, const struct repository *repository)
{
	struct lack lacks[LACKS_MAX];
	size_t n = release_lacks(release, repository, lacks);

	for (size_t i = 0; i < n; i++)
		if (lacks[i].leaves_out)
			return true;
	return false;
}

/* The installer writes a file for http, https and ftp only, with one URL and without
 * keys. */
bool release_keeps(const struct release *release, const struct repository *repository)
{
	const char *url = url_of(repository);

	return release->knows_install && !release_leaves_out(release, repository) &&
	       repository->gpg_keys.n == 0 && repository->base_urls.n <= 1 &&
	       !repository->no_verify_ssl && repository->ca_certificate == NULL &&
	       url != NULL &&
	       (text_has_prefix(url, "http") || text_has_prefix(url, "ftp"));
}

bool release_reserves(const struct release *release, const char *repository)
{
	/* "anaconda", the products' names, and what the installer takes for its base */
	static const char *const names[] = {"anaconda", "fedora", "rhel", "centos",
		"almalinux", "fedora-modular-server", "rawhide", "BaseOS", "baseos",
		"eln-baseos"};

	/* what yum and dnf take for their own options in any .repo file */
	if (strcmp(repository, "main") == 0)
		return true;
	if (!release->knows_repo)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strcmp(names[i], repository) == 0)
			return true;
	return false;
}

bool release_replaces(const struct release *release, const char *repository)
{
	return release->replaces_variants && strcmp(repository, "AppStream") == 0;
}
