/* SPDX-License-Identifier: Apache-2.0 */

#include "read/directory.h"

#include <string.h>

#include <ldap.h>

#include "read/directory_servers.h"
#include "read/directory_state.h"
#include "read/directory_sync.h"

/*
 * Two ways, by what the server has: RFC 4533 where it keeps a contextCSN, from that state on;
 * elsewhere a persistent search, which begins with what comes after it, so that what came
 * before is found by comparing the state.
 */

static const char PERSISTENT_SEARCH[] = LDAP_CONTROL_PERSIST_REQUEST;

struct directory_watch {
	const struct directory_settings *settings;
	const struct map *map;
	const struct string_list *csn; /* while opening */
	struct session *session;
	int *ids; /* a search for each base */
	bool is_persistent; /* a persistent search */
	bool is_late; /* something may have changed before it began: to be told */
};

/*
 * PersistentSearch: SEQUENCE { changeTypes, changesOnly, returnECs }
 *
 * source: draft-ietf-ldapext-psearch-03 section 4; 15: every type of change
 */
static LDAPControl *persist_control(void)
{
	enum { ALL_CHANGES = 15 };
	BerElement *ber = ber_alloc_t(LBER_USE_DER);
	LDAPControl *control = NULL;
	struct berval *value = NULL;

	if (ber && ber_printf(ber, "{ibb}", ALL_CHANGES, 1, 0) >= 0 &&
		ber_flatten(ber, &value) == 0)
		ldap_control_create(PERSISTENT_SEARCH, 1, value, 1, &control);
	ber_bvfree(value);
	ber_free(ber, 1);
	return control;
}

/*
 * The map's entries, and containers: of a renamed one only it itself is told, though the
 * DNs of all below it have changed. 389 Directory Server does not take hasSubordinates in the
 * filter of a persistent search: there any entry is told.
 */
static int start_search(
	struct session *s, const struct directory_watch *w, const char *base, int *ret_id)
{
	static char no_attributes[] = LDAP_NO_ATTRS;
	char *attributes[] = {no_attributes, NULL};
	LDAPControl *control = w->is_persistent
				       ? persist_control()
				       : sync_request(LDAP_SYNC_REFRESH_AND_PERSIST,
						 sync_cookie(s, w->csn));
	LDAPControl *controls[] = {control, NULL};
	const char *filter =
		w->is_persistent
			? "(objectClass=*)"
			: mem_printf(s, "(|%s(hasSubordinates=TRUE))", w->map->filter);
	int code = LDAP_ENCODING_ERROR;

	s->doing = "watching";
	if (control)
		code = ldap_search_ext(s->ld, base, LDAP_SCOPE_SUBTREE, filter,
			attributes, 1, controls, NULL, NULL, LDAP_NO_LIMIT, ret_id);
	ldap_control_free(control);
	return code == LDAP_SUCCESS
		       ? 0
		       : session_fail(s, "watching: %s", ldap_err2string(code));
}

static int nothing_to_watch(struct session *s)
{
	return session_fail(s,
		"nothing can be watched: the base has no contextCSN (in slapd load the "
		"syncprov overlay; several bases must be in one database), and the server "
		"takes no persistent search; run 'ldapcc apply' from cron");
}

/* Does the server take a persistent search? */
static int choose_way(struct session *s, struct directory_watch *w)
{
	struct lookup root = {.dn = "", .attributes = {"supportedControl"}};

	w->is_persistent = w->csn->n == 0 || csn_is_usn(w->csn);
	if (!w->is_persistent)
		return 0;
	s->doing = "reading the root DSE";
	if (session_lookup_start(s, &root) || session_lookup_finish(s, &root))
		return -1;
	return list_has_name(&root.values[0], PERSISTENT_SEARCH) ? 0
								 : nothing_to_watch(s);
}

/* What changed between the last read and the start of the search is not told by it. */
static int look_back(struct session *s, struct directory_watch *w)
{
	struct string_list now;

	if (!w->is_persistent)
		return 0;
	if (state_read(s, &now))
		return -1;
	s->doing = "watching";
	w->is_late = now.n == 0 || csn_compare(w->csn, &now) != CSN_EQUAL;
	return 0;
}

static int use_server(struct session *s, void *data)
{
	struct directory_watch *w = data;
	const struct string_list *bases = &w->settings->bases;
	int id;

	if (w->settings->expect_identity &&
		(session_whoami_start(s, &id) || session_whoami_finish(s, id)))
		return -1;
	if (choose_way(s, w))
		return -1;
	for (size_t i = 0; i < bases->n; i++)
		if (start_search(s, w, bases->items[i], &w->ids[i]))
			return -1;
	return look_back(s, w);
}

int directory_watch_open(TALLOC_CTX *mem_ctx, const struct directory_settings *settings,
	const struct map *map, const struct string_list *csn, struct diags *diags,
	struct directory_watch **ret_watch)
{
	TMP_CTX(tmp);
	struct directory_watch *w = mem_new(tmp, struct directory_watch);

	*w = (struct directory_watch){.settings = settings,
		.map = map,
		.csn = csn,
		.ids = mem_array(w, int, settings->bases.n)};
	int failed = servers_try(w, settings, use_server, w, diags, &w->session);

	if (failed)
		return failed;
	w->csn = NULL;
	*ret_watch = talloc_steal(mem_ctx, w);
	return 0;
}

bool directory_watch_is_late(const struct directory_watch *watch)
{
	return watch->is_late;
}

int directory_watch_fd(const struct directory_watch *watch)
{
	return watch->session->fd;
}

/* Does the message tell of a change? News of the state alone (a new cookie) is none. */
static bool is_change(const struct session *s, LDAPMessage *message)
{
	struct berval *value = NULL;
	bool is_cookie = false;

	if (ldap_msgtype(message) != LDAP_RES_INTERMEDIATE)
		return true;
	if (ldap_parse_intermediate(s->ld, message, NULL, &value, NULL, 0) ==
			LDAP_SUCCESS &&
		value && value->bv_len > 0) {
		ber_tag_t tag = (unsigned char)value->bv_val[0];

		is_cookie = tag != LDAP_TAG_SYNC_ID_SET;
	}
	ber_bvfree(value);
	return !is_cookie;
}

static int stopped(struct directory_watch *w, LDAPMessage *message)
{
	struct session *s = w->session;
	char *diagnostic;
	int code;

	if (session_code(s, message, &code, &diagnostic))
		return -1;
	if (w->is_persistent && code == LDAP_INSUFFICIENT_ACCESS)
		return session_fail(s,
			"'%s' may not use the persistent search: in 389 Directory Server "
			"allow it in the aci of oid=%s,cn=features,cn=config, or run "
			"'ldapcc apply' from cron",
			session_who(s), PERSISTENT_SEARCH);
	if (code == LDAP_UNAVAILABLE_CRITICAL_EXTENSION)
		return session_fail(s,
			"the server cannot be watched: load the syncprov overlay in "
			"slapd, or run 'ldapcc apply' from cron");
	return session_refused(s, code, diagnostic);
}

/* One message if there is one; 1, 0 or a fault. */
static int take_message(struct directory_watch *w, int id, bool *ret_changed)
{
	struct session *s = w->session;
	LDAPMessage *message;
	int type = session_poll(s, id, &message);

	if (type <= 0)
		return type;
	if (type == LDAP_RES_SEARCH_RESULT) {
		stopped(w, message);
		ldap_msgfree(message);
		return -1;
	}
	if (is_change(s, message))
		*ret_changed = true;
	ldap_msgfree(message);
	return 1;
}

int directory_watch_drain(
	struct directory_watch *watch, struct diags *diags, bool *ret_changed)
{
	int got = 0;

	for (size_t i = 0; got == 0 && i < watch->settings->bases.n; i++)
		do
			got = take_message(watch, watch->ids[i], ret_changed);
		while (got > 0);
	if (got == 0)
		return 0;
	return diag_fail(diags, EXIT_DIRECTORY, loc_file(watch->session->endpoint->uri),
		"%s", watch->session->fault);
}
