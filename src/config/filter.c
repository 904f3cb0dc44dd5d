/* SPDX-License-Identifier: Apache-2.0 */
#include "config/filter.h"

#include <string.h>

#include "base/text.h"
#include "config/attribute.h"

enum { DEPTH_MAX = 32 };

bool is_descriptor(const char *name)
{
	if (!((name[0] | 0x20) >= 'a' && (name[0] | 0x20) <= 'z'))
		return false;
	return name[strspn(name, TEXT_LETTERS TEXT_DIGITS "-")] == '\0';
}

bool list_has_name(const struct string_list *list, const char *name)
{
	for (size_t i = 0; i < list->n; i++)
		if (text_equal_case(list->items[i], name))
			return true;
	return false;
}

void list_add_name(TALLOC_CTX *mem_ctx, struct string_list *list, const char *name)
{
	if (!list_has_name(list, name))
		*mem_push(mem_ctx, &list->items, &list->n) = name;
}

/*
 * Attributes with the syntax DN of others' schemas; of uniqueMember a UID may follow, which nobody
 * has.
 *
 * source: RFC 4512 3.3.1 and 3.4.2, RFC 4519, RFC 4524, 389's and AD's schemas
 */
static const char *const dn_names[] = {"aliasedObjectName", "associatedName",
	"creatorsName", "distinguishedName", "entryDN", "enrolledBy", "manager",
	"managedBy", "managedObjects", "member", "memberOf", "modifiersName",
	"objectCategory", "owner", "parentDN", "roleOccupant", "secretary", "seeAlso",
	"siteObject", "uniqueMember"};

static bool is_dn_name(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(dn_names); i++)
		if (text_equal_case(dn_names[i], name))
			return true;
	for (enum field_id field = FIELD_NONE + 1; field < _FIELD_MAX; field++)
		if (attribute_of(field)->syntax == SYNTAX_DN &&
			text_equal_case(attribute_of(field)->names, name))
			return true;
	return false;
}

/* What is left of the text; @why is set by whoever cannot go on. */
struct parsing {
	TALLOC_CTX *mem_ctx;
	const char *at;
	const char *why;
	unsigned depth;
};

static struct filter *parse_filter(struct parsing *p);

static struct filter *give_up(struct parsing *p, const char *why)
{
	if (p->why == NULL)
		p->why = why;
	return NULL;
}

static struct filter *parse_list(struct parsing *p, enum filter_test test)
{
	struct filter *filter = mem_new(p->mem_ctx, struct filter);
	struct filter **last = &filter->first;

	filter->test = test;
	p->at++;
	while (*p->at == '(' && (test != FILTER_NOT || filter->first == NULL)) {
		*last = parse_filter(p);
		if (*last == NULL)
			return NULL;
		last = &(*last)->next;
	}
	return filter->first == NULL ? give_up(p, "'&', '|' or '!' without a filter")
				     : filter;
}

/* A value up to the next star or the closing bracket, `\28` as the byte that it is. */
static const char *parse_value(struct parsing *p)
{
	TMP_CTX(tmp);
	struct buffer *value = buffer_new(tmp);

	for (; *p->at != '\0' && *p->at != ')' && *p->at != '*' && *p->at != '(';
		p->at++) {
		int byte = *p->at == '\\' ? text_hex_byte(p->at + 1) : *p->at;

		if (*p->at == '\\' && byte <= 0) {
			(void)give_up(p, "'\\' needs two hexadecimal digits behind it");
			return NULL;
		}
		p->at += *p->at == '\\' ? 2 : 0;
		buffer_add_byte(value, (char)byte);
	}
	return mem_strndup(p->mem_ctx, value->data, value->len);
}

static struct filter *parse_values(struct parsing *p, struct filter *filter)
{
	bool is_more;

	do {
		const char *value = parse_value(p);

		if (value == NULL)
			return NULL;
		*mem_push(p->mem_ctx, &filter->values.items, &filter->values.n) = value;
		is_more = *p->at == '*';
		p->at += is_more;
	} while (is_more);
	if (filter->values.n == 1)
		return filter;
	if (filter->test != FILTER_EQUAL)
		return give_up(p, "'*' goes with '=' only");
	filter->test = filter->values.n == 2 && *filter->values.items[0] == '\0' &&
				       *filter->values.items[1] == '\0'
			       ? FILTER_PRESENT
			       : FILTER_PARTS;
	return filter;
}

/* The bits of a number, by the rules that Active Directory is asked by. */
static struct filter *parse_bits(struct parsing *p, struct filter *filter)
{
	static const char all[] = ":1.2.840.113556.1.4.803:=";
	static const char any[] = ":1.2.840.113556.1.4.804:=";
	uint64_t bits;

	if (!text_has_prefix(p->at, all) && !text_has_prefix(p->at, any))
		return give_up(p,
			"of matching rules (:=) only those of bits are supported, "
			"1.2.840.113556.1.4.803 and .804");
	filter->test = text_has_prefix(p->at, all) ? FILTER_ALL_BITS : FILTER_ANY_BITS;
	p->at += strlen(all);
	const char *value = parse_value(p);

	if (value == NULL || *p->at == '*' || !text_parse_u64(value, UINT32_MAX, &bits))
		return give_up(p, "bits are a number, such as 2");
	*mem_push(p->mem_ctx, &filter->values.items, &filter->values.n) = value;
	return filter;
}

static struct filter *parse_test(struct parsing *p)
{
	struct filter *filter = mem_new(p->mem_ctx, struct filter);
	size_t len = strcspn(p->at, "=<>~:()");

	filter->attribute = mem_strndup(p->mem_ctx, p->at, len);
	p->at += len;
	if (!is_descriptor(filter->attribute))
		return give_up(p, "a test is (ATTRIBUTE=VALUE)");
	filter->is_dn = is_dn_name(filter->attribute);
	filter->test = *p->at == '>'   ? FILTER_LEAST
		       : *p->at == '<' ? FILTER_MOST
				       : FILTER_EQUAL;
	p->at += *p->at == '>' || *p->at == '<' || *p->at == '~';
	if (*p->at == ':')
		return parse_bits(p, filter);
	if (*p->at != '=')
		return give_up(p, "a test is (ATTRIBUTE=VALUE)");
	p->at++;
	return parse_values(p, filter);
}

static struct filter *parse_filter(struct parsing *p)
{
	struct filter *filter;

	if (*p->at != '(')
		return give_up(p, "a filter begins with '('");
	if (++p->depth > DEPTH_MAX)
		return give_up(p, "is nested too deeply");
	p->at++;
	filter = *p->at == '&'	 ? parse_list(p, FILTER_AND)
		 : *p->at == '|' ? parse_list(p, FILTER_OR)
		 : *p->at == '!' ? parse_list(p, FILTER_NOT)
				 : parse_test(p);
	p->depth--;
	if (filter == NULL)
		return NULL;
	if (*p->at != ')')
		return give_up(p, "a ')' is missing");
	p->at++;
	return filter;
}

/*
 * NULL on success, else a sentence (RFC 4515 section 3; of extensible matches the two of bits:
 * MS-ADTS 3.1.1.3.4.4, slapd knows them, too).
 */
static const char *parse_text(
	TALLOC_CTX *mem_ctx, const char *text, const struct filter **ret_filter)
{
	struct parsing p = {.mem_ctx = mem_ctx, .at = text};
	struct filter *filter = parse_filter(&p);

	if (filter != NULL && *p.at != '\0')
		filter = give_up(&p, "something stands behind the last ')'");
	if (filter == NULL)
		return p.why;
	filter->text = mem_strdup(mem_ctx, text);
	*ret_filter = filter;
	return NULL;
}

static struct filter *copy_with_dns(TALLOC_CTX *mem_ctx, const struct filter *filter,
	const struct string_list *attributes)
{
	struct filter *copy;

	if (filter == NULL)
		return NULL;
	copy = mem_new(mem_ctx, struct filter);
	*copy = *filter;
	copy->is_dn |=
		filter->attribute != NULL && list_has_name(attributes, filter->attribute);
	copy->first = copy_with_dns(copy, filter->first, attributes);
	copy->next = copy_with_dns(copy, filter->next, attributes);
	return copy;
}

const struct filter *filter_with_dns(TALLOC_CTX *mem_ctx, const struct filter *filter,
	const struct string_list *attributes)
{
	return copy_with_dns(mem_ctx, filter, attributes);
}

static void put_value(struct buffer *out, const char *value)
{
	for (; *value != '\0'; value++)
		if (strchr("()*\\", *value) != NULL)
			buffer_printf(out, "\\%02x", (unsigned char)*value);
		else
			buffer_add_byte(out, *value);
}

static void put_test(struct buffer *out, const struct filter *filter)
{
	buffer_printf(out, "(%s%s", filter->attribute,
		filter->test == FILTER_LEAST  ? ">="
		: filter->test == FILTER_MOST ? "<="
					      : "=");
	for (size_t i = 0; i < filter->values.n; i++) {
		if (i > 0)
			buffer_add_byte(out, '*');
		put_value(out, filter->values.items[i]);
	}
	buffer_add_byte(out, ')');
}

/* Of an OR of which one part is not asked nothing is. */
static void ask_list(const struct filter *filter, struct buffer *out)
{
	size_t start = out->len;
	bool is_or = filter->test == FILTER_OR, is_all = true;

	buffer_add_text(out, is_or ? "(|" : "(&");
	size_t empty = out->len;

	for (const struct filter *part = filter->first; part != NULL; part = part->next) {
		size_t before = out->len;

		filter_ask(part, out);
		is_all &= out->len > before;
	}
	if (out->len == empty || (is_or && !is_all))
		buffer_truncate(out, start);
	else
		buffer_add_byte(out, ')');
}

void filter_ask(const struct filter *filter, struct buffer *out)
{
	switch (filter->test) {
	case FILTER_AND:
	case FILTER_OR:
		ask_list(filter, out);
		return;
	case FILTER_NOT:
	case FILTER_ALL_BITS:
	case FILTER_ANY_BITS:
		return;
	default:
		put_test(out, filter);
	}
}

int read_filter(struct reader *r, const struct node *value, void *field)
{
	const char *text = NULL;
	int failed = read_string(r, value, &text);

	if (failed < 0)
		return failed;
	const char *why = parse_text(r->mem_ctx, text, field);

	return why == NULL ? 0 : document_fault(r, value, "'%s': %s", text, why);
}

void filter_attributes(
	TALLOC_CTX *mem_ctx, const struct filter *filter, struct string_list *list)
{
	for (; filter != NULL; filter = filter->next) {
		if (filter->attribute != NULL)
			list_add_name(mem_ctx, list, filter->attribute);
		filter_attributes(mem_ctx, filter->first, list);
	}
}
