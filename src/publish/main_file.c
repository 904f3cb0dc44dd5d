/* SPDX-License-Identifier: Apache-2.0 */
#include "publish/main_file.h"

#include <string.h>

#include "base/text.h"

struct scan {
	const char *text, *at;
	const char *
		keyword; /* what stands in front of a path that is included; NULL: nothing */
	bool has_conf_dir;
	bool is_quoted;
	const struct included *files;
	size_t n_files;
	struct buffer *out;
	size_t n_hits;
};

static bool is_path_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || (c != '\0' && strchr("._-/", c) != NULL);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void copy(struct scan *s, size_t len)
{
	buffer_add(s->out, s->at, len);
	s->at += len;
}

/* Comments: in all languages here they begin with #, // or / * */

static bool is_after_gap(const struct scan *s)
{
	return s->at == s->text || is_blank(s->at[-1]) ||
	       strchr(";{}[],\"", s->at[-1]) != NULL;
}

/* How long the comment is that begins here; 0: none does. */
static size_t comment_length(const struct scan *s)
{
	if (s->is_quoted || !is_after_gap(s))
		return 0;
	if (s->at[0] == '#' || (s->at[0] == '/' && s->at[1] == '/'))
		return strcspn(s->at, "\n");
	if (s->at[0] != '/' || s->at[1] != '*')
		return 0;
	const char *end = strstr(s->at + 2, "*/");

	return end == NULL ? strlen(s->at) : (size_t)(end + 2 - s->at);
}

/* Paths */

/* `/` in several spellings: //, /./ */
static const char *skip_slashes(const char *at)
{
	while (*at == '/' || (at[0] == '.' && at[1] == '/'))
		at++;
	return at;
}

/* How much of @at is @path; 0 where it is another one. */
static size_t match_path(const char *at, const char *path)
{
	const char *start = at;

	for (; *path != '\0'; path++) {
		if (*at != *path)
			return 0;
		at = *path == '/' ? skip_slashes(at + 1) : at + 1;
	}
	return is_path_byte(*at) ? 0 : (size_t)(at - start);
}

static bool follows_keyword(const struct scan *s)
{
	const char *end = s->at;
	size_t len;

	if (s->keyword == NULL)
		return true;
	len = strlen(s->keyword);
	if (end > s->text && end[-1] == '"')
		end--;
	while (end > s->text && is_blank(end[-1]))
		end--;
	if ((size_t)(end - s->text) < len || memcmp(end - len, s->keyword, len) != 0)
		return false;
	return end - len == s->text || !is_path_byte(end[-(ptrdiff_t)len - 1]);
}

/* One of ours, included here: its copy instead. */
static bool take_path(struct scan *s)
{
	if (s->at > s->text && is_path_byte(s->at[-1]))
		return false;
	for (size_t i = 0; i < s->n_files; i++) {
		size_t len = match_path(s->at, s->files[i].path);

		if (len == 0 || !follows_keyword(s))
			continue;
		buffer_add_text(s->out, s->files[i].copy);
		s->at += len;
		s->n_hits += i == 0;
		return true;
	}
	return false;
}

/* conf-dir=FOLDER[,*SUFFIX…][,SUFFIX…] of dnsmasq: which files it reads */

struct conf_dir {
	char **words; /* the folder, then suffixes: with * of what is read, without of what is not */
	size_t n_words;
};

static char *trimmed(char *word)
{
	size_t len;

	word += strspn(word, " \t");
	for (len = strlen(word); len > 0 && is_blank(word[len - 1]); len--)
		word[len - 1] = '\0';
	return word;
}

static bool has_ending(const char *name, const char *suffix)
{
	return strlen(name) > strlen(suffix) && text_has_suffix(name, suffix);
}

static bool passes_suffixes(const struct conf_dir *dir, const char *name)
{
	bool has_wanted = false, is_wanted = false;

	for (size_t i = 1; i < dir->n_words; i++) {
		const char *word = dir->words[i];

		if (word[0] == '*' && word[1] != '\0') {
			has_wanted = true;
			is_wanted |= has_ending(name, word + 1);
		} else if (word[0] != '*' && word[0] != '\0' && has_ending(name, word)) {
			return false;
		}
	}
	return is_wanted || !has_wanted;
}

static bool reads(const struct conf_dir *dir, const char *path)
{
	const char *name = strrchr(path, '/') + 1;
	char last = name[0] == '\0' ? '~' : name[strlen(name) - 1];
	TMP_CTX(tmp);
	const char *folder = mem_strndup(tmp, path, (size_t)(name - path));

	if (name[0] == '.' || last == '~' || (name[0] == '#' && last == '#'))
		return false;
	return match_path(mem_printf(tmp, "%s/", dir->words[0]), folder) > 0 &&
	       passes_suffixes(dir, name);
}

/* The part of a line that is no comment, which begins with a blank and #. */
static size_t code_length(const char *line)
{
	size_t len = strcspn(line, "\n");

	for (size_t i = 0; i + 1 < len; i++)
		if (is_blank(line[i]) && line[i + 1] == '#')
			return i;
	return len;
}

/* What ours are is left out of the folder, by their endings, and named each. */
static void leave_out(struct scan *s, const struct conf_dir *dir, size_t code)
{
	TMP_CTX(tmp);
	struct buffer *names = buffer_new(tmp);

	copy(s, code);
	for (size_t i = 0; i < s->n_files; i++) {
		if (!reads(dir, s->files[i].path))
			continue;
		buffer_printf(s->out, ",%s", strrchr(s->files[i].path, '/') + 2);
		buffer_printf(names, "\nconf-file=%s", s->files[i].copy);
		s->n_hits += i == 0;
	}
	copy(s, strcspn(s->at, "\n"));
	buffer_add(s->out, names->data, names->len);
}

static bool take_conf_dir(struct scan *s)
{
	TMP_CTX(tmp);
	const char *at = s->at + strspn(s->at, " \t");
	struct conf_dir dir;

	if (!s->has_conf_dir || (s->at > s->text && s->at[-1] != '\n') ||
		!text_has_prefix(at, "conf-dir"))
		return false;
	at += strlen("conf-dir");
	at += strspn(at, " \t");
	if (*at++ != '=')
		return false;
	size_t len = code_length(at);

	dir.words = text_split(tmp, mem_strndup(tmp, at, len), ',', &dir.n_words);
	if (dir.n_words == 0)
		return false;
	for (size_t i = 0; i < dir.n_words; i++)
		dir.words[i] = trimmed(dir.words[i]);
	leave_out(s, &dir, (size_t)(at + len - s->at));
	return true;
}

static void take_byte(struct scan *s)
{
	bool is_escape = *s->at == '\\' && s->at[1] != '\0' && s->at[1] != '\n';

	if (*s->at == '"')
		s->is_quoted = !s->is_quoted;
	else if (*s->at == '\n')
		s->is_quoted = false;
	copy(s, is_escape ? 2 : 1);
}

char *main_file_rewrite(TALLOC_CTX *mem_ctx, const char *text, const char *language,
	const struct included *files, size_t n_files, size_t *ret_hits)
{
	TMP_CTX(tmp);
	struct scan s = {
		.text = text,
		.at = text,
		.keyword = strcmp(language, "dhcpd") == 0  ? "include"
			   : strcmp(language, "json") == 0 ? "<?include"
							   : NULL,
		.has_conf_dir = strcmp(language, "dnsmasq") == 0,
		.files = files,
		.n_files = n_files,
		.out = buffer_new(tmp),
	};

	while (*s.at != '\0') {
		size_t comment = comment_length(&s);

		if (comment > 0)
			copy(&s, comment);
		else if (!take_conf_dir(&s) && !take_path(&s))
			take_byte(&s);
	}
	*ret_hits = s.n_hits;
	return talloc_steal(mem_ctx, s.out->data);
}
