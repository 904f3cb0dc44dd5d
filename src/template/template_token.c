/* SPDX-License-Identifier: Apache-2.0 */
#include "template/template_token.h"

#include <string.h>

const char template_syntax_id[] = "template-syntax";

enum { EXCERPT_MAX = 240, FAULTS_MAX = 100 };

/* The line of @text that @line names, unless it is too long to be of use. */
static const char *excerpt(
	TALLOC_CTX *mem_ctx, const struct template_text *text, unsigned line)
{
	const char *at = text->body, *end = text->body + text->len;
	size_t len = 0;

	if (text->line != NULL)
		return mem_strdup(mem_ctx, text->line);
	for (unsigned i = text->line_offset + 1; i < line && at < end; i++) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));

		at = newline == NULL ? end : newline + 1;
	}
	while (at + len < end && at[len] != '\n')
		len++;
	len -= len > 0 && at[len - 1] == '\r';
	return len > EXCERPT_MAX ? NULL : mem_strndup(mem_ctx, at, len);
}

struct finding *template_fault(struct diags *diags, const struct template_text *text,
	const char *id, unsigned line, unsigned column, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	char *message = mem_vprintf(diags, format, args);
	va_end(args);
	char *path = mem_strdup(diags, text->path);

	(void)diag_fail(diags, EXIT_USAGE, loc_at(path, line, column), "%s", message);
	struct finding *finding = diag_last(diags);

	talloc_free(message);
	talloc_steal(finding, path);
	finding->id = id;
	finding->excerpt = excerpt(finding, text, line);
	return finding;
}

/* Text to tokens */

struct parser {
	TALLOC_CTX *mem_ctx;
	const struct template_text *source;
	struct diags *diags;
	const char *body;
	size_t len;
	size_t counted; /* line and column are of this byte */
	unsigned line, column;
	unsigned n_faults;
	const char *open, *close; /* the delimiters */
	size_t open_len, close_len;
	struct token *tokens;
	size_t n_tokens;
};

static struct finding *fault(struct parser *p, const struct token *token,
	const char *format, ...) _printf_(3, 4);
static struct finding *fault(
	struct parser *p, const struct token *token, const char *format, ...)
{
	va_list args;

	p->n_faults++;
	va_start(args, format);
	char *message = mem_vprintf(p->mem_ctx, format, args);
	va_end(args);
	return template_fault(p->diags, p->source, template_syntax_id, token->line,
		token->column, "%s", message);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool is_space(char c)
{
	return is_blank(c) || c == '\n' || c == '\r';
}

/* Moves line and column, in characters, on to @at. */
static void count_to(struct parser *p, size_t at)
{
	for (; p->counted < at; p->counted++) {
		unsigned char c = (unsigned char)p->body[p->counted];

		p->column += (c & 0xc0) != 0x80;
		if (c == '\n') {
			p->line++;
			p->column = 1;
		}
	}
}

static size_t find(const struct parser *p, size_t from, const char *word, size_t word_len)
{
	const char *hit = memmem(p->body + from, p->len - from, word, word_len);

	return hit == NULL ? p->len : (size_t)(hit - p->body);
}

static void trim(const char **text, size_t *len)
{
	while (*len > 0 && is_space((*text)[0])) {
		(*text)++;
		(*len)--;
	}
	while (*len > 0 && is_space((*text)[*len - 1]))
		(*len)--;
}

/* `{{=<% %>=}}`: what stands between the equals signs are two words without either. */
static void set_delimiters(struct parser *p, const struct token *token)
{
	const char *text = token->name;
	size_t len = token->name_len, first = 0;

	trim(&text, &len);
	while (first < len && !is_space(text[first]))
		first++;
	size_t second = first;

	while (second < len && is_space(text[second]))
		second++;
	bool is_good = first > 0 && second < len;

	for (size_t i = 0; i < len; i++)
		is_good &= text[i] != '=' && text[i] != '\0' &&
			   (i < second || !is_space(text[i]));
	if (!is_good) {
		fault(p, token, "expected two delimiters, as in '{{=<%% %%>=}}'");
		return;
	}
	p->open = text;
	p->open_len = first;
	p->close = text + second;
	p->close_len = len - second;
}

static void check_name(struct parser *p, struct token *token)
{
	trim(&token->name, &token->name_len);
	if (token->name_len == 0) {
		fault(p, token, "a tag without a name");
		return;
	}
	for (size_t i = 0; i < token->name_len; i++) {
		if (!is_space(token->name[i]) && token->name[i] != '\0')
			continue;
		if (memchr(token->name, '\n', token->name_len) != NULL)
			fault(p, token,
				"the tag is not closed on its line: '%.*s' is missing",
				(int)p->close_len, p->close);
		else
			fault(p, token, "'%.*s' is no name: it holds a blank",
				(int)token->name_len, token->name);
		return;
	}
}

/* The tag at @at; returns the index behind it, or the text's length if it has no end. */
static size_t take_tag(struct parser *p, size_t at)
{
	TMP_CTX(tmp);
	struct token *token = mem_push(p->mem_ctx, &p->tokens, &p->n_tokens);
	size_t name = at + p->open_len;
	char sigil = name < p->len ? p->body[name] : '\0';
	const char *close = p->close;
	size_t close_len = p->close_len;

	count_to(p, at);
	token->line = p->line;
	token->column = p->column;
	token->start = token->cut_start = at;
	token->sigil = 'v';
	if (sigil != '\0' && strchr("#^/><$!=&{", sigil) != NULL) {
		token->sigil = sigil == '{' ? '&' : sigil;
		name++;
	}
	if (sigil == '{' || sigil == '=') {
		close = mem_printf(tmp, "%c%.*s", sigil == '{' ? '}' : '=',
			(int)p->close_len, p->close);
		close_len++;
	}
	size_t end = find(p, name, close, close_len);

	token->end = token->cut_end = end == p->len ? end : end + close_len;
	token->name = p->body + name;
	token->name_len = end - name;
	if (end == p->len)
		fault(p, token, "the tag is not closed: '%.*s' is missing",
			(int)close_len, close);
	else if (sigil == '=')
		set_delimiters(p, token);
	else if (sigil != '!')
		check_name(p, token);
	return token->end;
}

/* No language has it, and no reader of one would say where it came from. */
static void check_zero(struct parser *p)
{
	struct parser look = *p;
	const char *zero = memchr(p->body, '\0', p->len);

	if (zero == NULL)
		return;
	count_to(&look, (size_t)(zero - p->body));
	fault(p, &(struct token){.line = look.line, .column = look.column},
		"the template has a zero byte");
}

static void tokenize(struct parser *p)
{
	size_t at = 0;

	check_zero(p);

	while (at < p->len && p->n_faults < FAULTS_MAX) {
		size_t tag = find(p, at, p->open, p->open_len);

		if (tag > at) {
			struct token *text =
				mem_push(p->mem_ctx, &p->tokens, &p->n_tokens);

			text->start = text->cut_start = at;
			text->end = text->cut_end = tag;
		}
		at = tag < p->len ? take_tag(p, tag) : tag;
	}
}

/* Pairs: every opening tag and its end know each other */

static bool has_name(const struct token *token, const struct token *other)
{
	return token->name_len == other->name_len &&
	       memcmp(token->name, other->name, token->name_len) == 0;
}

static void fault_unclosed(struct parser *p, const struct token *token)
{
	fault(p, token, "'{{%c%.*s}}' is not closed: '{{/%.*s}}' is missing",
		token->sigil, (int)token->name_len, token->name, (int)token->name_len,
		token->name);
}

struct nesting {
	size_t open[TEMPLATE_NESTING_MAX]; /* tokens */
	size_t n;
};

static void match_end(struct parser *p, struct nesting *nesting, size_t index)
{
	struct token *end = &p->tokens[index];
	size_t depth = nesting->n;

	while (depth > 0 && !has_name(&p->tokens[nesting->open[depth - 1]], end))
		depth--;
	if (depth == 0) {
		fault(p, end, "'{{/%.*s}}' closes nothing", (int)end->name_len,
			end->name);
		return;
	}
	while (nesting->n > depth)
		fault_unclosed(p, &p->tokens[nesting->open[--nesting->n]]);
	struct token *open = &p->tokens[nesting->open[--nesting->n]];

	open->match = index;
	end->match = (size_t)(open - p->tokens);
	end->is_argument = open->is_argument;
}

/* What stands in a parent outside its blocks is never printed: text is a comment there,
 * but a tag is a mistake. */
static void check_place(
	struct parser *p, const struct nesting *nesting, struct token *token)
{
	if (nesting->n == 0)
		return;
	const struct token *around = &p->tokens[nesting->open[nesting->n - 1]];

	if (around->sigil != '<' || strchr("!=/", token->sigil) != NULL)
		return;
	token->is_argument = token->sigil == '$';
	if (!token->is_argument)
		fault(p, token,
			"only blocks ('{{$name}}') may stand inside '{{<%.*s}}', where "
			"nothing else is printed",
			(int)around->name_len, around->name);
}

static void match_tags(struct parser *p)
{
	struct nesting nesting = {.n = 0};

	for (size_t i = 0; i < p->n_tokens && p->n_faults < FAULTS_MAX; i++) {
		struct token *token = &p->tokens[i];

		if (token->sigil == '\0')
			continue;
		check_place(p, &nesting, token);
		if (token->sigil == '/') {
			match_end(p, &nesting, i);
		} else if (strchr("#^<$", token->sigil) != NULL) {
			if (nesting.n == TEMPLATE_NESTING_MAX) {
				fault(p, token, "more than %d tags inside each other",
					TEMPLATE_NESTING_MAX);
				return;
			}
			nesting.open[nesting.n++] = i;
		}
	}
	while (nesting.n > 0)
		fault_unclosed(p, &p->tokens[nesting.open[--nesting.n]]);
}

/* Blank space */

/* Only blanks between the line's start and @at: *ret is where they begin. */
static bool is_clear_before(const struct parser *p, size_t at, size_t *ret)
{
	while (at > 0 && is_blank(p->body[at - 1]))
		at--;
	*ret = at;
	return at == 0 || p->body[at - 1] == '\n';
}

/* Only blanks between @at and the line's end: *ret is the start of the next line. */
static bool is_clear_after(const struct parser *p, size_t at, size_t *ret)
{
	while (at < p->len && is_blank(p->body[at]))
		at++;
	*ret = at;
	if (at == p->len)
		return true;
	if (p->body[at] == '\r' && at + 1 < p->len)
		at++;
	*ret = at + 1;
	return p->body[at] == '\n';
}

static void cut_line(struct parser *p, struct token *first, struct token *last)
{
	size_t before, after;

	if (!is_clear_before(p, first->start, &before) ||
		!is_clear_after(p, last->end, &after))
		return;
	first->cut_start = first->blanks = before;
	first->is_cut = first->begins_line = true;
	last->cut_end = after;
	last->is_lined = true;
}

/* Inside a parent nothing is printed before a block or after it, so only the inner sides
 * of its tags count. */
static void cut_argument(struct parser *p, struct token *token)
{
	size_t before, after;
	bool begins_line = is_clear_before(p, token->start, &before);

	if (token->sigil == '$') {
		token->begins_line = begins_line;
		token->blanks = before;
		token->is_lined = is_clear_after(p, token->end, &after);
		if (token->is_lined)
			token->cut_end = after;
	} else if (begins_line) {
		token->cut_start = before;
		token->is_cut = true;
	}
}

static void cut_block(struct parser *p, struct token *token)
{
	size_t before;

	cut_line(p, token, token);
	if (token->sigil == '/' || !is_clear_before(p, token->start, &before))
		return;
	token->cut_start = token->blanks = before;
	token->is_cut = token->begins_line = true;
}

static void cut_blanks(struct parser *p)
{
	for (size_t i = 0; i < p->n_tokens; i++) {
		struct token *token = &p->tokens[i];
		char sigil = token->sigil;
		char opened_by = sigil == '/' ? p->tokens[token->match].sigil : sigil;

		if (sigil == '\0' || sigil == 'v' || sigil == '&')
			continue;
		if (opened_by == '$' && token->is_argument)
			cut_argument(p, token);
		else if (opened_by == '$')
			cut_block(p, token);
		else if (sigil == '<')
			cut_line(p, token, &p->tokens[token->match]);
		else if (opened_by != '<')
			cut_line(p, token, token);
	}
}

bool template_tokenize(TALLOC_CTX *mem_ctx, const struct template_text *text,
	struct diags *diags, struct token **ret_tokens, size_t *ret_n)
{
	struct parser p = {.mem_ctx = mem_ctx,
		.source = text,
		.diags = diags,
		.body = text->body,
		.len = text->len,
		.line = text->line_offset + 1,
		.column = text->column_offset + 1,
		.open = "{{",
		.close = "}}",
		.open_len = 2,
		.close_len = 2};

	tokenize(&p);
	if (p.n_faults == 0)
		match_tags(&p);
	if (p.n_faults == 0)
		cut_blanks(&p);
	*ret_tokens = p.tokens;
	*ret_n = p.n_tokens;
	return p.n_faults == 0;
}
