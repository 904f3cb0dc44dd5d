/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * QEMU's events, as far as they say something about a guest.
 *
 * source: QEMU QMP Reference Manual: NIC_RX_FILTER_CHANGED, VSERPORT_CHANGE, SHUTDOWN,
 *         GUEST_PANICKED, BLOCK_IO_ERROR, STOP
 */

#include "vcn/guest/qmp.h"

enum event_kind {
	EVENT_NONE, /* says nothing to us */
	EVENT_NIC, /* the network driver is up */
	EVENT_PORT_OPEN, /* the guest has opened the port @port */
	EVENT_SHUTDOWN, /* was_reset or was_shut_down, by the guest itself; or neither */
	EVENT_PANICKED,
	EVENT_DISK_STOPPED, /* a write failed, and the guest is frozen for it */
	EVENT_STOPPED,
};

struct event {
	enum event_kind kind;
	const char *port; /* "" where QEMU names none */
	bool was_reset, was_shut_down;
	bool is_out_of_space;
	const char *reason; /* of a failing disk, in QEMU's words; "" for none */
	const char *drive; /* that fails, by its id; "" where QEMU names none */
};

/*
 * event_read - what the QMP_EVENT @message says
 *
 * memory:  strings are borrowed from @message
 * returns: false where a member that counts has a wrong type: that is no QEMU
 */
bool event_read(const struct qmp_message *message, struct event *ret) _must_check_;
