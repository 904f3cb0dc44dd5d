/* SPDX-License-Identifier: Apache-2.0 */
#include "base/nodeset.h"

#include <string.h>

#include "base/sort.h"
#include "base/text.h"

/* A name around its last number: node, 07, and what follows. */
struct part {
	const char *name;
	size_t prefix; /* bytes before the number */
	size_t digits; /* 0: no number */
	uint64_t number;
	size_t width; /* of a number with leading zeros beside it, else 0 */
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static struct part split(const char *name)
{
	struct part part = {.name = name, .prefix = strlen(name)};
	size_t end = part.prefix;

	while (end > 0 && !is_digit(name[end - 1]))
		end--;
	while (part.digits < end && is_digit(name[end - part.digits - 1]))
		part.digits++;
	if (part.digits == 0 || part.digits > 18)
		return (struct part){.name = name, .prefix = strlen(name)};
	part.prefix = end - part.digits;
	for (size_t i = 0; i < part.digits; i++)
		part.number = part.number * 10 + (uint64_t)(name[part.prefix + i] - '0');
	return part;
}

/* Nothing follows its number, else it has none. */
static struct part split_end(const char *name)
{
	size_t len = strlen(name);

	return len > 0 && is_digit(name[len - 1])
		       ? split(name)
		       : (struct part){.name = name, .prefix = len};
}

static const char *suffix_of(const struct part *part)
{
	return part->name + part->prefix + part->digits;
}

static int compare_sizes(size_t a, size_t b)
{
	return (a > b) - (a < b);
}

/* By all but the number. */
static int compare_frames(const struct part *a, const struct part *b)
{
	size_t shorter = a->prefix < b->prefix ? a->prefix : b->prefix;
	int order = strncmp(a->name, b->name, shorter);

	if (order == 0)
		order = compare_sizes(a->prefix, b->prefix);
	if (order == 0)
		order = (a->digits > 0) - (b->digits > 0);
	return order != 0 ? order : strcmp(suffix_of(a), suffix_of(b));
}

static int compare_digits(const void *left, const void *right)
{
	const struct part *a = left, *b = right;
	int order = compare_frames(a, b);

	return order != 0 ? order : compare_sizes(a->digits, b->digits);
}

static int compare_numbers(const void *left, const void *right)
{
	const struct part *a = left, *b = right;
	int order = compare_frames(a, b);

	if (order == 0)
		order = compare_sizes(a->width, b->width);
	return order != 0 ? order : compare_sizes(a->number, b->number);
}

/* Where one of a width has a leading zero, all of that width are written with it. */
static void find_widths(struct part *parts, size_t n)
{
	for (size_t start = 0, end; start < n; start = end) {
		bool is_padded = false;

		for (end = start;
			end < n && compare_digits(&parts[start], &parts[end]) == 0; end++)
			is_padded |= parts[end].digits > 1 &&
				     parts[end].name[parts[end].prefix] == '0';
		for (size_t i = start; is_padded && i < end; i++)
			parts[i].width = parts[i].digits;
	}
}

static void add_number(struct buffer *out, const struct part *part)
{
	char digits[20];
	size_t n = 0;

	for (uint64_t left = part->number; left > 0 || n == 0; left /= 10)
		digits[n++] = (char)('0' + left % 10);
	while (n < part->width)
		digits[n++] = '0';
	while (n > 0)
		buffer_add_byte(out, digits[--n]);
}

/* 01-16,20 */
static void add_ranges(struct buffer *out, const struct part *parts, size_t n)
{
	for (size_t start = 0, end; start < n; start = end) {
		for (end = start + 1;
			end < n && parts[end].number == parts[end - 1].number + 1; end++)
			;
		if (start > 0)
			buffer_add_byte(out, ',');
		add_number(out, &parts[start]);
		if (end == start + 1)
			continue;
		buffer_add_byte(out, '-');
		add_number(out, &parts[end - 1]);
	}
}

/* Sorted ones; the number that are left. */
static size_t drop_repeated(struct part *parts, size_t n)
{
	size_t n_kept = 0;

	for (size_t i = 0; i < n; i++)
		if (n_kept == 0 || strcmp(parts[n_kept - 1].name, parts[i].name) != 0)
			parts[n_kept++] = parts[i];
	return n_kept;
}

static void add_family(struct buffer *out, const struct part *parts, size_t n)
{
	if (out->len > 0)
		buffer_add_byte(out, ',');
	if (n == 1) {
		buffer_add_text(out, parts->name);
		return;
	}
	buffer_printf(out, "%.*s[", (int)parts->prefix, parts->name);
	add_ranges(out, parts, n);
	buffer_printf(out, "]%s", suffix_of(parts));
}

static char *fold(TALLOC_CTX *mem_ctx, const char *const *names, size_t n,
	struct part (*split_name)(const char *name))
{
	TMP_CTX(tmp);
	struct buffer *out = buffer_new(tmp);
	struct part *parts = mem_array(tmp, struct part, n + 1);

	for (size_t i = 0; i < n; i++)
		parts[i] = split_name(names[i]);
	sort_items(parts, n, sizeof(*parts), compare_digits);
	find_widths(parts, n);
	sort_items(parts, n, sizeof(*parts), compare_numbers);
	n = drop_repeated(parts, n);
	for (size_t start = 0, end; start < n; start = end) {
		for (end = start + 1; end < n && parts[start].digits > 0 &&
				      compare_frames(&parts[start], &parts[end]) == 0 &&
				      parts[start].width == parts[end].width;
			end++)
			;
		add_family(out, parts + start, end - start);
	}
	return mem_strdup(mem_ctx, out->data);
}

char *nodeset_fold(TALLOC_CTX *mem_ctx, const char *const *names, size_t n)
{
	return fold(mem_ctx, names, n, split);
}

char *nodeset_fold_ends(TALLOC_CTX *mem_ctx, const char *const *names, size_t n)
{
	return fold(mem_ctx, names, n, split_end);
}
