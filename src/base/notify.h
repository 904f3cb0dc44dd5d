/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * sd_notify(3) without libsystemd: one datagram to $NOTIFY_SOCKET, a path or an abstract
 * name that begins with '@'. Without the variable nothing is sent.
 */

#include "base/mem.h"

/* Sends @state, such as "READY=1\nSTATUS=…"; 0, or -errno. */
int notify_send(const char *state);
