/* SPDX-License-Identifier: Apache-2.0 */
#include "render/target.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "template/language.h"
#include "template/template_token.h"

enum { TEMPLATE_SIZE_MAX = 1024 * 1024, MODE_DEFAULT = 0644 };

static const char *const for_each_names[] = {
	[FOR_SITE] = "site",
	[FOR_HOST] = "host",
	[FOR_VCN] = "vcn",
	[FOR_NODE] = "node",
	[FOR_NETWORK] = "network",
	[FOR_PROFILE] = "profile",
	[FOR_ZONE] = "zone",
	[FOR_MAC] = "mac",
	NULL,
};

const struct target *targets_find(
	const struct target *targets, size_t n_targets, const char *name)
{
	for (size_t i = 0; i < n_targets; i++)
		if (strcmp(targets[i].name, name) == 0)
			return &targets[i];
	return NULL;
}

const char *targets_boot_script(const struct target *targets, size_t n_targets)
{
	const struct target *script = targets_find(targets, n_targets, "ipxe-boot");
	const struct target *kickstart = targets_find(targets, n_targets, "kickstart");
	const char *tree = "/srv/ldapcc/kickstart";

	if (kickstart != NULL && kickstart->fixed_folder != NULL)
		tree = kickstart->fixed_folder;
	size_t len = strlen(tree);

	if (script == NULL || strncmp(script->path, tree, len) != 0 ||
		script->path[len] != '/')
		return NULL;
	return script->path + len + 1;
}

/* Files */

static struct target_folders *folders_new(
	TALLOC_CTX *mem_ctx, const struct settings *settings, const char *shipped_folder)
{
	struct target_folders *folders = mem_new(mem_ctx, struct target_folders);
	struct string_list *list = &folders->folders;

	for (size_t i = 0; i < settings->templates.n; i++)
		*mem_push(folders, &list->items, &list->n) =
			mem_strdup(folders, settings->templates.items[i]);
	*mem_push(folders, &list->items, &list->n) = mem_strdup(folders, shipped_folder);
	return folders;
}

int targets_check_folders(const struct settings *settings, struct diags *diags)
{
	int failed = 0;

	for (size_t i = 0; i < settings->templates.n; i++) {
		const char *path = settings->templates.items[i];
		int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		if (fd >= 0)
			close(fd);
		else if (errno != ENOENT)
			failed = diag_fail_errno(diags, EXIT_USAGE, errno, loc_file(path),
				"the folder of 'templates' cannot be opened");
	}
	return failed;
}

static bool is_name(const char *name)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789._-";

	return name[0] != '\0' && name[0] != '.' && name[strspn(name, letters)] == '\0';
}

/* What is away or out of reach, as a link that leads nowhere, hides what is behind it all the same. */
static bool is_there(const char *path)
{
	struct stat st;

	if (stat(path, &st) == 0)
		return S_ISREG(st.st_mode);
	return (errno != ENOENT && errno != ENOTDIR) || lstat(path, &st) == 0;
}

/* The path of @name in the first folder from @first on that has it; NULL: none has. */
static char *find_file(TALLOC_CTX *mem_ctx, const struct target_folders *folders,
	size_t first, const char *name)
{
	for (size_t i = first; i < folders->folders.n; i++) {
		char *path = file_join(mem_ctx, folders->folders.items[i], name);

		if (is_there(path))
			return path;
		talloc_free(path);
	}
	return NULL;
}

/* The same, behind the folder that @path is in. */
static char *find_hidden(TALLOC_CTX *mem_ctx, const struct target_folders *folders,
	const char *path, const char *name)
{
	TMP_CTX(tmp);

	for (size_t i = 0; i < folders->folders.n; i++)
		if (strcmp(file_join(tmp, folders->folders.items[i], name), path) == 0)
			return find_file(mem_ctx, folders, i + 1, name);
	return NULL;
}

/* A file cut in two. */
struct sheet {
	const char *path;
	const char *front; /* NULL: has none */
	size_t front_len;
	const char *body;
	size_t body_len;
	unsigned body_offset; /* lines above the body */
};

/* The length of the line at @text if it is `---`, with its newline; 0: it is not. */
static size_t marker_length(const char *text, const char *end)
{
	size_t len = 3;

	if (end - text < 3 || memcmp(text, "---", 3) != 0)
		return 0;
	if (text + len < end && text[len] == '\r')
		len++;
	if (text + len == end)
		return len;
	return text[len] == '\n' ? len + 1 : 0;
}

/* What some editors put before the first character would be printed, or hide the front matter. */
static void skip_byte_order_mark(struct sheet *sheet)
{
	static const char mark[] = "\xef\xbb\xbf";
	size_t len = sizeof(mark) - 1;

	if (sheet->body_len < len || memcmp(sheet->body, mark, len) != 0)
		return;
	sheet->body += len;
	sheet->body_len -= len;
}

static int split_sheet(struct sheet *sheet, struct diags *diags)
{
	skip_byte_order_mark(sheet);
	const char *text = sheet->body, *end = text + sheet->body_len;
	const char *at = text + marker_length(text, end);

	if (at == text)
		return 0;
	sheet->front = at;
	for (sheet->body_offset = 1; at < end; sheet->body_offset++) {
		size_t len = marker_length(at, end);

		if (len > 0) {
			sheet->front_len = (size_t)(at - sheet->front);
			sheet->body = at + len;
			sheet->body_len = (size_t)(end - sheet->body);
			sheet->body_offset++;
			return 0;
		}
		const char *newline = memchr(at, '\n', (size_t)(end - at));

		at = newline == NULL ? end : newline + 1;
	}
	return diag_fail(diags, EXIT_USAGE, loc_at(mem_strdup(diags, sheet->path), 1, 1),
		"the front matter has no end: a line '---' is missing");
}

static int read_sheet(
	TALLOC_CTX *mem_ctx, const char *path, struct diags *diags, struct sheet *ret)
{
	char *text;

	*ret = (struct sheet){.path = path};
	int r = file_read(mem_ctx, path, EXIT_USAGE, TEMPLATE_SIZE_MAX, diags, &text,
		&ret->body_len);

	if (r < 0) {
		/* the path in the message must outlive this call */
		diag_last(diags)->where.source = mem_strdup(diags, path);
		return r;
	}
	ret->body = text;
	return split_sheet(ret, diags);
}

/* Front matter */

static int read_choice(struct reader *r, const struct node *value,
	const char *const *choices, size_t *ret)
{
	TMP_CTX(tmp);
	const char *word;

	if (value->kind != NODE_SCALAR)
		return document_fault(r, value, "expected a single value");
	for (*ret = 0; choices[*ret] != NULL; (*ret)++)
		if (strcmp(choices[*ret], value->text) == 0)
			return 0;
	word = text_printable(tmp, value->text, value->length);
	const char *nearest = text_nearest(word, choices);

	if (nearest != NULL)
		return document_fault(
			r, value, "'%s' is not known, did you mean '%s'?", word, nearest);
	struct buffer *all = buffer_new(tmp);

	for (size_t i = 0; choices[i] != NULL; i++)
		buffer_printf(all, "%s%s", i == 0 ? "" : ", ", choices[i]);
	return document_fault(
		r, value, "'%s' is not known, it is one of %s", word, all->data);
}

/* What front matter gives: the target, and where members stand that are checked later. */
struct front {
	struct target target;
	struct loc main_at, check_at, trailer_at;
};

static int read_for_each(struct reader *r, const struct node *value, void *field)
{
	size_t choice = 0;
	int failed = read_choice(r, value, for_each_names + FOR_HOST, &choice);

	if (failed == 0)
		*(enum for_each *)field = (enum for_each)(choice + FOR_HOST);
	return failed;
}

static int read_language(struct reader *r, const struct node *value, void *field)
{
	TMP_CTX(tmp);
	size_t choice = 0;
	int failed = read_choice(r, value, language_names(tmp), &choice);

	if (failed == 0)
		*(const char **)field = languages[choice].name;
	return failed;
}

/* Only ASCII, where a byte is a character: half of another one is part of many. */
static int read_refuse(struct reader *r, const struct node *value, void *field)
{
	const char **refuse = field;
	int failed = read_string(r, value, refuse);

	if (failed < 0)
		return failed;
	if (**refuse == '\0')
		return document_fault(r, value, "expected the characters to refuse");
	if (value->is_plain && strcmp(*refuse, "none") == 0)
		return document_fault(r, value,
			"expected the characters to refuse: where there are none, leave "
			"'refuse' out");
	for (const char *at = *refuse; *at != '\0'; at++)
		if ((unsigned char)*at >= 0x80)
			return document_fault(r, value, "expected characters of ASCII");
	return 0;
}

static int read_when(struct reader *r, const struct node *value, void *field)
{
	struct target *target = field;
	int failed = read_string(r, value, &target->when);

	if (failed < 0)
		return failed;
	target->when_at = document_at(r, value);
	if (target->when[strspn(
		    target->when, "abcdefghijklmnopqrstuvwxyz0123456789_.")] != '\0')
		return document_fault(r, value, "expected the name of a field");
	return 0;
}

static int read_path(struct reader *r, const struct node *value, void *field)
{
	struct target *target = field;

	target->path_at = document_text_at(r, value, &target->path_line);
	return read_string(r, value, &target->path);
}

static int read_main(struct reader *r, const struct node *value, void *field)
{
	struct front *front = field;

	front->main_at = document_at(r, value);
	return read_string(r, value, &front->target.main);
}

static int read_check(struct reader *r, const struct node *value, void *field)
{
	struct front *front = field;

	front->check_at = document_at(r, value);
	return read_command(r, value, &front->target.check);
}

static int read_trailer(struct reader *r, const struct node *value, void *field)
{
	struct front *front = field;
	const char **trailer = &front->target.trailer;
	int failed = read_string(r, value, trailer);

	if (failed < 0)
		return failed;
	front->trailer_at = document_at(r, value);
	if (strcmp(*trailer, "none") == 0)
		*trailer = NULL;
	else if (text_has_control(*trailer, strlen(*trailer)))
		return document_fault(r, value, "a trailer is a single line");
	return 0;
}

/* A map of texts to sentences, kept as pairs. */
static int read_pairs(struct reader *r, const struct node *value, void *field)
{
	struct string_list *list = field;

	if (value->kind != NODE_MAP)
		return document_fault(r, value, "expected what is printed: what to say");
	for (size_t i = 0; i < value->n_items; i++) {
		const char *sentence;
		int failed = read_string(r, value->items[i], &sentence);

		if (failed < 0)
			return failed;
		*mem_push(r->mem_ctx, &list->items, &list->n) =
			mem_strdup(r->mem_ctx, value->keys[i]->text);
		*mem_push(r->mem_ctx, &list->items, &list->n) = sentence;
	}
	return 0;
}

#define AT(member) offsetof(struct front, target.member)
static const struct key front_keys[] = {
	{"path", read_path, 0, false},
	{"for-each", read_for_each, AT(for_each), false},
	{"named-by", read_strings, AT(named_by), false},
	{"needs", read_strings, AT(needs), false},
	{"when", read_when, 0, false},
	{"language", read_language, AT(language), false},
	{"refuse", read_refuse, AT(refuse), false},
	{"owner", read_string, AT(owner), false},
	{"group", read_string, AT(group), false},
	{"mode", read_mode, AT(mode), false},
	{"trailer", read_trailer, 0, false},
	{"slow-above", read_unsigned, AT(slow_above), false},
	{"main", read_main, 0, false},
	{"frame", read_string, AT(frame), false},
	{"explain", read_pairs, AT(explain), false},
	{"check", read_check, 0, false},
	{"check-timeout", read_timeout, AT(check_timeout_s), false},
	{"on-change", read_action, AT(on_change), false},
	{0},
};
#undef AT

static int read_front(TALLOC_CTX *mem_ctx, const struct sheet *sheet, struct diags *diags,
	struct front *front)
{
	TMP_CTX(tmp);
	struct document *document;

	if (sheet->front == NULL)
		return 0;
	int failed = document_parse(tmp, sheet->path, sheet->front, sheet->front_len, 1,
		EXIT_USAGE, diags, &document);

	if (failed < 0)
		return failed;
	struct reader reader = {.mem_ctx = mem_ctx,
		.document = document,
		.diags = diags,
		.code = EXIT_USAGE};

	return document_read(&reader, document->root, front_keys, front);
}

/* Targets */

struct loading {
	TALLOC_CTX *mem_ctx;
	const struct target_folders *folders;
	const char *state; /* the settings' folder */
	struct diags *diags;
	struct target *targets;
	size_t n_targets;
	struct sheet front; /* the file that the front matter is from */
	int failed;
};

/* With the source line, where it is in a template's front matter. */
static void fault(struct loading *l, struct loc where, const char *message)
{
	const struct template_text text = {.path = l->front.path,
		.body = l->front.front,
		.len = l->front.front_len,
		.line_offset = 1};

	l->failed = -EXIT_USAGE;
	if (where.line == 0 || strcmp(where.source, text.path) != 0)
		(void)diag_fail(l->diags, EXIT_USAGE, where, "%s", message);
	else
		template_fault(
			l->diags, &text, NULL, where.line, where.column, "%s", message);
}

static void override(struct front *front, const struct target_settings *settings)
{
	struct target *target = &front->target;

	target->own_path = target->path;
	if (settings->path != NULL) {
		target->path = settings->path;
		target->path_at = settings->path_at;
		target->path_line = settings->path_line;
	}
	if (settings->owner != NULL)
		target->owner = settings->owner;
	if (settings->group != NULL)
		target->group = settings->group;
	if (settings->main != NULL) {
		target->main = settings->main;
		front->main_at = settings->main_at;
	}
	if (settings->has_mode)
		target->mode = settings->mode;
	if (settings->has_check) {
		target->check = settings->check;
		front->check_at = settings->check_at;
	}
	if (settings->check_timeout_s != 0)
		target->check_timeout_s = settings->check_timeout_s;
	if (settings->has_on_change)
		target->on_change = settings->on_change;
}

static const char *path_fault(const char *path)
{
	if (path[0] != '/')
		return "the path must be absolute";
	if (text_has_control(path, strlen(path)))
		return "the path contains a control character";
	for (const char *at = path; at != NULL; at = strchr(at + 1, '/')) {
		size_t len = strcspn(at + 1, "/");

		if (len == 0 || (len == 1 && at[1] == '.'))
			return "the path has an empty part";
		if (len == 2 && at[1] == '.' && at[2] == '.')
			return "the path must not contain '..'";
	}
	return NULL;
}

/* What for-each asks of the path: something that tells the files apart, in a folder. */
static void check_tags(struct loading *l, struct target *target)
{
	const char *tag = strstr(target->path, "{{");
	const char *slash = tag;

	if ((tag != NULL) != (target->for_each != FOR_SITE)) {
		fault(l, target->path_at,
			tag != NULL ? "the path may hold '{{…}}' only with 'for-each'"
				    : "with 'for-each' the path needs a '{{…}}' that "
				      "tells the files apart");
		return;
	}
	if (tag == NULL)
		return;
	while (*slash != '/')
		slash--;
	if (slash == target->path) {
		fault(l, target->path_at, "the path needs a folder before its '{{…}}'");
		return;
	}
	target->fixed_folder =
		mem_strndup(l->mem_ctx, target->path, (size_t)(slash - target->path));
}

/* No file can be where the other has a folder. */
static void check_against(
	struct loading *l, const struct target *target, const struct target *other)
{
	const char *clash = strcmp(other->path, target->path) == 0 ? "has the path of"
			    : text_is_below(target->path, other->path)
				    ? "has a path below the file of"
			    : text_is_below(other->path, target->path)
				    ? "has the path of a folder of"
				    : NULL;

	if (clash == NULL)
		return;
	l->failed = diag_fail(l->diags, EXIT_USAGE, target->path_at,
		"target '%s' %s '%s'", target->name, clash, other->name);
	diag_note(diag_last(l->diags), other->path_at, "'%s' is here", other->path);
}

static void check_path(struct loading *l, struct target *target)
{
	const char *reason = path_fault(target->path);

	if (reason == NULL && l->state != NULL && text_is_below(target->path, l->state))
		reason =
			"the path lies in the folder of the state, which is ldapcc's own";
	if (reason != NULL) {
		fault(l, target->path_at, reason);
		return;
	}
	check_tags(l, target);
	for (size_t i = 0; i < l->n_targets; i++)
		if (l->targets[i].path != NULL)
			check_against(l, target, &l->targets[i]);
}

/* What tells the files of @path apart: all from the folder on that its first tag is in. */
static const char *names_of(const char *path)
{
	const char *at = strstr(path, "{{");

	while (at != NULL && at > path && at[-1] != '/')
		at--;
	return at == NULL ? "" : at;
}

/* Files that another target names are found by no other name; their folder may be any. */
static void check_names(struct loading *l, const struct target *target)
{
	if (target->path == NULL || target->own_path == NULL)
		return;
	const char *names = names_of(target->own_path);

	for (size_t i = 0; i < target->named_by.n; i++) {
		const struct target *other =
			targets_find(l->targets, l->n_targets, target->named_by.items[i]);

		if (strcmp(names_of(target->path), names) == 0)
			return;
		if (other != NULL)
			l->failed = diag_fail(l->diags, EXIT_USAGE, target->path_at,
				"target '%s' names the files of '%s' by '%s': the path must end "
				"with that, or templates of your own change both",
				other->name, target->name, names);
	}
}

/* A trailer that is no comment is part of what the file says. */
static void check_trailer(struct loading *l, const struct front *front)
{
	TMP_CTX(tmp);
	const struct target *target = &front->target;
	const struct language *language = language_find(target->language);

	if (language == NULL || target->trailer == NULL ||
		language_may_begin_comment(language, target->trailer))
		return;
	const char *comment = language->comment;

	if (comment[0] == '\0')
		fault(l, front->trailer_at,
			mem_printf(tmp,
				"a file in %s has no trailer: no comment of it ends "
				"with its line",
				target->language));
	else
		fault(l, front->trailer_at,
			mem_printf(tmp, "a comment in %s begins with '%c'",
				target->language, comment[0]));
}

static void check_rest(struct loading *l, const struct front *front)
{
	const struct target *target = &front->target;
	struct loc where = loc_file(mem_strdup(l->diags, target->template_path));
	bool is_single = target->for_each == FOR_SITE;

	if (target->path == NULL)
		fault(l, where, "'path' is missing");
	if (target->language == NULL)
		fault(l, where, "'language' is missing");
	check_trailer(l, front);
	if (target->when != NULL && is_single)
		fault(l, target->when_at, "'when' needs 'for-each'");
	if (target->main != NULL && !is_single)
		fault(l, front->main_at,
			"'main' is for a single file, not for 'for-each'");
	if (target->main != NULL && path_fault(target->main) != NULL)
		fault(l, front->main_at, "'main' must be an absolute path");
	for (size_t i = 0; i < target->check.n && is_single; i++)
		if (strstr(target->check.items[i], "{tree}") != NULL)
			fault(l, front->check_at, "'{tree}' needs 'for-each'");
}

/* The names of the files in all folders, NULL-terminated. */
static const char **template_names(
	TALLOC_CTX *mem_ctx, const struct target_folders *folders)
{
	struct string_list names = {0};

	for (size_t i = 0; i < folders->folders.n; i++) {
		_cleanup_(mem_close_dir) DIR *dir = opendir(folders->folders.items[i]);

		for (struct dirent *entry; dir != NULL && (entry = readdir(dir)) != NULL;)
			if (entry->d_name[0] != '.' && entry->d_type != DT_DIR)
				*mem_push(mem_ctx, &names.items, &names.n) =
					mem_strdup(mem_ctx, entry->d_name);
	}
	/* the same at every run, whatever the order in the folder */
	if (names.n > 1)
		qsort(names.items, names.n, sizeof(names.items[0]), text_compare_items);
	*mem_push(mem_ctx, &names.items, &names.n) = NULL;
	return (const char **)(void *)names.items;
}

static void no_template(struct loading *l, const struct target_settings *settings)
{
	TMP_CTX(tmp);
	struct buffer *folders = buffer_new(tmp);
	const char *nearest =
		text_nearest(settings->name, template_names(tmp, l->folders));

	for (size_t i = 0; i < l->folders->folders.n; i++)
		buffer_printf(folders, "%s%s", i == 0 ? "" : ", ",
			l->folders->folders.items[i]);
	l->failed = diag_fail(l->diags, EXIT_USAGE, settings->where,
		"there is no template '%s' in %s%s%s%s", settings->name, folders->data,
		nearest == NULL ? "" : ", did you mean '", nearest == NULL ? "" : nearest,
		nearest == NULL ? "" : "'?");
}

/* A file without front matter takes that of the file it hides. */
static int find_front(struct loading *l, const char *name)
{
	while (l->front.front == NULL) {
		const char *path =
			find_hidden(l->mem_ctx, l->folders, l->front.path, name);

		if (path == NULL)
			return 0;
		int r = read_sheet(l->mem_ctx, path, l->diags, &l->front);

		if (r < 0)
			return r;
	}
	return 0;
}

static int load_file(
	struct loading *l, const struct target_settings *settings, struct front *front)
{
	struct target *target = &front->target;
	const char *path = target->template_path;
	struct sheet sheet;
	int r = read_sheet(l->mem_ctx, path, l->diags, &sheet);

	l->front = sheet;
	if (r == 0)
		r = find_front(l, target->name);
	if (r == 0)
		r = read_front(l->mem_ctx, &l->front, l->diags, front);
	if (r < 0)
		return r;
	override(front, settings);
	if (target->path != NULL)
		check_path(l, target);
	check_rest(l, front);
	target->body = (struct template_text){.path = path,
		.body = sheet.body,
		.len = sheet.body_len,
		.line_offset = sheet.body_offset,
		.language = target->language,
		.refuse = target->refuse};
	return 0;
}

static char *find_template(const struct loading *l, const char *name)
{
	return is_name(name) ? find_file(l->mem_ctx, l->folders, 0, name) : NULL;
}

/* One that is misspelt would stay on. */
static void check_off(struct loading *l, const struct target_settings *settings)
{
	if (find_template(l, settings->name) == NULL)
		no_template(l, settings);
}

static void load_target(struct loading *l, const struct target_settings *settings)
{
	struct front front = {.target = {.name = settings->name, .mode = MODE_DEFAULT}};
	char *path = find_template(l, settings->name);

	if (path == NULL) {
		no_template(l, settings);
		return;
	}
	front.target.template_path = path;
	int r = load_file(l, settings, &front);

	if (r < 0)
		l->failed = r;
	*mem_push(l->mem_ctx, &l->targets, &l->n_targets) = front.target;
}

int targets_load(TALLOC_CTX *mem_ctx, const struct settings *settings,
	const char *shipped_folder, struct diags *diags, struct target **ret_targets,
	size_t *ret_n)
{
	TMP_CTX(tmp);
	TALLOC_CTX *keep = mem_array(tmp, char, 1);
	struct loading l = {.mem_ctx = keep,
		.folders = folders_new(tmp, settings, shipped_folder),
		.state = settings->state,
		.diags = diags};

	for (size_t i = 0; i < settings->n_targets; i++)
		load_target(&l, &settings->targets[i]);
	for (size_t i = 0; i < l.n_targets; i++)
		check_names(&l, &l.targets[i]);
	for (size_t i = 0; i < settings->n_targets_off; i++)
		check_off(&l, &settings->targets_off[i]);
	if (l.failed < 0)
		return l.failed;
	talloc_steal(mem_ctx, keep);
	*ret_targets = l.targets;
	*ret_n = l.n_targets;
	return 0;
}

/* The loader */

static int load_path(TALLOC_CTX *mem_ctx, const char *path, struct diags *diags,
	struct template_text *ret)
{
	struct front front = {0};
	struct sheet sheet;
	int r = read_sheet(mem_ctx, path, diags, &sheet);

	if (r == 0)
		r = read_front(mem_ctx, &sheet, diags, &front);
	*ret = (struct template_text){.path = path,
		.body = sheet.body,
		.len = sheet.body_len,
		.line_offset = sheet.body_offset,
		.language = front.target.language,
		.refuse = front.target.refuse};
	return r;
}

static int load(void *data, TALLOC_CTX *mem_ctx, const char *name, struct diags *diags,
	struct template_text *ret)
{
	if (!is_name(name))
		return -EINVAL;
	const char *path = find_file(mem_ctx, data, 0, name);

	return path == NULL ? -ENOENT : load_path(mem_ctx, path, diags, ret);
}

static int load_hidden(void *data, TALLOC_CTX *mem_ctx, const char *name,
	const char *path, struct diags *diags, struct template_text *ret)
{
	if (!is_name(name))
		return -EINVAL;
	const char *hidden = find_hidden(mem_ctx, data, path, name);

	return hidden == NULL ? -ENOENT : load_path(mem_ctx, hidden, diags, ret);
}

struct template_loader target_loader(
	TALLOC_CTX *mem_ctx, const struct settings *settings, const char *shipped_folder)
{
	return (struct template_loader){.load = load,
		.load_hidden = load_hidden,
		.data = folders_new(mem_ctx, settings, shipped_folder)};
}

/* Paths of records */

enum { SCRATCH_ROOM = 40 }; /* of a file's name, for that of its next version beside it */

/* Slashes outside of tags. */
static size_t n_slashes(const char *path)
{
	size_t n = 0;

	for (; *path != '\0'; path++) {
		const char *end = strncmp(path, "{{", 2) == 0 ? strstr(path, "}}") : NULL;

		if (end != NULL)
			path = end + 1;
		n += *path == '/';
	}
	return n;
}

size_t target_depth(const struct target *target)
{
	return n_slashes(target->path + strlen(target->fixed_folder));
}

const char *target_path_fault(const struct target *target, const char *path)
{
	size_t fixed = strlen(target->fixed_folder);

	if (!text_has_prefix(path, target->fixed_folder))
		return "leaves its folder";
	if (strstr(path + fixed, "/.") != NULL)
		return "begins with a dot, or leaves its folder";
	if (strstr(path + fixed, "//") != NULL || text_has_suffix(path, "/"))
		return "lacks a name";
	if (n_slashes(path + fixed) > target_depth(target))
		return "has a folder too many";
	if (strlen(strrchr(path, '/')) > NAME_MAX - SCRATCH_ROOM ||
		strlen(path) >= PATH_MAX)
		return "is too long";
	return NULL;
}
