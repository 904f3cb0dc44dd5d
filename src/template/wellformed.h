/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Is a whole file what its readers take it for? Daemons' parsers accept cut files, do not
 * open hosts files at all, and cut long lines in two; so the form that a language demands
 * of every line is looked at here (language.h has the table).
 */

#include "base/mem.h"

enum reading_depth {
	READING_SHAPE, /* YAML by its quotes and brackets only */
	READING_PARSE, /* YAML by its parser, which is a hundred times slower */
};

enum {
	/* dnsmasq reads 1,024 bytes of a line with its newline, and takes the rest for a line of
	 * its own. With a value a line must stay below the lower one, which leaves room for
	 * the template's own text behind the last value. */
	DNSMASQ_LINE_READ = 1023,
	DNSMASQ_LINE_MAX = 1000,
	DHCPD_STRING_MAX = 1499,
	WORD_MAX = 256, /* longer than any host name */
};

/* The file under examination, and where its fault is. */
struct reading {
	TALLOC_CTX *mem_ctx;
	const char *at, *end;
	unsigned line; /* at fault, 0: the whole file */
	enum reading_depth depth;
};

/*
 * wellformed_fn - does the text from @r->at to @r->end have the form?
 *
 * errors: NULL, or a sentence, static or below @r->mem_ctx, and the line in @r->line
 * source: the daemons' readers: dnsmasq 2.90 src/option.c (MAXDNAME lines, inet_pton),
 *         ISC dhcpd 4.4.3 common/conflex.c, pykickstart sections.py
 */
typedef const char *wellformed_fn(struct reading *r);

wellformed_fn wellformed_dhcpd, wellformed_dnsmasq, wellformed_hosts, wellformed_json,
	wellformed_kea, wellformed_kickstart, wellformed_preseed, wellformed_yaml,
	wellformed_zone;
