/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Asking one DNS server many questions: several at a time over UDP, again where no answer
 * comes, and over TCP where one does not fit. RFC 1035, without extensions: what a site has
 * of names are small sets.
 */

#include "base/net.h"
#include "model/dns_record.h"

struct dns_server {
	const char *name; /* as the settings have it */
	struct ip ip;
	uint16_t port;
};

struct dns_question {
	const char *name;
	uint16_t type;
	/* the answer */
	bool is_answered;
	uint8_t rcode;
	struct strings found; /* data of that type as dns_answer_text() has it, sorted */
	const char *alias; /* what a CNAME in the answer points to last, or NULL */
};

enum { DNS_RCODE_OK = 0, DNS_RCODE_NO_NAME = 3 };

/* "REFUSED" */
const char *dns_rcode_name(TALLOC_CTX *mem_ctx, unsigned rcode) _must_check_;

/*
 * `192.0.2.53`, `192.0.2.53:5353`, `2001:db8::53`, `[2001:db8::53]:5353`
 *
 * errors: false for anything else
 */
bool dns_server_parse(const char *text, struct dns_server *ret) _must_check_;

/*
 * What the data of a record are as text: an address; a name with a dot at its end;
 * `10 mail.c.example.`, `0 5 389 ns1.c.example.`; of SOA the serial; of others hex.
 */
char *dns_data_text(TALLOC_CTX *mem_ctx, const struct dns_record *record) _must_check_;

/*
 * dns_ask - all of @questions
 *
 * units:  @timeout_ms for each attempt, of which there are three
 * memory: answers below @mem_ctx
 * errors: 0, or -errno where the server cannot be reached at all; a question without an
 *         answer is not is_answered, and the rest is not asked then
 */
int dns_ask(TALLOC_CTX *mem_ctx, const struct dns_server *server,
	struct dns_question *questions, size_t n, unsigned timeout_ms) _must_check_;
