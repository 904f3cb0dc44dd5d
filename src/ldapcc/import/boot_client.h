/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Clients that boot, one of each kind that has an attribute of its own here: what is told by
 * condition (dhcpd) or by tag (dnsmasq) is tried with each of them.
 */

enum boot_client {
	CLIENT_BIOS,
	CLIENT_UEFI,
	CLIENT_UEFI_9, /* the other number that x86-64 UEFI has */
	CLIENT_ARM64,
	CLIENT_IPXE,
	CLIENT_IPXE_UEFI,
	CLIENT_HTTP,
	CLIENT_HTTP_ARM64,
	CLIENT_SILENT, /* says nothing of itself */
	_CLIENT_MAX
};

/* A bit each. */
enum {
	CLIENTS_ALL = (1U << _CLIENT_MAX) - 1,
	CLIENTS_IPXE = 1U << CLIENT_IPXE | 1U << CLIENT_IPXE_UEFI,
};

enum { CLIENT_WITHOUT_ARCH = 0x100 };

/* What they say of themselves (RFC 4578, RFC 5970): vendor classes as far as they are the same. */
struct boot_client_words {
	unsigned arch;
	const char *vendor_class, *user_class;
};

extern const struct boot_client_words boot_clients[_CLIENT_MAX];
