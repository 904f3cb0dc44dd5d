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
/* Could it have been made of some guest's name? */
bool tap_is_ours(const char *name);
