/* SPDX-License-Identifier: Apache-2.0 */
#include "read/ldif_change.h"

#include <string.h>

#include "base/text.h"
#include "config/filter.h"
#include "read/dn.h"
#include "read/ldif_lines.h"

struct changer {
	struct ldif_file *file;
	const struct change_target *target;
	struct diags *diags;
};

/* The record at hand, below a context of its own. */
struct record_change {
	TALLOC_CTX *mem_ctx;
	struct ldif_file *file;
	const struct ldif_line *dn;
	const char *key;
	struct draft_entry *entry; /* NULL: there is none */
	size_t at; /* the next line */
};

static void fault_at(const struct record_change *c, const struct ldif_line *line,
	const char *format, ...) _printf_(3, 4);
static void fault_at(const struct record_change *c, const struct ldif_line *line,
	const char *format, ...)
{
	TMP_CTX(tmp);
	va_list args;

	va_start(args, format);
	const char *message = mem_vprintf(tmp, format, args);
	va_end(args);
	ldif_fault(c->file, line->number, line->column, "%s", message);
}

/* The next line of the record, NULL at its end. */
static const struct ldif_line *peek(const struct record_change *c)
{
	return c->at < c->file->n_lines ? &c->file->lines[c->at] : NULL;
}

static const struct ldif_line *take(struct record_change *c)
{
	const struct ldif_line *line = peek(c);

	c->at += line != NULL;
	return line;
}

/* The line that must come next; NULL after a fault. */
static const struct ldif_line *expect(struct record_change *c, const char *name)
{
	const struct ldif_line *line = take(c);

	if (line != NULL && ldif_is_named(line, name))
		return line;
	if (line == NULL)
		fault_at(c, c->dn, "'%s:' is missing", name);
	else
		ldif_fault(c->file, line->number, 1, "expected '%s:', not '%s'", name,
			line->name);
	return NULL;
}

static void expect_end(struct record_change *c)
{
	const struct ldif_line *line = peek(c);

	if (line != NULL)
		ldif_fault(c->file, line->number, 1,
			"expected the end of the record, not '%s'", line->name);
}

static unsigned number_of(const struct ldif_line *line)
{
	return line->number | LINE_OF_CHANGES;
}

static struct entry_value value_of(const struct ldif_line *line)
{
	return (struct entry_value){line->value, line->len, number_of(line)};
}

/* What is not read changes nothing here, which is worth a word: it may be misspelt. */
static bool is_read(
	const struct changer *changer, const struct ldif_line *line, const char *name)
{
	if (list_has_name(changer->target->wanted, name) ||
		list_has_name(changer->target->wanted, "*"))
		return true;
	diag_add(changer->diags, SEVERITY_WARNING, NULL,
		loc_at(mem_strdup(changer->diags, changer->file->path), line->number,
			line->column),
		"'%s' is not read: nothing comes of it", name);
	return false;
}

/* Is @value part of the entry's own name? */
static bool is_in_rdn(const struct record_change *c, const char *name, const char *value)
{
	size_t n;
	const struct rdn_part *parts = dn_parse_rdn(c->mem_ctx, c->entry->dn, &n);

	for (size_t i = 0; i < n; i++)
		if (text_equal_case(parts[i].attribute, name) &&
			text_equal_case(parts[i].value, value))
			return true;
	return false;
}

/* modify */

static void add_value(
	struct record_change *c, struct draft_entry *entry, const struct ldif_line *line)
{
	const struct entry_value value = value_of(line);

	if (draft_value(entry, line->name, &value) != NULL)
		fault_at(c, line, "'%s' has the value '%s' already", line->name,
			text_printable(c->mem_ctx, line->value, line->len));
	else
		draft_add_value(c->mem_ctx, entry, line->name, &value);
}

static const char *values_text(
	TALLOC_CTX *mem_ctx, const struct draft_entry *entry, const char *name)
{
	const struct entry_attribute *attribute = draft_attribute(entry, name);
	struct buffer *text = buffer_new(mem_ctx);

	if (attribute == NULL)
		return "it has none";
	for (size_t i = 0; i < attribute->n_values; i++)
		buffer_printf(text, "%s'%s'", i == 0 ? "it has " : ", ",
			text_printable(mem_ctx, attribute->values[i].bytes,
				attribute->values[i].len));
	return text->data;
}

static void delete_value(
	struct record_change *c, struct draft_entry *entry, const struct ldif_line *line)
{
	const struct entry_value value = value_of(line);
	const char *shown = text_printable(c->mem_ctx, line->value, line->len);

	if (draft_value(entry, line->name, &value) == NULL)
		fault_at(c, line, "'%s' has no value '%s': %s", line->name, shown,
			values_text(c->mem_ctx, entry, line->name));
	else if (is_in_rdn(c, line->name, line->value))
		fault_at(c, line, "'%s' is in the entry's name: rename it (modrdn)",
			shown);
	else
		draft_remove_value(entry, line->name, &value);
}

/* Without a value all go; one in the entry's name must stay. */
static void delete_all(struct record_change *c, struct draft_entry *entry,
	const struct ldif_line *spec, bool is_replaced)
{
	const struct entry_attribute *attribute = draft_attribute(entry, spec->value);

	if (attribute == NULL && !is_replaced)
		fault_at(c, spec, "'%s' is not there", spec->value);
	for (size_t i = 0; attribute != NULL && i < attribute->n_values; i++) {
		bool stays = false;

		for (size_t j = c->at; is_replaced && j < c->file->n_lines &&
				       ldif_is_named(&c->file->lines[j], spec->value);
			j++)
			stays |= text_equal_case(
				c->file->lines[j].value, attribute->values[i].bytes);
		if (!stays && is_in_rdn(c, spec->value, attribute->values[i].bytes))
			fault_at(c, spec,
				"'%s' is in the entry's name: rename it (modrdn)",
				attribute->values[i].bytes);
	}
	draft_remove_attribute(entry, spec->value);
}

enum spec { SPEC_ADD, SPEC_DELETE, SPEC_REPLACE, _SPEC_MAX };

static enum spec spec_of(const struct ldif_line *line)
{
	static const char *const words[] = {
		[SPEC_ADD] = "add", [SPEC_DELETE] = "delete", [SPEC_REPLACE] = "replace"};
	enum spec spec = SPEC_ADD;

	while (spec < _SPEC_MAX && !ldif_is_named(line, words[spec]))
		spec++;
	return spec;
}

/* `add: ATTRIBUTE`, which is @line, its values, `-` */
static void modify_one(const struct changer *changer, struct record_change *c,
	const struct ldif_line *line, struct draft_entry *entry)
{
	const struct ldif_line *first = peek(c);
	enum spec spec = spec_of(line);
	const char *name = line->value;

	if (spec == _SPEC_MAX) {
		ldif_fault(c->file, line->number, 1,
			"expected 'add:', 'delete:' or 'replace:', not '%s'", line->name);
		return;
	}
	bool counts = is_read(changer, line, name);
	bool has_values = first != NULL && ldif_is_named(first, name);

	if (spec == SPEC_ADD && !has_values)
		fault_at(c, line, "no value of '%s' to add", name);
	if (counts && (spec == SPEC_REPLACE || (spec == SPEC_DELETE && !has_values)))
		delete_all(c, entry, line, spec == SPEC_REPLACE);
	for (; (first = peek(c)) != NULL && ldif_is_named(first, name); c->at++) {
		if (counts)
			(spec == SPEC_DELETE ? delete_value : add_value)(c, entry, first);
	}
	line = take(c);
	if (line != NULL && !ldif_is_named(line, LDIF_SEPARATOR))
		ldif_fault(c->file, line->number, 1, "expected '%s:' or '-', not '%s'",
			name, line->name);
}

static void modify(const struct changer *changer, struct record_change *c)
{
	struct draft_entry *entry = draft_copy(c->mem_ctx, c->entry);

	entry->line = number_of(c->dn);
	for (const struct ldif_line *line;
		!c->file->is_broken && (line = take(c)) != NULL;)
		modify_one(changer, c, line, entry);
	if (draft_attribute(c->entry, "objectClass") != NULL &&
		draft_attribute(entry, "objectClass") == NULL)
		fault_at(c, c->dn, "the entry has no objectClass any more");
	if (!c->file->is_broken)
		draft_replace(changer->target->draft, c->entry, entry);
}

/* The values of @rdn, into the entry or out of it. */
static void move_values(struct record_change *c, struct draft_entry *entry,
	const char *rdn, bool is_added, unsigned line)
{
	size_t n;
	const struct rdn_part *parts = dn_parse_rdn(c->mem_ctx, rdn, &n);

	for (size_t i = 0; i < n; i++) {
		const struct entry_value value = {
			parts[i].value, strlen(parts[i].value), line};

		if (!is_added)
			draft_remove_value(entry, parts[i].attribute, &value);
		else if (draft_value(entry, parts[i].attribute, &value) == NULL)
			draft_add_value(c->mem_ctx, entry, parts[i].attribute, &value);
	}
}

/* add */

static bool is_at_or_below(const char *key, const char *base)
{
	size_t len = strlen(key), end = strlen(base);

	return len >= end && strcmp(key + len - end, base) == 0 &&
	       (len == end || key[len - end - 1] == ',');
}

/* A file may be without the containers of its entries; what is there shows which there are. */
static bool has_place_in_file(const struct changer *changer, const char *key)
{
	const struct draft *draft = changer->target->draft;
	const char *parent = dn_key_parent(key);

	return draft_find(draft, parent) != NULL || draft_below(draft, parent) != NULL;
}

/* In a directory every entry but a base has one above it. */
static bool has_place(
	const struct changer *changer, const struct record_change *c, const char *key)
{
	const struct string_list *bases = changer->target->bases;

	if (bases == NULL)
		return has_place_in_file(changer, key);

	for (size_t i = 0; i < bases->n; i++) {
		const char *base = dn_key(c->mem_ctx, bases->items[i]);

		if (base != NULL && is_at_or_below(key, base))
			return strcmp(key, base) == 0 ||
			       draft_find(changer->target->draft, dn_key_parent(key)) !=
				       NULL;
	}
	return false;
}

static bool is_free(const struct changer *changer, const struct record_change *c,
	const struct ldif_line *line, const char *dn)
{
	const char *key = dn_key(c->mem_ctx, dn);

	if (key == NULL || *key == '\0')
		fault_at(c, line, "'%s' is no distinguished name", dn);
	else if (draft_find(changer->target->draft, key) != NULL &&
		 draft_find(changer->target->draft, key) != c->entry)
		fault_at(c, line, "'%s' is there already", dn);
	else if (!has_place(changer, c, key))
		fault_at(c, line, "'%s' is below no entry that is read", dn);
	else
		return true;
	return false;
}

static void add(const struct changer *changer, struct record_change *c)
{
	struct draft_entry *entry = mem_new(c->mem_ctx, struct draft_entry);
	const struct ldif_line *line;

	if (!is_free(changer, c, c->dn, c->dn->value))
		return;
	while ((line = take(c)) != NULL) {
		if (ldif_is_named(line, LDIF_SEPARATOR))
			ldif_fault(c->file, line->number, 1,
				"'-' stands between the parts of 'changetype: modify' only");
		else if (is_read(changer, line, line->name))
			add_value(c, entry, line);
	}
	if (draft_attribute(entry, "objectClass") == NULL)
		fault_at(c, c->dn, "objectClass is missing");
	/* RFC 4511 section 4.7: they need not be said again; slapd and 389 add them */
	move_values(c, entry, c->dn->value, true, number_of(c->dn));
	const struct entry added = {.dn = c->dn->value,
		.line = number_of(c->dn),
		.attributes = entry->attributes,
		.n_attributes = entry->n_attributes};

	if (!c->file->is_broken)
		draft_add(changer->target->draft, &added);
}

/* delete */

static void delete (const struct changer *changer, struct record_change *c)
{
	const struct draft_entry *below = draft_below(changer->target->draft, c->key);

	expect_end(c);
	if (below != NULL)
		fault_at(c, c->dn, "'%s' is below it: delete that first", below->dn);
	if (!c->file->is_broken)
		draft_remove(changer->target->draft, c->entry, number_of(c->dn));
}

/* modrdn */

/* The DN above @dn in its own spelling. */
static const char *above(const char *dn)
{
	for (; *dn != '\0' && *dn != ','; dn++)
		if (*dn == '\\' && dn[1] != '\0')
			dn++;
	return *dn == ',' ? dn + 1 : dn;
}

static void carry_out_rename(const struct changer *changer, struct record_change *c,
	const struct ldif_line *rdn, const char *dn, bool drops_old)
{
	struct draft_entry *entry = draft_copy(c->mem_ctx, c->entry);

	entry->line = number_of(c->dn);
	if (drops_old)
		move_values(c, entry, c->entry->dn, false, 0);
	move_values(c, entry, rdn->value, true, number_of(rdn));
	draft_replace(changer->target->draft, c->entry, entry);
	draft_move(changer->target->draft, c->entry, dn, number_of(c->dn));
}

static void rename_entry(const struct changer *changer, struct record_change *c)
{
	const struct ldif_line *rdn = expect(c, "newrdn");
	const struct ldif_line *old = rdn == NULL ? NULL : expect(c, "deleteoldrdn");
	const struct ldif_line *superior = NULL;
	const char *parent = above(c->entry->dn);
	size_t n;

	if (old == NULL)
		return;
	if (peek(c) != NULL && (superior = expect(c, "newsuperior")) != NULL)
		parent = superior->value;
	expect_end(c);
	if (strcmp(old->value, "0") != 0 && strcmp(old->value, "1") != 0)
		fault_at(c, old, "expected 0 or 1");
	const char *dn = mem_printf(
		c->mem_ctx, "%s%s%s", rdn->value, *parent == '\0' ? "" : ",", parent);
	const char *key = dn_key(c->mem_ctx, dn);

	if (dn_parse_rdn(c->mem_ctx, rdn->value, &n) == NULL || n == 0 ||
		*above(rdn->value) != '\0')
		fault_at(c, rdn, "'%s' is no RDN", rdn->value);
	else if (key != NULL && key[0] != '\0' && strcmp(key, c->key) != 0 &&
		 is_at_or_below(key, c->key))
		fault_at(c, superior == NULL ? rdn : superior,
			"an entry cannot be below itself");
	else if (is_free(changer, c, superior == NULL ? rdn : superior, dn) &&
		 !c->file->is_broken)
		carry_out_rename(changer, c, rdn, dn, strcmp(old->value, "1") == 0);
}

/* Records */

struct change_type {
	const char *name;
	void (*apply)(const struct changer *changer, struct record_change *c);
	bool needs_entry;
};

static const struct change_type types[] = {
	{"add", add, false},
	{"modify", modify, true},
	{"delete", delete, true},
	{"modrdn", rename_entry, true},
	{"moddn", rename_entry, true},
};

static const struct change_type *type_of(struct record_change *c)
{
	const struct ldif_line *line = peek(c);

	if (line != NULL && ldif_is_named(line, "control")) {
		ldif_fault(c->file, line->number, 1, "controls are not supported");
		return NULL;
	}
	if (line == NULL || !ldif_is_named(line, "changetype"))
		return &types[0];
	c->at++;
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (text_equal_case(line->value, types[i].name))
			return &types[i];
	fault_at(
		c, line, "expected add, modify, delete or modrdn, not '%s'", line->value);
	return NULL;
}

static void apply_record(const struct changer *changer, struct record_change *c)
{
	const struct change_type *type = type_of(c);
	bool is_said =
		c->at > 0 && ldif_is_named(&c->file->lines[c->at - 1], "changetype");

	if (type == NULL)
		return;
	c->key = dn_key(c->mem_ctx, c->dn->value);
	c->entry = c->key == NULL ? NULL : draft_find(changer->target->draft, c->key);
	if (c->key == NULL || *c->key == '\0')
		fault_at(c, c->dn, "'%s' is no distinguished name", c->dn->value);
	else if (type->needs_entry && c->entry == NULL)
		fault_at(c, c->dn, "there is no entry '%s'", c->dn->value);
	else if (!type->needs_entry && c->entry != NULL)
		fault_at(c, c->dn, "'%s' is there already%s", c->dn->value,
			is_said ? "" : ": a record without 'changetype:' adds it");
	else
		type->apply(changer, c);
}

static void take_record(struct changer *changer)
{
	TMP_CTX(tmp);
	struct ldif_file *f = changer->file;

	while (ldif_has_line(f))
		(void)ldif_take_line(f);
	struct record_change c = {.mem_ctx = tmp, .file = f, .at = ldif_is_version(f)};

	if (f->n_lines > 0)
		f->is_first = false;
	if (f->is_broken)
		return;
	c.dn = take(&c);
	if (c.dn == NULL)
		return;
	if (ldif_is_named(c.dn, "dn"))
		apply_record(changer, &c);
	else
		ldif_fault(f, c.dn->number, 1,
			"the record starts with '%s', not with 'dn'", c.dn->name);
}

int ldif_change(const char *path, const struct change_target *target, struct diags *diags)
{
	TMP_CTX(tmp);
	struct changer changer = {.target = target, .diags = diags};
	int got = ldif_open(tmp, path, true, diags, &changer.file);

	if (got < 0)
		return got;
	while ((got = ldif_next(changer.file)) > 0)
		take_record(&changer);
	return got < 0 ? got : ldif_end(changer.file);
}
