/* SPDX-License-Identifier: Apache-2.0 */
#include "generation/roster.h"

#include <string.h>

#include "base/sort.h"
#include "config/attribute.h"
#include "generation/state_file.h"

static const char KIND[] = "roster";
static const char WAY_OUT[] =
	"'ldapcc apply --bootstrap' begins anew from the directory, without guards";

/* Order */

int roster_compare(const struct roster_record *a, const struct roster_record *b)
{
	int order = strcmp(a->name, b->name);

	if (order == 0)
		order = (int)a->kind - (int)b->kind;
	return order != 0 ? order : strcmp(a->dn, b->dn);
}

static int compare(const void *left, const void *right)
{
	return roster_compare(left, right);
}

/* Where those begin that are in order, up to the last one. */
static size_t find_tail(const struct roster *roster)
{
	const struct roster_record *records = roster->records;
	size_t start = roster->n;

	while (start > 1 && compare(&records[start - 2], &records[start - 1]) <= 0) {
		if (start > ROSTER_AHEAD)
			__builtin_prefetch(records[start - ROSTER_AHEAD].name);
		start--;
	}
	return start == 0 ? 0 : start - 1;
}

/* The first from @low on that is not before @record. */
static size_t bound(
	const struct roster *roster, size_t low, const struct roster_record *record)
{
	size_t high = roster->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (roster_compare(&roster->records[middle], record) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Puts the @n records of @head, in order, between those behind the first @n. */
static void merge(struct roster *roster, const struct roster_record *head, size_t n)
{
	struct roster_record *records = roster->records;
	size_t to = 0, from = n;

	for (size_t i = 0; i < n; i++) {
		size_t end = bound(roster, from, &head[i]);

		memmove(records + to, records + from, (end - from) * sizeof(*records));
		to += end - from;
		from = end;
		records[to++] = head[i];
	}
}

/* Nodes are many, come last, and are in order already. */
void roster_sort(struct roster *roster)
{
	enum { HEAD_SHARE = 16 };
	TMP_CTX(tmp);
	size_t n = find_tail(roster);

	if (n == 0)
		return;
	if (n > roster->n / HEAD_SHARE) {
		sort_items(roster->records, roster->n, sizeof(*roster->records), compare);
		return;
	}
	struct roster_record *head = mem_array(tmp, struct roster_record, n);

	memcpy(head, roster->records, n * sizeof(*head));
	sort_items(head, n, sizeof(*head), compare);
	merge(roster, head, n);
}

const struct roster_record *roster_find(
	const struct roster *roster, const char *name, uint8_t kind)
{
	const struct roster_record key = {.name = name, .kind = kind, .dn = ""};
	size_t at = bound(roster, 0, &key);

	return at < roster->n && roster->records[at].kind == kind &&
			       strcmp(roster->records[at].name, name) == 0
		       ? &roster->records[at]
		       : NULL;
}

const struct roster_record *roster_find_next(
	const struct roster *roster, const char *name, uint8_t kind, size_t *next)
{
	const struct roster_record *at = &roster->records[*next];

	if (*next >= roster->n || at->kind != kind || strcmp(at->name, name) != 0 ||
		(*next > 0 && at[-1].kind == kind && strcmp(at[-1].name, name) == 0))
		at = roster_find(roster, name, kind);
	if (at != NULL)
		*next = (size_t)(at - roster->records) + 1;
	return at;
}

/* Items: both lists are in order */

size_t roster_lost(const char *before, const char *now)
{
	size_t n_lost = 0;

	while (*before != '\0') {
		int order = *now == '\0' ? -1 : strncmp(before, now, ROSTER_ITEM);

		n_lost += order < 0;
		if (order <= 0)
			before += ROSTER_ITEM;
		if (order >= 0)
			now += ROSTER_ITEM;
	}
	return n_lost;
}

/* Writing */

static void add_hash(struct buffer *out, uint64_t hash)
{
	uint8_t bytes[8];

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(hash >> (56 - 8 * i));
	lines_add_hex(out, bytes, sizeof(bytes));
}

static void format_record(const struct roster_record *record, struct buffer *out)
{
	lines_add_u64(out, record->kind);
	lines_add_u64(out, record->is_armed);
	add_hash(out, record->identity);
	add_hash(out, record->effect);
	lines_add_word(out, record->networks);
	lines_add_word(out, record->names);
	lines_add_word(out, record->addresses);
	lines_add_word(out, record->macs);
	lines_add_word(out, record->reservations);
	lines_add_word(out, record->files);
	lines_add_word(out, record->name);
	lines_end(out, record->dn);
}

void roster_expect(const struct roster *roster, size_t i)
{
	if (i >= roster->n)
		return;
	__builtin_prefetch(roster->records[i].names);
	__builtin_prefetch(roster->records[i].name);
	__builtin_prefetch(roster->records[i].dn);
}

void roster_format_part(
	const struct roster *roster, size_t first, size_t end, struct buffer *out)
{
	if (first == 0)
		state_file_begin(out, KIND);
	for (size_t i = first; i < end; i++) {
		roster_expect(roster, i + ROSTER_AHEAD);
		format_record(&roster->records[i], out);
	}
}

void roster_format(const struct roster *roster, struct buffer *out)
{
	roster_format_part(roster, 0, roster->n, out);
}

/* Reading */

static uint64_t take_hash(struct lines *l)
{
	uint8_t bytes[8] = {0};
	uint64_t hash = 0;

	lines_hex(l, bytes, sizeof(bytes));
	for (size_t i = 0; i < sizeof(bytes); i++)
		hash = hash << 8 | bytes[i];
	return hash;
}

static const char *take_word(struct lines *l)
{
	const char *word = lines_word(l);

	return strcmp(word, "-") == 0 ? "" : word;
}

static const char *take_items(struct lines *l)
{
	const char *items = take_word(l);

	if (strlen(items) % ROSTER_ITEM != 0)
		l->is_bad = true;
	return items;
}

static void parse_record(struct lines *l, struct roster_record *record)
{
	record->kind = (uint8_t)lines_u64(l, _KIND_MAX - 1);
	record->is_armed = lines_u64(l, 1) != 0;
	record->identity = take_hash(l);
	record->effect = take_hash(l);
	record->networks = take_word(l);
	record->names = take_items(l);
	record->addresses = take_items(l);
	record->macs = take_items(l);
	record->reservations = take_items(l);
	record->files = take_items(l);
	record->name = take_word(l);
	record->dn = lines_rest(l);
}

int roster_load(TALLOC_CTX *mem_ctx, const struct state *state, const char *name,
	struct diags *diags, struct roster *ret_roster)
{
	struct roster roster = {0};
	struct lines l;
	bool is_there;
	int r = state_file_load(
		mem_ctx, state, name, KIND, WAY_OUT, diags, &l, &is_there);

	if (r < 0)
		return r;
	if (!is_there) {
		(void)diag_fail(diags, EXIT_IO, state_loc(state, name, diags),
			"the roster is missing: nobody can tell what would change");
		diag_note(diag_last(diags), LOC_NONE, "%s", WAY_OUT);
		return -(int)EXIT_IO;
	}
	roster.records = mem_array(mem_ctx, struct roster_record, lines_count(&l));
	while (lines_next(&l) && !l.is_bad)
		parse_record(&l, &roster.records[roster.n++]);
	if (l.is_bad)
		return state_file_damaged(state, name, &l, WAY_OUT, diags);
	*ret_roster = roster;
	return 0;
}

int roster_of_generation(TALLOC_CTX *mem_ctx, const struct state *state, uint64_t number,
	struct diags *diags, struct roster *ret_roster)
{
	TMP_CTX(tmp);

	return roster_load(mem_ctx, state,
		mem_printf(tmp, "%s/roster", state_generation(tmp, number)), diags,
		ret_roster);
}
