/* SPDX-License-Identifier: Apache-2.0 */
#include "model/boot_loader.h"

#include <string.h>

#include "base/text.h"

/* A name or an IPv4 address, and nothing beside it. */
static bool is_bare_host(const char *text, size_t len)
{
	return len > 0 && memchr(text, ':', len) == NULL &&
	       memchr(text, '@', len) == NULL;
}

const char *boot_grub_path(struct arena *arena, const char *path)
{
	const char *rest = strstr(path, "://");
	bool is_known =
		text_has_prefix(path, "http://") || text_has_prefix(path, "tftp://");

	if (rest == NULL)
		return path;
	rest += strlen("://");
	size_t len = strcspn(rest, "/");

	if (!is_known || rest[len] == '\0' || !is_bare_host(rest, len))
		return NULL;
	return arena_printf(arena, "(%.4s,%.*s)%s", path, (int)len, rest, rest + len);
}

static bool is_lpxelinux(const struct boot *boot)
{
	const char *name = boot->file == NULL ? NULL : strrchr(boot->file, '/');

	return text_compare("lpxelinux.0", name == NULL ? boot->file : name + 1) == 0;
}

static bool has_url(const struct site *site)
{
	for (size_t i = 0; i < site->n_profiles; i++) {
		const struct profile *profile = site->profiles[i];
		const char *const paths[] = {profile->kernel, profile->initrd};

		for (size_t j = 0; j < ARRAY_SIZE(paths); j++)
			if (paths[j] != NULL && strstr(paths[j], "://") != NULL)
				return true;
	}
	return false;
}

void boot_loaders_find(struct site *site)
{
	if (!has_url(site))
		return;
	for (size_t i = 0; i < site->n_networks; i++)
		site->has_lpxelinux |= is_lpxelinux(&site->networks[i]->boot);
	for (size_t i = 0; i < site->n_machines; i++)
		site->has_lpxelinux |= is_lpxelinux(&site->machines[i]->rare->boot);
}

static bool is_fetched(const struct site *site, const char *path)
{
	if (strstr(path, "://") == NULL || text_has_prefix(path, "tftp://"))
		return true;
	return (text_has_prefix(path, "http://") || text_has_prefix(path, "ftp://")) &&
	       site->has_lpxelinux;
}

bool boot_pxelinux_loads(const struct site *site, const struct profile *profile)
{
	return is_fetched(site, profile->kernel) && is_fetched(site, profile->initrd);
}

void boot_loaders_plan(struct site *site)
{
	for (size_t i = 0; i < site->n_profiles; i++) {
		struct profile *profile = site->profiles[i];

		if (profile->kernel == NULL || profile->initrd == NULL)
			continue;
		profile->grub_kernel = boot_grub_path(site->arena, profile->kernel);
		profile->grub_initrd = boot_grub_path(site->arena, profile->initrd);
		profile->is_for_pxelinux = boot_pxelinux_loads(site, profile);
	}
}
