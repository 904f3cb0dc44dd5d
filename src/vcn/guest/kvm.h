/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The host's devices for guests: /dev/kvm, /dev/vhost-net, /dev/vhost-vsock.
 *
 * KVM is what guests run on, and nothing takes its place silently: TCG, which emulates
 * every instruction and gives no isolation, only where the settings ask for it.
 */

#include "vcn/guest/identity.h"
#include "vcn/guest/probe.h"

/*
 * kvm_open - /dev/kvm, usable
 *
 * shape:  *ret_group: the supplementary group QEMU needs to open it itself, which it does
 *         before 8.2; 0 where none is needed
 * errors: EXIT_MISSING
 */
int kvm_open(const struct identity *identity, const struct qemu *qemu,
	struct diags *diags, int *ret_fd, gid_t *ret_group) _must_check_;
/* Is KVM there at all? EXIT_MISSING. */
int kvm_check(struct diags *diags) _must_check_;

/* Could guests have it? Whether it works, opening tells. */
bool kvm_has_vhost_net(void) _must_check_;
/* /dev/vhost-net, or -1 where this host has none that works. */
int kvm_open_vhost_net(void) _must_check_;

/*
 * kvm_open_vsock - /dev/vhost-vsock with a context id that no other guest has
 *
 * shape:  @name: where to look first, so that a VCN keeps its id where it can
 * errors: EXIT_MISSING
 */
int kvm_open_vsock(const char *name, struct diags *diags, int *ret_fd,
	unsigned *ret_cid) _must_check_;
