/* SPDX-License-Identifier: Apache-2.0 */
#include "render/fields_row.h"

#include <string.h>

#include "model/apt.h"

/* Images, repositories, profiles: the template data that boots or installs. */

COUNT_BEHIND(profile, repositories);
COUNT_BEHIND(profile, installer_repositories);
COUNT_BEHIND(profile, post_repositories);
COUNT_BEHIND(profile, hosts);
COUNT_BEHIND(profile, modules);
ELEMENTS(module_choice)

GIVES(bool, image_is_qcow2, image, strcmp(o->format, "qcow2") == 0)

static const struct field image_computed[] = {
	EXTRA(IMAGE),
	COMPUTED("is_qcow2", VALUE_BOOL, image_is_qcow2),
	{0},
};
static struct field image_fields[ROW_ROOM];
struct shape image_shape = {"image", image_fields, NULL, NULL};

static const struct field repository_computed[] = {
	EXTRA(REPOSITORY),
	HAS("has_includes", repository, includes),
	HAS("has_excludes", repository, excludes),
	{0},
};
static struct field repository_fields[ROW_ROOM];
struct shape repository_shape = {"repository", repository_fields, NULL, NULL};

/* knows_…: what the profile's release can express; offset is into struct release */
static void get_release(const struct field *field, const void *object, struct value *ret)
{
	const struct profile *profile = object;

	row_give_bool(
		ret, profile->release != NULL && MEMBER(bool, field, profile->release));
}

GETTER(profile_kickstart_option, profile)
{
	row_give_text(ret,
		o->release != NULL && o->release->has_inst_options ? "inst.ks" : "ks");
}

/* A path below the TFTP root without the slash in front; a URL as it is. */
static void give_path(const char *path, struct value *ret)
{
	row_give_text(ret, path == NULL ? NULL : path + (path[0] == '/'));
}

static void give_is_url(const char *path, struct value *ret)
{
	row_give_bool(ret, path != NULL && strstr(path, "://") != NULL);
}

GETTER(profile_kernel_path, profile)
{
	give_path(o->kernel, ret);
}

GETTER(profile_initrd_path, profile)
{
	give_path(o->initrd, ret);
}

GETTER(profile_kernel_is_url, profile)
{
	give_is_url(o->kernel, ret);
}

GETTER(profile_initrd_is_url, profile)
{
	give_is_url(o->initrd, ret);
}

GIVES(bool, profile_has_url, profile, o->nfs_server == NULL)
GIVES(bool, profile_leaves_out, profile, o->n_installer_repositories < o->n_repositories)

static const struct field module_fields[] = {
	FROM("name", module_choice, name, MODULE),
	FROM("stream", module_choice, stream, MODULE),
	TRUTH("is_disabled", module_choice, is_disabled),
	{0},
};
static const struct shape module_shape = {"module", module_fields, NULL, NULL};

COUNT_BEHIND(profile, sources);
ELEMENTS(apt_source)

GIVES(number, apt_source_number, apt_source, o->number)

static const struct field apt_mirror_fields[] = {
	FROM("protocol", apt_mirror, protocol, INSTALL_URL),
	FROM("host", apt_mirror, host, INSTALL_URL),
	FROM("folder", apt_mirror, folder, INSTALL_URL),
	{0},
};
static const struct shape apt_mirror_shape = {"mirror", apt_mirror_fields, NULL, NULL};

static const struct field apt_source_fields[] = {
	/* 0 is a number, too */
	{"number", VALUE_NUMBER, NULL, apt_source_number, NULL, 0, 0},
	FROM("url", apt_source, url, BASE_URL),
	FROM("host", apt_source, host, BASE_URL),
	FROM("suite", apt_source, suite, SUITE),
	FROM("key", apt_source, key, GPG_KEY),
	STRINGS("components", apt_source, components, COMPONENT),
	TRUTH("is_pinned", apt_source, is_pinned),
	OBJECT("repository", apt_source, repository, repository_shape),
	{0},
};
static const struct shape apt_source_shape = {"source", apt_source_fields, NULL, NULL};

GIVES(text, profile_codename, profile, o->release != NULL ? o->release->codename : NULL)
GIVES(bool, profile_is_kickstart, profile,
	o->release != NULL && o->release->installer == INSTALLER_KICKSTART)
GIVES(bool, profile_has_all_packages, profile, o->packages.n > 0 || o->groups.n > 0)

GETTER(profile_has_pins, profile)
{
	row_give_bool(ret, false);
	for (uint32_t i = 0; i < o->n_sources; i++)
		ret->truth |= o->sources[i].is_pinned;
}

#define KNOWS(name, member) \
	{ \
		name, VALUE_BOOL, NULL, get_release, NULL, 0, \
			offsetof(struct release, member) \
	}

static const struct field profile_computed[] = {
	EXTRA(PROFILE),
	KNOWS("knows_repo", knows_repo),
	KNOWS("knows_cost", knows_cost),
	KNOWS("knows_filters", knows_filters),
	KNOWS("knows_proxy", knows_proxy),
	KNOWS("knows_install", knows_install),
	KNOWS("knows_metalink", knows_metalink),
	KNOWS("knows_noverifyssl", knows_noverifyssl),
	KNOWS("knows_variables", knows_variables),
	KNOWS("knows_mac_device", knows_mac_device),
	KNOWS("knows_ipv6", knows_ipv6),
	KNOWS("knows_ipv6_gateway", knows_ipv6_gateway),
	KNOWS("knows_no_address", knows_no_address),
	KNOWS("knows_bond", knows_bond),
	KNOWS("knows_vlan", knows_vlan),
	KNOWS("knows_vlan_name", knows_vlan_name),
	KNOWS("knows_bridge", knows_bridge),
	KNOWS("knows_ca", knows_ca),
	KNOWS("knows_only_use", knows_only_use),
	KNOWS("knows_boot_drive", knows_boot_drive),
	KNOWS("knows_disk_links", knows_disk_links),
	KNOWS("knows_environments", knows_environments),
	KNOWS("knows_modules", knows_modules),
	KNOWS("knows_module_disable", knows_module_disable),
	KNOWS("knows_lock", knows_lock),
	KNOWS("knows_selinux", knows_selinux),
	KNOWS("knows_script_options", knows_script_options),
	KNOWS("knows_ntpservers", knows_ntpservers),
	KNOWS("knows_timesource", knows_timesource),
	KNOWS("knows_key", knows_key),
	KNOWS("has_inst_options", has_inst_options),
	KNOWS("needs_end", needs_end),
	COMPUTED("kickstart_option", VALUE_TEXT, profile_kickstart_option),
	LIST("installer_repositories", profile, installer_repositories, repository_shape,
		row_pointer_at),
	COMPUTED("leaves_out", VALUE_BOOL, profile_leaves_out),
	LIST("post_repositories", profile, post_repositories, repository_shape,
		row_pointer_at),
	HAS("has_post", profile, post_repositories),
	TRUTH("needs_post", profile, needs_post),
	LIST("repositories", profile, repositories, repository_shape, row_pointer_at),
	HAS("has_packages", profile, packages),
	HAS("has_groups", profile, groups),
	HAS("has_removed", profile, removed),
	OBJECT("mirror", profile, mirror, apt_mirror_shape),
	LIST("sources", profile, sources, apt_source_shape, apt_source_at),
	HAS("has_sources", profile, sources),
	COMPUTED("has_pins", VALUE_BOOL, profile_has_pins),
	COMPUTED("has_all_packages", VALUE_BOOL, profile_has_all_packages),
	COMPUTED("codename", VALUE_TEXT, profile_codename),
	COMPUTED("is_kickstart", VALUE_BOOL, profile_is_kickstart),
	STRINGS("groups", profile, groups, PACKAGE),
	STRINGS("removed", profile, removed, PACKAGE),
	LIST("modules", profile, modules, module_shape, module_choice_at),
	{"kernel_path", VALUE_TEXT, NULL, profile_kernel_path, NULL, FIELD_KERNEL, 0},
	{"initrd_path", VALUE_TEXT, NULL, profile_initrd_path, NULL, FIELD_INITRD, 0},
	FROM("grub_kernel", profile, grub_kernel, KERNEL),
	FROM("grub_initrd", profile, grub_initrd, INITRD),
	COMPUTED("kernel_is_url", VALUE_BOOL, profile_kernel_is_url),
	COMPUTED("initrd_is_url", VALUE_BOOL, profile_initrd_is_url),
	FROM("nfs_server", profile, nfs_server, INSTALL_URL),
	FROM("nfs_folder", profile, nfs_folder, INSTALL_URL),
	COMPUTED("has_url", VALUE_BOOL, profile_has_url),
	STRINGS("argument_words", profile, argument_words, ARGUMENTS),
	LIST("hosts", profile, hosts, machine_shape, row_pointer_at),
	{0},
};
static struct field profile_fields[ROW_ROOM];
struct shape profile_shape = {"profile", profile_fields, NULL, NULL};

void fields_join_install(void)
{
	row_join(image_fields, image_computed, KIND_IMAGE, KIND_NONE);
	row_join(repository_fields, repository_computed, KIND_REPOSITORY, KIND_NONE);
	row_join(profile_fields, profile_computed, KIND_PROFILE, KIND_NONE);
}
