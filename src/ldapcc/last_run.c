/* SPDX-License-Identifier: Apache-2.0 */
#include "ldapcc/last_run.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <json-c/json.h>

#include "base/json.h"
#include "base/text.h"
#include "base/trailer.h"

#define FILE_NAME "last-run.json"

/* Reading */

static bool count_at(struct json_object *object, const char *key, size_t *ret)
{
	int64_t number = 0;

	if (!json_read_integer(object, key, 0, INT64_MAX, &number))
		return false;
	*ret = (size_t)number;
	return true;
}

static bool list_at(TALLOC_CTX *mem_ctx, struct json_object *object, const char *key,
	struct string_list *ret)
{
	return json_copy_texts(mem_ctx, object, key, &ret->items, &ret->n);
}

static bool from_json(
	TALLOC_CTX *mem_ctx, struct json_object *object, struct last_run *ret)
{
	int64_t code = 0;

	if (!json_read_integer(object, "exit", 0, 255, &code))
		return false;
	ret->exit = (int)code;
	return json_read_integer(object, "time", 0, INT64_MAX, &ret->time) &&
	       json_copy_text(mem_ctx, object, "uri", &ret->uri) &&
	       json_copy_text(mem_ctx, object, "identity", &ret->identity) &&
	       json_copy_text(mem_ctx, object, "inputs", &ret->inputs) &&
	       list_at(mem_ctx, object, "csn", &ret->csn) &&
	       count_at(object, "entries", &ret->n_entries) &&
	       count_at(object, "hosts", &ret->n_hosts) &&
	       count_at(object, "vcns", &ret->n_vcns) &&
	       list_at(mem_ctx, object, "quarantined", &ret->quarantined) &&
	       list_at(mem_ctx, object, "findings", &ret->findings);
}

int last_run_load(TALLOC_CTX *mem_ctx, const struct state *state, struct diags *diags,
	struct last_run *ret_last)
{
	TMP_CTX(tmp);
	char *text = NULL;
	size_t len;
	int failed = state_load(tmp, state, FILE_NAME, diags, &text, &len);

	*ret_last = (struct last_run){0};
	if (failed < 0 || text == NULL)
		return failed;
	/* a damaged file costs a full read and a mail, no more */
	struct json_object *object = json_read(text, len);
	struct last_run last = {0};

	if (object != NULL && from_json(mem_ctx, object, &last))
		*ret_last = last;
	json_object_put(object);
	return 0;
}

/* Writing */

static void put_text(struct json_object *object, const char *key, const char *text)
{
	if (text != NULL)
		json_object_object_add(object, key, json_object_new_string(text));
}

static void put_number(struct json_object *object, const char *key, int64_t number)
{
	json_object_object_add(object, key, json_object_new_int64(number));
}

static void put_list(
	struct json_object *object, const char *key, const struct string_list *list)
{
	struct json_object *array = json_object_new_array();

	for (size_t i = 0; i < list->n; i++)
		json_object_array_add(array, json_object_new_string(list->items[i]));
	json_object_object_add(object, key, array);
}

int last_run_save(
	const struct state *state, const struct last_run *last, struct diags *diags)
{
	struct json_object *object = json_object_new_object();

	put_number(object, "time", last->time);
	put_number(object, "exit", last->exit);
	put_text(object, "uri", last->uri);
	put_text(object, "identity", last->identity);
	put_text(object, "inputs", last->inputs);
	put_list(object, "csn", &last->csn);
	put_number(object, "entries", (int64_t)last->n_entries);
	put_number(object, "hosts", (int64_t)last->n_hosts);
	put_number(object, "vcns", (int64_t)last->n_vcns);
	put_list(object, "quarantined", &last->quarantined);
	put_list(object, "findings", &last->findings);
	const char *text = json_object_to_json_string_ext(
		object, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE);
	int failed = state_save(state, FILE_NAME, text, strlen(text), diags);

	json_object_put(object);
	return failed;
}

/* Inputs that are no directory */

static void add_stat(struct buffer *b, const char *path)
{
	struct stat st;

	if (stat(path, &st) == 0)
		buffer_printf(b, "%s %llu %llu %lld.%09ld\n", path,
			(unsigned long long)st.st_ino, (unsigned long long)st.st_size,
			(long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
}

static int is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static void add_folder(struct buffer *b, const char *folder)
{
	TMP_CTX(tmp);
	struct dirent **names = NULL;
	int n = scandir(folder, &names, is_visible, alphasort);

	for (int i = 0; i < n; i++) {
		add_stat(b, mem_printf(tmp, "%s/%s", folder, names[i]->d_name));
		free(names[i]);
	}
	free(names);
}

const char *last_run_inputs(TALLOC_CTX *mem_ctx, const struct run *run)
{
	TMP_CTX(tmp);
	struct buffer *b = buffer_new(tmp);
	const struct string_list *folders = &run->settings->templates;
	uint8_t digest[SHA256_BYTES];
	char text[SHA256_TEXT_MAX];

	buffer_printf(b, "%s\n", LDAPCC_VERSION);
	add_stat(b, "/proc/self/exe");
	if (run->settings->path != NULL)
		add_stat(b, run->settings->path);
	for (size_t i = 0; i < folders->n; i++)
		add_folder(b, folders->items[i]);
	add_folder(b, mem_printf(tmp, "%s/templates", run->datadir));
	add_folder(b, mem_printf(tmp, "%s/schema/maps", run->datadir));
	if (strchr(run->settings->directory.schema, '/') != NULL)
		add_stat(b, run->settings->directory.schema);
	sha256(b->data, b->len, digest);
	return mem_strdup(mem_ctx, sha256_text(digest, text));
}

/* Findings, then and now */

/* Without the line of an LDIF file, which moves; with the file where there is no DN. */
static const char *finding_text(TALLOC_CTX *mem_ctx, const struct finding *finding)
{
	static const char *const words[] = {"ignored", "note", "warning", "error"};
	const struct loc *where = &finding->where;
	const char *place = where->dn != NULL ? where->dn : where->source;

	return mem_printf(mem_ctx, "%s%s%s%s%s: %s [%s]", place == NULL ? "" : place,
		place == NULL ? "" : ": ", where->attr == NULL ? "" : where->attr,
		where->attr == NULL ? "" : ": ", words[finding->severity],
		finding->message, finding->id);
}

static bool is_of_checker(const char *id)
{
	return strcmp(id, "no-checker") == 0 || strcmp(id, "not-included") == 0;
}

/* Does it hold until somebody mends it? */
static bool is_lasting(const struct finding *finding)
{
	enum check check;

	return finding->id != NULL &&
	       (check_by_name(finding->id, &check) || is_of_checker(finding->id));
}

static bool has_text(const struct string_list *list, const char *text)
{
	for (size_t i = 0; i < list->n; i++)
		if (strcmp(list->items[i], text) == 0)
			return true;
	return false;
}

static bool text_is_of_checker(const char *text)
{
	return text_has_suffix(text, "[no-checker]") ||
	       text_has_suffix(text, "[not-included]");
}

/* Was the file that the finding is about checked in this run? */
static bool was_checked(const struct plan *plan, const char *text)
{
	for (size_t i = 0; plan != NULL && i < plan->n_files; i++)
		if (plan_file_changes(&plan->files[i]) &&
			strstr(text, plan->files[i].path) != NULL)
			return true;
	return false;
}

/* Those of the last run that are not among @now: gone, or not looked for. */
static void settle_old(TALLOC_CTX *mem_ctx, const struct last_run *last,
	struct diags *diags, struct run_reach reach, struct string_list *now)
{
	for (size_t i = 0; i < last->findings.n; i++) {
		const char *text = last->findings.items[i];

		if (has_text(now, text))
			continue;
		if (text_is_of_checker(text) ? was_checked(reach.plan, text)
					     : reach.has_read)
			diag_add(diags, SEVERITY_NOTE, NULL, LOC_NONE, "no longer: %s",
				text);
		else
			*mem_push(mem_ctx, &now->items, &now->n) = text;
	}
}

void last_run_compare(TALLOC_CTX *mem_ctx, const struct last_run *last,
	struct diags *diags, bool keep_all, struct run_reach reach,
	struct string_list *ret_now)
{
	size_t kept = 0, n = diags->n_findings;

	*ret_now = (struct string_list){0};
	for (size_t i = 0; i < n; i++) {
		struct finding *finding = diags->findings[i];
		bool is_known = false;

		if (is_lasting(finding)) {
			const char *text = finding_text(mem_ctx, finding);

			*mem_push(mem_ctx, &ret_now->items, &ret_now->n) = text;
			is_known = has_text(&last->findings, text);
		}
		if (!is_known || keep_all)
			diags->findings[kept++] = finding;
	}
	diags->n_findings = kept;
	settle_old(mem_ctx, last, diags, reach, ret_now);
}
