/* SPDX-License-Identifier: Apache-2.0 */
#include "vcn/guest/preflight.h"

#include <errno.h>
#include <poll.h>

#include "base/clock.h"
#include "vcn/guest/firmware.h"
#include "vcn/guest/netlink.h"
#include "vcn/guest/opening.h"
#include "vcn/guest/veto.h"

static int check_bridge(struct links *links, const char *name,
	const struct guest_interface *interface, const struct guest *guest,
	struct diags *diags)
{
	struct bridge bridge;
	int r = link_find_bridge(links, name, &bridge);

	if (r < 0 || !bridge.is_bridge)
		return diag_fail(diags, EXIT_IO, guest->where,
			"VCN '%s': this host has no bridge '%s' (vcn.yaml, bridge-map)",
			guest->name, name);
	if (interface->mtu > bridge.mtu)
		return diag_fail(diags, EXIT_IO, guest->where,
			"VCN '%s': MTU %u is more than the %u of bridge '%s'",
			guest->name, interface->mtu, bridge.mtu, name);
	return 0;
}

static int check_bridges(const struct launch_settings *settings,
	const struct guest *guest, struct diags *diags)
{
	TMP_CTX(tmp);
	int error = 0, result = 0;

	if (settings->network == NETWORK_USER || guest->n_interfaces == 0)
		return 0;
	struct links *links = links_open(tmp, &error);

	if (links == NULL)
		return diag_fail_errno(diags, EXIT_IO, error, guest->where,
			"the kernel's netlink socket cannot be opened");
	for (size_t i = 0; i < guest->n_interfaces; i++) {
		const struct guest_interface *interface = &guest->interfaces[i];
		int r = check_bridge(links, launch_bridge(settings, interface->bridge),
			interface, guest, diags);

		result = result == 0 ? r : result;
	}
	return result;
}

static int check_files(const struct launch_settings *settings, const struct guest *guest,
	struct diags *diags)
{
	TMP_CTX(tmp);
	struct opening *opening;
	struct opened *opened;
	int r = opening_begin(tmp, settings, guest, diags, &opening);

	if (r < 0)
		return r;
	struct pollfd answer = {.fd = opening_fd(opening), .events = POLLIN};
	int64_t left;

	while ((left = opening_deadline(opening) - clock_ms()) > 0 &&
		poll(&answer, 1, (int)left) < 0 && errno == EINTR)
		;
	return opening_end(tmp, opening, guest->where, diags, &opened);
}

static int check_firmware(const struct launch_settings *settings,
	const struct guest *guest, struct diags *diags)
{
	TMP_CTX(tmp);
	struct firmware *firmware;

	return firmware_find(tmp, settings, guest, diags, &firmware);
}

int preflight_guest(const struct launch_settings *settings, const struct guest *guest,
	struct diags *diags)
{
	int veto = veto_check(settings, guest, diags);
	int bridges = check_bridges(settings, guest, diags);
	int files = check_files(settings, guest, diags);
	int firmware = check_firmware(settings, guest, diags);

	return veto < 0 ? veto : bridges < 0 ? bridges : files < 0 ? files : firmware;
}
