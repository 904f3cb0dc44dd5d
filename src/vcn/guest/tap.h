/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Names of guests' network interfaces on the host. Kernel names end after 15 characters and
 * host names do not, so it is "vcn" and a hash; the FQDN stands in the interface's alias.
 */

#include <net/if.h>

#include "base/mem.h"

/* 15 characters, the same at every start. */
void tap_name(const char *fqdn, size_t interface, char ret_name[IFNAMSIZ]);
/* A frame as if the guest had sent it, by any descriptor of its TAP. */
void tap_send(int fd, const uint8_t *frame, size_t len);
/* A frame that goes to the guest, cut to @size; <= 0: there is none. */
ssize_t tap_receive(int fd, uint8_t *ret_frame, size_t size) _must_check_;
/* Could it have been made of some guest's name? */
bool tap_is_ours(const char *name);
