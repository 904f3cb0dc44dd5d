/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* How a guest is to be supervised, beside what the settings say. */

#include "vcn/common/record.h"

struct supervise_options {
	bool is_foreground; /* `vcn run`: SIGHUP is a stop; console bytes to console_fd */
	int console_fd; /* -1, or gets a copy of the console's output */
	const char *notify_socket; /* value of NOTIFY_SOCKET, or NULL */
	int report_fd; /* -1, or gets a line of state JSON at every change */
	/* Once a boot, or NULL; a guest that was stopped on request before it was ready
	 * gives no record. It runs in the supervisor's process. */
	void (*booted)(void *user, const struct boot_record *record);
	void *user;
};
