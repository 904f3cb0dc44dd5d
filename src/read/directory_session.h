/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * One connection to one directory server: connect, TLS, bind, ask, all before one
 * deadline.
 *
 * A function that fails says why in session->fault, once, in a sentence that tells the
 * administrator what to change; whether that ends the run is the caller's to decide
 * (there may be another server). libldap's calls that block are avoided: each of them has
 * a way to wait for ever (a stalled server, a resolver, a half-received TLS record).
 *
 * Only the files directory*.c know it, and they alone know libldap.
 */

#include "config/settings.h"
#include "read/endpoint.h"

struct ldap; /* libldap's LDAP */
struct ldapmsg; /* libldap's LDAPMessage */

struct session {
	const struct directory_settings *settings;
	const struct endpoint *endpoint;
	const char *password;
	struct ldap *ld;
	bool is_shaking_hands;
	bool is_untried; /* TLS is up, and nothing was answered yet */
	int fd; /* borrowed: the handle closes it */
	uint64_t deadline_ms; /* monotonic */
	unsigned limit_s; /* the time that led to it */
	const char *doing; /* "binding", for messages */
	const char *identity; /* WhoAmI without `dn:`; "" anonymous; NULL unknown */
	char *fault; /* NULL: none yet */
};

/* Closed when freed. @password: for BIND_SIMPLE. */
struct session *session_new(TALLOC_CTX *mem_ctx,
	const struct directory_settings *settings, const struct endpoint *endpoint,
	const char *password) _must_check_;

/* Connects, starts TLS and binds. All functions here return 0 or -1, unless told. */
int session_open(struct session *s) _must_check_;

/* Sets the fault, if there is none yet; returns -1. */
int session_fail(struct session *s, const char *format, ...) _printf_(2, 3);

/* The next message of operation @id, for ldap_msgfree(). */
int session_next(struct session *s, int id, struct ldapmsg **ret_message) _must_check_;

/* The same without waiting: its type, 0 if none is there yet, -1. */
int session_poll(struct session *s, int id, struct ldapmsg **ret_message) _must_check_;

/* A fault if the deadline has passed: for loops that never have to wait. */
int session_check_deadline(struct session *s) _must_check_;

/* The fault for a result code: what the server said and, where known, what to do. */
int session_refused(struct session *s, int code, const char *diagnostic);
/* Result code of @message; *ret_diagnostic below @s, "" if the server gave none. */
int session_code(
	struct session *s, struct ldapmsg *message, int *ret_code, char **ret_diagnostic);

/* The identity, or words for it, for messages. */
const char *session_who(const struct session *s);

/* Who are we? Several operations can be started before the first is finished. */
int session_whoami_start(struct session *s, int *ret_id) _must_check_;
int session_whoami_finish(struct session *s, int id) _must_check_;

/* A search with few results of which values are wanted as text. */
struct lookup {
	const char *dn;
	bool is_subtree; /* else the entry alone */
	const char *filter; /* NULL: any */
	bool needs_sync; /* fails as is_unsupported where the server cannot tell changes */
	const char *attributes[4]; /* NULL-terminated */
	/* filled by session_lookup_finish(), below the session */
	bool is_found; /* ended well */
	bool is_missing; /* noSuchObject */
	bool is_unsupported; /* unavailableCriticalExtension */
	struct string_list values[3]; /* by attribute */
	size_t n_entries;
	int code; /* LDAP result code; not 0 is no fault of the session */
	char *diagnostic;
	int id;
};

int session_lookup_start(struct session *s, struct lookup *lookup) _must_check_;
int session_lookup_finish(struct session *s, struct lookup *lookup) _must_check_;
