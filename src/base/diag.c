/* SPDX-License-Identifier: Apache-2.0 */
#include "base/diag.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "base/json.h"
#include "base/text.h"

enum { SUMMARY_FROM = 10 };

struct diags *diags_new(TALLOC_CTX *mem_ctx)
{
	return mem_new(mem_ctx, struct diags);
}

struct loc loc_file(const char *path)
{
	return (struct loc){.source = path};
}

struct loc loc_at(const char *path, unsigned line, unsigned column)
{
	return (struct loc){.source = path, .line = line, .column = column};
}

struct finding *diag_vadd(struct diags *diags, enum severity severity, const char *id,
	struct loc where, const char *format, va_list args)
{
	struct finding *finding = mem_new(diags, struct finding);

	finding->severity = severity;
	finding->id = id;
	finding->where = where;
	finding->message = mem_vprintf(finding, format, args);
	if (severity == SEVERITY_IGNORE)
		return finding;
	finding->sequence = diags->n_findings;
	*mem_push(diags, &diags->findings, &diags->n_findings) = finding;
	if (severity == SEVERITY_ERROR)
		diags->n_errors++;
	else if (severity == SEVERITY_WARNING)
		diags->n_warnings++;
	return finding;
}

struct finding *diag_add(struct diags *diags, enum severity severity, const char *id,
	struct loc where, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	struct finding *finding = diag_vadd(diags, severity, id, where, format, args);
	va_end(args);
	return finding;
}

void diag_note(struct finding *finding, struct loc where, const char *format, ...)
{
	va_list args;

	if (finding->severity == SEVERITY_IGNORE)
		return;
	struct note *note = mem_push(finding, &finding->notes, &finding->n_notes);

	*note = (struct note){.where = where};
	note->where.is_last_good = false; /* once said */
	va_start(args, format);
	note->message = mem_vprintf(finding, format, args);
	va_end(args);
	if (where.is_last_good)
		note->message =
			mem_printf(finding, "%s, as it was last good", note->message);
}

void diag_keep_note(struct finding *finding)
{
	if (finding->n_notes > 0)
		finding->notes[finding->n_notes - 1].is_kept = true;
}

void diag_record_failure(struct diags *diags, enum exit_code code, int error,
	struct loc where, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	struct finding *finding =
		diag_vadd(diags, SEVERITY_ERROR, NULL, where, format, args);
	va_end(args);
	if (error != 0)
		finding->message =
			mem_printf(finding, "%s: %s", finding->message, strerror(error));
	if (diags->failure == EXIT_OK)
		diags->failure = code;
}

struct finding *diag_last(struct diags *diags)
{
	return diags->n_findings == 0 ? NULL : diags->findings[diags->n_findings - 1];
}

void diags_take(struct diags *diags, struct diags *from)
{
	for (size_t i = 0; i < from->n_findings; i++) {
		from->findings[i]->sequence = diags->n_findings;
		*mem_push(diags, &diags->findings, &diags->n_findings) =
			from->findings[i];
	}
	diags->n_errors += from->n_errors;
	diags->n_warnings += from->n_warnings;
	if (diags->failure == EXIT_OK)
		diags->failure = from->failure;
	talloc_steal(diags, from);
}

/* Order */

static int compare_number(size_t a, size_t b)
{
	return a < b ? -1 : a > b;
}

/* A file's findings follow its lines, a directory's its DNs. */
static int compare_findings(const void *left, const void *right)
{
	const struct finding *a = *(struct finding *const *)left;
	const struct finding *b = *(struct finding *const *)right;
	int order = text_compare(a->where.source, b->where.source);

	if (order == 0)
		order = compare_number(a->where.line, b->where.line);
	if (order == 0)
		order = compare_number(a->where.column, b->where.column);
	if (order == 0)
		order = text_compare(a->where.dn, b->where.dn);
	if (order == 0)
		order = text_compare(a->where.attr, b->where.attr);
	if (order == 0)
		order = text_compare(a->id, b->id);
	if (order == 0)
		order = strcmp(a->message, b->message);
	return order != 0 ? order : compare_number(a->sequence, b->sequence);
}

/* What stands in a line of the changes has that file as its source. */
static void settle_source(const struct diags *diags, struct loc *where)
{
	if ((where->line & LINE_OF_CHANGES) == 0)
		return;
	where->source = diags->changes;
	where->line &= ~LINE_OF_CHANGES;
}

void diags_sort(struct diags *diags)
{
	for (size_t i = 0; i < diags->n_findings; i++) {
		struct finding *finding = diags->findings[i];

		settle_source(diags, &finding->where);
		for (size_t j = 0; j < finding->n_notes; j++)
			settle_source(diags, &finding->notes[j].where);
	}
	if (diags->n_findings > 1)
		qsort(diags->findings, diags->n_findings, sizeof(struct finding *),
			compare_findings);
}

/* Printing */

static const char *severity_word(enum severity severity)
{
	switch (severity) {
	case SEVERITY_ERROR:
		return "error";
	case SEVERITY_WARNING:
		return "warning";
	case SEVERITY_NOTE:
		return "note";
	case SEVERITY_IGNORE:
		return "ignored";
	}
	return "?";
}

static const char *severity_color(enum severity severity)
{
	switch (severity) {
	case SEVERITY_ERROR:
		return "\033[1;31m";
	case SEVERITY_WARNING:
		return "\033[1;35m";
	default:
		return "\033[1;36m";
	}
}

/* Directory values reach messages: nothing in them may drive the terminal. */
static void put_safe(FILE *stream, const char *text)
{
	for (const unsigned char *c = (const unsigned char *)text; *c != '\0'; c++) {
		if ((*c < 0x20 && *c != '\n' && *c != '\t') || *c == 0x7f)
			fprintf(stream, "\\x%02x", *c);
		else
			putc(*c, stream);
	}
}

static void print_where(FILE *stream, const struct loc *where)
{
	if (where->source != NULL) {
		put_safe(stream, where->source);
		if (where->line > 0)
			fprintf(stream, ":%u", where->line);
		if (where->column > 0)
			fprintf(stream, ":%u", where->column);
		fputs(": ", stream);
	}
	if (where->dn != NULL) {
		put_safe(stream, where->dn);
		fputs(": ", stream);
	}
	if (where->attr != NULL) {
		put_safe(stream, where->attr);
		fputs(": ", stream);
	}
}

/* The end of the first RDN: a comma that is not escaped. */
static size_t rdn_length(const char *dn)
{
	size_t len = 0;

	while (dn[len] != '\0' && dn[len] != ',')
		len += dn[len] == '\\' && dn[len + 1] != '\0' ? 2 : 1;
	return len;
}

char *change_text(TALLOC_CTX *mem_ctx, const struct change *change)
{
	TMP_CTX(tmp);
	const char *by = change->by == NULL ? "" : change->by;
	const char *at = change->at == 0 ? "" : text_format_time(tmp, change->at);

	if (*by == '\0' && *at == '\0')
		return NULL;
	return mem_printf(mem_ctx, "changed%s%.*s%s%s", *by == '\0' ? "" : " by ",
		(int)rdn_length(by), by, *at == '\0' ? "" : " at ", at);
}

static void print_change(FILE *stream, const struct change *change)
{
	TMP_CTX(tmp);
	const char *text = change_text(tmp, change);

	if (text == NULL)
		return;
	fputs(" (", stream);
	put_safe(stream, text);
	putc(')', stream);
}

static void print_severity(
	FILE *stream, enum severity severity, const struct diag_style *style)
{
	if (style->color)
		fprintf(stream, "%s%s:\033[0m ", severity_color(severity),
			severity_word(severity));
	else
		fprintf(stream, "%s: ", severity_word(severity));
}

static void print_excerpt(FILE *stream, const struct finding *finding)
{
	TMP_CTX(tmp);
	const char *at = finding->excerpt;

	if (at == NULL)
		return;
	bool is_text = text_is_utf8(at, strlen(at)) && text_unseen(at) == 0;

	fputs("    ", stream);
	put_safe(stream, is_text ? at : text_printable_line(tmp, at));
	putc('\n', stream);
	if (finding->where.column == 0)
		return;
	fputs("    ", stream);
	for (unsigned i = 1; i < finding->where.column && *at != '\0'; i++, at++)
		putc(*at == '\t' ? '\t' : ' ', stream);
	fputs("^\n", stream);
}

static void print_note(
	FILE *stream, const struct note *note, const struct diag_style *style)
{
	print_where(stream, &note->where);
	print_severity(stream, SEVERITY_NOTE, style);
	put_safe(stream, note->message);
	print_change(stream, &note->where.change);
	putc('\n', stream);
}

static void print_notes(
	FILE *stream, const struct finding *finding, const struct diag_style *style)
{
	const struct note *notes = finding->notes;
	size_t n = finding->n_notes, n_left = 0;

	if (style->limit_notes > 0 && n > style->limit_notes)
		n = style->limit_notes;
	for (size_t i = 0; i < n; i++)
		print_note(stream, &notes[i], style);
	for (size_t i = n; i < finding->n_notes; i++)
		n_left += !notes[i].is_kept;
	if (n_left > 0)
		fprintf(stream, "and %zu more notes: --verbose prints all\n", n_left);
	for (size_t i = n; i < finding->n_notes; i++)
		if (notes[i].is_kept)
			print_note(stream, &notes[i], style);
}

void diag_print(
	FILE *stream, const struct finding *finding, const struct diag_style *style)
{
	print_where(stream, &finding->where);
	print_severity(stream, finding->severity, style);
	put_safe(stream, finding->message);
	print_change(stream, &finding->where.change);
	if (finding->id != NULL)
		fprintf(stream, " [%s]", finding->id);
	putc('\n', stream);
	print_excerpt(stream, finding);
	print_notes(stream, finding, style);
}

/* How often each id was seen; failures without an id are never limited. */
struct tally {
	const char *id;
	size_t n;
};

static struct tally *tally_of(
	TALLOC_CTX *mem_ctx, struct tally **tallies, size_t *n, const char *id)
{
	for (size_t i = 0; i < *n; i++)
		if (strcmp((*tallies)[i].id, id) == 0)
			return &(*tallies)[i];
	struct tally *tally = mem_push(mem_ctx, tallies, n);

	tally->id = id;
	return tally;
}

static int compare_tallies(const void *a, const void *b)
{
	return strcmp(((const struct tally *)a)->id, ((const struct tally *)b)->id);
}

void diags_print(FILE *stream, struct diags *diags, const struct diag_style *style)
{
	TMP_CTX(tmp);
	struct tally *tallies = NULL;
	size_t n_tallies = 0;

	diags_sort(diags);
	for (size_t i = 0; i < diags->n_findings; i++) {
		const struct finding *finding = diags->findings[i];
		struct tally *tally =
			finding->id == NULL
				? NULL
				: tally_of(tmp, &tallies, &n_tallies, finding->id);

		if (tally != NULL && ++tally->n > style->limit_per_id &&
			style->limit_per_id > 0)
			continue;
		diag_print(stream, finding, style);
	}
	if (n_tallies > 1)
		qsort(tallies, n_tallies, sizeof(*tallies), compare_tallies);
	for (size_t i = 0; style->limit_per_id > 0 && i < n_tallies; i++)
		if (tallies[i].n > style->limit_per_id)
			fprintf(stream, "and %zu more [%s]: --verbose prints all\n",
				tallies[i].n - style->limit_per_id, tallies[i].id);
	if (diags->n_findings <= SUMMARY_FROM)
		return;
	fprintf(stream, "%zu %s, %zu %s", diags->n_errors,
		text_plural(diags->n_errors, "error", "errors"), diags->n_warnings,
		text_plural(diags->n_warnings, "warning", "warnings"));
	for (size_t i = 0; i < n_tallies; i++)
		fprintf(stream, "%s%zu %s", i == 0 ? ": " : ", ", tallies[i].n,
			tallies[i].id);
	putc('\n', stream);
}

/* JSON */

void change_to_json(const struct change *change, struct json_object *object)
{
	TMP_CTX(tmp);

	json_put_text(object, "changed_by", change->by);
	if (change->at != 0)
		json_put_text(object, "changed_at", text_format_time(tmp, change->at));
}

static struct json_object *where_to_json(const struct loc *where, const char *message)
{
	struct json_object *object = json_object_new_object();

	json_put_text(object, "source", where->source);
	if (where->line > 0)
		json_put_number(object, "line", where->line);
	if (where->column > 0)
		json_put_number(object, "column", where->column);
	json_put_text(object, "dn", where->dn);
	json_put_text(object, "attribute", where->attr);
	change_to_json(&where->change, object);
	json_put_text(object, "message", message);
	return object;
}

struct json_object *diags_to_json(struct diags *diags)
{
	struct json_object *array = json_object_new_array();

	diags_sort(diags);
	for (size_t i = 0; i < diags->n_findings; i++) {
		const struct finding *f = diags->findings[i];
		struct json_object *object = where_to_json(&f->where, f->message);
		struct json_object *notes = json_object_new_array();

		json_put_text(object, "severity", severity_word(f->severity));
		json_put_text(object, "id", f->id);
		for (size_t j = 0; j < f->n_notes; j++)
			json_object_array_add(notes,
				where_to_json(&f->notes[j].where, f->notes[j].message));
		json_object_object_add(object, "notes", notes);
		json_object_array_add(array, object);
	}
	return array;
}
