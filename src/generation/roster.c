/* SPDX-License-Identifier: Apache-2.0 */
#include "generation/roster.h"

#include <assert.h>
#include <string.h>

#include "base/sort.h"
#include "config/attribute.h"

/* The file: this, the number of records as 64 bits, the records, a newline. */
static const char HEAD[] = "ldapcc roster 2\n";

/* A record begins with this, in the byte order of the machine; its texts follow, with their NULs. */
struct line_head {
	uint32_t len; /* of all of it */
	uint8_t kind, is_armed;
	uint16_t unused;
	uint64_t identity, effect;
};

enum { N_TEXTS = 8 };

static const char WAY_OUT[] =
	"'ldapcc apply --bootstrap' begins anew from the directory, without guards";

/* Order */

bool roster_has_armed(const struct roster *roster)
{
	for (size_t i = 0; roster != NULL && i < roster->n; i++)
		if (roster->records[i].is_armed)
			return true;
	return false;
}

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

/* Is record @i that one, and the only one of its name? */
static bool is_next(const struct roster *roster, const char *name, uint8_t kind, size_t i)
{
	const struct roster_record *at = roster->records;

	return i < roster->n && at[i].kind == kind && strcmp(at[i].name, name) == 0 &&
	       (i == 0 || at[i - 1].kind != kind || strcmp(at[i - 1].name, name) != 0);
}

const struct roster_record *roster_find_next(
	const struct roster *roster, const char *name, uint8_t kind, size_t *next)
{
	const struct roster_record *at = is_next(roster, name, kind, *next)
						 ? &roster->records[*next]
						 : roster_find(roster, name, kind);

	if (at != NULL)
		*next = (size_t)(at - roster->records) + 1;
	return at;
}

/* Items: both lists are in order */

size_t roster_lost(const char *before, const char *now)
{
	size_t n_lost = 0;

	if (before == now)
		return 0;
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

/* Records */

void roster_expect(const struct roster *roster, size_t i)
{
	if (i >= roster->n)
		return;
	__builtin_prefetch(roster->records[i].names);
	__builtin_prefetch(roster->records[i].name);
	__builtin_prefetch(roster->records[i].dn);
}

/* As they stand in a file; the name is the first. */
static void list_texts(const struct roster_record *record, const char *ret[N_TEXTS])
{
	const char *texts[] = {record->name, record->networks, record->names,
		record->addresses, record->macs, record->reservations, record->files,
		record->dn};

	static_assert(ARRAY_SIZE(texts) == N_TEXTS, "each has its place");
	for (size_t i = 0; i < N_TEXTS; i++)
		ret[i] = texts[i] == NULL ? "" : texts[i];
}

bool roster_is_same(const struct roster_record *was, const struct roster_record *record)
{
	const char *before[N_TEXTS], *now[N_TEXTS];

	if (was->kind != record->kind || was->is_armed != record->is_armed ||
		was->identity != record->identity || was->effect != record->effect)
		return false;
	list_texts(was, before);
	list_texts(record, now);
	for (size_t i = 0; i < N_TEXTS; i++)
		if (before[i] != now[i] && strcmp(before[i], now[i]) != 0)
			return false;
	return true;
}

/* Writing */

static size_t length_of(const struct roster_record *record)
{
	const char *texts[N_TEXTS];
	size_t len = sizeof(struct line_head);

	list_texts(record, texts);
	for (size_t i = 0; i < N_TEXTS; i++)
		len += strlen(texts[i]) + 1;
	return len;
}

static void add_line(struct buffer *out, const struct roster_record *record)
{
	const struct line_head head = {.len = (uint32_t)length_of(record),
		.kind = record->kind,
		.is_armed = record->is_armed,
		.identity = record->identity,
		.effect = record->effect};
	const char *texts[N_TEXTS];

	list_texts(record, texts);
	buffer_add(out, &head, sizeof(head));
	for (size_t i = 0; i < N_TEXTS; i++)
		buffer_add(out, texts[i], strlen(texts[i]) + 1);
}

/* What follows the last piece makes it longer. */
static void add_piece(
	TALLOC_CTX *mem_ctx, struct pieces *pieces, const void *start, size_t len)
{
	struct iovec *last = pieces->n == 0 ? NULL : &pieces->items[pieces->n - 1];

	if (last != NULL && (const char *)last->iov_base + last->iov_len == start)
		last->iov_len += len;
	else
		*mem_push(mem_ctx, &pieces->items, &pieces->n) =
			(struct iovec){(void *)(uintptr_t)start, len};
}

/* Room for all that is new comes first: then it stays where it is. */
struct pieces roster_part(
	TALLOC_CTX *mem_ctx, const struct roster *roster, size_t first, size_t end)
{
	struct buffer *new = buffer_new(mem_ctx);
	struct pieces pieces = {.base = roster->base};
	size_t n_new = 0;

	for (size_t i = first; i < end; i++)
		if (roster->records[i].line_len == 0)
			n_new += length_of(&roster->records[i]);
	(void)!buffer_reserve(new, n_new);
	for (size_t i = first; i < end; i++) {
		const struct roster_record *record = &roster->records[i];
		size_t len = record->line_len;
		const char *start = record->name - sizeof(struct line_head);

		if (len == 0) {
			start = new->data + new->len;
			add_line(new, record);
			len = (size_t)(new->data + new->len - start);
		}
		add_piece(mem_ctx, &pieces, start, len);
	}
	return pieces;
}

struct pieces roster_put_together(TALLOC_CTX *mem_ctx, const struct roster *roster,
	const struct pieces *parts, size_t n)
{
	struct buffer *head = buffer_new(mem_ctx);
	const uint64_t n_records = roster->n;
	struct pieces pieces = {.base = roster->base};

	buffer_add(head, HEAD, strlen(HEAD));
	buffer_add(head, &n_records, sizeof(n_records));
	add_piece(mem_ctx, &pieces, head->data, head->len);
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < parts[i].n; j++)
			add_piece(mem_ctx, &pieces, parts[i].items[j].iov_base,
				parts[i].items[j].iov_len);
	add_piece(mem_ctx, &pieces, "\n", 1);
	return pieces;
}

/* Reading */

/* What is left of a piece, or of a record in it. */
struct span {
	const char *at, *end;
};

static const char *take(struct span *span, size_t len)
{
	const char *at = span->at;

	if ((size_t)(span->end - at) < len)
		return NULL;
	span->at += len;
	return at;
}

static const char *take_text(struct span *line)
{
	const char *nul = memchr(line->at, '\0', (size_t)(line->end - line->at));

	return nul == NULL ? NULL : take(line, (size_t)(nul + 1 - line->at));
}

/* Of the texts those from names to files are items. */
static bool is_text(size_t i, const char *text)
{
	enum { NAMES = 2, FILES = 6 };

	return i < NAMES || i > FILES || strlen(text) % ROSTER_ITEM == 0;
}

static bool take_texts(struct span *line, struct roster_record *record)
{
	const char **const texts[] = {&record->name, &record->networks, &record->names,
		&record->addresses, &record->macs, &record->reservations, &record->files,
		&record->dn};

	static_assert(ARRAY_SIZE(texts) == N_TEXTS, "each has its place");
	for (size_t i = 0; i < N_TEXTS; i++) {
		const char *text = take_text(line);

		if (text == NULL || !is_text(i, text))
			return false;
		*texts[i] = text;
	}
	return line->at == line->end;
}

static bool take_record(struct span *span, struct roster_record *record)
{
	struct line_head head;
	struct span line = *span;
	const char *at = take(&line, sizeof(head));

	if (at == NULL)
		return false;
	memcpy(&head, at, sizeof(head));
	if (head.len < sizeof(head) || take(span, head.len) == NULL)
		return false;
	line.end = span->at;
	*record = (struct roster_record){.kind = head.kind,
		.is_armed = head.is_armed == 1,
		.line_len = head.len,
		.identity = head.identity,
		.effect = head.effect};
	return head.kind < _KIND_MAX && head.is_armed <= 1 && take_texts(&line, record);
}

/* The number of records, of which each has at least its head. */
static bool take_head(struct span *span, const struct pieces *pieces, uint64_t *ret_n)
{
	const char *head = take(span, strlen(HEAD));
	const char *n = head == NULL ? NULL : take(span, sizeof(*ret_n));
	size_t len = 0;

	if (n == NULL || memcmp(head, HEAD, strlen(HEAD)) != 0)
		return false;
	for (size_t i = 0; i < pieces->n; i++)
		len += pieces->items[i].iov_len;
	memcpy(ret_n, n, sizeof(*ret_n));
	return *ret_n <= len / sizeof(struct line_head);
}

/* No record begins in one piece and ends in the next. */
static const char *parse(
	TALLOC_CTX *mem_ctx, const struct pieces *pieces, struct roster *roster)
{
	uint64_t n = 0;

	for (size_t i = 0; i < pieces->n; i++) {
		const char *start = pieces->items[i].iov_base;
		struct span span = {start, start + pieces->items[i].iov_len};

		if (i == 0) {
			if (!take_head(&span, pieces, &n))
				return "it is of another kind or version";
			roster->records = mem_array(mem_ctx, struct roster_record, n + 1);
		}
		if (i + 1 == pieces->n && (span.at == span.end || *--span.end != '\n'))
			return "it has no end";
		while (span.at < span.end)
			if (roster->n == n ||
				!take_record(&span, &roster->records[roster->n++]))
				return "a record of it cannot be read";
	}
	return roster->n == n ? NULL : "records are missing";
}

int roster_load(TALLOC_CTX *mem_ctx, const struct state *state, const char *name,
	const char *way_out, struct diags *diags, struct roster *ret_roster)
{
	struct roster roster = {0};
	struct pieces pieces;
	const char *fault;
	int r = delta_load(mem_ctx, state, name, diags, &pieces, &fault);

	if (r < 0)
		return r;
	if (fault == NULL)
		fault = parse(mem_ctx, &pieces, &roster);
	if (fault != NULL) {
		(void)diag_fail(diags, EXIT_IO, state_loc(state, name, diags),
			"the roster cannot be used, and nobody can tell what would "
			"change: %s",
			fault);
		diag_note(diag_last(diags), LOC_NONE, "%s", way_out);
		return -(int)EXIT_IO;
	}
	roster.base = pieces.base;
	*ret_roster = roster;
	return 0;
}

int roster_of_generation(TALLOC_CTX *mem_ctx, const struct state *state, uint64_t number,
	struct diags *diags, struct roster *ret_roster)
{
	TMP_CTX(tmp);

	return roster_load(mem_ctx, state,
		mem_printf(tmp, "%s/roster", state_generation(tmp, number)), WAY_OUT,
		diags, ret_roster);
}
