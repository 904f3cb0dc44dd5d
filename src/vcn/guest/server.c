/* SPDX-License-Identifier: Apache-2.0 */
#include "vcn/guest/server.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <json-c/json.h>

#include "base/json.h"

enum { LINE_MAX_BYTES = 4096, BACKLOG = 16, TIMEOUT_MAX_S = 24 * 3600 };

struct client {
	int fd;
	bool is_console, waits_for_end;
	char line[LINE_MAX_BYTES];
	size_t len;
};

struct server {
	int dirfd, fd;
	struct server_calls calls;
	struct client *clients[SERVER_CLIENTS_MAX];
	size_t n_clients;
};

/* The socket */

void server_address(int dirfd, struct sockaddr_un *ret)
{
	*ret = (struct sockaddr_un){.sun_family = AF_UNIX};
	snprintf(ret->sun_path, sizeof(ret->sun_path), "/proc/self/fd/%d/control", dirfd);
}

static int bind_socket(struct server *server)
{
	struct sockaddr_un address;
	mode_t old = umask(0177);

	server_address(server->dirfd, &address);
	unlinkat(server->dirfd, "control", 0);
	server->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int r = server->fd < 0 ? -errno : 0;

	if (r == 0 &&
		(bind(server->fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
			listen(server->fd, BACKLOG) < 0))
		r = -errno;
	umask(old);
	return r;
}

void server_stop_listening(struct server *server)
{
	if (server->fd >= 0)
		unlinkat(server->dirfd, "control", 0);
	mem_close_fd(&server->fd);
}

static void drop_client(struct server *server, size_t i)
{
	struct client *client = server->clients[i];

	if (client->is_console)
		server->calls.detach(server->calls.user, client->fd);
	mem_close_fd(&client->fd);
	talloc_free(client);
	server->clients[i] = server->clients[--server->n_clients];
}

static int close_server(struct server *server)
{
	while (server->n_clients > 0)
		drop_client(server, 0);
	server_stop_listening(server);
	return 0;
}

struct server *server_open(TALLOC_CTX *mem_ctx, int dirfd,
	const struct server_calls *calls, struct diags *diags)
{
	struct server *server = mem_new(mem_ctx, struct server);

	server->dirfd = dirfd;
	server->fd = -1;
	server->calls = *calls;
	talloc_set_destructor(server, close_server);
	int r = bind_socket(server);

	if (r == 0)
		return server;
	talloc_free(server);
	(void)!diag_fail_errno(
		diags, EXIT_IO, -r, LOC_NONE, "the control socket cannot be opened");
	return NULL;
}

/* The folder is closed to others; this is for one that was opened by mistake. */
static bool is_allowed(int fd)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0 &&
	       (peer.uid == 0 || peer.uid == geteuid());
}

static void accept_client(struct server *server)
{
	int fd = accept4(server->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0)
		return;
	if (!is_allowed(fd)) {
		close(fd);
		return;
	}
	struct client *client = mem_new(server, struct client);

	client->fd = fd;
	server->clients[server->n_clients++] = client;
}

/* Requests */

static void reply(struct client *client, struct json_object *json)
{
	TMP_CTX(tmp);
	const char *text = mem_printf(tmp, "%s\n",
		json_object_to_json_string_ext(json, JSON_C_TO_STRING_PLAIN));

	(void)!send(client->fd, text, strlen(text), MSG_DONTWAIT | MSG_NOSIGNAL);
	json_object_put(json);
}

static struct json_object *new_reply(bool ok)
{
	struct json_object *json = json_object_new_object();

	json_put_bool(json, "ok", ok);
	return json;
}

static void refuse(struct client *client, const char *message)
{
	struct json_object *json = new_reply(false);

	json_put_text(json, "message", message);
	reply(client, json);
}

static void request_status(struct server *server, struct client *client,
	struct json_object *request _unused_)
{
	struct json_object *json = new_reply(true);

	json_object_object_add(json, "state", server->calls.status(server->calls.user));
	reply(client, json);
}

static void request_check(struct server *server, struct client *client,
	struct json_object *request _unused_)
{
	struct json_object *json = new_reply(true);

	json_object_object_add(json, "state", server->calls.check(server->calls.user));
	reply(client, json);
}

static void request_stop(
	struct server *server, struct client *client, struct json_object *request)
{
	int64_t timeout_s = 0;

	if (!json_read_integer(request, "timeout", 0, TIMEOUT_MAX_S, &timeout_s)) {
		refuse(client, "the timeout is no number, or out of range");
		return;
	}
	client->waits_for_end = true;
	reply(client, new_reply(true));
	server->calls.stop(server->calls.user, (unsigned)timeout_s);
}

static void request_kill(struct server *server, struct client *client,
	struct json_object *request _unused_)
{
	client->waits_for_end = true;
	reply(client, new_reply(true));
	server->calls.kill(server->calls.user);
}

static void request_replace(
	struct server *server, struct client *client, struct json_object *request)
{
	int64_t timeout_s = 0;
	const char *manifest = NULL;

	if (!json_read_integer(request, "timeout", 0, TIMEOUT_MAX_S, &timeout_s) ||
		!json_read_text(request, "manifest", &manifest) || manifest == NULL) {
		refuse(client, "timeout or manifest are not what they should be");
		return;
	}
	const char *why =
		server->calls.replace(server->calls.user, manifest, (unsigned)timeout_s);

	if (why != NULL)
		refuse(client, why);
	else
		reply(client, new_reply(true));
}

static void request_console(struct server *server, struct client *client,
	struct json_object *request _unused_)
{
	if (!server->calls.attach(server->calls.user, client->fd)) {
		refuse(client, "too many are attached to this console");
		return;
	}
	client->is_console = true;
	reply(client, new_reply(true));
}

static const struct request {
	const char *name;
	void (*handle)(struct server *server, struct client *client,
		struct json_object *request);
} requests[] = {
	{"status", request_status},
	{"check", request_check},
	{"stop", request_stop},
	{"kill", request_kill},
	{"replace", request_replace},
	{"console", request_console},
};

static void dispatch(
	struct server *server, struct client *client, struct json_object *json)
{
	const char *name = NULL;

	if (!json_read_text(json, "request", &name) || name == NULL) {
		refuse(client, "this is no request");
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(requests); i++)
		if (strcmp(requests[i].name, name) == 0) {
			requests[i].handle(server, client, json);
			return;
		}
	refuse(client, "there is no such request");
}

static void handle_line(struct server *server, struct client *client, size_t len)
{
	struct json_object *json = json_read(client->line, len);

	dispatch(server, client, json);
	json_object_put(json);
}

/* Takes the complete lines; what follows a console request is typing. */
static void handle_lines(struct server *server, struct client *client)
{
	char *end;

	while (!client->is_console &&
		(end = memchr(client->line, '\n', client->len)) != NULL) {
		size_t len = (size_t)(end - client->line);

		handle_line(server, client, len);
		client->len -= len + 1;
		memmove(client->line, end + 1, client->len);
	}
	if (client->is_console) {
		server->calls.type(server->calls.user, client->line, client->len);
		client->len = 0;
	}
}

/* False where the client is to be dropped. */
static bool receive(struct server *server, struct client *client)
{
	ssize_t n = recv(client->fd, client->line + client->len,
		sizeof(client->line) - client->len, MSG_DONTWAIT);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	if (n == 0)
		return false;
	client->len += (size_t)n;
	handle_lines(server, client);
	return client->len < sizeof(client->line);
}

/* The loop's side */

size_t server_polls(struct server *server, struct pollfd polls[SERVER_POLLS_MAX])
{
	for (size_t i = 0; i < server->n_clients; i++)
		polls[i] =
			(struct pollfd){.fd = server->clients[i]->fd, .events = POLLIN};
	if (server->fd < 0 || server->n_clients == SERVER_CLIENTS_MAX)
		return server->n_clients;
	polls[server->n_clients] = (struct pollfd){.fd = server->fd, .events = POLLIN};
	return server->n_clients + 1;
}

void server_handle(struct server *server, const struct pollfd *polls, size_t n_polls)
{
	size_t n_clients = server->n_clients;

	/* Backwards: a dropped client's place is taken by the last one. */
	for (size_t i = n_clients; i-- > 0;)
		if (polls[i].revents != 0 && !receive(server, server->clients[i]))
			drop_client(server, i);
	if (n_polls > n_clients && polls[n_clients].revents != 0)
		accept_client(server);
}

void server_end(struct server *server, struct json_object *state)
{
	for (size_t i = 0; i < server->n_clients; i++) {
		if (!server->clients[i]->waits_for_end)
			continue;
		struct json_object *json = json_object_new_object();

		json_object_object_add(json, "ended", json_object_get(state));
		reply(server->clients[i], json);
	}
	json_object_put(state);
}
