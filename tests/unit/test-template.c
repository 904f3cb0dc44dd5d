/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Bound mode: names, sections, partials, blocks, languages, hooks and faults. That the
 * syntax is the specification's is shown by mustache-spec; these are the rules of ours.
 */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "template/template.h"

/* A little site to print */

struct rack {
	const char *name, *note;
};

struct box {
	const char *name, *domain, *note;
	const char *names[4];
	uint32_t n_names;
	int64_t memory; /* -1: absent */
	bool is_on;
	const struct rack *rack;
	const struct box *guests;
	uint32_t n_guests;
};

struct room {
	const char *name, *domain, *packages[3];
	uint32_t n_packages;
	const struct box *boxes;
	uint32_t n_boxes;
};

static const struct rack rack1 = {"r1", "by \"the\" door"};
static const struct box guests[] = {
	{.name = "g1", .memory = -1}, {.name = "g2", .memory = 0, .is_on = true}};
static const struct box boxes[] = {
	{.name = "alpha",
		.domain = "a.example",
		.note = "it's <big>",
		.names = {"alpha", "a", "www"},
		.n_names = 3,
		.memory = 1024,
		.is_on = true,
		.rack = &rack1,
		.guests = guests,
		.n_guests = 2},
	{.name = "beta", .names = {"beta"}, .n_names = 1, .memory = 0},
	{.name = "gamma", .note = "", .memory = -1, .rack = &rack1},
};
static const struct room room = {
	"hall", "c.example", {"vim", "-nano", "a b"}, 3, boxes, 3};

#define MEMBER(type, field, object) \
	(*(type const *)(const void *)((const char *)(object) + (field)->offset))

static void get_text(const struct field *field, const void *object, struct value *ret)
{
	const char *text = MEMBER(char *, field, object);

	ret->kind = text == NULL ? VALUE_NONE : VALUE_TEXT;
	ret->text.bytes = text;
	ret->text.len = text == NULL ? 0 : strlen(text);
}

static void get_number(const struct field *field, const void *object, struct value *ret)
{
	ret->number = MEMBER(int64_t, field, object);
	ret->kind = ret->number < 0 ? VALUE_NONE : VALUE_NUMBER;
}

static void get_minus(_unused_ const struct field *field, _unused_ const void *object,
	struct value *ret)
{
	ret->kind = VALUE_NUMBER;
	ret->number = INT64_MIN;
}

static void get_bool(const struct field *field, const void *object, struct value *ret)
{
	ret->kind = VALUE_BOOL;
	ret->truth = MEMBER(bool, field, object);
}

static void get_object(const struct field *field, const void *object, struct value *ret)
{
	ret->object = MEMBER(void *, field, object);
	ret->kind = ret->object == NULL ? VALUE_NONE : VALUE_OBJECT;
}

static void get_self(
	_unused_ const struct field *field, const void *object, struct value *ret)
{
	ret->object = object;
	ret->kind = VALUE_OBJECT;
}

static void get_names(
	_unused_ const struct field *field, const void *object, struct value *ret)
{
	ret->kind = VALUE_LIST;
	ret->list.base = ((const struct box *)object)->names;
	ret->list.n = ((const struct box *)object)->n_names;
}

static void get_packages(
	_unused_ const struct field *field, const void *object, struct value *ret)
{
	ret->kind = VALUE_LIST;
	ret->list.base = ((const struct room *)object)->packages;
	ret->list.n = ((const struct room *)object)->n_packages;
}

static void get_boxes(const struct field *field, const void *object, struct value *ret)
{
	const char *at = (const char *)object + field->offset;

	ret->kind = VALUE_LIST;
	ret->list.base = *(const struct box *const *)(const void *)at;
	ret->list.n = *(const uint32_t *)(const void *)(at + sizeof(void *));
}

/* The text is in the value's own scratch: it must survive being a level. */
static void text_at(const void *base, size_t i, struct value *ret)
{
	ret->kind = VALUE_TEXT;
	ret->text.len = (size_t)snprintf(
		ret->scratch, sizeof(ret->scratch), "%s", ((const char *const *)base)[i]);
	ret->text.bytes = ret->scratch;
}

static void box_at(const void *base, size_t i, struct value *ret)
{
	ret->kind = VALUE_OBJECT;
	ret->object = (const struct box *)base + i;
}

#define AT(type, member) 0, offsetof(struct type, member)
static const struct field rack_fields[] = {
	{"name", VALUE_TEXT, NULL, get_text, NULL, AT(rack, name)},
	{"note", VALUE_TEXT, NULL, get_text, NULL, AT(rack, note)},
	{0},
};
static const struct shape rack_shape = {.name = "rack", .fields = rack_fields};
extern const struct shape box_shape;
static const struct field box_fields[] = {
	{"name", VALUE_TEXT, NULL, get_text, NULL, AT(box, name)},
	{"domain", VALUE_TEXT, NULL, get_text, NULL, AT(box, domain)},
	{"note", VALUE_TEXT, NULL, get_text, NULL, 7, offsetof(struct box, note)},
	{"names", VALUE_LIST, NULL, get_names, text_at, 0, 0},
	{"memory", VALUE_NUMBER, NULL, get_number, NULL, AT(box, memory)},
	{"least", VALUE_NUMBER, NULL, get_minus, NULL, 0, 0},
	{"is_on", VALUE_BOOL, NULL, get_bool, NULL, AT(box, is_on)},
	{"rack", VALUE_OBJECT, &rack_shape, get_object, NULL, AT(box, rack)},
	{"self", VALUE_OBJECT, &box_shape, get_self, NULL, 0, 0},
	{"guests", VALUE_LIST, &box_shape, get_boxes, box_at, AT(box, guests)},
	{0},
};
const struct shape box_shape = {.name = "box", .fields = box_fields};
static const struct field room_fields[] = {
	{"name", VALUE_TEXT, NULL, get_text, NULL, AT(room, name)},
	{"domain", VALUE_TEXT, NULL, get_text, NULL, AT(room, domain)},
	{"packages", VALUE_LIST, NULL, get_packages, text_at, 0, 0},
	{"boxes", VALUE_LIST, &box_shape, get_boxes, box_at, AT(room, boxes)},
	{0},
};
static const struct shape room_shape = {.name = "room", .fields = room_fields};

/* Partials */

static const struct file {
	const char *name, *body, *language, *refuse;
} files[] = {
	{"name", "<{{name}}>", NULL},
	{"lines", "one {{name}}\n\n  two\n", NULL},
	{"loop", "{{#boxes}}\n- {{name}}\n{{/boxes}}\n", NULL},
	{"quoted", "'{{note}}'", "shell"},
	{"note", "{{note}}", NULL},
	{"page", "begin\n  {{$body}}default {{name}}{{/body}}\nend\n", NULL},
	{"page-lined",
		"begin\n{{#boxes}}\n  {{$body}}\n  default\n  {{/body}}\n{{/boxes}}\n",
		NULL},
	{"outer", "{{<page}}{{$body}}outer {{$deep}}x{{/deep}}{{/body}}{{/page}}", NULL},
	{"shell-page", "echo '{{$text}}{{note}}{{/text}}'", "shell"},
	{"self", "{{>self}}", NULL},
	{"ping", "{{#boxes}}{{>pong}}{{/boxes}}", NULL},
	{"pong", "{{>ping}}", NULL},
	{"twice", "{{>twice2}}{{>twice2}}", NULL},
	{"twice2", "{{>twice4}}{{>twice4}}", NULL},
	{"twice4", "{{>name}}{{>name}}", NULL},
	{"wrong", "a\n {{nam}}\n{{#x}}", NULL},
	{"unknown", "a\n {{nam}}\n", NULL},
	{"perl", "x", "perl"},
	{"hidden", "site: {{<hidden}}{{$a}}mine{{/a}}{{/hidden}}", NULL},
	{"bare", "{{note}}", "hosts", NULL},
	{"semicolon", "{{note}}", NULL, ";"},
	{"around", "{{#boxes}}{{#first}}{{>note}}{{/first}}{{/boxes}}", NULL, "<"},
	{"block", "{{#boxes}}{{#first}}{{$a}}{{/a}}{{/first}}{{/boxes}}", NULL, "<"},
	{"d1", "{{>d2}}{{>d2}}{{>d2}}{{>d2}}{{>d2}}{{>d2}}", NULL},
	{"d2", "{{>d3}}{{>d3}}{{>d3}}{{>d3}}{{>d3}}{{>d3}}", NULL},
	{"d3", "{{>d4}}{{>d4}}{{>d4}}{{>d4}}{{>d4}}{{>d4}}", NULL},
	{"d4", "{{>d5}}{{>d5}}{{>d5}}{{>d5}}{{>d5}}{{>d5}}", NULL},
	{"d5", "{{>d6}}{{>d6}}{{>d6}}{{>d6}}{{>d6}}{{>d6}}", NULL},
	{"d6", "", NULL},
};

static int load(_unused_ void *data, _unused_ TALLOC_CTX *mem_ctx, const char *name,
	_unused_ struct diags *diags, struct template_text *ret)
{
	if (strchr(name, '/') != NULL)
		return -EINVAL;
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		if (strcmp(files[i].name, name) != 0)
			continue;
		*ret = (struct template_text){.path = files[i].name,
			.body = files[i].body,
			.len = strlen(files[i].body),
			.language = files[i].language,
			.refuse = files[i].refuse};
		return 0;
	}
	return -ENOENT;
}

static int load_hidden(_unused_ void *data, _unused_ TALLOC_CTX *mem_ctx,
	const char *name, const char *path, _unused_ struct diags *diags,
	struct template_text *ret)
{
	static const char body[] = "shipped {{$a}}own{{/a}}";

	if (strcmp(name, "hidden") != 0 || strcmp(path, "hidden") != 0)
		return -ENOENT;
	*ret = (struct template_text){
		.path = "shipped/hidden", .body = body, .len = sizeof(body) - 1};
	return 0;
}

static const struct template_loader loader = {.load = load, .load_hidden = load_hidden};

static int compile(TALLOC_CTX *mem_ctx, const char *body, const char *language,
	const char *refuse, struct diags *diags, struct template **ret)
{
	static const struct shape *const stack[] = {&room_shape};
	const struct template_text text = {.path = "top",
		.body = body,
		.len = strlen(body),
		.line_offset = 10,
		.language = language,
		.refuse = refuse};

	return template_compile(mem_ctx, &loader, &text, "top", stack, 1, diags, ret);
}

/* What is printed */

struct row {
	const char *language, *template, *expected, *refuse;
};

static const struct row rows[] = {
	/* names: the innermost level that declares one, and no other */
	{"hosts", "{{name}} {{domain}}", "hall c.example"},
	{"hosts", "{{#boxes}}{{name}}@{{domain}} {{/boxes}}",
		"alpha@a.example beta@ gamma@ "},
	{"hosts",
		"{{#boxes}}{{#domain}}{{.}}{{/domain}}{{^domain}}-{{/domain}}{{/boxes}}",
		"a.example--"},
	{"hosts", "{{#boxes}}{{rack.name}},{{/boxes}}", "r1,,r1,"},
	{"hosts", "{{#boxes}}{{#rack}}{{name}}/{{memory}} {{/rack}}{{/boxes}}",
		"r1/1024 r1/ "},
	{"hosts", "{{#boxes}}{{#rack.name}}{{name}} in {{.}}. {{/rack.name}}{{/boxes}}",
		"alpha in r1. gamma in r1. "},
	{"hosts", "{{#boxes}}{{self.self.rack.name}}{{/boxes}}", "r1r1"},
	{"hosts", "{{#boxes}}{{#guests}}{{name}}{{packages.x}}{{/guests}}{{/boxes}}",
		NULL},

	/* truth: absent, empty and false do not show, 0 does */
	{"hosts", "{{#boxes}}{{#memory}}{{name}}={{.}} {{/memory}}{{/boxes}}",
		"alpha=1024 beta=0 "},
	{"hosts", "{{#boxes}}{{^memory}}{{name}}{{/memory}}{{/boxes}}", "gamma"},
	{"hosts", "{{#boxes}}{{#is_on}}{{name}} {{.}}{{/is_on}}{{/boxes}}", "alpha true"},
	{"text", "{{#boxes}}{{^note}}{{name}} {{/note}}{{/boxes}}", "beta gamma "},
	{"hosts", "{{#boxes}}{{^guests}}{{name}} {{/guests}}{{/boxes}}", "beta gamma "},
	{"hosts", "{{#boxes}}{{is_on}} {{/boxes}}", "true false false "},
	{"hosts", "{{#boxes}}{{#first}}{{least}}{{/first}}{{/boxes}}",
		"-9223372036854775808"},

	/* loops: first and last are the innermost one's, also of scalars */
	{"hosts", "{{#boxes}}{{name}}{{^last}}, {{/last}}{{/boxes}}",
		"alpha, beta, gamma"},
	{"hosts",
		"{{#boxes}}{{^first}};{{/first}}{{#names}}{{.}}{{^last}},{{/last}}{{/"
		"names}}{{/boxes}}",
		"alpha,a,www;beta;"},
	{"hosts", "{{#boxes}}{{#names}}{{#first}}[{{.}}]{{/first}}{{/names}}{{/boxes}}",
		"[alpha][beta]"},
	{"hosts", "{{#boxes}}{{#rack}}{{first}}{{last}} {{/rack}}{{/boxes}}",
		"truefalse falsetrue "},
	{"hosts", "{{#boxes}}{{#name}}{{#first}}{{.}}{{/first}}{{/name}}{{/boxes}}",
		"alpha"},
	{"hosts", "{{#boxes}}{{#guests}}{{name}}{{^last}}+{{/last}}{{/guests}}{{/boxes}}",
		"g1+g2"},
	{"hosts", "{{#boxes}}{{#names}}{{#.}}<{{.}}>{{/.}}{{/names}}{{/boxes}}",
		"<alpha><a><www><beta>"},

	/* partials, bound where they are used */
	{"hosts", "{{>name}}{{#boxes}}{{>name}}{{/boxes}}", "<hall><alpha><beta><gamma>"},
	{"hosts", "{{>twice}}", "<hall><hall><hall><hall><hall><hall><hall><hall>"},
	{"hosts", "x\n  {{>lines}}\ny\n", "x\n  one hall\n\n    two\ny\n"},
	{"hosts", " {{>lines}}.\n", " one hall\n\n  two\n.\n"},
	{"hosts", "\t{{>loop}}\n", "\t- alpha\n\t- beta\n\t- gamma\n"},

	/* parents and blocks */
	{"hosts", "{{<page}}{{/page}}", "begin\n  default hall\nend\n"},
	{"hosts",
		"{{#boxes}}\n  {{<page}}{{$body}}b "
		"{{name}}{{/body}}{{/page}}\n{{/boxes}}\n",
		"  begin\n    b alpha\n  end\n  begin\n    b beta\n  end\n"
		"  begin\n    b gamma\n  end\n"},
	{"hosts",
		"{{<page-lined}}\n{{$body}}\n        x {{name}}\n          y\n"
		"        {{/body}}\n{{/page-lined}}\n",
		"begin\n  x alpha\n    y\n  x beta\n    y\n  x gamma\n    y\n"},
	{"hosts", "{{<outer}}{{$deep}}{{name}}{{/deep}}{{/outer}}",
		"begin\n  outer hall\nend\n"},
	{"hosts", "{{<outer}}{{$body}}b{{/body}}{{/outer}}", "begin\n  b\nend\n"},
	{"hosts", "{{<outer}}{{! only }} comments and text {{/outer}}",
		"begin\n  outer x\nend\n"},
	{"hosts", "{{>hidden}}", "site: shipped mine"},

	/* languages */
	{"dhcpd",
		"{{#boxes}}{{#rack}}{{#first}}\"{{note}}\"{{/first}}{{/rack}}{{/boxes}}",
		"\"by \\\"the\\\" door\""},
	{"text",
		"{{#boxes}}{{#note}}{{note}} {{>quoted}} {{{note}}} {{&note}} "
		"{{>note}}{{/note}}{{/boxes}}",
		"it's <big> 'it'\\''s <big>' it's <big> it's <big> it's <big>"},
	{"html", "{{#boxes}}{{#note}}{{note}} {{{note}}} {{>note}}{{/note}}{{/boxes}}",
		"it&#39;s &lt;big&gt; it's <big> it&#39;s &lt;big&gt;"},
	{"yaml", "{{#boxes}}{{#note}}\"{{note}}\"{{/note}}{{/boxes}}", "\"it's <big>\""},
	/* a quote that the template escapes neither opens nor closes anything */
	{"dhcpd",
		"{{#boxes}}{{#rack}}{{#first}}\"\\\"{{note}}\"{{/first}}{{/rack}}{{/"
		"boxes}}",
		"\"\\\"by \\\"the\\\" door\""},
	{"shell",
		"{{#boxes}}{{#first}}'a'\\''{{note}}' \\''{{note}}'{{/first}}{{/boxes}}",
		"'a'\\''it'\\''s <big>' \\''it'\\''s <big>'"},
	/* a block is escaped for the place where it is printed */
	{"text",
		"{{#boxes}}{{#first}}{{<shell-page}}{{$text}}a "
		"{{note}}{{/text}}{{/shell-page}}{{/first}}{{/boxes}}",
		"echo 'a it'\\''s <big>'"},
	{"kickstart", "{{#packages}}{{{.}}},{{/packages}}", "vim,-nano,a b,"},
	{NULL, "{{name}}", "hall"},
};

static void fail_with(const struct diags *diags, const char *template)
{
	fail_msg("%s: %s", template,
		diags->n_findings > 0 ? diags->findings[0]->message : "no reason");
}

static void test_rows(_unused_ void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		TMP_CTX(tmp);
		const struct context stack = {&room_shape, &room};
		struct diags *diags = diags_new(tmp);
		struct buffer *out = buffer_new(tmp);
		struct template *t;
		int r = compile(tmp, rows[i].template, rows[i].language, rows[i].refuse,
			diags, &t);

		if ((r < 0) != (rows[i].expected == NULL))
			fail_with(diags, rows[i].template);
		if (r < 0)
			continue;
		for (int again = 0; again < 2; again++) {
			buffer_truncate(out, 0);
			template_render(t, &stack, 1, NULL, out);
			if (strcmp(out->data, rows[i].expected) != 0)
				fail_msg("%s: got '%s'", rows[i].template, out->data);
		}
	}
}

/* What makes a line as long as dnsmasq cuts it is refused, and counts from the last newline. */
static void test_line_length(_unused_ void **state)
{
	static const struct {
		size_t before;
		const char *rest, *expected;
	} cases[] = {
		{995, "{{name}}", "hall"},
		{996, "{{name}}", ""},
		{996, "\n{{name}}", "\nhall"},
		{990, "{{name}}-{{name}}", "hall-hall"},
		{991, "{{name}}-{{name}}", "hall-"},
		{990, "{{#boxes}}{{#first}}{{memory}}{{memory}}x{{memory}}{{/first}}{{/boxes}}",
			"10241024x"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		TMP_CTX(tmp);
		const struct context stack = {&room_shape, &room};
		struct buffer *out = buffer_new(tmp);
		char *before = mem_array(tmp, char, cases[i].before + 1);
		struct template *t;

		memset(before, 'x', cases[i].before);
		assert_int_equal(
			compile(tmp, mem_printf(tmp, "y\n%s%s", before, cases[i].rest),
				"dnsmasq", NULL, diags_new(tmp), &t),
			0);
		template_render(t, &stack, 1, NULL, out);
		assert_string_equal(out->data + 2 + cases[i].before, cases[i].expected);
	}
}

/* Faults: each with its place, all in one run */

static const struct fault_row {
	const char *template, *expected;
} faults[] = {
	{"{{nam}}", "top:11:1 unknown name 'nam', did you mean 'name'? "
		    "[template-unknown-name]"},
	{"a\n  {{#boxes}}{{zzzzzz}}{{/boxes}}{{domian}}",
		"top:12:13 unknown name 'zzzzzz' [template-unknown-name]\n"
		"top:12:33 unknown name 'domian', did you mean 'domain'? "
		"[template-unknown-name]"},
	{"\xc3\xa9\xc3\xa9{{nam}}", "top:11:3 unknown name 'nam', did you mean 'name'? "
				    "[template-unknown-name]"},
	{"{{#boxes}}{{rack.nam}}{{/boxes}}",
		"top:11:11 unknown name 'nam' of a rack, did you mean 'name'? "
		"[template-unknown-name]"},
	{"{{#boxes}}{{name.x}}{{/boxes}}",
		"top:11:11 'name' is a plain value: it has no names of its own "
		"[template-unknown-name]"},
	{"{{boxes.name}}",
		"top:11:1 'boxes' is a list: use a section [template-unknown-name]"},
	{"{{boxes}}",
		"top:11:1 'boxes' is a list: use a section [template-unknown-name]"},
	{"{{#boxes}}{{rack}}{{/boxes}}",
		"top:11:11 'rack' is an object: name one of its values "
		"[template-unknown-name]"},
	{"{{.}}", "top:11:1 '.' is a room here, no plain value: name one of its values "
		  "[template-unknown-name]"},
	{"{{first}}", "top:11:1 unknown name 'first' [template-unknown-name]"},
	{"{{#boxes}}{{frist}}{{/boxes}}",
		"top:11:11 unknown name 'frist', did you mean 'first'? "
		"[template-unknown-name]"},
	{"{{#nothing}}{{nor}}{{this}}{{/nothing}}",
		"top:11:1 unknown name 'nothing' [template-unknown-name]"},
	{"{{>nowhere}}", "top:11:1 there is no template 'nowhere' [template-partial]"},
	{"{{<nowhere}}{{/nowhere}} {{>no/where}}",
		"top:11:1 there is no template 'nowhere' [template-partial]\n"
		"top:11:26 'no/where' is no name of a template [template-partial]"},
	{"{{>perl}}", "top:11:1 'perl' is in a language that is not known: 'perl' "
		      "[template-partial]"},
	{"{{>unknown}}{{>unknown}}",
		"unknown:2:2 unknown name 'nam', did you mean 'name'? "
		"[template-unknown-name] (top:11:1 'unknown' is used here)"},
	{"{{>wrong}}\n{{nam}}", "top:12:1 unknown name 'nam', did you mean 'name'? "
				"[template-unknown-name]\n"
				"wrong:3:1 '{{#x}}' is not closed: '{{/x}}' is missing "
				"[template-syntax]"},
	{"{{>self}}",
		"self:1:1 'self' is too deep inside others: does it include itself? "
		"[template-partial] *"},
	{"{{>ping}}",
		"pong:1:1 'ping' is too deep inside others: does it include itself? "
		"[template-partial] *"},
	{"{{>d1}}{{>d1}}", "d5:1:22 'd6' grows beyond all measure [template-partial] *"},
	{"{{<page}}{{$bodi}}x{{/bodi}}{{/page}}",
		"top:11:10 'page' has no block 'bodi', did you mean 'body'? "
		"[template-unknown-name]"},
	{"{{<page}}{{$body}}{{x}}{{/body}}{{/page}}",
		"top:11:19 unknown name 'x' [template-unknown-name] "
		"(page:2:3 block 'body' is printed here) (top:11:1 'page' is used here)"},

	{"{{name", "top:11:1 the tag is not closed: '}}' is missing [template-syntax]"},
	{"{{{name}}",
		"top:11:1 the tag is not closed: '}}}' is missing [template-syntax]"},
	{"{{}}", "top:11:1 a tag without a name [template-syntax]"},
	{"{{#}}{{/}}", "top:11:1 a tag without a name [template-syntax]\n"
		       "top:11:6 a tag without a name [template-syntax]"},
	{"{{a b}}", "top:11:1 'a b' is no name: it holds a blank [template-syntax]"},
	{"{{a..b}}", "top:11:1 the name 'a..b' has an empty part [template-syntax]"},
	{"{{=x=}}", "top:11:1 expected two delimiters, as in '{{=<% %>=}}' "
		    "[template-syntax]"},
	{"{{/name}}", "top:11:1 '{{/name}}' closes nothing [template-syntax]"},
	{"{{#boxes}}", "top:11:1 '{{#boxes}}' is not closed: '{{/boxes}}' is missing "
		       "[template-syntax]"},
	{"{{#boxes}}{{#rack}}{{/boxes}}{{^x}}",
		"top:11:11 '{{#rack}}' is not closed: '{{/rack}}' is missing "
		"[template-syntax]\n"
		"top:11:30 '{{^x}}' is not closed: '{{/x}}' is missing "
		"[template-syntax]"},
	{"{{<page}}{{name}}{{/page}}",
		"top:11:10 only blocks ('{{$name}}') may stand inside '{{<page}}', "
		"where nothing else is printed [template-syntax]"},
	{"{{<page}}{{$body}}{{/body}}{{$body}}{{/body}}{{/page}}",
		"top:11:28 the block 'body' is there twice [template-syntax]"},
};

static char *describe(TALLOC_CTX *mem_ctx, struct diags *diags, bool with_notes)
{
	struct buffer *b = buffer_new(mem_ctx);

	diags_sort(diags);
	for (size_t i = 0; i < diags->n_findings; i++) {
		const struct finding *f = diags->findings[i];

		buffer_printf(b, "%s%s:%u:%u %s [%s]", i == 0 ? "" : "\n",
			f->where.source, f->where.line, f->where.column, f->message,
			f->id == NULL ? "" : f->id);
		for (size_t j = 0; j < f->n_notes && with_notes; j++)
			buffer_printf(b, " (%s:%u:%u %s)", f->notes[j].where.source,
				f->notes[j].where.line, f->notes[j].where.column,
				f->notes[j].message);
		if (!with_notes)
			buffer_add_text(b, " *");
	}
	return b->data;
}

static void test_faults(_unused_ void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(faults); i++) {
		TMP_CTX(tmp);
		struct diags *diags = diags_new(tmp);
		struct template *t;

		if (compile(tmp, faults[i].template, "hosts", NULL, diags, &t) !=
			-EXIT_USAGE)
			fail_msg("%s: no fault", faults[i].template);
		const char *seen =
			describe(tmp, diags, !text_has_suffix(faults[i].expected, " *"));

		if (strcmp(seen, faults[i].expected) != 0)
			fail_msg("%s:\n%s\ninstead of\n%s", faults[i].template, seen,
				faults[i].expected);
		assert_int_equal(diags->failure, EXIT_USAGE);
	}
}

static void test_excerpt(_unused_ void **state)
{
	TMP_CTX(tmp);
	struct diags *diags = diags_new(tmp);
	struct template *t;

	assert_int_equal(
		compile(tmp, "one\ntwo {{nam}} x\r\nthree", "hosts", NULL, diags, &t),
		-64);
	assert_string_equal(diag_last(diags)->excerpt, "two {{nam}} x");
	assert_int_equal(diag_last(diags)->where.line, 12);
	assert_int_equal(diag_last(diags)->where.column, 5);
}

/* Hooks */

struct events {
	struct buffer *log;
	struct buffer *out;
};

static void on_enter(void *data, const struct context *context, size_t offset)
{
	struct events *events = data;

	buffer_printf(events->log, "+%s@%zu ", context->shape->name, offset);
}

static void on_leave(void *data, const struct context *context, size_t offset)
{
	struct events *events = data;

	buffer_printf(events->log, "-%s@%zu ", context->shape->name, offset);
}

static void on_refused(void *data, const struct context *context,
	const struct field *field, const struct template_refusal *refusal)
{
	struct events *events = data;
	const struct loc *where = &refusal->where;

	buffer_printf(events->log, "!%s.%s(%d) of %s at %s:%u:%u: %s%s%s@%zu ",
		context->shape->name, field->name, field->attribute,
		*(const char *const *)context->object, where->source, where->line,
		where->column, refusal->reason, refusal->language == NULL ? "" : " in ",
		refusal->language == NULL ? "" : refusal->language, events->out->len);
}

static const struct row hook_rows[] = {
	{"hosts", "{{#boxes}}{{name}} {{/boxes}}",
		"+box@2 -box@8 +box@8 -box@13 +box@13 -box@19 "},
	{"hosts", "\t{{>loop}}\n", "+box@2 -box@11 +box@11 -box@19 +box@19 -box@28 "},
	{"hosts",
		"{{#boxes}}{{#first}}{{#rack}}x{{/rack}}{{/first}}{{#names}}y{{/"
		"names}}{{/boxes}}",
		"+box@2 +rack@2 -rack@3 -box@6 +box@6 -box@7 +box@7 -box@7 "},
	{"hosts", "{{#boxes}}{{#first}}a{{note}}b{{/first}}{{/boxes}}",
		"+box@2 !box.note(7) of alpha at top:11:22: contains a blank in hosts@3 -box@4 "
		"+box@4 -box@4 +box@4 -box@4 "},
	{"hosts", "{{#boxes}}{{#first}}{{rack.note}}{{/first}}{{/boxes}}",
		"+box@2 !rack.note(0) of r1 at top:11:21: contains a blank in hosts@2 -box@2 "
		"+box@2 -box@2 +box@2 -box@2 "},
	{"hosts",
		"{{#boxes}}{{#rack}}{{#last}}{{#note}}{{.}}{{/note}}{{/last}}{{/rack}}{{/"
		"boxes}}",
		"+box@2 +rack@2 -rack@2 -box@2 +box@2 -box@2 +box@2 +rack@2 "
		"!rack.note(0) of r1 at top:11:38: contains a blank in hosts@2 -rack@2 -box@2 "},
	{"kickstart", "{{#packages}}{{.}}{{/packages}}",
		"!room.packages(0) of hall at top:11:14: contains a blank in kickstart@10 "},
	{"dhcpd", "{{#boxes}}{{#first}}{{note}};\n# \"\n\"{{note}}\"{{/first}}{{/boxes}}",
		"+box@2 !box.note(7) of alpha at top:11:21: is more than a plain word, "
		"and none of the language's quotes is around it in dhcpd@2 -box@20 "
		"+box@20 -box@20 +box@20 -box@20 "},
	{"shell",
		"{{#boxes}}{{#first}}echo '{{note}}' '{{name}}' \"{{note}}\" "
		"{{name}}{{/first}}{{/boxes}}",
		"+box@2 !box.note(7) of alpha at top:11:49: is more than a plain word, "
		"and none of the language's quotes is around it in shell@32 -box@39 "
		"+box@39 -box@39 +box@39 -box@39 "},
	/* the language that cannot carry it is that of the partial */
	{"text", "{{#boxes}}{{#first}}{{>bare}}{{/first}}{{/boxes}}",
		"+box@2 !box.note(7) of alpha at bare:1:1: contains a blank in hosts@2 "
		"-box@2 +box@2 -box@2 +box@2 -box@2 "},
	/* further bytes, in a target, its partials and blocks, and nowhere else */
	{"text", "{{#boxes}}{{#first}}a{{note}}{{/first}}{{/boxes}}",
		"+box@2 !box.note(7) of alpha at top:11:22: contains '<'@3 -box@3 "
		"+box@3 -box@3 +box@3 -box@3 ",
		"%<"},
	{"text", "{{#boxes}}{{#first}}{{note}}{{/first}}{{/boxes}}",
		"+box@2 !box.note(7) of alpha at top:11:21: contains a blank@2 -box@2 "
		"+box@2 -box@2 +box@2 -box@2 ",
		" "},
	{"yaml", "{{#boxes}}{{#first}}\"{{note}}\"{{/first}}{{/boxes}}",
		"+box@2 !box.note(7) of alpha at top:11:22: contains \"'\"@3 -box@4 "
		"+box@4 -box@4 +box@4 -box@4 ",
		"'"},
	{"text", "{{#boxes}}{{#first}}{{>note}}{{/first}}{{/boxes}}",
		"+box@2 !box.note(7) of alpha at note:1:1: contains '<'@2 -box@2 "
		"+box@2 -box@2 +box@2 -box@2 ",
		"<"},
	{"text", "{{#boxes}}{{#first}}{{>quoted}}{{/first}}{{/boxes}}",
		"+box@2 !box.note(7) of alpha at quoted:1:2: contains '<'@3 -box@4 "
		"+box@4 -box@4 +box@4 -box@4 ",
		"<"},
	{"text", "{{#boxes}}{{#first}}{{>semicolon}}{{note}}{{/first}}{{/boxes}}",
		"+box@2 !box.note(7) of alpha at top:11:35: contains '<'@12 -box@12 "
		"+box@12 -box@12 +box@12 -box@12 ",
		"<"},
	{"text", "{{>around}}{{#boxes}}{{#first}}{{note}}{{/first}}{{/boxes}}",
		"+box@2 !box.note(7) of alpha at note:1:1: contains '<'@2 -box@2 "
		"+box@2 -box@2 +box@2 -box@2 "
		"+box@2 -box@12 +box@12 -box@12 +box@12 -box@12 "},
	{"text", "{{<block}}{{$a}}{{note}}{{/a}}{{/block}}",
		"+box@2 !box.note(7) of alpha at top:11:17: contains '<'@2 -box@2 "
		"+box@2 -box@2 +box@2 -box@2 "},
	{"text", "{{#boxes}}{{memory}}{{/boxes}}",
		"+box@2 !box.memory(0) of alpha at top:11:11: contains '4'@2 -box@2 "
		"+box@2 -box@3 +box@3 -box@3 ",
		"4"},
	/* what is printed as it is is printed as it is; true is no value of the site's */
	{"text", "{{#boxes}}{{#first}}{{{note}}}{{is_on}}{{/first}}{{/boxes}}",
		"+box@2 -box@16 +box@16 -box@16 +box@16 -box@16 ", "<t"},
};

static void test_hooks(_unused_ void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(hook_rows); i++) {
		TMP_CTX(tmp);
		const struct context stack = {&room_shape, &room};
		struct diags *diags = diags_new(tmp);
		struct events events = {buffer_new(tmp), buffer_new(tmp)};
		const struct template_hooks hooks = {
			&events, on_refused, on_enter, on_leave};
		struct template *t;

		if (compile(tmp, hook_rows[i].template, hook_rows[i].language,
			    hook_rows[i].refuse, diags, &t) < 0)
			fail_with(diags, hook_rows[i].template);
		/* the buffer may hold something already */
		buffer_add_text(events.out, "> ");
		template_render(t, &stack, 1, &hooks, events.out);
		if (strcmp(events.log->data, hook_rows[i].expected) != 0)
			fail_msg("%s: got\n'%s' instead of\n'%s' for '%s'",
				hook_rows[i].template, events.log->data,
				hook_rows[i].expected, events.out->data);
		/* without hooks the same is printed */
		struct buffer *silent = buffer_new(tmp);

		buffer_add_text(silent, "> ");
		template_render(t, &stack, 1, NULL, silent);
		assert_string_equal(silent->data, events.out->data);
	}
}

/* The caller's own levels: the inner one first, and no name of a loop in either. */
static void test_stack(_unused_ void **state)
{
	TMP_CTX(tmp);
	static const struct shape *const shapes[] = {&room_shape, &box_shape};
	const struct context stack[] = {{&room_shape, &room}, {&box_shape, &boxes[1]}};
	static const char body[] = "{{name}}.{{domain}}/{{#boxes}}{{name}}{{/boxes}}";
	const struct template_text text = {.path = "top",
		.body = body,
		.len = sizeof(body) - 1,
		.language = "hosts"};
	struct diags *diags = diags_new(tmp);
	struct buffer *out = buffer_new(tmp);
	struct template *t;

	assert_int_equal(
		template_compile(tmp, NULL, &text, "top", shapes, 2, diags, &t), 0);
	template_render(t, stack, 2, NULL, out);
	assert_string_equal(out->data, "beta./alphabetagamma");
}

static void test_lifetime(_unused_ void **state)
{
	TMP_CTX(tmp);
	const struct context stack = {&room_shape, &room};
	struct diags *diags = diags_new(tmp);
	char *body = mem_strdup(tmp, "{{name}}, {{domain}}");
	struct buffer *out = buffer_new(tmp);
	struct template *t;

	assert_int_equal(compile(tmp, body, "hosts", NULL, diags, &t), 0);
	memset(body, 'x', strlen(body));
	template_render(t, &stack, 1, NULL, out);
	assert_string_equal(out->data, "hall, c.example");
}

static void test_unknown_language(_unused_ void **state)
{
	TMP_CTX(tmp);
	struct diags *diags = diags_new(tmp);
	struct template *t;

	assert_int_equal(compile(tmp, "x", "perl", NULL, diags, &t), -EXIT_USAGE);
	assert_string_equal(diag_last(diags)->message, "language 'perl' is not known");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_line_length),
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_excerpt),
		cmocka_unit_test(test_hooks),
		cmocka_unit_test(test_stack),
		cmocka_unit_test(test_lifetime),
		cmocka_unit_test(test_unknown_language),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
