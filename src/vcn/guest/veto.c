/* SPDX-License-Identifier: Apache-2.0 */
#include "vcn/guest/veto.h"

#include <string.h>

#include "vcn/guest/image.h"
#include "vcn/guest/pin.h"

static bool is_allowed(const struct string_list *names, const char *name)
{
	for (size_t i = 0; i < names->n; i++)
		if (strcmp(names->items[i], name) == 0)
			return true;
	return false;
}

static int check_bridges(const struct launch_settings *settings,
	const struct guest *guest, struct diags *diags)
{
	if (!settings->has_bridges || settings->network == NETWORK_USER)
		return 0;
	for (size_t i = 0; i < guest->n_interfaces; i++) {
		const char *name = launch_bridge(settings, guest->interfaces[i].bridge);

		if (!is_allowed(&settings->bridges, name))
			return diag_fail(diags, EXIT_REFUSED, guest->where,
				"VCN '%s': no guest of this host may be on bridge '%s' "
				"(vcn.yaml, bridges)",
				guest->name, name);
	}
	return 0;
}

const struct string_list *veto_image_roots(
	const struct launch_settings *settings, const struct guest_image *image)
{
	return !image->snapshot && settings->has_writable_roots
		       ? &settings->writable_roots
		       : &settings->image_roots;
}

/* Without the setting a guest writes nothing but images. */
static int check_disks(const struct launch_settings *settings, const struct guest *guest,
	struct diags *diags)
{
	for (size_t i = 0; i < guest->n_disks; i++) {
		const struct guest_disk *disk = &guest->disks[i];

		if (disk->path != NULL &&
			!image_is_below(&settings->writable_roots, disk->path))
			return diag_fail(diags, EXIT_REFUSED, guest->where,
				"VCN '%s': its disk '%s' is none that a guest of this "
				"host may write to (vcn.yaml, writable-roots)",
				guest->name, disk->path);
	}
	return 0;
}

/* KVM runs what the host's own processors run. */
static int check_accel(const struct launch_settings *settings, const struct guest *guest,
	struct diags *diags)
{
	if (settings->accel == ACCEL_TCG || architecture_is_own(guest->architecture))
		return 0;
	return diag_fail(diags, EXIT_MISSING, guest->where,
		"VCN '%s' is for %s, and this host's processors are %s: only 'accel: tcg' "
		"(vcn.yaml) runs it",
		guest->name, architecture_name(guest->architecture),
		architecture_name(ARCHITECTURE_HOST));
}

int veto_check(const struct launch_settings *settings, const struct guest *guest,
	struct diags *diags)
{
	const struct guest_image *image = &guest->image;
	int r = check_accel(settings, guest, diags);

	if (r == 0)
		r = pin_check(guest, diags);
	if (r == 0)
		r = check_bridges(settings, guest, diags);
	if (r == 0)
		r = check_disks(settings, guest, diags);
	if (r < 0 || image->path == NULL || image->snapshot ||
		!settings->has_writable_roots ||
		image_is_below(&settings->writable_roots, image->path))
		return r;
	return diag_fail(diags, EXIT_REFUSED, guest->where,
		"VCN '%s': its image '%s' is none that a guest of this host may write to "
		"(vcn.yaml, writable-roots)",
		guest->name, image->path);
}
