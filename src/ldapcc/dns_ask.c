/* SPDX-License-Identifier: Apache-2.0 */
#include "ldapcc/dns_ask.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"

enum {
	HEADER = 12,
	NAME_MAX_BYTES = 255,
	MESSAGE_MAX = 65535,
	QUERY_MAX = HEADER + NAME_MAX_BYTES + 5,
	WINDOW = 64, /* questions on their way at one time */
	ATTEMPTS = 3,
	JUMPS_MAX = 64, /* of a compressed name */
	FLAG_TRUNCATED = 0x02,
	FLAG_RECURSE = 0x01,
	DNS_PORT = 53,
};

const char *dns_rcode_name(TALLOC_CTX *mem_ctx, unsigned rcode)
{
	static const char *const names[] = {
		"NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED"};

	return rcode < ARRAY_SIZE(names) ? names[rcode]
					 : mem_printf(mem_ctx, "rcode %u", rcode);
}

bool dns_server_parse(const char *text, struct dns_server *ret)
{
	TMP_CTX(tmp);
	struct dns_server server = {.name = text, .port = DNS_PORT};
	uint64_t port = DNS_PORT;
	char *address = mem_strdup(tmp, text);

	if (!ip_parse(address, &server.ip)) {
		char *colon = strrchr(address, ':');

		if (colon == NULL || !text_parse_u64(colon + 1, UINT16_MAX, &port) ||
			port == 0)
			return false;
		*colon = '\0';
		if (*address == '[' && text_has_suffix(address, "]")) {
			address[strlen(address) - 1] = '\0';
			address++;
		}
		if (!ip_parse(address, &server.ip))
			return false;
	}
	server.port = (uint16_t)port;
	*ret = server;
	return true;
}

char *dns_data_text(TALLOC_CTX *mem_ctx, const struct dns_record *record)
{
	const char *target = record->target;

	switch (record->type) {
	case DNS_CNAME:
		return mem_printf(mem_ctx, "%s.", target);
	case DNS_MX:
		return mem_printf(mem_ctx, "%u %s.", record->priority, target);
	case DNS_SRV:
		return mem_printf(mem_ctx, "%u %u %u %s.", record->priority,
			record->weight, record->port, target);
	default:
		return dns_record_hex(mem_ctx, record);
	}
}

/* Messages */

struct message {
	const uint8_t *bytes;
	size_t len;
	size_t at;
	bool is_bad; /* it ends too early, or goes round */
};

/* Are there @bytes more? What is bad has none: its m->at may be behind its end. */
static bool has_more(struct message *m, size_t bytes)
{
	m->is_bad |= m->at > m->len || m->len - m->at < bytes;
	return !m->is_bad;
}

static unsigned take_number(struct message *m, unsigned bytes)
{
	unsigned number = 0;

	if (!has_more(m, bytes))
		return 0;
	while (bytes-- > 0)
		number = number << 8 | m->bytes[m->at++];
	return number;
}

/* A name in lower case with a dot at its end; m->at is behind it. */
static char *take_name(TALLOC_CTX *mem_ctx, struct message *m)
{
	struct buffer *b = buffer_new(mem_ctx);
	size_t at = m->at, end = 0;

	for (unsigned jumps = 0; !m->is_bad;) {
		unsigned len = at < m->len ? m->bytes[at] : 0x40;

		if (len >= 0xc0 && at + 1 < m->len && jumps++ < JUMPS_MAX) {
			end = end == 0 ? at + 2 : end;
			at = (len & 0x3fU) << 8 | m->bytes[at + 1];
		} else if (len >= 0x40 || at + len >= m->len || b->len > NAME_MAX_BYTES) {
			m->is_bad = true;
		} else if (len == 0) {
			break;
		} else {
			buffer_add(b, m->bytes + at + 1, len);
			buffer_add_byte(b, '.');
			at += len + 1;
		}
	}
	m->at = end == 0 ? at + 1 : end;
	if (b->len == 0)
		buffer_add_byte(b, '.');
	text_lower(b->data);
	return b->data;
}

static size_t put_query(
	uint8_t out[QUERY_MAX], uint16_t id, const char *name, uint16_t type)
{
	size_t at = HEADER;

	if (strlen(name) + 2 > NAME_MAX_BYTES)
		return 0;
	memset(out, 0, HEADER);
	out[0] = (uint8_t)(id >> 8);
	out[1] = (uint8_t)id;
	out[2] = FLAG_RECURSE;
	out[5] = 1;
	while (*name != '\0') {
		size_t len = strcspn(name, ".");

		out[at++] = (uint8_t)len;
		memcpy(out + at, name, len);
		at += len;
		name += len + (name[len] == '.');
	}
	out[at++] = 0;
	out[at++] = (uint8_t)(type >> 8);
	out[at++] = (uint8_t)type;
	out[at++] = 0;
	out[at++] = 1; /* class IN */
	return at;
}

static const char *take_hex(TALLOC_CTX *mem_ctx, struct message *m, size_t len)
{
	char *hex = mem_array(mem_ctx, char, 2 * len + 1);

	if (has_more(m, len))
		*text_write_hex(hex, m->bytes + m->at, len) = '\0';
	return hex;
}

static const char *take_address(
	TALLOC_CTX *mem_ctx, struct message *m, unsigned family, size_t len)
{
	struct ip ip = {.family = (uint8_t)family};
	char text[IP_TEXT_MAX];

	m->is_bad |= len != (family == 4 ? 4 : 16);
	if (!has_more(m, len))
		return "";
	memcpy(ip.bytes, m->bytes + m->at, len);
	return mem_strdup(mem_ctx, ip_format(ip, text));
}

/* The same texts as dns_data_text() */
static const char *take_data(
	TALLOC_CTX *mem_ctx, struct message *m, unsigned type, size_t len)
{
	unsigned a, b, c;

	switch (type) {
	case DNS_A:
		return take_address(mem_ctx, m, 4, len);
	case DNS_AAAA:
		return take_address(mem_ctx, m, 6, len);
	case DNS_CNAME:
	case DNS_PTR:
	case DNS_NS:
		return take_name(mem_ctx, m);
	case DNS_MX:
		a = take_number(m, 2);
		return mem_printf(mem_ctx, "%u %s", a, take_name(mem_ctx, m));
	case DNS_SRV:
		a = take_number(m, 2);
		b = take_number(m, 2);
		c = take_number(m, 2);
		return mem_printf(mem_ctx, "%u %u %u %s", a, b, c, take_name(mem_ctx, m));
	case DNS_SOA:
		(void)take_name(mem_ctx, m);
		(void)take_name(mem_ctx, m);
		return mem_printf(mem_ctx, "%u", take_number(m, 4));
	default:
		return take_hex(mem_ctx, m, len);
	}
}

static void add_found(TALLOC_CTX *mem_ctx, struct strings *found, const char *text)
{
	size_t n = found->n;

	for (uint32_t i = 0; i < found->n; i++)
		if (strcmp(found->items[i], text) == 0)
			return;
	*mem_push(mem_ctx, &found->items, &n) = text;
	found->n = (uint32_t)n;
}

/* Fills in @question from an answer; false for what is none. */
static bool read_answer(
	TALLOC_CTX *mem_ctx, struct message *m, struct dns_question *question)
{
	struct strings found = {0};
	const char *alias = NULL;

	m->at = 4;
	unsigned n_questions = take_number(m, 2), n_answers = take_number(m, 2);

	m->at = HEADER;
	for (unsigned i = 0; i < n_questions && !m->is_bad; i++) {
		(void)take_name(mem_ctx, m);
		(void)take_number(m, 4);
	}
	for (unsigned i = 0; i < n_answers && !m->is_bad; i++) {
		(void)take_name(mem_ctx, m);
		unsigned type = take_number(m, 2);

		(void)take_number(m, 2);
		(void)take_number(m, 4);
		size_t len = take_number(m, 2), next = m->at + len;

		if (type == question->type)
			add_found(mem_ctx, &found, take_data(mem_ctx, m, type, len));
		else if (type == DNS_CNAME)
			alias = take_name(mem_ctx, m);
		m->at = next;
		m->is_bad |= next > m->len;
	}
	if (m->is_bad)
		return false;
	if (found.n > 1)
		qsort(found.items, found.n, sizeof(*found.items), text_compare_items);
	question->found = found;
	question->alias = alias;
	question->rcode = m->bytes[3] & 15;
	question->is_answered = true;
	return true;
}

/* Sockets */

/* A descriptor, or -errno; neither a connection nor what is sent waits longer than @timeout_ms. */
static int connect_to(const struct dns_server *server, int type, unsigned timeout_ms)
{
	struct timeval patience = {
		.tv_sec = timeout_ms / 1000, .tv_usec = timeout_ms % 1000 * 1000};
	struct sockaddr_in6 six = {
		.sin6_family = AF_INET6, .sin6_port = htons(server->port)};
	struct sockaddr_in four = {
		.sin_family = AF_INET, .sin_port = htons(server->port)};
	bool is_six = server->ip.family == 6;
	int fd = socket(is_six ? AF_INET6 : AF_INET, type | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	(void)!setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	memcpy(&six.sin6_addr, server->ip.bytes, 16);
	memcpy(&four.sin_addr, server->ip.bytes, 4);
	const struct sockaddr *to =
		is_six ? (const struct sockaddr *)&six : (const struct sockaddr *)&four;
	socklen_t len = is_six ? sizeof(six) : sizeof(four);

	if (connect(fd, to, len) == 0)
		return fd;
	int error = errno;

	close(fd);
	return -error;
}

static bool read_whole(int fd, uint8_t *bytes, size_t len, int64_t deadline)
{
	while (len > 0) {
		int64_t left = deadline - clock_ms();
		struct pollfd poller = {.fd = fd, .events = POLLIN};
		ssize_t n = left > 0 && poll(&poller, 1, (int)left) > 0
				    ? read(fd, bytes, len)
				    : 0;

		if (n <= 0)
			return false;
		bytes += n;
		len -= (size_t)n;
	}
	return true;
}

/* RFC 1035 section 4.2.2: the same message behind its length. */
static void ask_tcp(TALLOC_CTX *mem_ctx, const struct dns_server *server,
	struct dns_question *question, unsigned timeout_ms)
{
	TMP_CTX(tmp);
	uint8_t query[2 + QUERY_MAX], head[2];
	size_t len = put_query(query + 2, 1, question->name, question->type);
	int64_t deadline = clock_ms() + timeout_ms;
	_cleanup_(mem_close_fd) int fd = connect_to(server, SOCK_STREAM, timeout_ms);

	query[0] = (uint8_t)(len >> 8);
	query[1] = (uint8_t)len;
	if (fd < 0 || send(fd, query, len + 2, MSG_NOSIGNAL) != (ssize_t)len + 2 ||
		!read_whole(fd, head, 2, deadline))
		return;
	struct message m = {.len = (size_t)head[0] << 8 | head[1]};
	uint8_t *bytes = mem_array(tmp, uint8_t, m.len + HEADER);

	m.bytes = bytes;
	if (m.len >= HEADER && read_whole(fd, bytes, m.len, deadline))
		(void)!read_answer(mem_ctx, &m, question);
}

/* Questions on their way */

struct flight {
	struct dns_question *question; /* NULL: free */
	uint16_t id;
	unsigned attempts;
	int64_t deadline;
};

struct asking {
	TALLOC_CTX *mem_ctx;
	const struct dns_server *server;
	int fd;
	unsigned timeout_ms;
	uint16_t next_id;
	struct flight flights[WINDOW];
	uint8_t answer[MESSAGE_MAX];
	bool has_given_up;
	bool is_refused; /* nobody listens there */
};

static void send_question(struct asking *a, struct flight *flight)
{
	uint8_t query[QUERY_MAX];

	flight->id = a->next_id++;
	flight->attempts++;
	flight->deadline = clock_ms() + a->timeout_ms;
	size_t len = put_query(
		query, flight->id, flight->question->name, flight->question->type);

	/* what is lost is sent again at its deadline */
	if (send(a->fd, query, len, MSG_NOSIGNAL) < 0)
		a->is_refused |= errno == ECONNREFUSED;
}

/* A server that is silent by TCP is silent: not every question waits for that. */
static void ask_again(struct asking *a, struct dns_question *question)
{
	if (!a->has_given_up)
		ask_tcp(a->mem_ctx, a->server, question, a->timeout_ms);
	a->has_given_up |= !question->is_answered;
}

static void take_answer(struct asking *a, size_t len)
{
	struct message m = {.bytes = a->answer, .len = len};
	uint16_t id = (uint16_t)(a->answer[0] << 8 | a->answer[1]);

	for (size_t i = 0; i < WINDOW; i++) {
		struct flight *flight = &a->flights[i];

		if (flight->question == NULL || flight->id != id)
			continue;
		if ((a->answer[2] & FLAG_TRUNCATED) != 0)
			ask_again(a, flight->question);
		else if (!read_answer(a->mem_ctx, &m, flight->question))
			return;
		flight->question = NULL;
		return;
	}
}

/* Resends what waits too long; the time until the next one does. */
static int64_t attend(struct asking *a)
{
	int64_t now = clock_ms(), wait = a->timeout_ms;

	for (size_t i = 0; i < WINDOW; i++) {
		struct flight *flight = &a->flights[i];

		if (flight->question == NULL)
			continue;
		if (flight->deadline <= now && flight->attempts >= ATTEMPTS) {
			a->has_given_up = true;
			flight->question = NULL;
			continue;
		}
		if (flight->deadline <= now)
			send_question(a, flight);
		if (flight->deadline - now < wait)
			wait = flight->deadline - now;
	}
	return wait > 0 ? wait : 0;
}

static size_t fill_window(
	struct asking *a, struct dns_question *questions, size_t n, size_t *next)
{
	size_t n_flying = 0;

	for (size_t i = 0; i < WINDOW; i++) {
		struct flight *flight = &a->flights[i];

		if (flight->question == NULL && *next < n && !a->has_given_up) {
			*flight = (struct flight){.question = &questions[(*next)++]};
			send_question(a, flight);
		}
		n_flying += flight->question != NULL;
	}
	return n_flying;
}

int dns_ask(TALLOC_CTX *mem_ctx, const struct dns_server *server,
	struct dns_question *questions, size_t n, unsigned timeout_ms)
{
	TMP_CTX(tmp);
	struct asking *a = mem_new(tmp, struct asking);
	_cleanup_(mem_close_fd) int fd = connect_to(server, SOCK_DGRAM, timeout_ms);
	size_t next = 0;

	*a = (struct asking){
		.mem_ctx = mem_ctx, .server = server, .fd = fd, .timeout_ms = timeout_ms};
	if (fd < 0)
		return fd;
	if (getrandom(&a->next_id, sizeof(a->next_id), 0) < 0)
		a->next_id = (uint16_t)clock_us();
	while (fill_window(a, questions, n, &next) > 0 && !a->is_refused) {
		struct pollfd poller = {.fd = fd, .events = POLLIN};

		if (poll(&poller, 1, (int)attend(a)) <= 0)
			continue;
		ssize_t len = recv(fd, a->answer, sizeof(a->answer), MSG_DONTWAIT);

		a->is_refused |= len < 0 && errno == ECONNREFUSED;
		if (len >= HEADER)
			take_answer(a, (size_t)len);
	}
	return a->is_refused ? -ECONNREFUSED : 0;
}
