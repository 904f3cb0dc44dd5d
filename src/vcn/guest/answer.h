/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Whoever asks whether a VCN is somewhere (presence.h) gets an answer for as long as its QEMU
 * is there: while it boots, while it shuts down, and while it stands still, when the guest
 * itself says nothing. Else another host would start it a second time.
 *
 * The questions are heard at the TAP, of which the kernel hands over no other frame, and
 * answered through it: in the guest's VLAN, from its MAC.
 */

#include "vcn/common/manifest.h"
#include "vcn/guest/network.h"

struct answers;

/*
 * answers_open - listens at the TAPs of @guest's @ports
 *
 * memory: below @mem_ctx; the ports' TAP descriptors must outlive it
 * errors: a TAP that cannot be listened to is passed over: guests answer for themselves, too
 */
struct answers *answers_open(TALLOC_CTX *mem_ctx, const struct guest *guest,
	const struct network_port *ports) _must_check_;
/* To be polled for POLLIN; -1 for none. */
int answers_fd(const struct answers *answers);
/* To be called when there is something. */
void answers_give(struct answers *answers);
