/* SPDX-License-Identifier: Apache-2.0 */

#include "read/directory_search.h"

#include <string.h>

#include <ldap.h>

#include "base/text.h"
#include "read/directory_ranges.h"
#include "read/dn.h"

enum {
	EMPTY_PAGES_MAX = 16,
	DEADLINE_EVERY = 1024, /* entries between two looks at the clock */
};

/* A DN that must come, and whether it has. */
struct canary {
	const char *key;
	size_t letters; /* see count_letters() */
	bool is_plain; /* the letters of all its spellings are those */
	bool is_seen;
};

struct search {
	struct session *session;
	const struct map *map;
	const char *const *attributes_wanted;
	entry_sink sink;
	void *sink_data;
	struct canary *canaries;
	size_t n_canaries;

	/* of this run */
	const char *base, *filter; /* at hand */
	bool is_one_of_several; /* see search_more() */
	struct places *places;
	struct search_result result;
	size_t n_page_entries, n_empty_pages;
	struct berval cookie; /* libldap's memory */

	/* of one entry, reused */
	struct entry_attribute *attributes;
	struct entry_value *values;
	size_t n_attributes, attribute_room, n_values, value_room;
};

/* Canaries */

/*
 * A number that equal DNs share whatever their spelling (blanks, case, order in an RDN, a type's
 * name), so that the key, which costs more, is made for few entries only. Of plain DNs, and
 * of values alone.
 */
static size_t count_letters(const char *dn)
{
	size_t sum = 0;
	bool is_value = false;

	for (; *dn; dn++) {
		unsigned char c = (unsigned char)*dn | 0x20;

		if (*dn == '=')
			is_value = true;
		else if (*dn == ',' || *dn == '+')
			is_value = false;
		else if (is_value && ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')))
			sum += c * (size_t)c;
	}
	return sum;
}

/* Of the others a letter may be written as several, and several bytes may be one. */
static bool is_plain(const char *dn)
{
	for (; *dn != '\0'; dn++)
		if (*dn == '\\' || *dn == '#' || (unsigned char)*dn >= 0x80)
			return false;
	return true;
}

static void prepare_canaries(struct search *r, const struct directory_settings *settings)
{
	r->n_canaries = settings->canaries.n;
	r->canaries = mem_array(r, struct canary, r->n_canaries + 1);
	for (size_t i = 0; i < r->n_canaries; i++) {
		r->canaries[i].key = dn_key(r, settings->canaries.items[i]);
		r->canaries[i].letters = count_letters(r->canaries[i].key);
		r->canaries[i].is_plain = is_plain(r->canaries[i].key);
	}
}

static void note_canary(struct search *r, const char *dn)
{
	bool is_its_plain = is_plain(dn);
	size_t letters = count_letters(dn);

	for (size_t i = 0; i < r->n_canaries; i++) {
		struct canary *canary = &r->canaries[i];

		if (canary->is_seen ||
			(letters != canary->letters && is_its_plain && canary->is_plain))
			continue;
		char *key = dn_key(r, dn);

		canary->is_seen = key && strcmp(key, canary->key) == 0;
		talloc_free(key);
	}
}

int search_check_canaries(struct search *r)
{
	for (size_t i = 0; i < r->n_canaries; i++) {
		if (!r->canaries[i].is_seen)
			return session_fail(r->session,
				"canary '%s' did not come: is it still there, has it "
				"one of the map's classes, and may '%s' read it?",
				r->session->settings->canaries.items[i],
				session_who(r->session));
	}
	return 0;
}

/* Entries */

/* Values stay where they arrived; the decoder has put a NUL behind each. */
static void take_attribute(struct search *r, char *name, const struct berval *values)
{
	size_t n = 0;

	while (values && values[n].bv_val)
		n++;
	mem_reserve(r, &r->values, &r->value_room, r->n_values + n);
	for (size_t i = 0; i < n; i++)
		r->values[r->n_values++] =
			(struct entry_value){values[i].bv_val, values[i].bv_len, 0};
	mem_reserve(r, &r->attributes, &r->attribute_room, r->n_attributes + 1);
	/* its values move: they are found when all have come */
	r->attributes[r->n_attributes++] =
		(struct entry_attribute){.name = name, .n_values = n};
}

/* Of a large attribute the plain one is empty, and its values come in parts. */
static int complete_parts(struct search *r, TALLOC_CTX *mem_ctx, struct entry *entry)
{
	struct entry_attribute *part = entry_part(entry, &r->map->wanted);
	size_t kept = 0;

	if (!part)
		return 0;
	for (; part; part = entry_part(entry, &r->map->wanted))
		if (ranges_complete(mem_ctx, r->session, entry->dn, part))
			return -1;
	for (size_t i = 0; i < entry->n_attributes; i++)
		if (entry->attributes[i].n_values > 0)
			entry->attributes[kept++] = entry->attributes[i];
	entry->n_attributes = kept;
	return 0;
}

static int deliver(struct search *r, const char *dn)
{
	TMP_CTX(tmp);
	struct entry entry = {.dn = dn_safe(tmp, dn),
		.attributes = r->attributes,
		.n_attributes = r->n_attributes};
	struct entry_value *values = r->values;

	for (size_t i = 0; i < r->n_attributes; i++) {
		r->attributes[i].values = values;
		values += r->attributes[i].n_values;
	}
	if (complete_parts(r, tmp, &entry))
		return -1;
	(void)!entry_settle_options(&entry, &r->map->wanted);
	r->sink(r->sink_data, &entry);
	return 0;
}

static int take_attributes(
	struct search *r, LDAPMessage *message, BerElement *ber, const char *dn)
{
	LDAP *ld = r->session->ld;
	struct berval name;
	BerVarray values = NULL;
	int code;

	r->n_attributes = r->n_values = 0;
	while ((code = ldap_get_attribute_ber(ld, message, ber, &name, &values)) ==
			LDAP_SUCCESS &&
		name.bv_val) {
		take_attribute(r, name.bv_val, values);
		ldap_memfree(values);
		values = NULL;
	}
	if (code != LDAP_SUCCESS)
		return session_fail(r->session,
			"the attributes of '%s' cannot be read: %s", dn,
			ldap_err2string(code));
	return deliver(r, dn);
}

static int take_entry(struct search *r, LDAPMessage *message)
{
	BerElement *ber = NULL;
	struct berval dn;
	int code = ldap_get_dn_ber(r->session->ld, message, &ber, &dn);

	if (code != LDAP_SUCCESS)
		return session_fail(
			r->session, "an entry cannot be read: %s", ldap_err2string(code));
	r->result.n_entries++;
	r->n_page_entries++;
	if (!places_add(r->places, dn.bv_val, dn.bv_len) && !r->result.repeated &&
		!r->is_one_of_several)
		r->result.repeated = mem_strndup(r, dn.bv_val, dn.bv_len);
	if (r->n_canaries > 0)
		note_canary(r, dn.bv_val);
	int failed = take_attributes(r, message, ber, dn.bv_val);

	ber_free(ber, 0);
	return failed;
}

/* Pages */

static int request_page(struct search *r, int *ret_id)
{
	struct session *s = r->session;
	LDAPControl *controls[2] = {NULL};
	int code = ldap_create_page_control(
		s->ld, (int)s->settings->page_size, &r->cookie, 1, &controls[0]);

	if (code == LDAP_SUCCESS)
		code = ldap_search_ext(s->ld, r->base, LDAP_SCOPE_SUBTREE, r->filter,
			(char **)r->attributes_wanted, 0, controls, NULL, NULL,
			LDAP_NO_LIMIT, ret_id);
	ldap_control_free(controls[0]);
	return code == LDAP_SUCCESS
		       ? 0
		       : session_fail(s, "%s: %s", s->doing, ldap_err2string(code));
}

/* A limit of the server: how to lift it in OpenLDAP, and its name in 389 DS. */
static int limit_reached(
	struct search *r, const char *what, const char *openldap, const char *other)
{
	struct session *s = r->session;
	TMP_CTX(tmp);
	char *whom = s->identity && *s->identity
			     ? mem_printf(tmp, "dn.exact=\"%s\"", s->identity)
			     : mem_strdup(tmp, "anonymous");

	return session_fail(s,
		"the server stopped after %zu %s (%s); in slapd.conf give: limits "
		"%s %s; in cn=config olcLimits with the same words; in 389 Directory "
		"Server raise %s",
		r->result.n_entries, text_plural(r->result.n_entries, "entry", "entries"),
		what, whom, openldap, other);
}

static int search_refused(struct search *r, int code, const char *diagnostic)
{
	switch (code) {
	case LDAP_SIZELIMIT_EXCEEDED:
		return limit_reached(r, "size limit",
			"size.prtotal=unlimited size.soft=unlimited size.hard=unlimited",
			"nsSizeLimit and nsPagedSizeLimit of the bind DN");
	case LDAP_ADMINLIMIT_EXCEEDED:
		return limit_reached(r, "administrative limit",
			"size.unchecked=unlimited size.pr=unlimited "
			"size.prtotal=unlimited",
			"nsLookThroughLimit of the bind DN");
	case LDAP_TIMELIMIT_EXCEEDED:
		return limit_reached(r, "time limit",
			"time.soft=unlimited time.hard=unlimited",
			"nsTimeLimit of the bind DN");
	case LDAP_NO_SUCH_OBJECT:
		return session_fail(
			r->session, "the base '%s' vanished while it was read", r->base);
	default:
		return session_refused(r->session, code, diagnostic);
	}
}

/* The cookie of the next page; an empty one ends the search. */
static int take_cookie(struct search *r, LDAPControl **controls)
{
	struct session *s = r->session;
	LDAPControl *control =
		ldap_control_find(LDAP_CONTROL_PAGEDRESULTS, controls, NULL);
	struct berval next = {0};
	ber_int_t estimate;

	if (!control)
		return session_fail(s,
			"the server left out the paged results control: nobody can tell "
			"whether these are all entries");
	if (ldap_parse_pageresponse_control(s->ld, control, &estimate, &next) !=
		LDAP_SUCCESS)
		return session_fail(
			s, "the server's paged results control cannot be read");
	bool is_same = next.bv_len > 0 && next.bv_len == r->cookie.bv_len &&
		       memcmp(next.bv_val, r->cookie.bv_val, next.bv_len) == 0;

	ldap_memfree(r->cookie.bv_val);
	r->cookie = next;
	r->n_empty_pages = r->n_page_entries == 0 ? r->n_empty_pages + 1 : 0;
	/* a cookie may stay the same, as 389 Directory Server's does, if entries come */
	if (next.bv_len > 0 &&
		((is_same && r->n_empty_pages > 0) || r->n_empty_pages > EMPTY_PAGES_MAX))
		return session_fail(s, "the server gives empty pages without an end");
	return 0;
}

static int take_page_result(struct search *r, LDAPMessage *message)
{
	struct session *s = r->session;
	LDAPControl **controls = NULL;
	char *diagnostic = NULL;
	int code, failed;

	if (session_code(s, message, &code, &diagnostic))
		return -1;
	if (code == LDAP_NO_SUCH_OBJECT && r->is_one_of_several) {
		r->cookie.bv_len = 0;
		return 0;
	}
	if (code != LDAP_SUCCESS)
		return search_refused(r, code, diagnostic);
	failed = ldap_parse_result(s->ld, message, &code, NULL, NULL, NULL, &controls, 0);
	r->result.n_pages++;
	failed = failed ? session_fail(s, "the page's controls cannot be read")
			: take_cookie(r, controls);
	ldap_controls_free(controls);
	return failed;
}

static int take_reference(struct search *r, LDAPMessage *message)
{
	char **urls = NULL;

	if (r->map->skips_references)
		return 0;
	ldap_parse_reference(r->session->ld, message, &urls, NULL, 0);
	session_fail(r->session,
		"a part of the tree is on another server (continuation reference '%s'): "
		"name a server in 'uri' that has all of it, or a narrower 'base'",
		urls && urls[0] ? urls[0] : "?");
	ber_memvfree((void **)urls);
	return -1;
}

/* The messages of one page until its result. */
static int take_page(struct search *r, int id)
{
	struct session *s = r->session;
	LDAPMessage *message;
	int type, failed = 0;

	r->n_page_entries = 0;
	do {
		if (session_next(s, id, &message))
			return -1;
		type = ldap_msgtype(message);
		if (type == LDAP_RES_SEARCH_ENTRY)
			failed = take_entry(r, message);
		else if (type == LDAP_RES_SEARCH_REFERENCE)
			failed = take_reference(r, message);
		else if (type == LDAP_RES_SEARCH_RESULT)
			failed = take_page_result(r, message);
		ldap_msgfree(message);
		if (!failed && r->result.n_entries % DEADLINE_EVERY == 0)
			failed = session_check_deadline(s);
	} while (!failed && type != LDAP_RES_SEARCH_RESULT);
	return failed;
}

/* All pages below one base. */
static int search_base(struct search *r, const char *base, const char *filter)
{
	int failed, id = -1;

	r->base = base;
	r->filter = filter;
	r->n_empty_pages = 0;
	ldap_memfree(r->cookie.bv_val);
	r->cookie = (struct berval){.bv_len = 0, .bv_val = ber_strdup("")};
	do
		failed = request_page(r, &id) || take_page(r, id);
	while (!failed && r->cookie.bv_len > 0 && !r->result.repeated);
	return failed ? -1 : 0;
}

void search_begin(struct search *r)
{
	talloc_free(r->places);
	r->places = places_new(r);
	r->result = (struct search_result){0};
	for (size_t i = 0; i < r->n_canaries; i++)
		r->canaries[i].is_seen = false;
	r->session->doing = "reading the entries";
}

int search_run(struct search *r, struct search_result *ret)
{
	const struct string_list *bases = &r->session->settings->bases;
	int failed = 0;

	search_begin(r);
	r->is_one_of_several = false;
	for (size_t i = 0; !failed && i < bases->n && !r->result.repeated; i++)
		failed = search_base(r, bases->items[i], r->map->filter);
	*ret = r->result;
	return failed;
}

int search_more(struct search *r, const char *base, const char *filter)
{
	r->session->doing = "reading what has changed";
	r->is_one_of_several = true;
	return search_base(r, base, filter);
}

void search_note(struct search *r, const char *dn)
{
	if (r->n_canaries > 0)
		note_canary(r, dn);
}

struct places *search_places(struct search *r)
{
	return r->places;
}

static int free_cookie(struct search *r)
{
	ldap_memfree(r->cookie.bv_val);
	return 0;
}

struct search *search_new(TALLOC_CTX *mem_ctx, struct session *session,
	const struct map *map, const char *const *attributes, entry_sink sink,
	void *sink_data)
{
	struct search *r = mem_new(mem_ctx, struct search);

	*r = (struct search){
		.session = session,
		.map = map,
		.attributes_wanted = attributes,
		.sink = sink,
		.sink_data = sink_data,
	};
	talloc_set_destructor(r, free_cookie);
	prepare_canaries(r, session->settings);
	return r;
}
