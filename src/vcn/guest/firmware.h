/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The UEFI firmware of a guest, as QEMU's descriptions say what the host has. The code is
 * shared and read-only; the variables are those of its template, and are thrown away.
 *
 * source: QEMU docs/interop/firmware.json
 */

#include "vcn/common/launch_settings.h"
#include "vcn/common/manifest.h"

struct firmware {
	const char *code, *variables; /* paths */
	bool is_code_qcow2, are_variables_qcow2;
	bool needs_smm;
};

/*
 * firmware_find - the first description, by name, that fits @guest
 *
 * shape:  *ret is NULL for a guest without UEFI; a description in an earlier folder stands
 *         before one of the same name in a later one
 * memory: below @mem_ctx
 * errors: EXIT_MISSING where the host has none
 */
int firmware_find(TALLOC_CTX *mem_ctx, const struct launch_settings *settings,
	const struct guest *guest, struct diags *diags,
	struct firmware **ret) _must_check_;
