/* SPDX-License-Identifier: Apache-2.0 */

#include "read/directory.h"

#include <string.h>

#include "base/text.h"
#include "config/map_place.h"
#include "read/directory_changes.h"
#include "read/directory_search.h"
#include "read/directory_servers.h"
#include "read/directory_state.h"
#include "read/entries.h"
#include "read/subschema.h"

enum { REREADS_MAX = 3, NAMES_MAX = 16 };

/* Attributes of a site's own map that the server has not, with what may be meant. */
struct unknown_name {
	const char *name, *nearest;
};
struct unknown {
	struct unknown_name *items;
	size_t n;
};

/* What a read or a probe is to deliver, and where to. */
struct order {
	const struct map *map; /* NULL: a probe */
	struct unknown *unknown; /* NULL: a probe */
	const struct string_list *last_csn;
	const struct directory_since *since; /* NULL: everything */
	entry_sink sink;
	void (*restart)(void *sink_data);
	void *sink_data;
	TALLOC_CTX *mem_ctx; /* for the report */
	struct directory_report *report;
};

/* A read from one server. */
struct reading {
	struct session *session;
	const struct order *order;
	struct search *search;
	struct search_result result;
	struct changes *changes; /* NULL: everything is read */
	struct string_list attributes; /* to ask for */
	bool has_entry_csn; /* entryCSN can be read */
};

/* Why the base is not there; names what the server has instead. */
static int no_base(struct session *s, const struct lookup *base)
{
	struct lookup root = {.dn = "", .attributes = {"namingContexts"}};
	struct buffer *has = buffer_new(s);

	if (!base->is_found && !base->is_missing)
		return session_refused(s, base->code, base->diagnostic);
	if (session_lookup_start(s, &root) || session_lookup_finish(s, &root))
		return -1;
	for (size_t i = 0; i < root.values[0].n; i++)
		buffer_printf(has, "%s'%s'", i ? ", " : "", root.values[0].items[i]);
	return session_fail(s,
		"there is no entry '%s' (base), or '%s' may not see it%s%s", base->dn,
		s->identity && *s->identity ? s->identity : "anonymous",
		has->len ? "; the server holds " : "", has->data);
}

/*
 * Who we are, whether the base is there, what state the directory is in: one round trip.
 * The subschema entry's DN comes along.
 */
static int introduce(
	struct session *s, bool wants_identity, struct state_lookup *ret_state)
{
	int id = -1;

	if (wants_identity && session_whoami_start(s, &id))
		return -1;
	s->doing = "reading the base";
	if (state_start(s, ret_state))
		return -1;
	if (wants_identity && session_whoami_finish(s, id))
		return -1;
	s->doing = "reading the base";
	if (state_finish(s, ret_state))
		return -1;
	for (size_t i = 0; i < s->settings->bases.n; i++) {
		const struct lookup *base = &ret_state->bases[i].lookups[0];

		if (base->n_entries != 1)
			return no_base(s, base);
	}
	return 0;
}

/* Schema */

static int schema_missing(struct reading *r, const struct string_list *names)
{
	struct buffer *list = buffer_new(r->session);
	bool is_ours = false;

	for (size_t i = 0; i < names->n; i++) {
		buffer_printf(list, "%s'%s'", i ? ", " : "", names->items[i]);
		is_ours = is_ours || text_has_prefix(names->items[i], "voc");
	}
	return session_fail(r->session,
		"the server's schema does not know %s, and would answer with nothing at "
		"all: load %s, or choose another map ('schema: rfc2307')",
		list->data,
		is_ours ? "ours (ldapadd -Y EXTERNAL -H ldapi:/// -f " LDAPCC_DATADIR
			  "/schema/ldapcc.ldif, after nis.ldif)"
			: "the schema that defines it (nis.ldif for RFC 2307)");
}

/*
 * What to ask for. slapd compares every attribute of an entry, operational ones included,
 * with every name of the list: with the sixty names of our map that is a third of all its
 * work (measured with 100,000 entries). From some length on `*` is cheaper, with the
 * operational attributes that it does not bring.
 */
static struct string_list choose_attributes(TALLOC_CTX *mem_ctx,
	const struct string_list *wanted, const struct string_list *attribute_types)
{
	struct string_list list = {0};

	if (wanted->n > NAMES_MAX) {
		list = subschema_operational(mem_ctx, wanted, attribute_types);
		*mem_push(mem_ctx, &list.items, &list.n) = "*";
	}
	for (size_t i = 0; wanted->n <= NAMES_MAX && i < wanted->n; i++)
		*mem_push(mem_ctx, &list.items, &list.n) = wanted->items[i];
	*mem_push(mem_ctx, &list.items, &list.n) = ENTRY_CHANGED_BY;
	*mem_push(mem_ctx, &list.items, &list.n) = ENTRY_CHANGED_AT;
	for (size_t i = 0; entries_ids[i] != NULL; i++)
		*mem_push(mem_ctx, &list.items, &list.n) = entries_ids[i];
	return list;
}

/* What a directory may have or not: a part of a filter that is Undefined takes nothing. */
static void drop_optional(struct string_list *missing, const struct string_list *optional)
{
	size_t kept = 0;

	for (size_t i = 0; i < missing->n; i++)
		if (!list_has_name(optional, missing->items[i]))
			missing->items[kept++] = missing->items[i];
	missing->n = kept;
}

/*
 * A name that a site has mistyped in its own map brings no value of any entry. Shipped maps may
 * know more than a server.
 */
static void note_unknown(const struct order *order, const struct string_list *types)
{
	TMP_CTX(tmp);
	struct unknown *unknown = order->unknown;
	struct string_list missing = subschema_unknown(tmp, &order->map->wanted, types);

	unknown->n = 0;
	if (missing.n == 0 || order->map->name == NULL ||
		strchr(order->map->name, '/') == NULL)
		return;
	struct string_list known = subschema_names(order->mem_ctx, types);

	for (size_t i = 0; i < missing.n; i++)
		*mem_push(order->mem_ctx, &unknown->items, &unknown->n) =
			(struct unknown_name){missing.items[i],
				text_nearest(missing.items[i], known.items)};
}

static int check_schema(struct reading *r, const struct state_lookup *state)
{
	struct session *s = r->session;
	struct lookup schema = {
		.dn = state_subschema(state),
		.filter = "(objectClass=subschema)",
		.attributes = {"attributeTypes", "objectClasses"},
	};

	s->doing = "reading the schema";
	if (session_lookup_start(s, &schema) || session_lookup_finish(s, &schema))
		return -1;
	if (!schema.is_found || schema.values[0].n == 0 || schema.values[1].n == 0)
		return session_fail(s,
			"'%s' may not read the server's schema, without which nobody "
			"can tell an unknown class from an empty site; in slapd.conf "
			"give: access to dn.base=\"%s\" by * read",
			session_who(s), schema.dn);
	struct string_list missing = subschema_missing(
		s, r->order->map->filter, &schema.values[0], &schema.values[1]);

	drop_optional(&missing, &r->order->map->optional);
	if (missing.n > 0)
		return schema_missing(r, &missing);
	note_unknown(r->order, &schema.values[0]);
	r->order->report->dn_attributes =
		subschema_dns(r->order->mem_ctx, &schema.values[0]);
	r->attributes = choose_attributes(s, &r->order->map->wanted, &schema.values[0]);
	if (r->has_entry_csn && r->order->since != NULL)
		*mem_push(s, &r->attributes.items, &r->attributes.n) = "entryCSN";
	*mem_push(s, &r->attributes.items, &r->attributes.n) = NULL;
	r->attributes.n--;
	return 0;
}

/* Consistency */

/* What of an entry tells that it changed after @before; NULL where nothing does. */
static const char *changed_since(struct reading *r, const struct string_list *before,
	const struct string_list *after)
{
	if (csn_is_usn(before))
		return mem_printf(r->session, "(entryUSN>=%llu)",
			(unsigned long long)csn_moved_usn(before, after) + 1);
	const char *oldest = csn_oldest(before);

	return !r->has_entry_csn || !oldest
		       ? NULL
		       : mem_printf(r->session, "(entryCSN>=%s)", oldest);
}

static int find_changes_below(struct reading *r, const char *base, const char *filter,
	const struct string_list *before, bool *ret_changed)
{
	struct session *s = r->session;
	struct lookup changes = {.dn = base,
		.is_subtree = true,
		.filter = filter,
		.attributes = {"entryCSN"}};

	if (session_lookup_start(s, &changes) || session_lookup_finish(s, &changes))
		return -1;
	if (csn_is_usn(before) && changes.is_found) {
		*ret_changed |= changes.n_entries > 0;
		return 0;
	}
	*ret_changed |= !changes.is_found || changes.values[0].n != changes.n_entries;
	for (size_t i = 0; i < changes.values[0].n; i++)
		*ret_changed |= !csn_covers(before, changes.values[0].items[i]);
	return 0;
}

/*
 * The state moved. Was it anything that we read? It moves with every write to the database,
 * and in a large one some entry of no interest to us is always being written. An entry that
 * changed, or came, has an entryCSN that @before does not cover; so has a container that was
 * renamed, whose children show it in their DNs only. Deletions leave nothing behind: what was
 * deleted is in this read or not, as if it had been a moment earlier or later.
 */
static int find_changes(struct reading *r, const struct string_list *before,
	const struct string_list *after, bool *ret_changed)
{
	struct session *s = r->session;
	const char *since = changed_since(r, before, after);

	*ret_changed = since == NULL;
	if (!since)
		return 0;
	const char *filter = mem_printf(
		s, "(&%s(|%s(hasSubordinates=TRUE)))", since, r->order->map->filter);

	s->doing = "looking for changes";
	for (size_t i = 0; i < s->settings->bases.n && !*ret_changed; i++)
		if (find_changes_below(
			    r, s->settings->bases.items[i], filter, before, ret_changed))
			return -1;
	return 0;
}

/* Has what we read changed since @state? If so, @state is renewed. */
static int check_unchanged(
	struct reading *r, struct string_list *state, bool *ret_changed)
{
	struct string_list after;

	if (state_read(r->session, &after))
		return -1;
	*ret_changed = csn_compare(state, &after) != CSN_EQUAL;
	if (*ret_changed && find_changes(r, state, &after, ret_changed))
		return -1;
	*ret_changed = *ret_changed || r->result.repeated;
	if (*ret_changed)
		*state = after;
	return 0;
}

static int still_changing(struct reading *r)
{
	const struct string_list *bases = &r->session->settings->bases;
	unsigned n = r->order->report->attempts;

	if (r->result.repeated && bases->n > 1)
		return session_fail(r->session,
			"the server gave '%s' twice in each of %u reads: does one of the "
			"bases lie below another?",
			r->result.repeated, n);
	if (r->result.repeated)
		return session_fail(r->session,
			"the server gave '%s' twice in each of %u reads: it is being "
			"moved, or the server is faulty",
			r->result.repeated, n);
	return session_fail(r->session,
		"entries below '%s' changed during each of %u reads: no consistent "
		"state could be had; try again when less is written",
		bases->items[0], n);
}

/* The increment of an earlier read; 1 where everything must be read. */
static int read_changes(struct reading *r)
{
	struct directory_report *report = r->order->report;
	int result = changes_read(
		r->order->mem_ctx, r->changes, &report->above, &report->why_all);

	if (result < 0)
		return -1;
	report->is_increment = result == 0;
	if (result == 0)
		return 0;
	r->changes = NULL;
	r->order->restart(r->order->sink_data);
	return 1;
}

static int read_all(struct reading *r)
{
	struct directory_report *report = r->order->report;

	if (search_run(r->search, &r->result))
		return -1;
	if (r->order->since == NULL || r->result.repeated)
		return 0;
	return above_read(r->order->mem_ctx, r->session, search_places(r->search),
		r->result.n_entries / 10, &report->above);
}

static int read_once(struct reading *r)
{
	int result = r->changes == NULL ? 1 : read_changes(r);

	return result <= 0 ? result : read_all(r);
}

static int check_canaries(struct reading *r)
{
	return search_check_canaries(r->changes == NULL ? r->search : r->changes->search);
}

/*
 * Reads until nothing changed meanwhile. USNs move with entries of other backends, too, and
 * nobody can tell which is ours: what was read last is taken then, with the state before it,
 * so that the next probe reads again.
 */
static int read_consistently(struct reading *r, struct string_list *state)
{
	bool is_changed;
	struct string_list before;

	for (unsigned i = 0; i <= REREADS_MAX; i++) {
		if (r->order->report->attempts++ > 0)
			r->order->restart(r->order->sink_data);
		before = *state;
		if (read_once(r) || check_unchanged(r, state, &is_changed))
			return -1;
		if (!is_changed)
			return check_canaries(r);
	}
	if (r->result.repeated || !csn_is_usn(&before))
		return still_changing(r);
	*state = before;
	return check_canaries(r);
}

/* One server */

static int check_not_behind(struct session *s, const struct string_list *last_csn,
	const struct string_list *state)
{
	/* a server that shows no contextCSN, any more, cannot be judged */
	if (!last_csn || state->n == 0 || csn_compare(last_csn, state) != CSN_BEHIND)
		return 0;
	return session_fail(s,
		"this server is behind what was published last (%s is '%s', was "
		"'%s'): a replica that lags, a restored backup or another "
		"directory; the latter two 'ldapcc apply --full' accepts",
		csn_is_usn(state) ? "lastusn" : "contextCSN", state->items[0],
		last_csn->items[0]);
}

static void fill_report(
	const struct session *s, const struct order *order, const struct string_list *csn)
{
	struct directory_report *report = order->report;
	TALLOC_CTX *mem_ctx = order->mem_ctx;

	if (report->why_all != NULL)
		report->why_all = mem_strdup(mem_ctx, report->why_all);
	report->uri = s->endpoint->uri;
	report->identity = s->identity ? mem_strdup(mem_ctx, s->identity) : NULL;
	report->csn = (struct string_list){0};
	for (size_t i = 0; i < csn->n; i++)
		*mem_push(mem_ctx, &report->csn.items, &report->csn.n) =
			mem_strdup(mem_ctx, csn->items[i]);
}

/* Why nobody could tell what changed since the earlier read; NULL: this server may. */
static const char *why_all(const struct reading *r, const struct directory_since *since,
	const struct string_list *csn)
{
	if (text_compare(since->uri, r->session->endpoint->uri) != 0)
		return "another server answered last time";
	if (text_compare(since->identity, r->session->identity) != 0)
		return "the last read was bound as somebody else";
	if (csn->n == 0 || csn_is_usn(csn) || !r->has_entry_csn)
		return "the server has no contextCSN, or its entries no entryCSN";
	if (csn->n != since->csn.n || csn_compare(&since->csn, csn) == CSN_BEHIND)
		return "the server does not know the state of the last read";
	return NULL;
}

static void prepare_changes(struct reading *r, const struct string_list *csn)
{
	const struct order *order = r->order;
	const struct directory_since *since = order->since;

	if (since == NULL || since->snapshot == NULL)
		return;
	order->report->why_all = why_all(r, since, csn);
	if (order->report->why_all != NULL)
		return;
	r->changes = mem_new(r->session, struct changes);
	*r->changes = (struct changes){.session = r->session,
		.map = order->map,
		.sink = order->sink,
		.sink_data = order->sink_data,
		.snapshot = since->snapshot,
		.since = &since->csn};
	r->changes->search = search_new(r->session, r->session, order->map,
		r->attributes.items, changes_take, r->changes);
}

static int read_entries(
	struct session *s, const struct order *order, struct state_lookup *state)
{
	struct reading r = {
		.session = s,
		.order = order,
		.has_entry_csn = state_has_entry_csn(state),
	};

	/* what an earlier server gave counts no more */
	order->report->is_increment = false;
	order->report->above = NULL;
	order->report->why_all = NULL;
	if (check_schema(&r, state) || check_not_behind(s, order->last_csn, &state->csn))
		return -1;
	r.search = search_new(
		s, s, order->map, r.attributes.items, order->sink, order->sink_data);
	prepare_changes(&r, &state->csn);
	int failed =
		read_consistently(&r, &state->csn) || state_drop_frozen(s, &state->csn);

	order->report->n_entries =
		r.changes == NULL ? r.result.n_entries : changes_count(r.changes);
	order->report->n_pages = r.result.n_pages;
	return failed;
}

static int use_server(struct session *s, void *data)
{
	const struct order *order = data;
	struct state_lookup state = {0};
	bool wants_identity = order->map || s->settings->expect_identity;
	int failed = introduce(s, wants_identity, &state) ||
		     (order->map && read_entries(s, order, &state));

	fill_report(s, order, &state.csn);
	return failed;
}

static int carry_out(struct order *order, const struct directory_settings *settings,
	struct diags *diags)
{
	struct session *s = NULL;

	*order->report = (struct directory_report){0};
	int failed = servers_try(NULL, settings, use_server, order, diags, &s);

	talloc_free(s);
	return failed;
}

int directory_read(TALLOC_CTX *mem_ctx, const struct directory_settings *settings,
	const struct map *map, const struct string_list *last_csn,
	const struct directory_since *since, entry_sink sink,
	void (*restart)(void *sink_data), void *sink_data, struct diags *diags,
	struct directory_report *ret_report)
{
	struct unknown unknown = {0};
	struct order order = {
		.map = map,
		.unknown = &unknown,
		.last_csn = last_csn,
		.since = since,
		.sink = sink,
		.restart = restart,
		.sink_data = sink_data,
		.mem_ctx = mem_ctx,
		.report = ret_report,
	};

	int failed = carry_out(&order, settings, diags);

	for (size_t i = 0; failed >= 0 && i < unknown.n; i++)
		(void)!map_unknown_attribute(map->name, unknown.items[i].name,
			unknown.items[i].nearest, diags);
	return failed == 0 && unknown.n > 0 ? -(int)EXIT_USAGE : failed;
}

int directory_probe(TALLOC_CTX *mem_ctx, const struct directory_settings *settings,
	struct diags *diags, struct directory_report *ret_report)
{
	struct order order = {.mem_ctx = mem_ctx, .report = ret_report};

	return carry_out(&order, settings, diags);
}
