/* SPDX-License-Identifier: Apache-2.0 */
/*
 * generate [--check] SOURCES - writes what follows from config/attributes.def,
 * config/classes.def and model/use.c:
 *
 *	schema/ldapcc.schema, schema/ldapcc.ldif	the schema in its two forms
 *	schema/maps/ldapcc.yaml				the map of that schema
 *	man/ldapcc-schema.5.scd, ldapcc-map.5.scd	the tables between their marks
 *
 * They are committed, so that nobody needs this program to build or install. With --check
 * nothing is written: what differs is named, and the exit status is 1.
 */
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "model/use.h"

#define ARC "2.25.7082728575953799568393494159705453949"
#define TABLE_BEGIN "; generated: the table begins\n"
#define TABLE_END "; generated: the table ends\n"

static const struct {
	const char *equality, *substr, *ordering, *oid;
	const char *people; /* in the manual */
} syntaxes[_SYNTAX_MAX] = {
	[SYNTAX_FOREIGN] = {.people = "text"},
	[SYNTAX_NAME] = {"caseIgnoreIA5Match", "caseIgnoreIA5SubstringsMatch", NULL, "26",
		"text"},
	[SYNTAX_ADDRESS] = {"caseIgnoreIA5Match", NULL, NULL, "26", "text"},
	[SYNTAX_EXACT] = {"caseExactIA5Match", "caseExactIA5SubstringsMatch", NULL, "26",
		"text, case counts"},
	[SYNTAX_PROSE] = {"caseIgnoreMatch", "caseIgnoreSubstringsMatch", NULL, "15",
		"text of any language"},
	[SYNTAX_INTEGER] = {"integerMatch", NULL, "integerOrderingMatch", "27", "number"},
	[SYNTAX_BOOLEAN] = {"booleanMatch", NULL, NULL, "7", "TRUE or FALSE"},
	[SYNTAX_DN] = {"distinguishedNameMatch", NULL, NULL, "12", "DN"},
	[SYNTAX_TIME] = {"generalizedTimeMatch", NULL, "generalizedTimeOrderingMatch",
		"24", "time"},
};

/* The first LDAP name of a field. */
static char *ldap_name(TALLOC_CTX *mem_ctx, enum field_id field)
{
	const char *names = attribute_of(field)->names;

	return mem_strndup(mem_ctx, names, strcspn(names, " "));
}

/* RFC 4512 4.1: a quote ends a description, and slapd takes no other spelling of one. */
static const char *quotable(const char *sentence)
{
	assert(strchr(sentence, '\'') == NULL);
	return sentence;
}

/* Definitions, @between for what separates their parts: a blank, or a new line */

static void add_attribute(struct buffer *out, enum field_id field, const char *between)
{
	TMP_CTX(tmp);
	const struct attribute *row = attribute_of(field);

	buffer_printf(out, "( " ARC ".1.%u NAME '%s'%sDESC '%s'%sEQUALITY %s",
		row->number, ldap_name(tmp, field), between, quotable(row->sentence),
		between, syntaxes[row->syntax].equality);
	if (syntaxes[row->syntax].substr != NULL)
		buffer_printf(out, "%sSUBSTR %s", between, syntaxes[row->syntax].substr);
	if (syntaxes[row->syntax].ordering != NULL)
		buffer_printf(
			out, "%sORDERING %s", between, syntaxes[row->syntax].ordering);
	buffer_printf(out, "%sSYNTAX 1.3.6.1.4.1.1466.115.121.1.%s%s )", between,
		syntaxes[row->syntax].oid,
		row->arity == ARITY_ONE ? " SINGLE-VALUE" : "");
}

/* Does a class stand alone, so that it has to carry attributes of other schemas, too? */
static bool stands_alone(const struct class_row *class)
{
	return strcmp(class->type, "STRUCTURAL") == 0 &&
	       strcmp(class->superior, "top") == 0;
}

/* The attributes of a class: those that its kind uses, the name apart. */
static char **class_attributes(
	TALLOC_CTX *mem_ctx, const struct class_row *class, size_t *ret_n)
{
	char **names = NULL;

	*ret_n = 0;
	for (const struct use *use = uses_of(class->kind); use->field != FIELD_NONE;
		use++)
		if (use->field != FIELD_NAME && (use->flags & USE_MAPPED) == 0 &&
			(attribute_of(use->field)->number > 0 || stands_alone(class)))
			*mem_push(mem_ctx, &names, ret_n) =
				ldap_name(mem_ctx, use->field);
	return names;
}

/* `$` between the names; lines are broken with @wrap where it is not NULL. */
static void add_names(struct buffer *out, char *const *names, size_t n, const char *wrap)
{
	size_t column = 14;

	for (size_t i = 0; i < n; i++) {
		bool is_wrapped = wrap != NULL && column + strlen(names[i]) + 3 > 84;

		if (is_wrapped)
			column = 16;
		if (i > 0)
			buffer_printf(out, " $%s", is_wrapped ? wrap : " ");
		buffer_add_text(out, names[i]);
		column += strlen(names[i]) + 3;
	}
}

static void add_class(struct buffer *out, const struct class_row *class, bool is_folded)
{
	TMP_CTX(tmp);
	size_t n;
	char **names = class_attributes(tmp, class, &n);
	const char *between = is_folded ? "\n\t" : " ";

	buffer_printf(out, "( " ARC ".2.%u NAME '%s'%sDESC '%s'%sSUP %s %s%s",
		class->number, class->name, between, quotable(class->sentence), between,
		class->superior, class->type, between);
	if (stands_alone(class))
		buffer_printf(out, "MUST cn%s", between);
	buffer_add_text(out, "MAY ( ");
	add_names(out, names, n, is_folded ? "\n\t\t" : NULL);
	buffer_add_text(out, " ) )");
}

/* The schema's two forms */

static const char about[] =
	"# SPDX-License-Identifier: Apache-2.0\n"
	"#\n"
	"# The schema of ldapcc: clusters, networks, physical hosts, virtual compute nodes (VCNs),\n"
	"# images, package repositories and kickstart profiles. It builds on RFC 2307 (nis.schema:\n"
	"# ipHost, ieee802Device, bootableDevice, ipNetwork) and X.500 (core.schema: device), so\n"
	"# load core, cosine and nis, or rfc2307bis in the place of nis, before it.\n"
	"#\n";

static void write_schema(struct buffer *out)
{
	buffer_add_text(out, about);
	buffer_add_text(out,
		"# For slapd.conf: `include /usr/share/ldapcc/schema/ldapcc.schema`. The form for cn=config is\n"
		"# ldapcc.ldif beside it. What the attributes mean is told in ldapcc-schema(5).\n"
		"#\n"
		"# All OIDs hang below one UUID (ITU-T X.667): .1.N attributes, .2.N object classes. A number\n"
		"# that was given once never changes its meaning; new ones are added at the end.\n"
		"#\n"
		"# Written by schema/generate.c from src/config/attributes.def and classes.def.\n");
#define SECTION(title) \
	if (strncmp(title, "Attributes of other", 19) != 0) \
		buffer_add_text(out, "\n# " title "\n");
#define FIELD(id, ...) \
	if (attribute_of(FIELD_##id)->number > 0) { \
		buffer_add_text(out, "\nattributetype "); \
		add_attribute(out, FIELD_##id, "\n\t"); \
		buffer_add_text(out, "\n"); \
	}
#include "config/attributes.def"
#undef SECTION
#undef FIELD
	buffer_add_text(out,
		"\n# Object classes. A network is an ipNetwork (which has cn and ipNetworkNumber as MUST). Hosts\n"
		"# and VCNs are `device` entries with `ipHost` and `ieee802Device`; our classes for them are\n"
		"# auxiliary. ipHost needs an address: a node whose addresses are on vocNodeInterface children\n"
		"# is a `device` without it.\n");
	for (enum kind kind = KIND_NONE + 1; kind < _KIND_MAX; kind++) {
		if (class_of(kind) == NULL || class_of(kind)->number == 0)
			continue;
		buffer_add_text(out, "\nobjectclass ");
		add_class(out, class_of(kind), true);
		buffer_add_text(out, "\n");
	}
}

/* RFC 2849: what is longer than 76 bytes goes on behind a newline and a blank. */
static void add_folded(struct buffer *out, const char *line)
{
	size_t width = 76;

	for (; strlen(line) > width; width = 75) {
		buffer_add(out, line, width);
		buffer_add_text(out, "\n ");
		line += width;
	}
	buffer_printf(out, "%s\n", line);
}

static void write_ldif(struct buffer *out)
{
	buffer_add_text(out, about);
	buffer_add_text(out,
		"# For cn=config:\n"
		"#\n"
		"#	ldapadd -Y EXTERNAL -H ldapi:/// -f /usr/share/ldapcc/schema/ldapcc.ldif\n"
		"#\n"
		"# The same definitions as in ldapcc.schema, which is the readable form.\n"
		"#\n"
		"dn: cn=ldapcc,cn=schema,cn=config\n"
		"objectClass: olcSchemaConfig\n"
		"cn: ldapcc\n");
	for (enum field_id field = FIELD_NONE + 1; field < _FIELD_MAX; field++) {
		TMP_CTX(tmp);
		struct buffer *line = buffer_new(tmp);

		if (attribute_of(field)->number == 0)
			continue;
		buffer_add_text(line, "olcAttributeTypes: ");
		add_attribute(line, field, " ");
		add_folded(out, line->data);
	}
	for (enum kind kind = KIND_NONE + 1; kind < _KIND_MAX; kind++) {
		TMP_CTX(tmp);
		struct buffer *line = buffer_new(tmp);

		if (class_of(kind) == NULL || class_of(kind)->number == 0)
			continue;
		buffer_add_text(line, "olcObjectClasses: ");
		add_class(line, class_of(kind), false);
		add_folded(out, line->data);
	}
}

/* The map */

/* Blank-separated @words as a YAML scalar, or a list of several. */
static void add_yaml_words(struct buffer *out, const char *words)
{
	const char *form = strchr(words, ' ') == NULL ? "%s" : "[%s]";
	TMP_CTX(tmp);
	struct buffer *list = buffer_new(tmp);

	for (; *words != '\0'; words++)
		buffer_printf(list, *words == ' ' ? ", " : "%c", *words);
	if (form[0] == '[')
		buffer_printf(out, "[%s]", list->data);
	else
		buffer_add_text(out, list->data);
}

static void write_map(struct buffer *out)
{
	TMP_CTX(tmp);

	buffer_add_text(out,
		"# How the schema of schema/ldapcc.schema becomes the model: ldapcc-map(5). Written by\n"
		"# schema/generate.c.\n"
		"classes:\n");
	for (enum kind kind = KIND_NONE + 1; kind < _KIND_MAX; kind++) {
		const struct class_row *class = class_of(kind);

		if (class == NULL)
			continue;
		buffer_printf(out, "  %s: ", kind_name(kind));
		add_yaml_words(out,
			*class->others == '\0'
				? class->name
				: mem_printf(tmp, "%s %s", class->others, class->name));
		buffer_add_text(out, "\n");
	}
	buffer_printf(out,
		"  # hosts that can carry VCNs: they get a manifest even while it is empty\n"
		"  vm_host: %s\n"
		"\n"
		"attributes:\n",
		class_of(KIND_HOST)->name);
	for (enum field_id field = FIELD_NONE + 1; field < _FIELD_MAX; field++) {
		buffer_printf(out, "  %s: ", attribute_of(field)->field);
		add_yaml_words(out, attribute_of(field)->names);
		buffer_add_text(out, "\n");
	}
}

/* The manual's tables */

/* scdoc reads `_` and `*` as markup. */
static void add_escaped(struct buffer *out, const char *text)
{
	for (; *text != '\0'; text++) {
		if (strchr("_*\\[", *text) != NULL)
			buffer_add_byte(out, '\\');
		buffer_add_byte(out, *text);
	}
}

static bool is_list(const struct use *use)
{
	return use->storage == STORAGE_TEXTS || use->storage == STORAGE_KEYS ||
	       (use->storage == STORAGE_NONE &&
		       attribute_of(use->field)->arity == ARITY_MANY);
}

/* A row an attribute of each kind: name, type, range, what it is. */
static void write_schema_table(struct buffer *out)
{
	for (enum kind kind = KIND_NONE + 1; kind < _KIND_MAX; kind++) {
		if (class_of(kind) == NULL)
			continue;
		buffer_printf(out,
			"\n*%s*, %s\n\n[[ *attribute*\n:[ *values*\n:< *what it is*\n",
			class_of(kind)->name, class_of(kind)->sentence);
		for (const struct use *use = uses_of(kind); use->field != FIELD_NONE;
			use++) {
			TMP_CTX(tmp);
			const struct attribute *row = attribute_of(use->field);

			if ((use->flags & USE_MAPPED) != 0)
				continue;
			buffer_printf(out, "|  *%s*%s%s\n:  ", ldap_name(tmp, use->field),
				is_list(use) ? "\\*" : "",
				(use->flags & USE_REQUIRED) != 0 ? ", required" : "");
			if (use->storage == STORAGE_COUNT && use->max < INT32_MAX)
				buffer_printf(out, "%u to %u", use->min, use->max);
			else
				buffer_add_text(out, syntaxes[row->syntax].people);
			buffer_add_text(out, "\n:  ");
			add_escaped(out, row->sentence);
			buffer_add_text(out, "\n");
		}
	}
	buffer_add_text(out, "\n");
}

/* The fields that a map can name, by kind. */
static void write_map_table(struct buffer *out)
{
	for (enum kind kind = KIND_NONE + 1; kind < _KIND_MAX; kind++) {
		if (class_of(kind) == NULL)
			continue;
		buffer_printf(out, "\n*%s*++\n", kind_name(kind));
		for (const struct use *use = uses_of(kind); use->field != FIELD_NONE;
			use++) {
			if (use != uses_of(kind))
				buffer_add_byte(out, ' ');
			add_escaped(out, attribute_of(use->field)->field);
		}
		buffer_add_text(out, "\n");
	}
	buffer_add_text(out, "\n");
}

/* Files */

static const struct {
	const char *path;
	void (*write)(struct buffer *out);
	bool is_table; /* between the marks of a page, not a whole file */
} products[] = {
	{"schema/ldapcc.schema", write_schema, false},
	{"schema/ldapcc.ldif", write_ldif, false},
	{"schema/maps/ldapcc.yaml", write_map, false},
	{"man/ldapcc-schema.5.scd", write_schema_table, true},
	{"man/ldapcc-map.5.scd", write_map_table, true},
};

/* The page @text with another table; NULL where it has no marks. */
static char *with_table(TALLOC_CTX *mem_ctx, const char *text, const char *table)
{
	const char *begin = text == NULL ? NULL : strstr(text, TABLE_BEGIN);
	const char *end = begin == NULL ? NULL : strstr(begin, TABLE_END);

	if (end == NULL)
		return NULL;
	return mem_printf(mem_ctx, "%.*s%s%s%s", (int)(begin - text), text, TABLE_BEGIN,
		table, end);
}

static bool write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "we");
	bool is_written = file != NULL && fputs(text, file) >= 0;

	return (file == NULL || fclose(file) == 0) && is_written;
}

/* 0: as it should be; 1: it was not; else -exit code */
static int produce(size_t i, const char *sources, bool is_check, struct diags *diags)
{
	TMP_CTX(tmp);
	struct buffer *product = buffer_new(tmp);
	const char *path = file_join(diags, sources, products[i].path);
	char *have;
	size_t len;
	int r = file_read(tmp, path, EXIT_IO, 10000000, diags, &have, &len);

	if (r < 0)
		return r;
	products[i].write(product);
	const char *want = products[i].is_table ? with_table(tmp, have, product->data)
						: product->data;

	if (want == NULL)
		return diag_fail(diags, EXIT_INTERNAL, loc_file(path),
			"has no marks for its table");
	if (strcmp(have, want) == 0)
		return 0;
	printf("%s %s\n", path,
		is_check ? "is not what the tables say: ninja tables" : "written");
	return is_check || write_file(path, want)
		       ? 1
		       : diag_fail_errno(diags, EXIT_IO, errno, loc_file(path),
				 "cannot be written");
}

int main(int argc, char **argv)
{
	TMP_CTX(tmp);
	struct diags *diags = diags_new(tmp);
	bool is_check = argc == 3 && strcmp(argv[1], "--check") == 0;
	int status = 0;

	if (argc != 2 && !is_check) {
		fputs("usage: generate [--check] SOURCES\n", stderr);
		return EXIT_USAGE;
	}
	for (size_t i = 0; i < ARRAY_SIZE(products); i++) {
		int r = produce(i, argv[argc - 1], is_check, diags);

		if (r < 0 || (r > 0 && is_check))
			status = 1;
	}
	diags_print(stderr, diags, &(struct diag_style){0});
	return status;
}
