/* SPDX-License-Identifier: Apache-2.0 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "vcn/guest/presence.h"

static const uint8_t others_mac[6] = {2, 0, 0, 0, 0, 9};

static struct presence new_presence(const char *address)
{
	struct presence asked = {
		.asker = {{2, 0, 0, 0, 0, 5}},
		.guest = {{2, 0, 0, 0, 0, 1}},
	};

	assert_true(ip_parse(address, &asked.address));
	return asked;
}

/* Offsets as in RFC 826 and RFC 4861, behind 14 bytes of Ethernet. */
static void test_arp(void **state)
{
	struct presence asked = new_presence("192.0.2.1");
	uint8_t frame[PRESENCE_FRAME_MAX];
	static const uint8_t nobody[4] = {0}, address[4] = {192, 0, 2, 1};

	(void)state;
	assert_int_equal(presence_frame(&asked, frame), 42);
	assert_memory_equal(frame + 28, nobody, 4);
	assert_memory_equal(frame + 38, address, 4);
	assert_false(presence_is_answer(&asked, frame, 42)); /* which comes back */
	/* the same question by a host with a larger, then a smaller MAC, then by the guest */
	memcpy(frame + 22, others_mac, 6);
	assert_false(presence_is_answer(&asked, frame, 42));
	frame[27] = 3;
	assert_true(presence_is_answer(&asked, frame, 42));
	frame[27] = 1;
	assert_true(presence_is_answer(&asked, frame, 42));
	asked.asker.bytes[5] = 0; /* whose MAC is the larger one now */
	assert_true(presence_is_answer(&asked, frame, 42));
	assert_false(presence_is_answer(&asked, frame, 41));
	/* an answer, of another address and of this one */
	frame[21] = 2;
	memcpy(frame + 28, "\xc0\x00\x02\x02", 4);
	assert_false(presence_is_answer(&asked, frame, 42));
	memcpy(frame + 28, address, 4);
	assert_true(presence_is_answer(&asked, frame, 42));
	frame[13] = 0;
	assert_false(presence_is_answer(&asked, frame, 42));
}

/* What a guest's supervisor says is what another host takes for an answer. */
static void test_answers(void **state)
{
	static const char *const addresses[] = {"192.0.2.1", "2001:db8::1:203"};
	uint8_t question[PRESENCE_FRAME_MAX], answer[PRESENCE_FRAME_MAX];

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct presence asked = new_presence(addresses[i]), other = asked;
		size_t len = presence_frame(&asked, question), answer_len;

		answer_len = presence_answer(&asked, question, len, answer);
		assert_true(answer_len > 0);
		assert_true(presence_is_answer(&asked, answer, answer_len));
		assert_memory_equal(answer + 6, asked.guest.bytes, 6);
		/* what it answers is no question; another address; not whole */
		assert_int_equal(
			presence_answer(&asked, answer, answer_len, question), 0);
		other.address.bytes[i == 0 ? 3 : 15] ^= 1;
		presence_frame(&asked, question);
		assert_int_equal(presence_answer(&other, question, len, answer), 0);
		assert_int_equal(presence_answer(&asked, question, len - 1, answer), 0);
		/* the guest itself asks, before it takes its address */
		asked.asker = asked.guest;
		presence_frame(&asked, question);
		assert_int_equal(presence_answer(&asked, question, len, answer), 0);
	}
}

static void test_solicitation(void **state)
{
	struct presence asked = new_presence("2001:db8::1:203");
	uint8_t frame[PRESENCE_FRAME_MAX];

	(void)state;
	assert_int_equal(presence_frame(&asked, frame), 78);
	assert_memory_equal(frame, "\x33\x33\xff\x01\x02\x03", 6);
	assert_int_equal(frame[54], 135);
	assert_memory_equal(frame + 62, asked.address.bytes, 16);
	frame[54] = 136; /* an advertisement of it */
	assert_true(presence_is_answer(&asked, frame, 78));
	assert_false(presence_is_answer(&asked, frame, 77));
	frame[77] ^= 1;
	assert_false(presence_is_answer(&asked, frame, 78));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_arp),
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_solicitation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
