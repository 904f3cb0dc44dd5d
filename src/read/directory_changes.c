/* SPDX-License-Identifier: Apache-2.0 */

#include "read/directory_changes.h"

#include <string.h>

#include "read/directory_search.h"
#include "read/directory_sync.h"

enum {
	CHANGES_MIN = 64, /* so many may have changed in the smallest directory */
	CHANGES_SHARE = 10, /* … and the tenth part in a larger one */
	IDS_AT_ONCE = 64, /* in one filter */
	NEWEST = 16, /* so many are asked whether they went back */
	LOOKUPS_AT_ONCE = 32,
	ABOVE_MIN = 1000,
};

/* Containers */

static void keep_above(struct entries *above, const char *dn, const char *id)
{
	struct entry_value value = {.bytes = id, .len = strlen(id)};
	struct entry_attribute attribute = {
		.name = entries_ids[0], .values = &value, .n_values = 1};
	const struct entry entry = {
		.dn = dn, .attributes = &attribute, .n_attributes = 1};

	entries_add(above, &entry);
}

/* Some of @missing from @first on; *ret_is_seen is set to false where one is not there. */
static int look_up(struct session *s, const struct string_list *missing, size_t first,
	struct entries *above, bool *ret_is_seen)
{
	struct lookup lookups[LOOKUPS_AT_ONCE];
	size_t n = missing->n - first;

	if (n > LOOKUPS_AT_ONCE)
		n = LOOKUPS_AT_ONCE;
	for (size_t i = 0; i < n; i++) {
		lookups[i] = (struct lookup){
			.dn = missing->items[first + i], .attributes = {entries_ids[0]}};
		if (session_lookup_start(s, &lookups[i]))
			return -1;
	}
	for (size_t i = 0; i < n; i++) {
		if (session_lookup_finish(s, &lookups[i]))
			return -1;
		if (lookups[i].values[0].n == 1)
			keep_above(above, lookups[i].dn, lookups[i].values[0].items[0]);
		else
			*ret_is_seen = false;
	}
	return 0;
}

int above_read(TALLOC_CTX *mem_ctx, struct session *s, struct places *places, size_t max,
	struct entries **ret_above)
{
	TMP_CTX(tmp);
	struct entries *above = entries_new(tmp, entries_ids);
	struct string_list missing = places_missing(places, &s->settings->bases);
	bool is_seen = missing.n <= max || missing.n <= ABOVE_MIN;

	*ret_above = NULL;
	s->doing = "reading the containers";
	for (size_t i = 0; is_seen && i < missing.n; i += LOOKUPS_AT_ONCE)
		if (look_up(s, &missing, i, above, &is_seen))
			return -1;
	if (is_seen)
		*ret_above = talloc_steal(mem_ctx, above);
	return 0;
}

/* Changes */

void changes_take(void *data, const struct entry *entry)
{
	struct changes *c = data;
	uint8_t id[ENTRY_ID_BYTES];

	if (!entry_id(entry, id)) {
		c->is_bad = true;
		return;
	}
	if (!snapshot_came(c->snapshot, entry))
		return;
	c->n_entries++;
	c->sink(c->sink_data, entry);
}

static int give_up(const char **ret_why, const char *why)
{
	*ret_why = why;
	return 1;
}

/* `(entryUUID=4f2c…)`, in the one form that every server takes for a UUID */
static void add_id(struct buffer *filter, const uint8_t *id)
{
	buffer_add_text(filter, "(entryUUID=");
	for (size_t i = 0; i < ENTRY_ID_BYTES; i++)
		buffer_printf(filter, "%s%02x",
			i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", id[i]);
	buffer_add_text(filter, ")");
}

/* Has one of @newest another time of its change, and none since the state that we know? */
static bool is_back(const struct changes *c, const struct lookup *now,
	const struct snapshot_change *newest, size_t n)
{
	for (size_t i = 0; i < now->n_entries; i++) {
		struct entry_value value = {.bytes = now->values[0].items[i],
			.len = strlen(now->values[0].items[i])};
		struct entry_attribute attribute = {
			.name = entries_ids[0], .values = &value, .n_values = 1};
		const struct entry entry = {.attributes = &attribute, .n_attributes = 1};
		uint8_t id[ENTRY_ID_BYTES];

		for (size_t j = 0; entry_id(&entry, id) && j < n; j++)
			if (memcmp(newest[j].id, id, sizeof(id)) == 0 &&
				strcmp(newest[j].at, now->values[1].items[i]) != 0 &&
				csn_covers(c->since, now->values[2].items[i]))
				return true;
	}
	return false;
}

/*
 * A server that was started anew may have been given a backup, and a change since that made its state
 * newer than ours: what the backup had lost is no change that it tells of. Then what had changed last
 * is what it was before.
 */
static int look_for_backup(struct changes *c, bool *ret_is_back)
{
	TMP_CTX(tmp);
	struct snapshot_change newest[NEWEST];
	size_t n = snapshot_newest(c->snapshot, newest, NEWEST);
	struct buffer *filter = buffer_new(tmp);

	*ret_is_back = false;
	if (n == 0)
		return 0;
	buffer_add_text(filter, "(|");
	for (size_t i = 0; i < n; i++)
		add_id(filter, newest[i].id);
	buffer_add_text(filter, ")");
	struct lookup now = {.dn = c->session->settings->bases.items[0],
		.is_subtree = true,
		.filter = filter->data,
		.attributes = {entries_ids[0], ENTRY_CHANGED_AT, "entryCSN"}};

	if (session_lookup_start(c->session, &now) ||
		session_lookup_finish(c->session, &now))
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(now.values); i++)
		if (now.values[i].n != now.n_entries)
			return 0;
	*ret_is_back = is_back(c, &now, newest, n);
	return 0;
}

static int ask(struct changes *c, const char **ret_why)
{
	const struct string_list *bases = &c->session->settings->bases;
	struct sync_result result = {NULL};
	size_t n, max = snapshot_count(c->snapshot) / CHANGES_SHARE;

	for (size_t i = 0; i < bases->n; i++) {
		if (sync_ask(c->session, bases->items[i], c->since, c->snapshot, &result))
			return -1;
		if (result.why != NULL)
			return give_up(ret_why, result.why);
	}
	bool is_back = false;

	if (result.has_named && look_for_backup(c, &is_back))
		return -1;
	if (is_back)
		return give_up(ret_why,
			"the server has an entry as it was before the last "
			"read: a backup was loaded");
	snapshot_end(c->snapshot);
	(void)snapshot_look_at(c->snapshot, &n);
	if (n > max && n > CHANGES_MIN)
		return give_up(
			ret_why, mem_printf(c->session, "%zu entries changed, of %zu", n,
					 snapshot_count(c->snapshot)));
	return 0;
}

static int read_ids(struct changes *c, const uint8_t *ids, size_t n)
{
	TMP_CTX(tmp);
	const struct string_list *bases = &c->session->settings->bases;
	struct buffer *filter = buffer_new(tmp);

	buffer_add_text(filter, "(&(|");
	for (size_t i = 0; i < n; i++)
		add_id(filter, ids + i * ENTRY_ID_BYTES);
	buffer_printf(filter, ")%s)", c->map->filter);
	for (size_t i = 0; i < bases->n; i++)
		if (search_more(c->search, bases->items[i], filter->data))
			return -1;
	return 0;
}

static int read_again(struct changes *c)
{
	const struct string_list subtrees = snapshot_subtrees(c->snapshot);
	size_t n;
	const uint8_t *ids = snapshot_look_at(c->snapshot, &n);

	for (size_t i = 0; i < subtrees.n; i++)
		if (search_more(c->search, subtrees.items[i], c->map->filter))
			return -1;
	for (size_t i = 0; i < n; i += IDS_AT_ONCE)
		if (read_ids(c, ids + i * ENTRY_ID_BYTES,
			    n - i > IDS_AT_ONCE ? IDS_AT_ONCE : n - i))
			return -1;
	return 0;
}

static int put_together(TALLOC_CTX *mem_ctx, struct changes *c,
	struct entries **ret_above, const char **ret_why)
{
	if (!snapshot_places(c->snapshot, search_places(c->search)) || c->is_bad)
		return give_up(ret_why, "what changed does not fit to what was");
	if (above_read(mem_ctx, c->session, search_places(c->search), 0, ret_above))
		return -1;
	if (*ret_above == NULL)
		return give_up(ret_why, "an entry is below one that cannot be seen");
	return 0;
}

static void note_canaries(struct changes *c)
{
	size_t n = snapshot_count(c->snapshot);

	for (size_t i = 0; c->session->settings->canaries.n > 0 && i < n; i++)
		if (snapshot_has(c->snapshot, i))
			search_note(c->search, snapshot_dn(c->snapshot, i));
}

int changes_read(TALLOC_CTX *mem_ctx, struct changes *c, struct entries **ret_above,
	const char **ret_why)
{
	snapshot_reset(c->snapshot);
	c->is_bad = false;
	c->n_entries = 0;
	search_begin(c->search);
	int result = ask(c, ret_why);

	if (result == 0)
		result = read_again(c);
	if (result == 0)
		result = put_together(mem_ctx, c, ret_above, ret_why);
	if (result == 0)
		note_canaries(c);
	return result;
}

size_t changes_count(const struct changes *c)
{
	size_t n = c->n_entries;

	for (size_t i = 0; i < snapshot_count(c->snapshot); i++)
		n += snapshot_has(c->snapshot, i);
	return n;
}
