/* SPDX-License-Identifier: Apache-2.0 */
#include "base/program_help.h"

#include <string.h>

enum { HELP_COLUMN = 30 };

/* Columns on a terminal: UTF-8 continuation bytes take none. */
static int columns(const char *text)
{
	int n = 0;

	for (; *text != '\0'; text++)
		n += (*text & 0xc0) != 0x80;
	return n;
}

bool program_option_is_optional(const struct program_option *option)
{
	return option->value != NULL && option->value[0] == '[';
}

static int print_name(FILE *out, const struct program_option *option)
{
	int width = option->letter == '\0'
			    ? fprintf(out, "      --%s", option->name)
			    : fprintf(out, "  -%c, --%s", option->letter, option->name);

	if (program_option_is_optional(option))
		width += fprintf(out, "[=%s", option->value + 1);
	else if (option->value != NULL)
		width += fprintf(out, "=%s", option->value);
	return width;
}

/* `diff, render: ` at @text: its length, 0 where there is none. */
static size_t heading(const char *text)
{
	size_t len = strspn(text, "abcdefghijklmnopqrstuvwxyz-, ");

	return len > 0 && strncmp(text + len, ": ", 2) == 0 ? len + 2 : 0;
}

/* Is @name one of the @len bytes' words? */
static bool is_headed(const char *text, size_t len, const char *name)
{
	size_t name_len = strlen(name);

	for (const char *at = text; at + name_len < text + len;
		at += strcspn(at, " ") + 1)
		if (strncmp(at, name, name_len) == 0 &&
			strchr(",:", at[name_len]) != NULL)
			return true;
	return false;
}

/* Where the next command's part begins, or the end. */
static const char *part_end(const char *text)
{
	const char *end = text;

	while ((end = strstr(end, "; ")) != NULL && heading(end + 2) == 0)
		end += 2;
	return end == NULL ? text + strlen(text) : end;
}

/* What the option is for, of @name only; all of it where nobody says of whom it is. */
static void print_use(FILE *out, const char *text, const char *name)
{
	for (const char *part = text; *part != '\0';) {
		size_t len = heading(part);
		const char *end = part_end(part + len);

		if (is_headed(part, len, name)) {
			fprintf(out, "%.*s\n", (int)(end - part - (ptrdiff_t)len),
				part + len);
			return;
		}
		part = *end == '\0' ? end : end + 2;
	}
	fprintf(out, "%s\n", text);
}

static void print_option(FILE *out, const struct program_option *option,
	const struct program_command *command)
{
	int width = print_name(out, option);

	if (width >= HELP_COLUMN)
		width = HELP_COLUMN - 1;
	fprintf(out, "%*s", HELP_COLUMN - width, "");
	print_use(out, option->help, command == NULL ? "" : command->name);
}

/* @is_own: those of @command; else those that all commands have. */
static void print_options(FILE *out, const struct program *p,
	const struct program_command *command, bool is_own)
{
	for (size_t i = 0; i < p->n_options; i++) {
		unsigned commands = p->options[i].commands;

		if (is_own ? (commands & command->bits) != 0 : commands == 0)
			print_option(out, &p->options[i], command);
	}
}

static void help_of_command(const struct program *p, FILE *out)
{
	const struct program_command *command = p->command;

	fprintf(out, "usage: %s [OPTION…] %s%s%s\n\n%s\n", p->name, command->name,
		command->words[0] == '\0' ? "" : " ", command->words, command->help);
	if (command->bits != 0) {
		fputs("\nOptions:\n", out);
		print_options(out, p, command, true);
	}
	fputs("\nOptions of all commands:\n", out);
	print_options(out, p, command, false);
	fprintf(out, "\n%s\n", p->epilogue);
}

static void help_of_all(const struct program *p, FILE *out)
{
	fprintf(out, "usage: %s [OPTION…] COMMAND [WORD…]\n\n%s\n\n", p->name, p->about);
	for (size_t i = 0; i < p->n_commands; i++)
		fprintf(out, "  %-11s %s%*s %s\n", p->commands[i].name,
			p->commands[i].words, 12 - columns(p->commands[i].words), "",
			p->commands[i].help);
	fputs("\nOptions:\n", out);
	for (size_t i = 0; i < p->n_options; i++)
		print_option(out, &p->options[i], NULL);
	fprintf(out, "\n%s COMMAND --help tells the options of one command.\n%s\n",
		p->name, p->epilogue);
}

void program_help(const struct program *p, FILE *out)
{
	if (p->command != NULL)
		help_of_command(p, out);
	else
		help_of_all(p, out);
}
