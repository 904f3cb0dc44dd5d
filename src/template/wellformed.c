/* SPDX-License-Identifier: Apache-2.0 */
#include "template/wellformed.h"

#include <string.h>

#include <json-c/json.h>

#include "base/document.h"
#include "base/net.h"
#include "base/text.h"

/* The next line without its newline. */
static bool next_line(struct reading *r, const char **ret_line, size_t *ret_len)
{
	if (r->at >= r->end)
		return false;
	const char *newline = memchr(r->at, '\n', (size_t)(r->end - r->at));
	const char *end = newline == NULL ? r->end : newline;

	*ret_line = r->at;
	*ret_len = (size_t)(end - r->at);
	r->at = newline == NULL ? r->end : newline + 1;
	r->line++;
	return true;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Cuts the next word of a line into @word; false at the line's end. */
static bool next_word(const char **line, const char *end, char word[WORD_MAX])
{
	const char *at = *line;

	while (at < end && is_blank(*at))
		at++;
	const char *start = at;

	while (at < end && !is_blank(*at))
		at++;
	size_t len = (size_t)(at - start);

	*line = at;
	if (len >= WORD_MAX)
		len = WORD_MAX - 1;
	memcpy(word, start, len);
	word[len] = '\0';
	return len > 0;
}

/* hosts(5) */

static const char *check_hosts_line(struct reading *r, const char *line, size_t len)
{
	const char *end = line + len;
	char word[WORD_MAX];
	struct ip ip;

	if (!next_word(&line, end, word) || word[0] == '#')
		return NULL;
	if (!ip_parse(word, &ip))
		return mem_printf(r->mem_ctx, "'%s' is no address", word);
	if (!next_word(&line, end, word) || word[0] == '#')
		return "an address without a name";
	do {
		const char *fault = text_hostname_fault(word);

		if (fault != NULL)
			return mem_printf(
				r->mem_ctx, "'%s' is no host name: %s", word, fault);
	} while (next_word(&line, end, word) && word[0] != '#');
	return NULL;
}

const char *wellformed_hosts(struct reading *r)
{
	const char *line, *fault = NULL;
	size_t len;

	while (fault == NULL && next_line(r, &line, &len))
		fault = check_hosts_line(r, line, len);
	return fault;
}

/* dnsmasq.conf: a longer line is cut in two, and the rest read as a line of its own */

const char *wellformed_dnsmasq(struct reading *r)
{
	const char *line;
	size_t len;

	while (next_line(r, &line, &len)) {
		if (len > DNSMASQ_LINE_READ)
			return mem_printf(r->mem_ctx,
				"the line has %zu bytes, and dnsmasq reads %d", len,
				DNSMASQ_LINE_READ);
		for (size_t i = 0; i < len; i++)
			if (line[i] != '\t' && text_has_control(line + i, 1))
				return "a control character";
	}
	return NULL;
}

/* dhcpd.conf: comments, strings, braces, and a semicolon before each brace that closes */

static const char *skip_string(struct reading *r)
{
	size_t len = 0;

	for (r->at++; r->at < r->end && *r->at != '"'; r->at++, len++) {
		if (*r->at == '\\' && r->at + 1 < r->end)
			r->at++;
		if (*r->at == '\n')
			r->line++;
	}
	if (r->at >= r->end)
		return "a string without its closing quote";
	if (len > DHCPD_STRING_MAX)
		return mem_printf(r->mem_ctx, "a string of %zu bytes, dhcpd reads %d",
			len, DHCPD_STRING_MAX);
	return NULL;
}

static void skip_comment(struct reading *r)
{
	while (r->at + 1 < r->end && r->at[1] != '\n')
		r->at++;
}

const char *wellformed_dhcpd(struct reading *r)
{
	unsigned depth = 0;
	bool is_open = false; /* inside a statement */

	for (r->line = 1; r->at < r->end; r->at++) {
		const char *fault = NULL;

		switch (*r->at) {
		case '\n':
			r->line++;
			break;
		case '#':
			skip_comment(r);
			break;
		case '"':
			fault = skip_string(r);
			is_open = true;
			break;
		case '{':
			depth++;
			is_open = false;
			break;
		case '}':
			if (depth == 0)
				return "a closing brace without an opening one";
			if (is_open)
				return "a statement without its semicolon";
			depth--;
			break;
		case ';':
			is_open = false;
			break;
		default:
			is_open = is_open || !(is_blank(*r->at) || *r->at == '\r');
		}
		if (fault != NULL)
			return fault;
	}
	if (is_open)
		return "a statement without its semicolon";
	return depth > 0 ? "a brace that is not closed" : NULL;
}

/* JSON */

const char *wellformed_json(struct reading *r)
{
	struct json_tokener *tokener = json_tokener_new();
	size_t len = (size_t)(r->end - r->at);
	const char *fault = NULL;

	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT);
	struct json_object *object = json_tokener_parse_ex(tokener, r->at, (int)len);
	enum json_tokener_error error = json_tokener_get_error(tokener);
	size_t used = json_tokener_get_parse_end(tokener);

	if (error == json_tokener_continue)
		fault = "the text ends too early";
	else if (error != json_tokener_success)
		fault = mem_strdup(r->mem_ctx, json_tokener_error_desc(error));
	for (; fault == NULL && used < len; used++)
		if (strchr(" \t\r\n", r->at[used]) == NULL)
			fault = "something follows the end of the text";
	for (size_t i = 0; i < used && i < len; i++)
		r->line += r->at[i] == '\n' || i == 0;
	json_object_put(object);
	json_tokener_free(tokener);
	return fault;
}

static char *past_string(char *at)
{
	for (at++; *at != '\0' && *at != '"'; at++)
		if (*at == '\\' && at[1] != '\0')
			at++;
	return *at == '\0' ? at : at + 1;
}

/* The end of a comment at @at; @at: there is none, or it has no end. */
static char *past_comment(char *at)
{
	if (at[0] == '#' || (at[0] == '/' && at[1] == '/'))
		return at + strcspn(at, "\n");
	char *end = at[0] == '/' && at[1] == '*' ? strstr(at + 2, "*/") : NULL;

	return end == NULL ? at : end + 2;
}

/* Blanks in place of comments, which Kea takes and JSON does not; lines stay. */
static void blank_comments(char *at)
{
	while (*at != '\0') {
		char *end = past_comment(at);

		for (char *c = at; c < end; c++)
			if (*c != '\n')
				*c = ' ';
		at = end > at ? end : *at == '"' ? past_string(at) : at + 1;
	}
}

/*
 * Part of a file of Kea's, for an include inside an object or an array: members, which begin
 * with their name, or elements.
 */
const char *wellformed_kea(struct reading *r)
{
	char *body = mem_strndup(r->mem_ctx, r->at, (size_t)(r->end - r->at));
	struct reading whole = *r;

	blank_comments(body);
	bool are_members = body[strspn(body, " \t\r\n")] == '"';
	char *text = mem_printf(r->mem_ctx, are_members ? "{%s}" : "[%s]", body);

	whole.at = text;
	whole.end = text + strlen(text);
	const char *fault = wellformed_json(&whole);

	r->line = whole.line;
	return fault;
}

/* YAML */

/* Past a quoted scalar that starts at r->at; multi-line ones are not written by us. */
static bool skip_quoted(struct reading *r, const char *end)
{
	char quote = *r->at;

	for (r->at++; r->at < end && *r->at != quote; r->at++)
		if (quote == '"' && *r->at == '\\')
			r->at++;
	return r->at < end;
}

/* A quote opens a scalar only where a value may start. */
static bool may_start(const char *line, const char *at)
{
	return at == line || strchr(" \t[{,", at[-1]) != NULL;
}

/* Bytes that mean something: most do not, and ten thousand manifests are many bytes. */
static bool is_special(char c)
{
	static const bool special[256] = {
		['"'] = true,
		['\''] = true,
		['#'] = true,
		['{'] = true,
		['}'] = true,
		['['] = true,
		[']'] = true,
		[0x7f] = true,
		[0x00 ... 0x08] = true,
		[0x0a ... 0x1f] = true,
	};

	return special[(uint8_t)c];
}

static const char *check_yaml_line(
	struct reading *r, const char *line, size_t len, int depth[2])
{
	const char *end = line + len;

	if (line[strspn(line, " ")] == '\t')
		return "a tab in front of a line";
	for (r->at = line; r->at < end; r->at++) {
		char c = *r->at;

		if (!is_special(c))
			continue;
		if (c == '"' || c == '\'') {
			if (may_start(line, r->at) && !skip_quoted(r, end))
				return "a quote that is not closed";
		} else if (c == '#') {
			if (r->at == line || is_blank(r->at[-1]))
				break;
		} else if (strchr("{}[]", c) == NULL) {
			return "a control character";
		} else {
			depth[0] += (c == '{') - (c == '}');
			depth[1] += (c == '[') - (c == ']');
		}
		if (depth[0] < 0 || depth[1] < 0)
			return "a closing bracket without an opening one";
	}
	return NULL;
}

static const char *parse_yaml(struct reading *r)
{
	TMP_CTX(tmp);
	struct diags *diags = diags_new(tmp);
	struct document *document;

	if (document_parse(tmp, "", r->at, (size_t)(r->end - r->at), 0, EXIT_REJECTED,
		    diags, &document) == 0)
		return NULL;
	const struct finding *finding = diag_last(diags);

	r->line = finding->where.line;
	return mem_strdup(r->mem_ctx, finding->message);
}

static const char *check_yaml_shape(struct reading *r)
{
	int depth[2] = {0};
	const char *line;
	size_t len;

	while (next_line(r, &line, &len)) {
		const char *next = r->at;
		const char *fault = check_yaml_line(r, line, len, depth);

		if (fault != NULL)
			return fault;
		r->at = next;
	}
	return depth[0] != 0 || depth[1] != 0 ? "a bracket that is not closed" : NULL;
}

/* Most files are ASCII, which is seen eight bytes at a time. */
static bool is_utf8(const char *text, size_t len)
{
	size_t at = 0;

	for (uint64_t word; at + sizeof(word) <= len; at += sizeof(word)) {
		memcpy(&word, text + at, sizeof(word));
		if (word & UINT64_C(0x8080808080808080))
			break;
	}
	return text_is_utf8(text + at, len - at);
}

/* The shape can be wrong about a block of free text: then the parser has the last word. */
const char *wellformed_yaml(struct reading *r)
{
	struct reading shape = *r;

	if (r->depth == READING_SHAPE && check_yaml_shape(&shape) == NULL &&
		is_utf8(r->at, (size_t)(r->end - r->at)))
		return NULL;
	return parse_yaml(r);
}

/* A zone's file (RFC 1035 section 5.1): quotes close in their line, brackets somewhere */

static const char *check_zone_line(const char *line, size_t len, int *depth)
{
	bool is_quoted = false;

	for (size_t i = 0; i < len; i++) {
		if (line[i] != '\t' && text_has_control(line + i, 1))
			return "a control character";
		if (line[i] == '\\') {
			i++;
		} else if (line[i] == '"') {
			is_quoted = !is_quoted;
		} else if (!is_quoted && line[i] == ';') {
			break;
		} else if (!is_quoted) {
			*depth += (line[i] == '(') - (line[i] == ')');
			if (*depth < 0)
				return "a closing bracket without an opening one";
		}
	}
	return is_quoted ? "a quote that is not closed" : NULL;
}

const char *wellformed_zone(struct reading *r)
{
	const char *line;
	size_t len;
	int depth = 0;

	while (next_line(r, &line, &len)) {
		const char *fault = check_zone_line(line, len, &depth);

		if (fault != NULL)
			return fault;
	}
	r->line = 0;
	return depth > 0 ? "a bracket that is not closed" : NULL;
}

/* Preseed: OWNER NAME TYPE VALUE, as debconf-set-selections reads it. */
const char *wellformed_preseed(struct reading *r)
{
	static const char *const types[] = {"string", "boolean", "select", "multiselect",
		"note", "password", "text", "title", "error", "seen"};
	const char *line;
	size_t len;

	while (next_line(r, &line, &len)) {
		const char *at = line, *end = line + len;
		char owner[WORD_MAX], name[WORD_MAX], type[WORD_MAX];
		bool is_known = false;

		if (len == 0 || line[0] == '#')
			continue;
		if (end[-1] == '\\')
			return "a line that goes on in the next one";
		if (!next_word(&at, end, owner) || !next_word(&at, end, name) ||
			!next_word(&at, end, type))
			return "a line without owner, name and type";
		for (size_t i = 0; i < ARRAY_SIZE(types); i++)
			is_known |= strcmp(types[i], type) == 0;
		if (!is_known)
			return mem_printf(r->mem_ctx, "'%s' is no type of debconf", type);
	}
	r->line = 0;
	return NULL;
}

/* Kickstart: sections and their ends. Old installers know no %end (RHEL 5): then none of
 * the file's sections has one. */

static bool is_section(const char *word)
{
	static const char *const names[] = {"%packages", "%pre", "%pre-install", "%post",
		"%onerror", "%traceback", "%addon", "%anaconda", "%certificate"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strcmp(word, names[i]) == 0)
			return true;
	return false;
}

const char *wellformed_kickstart(struct reading *r)
{
	const char *open_fault = NULL, *line;
	bool is_open = false, uses_end = false;
	size_t len;

	while (next_line(r, &line, &len)) {
		const char *at = line;
		char word[WORD_MAX];

		if (len == 0 || line[0] != '%' || !next_word(&at, line + len, word))
			continue;
		if (strcmp(word, "%end") == 0) {
			if (!is_open)
				return "%end without a section";
			is_open = false;
			uses_end = true;
		} else if (is_section(word)) {
			if (is_open && open_fault == NULL)
				open_fault = mem_printf(r->mem_ctx,
					"a section that is not closed "
					"before '%s' in line %u",
					word, r->line);
			is_open = true;
		}
	}
	r->line = 0;
	if (!uses_end)
		return NULL;
	return open_fault != NULL ? open_fault
	       : is_open	  ? "the last section is not closed"
				  : NULL;
}
