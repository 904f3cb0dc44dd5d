/* SPDX-License-Identifier: Apache-2.0 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "vcn/guest/ingress.h"
#include "vcn/guest/tap.h"

static struct ingress new_chain(bool filters, const struct ip *addresses, size_t n)
{
	return (struct ingress){
		.tap = "vcn0123456789ab",
		.mac = {{2, 0x5a, 0, 0, 0, 1}},
		.addresses = addresses,
		.n_addresses = n,
		.filters = filters,
	};
}

static void test_texts(void **state)
{
	TMP_CTX(tmp);
	struct ip addresses[2];

	(void)state;
	assert_true(ip_parse("192.0.2.1", &addresses[0]));
	assert_true(ip_parse("2001:db8::1", &addresses[1]));
	struct ingress plain = new_chain(false, addresses, 2);
	struct ingress unknown = new_chain(true, NULL, 0);
	struct ingress held = new_chain(true, addresses, 2);
	const char *text = ingress_text(tmp, &plain);

	assert_non_null(strstr(text, "01:80:c2:00:00:00"));
	assert_null(strstr(text, "udp"));
	assert_null(strstr(text, "saddr"));
	text = ingress_text(tmp, &unknown);
	assert_non_null(strstr(text, "udp sport"));
	assert_non_null(strstr(text, "arp saddr ether != 02:5a:00:00:00:01"));
	assert_null(strstr(text, "ip saddr"));
	text = ingress_text(tmp, &held);
	assert_non_null(
		strstr(text, "ip-sender {\n\t\tip saddr 192.0.2.1 return\n\t\tdrop\n"));
	assert_non_null(strstr(text, "ip6 saddr 2001:db8::1 return"));
	assert_non_null(strstr(text, "ip6 saddr fe80::5a:ff:fe00:1 return"));
	/* what nftables_copy() does not know of */
	assert_null(strstr(text, "{ 0"));
	assert_null(strstr(text, "hook"));
	assert_non_null(
		strstr(text, "@th,64,128 0x20010db8000000000000000000000001 accept"));
	assert_non_null(
		strstr(text, "@th,64,128 0xfe80000000000000005a00fffe000001 accept"));
}

static void test_names(void **state)
{
	char name[IFNAMSIZ], other[IFNAMSIZ];

	(void)state;
	tap_name("vcn001.c.example", 0, name);
	tap_name("vcn001.c.example", 1, other);
	assert_string_not_equal(name, other);
	assert_true(tap_is_ours(name));
	assert_false(tap_is_ours("vcn0"));
	assert_false(tap_is_ours("vcn0123456789aB"));
	assert_false(tap_is_ours("vcn0123456789abc"));
	assert_false(tap_is_ours("tap0123456789ab"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
