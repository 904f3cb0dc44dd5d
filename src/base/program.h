/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What both programs' mains have in common: a table of commands, a table of options, help
 * printed from both, and one place that prints findings and the object of --json.
 */

#include "base/diag.h"

enum program_type {
	OPTION_TEXT, /* const char *, with something in it */
	OPTION_TEXT_OR_NONE, /* const char *; an empty one is as none */
	OPTION_TEXTS, /* struct program_texts: it may be given several times */
	OPTION_FLAG, /* bool */
	OPTION_NUMBER, /* uint64_t, from 1 */
	OPTION_HELP,
	OPTION_VERSION,
	OPTION_COLOR,
};

enum { PROGRAM_TEXTS_MAX = 32 };

struct program_texts {
	const char *items[PROGRAM_TEXTS_MAX];
	size_t n;
};

struct program_option {
	const char *name;
	const char *value; /* NULL: takes none; "[FILE]": may be left out, then "" */
	const char *help;
	unsigned commands; /* the commands that know it, by their bits; 0: all */
	enum program_type type;
	size_t offset; /* into struct program's arguments */
	char letter; /* 0: none */
};

struct program_command {
	const char *name, *words, *help;
	/* 0, EXIT_CHANGES, or a negative exit code */
	int (*run)(void *session);
	size_t min_words, max_words;
	unsigned bits; /* of the options it knows */
};

/* Two that leave nothing of each other: `--others` are words parted by blanks. */
struct program_clash {
	const char *option, *others;
};

struct json_object;

struct program {
	/* set by main */
	const char *name, *about, *epilogue;
	const struct program_command *commands;
	size_t n_commands;
	const struct program_option *options;
	size_t n_options;
	const struct program_clash *clashes;
	size_t n_clashes;
	void *session; /* given to the command */
	void *arguments; /* where option values go */
	struct diags *diags;
	/* set by program_parse() */
	const struct program_command *command;
	char **words; /* behind the command, NULL-terminated */
	size_t n_words;
	enum { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER } color;
	bool is_help, is_version;
};

enum { PROGRAM_ANY_NUMBER = 1000000 };

/*
 * program_parse - the command line into @program
 *
 * errors: EXIT_USAGE, with a suggestion for what is mistyped. An option that means nothing to the
 *         command, or beside another one, is refused, and a value that is given twice is one value
 */
int program_parse(struct program *program, int argc, char **argv) _must_check_;

/* Runs the command, or prints help or version. */
int program_run(struct program *program) _must_check_;

/*
 * program_finish - print the findings, or with @result the one object of --json
 *
 * shape:   @is_quiet prints errors only; @is_verbose lifts the limit of a terminal
 * returns: the exit code; EXIT_IO if the output could not be written
 */
int program_finish(struct program *program, int result_or_failure,
	struct json_object *result, bool is_quiet, bool is_verbose) _must_check_;

/* Is colour wanted on @fd? --color, NO_COLOR, and whether it is a terminal. */
bool program_color(const struct program *program, int fd);
