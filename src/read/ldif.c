/* SPDX-License-Identifier: Apache-2.0 */

#include "read/ldif.h"

#include <string.h>

#include <nettle/base64.h>

#include "base/text.h"
#include "read/dn.h"
#include "read/dn_set.h"
#include "read/filter_match.h"
#include "read/ldif_lines.h"

struct ldif {
	struct ldif_file *file;
	const struct map *map; /* NULL: every attribute is wanted */
	struct entry_attribute *attributes; /* room for n_lines of each */
	struct entry_value *values;
	size_t value_room;

	struct buffer *key; /* of the record's DN */
	bool has_key; /* it is a DN */
	unsigned key_line; /* of that DN */
	uint64_t expected; /* dn_set.h */
	struct dn_set *seen;
	size_t n_entries;
	entry_sink sink;
	void *sink_data;
};

/* Records */

static void make_key(struct ldif *f, const struct ldif_line *dn)
{
	f->key_line = dn->number;
	f->has_key = dn_write_key(f->key, dn->value);
	if (f->has_key)
		f->expected = dn_set_expect(f->seen, f->key->data, f->key->len);
}

/* Lines until the end of the record, or until it shows that it changes something. */
static void take_lines(struct ldif *f)
{
	while (ldif_has_line(f->file)) {
		size_t n = f->file->n_lines;

		if (!ldif_take_line(f->file))
			continue;
		if (n == 0 && ldif_is_named(&f->file->lines[0], "dn"))
			make_key(f, &f->file->lines[0]);
		if (!ldif_is_named(&f->file->lines[n], "changetype") ||
			text_equal_case(f->file->lines[n].value, "add"))
			continue;
		ldif_fault(f->file, f->file->lines[n].number, f->file->lines[n].column,
			"'changetype: %s' changes an entry, "
			"but only whole entries can be read",
			f->file->lines[n].value);
		ldif_skip_record(f->file);
	}
}

/*
 * What ldapsearch prints behind the entries: `search: 2` and `result: 4 Size limit
 * exceeded`. Other than success, the entries before it are not all.
 */
static void check_result(struct ldif *f)
{
	for (size_t i = 0; i < f->file->n_lines; i++) {
		const struct ldif_line *line = &f->file->lines[i];

		if (ldif_is_named(line, "result") && !text_has_prefix(line->value, "0 "))
			ldif_fault(f->file, line->number, line->column,
				"the search that wrote this file did not end well "
				"('%s'): entries are missing",
				line->value);
	}
}

static void fail_elsewhere(
	struct ldif *f, unsigned line, unsigned column, const char *what, const char *url)
{
	if (f->map == NULL || !f->map->skips_references)
		ldif_fault(f->file, line, column,
			"a part of the tree is on another server (%s '%s'): "
			"ask a server that has all of it, or below a narrower base",
			what, url);
}

/* What ldapsearch prints where a part of the tree is on another server (RFC 4511 4.5.3). */
static void check_reference(struct ldif *f)
{
	const struct ldif_line *line = &f->file->lines[0];

	fail_elsewhere(
		f, line->number, line->column, "continuation reference", line->value);
}

/* What stands there instead in a copy of the database, by slapcat or with ManageDsaIT. */
static void check_referral(struct ldif *f, const struct entry *entry)
{
	const struct entry_attribute *ref = entry_attribute(entry, "ref");
	const struct entry_attribute *classes =
		ref == NULL ? NULL : entry_attribute(entry, "objectClass");

	for (size_t i = 0; classes != NULL && i < classes->n_values; i++)
		if (entry_value_is(&classes->values[i], "referral"))
			fail_elsewhere(f, ref->values[0].line, 1, "referral",
				ref->values[0].bytes);
}

static void check_dn(struct ldif *f, const struct ldif_line *line)
{
	unsigned earlier;

	if (f->key_line != line->number)
		make_key(f, line);
	if (!f->has_key || strlen(line->value) != line->len)
		ldif_fault(f->file, line->number, line->column,
			"'%s' is no distinguished name", line->value);
	else if (!dn_set_add_expected(f->seen, f->expected, line->number, &earlier))
		ldif_fault(f->file, line->number, line->column,
			"'%s' is here twice: it is in line %u already", line->value,
			earlier);
}

/* The record's shape from line @i on: dn, changetype or none, attributes. Moves @i there. */
static void check_record(struct ldif *f, size_t *i)
{
	const struct ldif_line *first = &f->file->lines[*i];

	if (!ldif_is_named(first, "dn")) {
		ldif_fault(f->file, first->number, 1,
			"the record starts with '%s', not with 'dn'", first->name);
		return;
	}
	check_dn(f, first);
	++*i;
	if (*i < f->file->n_lines && ldif_is_named(&f->file->lines[*i], "control")) {
		ldif_fault(f->file, f->file->lines[*i].number, 1,
			"controls are not supported: only whole entries can be read");
		return;
	}
	if (*i < f->file->n_lines && ldif_is_named(&f->file->lines[*i], "changetype"))
		++*i;
	for (size_t j = *i; j < f->file->n_lines; j++) {
		if (ldif_is_named(&f->file->lines[j], "dn"))
			ldif_fault(f->file, f->file->lines[j].number, 1,
				"a second 'dn' in one record: an "
				"empty line must stand before it");
	}
}

/* As ldapsearch prints what there is and may not be seen. */
static void warn_of_bare(struct ldif *f, const struct ldif_line *dn)
{
	diag_add(f->file->diags, SEVERITY_WARNING, NULL,
		loc_at(mem_strdup(f->file->diags, f->file->path), dn->number, 1),
		"the record has no attributes, as of an entry that whoever made the file may not "
		"read");
}

/* Room for the attributes and values of a record with @n lines. */
static void reserve_values(struct ldif *f, size_t n)
{
	if (n <= f->value_room)
		return;
	talloc_free(f->attributes);
	talloc_free(f->values);
	f->value_room = 2 * n;
	f->attributes = mem_array(f, struct entry_attribute, f->value_room);
	f->values = mem_array(f, struct entry_value, f->value_room);
}

/* Values of one attribute are brought together, wherever their lines stand. */
static size_t gather_values(struct ldif *f, size_t first, struct entry_value *values)
{
	const char *name = f->file->lines[first].name;
	size_t n = 0;

	for (size_t i = first; i < f->file->n_lines; i++) {
		struct ldif_line *line = &f->file->lines[i];

		if (i > first && (!line->name || !text_equal_case(line->name, name)))
			continue;
		values[n++] = (struct entry_value){line->value, line->len, line->number};
		line->name = NULL;
	}
	return n;
}

static void deliver(struct ldif *f, const struct ldif_line *dn, size_t first)
{
	TMP_CTX(tmp);
	struct entry entry = {
		.dn = dn_safe(tmp, dn->value), .key = f->key->data, .line = dn->number};
	size_t n_values = 0;

	reserve_values(f, f->file->n_lines);
	for (size_t i = first; i < f->file->n_lines; i++) {
		if (!f->file->lines[i].name)
			continue;
		struct entry_attribute *attribute = &f->attributes[entry.n_attributes++];

		*attribute = (struct entry_attribute){.name = f->file->lines[i].name};
		attribute->values = f->values + n_values;
		attribute->n_values = gather_values(f, i, attribute->values);
		n_values += attribute->n_values;
	}
	entry.attributes = f->attributes;
	const char *part =
		entry_settle_options(&entry, f->map == NULL ? NULL : &f->map->wanted);

	if (part != NULL) {
		ldif_fault(f->file, dn->number, 1,
			"the server gave only a part of the values of '%s' of '%s'", part,
			entry.dn);
		return;
	}
	check_referral(f, &entry);
	f->n_entries++;
	f->sink(f->sink_data, &entry);
}

static void take_record(struct ldif *f)
{
	size_t i = 0;

	take_lines(f);
	if (f->file->n_lines == 0 || f->file->is_broken)
		return;
	if (ldif_is_named(&f->file->lines[0], "search")) {
		check_result(f);
		return;
	}
	if (ldif_is_named(&f->file->lines[0], "ref")) {
		check_reference(f);
		return;
	}
	if (ldif_is_version(f->file))
		i++;
	f->file->is_first = false;
	if (i == f->file->n_lines)
		return;
	size_t dn = i;

	check_record(f, &i);
	if (f->file->is_broken)
		return;
	if (i == f->file->n_lines)
		warn_of_bare(f, &f->file->lines[dn]);
	deliver(f, &f->file->lines[dn], i);
}

int ldif_read(const char *path, const struct map *map, entry_sink sink, void *sink_data,
	struct diags *diags, size_t *ret_n_entries)
{
	TMP_CTX(tmp);
	struct ldif *f = mem_new(tmp, struct ldif);

	*f = (struct ldif){.map = map,
		.key = buffer_new(f),
		.seen = dn_set_new(f),
		.sink = sink,
		.sink_data = sink_data};
	*ret_n_entries = 0;
	int got = ldif_open(f, path, false, diags, &f->file);

	if (got < 0)
		return got;
	while ((got = ldif_next(f->file)) > 0)
		take_record(f);
	*ret_n_entries = f->n_entries;
	return got < 0 ? got : ldif_end(f->file);
}

/* Writing */

/* RFC 2849 SAFE-STRING, else base64. */
static bool is_safe(const char *value)
{
	if (*value == ' ' || *value == ':' || *value == '<' ||
		text_has_suffix(value, " "))
		return false;
	for (; *value != '\0'; value++)
		if ((unsigned char)*value >= 0x80 || *value == '\n' || *value == '\r')
			return false;
	return true;
}

void ldif_put(struct buffer *ldif, const char *attribute, const char *value)
{
	size_t len = strlen(value);

	if (is_safe(value)) {
		buffer_printf(ldif, "%s: %s\n", attribute, value);
		return;
	}
	buffer_printf(ldif, "%s:: ", attribute);
	char *to = buffer_reserve(ldif, BASE64_ENCODE_RAW_LENGTH(len));

	base64_encode_raw(to, len, (const uint8_t *)value);
	buffer_grown(ldif, BASE64_ENCODE_RAW_LENGTH(len));
	buffer_add_byte(ldif, '\n');
}
