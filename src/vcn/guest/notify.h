/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The sd_notify protocol, both ways: to the service manager that runs us (NOTIFY_SOCKET),
 * and from the guest's systemd over vsock (readiness `notify`).
 *
 * source: sd_notify(3), systemd(1) "System credentials" (vmm.notify_socket)
 */

#include "base/diag.h"

/* One message to the service manager; nobody there is no fault. @address NULL: none. */
void notify_send(const char *address, const char *format, ...) _printf_(2, 3);

/* What a guest's message says. */
struct notify_news {
	bool is_ready;
	/* emergency.target, rescue.target: READY=1 comes there too, and means nothing */
	bool is_rescue;
	bool is_rescue_over;
};

/* Reads the lines of one message and adds to @news. */
void notify_read(const char *text, size_t len, struct notify_news *news);

/*
 * notify_listen - a vsock listener for guests' messages
 *
 * errors: EXIT_MISSING
 */
int notify_listen(struct diags *diags, int *ret_fd, unsigned *ret_port) _must_check_;
/*
 * notify_accept - one message of the guest @cid, read to its end or as far as it is there
 *
 * shape: a connection of any other peer is closed unread
 */
void notify_accept(int fd, unsigned cid, struct notify_news *news);
