/* SPDX-License-Identifier: Apache-2.0 */
#include "vcn/host/names.h"

#include <string.h>

#include "base/text.h"
#include "vcn/common/manifest.h"

enum { NAMES_MAX = 100000, DIGITS_MAX = 9 };

static int bad_range(struct diags *diags, const char *text, const char *fault)
{
	TMP_CTX(tmp);

	return diag_fail(diags, EXIT_USAGE, LOC_NONE, "'%s': %s",
		text_printable(tmp, text, strlen(text)), fault);
}

/* Numbers from @first to @last in @width digits at least. */
struct span {
	uint64_t first, last;
	int width;
};

/* `7`, `001-016`: no signs or blanks; leading zeros set the width. */
static const char *parse_span(const char *text, struct span *ret)
{
	TMP_CTX(tmp);
	size_t n;
	char **ends = text_split(tmp, text, '-', &n);
	uint64_t max = 1;

	for (int i = 0; i < DIGITS_MAX; i++)
		max *= 10;
	if (n < 1 || n > 2 || text[0] == '-' || text_has_suffix(text, "-") ||
		!text_parse_u64(ends[0], max - 1, &ret->first) ||
		!text_parse_u64(ends[n - 1], max - 1, &ret->last))
		return "a range is FIRST-LAST in brackets, as in vcn[001-016]";
	if (ret->first > ret->last)
		return "the range runs backwards";
	if (ret->last - ret->first >= NAMES_MAX)
		return "too many names";
	ret->width = ends[0][0] == '0' ? (int)strlen(ends[0]) : 0;
	return NULL;
}

/* A growing list, and where it came from. */
struct expansion {
	TALLOC_CTX *mem_ctx;
	char **names;
	size_t n;
};

static const char *expand_from(
	struct expansion *e, TALLOC_CTX *tmp, const char *before, const char *rest);

static const char *expand_span(struct expansion *e, TALLOC_CTX *tmp, const char *before,
	const struct span *span, const char *rest)
{
	const char *fault = NULL;

	for (uint64_t number = span->first; fault == NULL && number <= span->last;
		number++) {
		const char *longer = mem_printf(
			tmp, "%s%0*llu", before, span->width, (unsigned long long)number);

		fault = expand_from(e, tmp, longer, rest);
	}
	return fault;
}

/* @rest has the first bracket, if any, after the finished part @before. */
static const char *expand_from(
	struct expansion *e, TALLOC_CTX *tmp, const char *before, const char *rest)
{
	size_t plain = strcspn(rest, "[]");
	const char *start = mem_printf(tmp, "%s%.*s", before, (int)plain, rest);
	size_t n_spans;

	if (rest[plain] == '\0') {
		if (e->n >= NAMES_MAX)
			return "too many names";
		*mem_push(e->mem_ctx, &e->names, &e->n) = mem_strdup(e->mem_ctx, start);
		return NULL;
	}
	rest += plain + 1;
	size_t inside = strcspn(rest, "[]");

	if (rest[-1] != '[' || rest[inside] != ']')
		return "brackets do not match";
	char **spans = text_split(tmp, mem_strndup(tmp, rest, inside), ',', &n_spans);

	if (n_spans == 0)
		return "the brackets are empty";
	for (size_t i = 0; i < n_spans; i++) {
		struct span span;
		const char *fault = parse_span(spans[i], &span);

		if (fault == NULL)
			fault = expand_span(e, tmp, start, &span, rest + inside + 1);
		if (fault != NULL)
			return fault;
	}
	return NULL;
}

/* The length up to a comma outside of brackets, or the end. */
static size_t item_length(const char *text)
{
	size_t depth = 0, i;

	for (i = 0; text[i] != '\0' && (text[i] != ',' || depth > 0); i++) {
		depth += text[i] == '[';
		depth -= text[i] == ']' && depth > 0;
	}
	return i;
}

int names_expand(TALLOC_CTX *mem_ctx, const char *text, struct diags *diags,
	char ***names, size_t *n)
{
	TMP_CTX(tmp);
	struct expansion e = {.mem_ctx = mem_ctx, .names = *names, .n = *n};
	const char *fault = text[0] == '\0' ? "a name is missing" : NULL;

	for (const char *at = text; fault == NULL && *at != '\0';) {
		size_t length = item_length(at);

		if (length > 0)
			fault = expand_from(&e, tmp, "", mem_strndup(tmp, at, length));
		at += length + (at[length] == ',');
	}
	*names = e.names;
	*n = e.n;
	return fault == NULL ? 0 : bad_range(diags, text, fault);
}

const char *names_resolve(const struct manifest *manifest, const char *name)
{
	const struct guest *guest = manifest_find(manifest, name);

	if (guest != NULL)
		return guest->name;
	for (size_t i = 0; i < manifest->n_guests; i++)
		if (text_equal_case(manifest->guests[i].fqdn, name))
			return manifest->guests[i].name;
	return NULL;
}
