/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What a VCN has beside its image. Disks (vocDisk): `NAME SIZE`, as many MiB that are thrown
 * away with the guest, or `NAME PATH`, a file of the host that is kept. Credentials of systemd
 * (vocCredential): `NAME=VALUE`, for what is no secret, or `NAME:PATH`, a file of the host.
 */

#include "model/site.h"

/*
 * guest_disk_parse - one value
 *
 * memory: what *ret points to is below @arena
 * return: what is wrong with it, or NULL
 */
const char *guest_disk_parse(
	struct arena *arena, const char *text, struct guest_disk *ret) _must_check_;
const char *guest_credential_parse(
	struct arena *arena, const char *text, struct guest_credential *ret) _must_check_;
/* Gives @vcn what its values stand for, in @arena. */
void guest_parts_build(struct arena *arena, struct machine *vcn);
