/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The directory over LDAP, read completely or not at all.
 *
 * directory_read() tries the servers of the settings in turn, each with a new handle:
 * connect, TLS, bind, prove who we are, prove that the server knows the schema we filter
 * by, then one paged subtree search whose entries go to the sink as they arrive. Success
 * means that every page ended well, that no entry lies behind a referral, that every
 * canary came, and that nothing we read changed meanwhile. Anything else is a failure
 * with a sentence on what to change, never a short list.
 *
 * The files directory*.c are one module and the only one that knows libldap; its traps
 * are told at the lines that avoid them. directory_servers.c goes from server to server,
 * directory_session.c is one connection, directory_state.c the state of what is read,
 * directory_search.c the paged search, directory.c the proof that it was complete,
 * directory_sync.c and directory_changes.c what changed since, directory_watch.c the standing
 * connection.
 *
 * Time: `timeout` bounds everything with one server, from connect to the last check, by
 * one monotonic deadline; the next server starts with a new one. Ten seconds at most go
 * to connecting, TLS and binding. Only the resolver has its own time limits.
 *
 * The program must ignore SIGPIPE, as program_parse() does: libldap writes to broken connections.
 */

#include "config/settings.h"
#include "read/csn.h"
#include "read/snapshot.h"

/*
 * An earlier read, from which on what changed is enough. It counts for the same server and the
 * same bind DN only.
 */
struct directory_since {
	const char *uri, *identity;
	struct string_list csn;
	struct snapshot *snapshot; /* NULL: read everything, for the next time */
};

struct directory_report {
	const char *uri; /* the server that was used */
	const char *identity; /* by WhoAmI (RFC 4532), without `dn:`; "" for anonymous */
	struct string_list csn; /* contextCSN, sorted; n is 0 without syncprov */
	size_t n_entries, n_pages;
	unsigned
		attempts; /* reads it took; above 1 where the directory changed meanwhile */
	bool is_increment; /* what came is what changed; the rest is the snapshot's */
	struct string_list
		dn_attributes; /* of the server's schema, before the first entry */
	const char *why_all; /* why it was no increment, where one was asked for */
	/* containers that are no entries of ours (snapshot.h), of an increment those that were
	 * unknown; NULL: not asked for, or they cannot all be seen */
	struct entries *above;
};

/*
 * directory_read - every entry that the map asks for
 *
 * shape:   entries reach @sink in the server's order while the read goes on. They count
 *          only if 0 is returned: @restart drops what came so far, and is called before
 *          every further attempt. @last_csn is the contextCSN of what was published last,
 *          NULL or empty if unknown: a server that is behind it is not used. With @since
 *          (or NULL) only what changed is read, where the server can tell.
 * memory:  strings of *ret_report below @mem_ctx; its uri is borrowed from @settings
 * errors:  EXIT_DIRECTORY, with a note for every further server; EXIT_USAGE for a password
 *          file that cannot be used. Servers that failed before one worked are warnings.
 *          *ret_report is filled as far as it is known, also on failure.
 * source:  RFC 4511, RFC 2696; draft-chu-ldap-csn. An entry deleted during the read may be
 *          in it or not; then `csn` is the older one, so that the next probe reads again
 */
int directory_read(TALLOC_CTX *mem_ctx, const struct directory_settings *settings,
	const struct map *map, const struct string_list *last_csn,
	const struct directory_since *since, entry_sink sink,
	void (*restart)(void *sink_data), void *sink_data, struct diags *diags,
	struct directory_report *ret_report) _must_check_;

/*
 * directory_probe - connect, bind, contextCSN; nothing else: has anything changed?
 *
 * shape:   WhoAmI only where expect-identity is set; report: uri, csn
 * errors:  as directory_read(); no contextCSN is none (csn.n is 0: nothing can be told)
 */
int directory_probe(TALLOC_CTX *mem_ctx, const struct directory_settings *settings,
	struct diags *diags, struct directory_report *ret_report) _must_check_;

/*
 * A standing connection that tells when something changed (RFC 4533, refreshAndPersist; in 389
 * Directory Server a persistent search).
 * It is only a trigger: what changed is found out by reading everything again, because
 * servers lose deletions and renames in what they send.
 */
struct directory_watch;

/*
 * directory_watch_open - from the state @csn on, as a read or a probe reported it
 *
 * memory: below @mem_ctx; freeing it closes the connection
 * errors: EXIT_DIRECTORY, also if the server can do neither
 */
int directory_watch_open(TALLOC_CTX *mem_ctx, const struct directory_settings *settings,
	const struct map *map, const struct string_list *csn, struct diags *diags,
	struct directory_watch **ret_watch) _must_check_;
/* Something changed between the state @csn and the first that will be told, or may have. */
bool directory_watch_is_late(const struct directory_watch *watch);
/* For poll(2): readable when directory_watch_drain() should be called. */
int directory_watch_fd(const struct directory_watch *watch);
/*
 * directory_watch_drain - takes what has arrived, without waiting
 *
 * shape:  *ret_changed is set to true if something below the base changed, else left alone
 * errors: EXIT_DIRECTORY when the connection is gone: open another
 */
int directory_watch_drain(struct directory_watch *watch, struct diags *diags,
	bool *ret_changed) _must_check_;
