/* SPDX-License-Identifier: Apache-2.0 */

#include "read/directory.h"

#include <string.h>

#include <ldap.h>

#include "read/directory_servers.h"

/*
 * Not ldap_sync_init(): it hands the first of several messages that arrived together to
 * its callback again and again, and drops the others.
 */

struct directory_watch {
	const struct directory_settings *settings;
	const struct map *map;
	const struct string_list *csn; /* while opening */
	struct session *session;
	int id;
};

/* OpenLDAP's cookie for a state that was read otherwise (slap_parse_sync_cookie()). */
static char *make_cookie(TALLOC_CTX *mem_ctx, const struct string_list *csn)
{
	struct buffer *cookie = buffer_new(mem_ctx);

	for (size_t i = 0; i < csn->n; i++)
		buffer_printf(cookie, "%s%s", i ? ";" : "rid=000,csn=", csn->items[i]);
	return cookie->data;
}

/* Sync Request Value: SEQUENCE { mode, cookie, reloadHint } (RFC 4533 section 2.2) */
static LDAPControl *make_control(const char *cookie)
{
	BerElement *ber = ber_alloc_t(LBER_USE_DER);
	LDAPControl *control = NULL;
	struct berval *value = NULL;
	struct berval state = {.bv_len = strlen(cookie), .bv_val = (char *)cookie};

	if (ber &&
		ber_printf(ber, "{eOb}", LDAP_SYNC_REFRESH_AND_PERSIST, &state, 0) >= 0 &&
		ber_flatten(ber, &value) == 0)
		ldap_control_create(LDAP_CONTROL_SYNC, 1, value, 1, &control);
	ber_bvfree(value);
	ber_free(ber, 1);
	return control;
}

/*
 * The map's entries, and containers: of a renamed one only it itself is told, though the
 * DNs of all below it have changed.
 */
static int start_search(struct session *s, const struct directory_watch *w, int *ret_id)
{
	static char no_attributes[] = LDAP_NO_ATTRS;
	char *attributes[] = {no_attributes, NULL};
	LDAPControl *controls[] = {make_control(make_cookie(s, w->csn)), NULL};
	char *filter = mem_printf(s, "(|%s(hasSubordinates=TRUE))", w->map->filter);
	int code = LDAP_ENCODING_ERROR;

	s->doing = "watching";
	if (controls[0])
		code = ldap_search_ext(s->ld, s->settings->base, LDAP_SCOPE_SUBTREE,
			filter, attributes, 1, controls, NULL, NULL, LDAP_NO_LIMIT,
			ret_id);
	ldap_control_free(controls[0]);
	return code == LDAP_SUCCESS
		       ? 0
		       : session_fail(s, "watching: %s", ldap_err2string(code));
}

static int use_server(struct session *s, void *data)
{
	struct directory_watch *w = data;
	int id;

	if (w->settings->expect_identity &&
		(session_whoami_start(s, &id) || session_whoami_finish(s, id)))
		return -1;
	return start_search(s, w, &w->id);
}

int directory_watch_open(TALLOC_CTX *mem_ctx, const struct directory_settings *settings,
	const struct map *map, const struct string_list *csn, struct diags *diags,
	struct directory_watch **ret_watch)
{
	TMP_CTX(tmp);
	struct directory_watch *w = mem_new(tmp, struct directory_watch);

	*w = (struct directory_watch){.settings = settings, .map = map, .csn = csn};
	if (csn->n == 0)
		return diag_fail(diags, EXIT_DIRECTORY, settings->where,
			"nothing can be watched: the base has no contextCSN; load the "
			"syncprov overlay in slapd, or run 'ldapcc apply' from cron");
	int failed = servers_try(w, settings, use_server, w, diags, &w->session);

	if (failed)
		return failed;
	w->csn = NULL;
	*ret_watch = talloc_steal(mem_ctx, w);
	return 0;
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

static int stopped(struct session *s, LDAPMessage *message)
{
	char *diagnostic;
	int code;

	if (session_code(s, message, &code, &diagnostic))
		return -1;
	if (code == LDAP_UNAVAILABLE_CRITICAL_EXTENSION)
		return session_fail(s,
			"the server cannot be watched: load the syncprov overlay in "
			"slapd, or run 'ldapcc apply' from cron");
	return session_refused(s, code, diagnostic);
}

/* One message if there is one; 1, 0 or a fault. */
static int take_message(struct directory_watch *w, bool *ret_changed)
{
	struct session *s = w->session;
	LDAPMessage *message;
	int type = session_poll(s, w->id, &message);

	if (type <= 0)
		return type;
	if (type == LDAP_RES_SEARCH_RESULT) {
		stopped(s, message);
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
	int got;

	do
		got = take_message(watch, ret_changed);
	while (got > 0);
	if (got == 0)
		return 0;
	return diag_fail(diags, EXIT_DIRECTORY, loc_file(watch->session->endpoint->uri),
		"%s", watch->session->fault);
}
