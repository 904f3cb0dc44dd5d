/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * vocDHCPOption: `NAME VALUE`, a standard option of DHCP by the name that dhcp-options(5)
 * gives it, and a value of its type. What has an attribute of its own is none of them, and
 * neither is what a server says of itself.
 *
 * A value is held in two ways: as words, for a server that knows the type, and as the
 * octets that stand in the packet.
 */

#include "base/mem.h"

/* The packet's `file` has 128 octets, the last of them a NUL (RFC 2131 section 2). */
enum { BOOT_FILE_MAX = 127 };

enum dhcp_type {
	DHCP_ADDRESS, /* one address */
	DHCP_ADDRESSES, /* some, with commas or blanks between */
	DHCP_TEXT,
	DHCP_NUMBER8,
	DHCP_NUMBER16,
	DHCP_NUMBER32,
	DHCP_SIGNED32,
	DHCP_TRUTH, /* true or false */
	DHCP_DOMAINS, /* names, with commas or blanks between */
	DHCP_OCTETS, /* hexadecimal */
};

/* A row of the table. */
struct dhcp_option_type {
	const char *name;
	uint16_t code;
	uint8_t type; /* enum dhcp_type */
	bool is_ipv6; /* of DHCPv6; the name begins with dhcp6. */
	bool is_new; /* younger than ISC dhcpd, which must be told of it */
	bool is_plain; /* dnsmasq takes its words only, for a name or a time (opttab) */
};

struct dhcp_option {
	const struct dhcp_option_type *type;
	const char **words; /* of a negative number without its sign */
	uint32_t n_words;
	const char *hex; /* the octets, aa:bb:… */
	uint32_t n_octets;
};

/*
 * dhcp_option_parse - @text is `NAME VALUE`
 *
 * memory: below @mem_ctx
 * errors: NULL on success, else a sentence, below @mem_ctx or static
 */
const char *dhcp_option_parse(
	TALLOC_CTX *mem_ctx, const char *text, struct dhcp_option *ret) _must_check_;

/* The row of a name, or of a number; NULL: it is no standard option, or an attribute's. */
const struct dhcp_option_type *dhcp_option_of_name(const char *name) _must_check_;
const struct dhcp_option_type *dhcp_option_of_code(
	unsigned code, bool is_ipv6) _must_check_;

/* Words that dnsmasq would cut, and no octets that it takes for this option. */
bool dhcp_option_beyond_dnsmasq(const struct dhcp_option *option);

/* A name as it stands in a packet (RFC 1035 section 3.1), its end included. */
size_t dhcp_name_octets(const char *name, uint8_t *ret);
