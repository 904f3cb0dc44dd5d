/* SPDX-License-Identifier: Apache-2.0 */
#include "base/program.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <json-c/json.h>

#include "base/json.h"
#include "base/program_help.h"
#include "base/text.h"

enum { FINDINGS_ON_TERMINAL = 20, NOTES_OF_ONE = 20, LETTERS_MAX = 64, FIRST_LONG = 256 };

/* What whoever started us has left us */

/*
 * A standard file that is closed would be the next file that is opened, which then gets what is
 * meant for a person. What stands in for it fails as the closed one did: /dev/null, opened the
 * other way round.
 */
static void open_standard_files(void)
{
	static const int modes[] = {
		[STDIN_FILENO] = O_WRONLY,
		[STDOUT_FILENO] = O_RDONLY,
		[STDERR_FILENO] = O_RDONLY,
	};

	for (int fd = 0; fd < (int)ARRAY_SIZE(modes); fd++)
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF)
			(void)!open("/dev/null", modes[fd]);
}

/*
 * A parent that ignores the end of its children makes us ignore ours: none could be waited for. A
 * reader that has gone, and a file beyond the limit that a shell has set (ulimit -f), are errors of
 * who writes, which are told, and not our end.
 */
static void set_signals(void)
{
	signal(SIGCHLD, SIG_DFL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
}

/* The command line */

static int unknown(struct program *p, const char *what, const char *word,
	const char *const *candidates)
{
	TMP_CTX(tmp);
	const char *nearest = text_nearest(word, candidates);
	const char *shown = text_printable(tmp, word, strlen(word));

	if (nearest == NULL)
		return diag_fail(p->diags, EXIT_USAGE, LOC_NONE,
			"unknown %s '%s'; see %s --help", what, shown, p->name);
	return diag_fail(p->diags, EXIT_USAGE, LOC_NONE,
		"unknown %s '%s', did you mean '%s'?", what, shown, nearest);
}

/* --co: the beginning of --color, --config and --count; NULL unless of several. */
static const char *several_options(
	TALLOC_CTX *mem_ctx, const struct program *p, const char *word)
{
	struct buffer *names = buffer_new(mem_ctx);
	size_t n = 0, len = strlen(word);

	for (size_t i = 0; i < p->n_options; i++) {
		const char *name = mem_printf(mem_ctx, "--%s", p->options[i].name);

		if (strncmp(name, word, len) == 0)
			buffer_printf(names, "%s%s", n++ == 0 ? "" : ", ", name);
	}
	return n > 1 ? names->data : NULL;
}

static int unknown_option(struct program *p, const char *word)
{
	TMP_CTX(tmp);
	const char **names = mem_array(tmp, const char *, p->n_options + 1);
	const char *several = several_options(tmp, p, word);

	if (several != NULL)
		return diag_fail(p->diags, EXIT_USAGE, LOC_NONE,
			"option '%s' is the beginning of several: %s", word, several);
	for (size_t i = 0; i < p->n_options; i++)
		names[i] = mem_printf(tmp, "--%s", p->options[i].name);
	return unknown(p, "option", word, names);
}

/*
 * What getopt_long() did not take. It names a letter or a long option's code in optopt; without
 * either the option is the word that it read last.
 */
static int refuse_option(struct program *p, const char *word)
{
	if (optopt >= FIRST_LONG)
		return diag_fail(p->diags, EXIT_USAGE, LOC_NONE, "--%s takes no value",
			p->options[optopt - FIRST_LONG].name);
	if (optopt != 0)
		return unknown_option(p, (const char[]){'-', (char)optopt, '\0'});
	return unknown_option(p, word);
}

static int unknown_command(struct program *p, const char *word)
{
	TMP_CTX(tmp);
	const char **names = mem_array(tmp, const char *, p->n_commands + 1);

	for (size_t i = 0; i < p->n_commands; i++)
		names[i] = p->commands[i].name;
	return unknown(p, "command", word, names);
}

static int take_color(struct program *p, const char *value)
{
	static const char *const words[] = {"auto", "always", "never"};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (strcmp(value, words[i]) == 0) {
			p->color = i;
			return 0;
		}
	}
	return diag_fail(
		p->diags, EXIT_USAGE, LOC_NONE, "--color is auto, always or never");
}

static int take_text(struct program *p, const struct program_option *option,
	struct program_texts *texts, const char *value)
{
	if (texts->n == PROGRAM_TEXTS_MAX)
		return diag_fail(p->diags, EXIT_USAGE, LOC_NONE,
			"--%s is given more than %d times", option->name,
			PROGRAM_TEXTS_MAX);
	texts->items[texts->n++] = value;
	return 0;
}

static int take_option(
	struct program *p, const struct program_option *option, const char *argument)
{
	char *field = (char *)p->arguments + option->offset;
	const char *value = argument == NULL ? "" : argument;
	uint64_t number;

	/* --root "$FOLDER" of a script in which nobody set it */
	if (argument != NULL && *argument == '\0' &&
		option->type != OPTION_TEXT_OR_NONE &&
		!program_option_is_optional(option))
		return diag_fail(p->diags, EXIT_USAGE, LOC_NONE,
			"--%s has an empty value", option->name);
	switch (option->type) {
	case OPTION_TEXT:
		*(const char **)(void *)field = value;
		return 0;
	case OPTION_TEXT_OR_NONE:
		*(const char **)(void *)field = *value == '\0' ? NULL : value;
		return 0;
	case OPTION_TEXTS:
		return take_text(p, option, (void *)field, value);
	case OPTION_FLAG:
		*(bool *)field = true;
		return 0;
	case OPTION_NUMBER:
		if (!text_parse_u64(value, PROGRAM_ANY_NUMBER, &number) || number == 0)
			return diag_fail(p->diags, EXIT_USAGE, LOC_NONE,
				"--%s needs a number from 1 to %u", option->name,
				(unsigned)PROGRAM_ANY_NUMBER);
		*(uint64_t *)(void *)field = number;
		return 0;
	case OPTION_HELP:
		p->is_help = true;
		return 0;
	case OPTION_VERSION:
		p->is_version = true;
		return 0;
	case OPTION_COLOR:
		return take_color(p, value);
	}
	return 0;
}

static const struct program_command *find_command(
	const struct program *p, const char *name)
{
	for (size_t i = 0; i < p->n_commands; i++)
		if (strcmp(p->commands[i].name, name) == 0)
			return &p->commands[i];
	return NULL;
}

/* The command's bits, before options are read: which of two options with one name is meant. */
static unsigned guess_command(const struct program *p, int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		const struct program_command *command = find_command(p, argv[i]);

		if (command != NULL)
			return command->bits;
	}
	return 0;
}

/* Is another option of the same name what @bits, of the command, mean? */
static bool is_others(
	const struct program *p, const struct program_option *option, unsigned bits)
{
	for (size_t i = 0; i < p->n_options; i++)
		if (&p->options[i] != option &&
			strcmp(p->options[i].name, option->name) == 0 &&
			(p->options[i].commands & bits) != 0)
			return true;
	return false;
}

/* getopt_long()'s tables from ours; a long option's code is its place plus FIRST_LONG. */
static void fill_tables(
	const struct program *p, unsigned bits, struct option *longs, char *letters)
{
	size_t n = 0, n_longs = 0;

	letters[n++] = ':';
	for (size_t i = 0; i < p->n_options; i++) {
		const struct program_option *option = &p->options[i];

		if (is_others(p, option, bits))
			continue;
		longs[n_longs++] = (struct option){.name = option->name,
			.has_arg = option->value == NULL ? no_argument
				   : program_option_is_optional(option)
					   ? optional_argument
					   : required_argument,
			.val = FIRST_LONG + (int)i};
		if (option->letter == '\0' || n + 3 > LETTERS_MAX)
			continue;
		letters[n++] = option->letter;
		if (option->value != NULL)
			letters[n++] = ':';
	}
	letters[n] = '\0';
}

static const struct program_option *find_option(const struct program *p, int code)
{
	if (code >= FIRST_LONG)
		return &p->options[code - FIRST_LONG];
	for (size_t i = 0; i < p->n_options; i++)
		if (p->options[i].letter == code)
			return &p->options[i];
	return NULL;
}

/* The last of two values would win in silence, and the first is in somebody's script. */
static int refuse_second(struct program *p, const struct program_option *option,
	const char *before, const char *value)
{
	TMP_CTX(tmp);

	return before == NULL || option->type == OPTION_TEXTS ||
			       strcmp(before, value) == 0
		       ? 0
		       : diag_fail(p->diags, EXIT_USAGE, LOC_NONE,
				 "--%s is given twice: '%s' and '%s'", option->name,
				 text_printable(tmp, before, strlen(before)),
				 text_printable(tmp, value, strlen(value)));
}

/* @given: the value of each option, or "" of one that has none; NULL where it is not given. */
static int take_options(struct program *p, int argc, char **argv, const char **given)
{
	TMP_CTX(tmp);
	struct option *longs = mem_array(tmp, struct option, p->n_options + 1);
	char letters[LETTERS_MAX];
	int code;

	fill_tables(p, guess_command(p, argc, argv), longs, letters);
	opterr = 0;
	while ((code = getopt_long(argc, argv, letters, longs, NULL)) != -1) {
		if (code == ':')
			return diag_fail(p->diags, EXIT_USAGE, LOC_NONE,
				"'%s' needs a value", argv[optind - 1]);
		if (code == '?')
			return refuse_option(p, argv[optind - 1]);
		const struct program_option *option = find_option(p, code);

		assert(option != NULL);
		const char **before = &given[option - p->options];
		const char *value = optarg == NULL ? "" : optarg;
		int failed = refuse_second(p, option, *before, value);

		if (failed == 0)
			failed = take_option(p, option, optarg);
		if (failed < 0)
			return failed;
		*before = value;
	}
	return 0;
}

static bool is_given(
	const struct program *p, const char **given, const char *name, size_t len)
{
	for (size_t i = 0; i < p->n_options; i++)
		if (given[i] != NULL && strlen(p->options[i].name) == len &&
			memcmp(p->options[i].name, name, len) == 0)
			return true;
	return false;
}

static int check_clash(
	struct program *p, const char **given, const struct program_clash *clash)
{
	const char *other = clash->others;

	if (!is_given(p, given, clash->option, strlen(clash->option)))
		return 0;
	for (size_t len; *other != '\0'; other += len + strspn(other + len, " ")) {
		len = strcspn(other, " ");
		if (is_given(p, given, other, len))
			return diag_fail(p->diags, EXIT_USAGE, LOC_NONE,
				"'%s %s': --%s and --%.*s do not go together", p->name,
				p->command->name, clash->option, (int)len, other);
	}
	return 0;
}

/* Do the options fit the command, and each other? */
static int check_options(struct program *p, const char **given)
{
	const struct program_command *command = p->command;
	int failed = 0;

	for (size_t i = 0; i < p->n_options; i++)
		if (given[i] != NULL && p->options[i].commands != 0 &&
			(p->options[i].commands & command->bits) == 0)
			return diag_fail(p->diags, EXIT_USAGE, LOC_NONE,
				"'%s %s' knows no --%s; see %s %s --help", p->name,
				command->name, p->options[i].name, p->name,
				command->name);
	for (size_t i = 0; failed == 0 && i < p->n_clashes; i++)
		failed = check_clash(p, given, &p->clashes[i]);
	return failed;
}

static int check_words(struct program *p)
{
	const struct program_command *command = p->command;

	if (p->n_words >= command->min_words && p->n_words <= command->max_words)
		return 0;
	return diag_fail(p->diags, EXIT_USAGE, LOC_NONE, "usage: %s %s%s%s", p->name,
		command->name, command->words[0] == '\0' ? "" : " ", command->words);
}

int program_parse(struct program *p, int argc, char **argv)
{
	TMP_CTX(tmp);
	const char **given = mem_array(tmp, const char *, p->n_options + 1);

	open_standard_files();
	set_signals();
	int failed = take_options(p, argc, argv, given);

	if (failed < 0 || p->is_version || (p->is_help && optind == argc))
		return failed;
	if (optind == argc)
		return diag_fail(p->diags, EXIT_USAGE, LOC_NONE,
			"which command? See %s --help", p->name);
	p->command = find_command(p, argv[optind]);
	if (p->command == NULL)
		return unknown_command(p, argv[optind]);
	p->words = argv + optind + 1;
	p->n_words = (size_t)(argc - optind - 1);
	if (p->is_help)
		return 0;
	failed = check_options(p, given);
	return failed < 0 ? failed : check_words(p);
}

int program_run(struct program *p)
{
	if (p->is_help)
		program_help(p, stdout);
	else if (p->is_version)
		printf("%s %s\n", p->name, LDAPCC_VERSION);
	else
		return p->command->run(p->session);
	return 0;
}

/* Output */

bool program_color(const struct program *p, int fd)
{
	const char *no_color = getenv("NO_COLOR");

	if (p->color != COLOR_AUTO)
		return p->color == COLOR_ALWAYS;
	return (no_color == NULL || no_color[0] == '\0') && isatty(fd);
}

static void print_json(struct program *p, struct json_object *result, int code)
{
	json_put_number(result, "exit", code);
	json_object_object_add(result, "findings", diags_to_json(p->diags));
	TMP_CTX(tmp);
	const char *text = json_object_to_json_string_ext(
		result, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE);

	/* directories and file names hold any byte, JSON does not (RFC 8259 8.1) */
	fputs(text_as_utf8(tmp, text), stdout);
	fputc('\n', stdout);
}

/* --quiet: what is no error is dropped. */
static void drop_warnings(struct diags *diags)
{
	size_t n = 0;

	for (size_t i = 0; i < diags->n_findings; i++)
		if (diags->findings[i]->severity == SEVERITY_ERROR)
			diags->findings[n++] = diags->findings[i];
	diags->n_findings = n;
	diags->n_warnings = 0;
}

/* What failed before has left no errno that could be relied on. */
static int flush_output(struct diags *diags)
{
	if (fflush(stdout) != 0)
		return diag_fail_errno(
			diags, EXIT_IO, errno, LOC_NONE, "the output cannot be written");
	return !ferror(stdout) ? 0
			       : diag_fail(diags, EXIT_IO, LOC_NONE,
					 "the output cannot be written");
}

int program_finish(struct program *p, int result_or_failure, struct json_object *result,
	bool is_quiet, bool is_verbose)
{
	TMP_CTX(tmp);
	int code = result_or_failure < 0 ? -result_or_failure : result_or_failure;
	struct diag_style style = {.color = program_color(p, STDERR_FILENO)};
	/* with --json only that it was lost, and who reads it has nothing */
	struct diags *told = result == NULL ? p->diags : diags_new(tmp);

	if (!is_verbose && isatty(STDERR_FILENO))
		style.limit_per_id = FINDINGS_ON_TERMINAL;
	if (!is_verbose)
		style.limit_notes = NOTES_OF_ONE;
	if (is_quiet)
		drop_warnings(p->diags);
	if (result != NULL)
		print_json(p, result, code);
	/* "Something would change" without what is no answer, either. */
	bool is_answer = code == 0 || code == EXIT_CHANGES;
	int lost = -flush_output(told);

	if (lost != 0 && is_answer)
		code = lost;
	diags_print(stderr, told, &style);
	return code;
}
