/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A template's tokens to a tree of parts. Knows the syntax of Mustache, nothing of names or
 * data.
 *
 * PART_LINE stands where a line of the template begins that is not empty: there
 * template_bind.c prints the indentation of the tag that brought the file in. A block
 * carries the indentation for what replaces it; a block inside a parent has lost its own,
 * measured at its first line.
 */

#include "template/template.h"

enum part_kind {
	PART_LINE, /* a line of the template begins here and is not empty */
	PART_TEXT,
	PART_VALUE,
	PART_SECTION,
	PART_INVERTED,
	PART_PARTIAL,
	PART_PARENT,
	PART_BLOCK,
};

struct parts {
	struct part *items;
	size_t n;
};

struct part {
	enum part_kind kind;
	bool is_raw; /* value: {{{x}}} or {{&x}} */
	bool begins_line; /* partial, parent: on a line of its own; block: starts its line */
	bool is_lined; /* block: its content starts on the line below the tag */
	unsigned line, column;
	const char *text; /* text: bytes; tags: the name */
	size_t len;
	const char **
		names; /* value, section, inverted: the name cut at its dots; none: {{.}} */
	size_t n_names;
	const char *indent; /* partial, parent, block: for the lines of what comes in */
	struct parts inner; /* section, inverted, block: content; parent: its blocks */
	const struct template_source
		*target; /* partial, parent: the file, NULL: missing */
};

/* One file, parsed. */
struct template_source {
	const char *name;
	struct template_text text;
	struct parts parts;
	bool is_broken; /* has syntax errors: parts is empty */
	bool is_visited; /* template_source.c: its partials and parents are known */
};

/*
 * template_parse - @source->text into @source->parts
 *
 * memory: parts below @source, which is a talloc object
 * errors: none returned; every syntax error is added to @diags and sets is_broken
 */
void template_parse(struct template_source *source, struct diags *diags);
