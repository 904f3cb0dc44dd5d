/* SPDX-License-Identifier: Apache-2.0 */

#include "read/endpoint.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"

enum {
	ADDRESS_TIMEOUT_MS =
		5000, /* a host that is down must not hide its next address */
	KEEPALIVE_S = 60,
};

static const char *const default_sockets[] = {
	"/run/slapd/ldapi",
	"/run/ldapi",
	"/usr/local/var/run/ldapi",
};

uint64_t endpoint_now_ms(void)
{
	return (uint64_t)clock_ms();
}

/* URIs */

/* %XX to bytes (RFC 3986 section 2.1), in place; false for a bad one. */
static bool decode_percent(char *text)
{
	char *out = text;

	for (; *text; text++) {
		if (*text != '%') {
			*out++ = *text;
			continue;
		}
		int byte = text_hex_byte(text + 1);

		if (byte <= 0)
			return false;
		*out++ = (char)byte;
		text += 2;
	}
	*out = '\0';
	return true;
}

static const char *default_socket(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(default_sockets); i++) {
		if (access(default_sockets[i], F_OK) == 0)
			return default_sockets[i];
	}
	return default_sockets[0];
}

/* `HOST`, `HOST:PORT`, `[IPV6]` or `[IPV6]:PORT`; cuts @text. */
static const char *split_host(char *text, struct endpoint *ret)
{
	char *colon = strrchr(text, ':');
	uint64_t port;

	if (text[0] == '[') {
		char *bracket = strchr(text, ']');

		if (!bracket || (bracket[1] != '\0' && bracket[1] != ':'))
			return "an IPv6 address is written in brackets: "
			       "ldap://[ADDRESS]:PORT";
		colon = bracket[1] ? bracket + 1 : NULL;
		*bracket = '\0';
		text++;
	}
	if (colon) {
		*colon = '\0';
		if (!text_parse_u64(colon + 1, 65535, &port) || port == 0)
			return "the port is no number from 1 to 65535";
		ret->port = colon + 1;
	}
	if (*text == '\0')
		return "no host; a server on this machine is ldapi:/// or "
		       "ldap://localhost";
	ret->host = text;
	return NULL;
}

const char *endpoint_parse(TALLOC_CTX *mem_ctx, const char *uri, struct endpoint *ret)
{
	static const struct {
		const char *prefix, *port;
		enum endpoint_kind kind;
	} schemes[] = {
		{"ldap://", "389", ENDPOINT_LDAP},
		{"ldaps://", "636", ENDPOINT_LDAPS},
		{"ldapi://", NULL, ENDPOINT_LDAPI},
	};

	for (size_t i = 0; i < ARRAY_SIZE(schemes); i++) {
		size_t len = strlen(schemes[i].prefix);

		if (strncasecmp(uri, schemes[i].prefix, len) != 0)
			continue;
		char *rest = mem_strdup(mem_ctx, uri + len);
		size_t end = strcspn(rest, "/?");

		*ret = (struct endpoint){
			.kind = schemes[i].kind, .uri = uri, .port = schemes[i].port};
		if (strcmp(rest + end, "") != 0 && strcmp(rest + end, "/") != 0)
			return ret->kind == ENDPOINT_LDAPI
				       ? "a socket's path is written with %2F for '/'"
				       : "only a host and a port are taken: the base "
					 "has its own setting";
		rest[end] = '\0';
		if (!decode_percent(rest))
			return "a '%' is followed by two hex digits";
		if (ret->kind != ENDPOINT_LDAPI)
			return split_host(rest, ret);
		ret->path = *rest ? rest : default_socket();
		return strlen(ret->path) < sizeof(((struct sockaddr_un *)0)->sun_path)
			       ? NULL
			       : "the socket's path is too long";
	}
	return "neither ldap://, ldaps:// nor ldapi://";
}

/* Connections */

/* Waits for the connection to be made; 0, or an errno value. */
static int wait_connected(int fd, uint64_t deadline_ms)
{
	struct pollfd p = {.fd = fd, .events = POLLOUT};
	int error = 0, n;

	do {
		uint64_t now = endpoint_now_ms();

		n = poll(&p, 1, deadline_ms > now ? (int)(deadline_ms - now) : 0);
	} while (n < 0 && errno == EINTR);
	if (n == 0)
		return ETIMEDOUT;
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &(socklen_t){sizeof(error)}) < 0)
		return errno;
	return error;
}

/* A socket that is connected to @address, or -1 with *ret_error, an errno value. */
static int connect_address(const struct sockaddr *address, socklen_t len,
	uint64_t deadline_ms, int *ret_error)
{
	int fd =
		socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	*ret_error = errno;
	if (fd < 0)
		return -1;
	*ret_error = connect(fd, address, len) == 0 ? 0 : errno;
	if (*ret_error == EINPROGRESS)
		*ret_error = wait_connected(fd, deadline_ms);
	if (*ret_error) {
		close(fd);
		return -1;
	}
	return fd;
}

static const char *socket_reason(int error)
{
	switch (error) {
	case ENOENT:
		return "there is no such socket: is slapd "
		       "running, with ldapi:/// among its -h URLs?";
	case ECONNREFUSED:
		return "nobody listens there: is slapd running?";
	case EAGAIN:
		return "the server is too busy to take the connection";
	default:
		return strerror(error);
	}
}

static int connect_socket(
	TALLOC_CTX *mem_ctx, const char *path, uint64_t deadline_ms, char **ret_reason)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int error;

	memcpy(address.sun_path, path, strlen(path) + 1);
	int fd = connect_address(
		(const struct sockaddr *)&address, sizeof(address), deadline_ms, &error);

	if (fd < 0)
		*ret_reason = mem_printf(mem_ctx, "cannot connect to '%s': %s", path,
			socket_reason(error));
	return fd;
}

/* A peer that vanished without a word is noticed, also while nothing is sent. */
static void set_tcp_options(int fd)
{
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &(int){1}, sizeof(int));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &(int){KEEPALIVE_S}, sizeof(int));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &(int){KEEPALIVE_S / 4}, sizeof(int));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &(int){4}, sizeof(int));
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
}

static const char *tcp_reason(int error)
{
	switch (error) {
	case ECONNREFUSED:
		return "connection refused: is the server running, and listening there?";
	case ETIMEDOUT:
		return "no answer: is the host up, or a firewall in between?";
	default:
		return strerror(error);
	}
}

static int connect_any(TALLOC_CTX *mem_ctx, const struct addrinfo *list,
	const struct endpoint *endpoint, uint64_t deadline_ms, char **ret_reason)
{
	for (const struct addrinfo *a = list; a; a = a->ai_next) {
		uint64_t until = endpoint_now_ms() + ADDRESS_TIMEOUT_MS;
		char host[NI_MAXHOST] = "?";
		int error;
		int fd = connect_address(a->ai_addr, a->ai_addrlen,
			a->ai_next && until < deadline_ms ? until : deadline_ms, &error);

		if (fd >= 0) {
			set_tcp_options(fd);
			return fd;
		}
		getnameinfo(a->ai_addr, a->ai_addrlen, host, sizeof(host), NULL, 0,
			NI_NUMERICHOST);
		*ret_reason = mem_printf(mem_ctx, "cannot connect to %s port %s: %s",
			host, endpoint->port, tcp_reason(error));
	}
	return -1;
}

int endpoint_connect(TALLOC_CTX *mem_ctx, const struct endpoint *endpoint,
	uint64_t deadline_ms, char **ret_reason)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
	struct addrinfo *list = NULL;

	if (endpoint->kind == ENDPOINT_LDAPI)
		return connect_socket(mem_ctx, endpoint->path, deadline_ms, ret_reason);
	int failed = getaddrinfo(endpoint->host, endpoint->port, &hints, &list);

	if (failed) {
		*ret_reason = mem_printf(mem_ctx, "the host '%s' is not known: %s",
			endpoint->host, gai_strerror(failed));
		return -1;
	}
	int fd = connect_any(mem_ctx, list, endpoint, deadline_ms, ret_reason);

	freeaddrinfo(list);
	return fd;
}
