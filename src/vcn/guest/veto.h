/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What a manifest may not ask of this host, whoever has written it (vcn.yaml, `bridges`,
 * `writable-roots`): each guest is looked at before anything of it is opened.
 */

#include "vcn/common/launch_settings.h"
#include "vcn/common/manifest.h"

/* EXIT_REFUSED at the guest. */
int veto_check(const struct launch_settings *settings, const struct guest *guest,
	struct diags *diags) _must_check_;
/* Where the image of a guest may be: less for one that writes to it. */
const struct string_list *veto_image_roots(
	const struct launch_settings *settings, const struct guest_image *image);
