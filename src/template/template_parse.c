/* SPDX-License-Identifier: Apache-2.0 */
#include "template/template_parse.h"

#include <string.h>

#include "template/template_token.h"

struct parser {
	struct template_source *source;
	struct diags *diags;
	const char *body;
	size_t len;
	struct token *tokens;
	size_t n_tokens;
};

/* @what with a name in it is wrong. */
static void fault(struct parser *p, const struct token *token, const char *what,
	const char *name, const char *why)
{
	template_fault(p->diags, &p->source->text, template_syntax_id, token->line,
		token->column, "%s '%s' %s", what, name, why);
	p->source->is_broken = true;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static struct part *add_part(struct parser *p, struct parts *parts, enum part_kind kind,
	const struct token *token)
{
	struct part *part = mem_push(p->source, &parts->items, &parts->n);

	part->kind = kind;
	part->line = token->line;
	part->column = token->column;
	part->indent = "";
	if (token->name != NULL) {
		part->text = mem_strndup(p->source, token->name, token->name_len);
		part->len = token->name_len;
	}
	return part;
}

static bool starts_line(const struct parser *p, size_t at)
{
	return at == 0 || p->body[at - 1] == '\n';
}

static bool is_newline(const struct parser *p, size_t at)
{
	return p->body[at] == '\n' ||
	       (p->body[at] == '\r' && at + 1 < p->len && p->body[at + 1] == '\n');
}

/* What the neighbours left of a text, line by line. */
static void add_text(struct parser *p, struct parts *parts, size_t index)
{
	const struct token *token = &p->tokens[index];
	size_t at = token->start, end = token->end;

	if (index > 0 && p->tokens[index - 1].cut_end > at)
		at = p->tokens[index - 1].cut_end;
	if (index + 1 < p->n_tokens && p->tokens[index + 1].cut_start < end)
		end = p->tokens[index + 1].cut_start;
	while (at < end) {
		const char *newline = memchr(p->body + at, '\n', end - at);
		size_t next = newline == NULL ? end : (size_t)(newline - p->body) + 1;

		if (starts_line(p, at) && !is_newline(p, at))
			add_part(p, parts, PART_LINE, token);
		struct part *text = add_part(p, parts, PART_TEXT, token);

		text->text = p->body + at;
		text->len = next - at;
		at = next;
	}
}

static void add_line(struct parser *p, struct parts *parts, const struct token *tag)
{
	if (!tag->is_cut && starts_line(p, tag->start))
		add_part(p, parts, PART_LINE, tag);
}

static void split_name(struct parser *p, const struct token *token, struct part *part)
{
	const char *at = part->text, *end = part->text + part->len;

	if (part->len == 1 && *at == '.')
		return;
	for (;;) {
		const char *dot = memchr(at, '.', (size_t)(end - at));
		size_t len = (size_t)((dot == NULL ? end : dot) - at);

		if (len == 0) {
			fault(p, token, "the name", part->text, "has an empty part");
			return;
		}
		*mem_push(p->source, &part->names, &part->n_names) =
			mem_strndup(p->source, at, len);
		if (dot == NULL)
			return;
		at = dot + 1;
	}
}

static const char *blanks_before(struct parser *p, const struct token *token)
{
	if (!token->begins_line)
		return "";
	return mem_strndup(
		p->source, p->body + token->blanks, token->start - token->blanks);
}

/* The blanks before the first line with anything on it, from the tag to its end. */
static const char *intrinsic_indent(
	struct parser *p, const struct token *block, const char *otherwise)
{
	size_t at = block->cut_end, end = p->tokens[block->match].cut_start;

	while (at < end) {
		size_t first = at;

		while (at < end && is_blank(p->body[at]))
			at++;
		if (at < end && !is_newline(p, at))
			return mem_strndup(p->source, p->body + first, at - first);
		at += at < end && p->body[at] == '\r' ? 2 : 1;
	}
	return otherwise;
}

static size_t common_length(const char *text, size_t len, const char *indent)
{
	size_t n = 0;

	while (n < len && indent[n] != '\0' && text[n] == indent[n])
		n++;
	return n;
}

/* Takes @indent away from every line of a block's content. Blocks of parents inside it
 * have lost their own already. */
static void remove_indent(struct parts *parts, const char *indent)
{
	for (size_t i = 0; i < parts->n; i++) {
		struct part *part = &parts->items[i];

		if (part->kind == PART_TEXT) {
			if (i == 0 || parts->items[i - 1].kind != PART_LINE)
				continue;
			size_t n = common_length(part->text, part->len, indent);

			part->text += n;
			part->len -= n;
			continue;
		}
		if (part->begins_line)
			part->indent +=
				common_length(part->indent, strlen(part->indent), indent);
		if (part->kind != PART_PARENT)
			remove_indent(&part->inner, indent);
	}
}

static void add_content(struct parser *p, struct parts *parts, size_t index);

static void add_block(struct parser *p, struct parts *parts, size_t index)
{
	const struct token *token = &p->tokens[index];
	struct part *block = add_part(p, parts, PART_BLOCK, token);
	const char *own = blanks_before(p, token);

	block->begins_line = token->begins_line;
	block->is_lined = token->is_lined;
	block->indent = block->is_lined ? intrinsic_indent(p, token, own) : own;
	add_content(p, &block->inner, index);
	if (token->is_argument)
		remove_indent(&block->inner, block->indent);
}

/* Of what stands inside a parent only the blocks are kept. */
static void add_parent(struct parser *p, struct parts *parts, size_t index)
{
	const struct token *token = &p->tokens[index];
	struct part *parent = add_part(p, parts, PART_PARENT, token);
	struct parts *blocks = &parent->inner;

	parent->begins_line = token->begins_line;
	parent->indent = blanks_before(p, token);
	for (size_t i = index + 1; i < token->match; i++) {
		const struct token *inside = &p->tokens[i];

		if (inside->sigil != '$')
			continue;
		add_block(p, blocks, i);
		for (size_t j = 0; j + 1 < blocks->n; j++)
			if (strcmp(blocks->items[j].text,
				    blocks->items[blocks->n - 1].text) == 0)
				fault(p, inside, "the block", blocks->items[j].text,
					"is there twice");
		i = inside->match;
	}
}

static void add_tag(struct parser *p, struct parts *parts, size_t index)
{
	const struct token *token = &p->tokens[index];
	struct part *part;

	switch (token->sigil) {
	case 'v':
	case '&':
		part = add_part(p, parts, PART_VALUE, token);
		part->is_raw = token->sigil == '&';
		split_name(p, token, part);
		break;
	case '#':
	case '^':
		part = add_part(p, parts,
			token->sigil == '#' ? PART_SECTION : PART_INVERTED, token);
		split_name(p, token, part);
		add_content(p, &part->inner, index);
		break;
	case '>':
		part = add_part(p, parts, PART_PARTIAL, token);
		part->begins_line = token->begins_line;
		part->indent = blanks_before(p, token);
		break;
	case '<':
		add_parent(p, parts, index);
		break;
	case '$':
		add_block(p, parts, index);
		break;
	default:
		break;
	}
}

static void add_parts(struct parser *p, struct parts *parts, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++) {
		const struct token *token = &p->tokens[i];

		if (token->sigil == '\0') {
			add_text(p, parts, i);
			continue;
		}
		add_line(p, parts, token);
		add_tag(p, parts, i);
		if (strchr("#^<$", token->sigil) != NULL)
			i = token->match;
	}
}

static void add_content(struct parser *p, struct parts *parts, size_t index)
{
	size_t end = p->tokens[index].match;

	add_parts(p, parts, index + 1, end);
	/* a line that the end tag begins, but does not take, is the content's */
	add_line(p, parts, &p->tokens[end]);
}

void template_parse(struct template_source *source, struct diags *diags)
{
	TMP_CTX(tmp);
	struct parser p = {.source = source,
		.diags = diags,
		.body = source->text.body,
		.len = source->text.len};

	source->is_broken =
		!template_tokenize(tmp, &source->text, diags, &p.tokens, &p.n_tokens);
	if (!source->is_broken)
		add_parts(&p, &source->parts, 0, p.n_tokens);
	if (source->is_broken)
		source->parts = (struct parts){0};
}
