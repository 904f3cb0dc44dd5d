/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Credentials as QEMU reads them: a string of SMBIOS in memory that has no name, so that no
 * secret is on a command line, in an environment or in a file of ours.
 *
 * source: systemd(1), "System credentials"; systemd.exec(5); SMBIOS type 11
 */

#include "vcn/common/launch_settings.h"
#include "vcn/common/manifest.h"

/* Bytes of a VCN's credentials in all: SMBIOS has 64 KiB, and base64 needs a third more. */
enum { CREDENTIAL_BYTES_MAX = 40 * 1024 };

/*
 * credential_open - the string of one credential, for the child that opens files
 *
 * shape:  *bytes_left are what the ones before have left
 * errors: EXIT_DATA: no file below the credential roots, one that everybody may read, or too
 *         much of them; EXIT_IO
 */
int credential_open(const struct launch_settings *settings, const struct guest *guest,
	const struct guest_credential *credential, size_t *bytes_left,
	struct diags *diags, int *ret_fd) _must_check_;
