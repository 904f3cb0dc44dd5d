/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What the guest's systemd says over vsock (readiness `notify`), in the sd_notify protocol.
 *
 * source: sd_notify(3), systemd(1) "System credentials" (vmm.notify_socket)
 */

#include "base/diag.h"

/* What a guest's message says. */
struct readiness_news {
	bool is_ready;
	/* emergency.target, rescue.target: READY=1 comes there too, and means nothing */
	bool is_rescue;
	bool is_rescue_over;
};

/* Reads the lines of one message and adds to @news. */
void readiness_read(const char *text, size_t len, struct readiness_news *news);

/*
 * readiness_listen - a vsock listener for guests' messages
 *
 * errors: EXIT_MISSING
 */
int readiness_listen(struct diags *diags, int *ret_fd, unsigned *ret_port) _must_check_;
/*
 * readiness_accept - one message of the guest @cid, read to its end or as far as it is there
 *
 * shape: a connection of any other peer is closed unread
 */
void readiness_accept(int fd, unsigned cid, struct readiness_news *news);
