/* SPDX-License-Identifier: Apache-2.0 */
#include "change/diff.h"

#include <string.h>

#include "base/table.h"

enum {
	CONTEXT = 3,
	EDITS_MAX = 256, /* Myers gives up past so many edits in one stretch */
};

struct line {
	const char *text;
	size_t len; /* newline included */
	uint32_t id; /* equal lines have equal ids */
};

struct side {
	struct line *lines;
	size_t n;
	bool *is_edited; /* removed here or added here */
};

/* How often a line occurs, and where it was last seen. */
struct count {
	uint32_t n[2];
	uint32_t at[2];
};

struct comparison {
	TALLOC_CTX *mem_ctx;
	struct side side[2];
	struct count *counts; /* by id */
};

/* Cutting */

static void cut(TALLOC_CTX *mem_ctx, struct side *side, const char *text, size_t len)
{
	const char *end = text + len;

	while (text < end) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		const char *next = newline == NULL ? end : newline + 1;
		struct line *line = mem_push(mem_ctx, &side->lines, &side->n);

		line->text = text;
		line->len = (size_t)(next - text);
		text = next;
	}
	side->is_edited = mem_array(mem_ctx, bool, side->n + 1);
}

/* Gives equal lines of both sides one id. */
static void number_lines(struct comparison *c)
{
	size_t n_lines = c->side[0].n + c->side[1].n;
	struct table *table = table_new(c->mem_ctx, n_lines);
	uint32_t n_ids = 0;

	c->counts = mem_array(c->mem_ctx, struct count, n_lines + 1);
	for (size_t s = 0; s < 2; s++) {
		for (size_t i = 0; i < c->side[s].n; i++) {
			struct line *line = &c->side[s].lines[i];
			void **first = table_slot_bytes(table, line->text, line->len);

			if (*first == NULL) {
				*first = line;
				line->id = n_ids++;
			}
			line->id = ((const struct line *)*first)->id;
			c->counts[line->id].n[s]++;
			c->counts[line->id].at[s] = (uint32_t)i;
		}
	}
}

/* A stretch of both sides, ends exclusive. */
struct stretch {
	size_t a, a_end, b, b_end;
};

static bool equal_at(const struct comparison *c, size_t a, size_t b)
{
	return c->side[0].lines[a].id == c->side[1].lines[b].id;
}

static void trim(const struct comparison *c, struct stretch *s)
{
	while (s->a < s->a_end && s->b < s->b_end && equal_at(c, s->a, s->b)) {
		s->a++;
		s->b++;
	}
	while (s->a < s->a_end && s->b < s->b_end &&
		equal_at(c, s->a_end - 1, s->b_end - 1)) {
		s->a_end--;
		s->b_end--;
	}
}

static void mark_all(struct comparison *c, const struct stretch *s)
{
	for (size_t i = s->a; i < s->a_end; i++)
		c->side[0].is_edited[i] = true;
	for (size_t i = s->b; i < s->b_end; i++)
		c->side[1].is_edited[i] = true;
}

/* Myers, "An O(ND) Difference Algorithm and Its Variations" (1986), figure 2, keeping the
 * frontier of every round so that the way back can be walked. */

/* The way back from the end through the rounds @d … 1. */
static void walk_back(struct comparison *c, const struct stretch *s, int **rounds, int d)
{
	int x = (int)(s->a_end - s->a), y = (int)(s->b_end - s->b);

	for (; d > 0; d--) {
		const int *v = rounds[d - 1] + EDITS_MAX + 1;
		int k = x - y;
		bool adds = k == -d || (k != d && v[k - 1] < v[k + 1]);
		int before = adds ? v[k + 1] : v[k - 1];

		if (adds) {
			y = before - (k + 1);
			c->side[1].is_edited[s->b + (size_t)y] = true;
		} else {
			y = before - (k - 1);
			c->side[0].is_edited[s->a + (size_t)before] = true;
		}
		x = before;
	}
}

static void compare_stretch(struct comparison *c, struct stretch s)
{
	trim(c, &s);
	int n = (int)(s.a_end - s.a), m = (int)(s.b_end - s.b);

	if (n == 0 || m == 0) {
		mark_all(c, &s);
		return;
	}
	TMP_CTX(tmp);
	int *rounds[EDITS_MAX + 1];
	int *memory = mem_array(tmp, int, 2 * EDITS_MAX + 3);
	int *v = memory + EDITS_MAX + 1;

	for (int d = 0; d <= EDITS_MAX && d <= n + m; d++) {
		for (int k = -d; k <= d; k += 2) {
			bool adds = k == -d || (k != d && v[k - 1] < v[k + 1]);
			int x = d == 0 ? 0 : adds ? v[k + 1] : v[k - 1] + 1;
			int y = x - k;

			while (x < n && y >= 0 && y < m &&
				equal_at(c, s.a + (size_t)x, s.b + (size_t)y)) {
				x++;
				y++;
			}
			v[k] = x;
			if (x >= n && y >= m) {
				walk_back(c, &s, rounds, d);
				return;
			}
		}
		rounds[d] = mem_array(tmp, int, 2 * EDITS_MAX + 3);
		memcpy(rounds[d], memory, sizeof(int) * (2 * EDITS_MAX + 3));
	}
	mark_all(c, &s);
}

/* Patience: the longest run of lines that are unique in both and in the same order. */

static bool is_anchor(const struct comparison *c, size_t a)
{
	const struct count *count = &c->counts[c->side[0].lines[a].id];

	return count->n[0] == 1 && count->n[1] == 1;
}

/* *ret_anchors: line numbers of side a, ascending; the longest increasing subsequence of
 * their places in b, by stacks and binary search. */
static size_t find_anchors(
	struct comparison *c, const struct stretch *s, size_t **ret_anchors)
{
	size_t n = s->a_end - s->a, n_tops = 0;
	size_t *tops = mem_array(c->mem_ctx, size_t, n + 1);
	size_t *below = mem_array(c->mem_ctx, size_t, n + 1);

	for (size_t a = s->a; a < s->a_end; a++) {
		if (!is_anchor(c, a))
			continue;
		uint32_t b = c->counts[c->side[0].lines[a].id].at[1];
		size_t low = 0, high = n_tops;

		while (low < high) {
			size_t middle = low + (high - low) / 2;
			uint32_t id = c->side[0].lines[tops[middle]].id;

			if (c->counts[id].at[1] < b)
				low = middle + 1;
			else
				high = middle;
		}
		below[a - s->a] = low == 0 ? SIZE_MAX : tops[low - 1];
		tops[low] = a;
		if (low == n_tops)
			n_tops++;
	}
	size_t at = n_tops == 0 ? SIZE_MAX : tops[n_tops - 1];

	for (size_t i = n_tops; i-- > 0; at = below[at - s->a])
		tops[i] = at;
	*ret_anchors = tops;
	return n_tops;
}

static void compare(struct comparison *c)
{
	struct stretch all = {.a_end = c->side[0].n, .b_end = c->side[1].n};
	size_t *anchors;

	trim(c, &all);
	size_t n = find_anchors(c, &all, &anchors);
	struct stretch s = {.a = all.a, .b = all.b};

	for (size_t i = 0; i < n; i++) {
		s.a_end = anchors[i];
		s.b_end = c->counts[c->side[0].lines[anchors[i]].id].at[1];
		compare_stretch(c, s);
		s.a = s.a_end + 1;
		s.b = s.b_end + 1;
	}
	s.a_end = all.a_end;
	s.b_end = all.b_end;
	compare_stretch(c, s);
}

/* Printing */

static void print_line(struct buffer *out, char sign, const struct line *line)
{
	buffer_add_byte(out, sign);
	buffer_add(out, line->text, line->len);
	if (line->text[line->len - 1] != '\n')
		buffer_add_text(out, "\n\\ No newline at end of file\n");
}

static void print_range(struct buffer *out, char sign, size_t start, size_t n)
{
	/* an empty range names the line before it (POSIX diff, "Diff -u Output Format") */
	buffer_printf(out, "%c%zu", sign, n == 0 ? start : start + 1);
	if (n != 1)
		buffer_printf(out, ",%zu", n);
}

/* The next edit at or behind @a and @b, which are in step; false: none. */
static bool next_edit(const struct comparison *c, size_t *a, size_t *b)
{
	const struct side *left = &c->side[0], *right = &c->side[1];

	while (*a < left->n || *b < right->n) {
		if (left->is_edited[*a] || right->is_edited[*b])
			return true;
		++*a;
		++*b;
	}
	return false;
}

static void skip_edit(const struct comparison *c, size_t *a, size_t *b)
{
	while (*a < c->side[0].n && c->side[0].is_edited[*a])
		++*a;
	while (*b < c->side[1].n && c->side[1].is_edited[*b])
		++*b;
}

static void print_hunk(
	struct buffer *out, const struct comparison *c, const struct stretch *s)
{
	size_t a = s->a, b = s->b;

	buffer_add_text(out, "@@ ");
	print_range(out, '-', s->a, s->a_end - s->a);
	buffer_add_byte(out, ' ');
	print_range(out, '+', s->b, s->b_end - s->b);
	buffer_add_text(out, " @@\n");
	while (a < s->a_end || b < s->b_end) {
		if (a < s->a_end && c->side[0].is_edited[a]) {
			print_line(out, '-', &c->side[0].lines[a++]);
		} else if (b < s->b_end && c->side[1].is_edited[b]) {
			print_line(out, '+', &c->side[1].lines[b++]);
		} else {
			print_line(out, ' ', &c->side[0].lines[a++]);
			b++;
		}
	}
}

static void print_hunks(struct buffer *out, const struct comparison *c)
{
	size_t a = 0, b = 0;

	while (next_edit(c, &a, &b)) {
		size_t before = a < CONTEXT ? a : CONTEXT;
		struct stretch s = {.a = a - before, .b = b - before};

		/* edits with at most twice the context between them share a hunk */
		for (;;) {
			skip_edit(c, &a, &b);
			size_t next_a = a, next_b = b;

			if (!next_edit(c, &next_a, &next_b) || next_a - a > 2 * CONTEXT)
				break;
			a = next_a;
			b = next_b;
		}
		size_t left = c->side[0].n - a;
		size_t after = left < CONTEXT ? left : CONTEXT;

		s.a_end = a + after;
		s.b_end = b + after;
		print_hunk(out, c, &s);
	}
}

void diff_unified(struct buffer *out, const char *name_a, const char *a, size_t len_a,
	const char *name_b, const char *b, size_t len_b)
{
	TMP_CTX(tmp);
	struct comparison c = {.mem_ctx = tmp};

	if (len_a == len_b && memcmp(a, b, len_a) == 0)
		return;
	cut(tmp, &c.side[0], a, len_a);
	cut(tmp, &c.side[1], b, len_b);
	number_lines(&c);
	compare(&c);
	buffer_printf(out, "--- %s\n+++ %s\n", name_a, name_b);
	print_hunks(out, &c);
}
