/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The supervisor's end of the control socket (control.h has the protocol).
 *
 * A client gets nothing done by being slow: lines are short, replies fit the socket's
 * buffer or are dropped, and there is a limit to the number of clients.
 */

#include <poll.h>

#include "base/diag.h"

struct json_object;
struct server;
struct sockaddr_un;

/*
 * The socket's address, by way of the folder's descriptor: a path may be longer than an
 * address holds.
 */
void server_address(int dirfd, struct sockaddr_un *ret);

/* What requests do; @user is the first argument of each. */
struct server_calls {
	struct json_object *(*status)(void *user); /* the reference is taken */
	struct json_object *(*check)(
		void *user); /* the same, after a look at everything */
	void (*stop)(void *user, unsigned timeout_s);
	void (*kill)(void *user);
	/* NULL, or why not */
	const char *(*replace)(void *user, const char *manifest, unsigned timeout_s);
	bool (*attach)(void *user, int fd); /* false: no more consoles */
	void (*detach)(void *user, int fd);
	void (*type)(void *user, const char *bytes, size_t len);
	void *user;
};

/*
 * server_open - listen in the folder @dirfd
 *
 * memory: below @mem_ctx; the socket file goes with it
 * errors: EXIT_IO
 */
struct server *server_open(TALLOC_CTX *mem_ctx, int dirfd,
	const struct server_calls *calls, struct diags *diags) _must_check_;

enum { SERVER_CLIENTS_MAX = 32, SERVER_POLLS_MAX = SERVER_CLIENTS_MAX + 1 };

/* What to poll for; returns how many of @polls are filled. */
size_t server_polls(struct server *server, struct pollfd polls[SERVER_POLLS_MAX]);
/* What came of it. */
void server_handle(struct server *server, const struct pollfd *polls, size_t n_polls);

/* No more connections: the socket file goes, those who are connected stay. */
void server_stop_listening(struct server *server);
/* The end, for those who wait for it; takes the reference. */
void server_end(struct server *server, struct json_object *state);
