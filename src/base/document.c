/* SPDX-License-Identifier: Apache-2.0 */
#include "base/document.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include <yaml.h>

#include "base/file.h"
#include "base/text.h"

enum { DEPTH_MAX = 64, SIZE_MAX_BYTES = 256 * 1024 * 1024 };

enum { EXCERPTS_MAX = 100, EXCERPT_LENGTH_MAX = 300 };

/* Building the tree from libyaml's events */

struct builder {
	struct document *document;
	yaml_parser_t parser;
	enum exit_code code;
	struct diags *diags;
};

/* Octets of the line break at @text, 0 if it is none: libyaml counts those of YAML 1.1 (4.2). */
static size_t break_length(const char *text)
{
	static const char *const breaks[] = {
		"\n", "\r\n", "\r", "\xc2\x85", "\xe2\x80\xa8", "\xe2\x80\xa9"};

	for (size_t i = 0; i < ARRAY_SIZE(breaks); i++)
		if (text_has_prefix(text, breaks[i]))
			return strlen(breaks[i]);
	return 0;
}

/* Octets before the line break, or the end. */
static size_t line_length(const char *text)
{
	size_t len = 0;

	for (;; len++) {
		len += strcspn(text + len, "\n\r\xc2\xe2");
		if (text[len] == '\0' || break_length(text + len) > 0)
			return len;
	}
}

/*
 * The line of the source that @line names, for the caret below it; NULL where it is too long
 * to be looked at, or so much is wrong that nobody looks. Whoever wrote the file decides both.
 */
static const char *excerpt(
	TALLOC_CTX *mem_ctx, const struct diags *diags, const char *text, unsigned line)
{
	if (diags->n_findings > EXCERPTS_MAX)
		return NULL;
	for (unsigned i = 1; i < line && *text != '\0'; i++) {
		text += line_length(text);
		text += break_length(text);
	}
	size_t len = line_length(text);

	return *text == '\0' || len > EXCERPT_LENGTH_MAX
		       ? NULL
		       : mem_strndup(mem_ctx, text, len);
}

static int fault_at(const struct document *document, struct diags *diags,
	enum exit_code code, unsigned line, unsigned column, const char *message)
{
	int r = diag_fail(
		diags, code, loc_at(document->source, line, column), "%s", message);
	struct finding *finding = diag_last(diags);

	finding->excerpt =
		excerpt(finding, diags, document->text, line - document->line_offset);
	return r;
}

static int fault_here(struct builder *b, const yaml_mark_t *mark, const char *message)
{
	return fault_at(b->document, b->diags, b->code,
		(unsigned)mark->line + 1 + b->document->line_offset,
		(unsigned)mark->column + 1, message);
}

/* At a byte: what is no text at all has no mark of the parser. */
static int fault_byte(struct builder *b, size_t offset, const char *message)
{
	yaml_mark_t mark = {0};

	for (const char *at = b->document->text; mark.index < offset && *at != '\0';
		at++) {
		mark.index++;
		mark.column += ((unsigned char)*at & 0xc0) != 0x80;
		if (*at == '\n') {
			mark.line++;
			mark.column = 0;
		}
	}
	return fault_here(b, &mark, message);
}

/* Does a tab stand where a line is indented? */
static bool has_tab_before(const struct builder *b, size_t line)
{
	TMP_CTX(tmp);
	const char *text = excerpt(tmp, b->diags, b->document->text, (unsigned)line + 1);

	return text != NULL && text[strspn(text, " ")] == '\t';
}

static int next_event(struct builder *b, yaml_event_t *event)
{
	TMP_CTX(tmp);

	if (yaml_parser_parse(&b->parser, event))
		return 0;
	const char *problem = b->parser.problem == NULL ? "no YAML" : b->parser.problem;

	if (b->parser.error == YAML_READER_ERROR)
		return fault_byte(b, b->parser.problem_offset, problem);
	if (b->parser.error == YAML_SCANNER_ERROR &&
		has_tab_before(b, b->parser.problem_mark.line))
		return fault_here(b, &b->parser.problem_mark,
			"a tab in front of a line: YAML is indented by blanks");
	if (b->parser.context != NULL)
		problem = mem_printf(tmp, "%s %s", problem, b->parser.context);
	/* a quote that is not closed is wrong where it stands, not at the end of the file */
	if (strstr(problem, "end of stream") != NULL && b->parser.context != NULL)
		return fault_here(b, &b->parser.context_mark, problem);
	return fault_here(b, &b->parser.problem_mark, problem);
}

static int build_node(struct builder *b, const yaml_event_t *event, unsigned depth,
	struct node **ret_node);

static void event_done(yaml_event_t *event)
{
	yaml_event_delete(event);
}

/* Key and value, or the next element; *ret_more is false at the collection's end. */
static int build_item(
	struct builder *b, struct node *node, unsigned depth, bool *ret_more)
{
	_cleanup_(event_done) yaml_event_t event = {0};
	struct node *item = NULL;
	int r = next_event(b, &event);

	if (r < 0)
		return r;
	*ret_more = event.type != YAML_SEQUENCE_END_EVENT &&
		    event.type != YAML_MAPPING_END_EVENT;
	if (!*ret_more)
		return 0;
	if (node->kind == NODE_MAP) {
		_cleanup_(event_done) yaml_event_t value = {0};
		size_t n_keys = node->n_items;

		r = build_node(b, &event, depth + 1, &item);
		if (r < 0)
			return r;
		assert(item != NULL);
		if (item->kind != NODE_SCALAR)
			return fault_here(b, &event.start_mark, "a key must be a word");
		if (strlen(item->text) != item->length)
			return fault_here(b, &event.start_mark, "a key has a zero byte");
		*mem_push(node, &node->keys, &n_keys) = item;
		r = next_event(b, &value);
		if (r == 0)
			r = build_node(b, &value, depth + 1, &item);
	} else {
		r = build_node(b, &event, depth + 1, &item);
	}
	if (r < 0)
		return r;
	*mem_push(node, &node->items, &node->n_items) = item;
	return 0;
}

static int build_items(struct builder *b, struct node *node, unsigned depth)
{
	bool more = true;

	while (more) {
		int r = build_item(b, node, depth, &more);

		if (r < 0)
			return r;
	}
	return 0;
}

static bool has_decoration(const yaml_event_t *event)
{
	switch (event->type) {
	case YAML_SCALAR_EVENT:
		return event->data.scalar.anchor != NULL ||
		       event->data.scalar.tag != NULL;
	case YAML_SEQUENCE_START_EVENT:
		return event->data.sequence_start.anchor != NULL ||
		       event->data.sequence_start.tag != NULL;
	case YAML_MAPPING_START_EVENT:
		return event->data.mapping_start.anchor != NULL ||
		       event->data.mapping_start.tag != NULL;
	default:
		return event->type == YAML_ALIAS_EVENT;
	}
}

static int build_node(struct builder *b, const yaml_event_t *event, unsigned depth,
	struct node **ret_node)
{
	struct node *node = mem_new(b->document, struct node);

	if (has_decoration(event))
		return fault_here(b, &event->start_mark,
			"anchors, aliases and tags are not "
			"allowed: write the value itself");
	if (depth > DEPTH_MAX)
		return fault_here(b, &event->start_mark, "nested too deeply");
	node->line = (unsigned)event->start_mark.line + 1 + b->document->line_offset;
	node->column = (unsigned)event->start_mark.column + 1;
	*ret_node = node;
	switch (event->type) {
	case YAML_SCALAR_EVENT:
		node->kind = NODE_SCALAR;
		node->length = event->data.scalar.length;
		node->text = mem_strndup(
			node, (const char *)event->data.scalar.value, node->length);
		node->is_plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
		node->is_quoted =
			event->data.scalar.style == YAML_SINGLE_QUOTED_SCALAR_STYLE ||
			event->data.scalar.style == YAML_DOUBLE_QUOTED_SCALAR_STYLE;
		return 0;
	case YAML_SEQUENCE_START_EVENT:
		node->kind = NODE_LIST;
		return build_items(b, node, depth);
	case YAML_MAPPING_START_EVENT:
		node->kind = NODE_MAP;
		return build_items(b, node, depth);
	default:
		return fault_here(b, &event->start_mark, "a value is missing");
	}
}

static int build_document(struct builder *b)
{
	for (;;) {
		_cleanup_(event_done) yaml_event_t event = {0};
		int r = next_event(b, &event);

		if (r < 0)
			return r;
		switch (event.type) {
		case YAML_STREAM_START_EVENT:
		case YAML_DOCUMENT_END_EVENT:
			break;
		case YAML_DOCUMENT_START_EVENT:
			if (b->document->root != NULL)
				return fault_here(b, &event.start_mark,
					"a second document: the file holds one");
			break;
		case YAML_STREAM_END_EVENT:
			return 0;
		default:
			r = build_node(b, &event, 0, &b->document->root);
			if (r < 0)
				return r;
		}
	}
}

/* `key:` with nothing behind it, or an empty file: an empty map. */
static void default_root(struct document *document)
{
	struct node *root = document->root;

	if (root != NULL && !(root->kind == NODE_SCALAR && root->length == 0))
		return;
	document->root = mem_new(document, struct node);
	*document->root =
		(struct node){.kind = NODE_MAP, .line = 1, .column = 1, .text = ""};
}

int document_parse(TALLOC_CTX *mem_ctx, const char *source, const char *text,
	size_t length, unsigned line_offset, enum exit_code code, struct diags *diags,
	struct document **ret_document)
{
	struct document *document = mem_new(mem_ctx, struct document);
	struct builder b = {.document = document, .code = code, .diags = diags};

	document->source = mem_strdup(diags, source);
	document->text = mem_strndup(document, text, length);
	document->line_offset = line_offset;
	if (!yaml_parser_initialize(&b.parser))
		return fault_at(document, diags, code, 1, 1, "out of memory");
	yaml_parser_set_encoding(&b.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(
		&b.parser, (const unsigned char *)document->text, length);
	int r = build_document(&b);

	yaml_parser_delete(&b.parser);
	if (r < 0)
		return r;
	default_root(document);
	*ret_document = document;
	return 0;
}

int document_load(TALLOC_CTX *mem_ctx, const char *path, enum exit_code code,
	struct diags *diags, struct document **ret_document)
{
	TMP_CTX(tmp);
	char *text;
	size_t length;
	int r = file_read(tmp, path, code, SIZE_MAX_BYTES, diags, &text, &length);

	if (r < 0)
		return r;
	return document_parse(mem_ctx, path, text, length, 0, code, diags, ret_document);
}

const struct node *node_find(const struct node *map, const char *key)
{
	if (map->kind != NODE_MAP)
		return NULL;
	for (size_t i = 0; i < map->n_items; i++)
		if (strcmp(map->keys[i]->text, key) == 0)
			return map->items[i];
	return NULL;
}

/* Reading by a table */

struct loc document_at(const struct reader *r, const struct node *node)
{
	return loc_at(r->document->source, node->line, node->column);
}

struct loc document_text_at(
	struct reader *r, const struct node *value, const char **ret_line)
{
	*ret_line = excerpt(r->mem_ctx, r->diags, r->document->text,
		value->line - r->document->line_offset);
	struct loc where = document_at(r, value);

	where.column += value->is_quoted;
	return where;
}

int document_fault(struct reader *r, const struct node *node, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	struct finding *finding = diag_vadd(
		r->diags, SEVERITY_ERROR, r->id, document_at(r, node), format, args);
	va_end(args);
	finding->excerpt = excerpt(finding, r->diags, r->document->text,
		node->line - r->document->line_offset);
	if (r->diags->failure == EXIT_OK)
		r->diags->failure = r->code;
	return -(int)r->code;
}

static const struct key *find_key(const struct key *keys, const char *name)
{
	for (; keys->name != NULL; keys++)
		if (strcmp(keys->name, name) == 0)
			return keys;
	return NULL;
}

static int unknown_key(struct reader *r, const struct node *node, const struct key *keys)
{
	TMP_CTX(tmp);
	const char **names = NULL;
	size_t n = 0;

	for (; keys->name != NULL; keys++)
		*mem_push(tmp, &names, &n) = keys->name;
	*mem_push(tmp, &names, &n) = NULL;
	const char *nearest = text_nearest(node->text, names);
	const char *shown = text_printable(tmp, node->text, node->length);

	if (nearest == NULL)
		return document_fault(r, node, "unknown key '%s'", shown);
	return document_fault(
		r, node, "unknown key '%s', did you mean '%s'?", shown, nearest);
}

static bool is_repeated(const struct node *map, size_t i)
{
	for (size_t j = 0; j < i; j++)
		if (strcmp(map->keys[j]->text, map->keys[i]->text) == 0)
			return true;
	return false;
}

static int read_member(struct reader *r, const struct node *map, size_t i,
	const struct key *keys, void *object)
{
	const struct key *key = find_key(keys, map->keys[i]->text);

	if (key == NULL)
		return unknown_key(r, map->keys[i], keys);
	if (is_repeated(map, i))
		return document_fault(r, map->keys[i], "'%s' is there twice", key->name);
	return key->read(r, map->items[i], (char *)object + key->offset);
}

int document_read(
	struct reader *r, const struct node *map, const struct key *keys, void *object)
{
	int result = 0;

	if (map->kind != NODE_MAP)
		return document_fault(r, map, "expected a map of keys and values");
	for (size_t i = 0; i < map->n_items; i++) {
		int failed = read_member(r, map, i, keys, object);

		if (failed < 0)
			result = failed;
	}
	for (const struct key *key = keys; key->name != NULL; key++)
		if (key->required && node_find(map, key->name) == NULL)
			result = document_fault(r, map, "'%s' is missing", key->name);
	return result;
}

bool node_is_null(const struct node *value)
{
	return value->kind == NODE_SCALAR && value->is_plain &&
	       (value->length == 0 || strcmp(value->text, "~") == 0 ||
		       text_equal_case(value->text, "null"));
}

int read_string(struct reader *r, const struct node *value, void *field)
{
	if (value->kind != NODE_SCALAR)
		return document_fault(r, value, "expected a single value");
	if (strlen(value->text) != value->length)
		return document_fault(r, value, "a NUL byte is not allowed");
	if (node_is_null(value))
		return document_fault(r, value, "a value is missing");
	*(const char **)field = mem_strdup(r->mem_ctx, value->text);
	return 0;
}

int read_bool(struct reader *r, const struct node *value, void *field)
{
	if (value->kind == NODE_SCALAR && value->is_plain &&
		text_is_truth(value->text, field))
		return 0;
	return document_fault(r, value, "expected yes or no");
}

static int read_number(
	struct reader *r, const struct node *value, uint64_t max, uint64_t *ret)
{
	if (value->kind != NODE_SCALAR || !value->is_plain ||
		!text_parse_u64(value->text, max, ret))
		return document_fault(r, value, "expected a whole number");
	return 0;
}

int read_u64(struct reader *r, const struct node *value, void *field)
{
	return read_number(r, value, INT64_MAX, field);
}

int read_unsigned(struct reader *r, const struct node *value, void *field)
{
	uint64_t number = 0;
	int failed = read_number(r, value, INT32_MAX, &number);

	if (failed == 0)
		*(unsigned *)field = (unsigned)number;
	return failed;
}

int read_between(struct reader *r, const struct node *value, unsigned min, unsigned max,
	void *field)
{
	unsigned number = 0;
	int failed = read_unsigned(r, value, &number);

	if (failed < 0)
		return failed;
	if (number < min || number > max)
		return document_fault(
			r, value, "expected a number from %u to %u", min, max);
	*(unsigned *)field = number;
	return 0;
}

int read_mode(struct reader *r, const struct node *value, void *field)
{
	mode_t mode = 0;

	if (value->kind != NODE_SCALAR || value->length < 3 || value->length > 4 ||
		strspn(value->text, "01234567") != value->length)
		return document_fault(r, value,
			"expected a file mode of three or four octal digits, quoted");
	for (const char *digit = value->text; *digit != '\0'; digit++)
		mode = mode << 3 | (mode_t)(*digit - '0');
	*(mode_t *)field = mode;
	return 0;
}

int read_strings(struct reader *r, const struct node *value, void *field)
{
	struct string_list list = {0};
	size_t n_items = value->kind == NODE_LIST ? value->n_items : 1;
	int result = 0;

	list.items = mem_array(r->mem_ctx, const char *, n_items + 1);
	for (size_t i = 0; i < n_items; i++) {
		const struct node *item =
			value->kind == NODE_LIST ? value->items[i] : value;
		int failed = read_string(r, item, &list.items[list.n]);

		if (failed < 0)
			result = failed;
		else
			list.n++;
	}
	if (result == 0)
		*(struct string_list *)field = list;
	return result;
}
