/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A guest's serial console: from QEMU into a bounded log and to whoever is attached.
 *
 * The guest decides what it writes and how much of it, so everything here has a limit:
 * the log's size (one file and one older one), the rate at which it is read at all, and
 * what is kept for an attached client that does not read, which is nothing: it misses
 * bytes.
 */

#include "base/mem.h"

enum {
	CONSOLE_LOG_MAX = 1024 * 1024, /* of each of the two files */
	CONSOLE_RATE = 1024 * 1024, /* bytes a second */
};

struct console;

/*
 * console_new - log into the folder @dirfd
 *
 * shape:  @copy_fd: gets a copy of the output (vcn run), or -1
 * memory: below @mem_ctx; @dirfd and @copy_fd stay the caller's
 */
struct console *console_new(TALLOC_CTX *mem_ctx, int dirfd, int copy_fd) _must_check_;

/* A new boot: its line is the socket @fd, which the console closes. */
void console_connect(struct console *console, int fd);
/* The boot has ended: takes what is left, then closes the line. */
void console_disconnect(struct console *console);

/* The line to poll for POLLIN; -1 where there is none, or while it rests. */
int console_fd(const struct console *console);
/* Milliseconds until console_fd() changes by itself; -1: it does not. */
int console_pause_ms(const struct console *console);
/* Takes what the guest wrote. */
void console_receive(struct console *console);

/* Clients: their sockets stay the caller's, who detaches what he closes. */
bool console_attach(struct console *console, int client_fd);
void console_detach(struct console *console, int client_fd);
/* What a client types. */
void console_type(struct console *console, const char *bytes, size_t len);
