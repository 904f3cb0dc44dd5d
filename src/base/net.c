/* SPDX-License-Identifier: Apache-2.0 */
#include "base/net.h"

#include <arpa/inet.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"

static unsigned ip_bits(struct ip ip)
{
	return ip.family == 4 ? 32 : 128;
}

static size_t ip_octets(struct ip ip)
{
	return ip_bits(ip) / 8;
}

bool ip_parse(const char *text, struct ip *ret)
{
	static const uint8_t mapped[12] = {
		[10] = 0xff, [11] = 0xff}; /* RFC 4291 2.5.5.2 */
	struct ip ip = {0};

	if (inet_pton(AF_INET, text, ip.bytes) == 1)
		ip.family = 4;
	else if (inet_pton(AF_INET6, text, ip.bytes) == 1)
		ip.family = 6;
	else
		return false;
	if (ip.family == 6 && memcmp(ip.bytes, mapped, sizeof(mapped)) == 0) {
		struct ip inner = {.family = 4};

		memcpy(inner.bytes, ip.bytes + sizeof(mapped), 4);
		ip = inner;
	}
	*ret = ip;
	return true;
}

static char *write_octet(char *at, uint8_t octet)
{
	if (octet >= 100)
		*at++ = (char)('0' + octet / 100);
	if (octet >= 10)
		*at++ = (char)('0' + octet / 10 % 10);
	*at++ = (char)('0' + octet % 10);
	return at;
}

static char *write4(struct ip ip, char *at)
{
	for (unsigned i = 0; i < 4; i++) {
		if (i > 0)
			*at++ = '.';
		at = write_octet(at, ip.bytes[i]);
	}
	return at;
}

enum { GROUPS = 8 }; /* of 16 bits, in an IPv6 address */

/* The longest run of zeros, the first of equals; none where it is one alone (RFC 5952 4.2). */
static unsigned find_zeros(const uint16_t groups[GROUPS], unsigned *ret_n)
{
	unsigned start = GROUPS, longest = 1;

	for (unsigned i = 0, n; i < GROUPS; i += n + 1) {
		for (n = 0; i + n < GROUPS && groups[i + n] == 0;)
			n++;
		if (n <= longest)
			continue;
		start = i;
		longest = n;
	}
	*ret_n = longest;
	return start;
}

static const char hex_digits[] = "0123456789abcdef";

static char *write_group(char *at, uint16_t group)
{
	if (group >= 0x1000)
		*at++ = hex_digits[group >> 12];
	if (group >= 0x100)
		*at++ = hex_digits[group >> 8 & 15];
	if (group >= 0x10)
		*at++ = hex_digits[group >> 4 & 15];
	*at++ = hex_digits[group & 15];
	return at;
}

/* As inet_ntop(3) does, which takes printf() for it; most addresses that are printed come here. */
static char *write6(struct ip ip, char *at)
{
	uint16_t groups[GROUPS];
	unsigned n;

	for (unsigned i = 0; i < GROUPS; i++)
		groups[i] = (uint16_t)(ip.bytes[2 * i] << 8 | ip.bytes[2 * i + 1]);
	unsigned start = find_zeros(groups, &n);

	for (unsigned i = 0; i < GROUPS; i++) {
		if (i > 0 || start == 0)
			*at++ = ':';
		if (i == start)
			i += n - 1;
		else
			at = write_group(at, groups[i]);
	}
	if (start + n == GROUPS)
		*at++ = ':';
	return at;
}

/* IPv4 addresses in IPv6 ones are written their own way (RFC 4291 2.2). */
static bool begins_with_zeros(struct ip ip)
{
	static const uint8_t zeros[10];

	return memcmp(ip.bytes, zeros, sizeof(zeros)) == 0;
}

char *ip_write(struct ip ip, char buffer[IP_TEXT_MAX])
{
	char *end = buffer;

	buffer[0] = '\0';
	if (ip.family == 6 && begins_with_zeros(ip)) {
		inet_ntop(AF_INET6, ip.bytes, buffer, IP_TEXT_MAX);
		return buffer + strlen(buffer);
	}
	if (ip.family == 4)
		end = write4(ip, buffer);
	else if (ip.family == 6)
		end = write6(ip, buffer);
	*end = '\0';
	return end;
}

const char *ip_format(struct ip ip, char buffer[IP_TEXT_MAX])
{
	(void)ip_write(ip, buffer);
	return buffer;
}

int ip_compare(struct ip a, struct ip b)
{
	if (a.family != b.family)
		return a.family - b.family;
	return memcmp(a.bytes, b.bytes, sizeof(a.bytes));
}

bool ip_next(struct ip ip, struct ip *ret)
{
	for (size_t i = ip_octets(ip); i-- > 0;) {
		if (++ip.bytes[i] != 0) {
			*ret = ip;
			return true;
		}
	}
	return false;
}

uint32_t ip_distance(struct ip first, struct ip last)
{
	enum { MOST = 65536 };
	size_t n = ip_octets(first);
	uint32_t distance = 0;

	for (size_t i = 0; i < n; i++) {
		distance = distance * 256 + last.bytes[i] - first.bytes[i];
		if (i + 1 < n && distance > MOST / 256)
			return MOST;
	}
	return distance < MOST ? distance + 1 : MOST;
}

struct ip ip_before(struct ip ip)
{
	for (size_t i = ip_octets(ip); i-- > 0;)
		if (ip.bytes[i]-- != 0)
			break;
	return ip;
}

const char *ip_unusable(struct ip ip)
{
	static const struct {
		struct prefix prefix;
		const char *why;
	} rows[] = {
		{{{4, {0}}, 8}, "is in 0.0.0.0/8, 'this network'"},
		{{{4, {127}}, 8}, "is a loopback address"},
		{{{4, {224}}, 4}, "is a multicast address"},
		{{{4, {255, 255, 255, 255}}, 32}, "is the broadcast address"},
		{{{6, {0}}, 128}, "is the unspecified address"},
		{{{6, {[15] = 1}}, 128}, "is the loopback address"},
		{{{6, {0xff}}, 8}, "is a multicast address"},
		/* ip6-localnet of many a /etc/hosts */
		{{{6, {0xfe}}, 9}, "is in fe00::/9, which no network can have"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (prefix_contains(rows[i].prefix, ip))
			return rows[i].why;
	return NULL;
}

bool ip_is_link_local(struct ip ip)
{
	return (ip.family == 4 && ip.bytes[0] == 169 && ip.bytes[1] == 254) ||
	       (ip.family == 6 && ip.bytes[0] == 0xfe && (ip.bytes[1] & 0xc0) == 0x80);
}

char *ip_write_labels(struct ip ip, unsigned from, unsigned to, char *at)
{
	for (unsigned i = to; i-- > from; *at++ = '.') {
		unsigned nibble =
			i % 2 == 0 ? ip.bytes[i / 2] >> 4 : ip.bytes[i / 2] & 15;

		if (ip.family == 4)
			at = write_octet(at, ip.bytes[i]);
		else
			*at++ = hex_digits[nibble];
	}
	return at;
}

/* The reverse zone of the first @octets (IPv4) or nibbles (IPv6) of @ip. */
static const char *zone_of(struct ip ip, unsigned units, char buffer[REVERSE_TEXT_MAX])
{
	static const char v4[] = "in-addr.arpa", v6[] = "ip6.arpa";
	char *at = ip_write_labels(ip, 0, units, buffer);

	memcpy(at, ip.family == 4 ? v4 : v6, ip.family == 4 ? sizeof(v4) : sizeof(v6));
	return buffer;
}

static bool bit(struct ip ip, unsigned i)
{
	return ip.bytes[i / 8] & (0x80 >> i % 8);
}

/* Bits of a netmask, or -1 if it has a hole. */
static int mask_length(struct ip mask)
{
	unsigned length = 0;

	while (length < ip_bits(mask) && bit(mask, length))
		length++;
	for (unsigned i = length; i < ip_bits(mask); i++)
		if (bit(mask, i))
			return -1;
	return (int)length;
}

/* ffffff00, with or without 0x before it, as ifconfig(8) of BSD and Solaris prints it. */
static bool mask_parse_hex(const char *text, struct ip *ret)
{
	unsigned long bits;

	text += strncasecmp(text, "0x", 2) == 0 ? 2 : 0;
	if (strlen(text) != 8 || text[strspn(text, "0123456789abcdefABCDEF")] != '\0')
		return false;
	bits = strtoul(text, NULL, 16);
	for (size_t i = 0; i < 4; i++)
		ret->bytes[i] = (unsigned char)(bits >> (24 - 8 * i));
	return true;
}

/* Zeros may stand in front: 255.255.255.000 can mean one thing only. */
static bool mask_parse_dotted(const char *text, struct ip *ret)
{
	for (size_t i = 0; i < 4; i++) {
		size_t len = strspn(text, "0123456789");
		unsigned long number = strtoul(text, NULL, 10);

		if (len == 0 || len > 3 || number > 255)
			return false;
		ret->bytes[i] = (unsigned char)number;
		if (text[len] != (i < 3 ? '.' : '\0'))
			return false;
		text += len + 1;
	}
	return true;
}

/* What access lists of routers have: the bits of the mask, turned round. */
static bool is_wildcard(struct ip mask)
{
	for (size_t i = 0; i < 4; i++)
		mask.bytes[i] ^= 0xff;
	return mask_length(mask) > 0;
}

const char *netmask_parse(const char *text, unsigned *ret_length)
{
	struct ip mask = {.family = 4};
	uint64_t number;

	if (text_parse_u64(text, 32, &number)) {
		*ret_length = (unsigned)number;
		return NULL;
	}
	if (!mask_parse_hex(text, &mask) && !mask_parse_dotted(text, &mask))
		return "is no netmask such as 255.255.255.0, 0xffffff00 or 24";
	int length = mask_length(mask);

	if (length < 0)
		return is_wildcard(mask)
			       ? "is a wildcard, not a netmask: its bits are turned round"
			       : "is no netmask: its bits are not contiguous";
	*ret_length = (unsigned)length;
	return NULL;
}

/* ffff:ffff:ffff:ffff::, as ifconfig(8) has it, or the number of its bits */
static const char *netmask6_parse(const char *text, unsigned *ret_length)
{
	struct ip mask;
	uint64_t number;
	int length;

	if (text_parse_u64(text, 128, &number)) {
		*ret_length = (unsigned)number;
		return NULL;
	}
	if (!ip_parse(text, &mask) || mask.family != 6)
		return netmask_parse(text, ret_length) == NULL
			       ? "a netmask goes with an IPv4 network only"
			       : "is no prefix length";
	length = mask_length(mask);
	if (length < 0)
		return "is no netmask: its bits are not contiguous";
	*ret_length = (unsigned)length;
	return NULL;
}

const char *prefix_length_parse(int family, const char *text, unsigned *ret_length)
{
	return family == 6 ? netmask6_parse(text, ret_length)
			   : netmask_parse(text, ret_length);
}

bool network_number_parse(const char *text, struct ip *ret)
{
	char address[IP_TEXT_MAX + sizeof(".0.0.0")];
	size_t size = strcspn(text, "/"), n_dots = 0;

	if (size >= IP_TEXT_MAX)
		return false;
	snprintf(address, sizeof(address), "%.*s", (int)size, text);
	for (size_t i = 0; i < size; i++)
		n_dots += address[i] == '.';
	for (; strchr(address, ':') == NULL && n_dots < 3; n_dots++, size += 2)
		snprintf(address + size, sizeof(address) - size, ".0");
	return ip_parse(address, ret);
}

const char *prefix_parse(const char *text, int netmask, struct prefix *ret)
{
	const char *slash = strchr(text, '/');
	struct prefix prefix;
	unsigned length = UINT_MAX;

	if (!network_number_parse(text, &prefix.base))
		return "no network address";
	if (slash != NULL &&
		prefix_length_parse(prefix.base.family, slash + 1, &length) != NULL)
		return "what stands behind the slash is neither a number of bits nor a "
		       "netmask";
	if (netmask >= 0 && (unsigned)netmask > ip_bits(prefix.base))
		return "a netmask is no longer than its address";
	if (netmask >= 0 && slash != NULL && length != (unsigned)netmask)
		return "prefix length and netmask disagree";
	if (netmask >= 0)
		length = (unsigned)netmask;
	if (length == UINT_MAX)
		return "neither a netmask nor a prefix length";
	prefix.length = (uint8_t)length;
	for (unsigned i = prefix.length; i < ip_bits(prefix.base); i++)
		if (bit(prefix.base, i))
			return "host bits are set";
	*ret = prefix;
	return NULL;
}

bool prefix_contains(struct prefix prefix, struct ip ip)
{
	unsigned whole = prefix.length / 8, rest = prefix.length % 8;

	if (prefix.base.family != ip.family ||
		memcmp(prefix.base.bytes, ip.bytes, whole) != 0)
		return false;
	return rest == 0 || ((prefix.base.bytes[whole] ^ ip.bytes[whole]) &
				    (0xff00 >> rest) & 0xff) == 0;
}

const char *prefix_edge(struct prefix prefix, struct ip ip)
{
	if (prefix.base.family != 4 || prefix.length > 30)
		return NULL;
	if (ip_compare(ip, prefix.base) == 0)
		return "is the network's own address";
	return ip_compare(ip, prefix_last(prefix)) == 0
		       ? "is the network's broadcast address"
		       : NULL;
}

bool prefix_overlaps(struct prefix a, struct prefix b)
{
	return a.length <= b.length ? prefix_contains(a, b.base)
				    : prefix_contains(b, a.base);
}

struct ip prefix_last(struct prefix prefix)
{
	struct ip last = prefix.base;

	for (unsigned i = prefix.length; i < ip_bits(last); i++)
		last.bytes[i / 8] |= (uint8_t)(0x80 >> i % 8);
	return last;
}

struct ip prefix_netmask(struct prefix prefix)
{
	struct ip mask = {.family = prefix.base.family};

	for (unsigned i = 0; i < prefix.length; i++)
		mask.bytes[i / 8] |= (uint8_t)(0x80 >> i % 8);
	return mask;
}

char **prefix_reverse_zones(TALLOC_CTX *mem_ctx, struct prefix prefix, size_t *ret_n)
{
	unsigned unit = prefix.base.family == 4 ? 8 : 4;
	unsigned units = (prefix.length + unit - 1) / unit;
	unsigned zones = 1U << (units * unit - prefix.length);
	unsigned last_bit = units * unit; /* one past the last bit of the zone's part */
	char **names = NULL;
	size_t n = 0;

	for (unsigned i = 0; i < zones; i++) {
		struct ip ip = prefix.base;
		char buffer[REVERSE_TEXT_MAX];

		for (unsigned b = 0; b < last_bit - prefix.length; b++)
			if (i & (1U << b))
				ip.bytes[(last_bit - 1 - b) / 8] |=
					(uint8_t)(0x80 >> (last_bit - 1 - b) % 8);
		*mem_push(mem_ctx, &names, &n) =
			mem_strdup(mem_ctx, zone_of(ip, units, buffer));
	}
	*ret_n = n;
	return names;
}

const char *ip_reverse_name(struct ip ip, char buffer[REVERSE_TEXT_MAX])
{
	return zone_of(ip, ip.family == 4 ? 4 : 32, buffer);
}

const char *prefix_delegated_zone(struct prefix prefix, char buffer[REVERSE_TEXT_MAX])
{
	char whole[REVERSE_TEXT_MAX];

	snprintf(buffer, REVERSE_TEXT_MAX, "%u-%u.%.60s", prefix.base.bytes[3],
		prefix.length, zone_of(prefix.base, 3, whole));
	return buffer;
}

bool ip_is_locally_served(struct ip ip)
{
	static const struct prefix spaces[] = {
		{{4, {10}}, 8},
		{{4, {100, 64}}, 10},
		{{4, {127}}, 8},
		{{4, {169, 254}}, 16},
		{{4, {172, 16}}, 12},
		{{4, {192, 0, 2}}, 24},
		{{4, {192, 168}}, 16},
		{{4, {198, 51, 100}}, 24},
		{{4, {203, 0, 113}}, 24},
	};

	for (size_t i = 0; i < ARRAY_SIZE(spaces); i++)
		if (prefix_contains(spaces[i], ip))
			return true;
	return false;
}

/* MAC addresses */

/* Twelve digits, with @separator after every @group of them ('\0': none). */
static bool mac_parse_grouped(
	const char *text, char separator, unsigned group, struct mac *ret)
{
	struct mac mac = {{0}};

	for (unsigned i = 0; i < 12; i++) {
		if (i > 0 && separator != '\0' && i % group == 0 && *text++ != separator)
			return false;
		int digit = text_hex_digit(*text++);

		if (digit < 0)
			return false;
		mac.bytes[i / 2] = (uint8_t)(mac.bytes[i / 2] << 4 | digit);
	}
	if (*text != '\0')
		return false;
	*ret = mac;
	return true;
}

/* Six octets of one or two digits: what ether_ntoa(3) writes, there with colons. */
static bool mac_parse_short(const char *text, char separator, struct mac *ret)
{
	struct mac mac = {{0}};

	for (unsigned i = 0; i < 6; i++) {
		if (i > 0 && *text++ != separator)
			return false;
		int high = text_hex_digit(*text);

		if (high < 0)
			return false;
		int low = text_hex_digit(*++text);

		mac.bytes[i] = (uint8_t)(low < 0 ? high : high << 4 | low);
		text += low >= 0;
	}
	if (*text != '\0')
		return false;
	*ret = mac;
	return true;
}

bool mac_parse(const char *text, struct mac *ret)
{
	return mac_parse_short(text, ':', ret) || mac_parse_short(text, '-', ret) ||
	       mac_parse_grouped(text, '.', 4, ret) ||
	       mac_parse_grouped(text, '\0', 12, ret);
}

const char *mac_format(struct mac mac, char buffer[MAC_TEXT_MAX])
{
	for (unsigned i = 0; i < 6; i++) {
		buffer[3 * i] = hex_digits[mac.bytes[i] >> 4];
		buffer[3 * i + 1] = hex_digits[mac.bytes[i] & 15];
		buffer[3 * i + 2] = ':';
	}
	buffer[MAC_TEXT_MAX - 1] = '\0';
	return buffer;
}

int mac_compare(struct mac a, struct mac b)
{
	return memcmp(a.bytes, b.bytes, sizeof(a.bytes));
}

bool mac_is_zero(struct mac mac)
{
	static const struct mac zero;

	return mac_compare(mac, zero) == 0;
}

bool mac_is_multicast(struct mac mac)
{
	return mac.bytes[0] & 1;
}

bool mac_is_local(struct mac mac)
{
	return mac.bytes[0] & 2;
}

/* Octets of other lengths */

static bool is_separator(char c)
{
	return c == ':' || c == '-' || c == '.';
}

/* 0:18:8a:… */
static size_t parse_short_octets(const char *text, uint8_t *ret, size_t max)
{
	size_t n = 0;

	for (;; text++) {
		int high = text_hex_digit(*text), low;

		if (high < 0 || n == max)
			return 0;
		low = text_hex_digit(*++text);
		ret[n++] = (uint8_t)(low < 0 ? high : high << 4 | low);
		text += low >= 0;
		if (*text == '\0')
			return n;
		if (*text != ':')
			return 0;
	}
}

/* Whole octets, with one kind of separator between groups of equal length, or none. */
static size_t parse_grouped_octets(const char *text, uint8_t *ret, size_t max)
{
	size_t n = 0, group = strcspn(text, ":-."), at = 0;
	char separator = text[group];

	for (; *text != '\0'; at += 2) {
		if (at == group) {
			if (*text++ != separator || is_separator(*text))
				return 0;
			at = 0;
		}
		int octet = text_hex_byte(text);

		if (octet < 0 || n == max)
			return 0;
		ret[n++] = (uint8_t)octet;
		text += 2;
	}
	return at == group ? n : 0;
}

size_t octets_parse(const char *text, uint8_t *ret, size_t max)
{
	size_t n = strchr(text, ':') != NULL ? parse_short_octets(text, ret, max) : 0;

	return n > 0 ? n : parse_grouped_octets(text, ret, max);
}

char *octets_format(TALLOC_CTX *mem_ctx, const uint8_t *bytes, size_t n)
{
	char *text = mem_array(mem_ctx, char, n == 0 ? 1 : 3 * n), *to = text;

	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			*to++ = ':';
		to = text_write_hex(to, &bytes[i], 1);
	}
	*to = '\0';
	return text;
}

bool guid_parse(const char *text, struct guid *ret)
{
	enum { IPOIB = 20, HARDWARE_TYPE = 0x20 };
	uint8_t bytes[IPOIB];
	size_t n = octets_parse(
		text_has_prefix(text, "0x") ? text + 2 : text, bytes, sizeof(bytes));

	if (n != GUID_BYTES && n != IPOIB &&
		(n != GUID_BYTES + 1 || bytes[0] != HARDWARE_TYPE))
		return false;
	memcpy(ret->bytes, bytes + n - GUID_BYTES, GUID_BYTES);
	return true;
}

int guid_compare(struct guid a, struct guid b)
{
	return memcmp(a.bytes, b.bytes, sizeof(a.bytes));
}

const char *guid_format_client_id(struct guid guid, char buffer[GUID_CLIENT_ID_MAX])
{
	static const uint8_t head[] = {0xff, 0, 0, 0, 0, 0, 2, 0, 0, 2, 0xc9, 0};
	char *to = buffer;

	for (size_t i = 0; i < sizeof(head) + GUID_BYTES; i++) {
		if (i > 0)
			*to++ = ':';
		to = text_write_hex(to,
			i < sizeof(head) ? &head[i] : &guid.bytes[i - sizeof(head)], 1);
	}
	*to = '\0';
	return buffer;
}

/* DUIDs */

enum {
	DUID_MIN = 3,
	DUID_MAX = 130, /* RFC 8415 section 11.1 */
	DUID_KEA_MAX = 128,
	DUID_TYPE = 2
};

static const char *duid_fault(const uint8_t *duid, size_t n)
{
	static const struct {
		uint8_t type;
		uint8_t min, max; /* octets behind the type */
		const char *why;
	} rows[] = {
		{1, 7, 128,
			"is no DUID: type 1 has a hardware type, a time and an address"},
		{2, 5, 128,
			"is no DUID: type 2 has an enterprise number and an identifier"},
		{3, 3, 128, "is no DUID: type 3 has a hardware type and an address"},
		{4, 16, 16, "is no DUID: type 4 is a UUID of 16 octets"},
	};

	if (n < DUID_MIN)
		return "is no DUID: a type of two octets, and what belongs to it";
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (duid[0] == 0 && duid[1] == rows[i].type &&
			(n - DUID_TYPE < rows[i].min || n - DUID_TYPE > rows[i].max))
			return rows[i].why;
	if (duid[0] == 0 && duid[1] == 0)
		return "is no DUID: there is no type 0";
	if (n > DUID_KEA_MAX)
		return "is longer than 128 octets: Kea would refuse its whole file";
	return NULL;
}

/* 8-4-4-4-12 digits */
static bool is_uuid(const char *text)
{
	static const uint8_t dashes[] = {8, 13, 18, 23};
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(dashes); i++)
		n += strlen(text) == 36 && text[dashes[i]] == '-';
	return n == ARRAY_SIZE(dashes);
}

/* The octets of a UUID, without its dashes. */
static size_t parse_uuid(const char *text, uint8_t *ret)
{
	char digits[33] = "";
	size_t n = 0;

	for (; *text != '\0' && n < 32; text++)
		if (*text != '-')
			digits[n++] = *text;
	return *text == '\0' ? octets_parse(digits, ret, 16) : 0;
}

const char *duid_parse(TALLOC_CTX *mem_ctx, const char *text, char **ret_text)
{
	uint8_t duid[DUID_MAX] = {0, 4};
	size_t n = is_uuid(text) ? parse_uuid(text, duid + DUID_TYPE)
				 : octets_parse(text, duid, sizeof(duid));

	if (n == 0)
		return "is no DUID: hexadecimal octets such as 00:03:00:01:02:00:00:00:53:01";
	n += is_uuid(text) ? DUID_TYPE : 0;
	const char *why = duid_fault(duid, n);

	if (why == NULL)
		*ret_text = octets_format(mem_ctx, duid, n);
	return why;
}
