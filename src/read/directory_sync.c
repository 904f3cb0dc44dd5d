/* SPDX-License-Identifier: Apache-2.0 */

#include "read/directory_sync.h"

#include <string.h>

#include <ldap.h>

#include "base/text.h"
#include "read/csn.h"

static const ber_tag_t REFRESH_DELETES_TAG = LBER_BOOLEAN;

/* Sync Request Value: SEQUENCE { mode, cookie, reloadHint } (RFC 4533 section 2.2) */
LDAPControl *sync_request(int mode, const char *cookie)
{
	BerElement *ber = ber_alloc_t(LBER_USE_DER);
	LDAPControl *control = NULL;
	struct berval *value = NULL;
	struct berval state = {.bv_len = cookie == NULL ? 0 : strlen(cookie),
		.bv_val = (char *)(uintptr_t)cookie};
	int written = -1;

	if (ber && cookie)
		written = ber_printf(ber, "{eOb}", mode, &state, 0);
	else if (ber)
		written = ber_printf(ber, "{e}", mode);
	if (written >= 0 && ber_flatten(ber, &value) == 0)
		ldap_control_create(LDAP_CONTROL_SYNC, 1, value, 1, &control);
	ber_bvfree(value);
	ber_free(ber, 1);
	return control;
}

/* source: slap_parse_sync_cookie() of OpenLDAP */
char *sync_cookie(TALLOC_CTX *mem_ctx, const struct string_list *csn)
{
	struct buffer *cookie = buffer_new(mem_ctx);

	for (size_t i = 0; i < csn->n; i++)
		buffer_printf(cookie, "%s%s", i ? ";" : "rid=000,csn=", csn->items[i]);
	return cookie->data;
}

struct asking {
	struct session *session;
	const struct string_list *csn;
	struct snapshot *snapshot;
	bool has_present_phase; /* it is over: who was not named is gone */
	bool is_done;
	const char *why;
};

static int give_up(struct asking *a, const char *why)
{
	if (a->why == NULL)
		a->why = why;
	return 0;
}

/* Entries */

/* Sync State Value: SEQUENCE { state, entryUUID, cookie } (RFC 4533 section 2.3) */
static bool take_state(
	struct session *s, LDAPMessage *message, ber_int_t *ret_state, uint8_t *ret_id)
{
	LDAPControl **controls = NULL, *control = NULL;
	struct berval id = {0};
	bool is_good = false;

	if (ldap_get_entry_controls(s->ld, message, &controls) == LDAP_SUCCESS)
		control = ldap_control_find(LDAP_CONTROL_SYNC_STATE, controls, NULL);
	BerElement *ber = control ? ber_init(&control->ldctl_value) : NULL;

	if (ber && ber_scanf(ber, "{em", ret_state, &id) != LBER_ERROR &&
		id.bv_len == ENTRY_ID_BYTES) {
		memcpy(ret_id, id.bv_val, ENTRY_ID_BYTES);
		is_good = true;
	}
	ber_free(ber, 1);
	ldap_controls_free(controls);
	return is_good;
}

/* The value below @s, NULL where there is not one. */
static const char *value_of(struct session *s, LDAPMessage *message, const char *name)
{
	struct berval **values = ldap_get_values_len(s->ld, message, name);
	const char *value = values && values[0] && !values[1]
				    ? mem_strndup(s, values[0]->bv_val, values[0]->bv_len)
				    : NULL;

	ldap_value_free_len(values);
	return value;
}

/* A server that did not take the cookie gives what was there before it, too. */
static bool is_newer(const struct asking *a, const char *entry_csn)
{
	for (size_t i = 0; i < a->csn->n; i++)
		if (strcmp(a->csn->items[i], entry_csn) == 0)
			return true;
	return !csn_covers(a->csn, entry_csn);
}

static int take_changed(struct asking *a, LDAPMessage *message, const uint8_t *id)
{
	struct session *s = a->session;
	const char *entry_csn = value_of(s, message, "entryCSN");
	const char *children = value_of(s, message, "hasSubordinates");
	char *dn = ldap_get_dn(s->ld, message);

	if (dn == NULL || entry_csn == NULL)
		give_up(a, "an entry came without its entryCSN");
	else if (!is_newer(a, entry_csn))
		give_up(a, "the server gave what had not changed, as if it did not know "
			   "the state");
	else
		snapshot_changed(a->snapshot, id, dn,
			children == NULL || text_equal_case(children, "TRUE"));
	ldap_memfree(dn);
	return 0;
}

static int take_entry(struct asking *a, LDAPMessage *message)
{
	ber_int_t state;
	uint8_t id[ENTRY_ID_BYTES];

	if (!take_state(a->session, message, &state, id))
		return give_up(a, "an entry came without its sync state");
	switch (state) {
	case LDAP_SYNC_PRESENT:
		snapshot_present(a->snapshot, id);
		return 0;
	case LDAP_SYNC_ADD:
	case LDAP_SYNC_MODIFY:
		return take_changed(a, message, id);
	case LDAP_SYNC_DELETE:
		snapshot_gone(a->snapshot, id);
		return 0;
	default:
		return give_up(a, "an entry came with an unknown sync state");
	}
}

/* Messages between entries: SyncInfoValue (RFC 4533 section 2.5) */

/* A cookie that we do not need: the state that was read before counts. */
static void skip_cookie(BerElement *ber)
{
	struct berval cookie;
	ber_len_t len;

	if (ber_peek_tag(ber, &len) == LDAP_TAG_SYNC_COOKIE)
		ber_scanf(ber, "m", &cookie);
}

/* syncIdSet: SEQUENCE { cookie, refreshDeletes, SET OF syncUUID } */
static void take_id_set(struct asking *a, BerElement *ber)
{
	ber_int_t deletes = 0;
	BerVarray ids = NULL;
	ber_len_t len;

	if (ber_scanf(ber, "{") == LBER_ERROR) {
		give_up(a, "a set of ids cannot be read");
		return;
	}
	skip_cookie(ber);
	if (ber_peek_tag(ber, &len) == REFRESH_DELETES_TAG)
		ber_scanf(ber, "b", &deletes);
	if (ber_scanf(ber, "[W]", &ids) == LBER_ERROR)
		give_up(a, "a set of ids cannot be read");
	for (size_t i = 0; ids != NULL && ids[i].bv_val != NULL; i++) {
		const uint8_t *id = (const uint8_t *)ids[i].bv_val;

		if (ids[i].bv_len != ENTRY_ID_BYTES)
			give_up(a, "an id is not of sixteen bytes");
		else if (deletes)
			snapshot_gone(a->snapshot, id);
		else
			snapshot_present(a->snapshot, id);
	}
	ber_bvarray_free(ids);
}

static int take_info(struct asking *a, LDAPMessage *message)
{
	char *oid = NULL;
	struct berval *value = NULL;
	int code =
		ldap_parse_intermediate(a->session->ld, message, &oid, &value, NULL, 0);
	BerElement *ber =
		code == LDAP_SUCCESS && value && oid && strcmp(oid, LDAP_SYNC_INFO) == 0
			? ber_init(value)
			: NULL;
	ber_len_t len;
	ber_tag_t tag = ber ? ber_peek_tag(ber, &len) : LBER_DEFAULT;

	if (tag == LDAP_TAG_SYNC_ID_SET)
		take_id_set(a, ber);
	else if (tag == LDAP_TAG_SYNC_REFRESH_PRESENT)
		a->has_present_phase = true;
	else if (tag != LDAP_TAG_SYNC_NEW_COOKIE && tag != LDAP_TAG_SYNC_REFRESH_DELETE)
		give_up(a, "a message cannot be read");
	ber_free(ber, 1);
	ber_bvfree(value);
	ldap_memfree(oid);
	return 0;
}

/* The end */

/* Sync Done Value: SEQUENCE { cookie, refreshDeletes } (RFC 4533 section 2.4) */
static bool take_done(struct asking *a, LDAPControl **controls)
{
	LDAPControl *control = ldap_control_find(LDAP_CONTROL_SYNC_DONE, controls, NULL);
	BerElement *ber = control ? ber_init(&control->ldctl_value) : NULL;
	ber_int_t deletes = 0;
	ber_len_t len;
	bool is_good = ber && ber_scanf(ber, "{") != LBER_ERROR;

	if (is_good) {
		skip_cookie(ber);
		if (ber_peek_tag(ber, &len) == REFRESH_DELETES_TAG)
			ber_scanf(ber, "b", &deletes);
		a->has_present_phase |= !deletes;
	}
	ber_free(ber, 1);
	return is_good;
}

static int take_result(struct asking *a, LDAPMessage *message)
{
	struct session *s = a->session;
	LDAPControl **controls = NULL;
	char *diagnostic;
	int code;

	if (session_code(s, message, &code, &diagnostic))
		return -1;
	a->is_done = true;
	if (code != LDAP_SUCCESS)
		return give_up(a, mem_printf(s, "the server refused to tell: %s (%d)%s%s",
					  ldap_err2string(code), code,
					  *diagnostic ? ": " : "", diagnostic));
	ldap_parse_result(s->ld, message, &code, NULL, NULL, NULL, &controls, 0);
	if (!take_done(a, controls))
		give_up(a, "the server left out the sync done control");
	ldap_controls_free(controls);
	return 0;
}

static int take_message(struct asking *a, LDAPMessage *message)
{
	switch (ldap_msgtype(message)) {
	case LDAP_RES_SEARCH_ENTRY:
		return take_entry(a, message);
	case LDAP_RES_INTERMEDIATE:
		return take_info(a, message);
	case LDAP_RES_SEARCH_RESULT:
		return take_result(a, message);
	default:
		return give_up(a, "a part of the tree is on another server");
	}
}

static int start(
	struct session *s, const char *base, const struct string_list *csn, int *ret_id)
{
	TMP_CTX(tmp);
	static char csn_name[] = "entryCSN", children_name[] = "hasSubordinates";
	char *attributes[] = {csn_name, children_name, NULL};
	LDAPControl *controls[] = {
		sync_request(LDAP_SYNC_REFRESH_ONLY, sync_cookie(tmp, csn)), NULL};
	int code = LDAP_ENCODING_ERROR;

	s->doing = "asking what has changed";
	if (controls[0])
		code = ldap_search_ext(s->ld, base, LDAP_SCOPE_SUBTREE, "(objectClass=*)",
			attributes, 0, controls, NULL, NULL, LDAP_NO_LIMIT, ret_id);
	ldap_control_free(controls[0]);
	return code == LDAP_SUCCESS
		       ? 0
		       : session_fail(s, "%s: %s", s->doing, ldap_err2string(code));
}

/* Who is below another base was not named, either. */
static void end_present(struct asking *a)
{
	if (a->session->settings->bases.n > 1)
		give_up(a, "the server names what is left, and there are several bases");
	else
		snapshot_end_present(a->snapshot);
}

int sync_ask(struct session *s, const char *base, const struct string_list *csn,
	struct snapshot *snapshot, struct sync_result *ret)
{
	struct asking a = {.session = s, .csn = csn, .snapshot = snapshot};
	int id = -1, failed = start(s, base, csn, &id);

	while (!failed && !a.is_done && a.why == NULL) {
		LDAPMessage *message;

		failed = session_next(s, id, &message) || session_check_deadline(s);
		if (!failed) {
			failed = take_message(&a, message);
			ldap_msgfree(message);
		}
	}
	if (!failed && !a.is_done)
		ldap_abandon_ext(s->ld, id, NULL, NULL);
	if (!failed && a.why == NULL && a.has_present_phase)
		end_present(&a);
	ret->why = a.why;
	ret->has_named = a.has_present_phase;
	return failed ? -1 : 0;
}
