/* SPDX-License-Identifier: Apache-2.0 */

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/net.h"

/* Each group of an address is one of these: 0, and numbers of one to four digits. */
static const uint16_t groups[] = {0, 0xf, 0x10, 0xabc, 0xffff};

static struct ip address_of(unsigned seed)
{
	struct ip ip = {.family = 6};

	for (unsigned i = 0; i < 8; i++, seed /= ARRAY_SIZE(groups)) {
		uint16_t group = groups[seed % ARRAY_SIZE(groups)];

		ip.bytes[2 * i] = (uint8_t)(group >> 8);
		ip.bytes[2 * i + 1] = (uint8_t)group;
	}
	return ip;
}

/* Every place and length of zeros: what the C library writes is what everybody reads. */
static void test_format_ipv6(void **state)
{
	(void)state;
	for (unsigned seed = 0; seed < 5 * 5 * 5 * 5 * 5 * 5 * 5 * 5; seed++) {
		char ours[IP_TEXT_MAX], theirs[IP_TEXT_MAX];
		struct ip ip = address_of(seed);

		inet_ntop(AF_INET6, ip.bytes, theirs, sizeof(theirs));
		if (strcmp(ip_format(ip, ours), theirs) != 0)
			fail_msg("'%s' instead of '%s'", ours, theirs);
	}
}

static const struct {
	const char *address, *text, *reverse;
} rows[] = {
	{"192.0.2.10", "192.0.2.10", "10.2.0.192.in-addr.arpa"},
	{"255.255.255.255", "255.255.255.255", "255.255.255.255.in-addr.arpa"},
	{"::ffff:192.0.2.10", "192.0.2.10", "10.2.0.192.in-addr.arpa"},
	{"::192.0.2.10", "::192.0.2.10",
		"a.0.2.0.0.0.0.c.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0"
		".ip6.arpa"},
	{"2001:DB8::F", "2001:db8::f",
		"f.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2"
		".ip6.arpa"},
};

static void test_texts(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char text[IP_TEXT_MAX], reverse[REVERSE_TEXT_MAX];
		struct ip ip;

		assert_true(ip_parse(rows[i].address, &ip));
		assert_string_equal(ip_format(ip, text), rows[i].text);
		assert_string_equal(ip_reverse_name(ip, reverse), rows[i].reverse);
	}
}

static const struct {
	const char *text;
	int length; /* -1: refused */
} masks[] = {
	{"255.255.255.0", 24},
	{"255.255.255.000", 24},
	{"255.255.255.128", 25},
	{"255.255.255.255", 32},
	{"0.0.0.0", 0},
	{"0xffffff00", 24},
	{"0XFFFFF000", 20},
	{"ffffff00", 24},
	{"0x00000000", 0},
	{"24", 24},
	{"0", 0},
	{"33", -1},
	{"255.255.255", -1}, /* 255.255.0.255 for inet_aton(3) */
	{"255.255.255.0.0", -1},
	{"255.255.255.256", -1},
	{"255.0.255.0", -1},
	{"0.0.0.255", -1},
	{"0xffff00", -1},
	{"0xff00ff00", -1},
	{"0xfffffg00", -1},
	{"0x", -1},
	{"", -1},
	{"-1", -1},
	{"255.255.255.0 ", -1},
};

static void test_netmasks(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(masks); i++) {
		unsigned length = 99;
		const char *why = netmask_parse(masks[i].text, &length);
		int got = why == NULL ? (int)length : -1;

		if (got != masks[i].length)
			fail_msg("'%s' is %d", masks[i].text, got);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_format_ipv6),
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_netmasks),
	};

	return cmocka_run_group_tests_name("net", tests, NULL, NULL);
}
