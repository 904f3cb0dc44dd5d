/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Telling the service manager that runs us, without libsystemd: one datagram to a path, or
 * to an abstract name that begins with '@'.
 *
 * source: sd_notify(3)
 */

#include "base/mem.h"

/*
 * notify_send - a message such as "READY=1\nSTATUS=…"
 *
 * shape: @address is the value of NOTIFY_SOCKET; NULL, or nobody there, is no fault
 */
void notify_send(const char *address, const char *format, ...) _printf_(2, 3);
